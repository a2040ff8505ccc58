"""Files of bias potentials: the numbers, the collective variable they are of, and how they were built."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import atomic, hdf5

FILE = "bias.h5"
"""Name of the file in a run directory."""
KIND = "lqcdnn bias potential 1"
BIAS = "bias"
"""Attribute of checkpoints and configurations with the sha256 of the potential a chain began with."""
CONVENTIONS = (
    "action S + V(Q); Q = field-theoretic charge of stout-smeared links, d = 2: sum Im P / 2 pi, d = 4: clover; "
    "numbers on bins + 1 points from -range to range; V between them by interpolation; more beyond them: "
    "wall (|Q| - range)^2"
)
"""What a number in such a file means; a file with another text is refused."""


@dataclass(frozen=True)
class Potential:
    """Content of a file.

    Attributes
    ----------
    numbers
        Of the potential, on the points of its grid.
    variable
        What V is a function of and where it has its numbers: lattice, group, smearing, grid.
    facts
        What it was built with: run, trajectories, beta.
    """

    numbers: NDArray[np.float64]
    variable: dict[str, Any]
    facts: dict[str, Any]


def save(path: str | os.PathLike[str], found: Potential) -> None:
    """Write a file (atomic replace)."""
    texts: dict[str, hdf5.Attribute] = {"kind": KIND, "conventions": CONVENTIONS}
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
    try:
        arrays, attributes = hdf5.unpack(path)
    except FileNotFoundError:
        hint = "lqcdnn generate writes RUN/bias.h5 as it builds a potential"
        raise InputError(f"there is no file {path}", hint=hint) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if attributes.get("kind") != KIND or "numbers" not in arrays:
        raise DataError(f"{path} is not a file of a bias potential")
    if attributes.get("conventions") != CONVENTIONS:
        raise DataError(f"{path}: written with other conventions: {attributes.get('conventions')}")
    try:
        documents = {name: json.loads(str(attributes[name])) for name in ("variable", "facts")}
    except (KeyError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: variable or facts are missing or damaged: {error}") from error
    if not all(isinstance(document, dict) for document in documents.values()):
        raise DataError(f"{path}: variable or facts are no tables")
    numbers = arrays["numbers"]
    if numbers.ndim != 1 or numbers.dtype != np.float64 or not np.isfinite(numbers).all():
        held = f"numbers of type {numbers.dtype} and shape {numbers.shape}"
        raise DataError(f"{path}: {held}, some not finite or not those of a potential")
    return Potential(numbers, **documents)
