"""Evolutions in the input: what is filled in, what is refused, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

EVOLVED = PURE_GAUGE_2D + """\
[update.evolution]
start_beta = 1.0
steps = 5
between = 3
"""
DEFECT = changed(EVOLVED, "start_beta = 1.0\n", "") + "[update.evolution.defect]\nside = 2\n"
MASKED = """
[network.NAME]
masked = true
[[network.NAME.layer]]
loops = ["plaquette"]
initial = 0.02
"""
FLOW = changed(EVOLVED, "between = 3\n", 'between = 3\nnetworks = ["map"]\n') + MASKED.replace("NAME", "map")


def test_what_is_filled_in_and_said():
    config = load_text(EVOLVED)
    assert config.update.evolution.updates == 1
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.evolution.start_beta"] == 1.0
    assert "from beta 1 to 2 in 5 steps, 1 trajectory in each; one every 3 trajectories" in summary(config)["evolution"]
    assert {"Jarzynski1997", "Caselle2016"} <= set(used_by(config))
    assert not {"BonannoNadaVadacchino2024", "Caselle2022"} & set(used_by(config))
    plain = load_text(PURE_GAUGE_2D)
    assert not any("evolution" in key for key in physics_keys(plain))
    assert "Caselle2016" not in used_by(plain)


def test_a_defect_and_layers():
    config = load_text(DEFECT)
    assert (config.update.evolution.defect.coupling, config.update.evolution.defect.normal) == (0.0, "x")
    assert load_text(resolved_toml(config)) == config
    assert "a defect of side 2 across x from 0 to 1" in summary(config)["evolution"]
    assert "BonannoNadaVadacchino2024" in used_by(config)
    flow = load_text(FLOW)
    assert "layers of network map" in summary(flow)["evolution"]
    assert summary(flow)["method"] == "stochastic normalizing flow, HMC"
    alone = load_text(changed(FLOW, "between = 3\n", "between = 3\nupdates = 0\n"))
    assert summary(alone)["method"] == "normalizing flow, HMC"
    assert "in 5 steps, no updates, layers" in summary(alone)["evolution"]
    assert {"Caselle2022", "Bulgarelli2024"} <= set(used_by(flow))
    assert not any("no fermion sees" in text for text in remarks(flow))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("start_beta = 1.0\n", "", "update.evolution"),
        ("start_beta = 1.0", "start_beta = 2.0", "update.evolution.start_beta"),
        ("start_beta = 1.0", "start_beta = -1.0", "update.evolution.start_beta"),
        ("steps = 5", "steps = 0", "update.evolution.steps"),
        ("steps = 5\n", "", "update.evolution.steps"),
        ("between = 3", "between = 0", "update.evolution.between"),
        ("between = 3", "between = 3\nupdates = -1", "update.evolution.updates"),
        ("between = 3", 'between = 3\nnetworks = ["map"]', "update.evolution.networks"),
        ("between = 3", "between = 3\ndefect = {side = 2}", "update.evolution"),
        ("between = 3", "between = 3\n[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2", "update.tempering"),
        ("between = 3", 'between = 3\n[guide.gauge]\nbeta = 2.1', "guide"),
        ("beta = 2.0", "beta = 2.0\n[update]\ntune = true\n[run.x]", "update.tune"),
        ("[update.evolution]", "[update]\naccept_first = 2\n[update.evolution]", "update.accept_first"),
        ("[update.evolution]", "[train]\ntrajectories = 5\nrate = 1.0\n[update.evolution]", "train"),
        ('group = "U(1)"', 'group = "SU(2)"\ntwist = {xt = 1}', "update.evolution"),
    ],
)
def test_what_is_refused(old, new, key):
    assert key in [problem.path for problem in problems_of(changed(EVOLVED, old, new))]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("side = 2", "side = 200", "update.evolution.defect.side"),
        ("side = 2", 'side = 2\nnormal = "z"', "update.evolution.defect.normal"),
        ("side = 2", "side = 2\ncoupling = 1.0", "update.evolution.defect.coupling"),
    ],
)
def test_defects_that_are_none(old, new, key):
    assert key in [problem.path for problem in problems_of(changed(DEFECT, old, new))]


def test_networks_that_are_no_layers():
    (problem,) = problems_of(changed(FLOW, 'networks = ["map"]', 'networks = ["mop"]'))
    assert problem.path == "update.evolution.networks"
    assert problem.suggestion == '"map"'
    two = changed(FLOW, 'networks = ["map"]', 'networks = ["map", "other"]') + MASKED.replace("NAME", "other")
    assert load_text(two).update.evolution.networks == ("map", "other")
    assert "at most 1" in problems_of(changed(two, "steps = 5", "steps = 1"))[0].allowed
    unlike = two + MASKED.replace("NAME", "other").partition("true\n")[2]
    assert "other layers" in problems_of(unlike)[0].message
    local = changed(two, "[[network.other.layer]]", "[[network.other.layer]]\nchannels = [2]")
    assert "other layers" in problems_of(local)[0].message


def test_fermions_have_no_layers():
    options = '\n[update.evolution]\nstart_beta = 2.5\nsteps = 2\nbetween = 1\n'
    plain = SLHMC[: SLHMC.index("[[guide.fermion]]")] + "[update]\nsteps = 12" + options
    assert load_text(plain).update.evolution.steps == 2
    text = changed(plain, "between = 1\n", 'between = 1\nnetworks = ["map"]\n') + MASKED.replace("NAME", "map")
    assert "fermions" in problems_of(text)[0].message
