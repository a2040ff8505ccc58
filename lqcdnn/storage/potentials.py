"""Files of bias potentials: the numbers, the collective variable they are of, and how they were built."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError
from lqcdnn.storage import atomic, documents, hdf5

FILE = "bias.h5"
"""Name of the file in a run directory."""
KIND = "lqcdnn bias potential 1"
BIAS = "bias"
"""Attribute of checkpoints and configurations with the sha256 of the potential a chain began with."""
VARIABLE = "update.bias.variable"
"""Key of the variable in files of potentials of the mean plaquette; files of the charge have none."""
CONVENTIONS = (
    "action S + V(Q); Q = field-theoretic charge of stout-smeared links, d = 2: sum Im P / 2 pi, d = 4: clover; "
    "numbers on bins + 1 points from -range to range; V between them by interpolation; more beyond them: "
    "wall (|Q| - range)^2"
)
"""What a number in a file of the charge means; a file with another text is refused."""
OF_PLAQUETTE = (
    "action S + V(P); P = mean of Re tr P / N over all plaquettes; numbers on bins + 1 points of the range; V between "
    "them by interpolation; more beyond them: wall x^2, x the distance from the range"
)
"""The same of the plaquette."""


@dataclass(frozen=True)
class Potential:
    """Content of a file.

    Attributes
    ----------
    numbers
        Of the potential, on the points of its grid.
    variable
        What V is a function of and where it has its numbers: lattice, group, variable or smearing, grid.
    facts
        What it was built with: run, trajectories, beta.
    """

    numbers: NDArray[np.float64]
    variable: dict[str, Any]
    facts: dict[str, Any]

    @property
    def conventions(self) -> str:
        """What its numbers mean."""
        return OF_PLAQUETTE if VARIABLE in self.variable else CONVENTIONS


def save(path: str | os.PathLike[str], found: Potential) -> None:
    """Write a file (atomic replace)."""
    texts: dict[str, hdf5.Attribute] = {"kind": KIND, "conventions": found.conventions}
    texts |= {name: json.dumps(getattr(found, name), sort_keys=True) for name in ("variable", "facts")}
    atomic.write_bytes(path, hdf5.pack({"numbers": found.numbers}, texts))


def load(path: str | os.PathLike[str]) -> Potential:
    """Read a file.

    Raises
    ------
    InputError
        If there is no such file.
    DataError
        If it is damaged, is no such file, or was written with other conventions.
    """
    hint = "lqcdnn generate writes RUN/bias.h5 as it builds a potential"
    arrays, attributes = documents.read(path, KIND, ("numbers",), "a file of a bias potential", hint)
    variable, facts = (documents.table(path, attributes, name) for name in ("variable", "facts"))
    numbers = arrays["numbers"]
    if numbers.ndim != 1 or numbers.dtype != np.float64 or not np.isfinite(numbers).all():
        held = f"numbers of type {numbers.dtype} and shape {numbers.shape}"
        raise DataError(f"{path}: {held}, some not finite or not those of a potential")
    found = Potential(numbers, variable, facts)
    documents.check_conventions(path, attributes, found.conventions)
    return found
