"""Field transformations in the input: what is filled in, what is refused, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of

from lqcdnn.config import digest, load_text, physics_keys, resolved_toml, training_keys
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

MAP = """\
[network.map]
masked = true
[[network.map.layer]]
loops = ["plaquette"]
initial = 0.1
[[network.map.layer]]
loops = ["plaquette"]
sharing = "direction"
[update]
transformation = "map"
"""
TRAINED = """\
[train]
base_beta = 1.0
trajectories = 20
optimizer = "least_squares"
rate = 1e-2
"""
PLAIN = PURE_GAUGE_2D + MAP
FULL = PLAIN + TRAINED


def test_what_is_filled_in():
    config = load_text(FULL)
    assert config.terms == ("gauge", "jacobian")
    assert config.levels[0].terms == ("gauge", "jacobian")
    assert (config.train.network, config.train.couplings) == ("map", ("constant",))
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.transformation"] == "map"
    assert physics_keys(config)["network.map.masked"] is True
    assert training_keys(config)["train.base_beta"] == 1.0


def test_inputs_without_it_are_what_they_were():
    assert not any("transformation" in key or "masked" in key for key in physics_keys(load_text(SLHMC)))
    assert "train.base_beta" not in training_keys(load_text(SLHMC))
    assert digest(load_text(FULL)) != digest(load_text(PLAIN))


def test_what_is_said_of_it():
    lines = summary(load_text(FULL))
    assert lines["method"] == "field-transformed HMC: molecular dynamics of V, links U = map(V)"
    assert lines["network map"] == "2 masked layers, 3 weights, start 0.1"
    assert "network map and couplings constant from beta 1 along" in lines["training"]
    of_chain = load_text(changed(FULL, "base_beta", "samples = 'chain'\nbase_beta"))
    assert "network map and couplings constant towards beta 1 along" in summary(of_chain)["training"]
    assert training_keys(of_chain).keys() - training_keys(load_text(FULL)).keys() == {"train.samples"}
    assert remarks(load_text(FULL)) == ()
    assert {"Luscher2009", "Jin2022"} <= set(used_by(load_text(FULL)))
    assert "Jin2022" not in used_by(load_text(PLAIN))
    assert "Luscher2009" not in used_by(load_text(SLHMC))


def test_links_with_weights_of_their_own():
    local = changed(FULL, "initial = 0.1", "channels = [3, 2]\ninitial = 0.1")
    assert load_text(local).network["map"].layer[0].channels == (3, 2)
    assert summary(load_text(local))["network map"] == "2 masked layers (1 with local weights), 52 weights, start 0.1"
    assert "network.map.layer.1.channels" in physics_keys(load_text(local))
    assert not any("channels" in key for key in physics_keys(load_text(FULL)))
    plain = changed(SLHMC, 'loops = ["plaquette"', 'channels = [2]\nloops = ["plaquette"')
    (problem,) = problems_of(plain)
    assert (problem.path, problem.message) == ("network.net.layer.1.channels", "given without network.net.masked")


def test_the_jacobian_is_a_term_of_the_integrator():
    levels = '[[update.level]]\nterms = ["gauge"]\nsteps = 2\n[[update.level]]\nterms = ["jacobian"]\nsteps = 1\n'
    assert [level.terms for level in load_text(PLAIN + levels).levels] == [("gauge",), ("jacobian",)]
    (problem,) = problems_of(PLAIN + levels.partition("[[update.level]]\nterms = [\"jac")[0])
    assert (problem.path, problem.message) == ("update.level", 'no level has "jacobian"')
    problems = problems_of(PURE_GAUGE_2D + levels)
    assert [p.message for p in problems] == ['no action term "jacobian"']


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('transformation = "map"', 'transformation = "mp"', "update.transformation", 'no masked network "mp"'),
        ("masked = true", "masked = false", "update.transformation", 'no masked network "map"'),
        ('loops = ["plaquette"]\ninitial', 'loops = ["rectangle"]\ninitial', "network.map.layer.1.loops", "found"),
        ("initial = 0.1", "attention = 1", "network.map.layer.1.attention", "given in a masked network"),
        ('loops = ["plaquette"]\ninitial', 'kind = "hex"\ninitial', "network.map.layer.1.kind", 'found "hex"'),
        ("initial = 0.1", "initial = 0.5", "network.map.layer.1.initial", "found 0.5"),
        ("initial = 0.1", "initial = [-0.7]", "network.map.layer.1.initial", "found -0.7"),
        ("initial = 0.1", 'initial = "random"\nwidth = 1', "network.map.layer.1.width", "found 1"),
        ("initial = 0.1", "channels = [2]\ninitial = 0.496", "network.map.layer.1.initial", "found 0.496"),
        ("initial = 0.1", "channels = [0]", "network.map.layer.1.channels", "found"),
        ("[8, 8]", "[8, 7]", "network.map.masked", "found true with lattice.shape = [8, 7]"),
        ('"U(1)"', '"SU(4)"', "network.map.masked", "found true with SU(4)"),
        ("base_beta = 1.0\n", "", "train.base_beta", "missing"),
        ("base_beta = 1.0", 'base_beta = 1.0\ncouplings = ["beta"]', "train.couplings", "given with a field"),
        ('transformation = "map"', "", "train.base_beta", "given without training"),
        ('transformation = "map"', 'kind = "heatbath"\ntransformation = "map"', "update.transformation", "belongs to"),
    ],
)
def test_what_is_refused(old, new, path, message):
    problems = problems_of(changed(FULL, old, new))
    assert any(problem.path == path and problem.message.startswith(message) for problem in problems), problems


def test_one_problem_is_one_message():
    for old, new in (("base_beta = 1.0\n", ""), ("initial = 0.1", "initial = 0.5"), ('"map"\n[train', '"no"\n[train')):
        assert len(problems_of(changed(FULL, old, new))) == 1, new


def test_what_is_trained_is_no_part_of_the_exact_action():
    quark = '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.1\nlinks = "map"\n'
    (problem,) = problems_of(FULL + quark)
    assert (problem.path, problem.message) == ("train.network", '"map" is part of the exact action')
    assert load_text(PLAIN + quark).action.fermion[0].links == "map"


def test_base_beta_and_samples_of_another_network_are_refused():
    for key in ("base_beta = 2.0", 'samples = "chain"'):
        (problem,) = problems_of(changed(SLHMC, "trajectories = 100", f"trajectories = 100\n{key}"))
        assert problem.path == f"train.{key.split()[0]}"
