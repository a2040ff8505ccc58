"""Correlators of vector currents: which currents a quark has, papers, fits as they are written."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.language.scales import scale_words
from lqcdnn.report.references.citations import used_by

TABLE = "[observables.vector_correlator]\n"
WILSON = PURE_GAUGE_2D + '[valence.light]\nkind = "wilson"\nmass = 0.1\n' + TABLE
STAGGERED = PURE_GAUGE_2D + '[valence.light]\nkind = "staggered"\nmass = 0.1\n' + TABLE
WALLS = WILSON.replace('"wilson"', '"domain_wall"\nM5 = 0.9\nL5 = 4')
CUBE = WILSON.replace("[8, 8]", "[4, 4, 4]").replace('"wilson"', '"staggered"')
SINK, BOTH = 'currents = ["conserved_local"]\n', 'currents = ["local_local", "conserved_conserved"]\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (STAGGERED + SINK, ".currents", 'found "conserved_local" with staggered fermions "local_local", "cons'),
        (WALLS + BOTH, ".currents", 'found "conserved_conserved" with domain_wall fermions "local_local", "c'),
        (WILSON.replace('"wilson"', '"overlap"') + SINK, ".currents", "overlap fermions"),
        (STAGGERED.replace("= 0.1", '= 0.1\nimprovement = "naik"') + BOTH, ".currents", 'with naik fermions "local_'),
        (WILSON + 'currents = ["local"]\n', ".currents", 'found ["local"]'),
        (WILSON + "theta = [0, 0.3]\n", ".theta", "found [0.0, 0.3] quarks without phases"),
        (WILSON.replace("mass = 0.1", "mass = 0.1\nanisotropy = 2.0"), "", "weights anisotropy = 1 and nu = 1"),
        (WILSON.replace("mass = 0.1", "mass = 0.1\ntwisted_mass = 0.1"), "", "found a fermion with twisted_mass"),
        (WILSON.replace("mass = 0.1", "mass = 0.1\nelectric_flux = [1]"), "", "found with quarks in a field"),
        (WILSON + 'source = "gaussian"\n', ".source", 'found "gaussian"'),
        (WILSON + "sources = 100\n", ".sources", "found 100 at most 64"),
        (CUBE, "", "found in d = 3 d = 2 or 4"),
    ],
)
def test_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.vector_correlator{key}"
    assert words in f"{problem.message} {problem.allowed}"


NOISE = SINK + 'source = "noise_wall"\nvectors = 3\n'


@pytest.mark.parametrize("text", [WILSON + NOISE, WALLS + SINK, STAGGERED + BOTH])
def test_complete_inputs_are_read_again(text):
    config = load_text(text)
    assert load_text(resolved_toml(config)) == config


def test_options_outside_an_input():
    assert observable("vector_correlator", {"mass": 0.1}, 4).currents == ("local_local",)
    with pytest.raises(InvalidInputError, match='found "conserved_local" with staggered'):
        observable("vector_correlator", {"mass": 0.1, "currents": ["conserved_local"]}, 4)
    with pytest.raises(InvalidInputError, match="d = 2 or 4"):
        observable("vector_correlator", {"mass": 0.1}, 3)


def test_papers():
    fits = '[analyze]\nfit = ["m = time_moments(vector_correlator_conserved_local)"]\n'
    found = set(used_by(load_text(WILSON + SINK + fits)))
    assert {"KarstenSmit1981", "BerneckerMeyer2011", "Chakraborty2014"} <= found
    assert not {"Blum2003", "Blum2018"} & found
    boxes = WALLS.replace("[8, 8]", "[4, 4, 4, 8]")
    found = set(used_by(load_text(boxes + fits.replace("time_moments(", "muon_anomaly(").replace(")", ", 0.1fm, 1)"))))
    assert {"BerneckerMeyer2011", "Blum2003", "Blum2018"} <= found
    assert not {"KarstenSmit1981", "Chakraborty2014"} & found


def test_scales_and_tails():
    assert scale_words("0.09fm") == (0.09, True, "")
    assert scale_words("4.8e-2") == (0.048, False, "")
    assert scale_words("0.17fm / w.w0") == (0.17, True, "w.w0")
    found = parse_fit("a = muon_anomaly(tail(v.1, rho, 12), 0.09fm, 0.5, 0.3)")
    assert (found.series, found.tail, found.last) == ("v.1", "rho", 12)
    assert (found.second, found.numbers) == ("0.09fm", (0.5, 0.3))


@pytest.mark.parametrize(("text", "words"), [
    ("muon_anomaly(v, 0.09f, 1)", "is no scale"),
    ("muon_anomaly(v, -0.1, 1)", "is no scale"),
    ("muon_anomaly(v, 0fm, 1)", "is no scale"),
    ("muon_anomaly(v, 0.1/w, 1)", "is no scale"),
    ("muon_anomaly(v, 0.1)", "is written as"),
    ("cosh(tail(v, rho, 3), 1, 4)", "not cosh"),
    ("time_moments(tail(v, rho))", r"written as tail\(SERIES, FIT, LAST\)"),
    ("time_moments(tail(v, -0.3, 4))", "not above 0"),
])  # fmt: skip
def test_fits_that_cannot_be_read(text, words):
    with pytest.raises(ValueError, match=words):
        parse_fit(f"a = {text}")
