"""Bias potentials in the input: what is filled in, what is refused, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TABLE = """\
[update.bias]
build = 40
range = 2.5
bins = 100
"""
BIASED = changed(PURE_GAUGE_2D, "[run]\n", "[run]\nthermalization = 50\n") + TABLE
FOUR = changed(changed(BIASED, "shape = [8, 8]", "shape = [4, 4, 4, 4]"), '"U(1)"', '"SU(2)"')


def test_what_is_filled_in_and_said():
    config = load_text(BIASED)
    bias = config.update.bias
    assert (bias.smearing, bias.rho, bias.interpolation, bias.symmetric, bias.factor) == (0, 0.1, "cubic", True, 1.0)
    assert config.levels[0].terms == ("gauge", "bias")
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.bias.build"] == 40
    said = summary(config)
    assert said["method"].startswith("metadynamics")
    assert "built in 40 trajectories by 0.1 each" in said["bias"]
    assert {"Laio2016", "Eichhorn2023"} <= set(used_by(config))
    assert "MorningstarPeardon2004" not in used_by(config)
    assert not any("bias" in key for key in physics_keys(load_text(PURE_GAUGE_2D)))
    assert "Laio2016" not in used_by(load_text(PURE_GAUGE_2D))
    guided = summary(load_text(BIASED + "[guide.gauge]\nbeta = 1.9\n"))["method"]
    assert guided.startswith("metadynamics: SLHMC with a bias potential")


def test_four_dimensions_are_smeared():
    config = load_text(FOUR)
    assert config.update.bias.smearing == 4
    assert "4 steps of stout smearing" in summary(config)["bias"]
    assert "MorningstarPeardon2004" in used_by(config)


def test_levels_name_the_bias():
    text = changed(BIASED, "[update.bias]", '[[update.level]]\nterms = ["gauge"]\nsteps = 2\n[update.bias]')
    (problem,) = problems_of(text)
    assert (problem.path, problem.message) == ("update.level", 'no level has "bias"')
    two = '["bias"]\nsteps = 2\n[[update.level]]\nterms = ["gauge"]\nsteps = 3\n'
    text = changed(text, '["gauge"]\nsteps = 2\n', two)
    assert [level.terms for level in load_text(text).levels] == [("bias",), ("gauge",)]
    (problem,) = problems_of(changed(text, TABLE, ""))
    assert problem.message == 'no action term "bias"'


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("build = 40", "build = 51", "update.bias.build", "0 to run.thermalization = 50"),
        ("build = 40", "build = 0", "update.bias.build", "build = 1000, say"),
        ("range = 2.5", "range = 0.0", "update.bias.range", "> 0"),
        ("bins = 100", "bins = 1", "update.bias.bins", "2 to"),
        ("bins = 100", 'bins = 100\ninterpolation = "spline"', "update.bias.interpolation", '"cubic"'),
        ("bins = 100", "bins = 100\nfactor = 1.5", "update.bias.factor", "<= 1"),
        ("bins = 100", "bin = 100", "update.bias.bin", "bins"),
        ('"U(1)"', '"SU(2)"', "update.bias", "U(1) in d = 2, or SU(N) in d = 4"),
        ("[lattice]\n", '[lattice]\ntime = "open"\n', "update.bias", "one of the two"),
        (
            "[lattice]\n",
            '[lattice]\ntime = "schroedinger"\nschroedinger = {fields = "zero"}\n',
            "update.bias",
            "one of the two",
        ),
        ("[update.bias]", "[update]\ntune = true\n[update.bias]\ntempered = true", "update.tune", "false"),
        ("[update.bias]", '[update]\nkind = "heatbath"\n[update.bias]', "update.bias", 'kind = "hmc"'),
        ("[update.bias]", '[update]\nkind = "slmc"\n[update.bias]', "update.bias", 'kind = "hmc"'),
        (
            "[update.bias]",
            "[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2\n[update.bias]",
            "update.tempering",
            "one of the two",
        ),
    ],
)
def test_what_is_refused(old, new, key, allowed):
    found = {problem.path: problem for problem in problems_of(changed(BIASED, old, new))}
    assert key in found
    assert allowed in str(found[key].allowed) + found[key].suggestion


def test_other_dimensions_twists_and_training():
    other = {problem.path for problem in problems_of(changed(FOUR, "[4, 4, 4, 4]", "[4, 4, 4]"))}
    assert other == {"update.bias"}
    twisted = problems_of(changed(FOUR, "[run]", "[lattice.twist]\nxy = 1\n[run]"))
    assert "update.bias" in [problem.path for problem in twisted]
    training = "[guide.gauge]\nbeta = 2.0\n[train]\ncouplings = ['beta']\nrate = 1e-3\ntrajectories = 9\n"
    trained = problems_of(FOUR + training)
    assert "train" in [problem.path for problem in trained]


PLAQUETTE = changed(BIASED, "range = 2.5", 'variable = "plaquette"\nrange = [0.5, 0.7]')


@pytest.mark.parametrize(
    ("shape", "group", "wall"),
    [("[8, 8]", "U(1)", 64), ("[8, 8]", "SU(3)", 64), ("[4, 4, 4]", "SU(2)", 192), ("[4, 4, 4, 4]", "U(1)", 1536)],
)
def test_the_plaquette_of_any_group_and_dimension(shape, group, wall):
    config = load_text(changed(changed(PLAQUETTE, "[8, 8]", shape), '"U(1)"', f'"{group}"'))
    bias = config.update.bias
    assert (bias.smearing, bias.rho, bias.symmetric, bias.interval) == (None, None, None, (0.5, 0.7))
    assert bias.wall == wall
    assert load_text(resolved_toml(config)) == config
    said = summary(config)
    assert said["method"].startswith("multicanonical")
    assert "of the mean plaquette" in said["bias"]
    assert "100 bins from 0.5 to 0.7" in said["bias"]
    assert {"BergNeuhaus1992", "ArnoldSchillingLippert1999"} <= set(used_by(config))
    assert "Laio2016" not in used_by(config)


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("[0.5, 0.7]", "0.7", "update.bias.range", "[lowest, highest], -1 <= lowest < highest <= 1"),
        ("[0.5, 0.7]", "[0.7, 0.5]", "update.bias.range", "lowest < highest"),
        ("[0.5, 0.7]", "[0.5, 0.5]", "update.bias.range", "lowest < highest"),
        ("[0.5, 0.7]", "[0.5, 1.1]", "update.bias.range", "highest <= 1"),
        ("[0.5, 0.7]", "[0.5]", "update.bias.range", "a list of 2 entries"),
        ('"plaquette"', '"topological_charge"', "update.bias.range", "the largest |Q|"),
        ('"plaquette"', '"rectangle"', "update.bias.variable", '"plaquette"'),
        ("bins = 100", "bins = 100\nwall = -1.0", "update.bias.wall", ">= 0"),
        ("[lattice]\n", '[lattice]\ntime = "open"\n', "update.bias", "one of the two"),
    ],
)
def test_what_is_refused_of_a_plaquette(old, new, key, allowed):
    found = {problem.path: problem for problem in problems_of(changed(PLAQUETTE, old, new))}
    assert list(found) == [key]
    assert allowed in str(found[key].allowed) + found[key].suggestion


@pytest.mark.parametrize("line", ["smearing = 2", "rho = 0.1", "symmetric = false"])
def test_keys_of_the_charge_alone(line):
    (problem,) = problems_of(changed(PLAQUETTE, "bins = 100", f"bins = 100\n{line}"))
    assert problem.path == f"update.bias.{line.split()[0]}"
    assert 'belongs to variable = "topological_charge"' in problem.message
