"""Options of quark loops: channels that exist, noise that makes products."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.tables.fermions import QuarkConfig

LOOPS = PURE_GAUGE_2D + '[valence.light]\nkind = "wilson"\nmass = 0.1\n[observables.quark_loops]\n'
STAGGERED = LOOPS.replace('"wilson"', '"staggered"')
SU2 = LOOPS.replace("U(1)", "SU(2)")
SU2_4D = SU2.replace("[8, 8]", "[4, 4, 4, 4]")
TURNED = LOOPS.replace("mass = 0.1\n", "mass = 0.1\ntheta = [0.5, 0.0]\n")
OTHERS = '[[action.fermion]]\nkind = "wilson"\nflavors = 2\nmass = 0.1\ntheta = [0.0, 0.5]\n'
THETA = LOOPS.replace("[valence", "[action.theta]\nimaginary = 3.5\n[valence")
SEA = LOOPS.replace("[valence", f"{OTHERS}[valence") + 'fermion = "light"\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (LOOPS + 'channels = ["eta"]\n', "channels", 'found ["eta"] a list of 1 or more different entries'),
        (LOOPS + "vectors = 1\n", "vectors", "found 1 an integer from 2"),
        (LOOPS + "vectors = 1\nloose_tolerance = 1e-2\n", "vectors", "found 1 an integer from 2"),
        (LOOPS + "loose_tolerance = 1e-2\nexact_vectors = 1\n", "exact_vectors", "found 1 an integer from 2"),
        (LOOPS + "loose_tolerance = 1e-2\nexact_vectors = 11\n", "exact_vectors", "found 11 at most vectors = 10"),
        (LOOPS + "exact_vectors = 2\n", "exact_vectors", "found 2 no such key without loose_tolerance"),
        (LOOPS + 'method = "exact"\nvectors = 4\n', "vectors", 'belongs to method = "noise"'),
        (LOOPS.replace("[8, 8]", "[64, 64]") + 'method = "exact"\n', "method", 'found "exact" "noise"; "exact" would'),
        (STAGGERED.replace("[8, 8]", "[66, 64]") + 'method = "exact"\n', "method", "4224 solves, at most 4096"),
        (STAGGERED + 'channels = ["vector"]\n', "channels", 'found "vector" with staggered fermions in d = 2'),
        (STAGGERED.replace("[8, 8]", "[4, 4, 4]") + 'channels = ["pseudoscalar"]\n', "channels", 'd = 3 "scalar"'),
        (SU2, "channels", 'found "pseudoscalar", which is 0 on SU(2) links in d = 2 "scalar"'),
        (SU2_4D + 'channels = ["tensor"]\n', "channels", 'found "tensor", which is 0 on SU(2) links in d = 4 "scalar"'),
        (TURNED + 'channels = ["vector"]\n', "channels", 'found "vector" with phases of quarks at the boundary'),
        (THETA, "channels", 'found "pseudoscalar" with [action.theta], where charges'),
        (SEA + 'channels = ["scalar", "axial"]\n', "channels", 'found "axial" with phases of quarks at the boundary'),
    ],
)  # fmt: skip
def test_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.quark_loops.{key}"
    assert words in f"{problem.message} {problem.allowed}"


@pytest.mark.parametrize(
    "text", [LOOPS.replace('group = "U(1)"', 'group = "U(1)"\ntime = "open"'),
             SU2_4D.replace("mass = 0.1\n", "mass = 0.1\nchemical_potential = 0.2\n")],
)  # fmt: skip
def test_refused_where_they_are_not_known(text):
    assert "observables.quark_loops" in [problem.path for problem in problems_of(text)]


def test_defaults():
    config = load_text(LOOPS + "loose_tolerance = 1e-2\n")
    found = config.observables["quark_loops"]
    assert (found.channels, found.vectors, found.exact_vectors) == (("scalar", "pseudoscalar"), 10, 2)
    assert load_text(resolved_toml(config)) == config
    flat = load_text(STAGGERED.replace("[8, 8]", "[4, 4, 4]")).observables["quark_loops"]
    assert flat.channels == ("scalar",)
    assert load_text(SU2_4D + 'channels = ["axial_time"]\n').observables["quark_loops"].channels == ("axial_time",)


def test_phases_make_loops_on_real_links_complex():
    adjoint = 'mass = 0.1\nrepresentation = "adjoint"\n'
    (problem,) = problems_of(SU2.replace("mass = 0.1\n", adjoint))
    assert 'found "pseudoscalar", which is 0 on SU(2) adjoint links' in problem.message
    found = load_text(SU2.replace("mass = 0.1\n", f"{adjoint}theta = [0.5, 0.0]\n")).observables["quark_loops"]
    assert found.channels == ("scalar", "pseudoscalar")


def test_outside_an_input():
    quarks = {"1": QuarkConfig(kind="staggered", flavors=4, mass=0.1, boundary=(1, -1))}
    with pytest.raises(InvalidInputError, match="vector"):
        observable("quark_loops", {"channels": ["vector"]}, 2, quarks)
    assert observable("quark_loops", {}, 2, quarks).channels == ("scalar", "pseudoscalar")
