"""Weights files: trained weights with the network's definition, its conventions, and the physics they are for."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.neutral import without_neutral
from lqcdnn.config.tree import coupling_key, flatten
from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import atomic, documents, hdf5

KIND = "lqcdnn weights 1"
COUPLINGS = "couplings"
"""Attribute of files of weights with the names of couplings, of others with their sha256."""
SURROGATE = "surrogate"
"""Attribute of checkpoints with the sha256 of the weights of the network in the guide."""
CONVENTIONS = (
    "U' = exp(Q) U; Q = TA(sum rho C U^dag); TA(M) = (M - M^dag)/2 - trace; C = staples, or for Polyakov loops the "
    "dagger of the product of the other links; layers in order; one weight per class, or per class and link direction"
)
"""What a number in a weights file means; a file with another text is refused."""


@dataclass(frozen=True)
class Weights:
    """Content of a weights file.

    Attributes
    ----------
    theta
        All weights, layer by layer, and after them the couplings.
    definition
        Loops and sharing of each layer.
    physics
        Group, dimension, exact and guide action they were trained for.
    physics_digest
        sha256 of ``physics``.
    training
        Facts about the training: steps, optimizer, rate, last losses.
    couplings
        Names of the trained couplings of the guide.
    """

    theta: NDArray[np.float64]
    definition: list[dict[str, Any]]
    physics: dict[str, Any]
    physics_digest: str
    training: dict[str, Any]
    couplings: tuple[str, ...] = ()

    @property
    def layers(self) -> NDArray[np.float64]:
        """The weights of the network."""
        return self.theta[: self.theta.size - len(self.couplings)]

    @property
    def coupling_values(self) -> dict[str, float]:
        """The couplings by name."""
        return dict(zip(self.couplings, self.theta[self.layers.size :].tolist(), strict=True))


def digest(theta: NDArray[np.float64]) -> str:
    """sha256 of the weights' bytes."""
    return hashlib.sha256(np.ascontiguousarray(theta, dtype="<f8").tobytes()).hexdigest()


def save(path: str | os.PathLike[str], weights: Weights) -> None:
    """Write a weights file (atomic replace)."""
    attributes: dict[str, hdf5.Attribute] = {
        "kind": KIND,
        "conventions": CONVENTIONS,
        "definition": json.dumps(weights.definition),
        "physics": json.dumps(weights.physics, sort_keys=True),
        "physics_digest": weights.physics_digest,
        "training": json.dumps(weights.training),
    }
    if weights.couplings:
        attributes[COUPLINGS] = json.dumps(weights.couplings)
    atomic.write_bytes(path, hdf5.pack({"theta": weights.theta}, attributes))


def load(path: str | os.PathLike[str]) -> Weights:
    """Read a weights file.

    Raises
    ------
    InputError
        If there is no such file.
    DataError
        If it is damaged, is no weights file, or was written with other conventions.
    """
    hint = "lqcdnn train writes NAME/train/weights.h5"
    arrays, attributes = documents.read(path, KIND, ("theta",), "a weights file", hint)
    documents.check_conventions(path, attributes, CONVENTIONS)
    theta = arrays["theta"]
    if theta.ndim != 1 or theta.dtype != np.float64:
        raise DataError(f"{path}: theta has type {theta.dtype} and shape {theta.shape}, not those of weights")
    definition = documents.document(path, attributes, "definition")
    physics, training = (documents.table(path, attributes, name) for name in ("physics", "training"))
    if not isinstance(definition, list) or not all(
        isinstance(layer, dict)
        and (isinstance(layer.get("loops"), list) or layer.get("kind") == "hex")
        and "sharing" in layer
        for layer in definition
    ):
        raise DataError(f"{path}: definition is not a list of layers")
    couplings = documents.document(path, attributes, COUPLINGS) if COUPLINGS in attributes else []
    if not isinstance(couplings, list) or len(couplings) > theta.size:
        raise DataError(f"{path}: couplings is not a list of the names of some numbers of theta")
    digest_there = str(attributes.get("physics_digest"))
    return Weights(theta, definition, physics, digest_there, training, tuple(map(str, couplings)))


def check_definition(
    path: str | os.PathLike[str], weights: Weights, definition: list[dict[str, Any]], size: int
) -> None:
    """Refuse weights of another network, of other layers or of another number of weights in all (`size`).

    Raises
    ------
    InputError
        Naming the first layer that differs.
    """
    for number, (mine, theirs) in enumerate(zip(definition, weights.definition, strict=False), 1):
        if mine != theirs:
            key = next(key for key in ("kind", "loops", "sharing", *mine, *theirs) if mine.get(key) != theirs.get(key))
            old, new = json.dumps(theirs.get(key)), json.dumps(mine.get(key))
            raise InputError(f"{path} is of another network: {key} of layer {number}: {old} in the file, {new} here")
    if len(definition) != len(weights.definition):
        raise InputError(
            f"{path} is of another network: {len(weights.definition)} layers in the file, {len(definition)} here"
        )
    if weights.layers.size != size:  # the same layers have other numbers of directions in other dimensions
        raise InputError(
            f"{path} is of another network: {weights.layers.size} weights in the file, {size} here",
            hint="weights of each direction belong to one number of dimensions",
        )


ROUNDED = 1e-5
"""Relative difference of a coupling from the one that was trained, below which it is that one: six digits of it."""


def other_physics(
    weights: Weights, physics: Mapping[str, Any], physics_digest: str, exact: bool, ignored: Collection[str] = ()
) -> str | None:
    """A warning when the weights were trained for other physics, else None; `exact`: they are part of the action.

    Files of other versions may say more than `physics` does now: keys whose last part is `ignored` do not matter.
    Couplings that were trained beside the weights belong to them with the values they have come to, as rounded in
    messages too.
    """
    if weights.physics_digest == physics_digest and not weights.couplings:
        return None
    theirs, mine = flatten(weights.physics), flatten(json.loads(json.dumps(physics)))
    for name, trained in weights.coupling_values.items():
        key = coupling_key(name)
        if key in theirs:
            here = mine.get(key)
            rounded = isinstance(here, int | float) and math.isclose(here, trained, rel_tol=ROUNDED)
            theirs[key] = here if rounded else trained
    before, now = without_neutral(theirs), without_neutral(mine)
    known = sorted(key for key in {*theirs, *mine} if key.rpartition(".")[2] not in ignored)
    keys = [key for key in known if before.get(key) != now.get(key)]
    if not keys:
        return None
    changes = ", ".join(f"{key}: trained for {theirs.get(key)}, now {mine.get(key)}" for key in keys)
    effect = "they are part of this action" if exact else "results stay exact, acceptance may suffer"
    return f"THE WEIGHTS WERE TRAINED FOR OTHER PHYSICS ({changes}); {effect}"
