"""Numbers of time slices, and their sums between margins at both ends of open time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.opentime import margin_problems
from lqcdnn.config.tables.measured import OfSlices
from lqcdnn.config.tree import as_tree
from lqcdnn.lattice.geometry import Lattice


def asked(lattice: Lattice, options: OfSlices) -> bool:
    """Whether numbers of slices are needed: for a list of them, or because time has ends."""
    return bool(options.slices) or lattice.open_time


def slice_problems(kind: str, lattice: Lattice, options: OfSlices) -> Iterable[Problem]:
    """A margin where time has no ends."""
    return () if lattice.open_time else margin_problems(kind, as_tree(options))


def margin_of(kind: str, options: OfSlices) -> dict[str, int]:
    """What a record says of a margin, if there is one."""
    return {f"{kind}_margin": options.margin} if options.margin else {}


def by_slice(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums [..., t] over space of numbers [..., sites of space, t]; added in the order of the sites."""
    return np.asarray(density.cumsum(axis=-2)[..., -1, :])


def between(numbers: Sequence[float], margin: int | None) -> list[float]:
    """The numbers of the slices between the margins."""
    cut = margin or 0
    return list(numbers[cut : len(numbers) - cut])
