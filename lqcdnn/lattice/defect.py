"""A defect of the lattice, a wall of a few links: which loops cross it, how often, and where they lie.

Parallel tempering on boundary conditions (Hasenbusch, arXiv:1706.04443) weakens the links that cross it; a loop that
contains k of them counts with the k-th power of what they are weakened to (Bonanno, Bonati, D'Elia, arXiv:2012.14000).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path, links_of
from lqcdnn.kernels.paths import END
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import Loops, loops_of, reverse, rotations, shape_of, staples
from lqcdnn.lattice.programs import Program, Row, assemble, steps


class Crossed(Protocol):
    """What closed loops cross some number of times."""

    lattice: Lattice

    def crossings(self, path: Path) -> NDArray[np.int64]:
        """How often a path does, by the site where it begins, in block order."""


class Defect:
    """The links of direction ``normal`` from its last site to its first, at coordinates below ``side`` in all others.

    Parameters
    ----------
    lattice
        The lattice.
    normal
        Direction of the links, 0-based.
    side
        Sites in each other direction; more than there are mean all.
    """

    def __init__(self, lattice: Lattice, normal: int, side: int) -> None:
        self.lattice, self.normal, self.side = lattice, normal, side
        x = np.indices(lattice.shape)
        inside = [x[mu] < side for mu in range(lattice.d) if mu != normal]
        self.links: NDArray[np.bool_] = np.logical_and.reduce([*inside, x[normal] == lattice.shape[normal] - 1])
        """Whether the link of direction ``normal`` crosses the wall, by site [x, y, ...]."""

    def crossings(self, path: Path) -> NDArray[np.int64]:
        """How many links of a path cross the wall, by the site where it begins, in block order."""
        shape, count = self.lattice.shape, np.zeros(self.lattice.shape, dtype=np.int64)
        for mu, offset in links_of(path, shape):
            if mu == self.normal:
                count += np.roll(self.links, [-o for o in offset], axis=tuple(range(len(shape))))
        return np.asarray(count[tuple(self.lattice.coordinates.T)])


@dataclass(frozen=True)
class Sites:
    """Vectors of sites and what they have to do with the defect.

    Attributes
    ----------
    vectors
        Table [vector, 1] of sites in block order; one that is not full repeats its last site.
    part
        Part of a program that is meant, for each vector.
    count
        Sites of each vector that are no repetition.
    """

    vectors: NDArray[np.void]
    part: NDArray[np.int64]
    count: NDArray[np.int64]


def sites_by_part(lattice: Lattice, groups: Sequence[tuple[int, NDArray[np.int64]]]) -> Sites:
    """Vectors of (part, sites in block order), in this order."""
    W, rows, parts, counts = lattice.width, [], [], []
    for part, sites in groups:
        full = np.concatenate([sites, np.full(-len(sites) % W, sites[-1])]).reshape(-1, W)
        rows.append(full)
        parts += [part] * len(full)
        counts += [W] * (len(full) - 1) + [W - (full.size - len(sites))]
    table = lattice.site_table([np.concatenate(rows).astype(np.int32)])
    return Sites(table, np.array(parts), np.array(counts))


class DefectLoops:
    """The loops of some classes that cross a defect, and the links in them.

    Parameters
    ----------
    defect
        The defect.
    classes
        Classes of loops without winding ones.

    Attributes
    ----------
    terms
        (class, crossings) of each weight of the programs.
    program, sites, direction
        Staples of the links in such loops: those of direction ``direction[i]`` at vector i of ``sites``.
    part_directions
        Direction of the links of each part of the program.
    kinds
        For each direction 0 where no loop with the link crosses the wall, else 1 + the part, by site in block order.
    """

    def __init__(self, defect: Crossed, classes: Sequence[Loops]) -> None:
        self.defect, self.classes = defect, tuple(classes)
        lattice = defect.lattice
        most = max(len(shape_of(name)) for name in classes)
        self.terms = [(k, times) for k in range(len(classes)) for times in self._numbers(most)]
        self._term = {pair: i for i, pair in enumerate(self.terms)}
        rows: list[list[Row]] = []
        groups: list[tuple[int, NDArray[np.int64]]] = []
        self.kinds: list[NDArray[np.int64]] = []
        self.part_directions: list[int] = []
        for mu in range(lattice.d):
            kind = np.zeros(lattice.volume, dtype=np.int64)
            for row, sites in self._staples(mu):
                groups.append((len(rows), sites))
                self.part_directions.append(mu)
                rows.append(row)
                kind[sites] = len(rows)
            self.kinds.append(kind)
        self.sites = sites_by_part(lattice, groups)
        self.direction = np.array(self.part_directions)[self.sites.part]
        self.program = assemble(rows)

    def _numbers(self, longest: int) -> range:
        """Numbers of crossings of loops of at most ``longest`` links."""
        return range(1, longest + 1)

    def _end(self, term: int, times: int, terms: int) -> list[Row]:
        """Last instructions of a path with so many crossings that belongs to a term, one of ``terms``."""
        return [(END, 0, term, 0)]

    def _staples(self, mu: int) -> Iterator[tuple[list[Row], NDArray[np.int64]]]:
        """(instructions, sites) of the links of a direction that are in the same loops of the same crossings."""
        paths = [(k, p) for k, name in enumerate(self.classes) for p in staples(name, mu, self.defect.lattice.shape)]
        times = np.stack([self.defect.crossings((*path, -(mu + 1))) for _, path in paths], axis=1)
        found, which = np.unique(times, axis=0, return_inverse=True)
        for i, crossed in enumerate(found):
            if crossed.any():
                row: list[Row] = []
                for (k, path), n in zip(paths, crossed.tolist(), strict=True):
                    if n:
                        row += [*steps(path), *self._end(self._term[k, n], n, len(self.terms))]
                yield row, np.flatnonzero(which.ravel() == i)

    def of_terms(self, of_class: Sequence[float]) -> NDArray[np.float64]:
        """Numbers of the classes as those of ``terms``."""
        return np.array([of_class[k] for k, _ in self.terms])

    def beside(self, program: Program, first: int) -> Program:
        """Staples of all links and, in further parts, of those in loops through the defect, with these loops besides.

        Parameters
        ----------
        program
            Staples of all links, a part for each direction.
        first
            Number of the weight of the first of ``terms``.

        Returns
        -------
        Program
            Part mu is that of ``program``, part d + k that of the links of ``kinds`` k > 0.
        """
        rows = [program.part(mu) for mu in range(self.defect.lattice.d)]
        rows.append([])  # that of kind 0, which nothing has
        for k, mu in enumerate(self.part_directions):
            rows.append([*rows[mu], *((op, step, first + term, 0) for op, step, term, _ in self.program.part(k))])
        return assemble(rows)

    @cached_property
    def loops(self) -> tuple[Sites, Program, list[NDArray[np.int64]]]:
        """Each loop once: sites where it begins, a program of which it is a part, and for each term its loops.

        The last as places in an array [vector, lane], without repetitions.
        """
        rows: list[list[Row]] = []
        groups: list[tuple[int, NDArray[np.int64]]] = []
        terms: list[int] = []
        for k, name in enumerate(self.classes):
            for path in _unoriented(loops_of(name, self.defect.lattice.d)):
                times = self.defect.crossings(path)
                for n in np.unique(times[times > 0]).tolist():
                    groups.append((len(rows), np.flatnonzero(times == n)))
                    terms.append(self._term[k, n])
                    rows.append([*steps(path), *self._end(0, n, 1)])
        sites = sites_by_part(self.defect.lattice, groups)
        first = np.arange(self.defect.lattice.width) < sites.count[:, None]
        term = np.where(first, np.array(terms)[sites.part][:, None], -1).ravel()
        return sites, assemble(rows), [np.flatnonzero(term == k) for k in range(len(self.terms))]


def _unoriented(loops: Sequence[Path]) -> list[Path]:
    """Of each loop and the same walked backwards the first."""
    seen: set[Path] = set()
    chosen = []
    for loop in loops:
        if loop not in seen:
            seen.update(rotations(reverse(loop)))
            chosen.append(loop)
    return chosen
