"""Paths translated into the instructions of ``kernels.paths``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path
from lqcdnn.kernels.paths import BACKWARD, END, FORWARD
from lqcdnn.lattice.loops import Loops, staples

Row = tuple[int, int, int, int]


@dataclass(frozen=True)
class Program:
    """Instructions [row, 4] for all link directions; those of mu are rows start[mu] to start[mu + 1]."""

    program: NDArray[np.int32]
    start: NDArray[np.int64]

    def part(self, k: int) -> list[Row]:
        """The instructions of direction, or part, k."""
        rows: list[Row] = list(map(tuple, self.program[self.start[k] : self.start[k + 1]].tolist()))
        return rows


def steps(path: Path, term: int = 0) -> list[Row]:
    """Walk a path; as weight of a link it names that of its term and direction."""
    return [(FORWARD if s > 0 else BACKWARD, abs(s) - 1, term, abs(s) - 1) for s in path]


def assemble(rows: Sequence[Sequence[Row]]) -> Program:
    """Program from the instructions of each direction."""
    start = np.cumsum([0, *(len(r) for r in rows)]).astype(np.int64)
    flat = [row for r in rows for row in r]
    return Program(np.array(flat, dtype=np.int32).reshape(len(flat), 4), start)


def staple_program(terms: Sequence[Loops], shape: tuple[int, ...]) -> Program:
    """Staple paths of several loop classes; weight[term, mu] for link direction mu.

    The same program serves ``path_derivative``: the loops through a link, opened there, are its staples.
    """
    rows: list[list[Row]] = []
    for mu in range(len(shape)):
        rows.append([])
        for term, loops in enumerate(terms):
            for path in staples(loops, mu, shape):
                rows[mu] += [*steps(path, term), (END, 0, term, mu)]
    return assemble(rows)


def loop_program(loops: Sequence[Path]) -> Program:
    """Each loop, from where its path begins, as a part of the program of its own."""
    return assemble([[*steps(loop), (END, 0, 0, 0)] for loop in loops])


def planes(d: int) -> list[tuple[int, int]]:
    """Planes (mu, nu), mu < nu, in the order of all fields [plane, block]."""
    return list(combinations(range(d), 2))


def leaves(d: int, sides: tuple[int, int] = (1, 1), corners: int = 4) -> list[list[Path]]:
    """Loops of m x n links of each plane that start at a site and go around it the same way: clover leaves for 1 x 1.

    The site is each of the four corners once (the lower left one first; ``corners`` = 1: only that), and where m and n
    differ either side lies along the first direction of the plane.
    """
    shapes = dict.fromkeys((sides, sides[::-1]))
    found: list[list[Path]] = []
    for mu, nu in planes(d):
        a, b = mu + 1, nu + 1
        turns = ((a, b), (b, -a), (-a, -b), (-b, a))[:corners]
        found.append([((x,) * m + (y,) * n + (-x,) * m + (-y,) * n) for x, y in turns for m, n in shapes])
    return found


def leaf_program(d: int, sides: tuple[int, int] = (1, 1), corners: int = 4) -> Program:
    """The :func:`leaves` of each plane as a part of a program."""
    loops_of = leaves(d, sides, corners)
    return assemble([[row for loop in loops for row in (*steps(loop), (END, 0, 0, 0))] for loops in loops_of])
