"""The topological term in the input: what is filled in, what is refused, what is said of it."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TABLE = "[action.theta]\nimaginary = 3.5\n"
THETA = PURE_GAUGE_2D + TABLE
GUIDE = "[guide.gauge]\nbeta = 1.9\n"


def test_what_is_filled_in_and_said():
    config = load_text(THETA)
    assert (config.action.theta.imaginary, config.action.theta.smearing, config.action.theta.rho) == (3.5, 0, 0.1)
    assert config.levels[0].terms == ("gauge", "theta")
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.theta.imaginary"] == 3.5
    assert "topological term, theta_L = 3.5" in summary(config)["action"]
    assert "PanagopoulosVicari2011" in used_by(config)
    assert "MorningstarPeardon2004" not in used_by(config)
    smeared = load_text(THETA + "smearing = 2\n")
    assert summary(smeared)["action"].endswith("of 2 steps of stout smearing")
    assert "MorningstarPeardon2004" in used_by(smeared)
    assert not any("theta" in key for key in physics_keys(load_text(PURE_GAUGE_2D)))


def test_a_guide_takes_what_it_leaves_out_from_the_action():
    own = load_text(THETA + "smearing = 2\n" + GUIDE + "[guide.theta]\nsmearing = 0\n")
    assert (own.guide.theta.imaginary, own.guide.theta.smearing) == (3.5, 0)
    assert load_text(THETA + GUIDE).guide.theta == load_text(THETA).action.theta


def test_levels_name_the_term():
    text = THETA + '[[update.level]]\nterms = ["gauge"]\nsteps = 2\n'
    (problem,) = problems_of(changed(text, "steps = 10\n", "") if "steps = 10\n" in PURE_GAUGE_2D else text)
    assert (problem.path, problem.message) == ("update.level", 'no level has "theta"')


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        (changed(THETA, '"U(1)"', '"SU(2)"'), "action.theta", "given for SU(2) in d = 2"),
        (changed(THETA, "shape = [8, 8]", "shape = [8, 8, 8]"), "action.theta", "given for U(1) in d = 3"),
        (changed(THETA, "[lattice]\n", '[lattice]\ntime = "open"\n'), "action.theta", 'lattice.time = "open"'),
        (PURE_GAUGE_2D + GUIDE + "[guide.theta]\nimaginary = 1.0\n", "guide.theta", "given without [action.theta]"),
        (THETA + "[update]\nkind = 'heatbath'\n", "action.theta", 'update.kind = "heatbath"'),
        (
            THETA + "[update.evolution]\nstart_beta = 1.0\nsteps = 3\nbetween = 2\n",
            "update.evolution",
            "given with [action.theta]",
        ),
        (changed(THETA, "imaginary = 3.5", "imaginary = nan"), "action.theta.imaginary", "found nan"),
        (changed(THETA, "imaginary = 3.5", "rho = 0.1"), "action.theta.imaginary", "missing"),
    ],
)
def test_refusals(text, key, found):
    problems = problems_of(text)
    assert any(problem.path == key and found in problem.message for problem in problems), problems
