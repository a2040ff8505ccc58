"""Overlap quarks in the input file: defaults, what is refused, what is recorded."""

import pytest
from config_samples import PURE_GAUGE_2D, VALENCE, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.measurement import check_measurement
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

QUARK = '[valence.light]\nkind = "overlap"\nmass = 0.1\n'
QUENCHED = PURE_GAUGE_2D + QUARK
OBS = "[observables."
DYNAMICAL = PURE_GAUGE_2D + '[[action.fermion]]\nkind = "overlap"\nflavors = 1\nmass = 0.1\n'
EXACT = 'determinant = "exact"\n'
TRAIN = '[train]\ncouplings = ["beta"]\nrate = 1.0\ntrajectories = 5\n'
NO_FORCE = "[guide]\nfermion = []\n"
WEIGHT = OBS + 'reweighting]\nfermion = "light"\nflavors = 2\n'


def test_defaults():
    light = load_text(QUENCHED).valence["light"]
    assert (light.rho, light.sign_tolerance, light.low_modes, light.solver) == (1.0, 1e-12, 8, "cg")
    assert (light.flavors, light.boundary, light.r, light.csw) == (1, (1, -1), None, None)
    four = load_text(VALENCE + QUARK.replace("light", "chiral")).valence["chiral"]
    assert (four.rho, four.boundary) == (1.4, (1, 1, 1, -1))
    assert summary(load_text(QUENCHED))["valence light"] == "overlap Nf 1 mass 0.1 rho 1 boundary +-"
    assert load_text(resolved_toml(load_text(QUENCHED))) == load_text(QUENCHED)


def test_other_quarks_have_no_such_keys():
    """So that inputs and series of before stay what they were."""
    text = resolved_toml(load_text(VALENCE))
    assert not any(word in text for word in ("rho", "sign_tolerance", "low_modes"))


def test_overlap_quarks_in_the_action_with_a_guide_without_fermions():
    config = load_text(DYNAMICAL + EXACT + NO_FORCE)
    assert (config.action.fermion[0].rho, config.action.fermion[0].solver) == (1.0, "cg")
    assert load_text(resolved_toml(config)) == config
    load_text(DYNAMICAL + EXACT + NO_FORCE + TRAIN + '[update]\nkind = "slmc"\n')
    assert "Neuberger1998" in "".join(used_by(config))


def test_the_default_of_rho_waits_for_the_lattice():
    found = check_measurement({"valence": {"light": {"kind": "overlap", "mass": 0.1}}, "observables": {"pion": {}}})
    assert found.valence["light"].kind == "overlap"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (DYNAMICAL, "action.fermion.1.determinant", '"pseudofermions" with overlap fermions "exact"'),
        (DYNAMICAL + EXACT, "guide", "a table [guide] with fermion = []"),
        (DYNAMICAL + EXACT + "[[guide.fermion]]\nmass = 0.2\n", "guide.fermion.1.kind", "fermion = [] in [guide]"),
        (DYNAMICAL + EXACT + NO_FORCE + TRAIN, "train.mode", '"offline", or update.kind = "slmc"'),
        (DYNAMICAL.replace("8, 8", "64, 64") + EXACT + NO_FORCE, "action.fermion.1.determinant", "at most 2048 rows"),
        (QUENCHED + "rho = 2.0\n", "valence.light.rho", "> 0 and < 2"),
        (QUENCHED + "sign_tolerance = 1e-15\n", "valence.light.sign_tolerance", ">= 1e-13"),
        (QUENCHED + "low_modes = -1\n", "valence.light.low_modes", "found -1"),
        (QUENCHED + "csw = 1.0\n", "valence.light.csw", 'belongs to kind = "wilson"'),
        (QUENCHED.replace("overlap", "wilson") + "rho = 1.0\n", "valence.light.rho", 'belongs to kind = "overlap"'),
        (QUENCHED.replace("0.1", "2.0"), "valence.light.mass", "found 2.0 a number > 0 and < 2"),
        (QUENCHED.replace("0.1", "2.0") + "rho = 0.9\n", "valence.light.mass", "found 2.0 a number > 0 and < 1.8"),
        (QUENCHED.replace("0.1", "0.0"), "valence.light.mass", "found 0.0 a number > 0"),
        (QUENCHED + OBS + "condensate]\nmass = 0.0\n", "observables.condensate.mass", "a number > 0"),
        (QUENCHED + OBS + "pion]\nmass = 2.5\n", "observables.pion.mass", "with overlap fermions a number > 0"),
        (QUENCHED + 'solver = "mixed"\n', "valence.light.solver", '"mixed" with overlap fermions "cg"'),
        (QUENCHED + 'solver = "multigrid"\n', "valence.light.solver", '"multigrid" with overlap fermions "cg"'),
        (QUENCHED.replace("[8, 8]", "[4, 4, 4]"), "lattice.shape", "d = 2 or d = 4 with overlap"),
        (QUENCHED.replace("[8, 8]", "[7, 8]"), "lattice.shape", "even extents only with overlap"),
        (QUENCHED + OBS + "quark_number]\n", "observables.quark_number",
         "overlap quarks there are condensate, pion, mesons, eigenvalues, reweighting"),
        (QUENCHED + OBS + 'spectral_density]\nmethod = "exact"\n', "observables.spectral_density", "with overlap"),
        (QUENCHED + OBS + "eigenvalues]\nnumber = 65\n", "observables.eigenvalues.number", "at most 64"),
        (QUENCHED + OBS + 'x_eigenvalues]\nnumber = 65\n', "observables.x_eigenvalues.number", "at most 64"),
        (QUENCHED + WEIGHT, "observables.reweighting.method", '"noise" with overlap fermions "exact"'),
        (QUENCHED + WEIGHT + 'method = "exact"\nmasses = [2.0]\n', "observables.reweighting.masses", "< 2"),
        (QUENCHED.replace("[8, 8]", "[128, 64]") + WEIGHT + 'method = "exact"\n', "observables.reweighting.method",
         "8192 rows"),
    ],
)  # fmt: skip
def test_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed} {problem.suggestion}"


@pytest.mark.parametrize("kind", ["quark_number", "spectral_density", "baryons", "static_light"])
def test_refused_outside_an_input_too(kind):
    quarks = {"light": load_text(QUENCHED).valence["light"]}
    with pytest.raises(InvalidInputError, match="overlap"):
        observable(kind, {"fermion": "light"}, 2, quarks)
    with pytest.raises(InvalidInputError, match="< 2"):
        observable("pion", {"fermion": "light", "mass": 3.0}, 2, quarks)
    assert observable("pion", {"fermion": "light"}, 2, quarks).mass == 0.1


def test_papers():
    papers = {"Neuberger1998", "vandenEshof2002", "Cundy2005"}
    of_index = "HasenfratzLalienaNiedermayer1998"
    assert papers <= set(used_by(load_text(QUENCHED))) - {of_index}
    assert papers | {of_index} <= set(used_by(load_text(QUENCHED + OBS + "eigenvalues]\n")))
    assert not papers & set(used_by(load_text(VALENCE)))
