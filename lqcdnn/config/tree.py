"""A RunConfig as plain data, what of it defines the Markov chain, and digests."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from lqcdnn.config.language.keys import entries, is_value
from lqcdnn.config.neutral import without_neutral
from lqcdnn.config.tables.networks import OF_LOOPS
from lqcdnn.config.tables.schema import ActionConfig, RunConfig
from lqcdnn.config.tables.starts import START_KEYS

# Keys inside physics tables that change how long the work takes or when it gives up, never its outcome.
_EFFORT_KEYS = ("max_iterations",)
_CHAIN_TABLES = ("lattice", "action", "guide", "network", "update")
_CHAIN_KEYS = ("run.seed", "run.initial", "run.thermalization", *(f"run.{name}" for name in START_KEYS))
_LATER_KEYS = (
    ("accept_first", 0), ("r", 1.0), ("kind", OF_LOOPS), ("time", "periodic"), ("determinant", "pseudofermions"),
)  # fmt: skip
SOLVER_KEYS = (
    "tolerance", "md_tolerance", "max_iterations", "solver", "start_vectors", "links", "rational", "action_error",
    "md_error", "spectrum", "determinant",
)  # fmt: skip
"""Keys of fermions that are left out of `weights_physics`."""


def as_tree(config: Any) -> dict[str, Any]:
    """Return a configuration class as nested dictionaries with TOML names; keys that are None are left out."""
    tree: dict[str, Any] = {}
    for name, (field, entry) in entries(type(config)).items():
        value = getattr(config, field)
        if is_value(entry):
            plain = _as_lists(value)
        elif isinstance(value, tuple):
            plain = [as_tree(item) for item in value]
        elif isinstance(value, dict):
            plain = {key: as_tree(item) for key, item in value.items()}
        else:
            plain = None if value is None else as_tree(value)
        if plain is not None and (is_value(entry) or plain):
            tree[name] = plain
    if isinstance(config, RunConfig) and config.guide and config.action.gauge.term and not config.guide.gauge.term:
        tree["guide"]["gauge"]["term"] = []  # left out, it would mean the terms of the action
    if isinstance(config, RunConfig) and config.guide and config.action.fermion and not config.guide.fermion:
        tree["guide"]["fermion"] = []  # likewise
    return tree


def _as_lists(value: Any) -> Any:
    """A value with lists in place of tuples, also inside."""
    return [_as_lists(item) for item in value] if isinstance(value, tuple) else value


def flatten(tree: Any, path: str = "") -> dict[str, Any]:
    """Return ``{dotted key: value}`` of nested dictionaries; entries of arrays of tables are counted from 1."""
    if isinstance(tree, Mapping):
        named = list(tree.items())
    elif isinstance(tree, list) and tree and isinstance(tree[0], Mapping):
        named = [(str(i + 1), item) for i, item in enumerate(tree)]
    else:
        return {path: tree}
    flat: dict[str, Any] = {}
    for name, value in named:
        flat.update(flatten(value, f"{path}.{name}" if path else name))
    return flat


def physics_keys(config: RunConfig) -> dict[str, Any]:
    """Return the dotted keys that define the Markov chain, with their values.

    A run must not be resumed when one of them has changed. All others (number of trajectories, what is stored and
    measured and when, the iteration limit of the solver) may change between two starts. Values that a key has where it
    is absent are left out.
    """
    flat = without_neutral(flatten(as_tree(config)))
    return {
        path: value
        for path, value in flat.items()
        if (path.partition(".")[0] in _CHAIN_TABLES or path in _CHAIN_KEYS)
        and path.rpartition(".")[2] not in _EFFORT_KEYS
    }


def training_keys(config: RunConfig) -> dict[str, Any]:
    """Return the dotted keys that define the result of training, with their values.

    For offline training these are no keys of the chain; for online training the prior HMC run is part of them.
    """
    flat = flatten(as_tree(config))
    free = ("train.trajectories", "train.checkpoint_every")
    train = {path: value for path, value in flat.items() if path.startswith("train.") and path not in free}
    return {**physics_keys(config), **train}


def weights_physics(config: RunConfig) -> dict[str, Any]:
    """Return the physics that trained weights belong to: group, dimension, exact action and guide action.

    Extents and solver settings are left out: weights carry over to other volumes.
    """
    tree = {"group": config.lattice.group, "dims": config.lattice.dims, "action": _bare(config.action)}
    return {**tree, "guide": _bare(config.driving)}


def coupling_key(name: str) -> str | None:
    """Return the dotted key of a coupling that was trained; None for the constant, which moves no links."""
    if name == "constant":
        return None
    place = f"guide.{name}" if name.startswith("fermion.") else f"guide.gauge.{name}"
    return place if name == "beta" else f"{place}.coefficient"


def _bare(action: ActionConfig) -> dict[str, Any]:
    tree = as_tree(action)
    for fermion in tree.get("fermion", []):
        for name in SOLVER_KEYS:
            fermion.pop(name, None)
        if fermion.get("r") == 1.0:  # so for the weights from before there was another
            del fermion["r"]
    return tree


def digest(config: RunConfig) -> str:
    """Return the sha256 (hex) of the complete input."""
    return _sha256(as_tree(config))


def chain_digest(physics: Mapping[str, Any]) -> str:
    """Return the sha256 (hex) of ``physics_keys`` or ``training_keys``, which every stored configuration carries.

    A key that changes nothing is left out if older versions did not have it: their digests stay what they were.
    """
    known = {path: value for path, value in physics.items() if (path.rpartition(".")[2], value) not in _LATER_KEYS}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def physics_digest(config: RunConfig) -> str:
    """Return the sha256 (hex) of ``weights_physics``."""
    return _sha256(weights_physics(config))


def _sha256(data: Any) -> str:
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def with_seed(config: RunConfig) -> RunConfig:
    """Return the configuration with a seed: its own, or one drawn from the operating system (63 bits)."""
    if config.run.seed is not None:
        return config
    run = dataclasses.replace(config.run, seed=secrets.randbits(63))
    return dataclasses.replace(config, run=run)
