"""Files of learned integration contours: the shifts of each loop, and the configurations that they must not meet."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError, InputError, LqcdnnError
from lqcdnn.fields.contours import ShiftedLoop
from lqcdnn.storage import atomic, documents, hdf5

KIND = "lqcdnn deformation 1"
ENDING = ".deformation.h5"
CONVENTIONS = (
    "shifts a[loop, plane, x, y, ...] of plaquette angles, theta + i a, relative to the first corner of the loop; "
    "planes (mu, nu), mu < nu: 01, 02, 12, 03, ...; S = beta sum (1 - cos theta)"
)
"""What a number in such a file means; a file with another text is refused."""


@dataclass(frozen=True)
class Deformation:
    """Content of a file.

    Attributes
    ----------
    target
        "wilson_loop" or "polyakov_correlator".
    shape, beta
        Lattice and coupling that the shifts are for.
    loops
        (direction, length, time) of each loop; its shifts are those of all directions of this extent.
    shifts
        [loop, plane, x, y, ...]; of pairs of Polyakov loops with one time slice.
    run, trained
        What tells the run from others that was learned from, and the trajectories that are no fair sample: the first
        one trained on, and the last one of the gap after them.
    settings
        All that decides the outcome of the training.
    facts
        Of each loop: steps, and ratio of variances on the configurations trained on and on those after the gap.
    """

    target: str
    shape: tuple[int, ...]
    beta: float
    loops: tuple[tuple[int, int, int], ...]
    shifts: NDArray[np.float64]
    run: str
    trained: tuple[int, int]
    settings: dict[str, Any]
    facts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def first_directions(self) -> tuple[int, ...]:
        """The first axis of space of each extent, whose shifts stand for those of all."""
        return tuple(dict.fromkeys(self.shape.index(extent) for extent in self.shape[:-1]))

    def shifted(self, k: int) -> ShiftedLoop:
        """The k-th loop."""
        return ShiftedLoop(self.shape, *self.loops[k])


def save(path: str | os.PathLike[str], found: Deformation) -> None:
    """Write a file (atomic replace)."""
    known = {"target": found.target, "shape": found.shape, "beta": found.beta, "loops": found.loops}
    known |= {"run": found.run, "trained": found.trained}
    texts: dict[str, hdf5.Attribute] = {"kind": KIND, "conventions": CONVENTIONS, "definition": json.dumps(known)}
    texts |= {name: json.dumps(getattr(found, name), sort_keys=True) for name in ("settings", "facts")}
    atomic.write_bytes(path, hdf5.pack({"shifts": found.shifts}, texts))


def load(path: str | os.PathLike[str]) -> Deformation:
    """Read a file.

    Raises
    ------
    InputError
        If there is no such file.
    DataError
        If it is damaged, is no such file, or was written with other conventions.
    """
    hint = "lqcdnn train writes RUN/train/NAME.deformation.h5 for each [deformation.NAME]"
    arrays, attributes = documents.read(path, KIND, ("shifts",), "a file of a deformation", hint)
    documents.check_conventions(path, attributes, CONVENTIONS)
    known, settings = (documents.table(path, attributes, name) for name in ("definition", "settings"))
    facts, shifts = documents.document(path, attributes, "facts"), arrays["shifts"]
    try:
        first, last = known["trained"]
        found = Deformation(
            target=str(known["target"]),
            shape=_integers(known["shape"]),
            beta=float(known["beta"]),
            loops=tuple((a, b, c) for a, b, c in map(_integers, known["loops"])),
            shifts=shifts,
            run=str(known["run"]),
            trained=(int(first), int(last)),
            settings=settings,
            facts=list(facts),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: definition is damaged: {error}") from error
    if not _fits(found):
        raise DataError(f"{path}: shifts of type {shifts.dtype} and shape {shifts.shape} are not those of its loops")
    return found


def named(path: str | os.PathLike[str], key: str, target: str) -> Deformation:
    """A file that a key of the input names, for this observable.

    Raises
    ------
    InputError, DataError
        As :func:`load`, with the key; InputError also for shifts of another observable, or
        of a training that has not ended.
    """
    try:
        found = load(path)
        if found.target != target:
            raise InputError(f"{path} is for {found.target}; allowed: a file for {target}")
        size = int(found.settings.get("space", 0)) * int(found.settings.get("time", 1))
        if len(set(found.loops)) != size * len(found.first_directions):
            raise InputError(f"{path} has shifts of a part of its loops", hint="lqcdnn train goes on with it")
    except LqcdnnError as error:
        raise type(error)(f"{key}: {error.message}", error.hint) from error
    return found


def _integers(values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(map(int, values))


def _fits(found: Deformation) -> bool:
    """Whether loops exist on the lattice, and there are finite shifts for each."""
    d, shifts = len(found.shape), found.shifts
    if not 2 <= d <= 4 or min(found.shape) < 1 or not found.loops or shifts.dtype != np.float64:
        return False
    exist = all(
        0 <= mu < d - 1 and 1 <= length <= found.shape[mu] and 0 <= time <= found.shape[-1]
        and (time == 0) == (found.target == "polyakov_correlator")
        for mu, length, time in found.loops
    )  # fmt: skip
    expected = (len(found.loops), d * (d - 1) // 2, *(found.shifted(0).extents if exist else ()))
    return exist and shifts.shape == expected and bool(np.isfinite(shifts).all())
