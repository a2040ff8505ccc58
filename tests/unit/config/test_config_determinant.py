"""Exact determinants in the input: what is kept and said, what goes together, what is refused."""

import pytest
from config_samples import changed, problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.config.tree import weights_physics

EXACT = head([4, 4, 4, 4], "SU(2)", 2.7, name="small", trajectories=10) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
determinant = "exact"
"""
GUIDE = "\n[guide]\nfermion = []\n[guide.gauge]\nbeta = 2.8\n"
WILSON = ('kind = "staggered"\nflavors = 4', 'kind = "wilson"\nflavors = 1')
U1 = ('[4, 4, 4, 4]\ngroup = "SU(2)"', '[16, 16]\ngroup = "U(1)"')


def test_what_is_kept_and_said():
    config = load_text(EXACT)
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.fermion.1.determinant"] == "exact"
    assert "staggered Nf 4 (exact determinant) mass 0.3" in summary(config)["action"]
    fields = load_text(changed(EXACT, 'determinant = "exact"', ""))
    assert fields.action.fermion[0].determinant == "pseudofermions"
    assert weights_physics(fields) == weights_physics(config)


@pytest.mark.parametrize("flavors", [1, 3, 5])
def test_no_number_of_flavours_is_rational(flavors):
    fermion = load_text(changed(EXACT, "flavors = 4", f"flavors = {flavors}")).action.fermion[0]
    assert not fermion.rational
    assert fermion.pseudofermions is None


def test_a_guide_without_fermions():
    config = load_text(EXACT + GUIDE)
    assert config.guide is not None
    assert config.guide.fermion == ()
    assert config.levels[0].terms == ("gauge",)
    assert load_text(resolved_toml(config)) == config
    more = problems_of(EXACT + GUIDE.replace("fermion = []", "fermion = [{mass = 0.4}, {mass = 0.5}]"))
    assert "one for each [[action.fermion]] or none" in more[0].allowed


def test_a_guide_has_the_determinant_of_the_action():
    config = load_text(EXACT + "[[guide.fermion]]\nmass = 0.4\n")
    assert config.guide is not None
    assert config.guide.fermion[0].determinant == "exact"


@pytest.mark.parametrize(
    ("old", "new"),
    [U1, (WILSON[0], 'kind = "wilson"\nflavors = 2\ncsw = 1.2\nkappa = 0.2'), WILSON, ('"exact"', '"pseudofermions"')],
)
def test_what_goes_together(old, new):
    text = changed(EXACT, old, new)
    load_text(changed(text, "mass = 0.3\n", "") if "kappa" in new else text)


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ([("[4, 4, 4, 4]", "[8, 8, 8, 8]")], "determinant", "at most 2048 rows"),
        ([("[4, 4, 4, 4]", "[4, 4, 4, 8]"), WILSON, ('"SU(2)"', '"SU(3)"')], "determinant", "at most 2048 rows"),
        ([WILSON, ("mass = 0.3", "mass = -0.1")], "flavors", "an even number, or mass above 0"),
        ([WILSON, ("mass = 0.3", "mass = 0.3\ncsw = 1.0")], "flavors", "an even number"),
        ([("mass = 0.3", "mass = 0.3\nhasenbusch = [0.5]")], "hasenbusch", "one of the two"),
        ([("mass = 0.3", "mass = 0.3\nrational = true")], "rational", "one of the two"),
        ([("mass = 0.3", "mass = 0.3\nstart_vectors = 3")], "start_vectors", "one of the two"),
        ([("mass = 0.3", "mass = 0.3\nchemical_potential = 0.2")], "chemical_potential", "none, or pseudofermions"),
        ([(WILSON[0], 'kind = "domain_wall"\nflavors = 2\nL5 = 4\nM5 = 1.8')], "determinant", "wilson or overlap"),
        ([('"exact"', '"dense"')], "determinant", '"pseudofermions", "exact"'),
    ],
)
def test_what_is_refused(changes, key, words):
    text = EXACT
    for old, new in changes:
        text = changed(text, old, new)
    found = problems_of(text)
    assert [problem.path for problem in found] == [f"action.fermion.1.{key}"]
    assert words in found[0].allowed


def test_pseudofermions_of_a_guide_have_nothing_to_stand_for():
    found = problems_of(EXACT + '[[guide.fermion]]\ndeterminant = "pseudofermions"\n')
    assert [problem.path for problem in found] == ["guide.fermion.1.determinant"]


SLMC = EXACT + '[update]\nkind = "slmc"\nsweeps = 3\noverrelaxation = 1\n' + GUIDE


def test_self_learning_monte_carlo():
    config = load_text(SLMC)
    assert load_text(resolved_toml(config)) == config
    assert (config.update.algorithm, config.update.length, config.levels) == ("kennedy_pendleton", None, ())
    said = summary(config)
    assert said["method"].startswith("SLMC: heat bath with the guide proposes")
    assert said["sweep"].endswith("then 1 overrelaxation sweep; 3 times for a proposal")
    assert load_text(changed(SLMC, 'group = "SU(2)"', 'group = "U(1)"')).update.algorithm == "best_fisher"
    with_fields = load_text(changed(SLMC, 'determinant = "exact"\n', ""))
    assert with_fields.action.fermion[0].determinant == "pseudofermions"


TERM = "[[guide.gauge.term]]\nloops = {}\ncoefficient = 0.1\n"
TWICE = TERM.format("[1, 2, -1, -2, 1, 2, -1, -2]")


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (GUIDE, "", "guide", "a table [guide.gauge], with fermion = []"),
        ("fermion = []", "", "guide.fermion", "fermion = [] in [guide]"),
        ("sweeps = 3", "steps = 3", "update.steps", ""),
        ("sweeps = 3", "sweeps = 0", "update.sweeps", "an integer"),
        ("sweeps = 3", 'algorithm = "best_fisher"', "update.algorithm", '"kennedy_pendleton", "creutz"'),
        ("sweeps = 3", "tempering = {couplings = [1.0, 0.0], side = 2}", "update.tempering", '"hmc" or "heatbath"'),
        ("beta = 2.8", 'beta = 2.8\n[guide.surrogate]\nweights = "x.h5"', "guide.surrogate", "no such table"),
        ("beta = 2.8", "beta = 2.8\n" + TWICE, "guide.gauge.term.1.loops", "twice"),
    ],
)
def test_what_self_learning_monte_carlo_refuses(old, new, key, words):
    found = problems_of(changed(SLMC, old, new))
    assert [problem.path for problem in found] == [key]
    assert words in found[0].allowed


def test_what_self_learning_monte_carlo_does_not_ask_of_the_action():
    """Only the guide's links are drawn one by one."""
    text = changed(SLMC, "beta = 2.7", "beta = 2.7\n" + TWICE.replace("guide", "action"))
    load_text(changed(text, "beta = 2.8", "beta = 2.8\nterm = []"))
    load_text(SLMC + TERM.format('"polyakov_time"'))
    levels = "overrelaxation = 1\n[[update.level]]\nterms = ['gauge']\nsteps = 2\n"
    assert [one.path for one in problems_of(changed(SLMC, "overrelaxation = 1\n", levels))] == ["update.level"]
