"""Lattice spacings and couplings as requests have them."""

import pytest

from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.language.scales import Coupling, Spacing, coupling_words, spacing_words


def test_words():
    assert spacing_words("0.0931(10)fm") == Spacing("0.0931(10)fm", 0.0931, pytest.approx(0.001), False, "")
    assert spacing_words("2.12 GeV") == Spacing("2.12GeV", 2.12, 0.0, True, "")
    assert spacing_words("0.5fm / V.r0") == Spacing("0.5fm/V.r0", 0.5, 0.0, False, "V.r0")
    assert coupling_words("2.38(19)e-1GeV") == Coupling("2.38(19)e-1GeV", 0.238, pytest.approx(0.019), 0.0)
    assert coupling_words("0.118(1) @ 91.2 GeV") == Coupling("0.118(1)@91.2GeV", 0.118, pytest.approx(0.001), 91.2)
    found = parse_fit("z = msbar(quark_vertex_scalar, 0.1fm, 0.24GeV, 3, 2, 1, 5, uncorrelated)")
    assert found.scales == (spacing_words("0.1fm"), coupling_words("0.24GeV"))
    assert (found.numbers, found.correlated, found.words[0]) == ((3.0, 2.0, 1.0, 5.0), False, "FLAVORS")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("msbar(v, 0.1, 0.24GeV, 0)", "'0.1' is no lattice spacing"),
        ("msbar(v, 0fm, 0.24GeV, 0)", "0 is not above 0"),
        ("msbar(v, 0.1(0)fm, 0.24GeV, 0)", "error of a number is above 0"),
        ("msbar(v, 1.2.3fm, 0.24GeV, 0)", "is not a number"),
        ("msbar(v, 0.1fm, 0.24, 0)", "fixes no coupling"),
        ("msbar(v, 0.1fm, 0.24fm, 0)", "fixes no coupling"),
        ("msbar(v, 0.1fm, 0.3@0GeV, 0)", "0 is not above 0"),
        ("msbar(v, 0.1fm, 10@2GeV, 0)", "found alpha = 10; allowed: 0.01 to 1"),
        ("msbar(v, 0.1fm, 1e-300@2GeV, 0)", "found alpha = 1e-300"),
        ("msbar(v, 0.1fm, 0.24GeV)", "is written as msbar"),
        ("msbar(v, 0.1fm, 0.24GeV, 0, 2, 1:3, 5)", "ranges are for"),
    ],
)
def test_refusals(text, words):
    with pytest.raises(ValueError, match=words):
        parse_fit(f"z = {text}")
