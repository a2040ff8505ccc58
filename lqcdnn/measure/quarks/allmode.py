"""Sources at many places of a configuration, solved for loosely and corrected by a few exact solves.

All-mode averaging (T. Blum, T. Izubuchi, E. Shintani, arXiv:1208.4349; G. Bali, S. Collins, A. Schaefer,
arXiv:0910.3970): with positions g_1, ..., g_N, of which M are solved for exactly too,

O = (1/N) sum_{k<=N} O_loose(g_k) + (1/M) sum_{k<=M} [O_exact(g_k) - O_loose(g_k)].

O(g) is what the observable finds at the origin of links translated by g.  So O_loose(g) is the same function of
translated links for every g, whatever the solver does, and its mean over an ensemble that is invariant under
translations does not depend on g: the correction takes away all of its error.  A source at g on links that stay where
they are is solved for with an error that depends on the parity of g, as even and odd sites are not treated alike.
The first position is random: on each configuration the mean over it is that of O_exact over all sites.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.averaging import averaging_problems
from lqcdnn.config.tables.measured import FromSources
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.gauge import translated
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.propagators import QuarkOf
from lqcdnn.measure.registry import Observable, Values, refuse

CORRECTION = "_correction"
"""End of the names of (1/M) sum [O_exact - O_loose], for each list of O."""

Position = tuple[int, ...]


class OfSource(Observable, Protocol):
    """An observable with a source at the origin; a copy with other options measures with them."""

    options: Any


Completed = Callable[[Values], Values]
"""Adds what is no mean of values over sources but follows from such means."""


def from_sources(kind: str, one: OfSource, completed: Completed | None = None) -> Observable:
    """The observable ``kind`` with its source at the places that its options ask for (see :class:`Averaged`)."""
    return one if one.options.sources is None else Averaged(kind, one, completed)


def sources_recorded(options: FromSources) -> Values:
    """What is recorded of sources; nothing of the one at the origin."""
    names = ("sources", "loose_tolerance", "exact_sources")
    found = {name: getattr(options, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


class Averaged:
    """Mean over sources, of loose solves with a correction where the options say so.

    Parameters
    ----------
    kind, one
        Name of the observable, and itself with its source at the origin.
    completed
        What else follows from the means.
    """

    def __init__(self, kind: str, one: OfSource, completed: Completed | None = None) -> None:
        o: FromSources = one.options
        self.options, self._kind = o, kind
        self._exact, self._loose, self._completed = one, copy(one), completed
        self.quarks: Sequence[QuarkOf] = getattr(one, "quarks", ())
        self._count, self._corrected = o.sources or 1, 0
        if o.loose_tolerance is not None:
            self._loose.options = replace(one.options, tolerance=o.loose_tolerance)
            self._corrected = o.exact_sources or 1

    def description(self) -> Values:
        """That of the observable; sources, and of loose ones tolerance and how many are exact."""
        return self._exact.description()

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what the observable refuses, and more sources than sites.

        Raises
        ------
        InputError
            If so.
        """
        refuse(averaging_problems(f"observables.{self._kind}", self._kind, as_tree(self.options), lattice.shape))
        self._exact.check(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """The numbers of the observable as means over sources; lists also with ``_correction``, if loose.

        Raises
        ------
        InputError, NumericalError
            As the observable does.
        """
        return self.from_first(lattice, U, group, stream, first_position(lattice, stream))

    def from_first(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream, first: Position) -> Values:
        """:meth:`measure` with the first of the positions."""
        loose: list[Values] = []
        exact: list[Values] = []
        for k, away in enumerate(spread(lattice.shape, self._count)):
            V = translated(lattice, U, [a + b for a, b in zip(first, away, strict=True)])
            own = stream if k == 0 else stream.named(f"source {k}")
            loose.append(self._loose.measure(lattice, V, group, own))
            if k < self._corrected:
                exact.append(self._exact.measure(lattice, V, group, own))
        return self._combined(loose, exact)

    def _combined(self, loose: list[Values], exact: list[Values]) -> Values:
        """Means, corrections, and the iterations of all solves."""
        found, corrections = Values(), Values()
        for key, value in loose[0].items():
            if key.endswith("_iterations"):
                found[key] = sum(values[key] for values in (*loose, *exact))
            elif not isinstance(value, list):
                found[key] = None  # follows from others, if from anything
            else:
                mean = mean_of([values[key] for values in loose])
                if exact:
                    pairs = zip(exact, loose, strict=False)
                    change = mean_of([np.subtract(a[key], b[key]) for a, b in pairs])
                    mean, corrections[key + CORRECTION] = mean + change, change.tolist()
                found[key] = mean.tolist()
        found = found if self._completed is None else self._completed(found)
        return corrected(found, corrections)


def corrected(found: Values, corrections: Values) -> Values:
    """Values with their corrections before the numbers of iterations, which come last."""
    last = {key: value for key, value in found.items() if key.endswith("_iterations")}
    return {key: value for key, value in found.items() if key not in last} | corrections | last


def mean_of(values: Sequence[Any]) -> NDArray[np.float64]:
    """Mean of lists of numbers, added in their order."""
    total = np.zeros(np.shape(values[0]))
    for value in values:
        total += value
    return total / len(values)


def first_position(lattice: Lattice, stream: Stream) -> Position:
    """A random site, the same for all observables of a configuration, whatever their tables are called."""
    named = stream.unnamed().named("position of sources")
    return tuple(int(extent * named.single(mu)) for mu, extent in enumerate(lattice.shape))


@cache
def spread(shape: Position, count: int) -> tuple[Position, ...]:
    """Places that lie far from each other: first the origin, then always the site farthest from those there are.

    Of several such sites the first in the order of the coordinates (x slowest), so that a shorter list is the beginning
    of a longer one. Distances are those of the periodic lattice.
    """
    found = [(0,) * len(shape)]
    nearest = squares_from(shape, found[0])
    while len(found) < min(count, math.prod(shape)):
        found.append(tuple(int(n) for n in np.unravel_index(int(nearest.argmax()), shape)))
        np.minimum(nearest, squares_from(shape, found[-1]), out=nearest)
    return tuple(found)


def squares_from(shape: Sequence[int], place: Position) -> NDArray[np.int64]:
    """Square of the distance of every site from a place, [x, ...]."""
    total = np.zeros((), dtype=np.int64)
    for extent, at in zip(shape, place, strict=True):
        steps = np.abs(np.arange(extent) - at)
        total = np.add.outer(total, np.minimum(steps, extent - steps) ** 2)
    return total
