"""Instanton and refined starts in the input file: defaults, what is refused, what defines the chain."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.config.tree import chain_digest, physics_keys

PLAIN = changed(changed(PURE_GAUGE_2D, "shape = [8, 8]", "shape = [8, 12, 8, 7]"), '"U(1)"', '"SU(2)"')
START = changed(PLAIN, "trajectories = 10", 'trajectories = 10\ninitial = "instanton"')


def test_defaults():
    config = load_text(START)
    assert (config.run.instanton_charge, config.run.instanton_radius) == (1, 1.75)
    assert config.run.instanton_position == (3.5, 5.5, 3.5, 2.5)
    assert load_text(resolved_toml(config)) == config
    assert "start instanton of charge 1, radius 1.75, centre (3.5, 5.5, 3.5, 2.5)," in summary(config)["trajectories"]


def test_other_starts_have_no_such_keys():
    config = load_text(PLAIN)
    assert config.run.instanton_radius is None
    assert not any("instanton" in name for name in physics_keys(config))
    # of this input before there was such a start
    assert chain_digest(physics_keys(config)) == "ad4e90ad1ccd463ec03a67605b5c146835dbfc559713a0db0347afeaf868a1e1"


@pytest.mark.parametrize(
    "line", ["instanton_radius = 2.0", "instanton_charge = -1", "instanton_position = [3, 5.5, 3, 2]"]
)
def test_they_define_the_chain(line):
    config = load_text(changed(START, "trajectories = 10", f"trajectories = 10\n{line}"))
    assert chain_digest(physics_keys(config)) != chain_digest(physics_keys(load_text(START)))


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('"SU(2)"', '"U(1)"', "run.initial", '"instanton" with U(1) in d = 4'),
        ("[8, 12, 8, 7]", "[8, 8, 8]", "run.initial", "with SU(2) in d = 3"),
        ("10", "10\ninstanton_radius = 3.6", "run.instanton_radius", "found 3.6"),
        ("10", "10\ninstanton_radius = 0", "run.instanton_radius", "found 0"),
        ("10", "10\ninstanton_charge = 2", "run.instanton_charge", "found 2"),
        ("10", "10\ninstanton_position = [1, 2, 3, 4]", "run.instanton_position", "a site"),
        ("10", "10\ninstanton_position = [1, 2, 3, 7.5]", "run.instanton_position", "found [1.0, 2.0, 3.0, 7.5]"),
        ("10", "10\ninstanton_position = [1, 2, 3.5]", "run.instanton_position", "found [1, 2, 3.5]"),
        ('"instanton"', '"cold"\ninstanton_radius = 2.0', "run.instanton_radius", 'belongs to initial = "instanton"'),
        ('"instanton"', '"instantn"', "run.initial", "instantn"),
    ],
)
def test_refused(old, new, path, words):
    (problem,) = problems_of(changed(START, old, new))
    assert problem.path == path
    assert words in problem.message


FILE = 'initial = "coarse/cfg.h5"\nrefine = '


def refining(factors, shape="[8, 8]"):
    start = changed(PURE_GAUGE_2D, "trajectories = 10", f"trajectories = 10\n{FILE}{factors}")
    return changed(start, "shape = [8, 8]", f"shape = {shape}")


def test_one_factor_is_that_of_each_direction():
    config = load_text(refining(2))
    assert config.run.refine == (2, 2)
    assert load_text(refining("[2, 2]")) == load_text(resolved_toml(config)) == config
    assert "start coarse/cfg.h5, refined by 2x2," in summary(config)["trajectories"]
    assert load_text(refining("[2, 1]", "[8, 7]")).run.refine == (2, 1)
    keys = [physics_keys(load_text(refining(text))) for text in ("2", "[2, 1]")]
    assert chain_digest(keys[0]) != chain_digest(keys[1])


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (refining(2, "[8, 7]"), "run.refine", "found [2, 2] with lattice.shape = [8, 7]"),
        (refining(2, "[8, 2]"), "run.refine", "even extents of 4 or more"),
        (refining("[2, 2, 2]"), "run.refine", "a list of 2 factors"),
        (refining("[1, 1]"), "run.refine", "at least one of them 2"),
        (refining(4), "run.refine", "found 4"),
        (changed(refining(2), "coarse/cfg.h5", "hot"), "run.refine", 'given with initial = "hot"'),
        (changed(refining(2), '"U(1)"', '"U(1)"\ntime = "open"'), "lattice.time", 'found "open" with run.refine'),
        (
            changed(refining(2).replace('"U(1)"', '"SU(2)"'), '"SU(2)"', '"SU(2)"\ntwist = {xy = 1}'),
            "lattice.twist",
            "given with run.refine",
        ),
        (refining(2) + "[action.scalar]\nkappa = 0.1\nlambda = 0.5\n", "run.refine", "given with [action.scalar]"),
    ],
    ids=lambda item: "" if "\n" in item else item,
)
def test_refinements_refused(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message}; {problem.allowed}"
