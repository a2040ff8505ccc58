"""Which masses may be reweighted to, and how."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml

STAGGERED = (
    PURE_GAUGE_2D
    + """[[action.fermion]]
kind = "staggered"
flavors = 3
mass = 0.3
boundary = [1, 1]
[observables.reweighting]
masses = [0.25, 0.2]
"""
)
WILSON = changed(changed(STAGGERED, '"staggered"', '"wilson"'), "flavors = 3", "flavors = 2")
QUENCHED = PURE_GAUGE_2D + '[observables.reweighting]\nmasses = [0.25]\nmethod = "exact"\n'


def test_the_fermion_of_the_action():
    options = load_text(STAGGERED).observables["reweighting"]
    assert (options.mass, options.flavors, options.boundary) == (0.3, 3, (1, 1))
    assert (options.method, options.steps, options.vectors) == ("noise", 4, 10)
    assert load_text(resolved_toml(load_text(STAGGERED))) == load_text(STAGGERED)
    quenched = load_text(QUENCHED)
    options = quenched.observables["reweighting"]
    assert (options.mass, options.flavors, options.boundary, options.steps) == (None, None, (1, -1), None)
    assert load_text(resolved_toml(quenched)) == quenched


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (STAGGERED + "mass = 0.35\n", "mass", "0.3, as fermion 1"),
        (STAGGERED + "flavors = 2\n", "flavors", "3, as fermion 1"),
        (STAGGERED + "boundary = [1, -1]\n", "boundary", "[1, 1], as fermion 1"),
        (changed(STAGGERED, "[0.25, 0.2]", "[0.25, -0.1]"), "masses", "with staggered fermions a number >= 0"),
        (changed(STAGGERED, "[0.25, 0.2]", "[0.25, 0.25]"), "masses", "another mass"),
        (changed(STAGGERED, "[0.25, 0.2]", "[0.25, 0]"), "masses", 'or method = "exact"'),
        (changed(STAGGERED, "[0.25, 0.2]", "[1.5]") + "steps = 1\n", "steps", "no finite variance"),
        (changed(STAGGERED, "[0.25, 0.2]", "[1.5]") + 'steps = "hot"\n', "steps", 'found "hot"'),
        (changed(STAGGERED, "[0.25, 0.2]", "[1.5]") + "steps = 0\n", "steps", "found 0"),
        (changed(QUENCHED, '"exact"', '"noise"'), "method", '"exact"'),
        (QUENCHED + "flavors = 1000000000\n", "flavors", "at most 128"),
        (QUENCHED + "mass = -0.1\n", "mass", "with staggered fermions a number >= 0"),
        (changed(WILSON, "[0.25, 0.2]", "[-2.5]"), "masses", "with wilson fermions a number > -2"),
    ],
)
def test_refused(text, key, words):
    problems = problems_of(text)
    (problem,) = [one for one in problems if not one.path.startswith("action")]
    assert problem.path == f"observables.reweighting.{key}"
    assert words in f"{problem.message} {problem.allowed}"


def test_odd_numbers_of_wilson_flavours_need_exact_determinants():
    odd = changed(WILSON, "flavors = 2", "flavors = 1\nspectrum = [0.01, 30]")
    (problem,) = problems_of(odd)
    assert problem.path == "observables.reweighting.method"
    assert load_text(odd + 'method = "exact"\n').observables["reweighting"].flavors == 1


def test_the_links_of_the_fermion():
    net = '[network.net]\n[[network.net.layer]]\nloops = ["plaquette"]\ninitial = 0.1\n'
    smeared = changed(STAGGERED, "boundary = [1, 1]", 'boundary = [1, 1]\nlinks = "net"') + net
    (problem,) = problems_of(smeared)
    assert problem.path == "observables.reweighting.links"
    assert load_text(changed(smeared, "masses = [0.25, 0.2]", 'masses = [0.2]\nlinks = "net"'))
