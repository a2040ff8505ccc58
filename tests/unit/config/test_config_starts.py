"""The instanton start in the input file: defaults, what is refused, what defines the chain."""

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
