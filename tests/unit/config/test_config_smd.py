"""Stochastic molecular dynamics in the input: what is filled in, what is refused, what is said of it."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

UPDATE = "[update]\nfriction = 0.3\nlength = 0.25\nsteps = 2\n"
TEXT = changed(PURE_GAUGE_2D, "[run]\n", "[run]\nthermalization = 20\n") + UPDATE


def test_what_is_filled_in_and_said():
    config, plain = load_text(TEXT), load_text(PURE_GAUGE_2D)
    assert (config.update.friction, config.update.target_acceptance) == (0.3, 0.99)
    assert (plain.update.friction, plain.update.target_acceptance) == (None, 0.8)
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.friction"] == 0.3
    assert "update.friction" not in physics_keys(plain)
    said = summary(config)
    assert said["method"].startswith("stochastic molecular dynamics (SMD)")
    assert said["integrator"] == "length 0.25, friction 0.3: 2 steps leapfrog (gauge)"
    assert {"Horowitz1991", "LuscherSchaefer2011", "Francis2020", "Duane1987"} <= set(used_by(config))
    assert "Horowitz1991" not in used_by(plain)
    guided = summary(load_text(TEXT + "[guide.gauge]\nbeta = 1.9\n"))["method"]
    assert guided.endswith("molecular dynamics by the guide, Metropolis step with the exact action")
    assert load_text(changed(TEXT, "steps = 2", "tune = true")).update.tune
    assert load_text(changed(TEXT, "steps = 2", "target_acceptance = 0.9")).update.target_acceptance == 0.9


def test_much_friction_is_told():
    assert not remarks(load_text(TEXT))
    (said,) = remarks(load_text(changed(TEXT, "friction = 0.3", "friction = 20.0")))
    assert said.startswith("update.friction: 0.67 % of the momenta are kept")


@pytest.mark.parametrize("value", ["0.0", "-0.3", '"much"'])
def test_friction_is_a_number_above_zero(value):
    (problem,) = problems_of(changed(TEXT, "friction = 0.3", f"friction = {value}"))
    assert (problem.path, problem.allowed) == ("update.friction", "a number > 0")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("tempering", "[update.tempering]\ncouplings = [1.0, 0.5]\nside = 2\n"),
        ("evolution", "[update.evolution]\nstart_beta = 1.5\nsteps = 4\nbetween = 2\n"),
        ("bias", "[update.bias]\nbuild = 10\nrange = 1.0\nbins = 20\n"),
    ],
)
def test_other_updates_have_chains_of_their_own(name, table):
    (problem,) = problems_of(TEXT + table)
    assert problem.path == f"update.{name}"
    assert problem.message.startswith("given with update.friction: ")
    assert not load_text(changed(TEXT, "friction = 0.3\n", "") + table).update.friction


def test_momenta_are_those_of_the_links_themselves():
    network = '[network.f]\nmasked = true\n[[network.f.layer]]\nloops = ["plaquette"]\n'
    text = changed(TEXT, UPDATE, UPDATE + 'transformation = "f"\n') + network
    (problem,) = problems_of(text)
    assert problem.path == "update.transformation"


@pytest.mark.parametrize("kind", ["heatbath", "slmc"])
def test_it_belongs_to_hmc(kind):
    text = changed(PURE_GAUGE_2D, "[action", f'[update]\nkind = "{kind}"\nfriction = 0.3\n[guide.gauge]\n[action')
    problems = problems_of(changed(text, "[guide.gauge]\n", "" if kind == "heatbath" else "[guide.gauge]\n"))
    assert [(p.path, p.message) for p in problems] == [
        ("update.friction", 'belongs to kind = "hmc", which is not chosen here')
    ]


def test_networks_are_trained_elsewhere():
    text = changed(SLHMC, "steps = 12", "steps = 12\nfriction = 0.3")
    (problem,) = problems_of(text)
    assert problem.path == "train.mode"
    offline = changed(text, "trajectories = 100\n", 'trajectories = 100\nmode = "offline"\nconfigs = ["a.h5"]\n')
    assert load_text(offline).update.friction == 0.3
