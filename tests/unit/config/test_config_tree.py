"""What defines the chain, what may change, and digests."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math

import pytest
from config_samples import SLHMC

from lqcdnn.config import (
    chain_digest,
    digest,
    load_text,
    physics_digest,
    physics_keys,
    resolved_toml,
    training_keys,
    weights_physics,
    with_seed,
)
from lqcdnn.config.neutral import without_neutral
from lqcdnn.config.tree import as_tree, flatten

BASE = load_text(SLHMC)

# option, changes the chain, changes the training, changes what weights belong to
CHANGES = [
    ("run.trajectories=99", False, False, False),
    ("run.save_every=3", False, False, False),
    ("run.measure_thermalization=false", False, False, False),
    ("run.checkpoint_every=3", False, False, False),
    ("run.name=other", False, False, False),
    ("action.fermion.1.max_iterations=77", False, False, False),
    ("observables.plaquette.every=2", False, False, False),
    ("analyze.thermalization=2", False, False, False),
    ("train.trajectories=200", False, False, False),
    ("train.rate=1e-6", False, True, False),
    ("train.thermalization=5", False, True, False),
    ("run.seed=3", True, True, False),
    ("run.initial=cold", True, True, False),
    ("run.thermalization=3", True, True, False),
    ("lattice.shape=[4,4,4,6]", True, True, False),
    ("lattice.group=SU(4)", True, True, True),
    ("action.gauge.beta=2.8", True, True, True),
    ("action.fermion.1.mass=0.31", True, True, True),
    ("guide.fermion.1.mass=0.5", True, True, True),
    ("guide.gauge.beta=2.8", True, True, True),
    ("action.fermion.1.tolerance=1e-9", True, True, False),
    ("action.fermion.1.start_vectors=3", True, True, False),
    ("update.steps=13", True, True, False),
    ("network.net.layer.1.sharing=direction", True, True, False),
    ("network.net.weights=w.h5", True, True, False),
]


@pytest.mark.parametrize(("option", "chain", "training", "weights"), CHANGES)
def test_what_a_change_touches(option, chain, training, weights):
    config = load_text(SLHMC, overrides=[option])
    assert (physics_keys(config) != physics_keys(BASE)) == chain
    assert (training_keys(config) != training_keys(BASE)) == training
    assert (weights_physics(config) != weights_physics(BASE)) == weights
    assert (physics_digest(config) != physics_digest(BASE)) == weights
    assert digest(config) != digest(BASE)


def test_physics_keys_are_dotted_toml_keys():
    keys = physics_keys(load_text(SLHMC, overrides=["run.seed=3"]))
    assert keys["run.seed"] == 3
    assert keys["action.fermion.1.boundary"] == [1, 1, 1, -1]
    assert keys["network.net.layer.1.loops"] == ["plaquette", "polyakov_time"]
    assert not any(key.startswith(("observables", "analyze", "train")) for key in keys)


def test_a_key_without_effect_leaves_the_digest_of_older_versions():
    keys = physics_keys(BASE)
    assert keys["update.accept_first"] == 0
    assert keys["network.net.layer.1.kind"] == "loops"
    fermions = ("action.fermion.1.determinant", "guide.fermion.1.determinant")
    later = ("update.accept_first", "lattice.time", "network.net.layer.1.kind", *fermions)
    older = {key: value for key, value in keys.items() if key not in later}
    assert chain_digest(keys) == chain_digest(older)
    text = json.dumps(older, sort_keys=True)
    assert chain_digest(keys) == hashlib.sha256(text.encode()).hexdigest()
    assert chain_digest({**keys, "update.accept_first": 1}) != chain_digest(keys)


def test_digests_do_not_depend_on_how_the_input_is_written():
    again = load_text(resolved_toml(BASE))
    assert digest(again) == digest(BASE)
    assert len(digest(BASE)) == 64
    assert digest(BASE) == digest(load_text("# comment\n" + SLHMC))


def test_a_run_without_guide_trains_for_its_own_action():
    config = load_text(SLHMC.partition("[[guide")[0])
    assert weights_physics(config)["guide"] == weights_physics(config)["action"]


def test_seed_is_drawn_once():
    drawn = with_seed(BASE)
    assert drawn.run.seed is not None
    assert 0 <= drawn.run.seed < 2**63
    assert with_seed(drawn) is drawn
    assert with_seed(BASE) != drawn
    assert dataclasses.replace(drawn, run=BASE.run) == BASE
    assert load_text(resolved_toml(drawn)) == drawn


def test_flatten():
    assert flatten({"a": {"b": [1, 2], "c": [{"d": 1}, {"d": 2}]}, "e": {}}) == {
        "a.b": [1, 2],
        "a.c.1.d": 1,
        "a.c.2.d": 2,
    }
    assert "network" in as_tree(BASE)


WILSON = """
[lattice]
shape = [4, 4, 4, 4]
group = "SU(2)"
[run]
name = "w"
trajectories = 1
[action.gauge]
beta = 2.3
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.2
csw = 1.2
[[guide.fermion]]
mass = 0.3
"""
SAID = [
    "action.gauge.anisotropy=1", "lattice.twist.xy=0", "action.fermion.1.nu=1", "action.fermion.1.anisotropy=1.0",
    'action.fermion.1.clover="linear"', "action.fermion.1.csw_time=1.2", "action.fermion.1.twisted_mass=0",
    "action.fermion.1.theta=[0,0,0,0]", "action.fermion.1.magnetic_flux=[0,0,0]",
    "action.fermion.1.chemical_potential=0", 'action.fermion.1.representation="fundamental"',
    "guide.fermion.1.coefficient=1", "guide.fermion.1.electric_flux=[0,0,0]",
]  # fmt: skip


@pytest.mark.parametrize("option", SAID)
def test_what_a_key_means_where_it_is_absent_may_be_said(option):
    plain, said = load_text(WILSON), load_text(WILSON, overrides=[option])
    assert digest(said) != digest(plain)
    assert physics_keys(said) == physics_keys(plain)


def test_other_values_are_other_physics():
    """Also where the action has one and the guide says that it has none."""
    speeds = ["action.fermion.1.nu=1.1", "guide.fermion.1.nu=1"]
    one, both, none = (load_text(WILSON, overrides=speeds[:n]) for n in (2, 1, 0))
    assert len({str(physics_keys(config)) for config in (one, both, none)}) == 3
    fixed = 'time = "schroedinger"\n[lattice.schroedinger]\nfields = "A"\n[run]'
    schroedinger = WILSON.partition("[[")[0].replace("[run]", fixed)
    default, other = f"lattice.schroedinger.eta={math.pi / 4}", "lattice.schroedinger.eta=0.0"
    known = [physics_keys(load_text(schroedinger, overrides=options)) for options in ([], [default], [other])]
    assert known[0] == known[1] != known[2]
    assert without_neutral({"guide.fermion": []}) == {"guide.fermion": []}
