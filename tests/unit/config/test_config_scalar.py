"""A scalar field in the input: what is filled in, what is refused, what is said of it."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TABLE = "[action.scalar]\nkappa = 0.2\nlambda = 0.5\n"
SCALAR = PURE_GAUGE_2D + TABLE
GUIDE = "[guide.gauge]\nbeta = 1.9\n"
FERMION = '[[action.fermion]]\nkind = "wilson"\nflavors = 2\nmass = 0.5\n'

OFFLINE = '[train]\nmode = "offline"\nconfigs = ["x.h5"]\ntrajectories = 10\ncouplings = ["beta"]\n'


def test_what_is_filled_in_and_said():
    config = load_text(SCALAR)
    scalar = config.action.scalar
    assert (scalar.kappa, scalar.lambda_, scalar.sweeps, scalar.reflections) == (0.2, 0.5, 1, 3)
    assert config.levels[0].terms == ("gauge", "scalar")
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.scalar.lambda"] == 0.5
    assert summary(config)["action"].endswith("scalar field, kappa 0.2 lambda 0.5")
    assert "scalar field by heat bath" in summary(config)["method"]
    assert "Bunk1995" in used_by(config)
    assert not any("scalar" in key for key in physics_keys(load_text(PURE_GAUGE_2D)))


def test_a_guide_has_the_term_of_the_action():
    config = load_text(SCALAR + GUIDE)
    assert config.guide.scalar is None
    assert config.levels[0].terms == ("gauge", "scalar")
    assert load_text(resolved_toml(config)) == config
    with_quarks = load_text(SCALAR + GUIDE + FERMION)
    assert with_quarks.levels[0].terms == ("gauge", "fermion.1", "scalar")


def test_levels_name_the_term():
    (problem,) = problems_of(SCALAR + '[[update.level]]\nterms = ["gauge"]\nsteps = 2\n')
    assert (problem.path, problem.message) == ("update.level", 'no level has "scalar"')


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        (changed(SCALAR, '"U(1)"', '"SU(4)"'), "lattice.group", 'found "SU(4)"'),
        (changed(SCALAR, "shape = [8, 8]", "shape = [8, 5]"), "lattice.shape", "found [8, 5]"),
        (changed(SCALAR, "[lattice]\n", '[lattice]\ntime = "open"\n'), "lattice.time", 'found "open"'),
        (
            changed(SCALAR, '"U(1)"\n', '"SU(2)"\ntwist = {xt = 1}\n'),
            "lattice.twist",
            "given with [action.scalar]",
        ),
        (changed(SCALAR, "0.2\nlambda = 0.5", "0.25\nlambda = 0.0"), "action.scalar.kappa", "lambda = 0"),
        (changed(SCALAR, "lambda = 0.5", "lambda = -0.5"), "action.scalar.lambda", "found -0.5"),
        (changed(SCALAR, "lambda = 0.5", "lambda = 1e7"), "action.scalar.lambda", "found 10000000.0"),
        (changed(SCALAR, "lambda = 0.5\n", ""), "action.scalar.lambda", "missing"),
        (SCALAR + "[action.theta]\nimaginary = 1.0\n", "action.theta", "given with [action.scalar]"),
        (SCALAR + GUIDE + "[guide.scalar]\nkappa = 0.1\nlambda = 0.1\n", "guide.scalar", "found a table"),
        (PURE_GAUGE_2D + GUIDE + "[guide.scalar]\nkappa = 0.1\nlambda = 0.1\n", "guide.scalar", "given without"),
        (SCALAR + '[update]\nkind = "heatbath"\n', "update.kind", 'found "heatbath"'),
        (SCALAR + "[update]\nfriction = 0.3\n", "update.friction", "given with"),
        (SCALAR + "[update.evolution]\nstart_beta = 1.0\nsteps = 3\nbetween = 2\n", "update.evolution", "given with"),
        (SCALAR + '[update.tempering]\ncouplings = [1.0, 0.5]\n', "update.tempering", "given with"),
        (SCALAR + "[update.bias]\nbuild = 5\nrange = 2.0\n", "update.bias", "given with"),
        (SCALAR + GUIDE + OFFLINE, "train.mode", 'found "offline"'),
        (changed(SCALAR, "beta = 2.0", "beta = 2.0\nanisotropy = 2.0"), "action.gauge.anisotropy", "given with"),
        (PURE_GAUGE_2D + "[observables.higgs]\n", "observables.higgs", "no scalar field"),
        (PURE_GAUGE_2D + "[observables.my_higgs_correlator]\n", "observables.my_higgs_correlator", "no scalar field"),
        (SCALAR + "[observables.polyakov_multilevel]\n", "observables.polyakov_multilevel", "action.scalar"),
    ],
)
def test_refusals(text, key, found):
    problems = problems_of(text)
    assert any(problem.path == key and found in problem.message for problem in problems), problems
