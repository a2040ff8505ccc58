"""Files of surrogates: the weights of a network that says what would be measured, and what it has seen."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError, LqcdnnError
from lqcdnn.network.lcnn import Definition
from lqcdnn.storage import atomic, documents, hdf5

KIND = "lqcdnn surrogate 1"
ENDING = ".surrogate.h5"
CONVENTIONS = (
    "W' = sum a[i,j,m] V_j X_m; V = 1, W_c, W_c^dag; X = 1, T_cr, T_cr^dag, r = 0 then sides x, y, ..., -x, -y, ... by "
    "length; W = plaquettes xy, xz, yz, xt, ..., then Polyakov loops; value = constant + head Re, Im tr W / N"
)
"""What a number in such a file means; a file with another text is refused."""

SHARED = (
    "; weights are those of the first index of each orbit under permutations of the axes in classes, a value is the "
    "mean over reflections of all axes; V_0, X_0, ways behind, and of SU(2) V^dag, have none in the last layer"
)
"""What is added of networks with symmetries."""

MEMORY = "memory."
LISTS = ("theta", "losses", "trained", "counts")


@dataclass(frozen=True)
class Seen:
    """What of a run was trained on.

    Attributes
    ----------
    run
        What tells it from others, see ``identity``.
    trained
        Increasing numbers of trajectories.
    """

    run: str
    trained: NDArray[np.int64]


@dataclass(frozen=True)
class Surrogate:
    """Content of a file.

    Attributes
    ----------
    theta
        Weights.
    definition
        Of the network, plain data.
    group
        "SU(2)", ...
    target
        The series that was learned.
    seen
        Runs whose configurations were trained on, and which these are.
    settings
        All that decides the outcome of the training, number of steps apart.
    facts
        Steps, and loss and correlation on the configurations seen and on the others.
    losses
        One for each step.
    memory
        Arrays that the optimizer goes on with.
    """

    theta: NDArray[np.float64]
    definition: dict[str, Any]
    group: str
    target: str
    seen: tuple[Seen, ...]
    settings: dict[str, Any]
    facts: dict[str, Any]
    losses: NDArray[np.float64]
    memory: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def save(path: str | os.PathLike[str], found: Surrogate) -> None:
    """Write a file (atomic replace)."""
    arrays = {"theta": found.theta, "losses": found.losses}
    arrays["trained"] = np.concatenate([one.trained for one in found.seen])
    arrays["counts"] = np.array([len(one.trained) for one in found.seen], np.int64)
    arrays |= {f"{MEMORY}{name}": array for name, array in found.memory.items()}
    texts: dict[str, hdf5.Attribute] = {"kind": KIND, "conventions": conventions(found.definition)}
    texts |= {"group": found.group, "target": found.target, "run": " ".join(one.run for one in found.seen)}
    texts |= {name: json.dumps(getattr(found, name), sort_keys=True) for name in ("definition", "settings", "facts")}
    atomic.write_bytes(path, hdf5.pack(arrays, texts))


def load(path: str | os.PathLike[str]) -> Surrogate:
    """Read a file.

    Raises
    ------
    InputError
        If there is no such file.
    DataError
        If it is damaged, is no such file, or was written with other conventions.
    """
    hint = "lqcdnn train writes RUN/train/NAME.surrogate.h5 for each [surrogate.NAME]"
    arrays, attributes = documents.read(path, KIND, set(LISTS) - {"counts"}, "a file of a surrogate", hint)
    definition, settings, facts = (
        documents.table(path, attributes, name) for name in ("definition", "settings", "facts")
    )
    documents.check_conventions(path, attributes, conventions(definition))
    memory = {name.removeprefix(MEMORY): array for name, array in arrays.items() if name.startswith(MEMORY)}
    theta, trained = arrays["theta"], arrays["trained"]
    if theta.ndim != 1 or theta.dtype != np.float64 or trained.ndim != 1 or trained.dtype != np.int64:
        raise DataError(f"{path}: theta or trained are not lists of numbers")
    runs, counts = str(attributes.get("run", "")).split(), arrays.get("counts", np.array([trained.size])).tolist()
    if len(runs) != len(counts) or sum(counts) != trained.size or min(counts) < 0:
        raise DataError(f"{path}: trained and run do not belong together")
    parts = np.split(trained, np.cumsum(counts)[:-1])
    return Surrogate(
        theta=theta,
        group=str(attributes.get("group", "")),
        target=str(attributes.get("target", "")),
        seen=tuple(Seen(run, part) for run, part in zip(runs, parts, strict=True)),
        losses=arrays["losses"],
        memory=memory,
        definition=definition,
        settings=settings,
        facts=facts,
    )


def network(path: str | os.PathLike[str], key: str) -> tuple[Surrogate, Definition]:
    """A file that a key of the input names, and its network.

    Raises
    ------
    InputError, DataError
        As :func:`load`, with the key; DataError also for a network or a number of weights that is none.
    """
    try:
        found = load(path)
        definition = Definition.from_dict(found.definition)
        if found.theta.size != definition.size:
            raise DataError(f"{path}: weights of another number")
    except LqcdnnError as error:
        raise type(error)(f"{key}: {error.message}", error.hint) from error
    except ValueError as error:
        raise DataError(f"{key}: {path}: {error}") from error
    return found, definition


def conventions(definition: Mapping[str, Any]) -> str:
    """What the weights of a network mean."""
    return CONVENTIONS + (SHARED if definition.get("classes") else "")


def identity(physics: Mapping[str, Any]) -> str:
    """What tells a run from others: its lattice, action and seed, of ``RunDir.physics``; sha256, 16 digits.

    Chains that differ otherwise only (in their update, say) pass for one: too much is left out then, never too little.
    """
    known = {key: value for key, value in physics.items() if key.startswith(("lattice.", "action.", "run.seed"))}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
