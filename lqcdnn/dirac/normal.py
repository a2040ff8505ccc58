"""Hermitian positive systems A x = b on some of the sites and their solver: A = m^2 - D^2, A = Mhat^dag Mhat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.solver import SolverLog, check_convergence
from lqcdnn.kernels import linalg as kernels
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock

WORK_PER_CALL = 0.2e9
"""Complex multiply-adds a solver call may spend before Python (and with it a signal) gets its turn."""


class Solver(Protocol):
    """A way to solve A x = b; :func:`conjugate_gradients` is one."""

    def __call__(
        self, system: NormalEquations, x: Blocks, b: Blocks, rr: float, target: float, max_iterations: int
    ) -> tuple[int, float]:
        """Improve x until |r|^2 <= target.

        Parameters
        ----------
        x
            Start vector, then the solution.
        rr
            |r|^2 of the start, with r = b - A x in ``system.work[0]``.

        Returns
        -------
        tuple
            Iterations done and |b - A x|^2, computed afresh.
        """


class StartVectors(Protocol):
    """What knows a start vector of a solve (see ``dirac.startvectors``)."""

    def begin(self, system: NormalEquations, x: Blocks, b: Blocks) -> bool:
        """Set x to a start vector; False and x untouched if there is none."""

    def keep(self, system: NormalEquations, x: Blocks) -> None:
        """Take note of a solution."""


class NormalEquations(ABC):
    """A x = b with a hermitian positive A.

    Parameters
    ----------
    log
        Where solves are recorded.
    work
        Fields of the kind A acts on: residual, direction, and what the operator needs besides.
    first, last
        The blocks of sites A acts on.
    chunk
        Iterations that may pass before a signal gets its turn.

    Attributes
    ----------
    solver
        How the equations are solved; conjugate gradients unless another is chosen.
    """

    name = "CG"

    def __init__(self, log: SolverLog, work: tuple[Blocks, ...], first: int, last: int, chunk: int) -> None:
        self.log, self.work, self.first, self.last, self.chunk = log, work, first, last, chunk
        self.solver: Solver = conjugate_gradients
        self.part = np.empty(last - first)
        self._r, self._q = rows(work[0]), rows(work[1])
        self._residual, self._direction = (field["c"][:, first:last] for field in (self._r, self._q))

    @abstractmethod
    def apply_normal(self, out: Blocks, x: Blocks) -> None:
        """out = A x; ``out`` may be one of the first two work fields, x none of them."""

    @abstractmethod
    def advance(self, x: Blocks, rr: float, target: float, steps: int) -> tuple[int, float]:
        """At most ``steps`` iterations of CG on x, residual and direction; returns (iterations, |r|^2)."""

    def solve_normal(
        self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int, starts: StartVectors | None = None
    ) -> float:
        """x = A^{-1} b to |r| <= tolerance |b|, from x = 0 or as ``starts`` says; other sites of x are left alone.

        Returns
        -------
        float
            Re <x, r>: with it Re <b, x>, the error of which is one of first order in r, has one of second order,
            -<r, A^{-1} r>.  0 for conjugate gradients from zero, to which r is orthogonal.

        Raises
        ------
        NumericalError
            If the true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        with clock("solver"):
            bb, rr = self._start(x, b, starts)
            done, rr = self.solver(self, x, b, rr, tolerance**2 * bb, max_iterations) if rr != 0.0 else (0, 0.0)
            if starts is not None:
                starts.keep(self, x)
        deviation = (rr / bb) ** 0.5 if bb != 0.0 else 0.0
        self.log.record(done, deviation)
        check_convergence(self.name, done, max_iterations, deviation, tolerance)
        orthogonal = starts is None and self.solver is conjugate_gradients
        return 0.0 if orthogonal or rr == 0.0 else self.product(x, self.work[0])

    def _start(self, x: Blocks, b: Blocks, starts: StartVectors | None) -> tuple[float, float]:
        """Set x and the residual; returns |b|^2 and |r|^2."""
        bb = self.from_zero(x, b)
        if starts is not None and bb != 0.0 and starts.begin(self, x, b):
            return bb, self.residual(x, b)
        return bb, bb

    def from_zero(self, x: Blocks, b: Blocks) -> float:
        """x = 0 and the residual b, which may be ``work[0]`` itself; returns |b|^2."""
        return float(kernels.norm2_from_zero(self.part, rows(x), self._r, rows(b), self.first, self.last))

    def iterate(self, x: Blocks, rr: float, target: float, max_iterations: int) -> tuple[int, float]:
        """Conjugate gradients from x with its residual in ``work[0]``; returns (iterations, |r|^2 as updated)."""
        np.copyto(self._direction, self._residual)
        return self.go_on(x, rr, target, max_iterations)

    def turn_direction(self, rr: float, factor: float) -> None:
        """The direction of the last iteration, times ``factor``, with a residual that has replaced the updated one.

        As much of the residual is added as makes <p, r> = |r|^2 = ``rr``, which every step of CG takes for granted.
        """
        turn(self._direction, self._residual, self.product(self.work[1], self.work[0]), rr, factor)

    def go_on(self, x: Blocks, rr: float, target: float, max_iterations: int) -> tuple[int, float]:
        """Conjugate gradients with the residual and the direction that are there; returns as :meth:`iterate`."""
        done = 0
        while rr > target and done < max_iterations:
            n, rr = self.advance(x, rr, target, min(self.chunk, max_iterations - done))
            done += n
        return done, rr

    def residual(self, x: Blocks, b: Blocks) -> float:
        """|r|^2 with r = b - A x, computed afresh and left in ``work[0]``; destroys ``work[1]``."""
        self.apply_normal(self.work[1], x)
        return float(kernels.residual_norm2(self.part, self._r, rows(b), self._q, self.first, self.last))

    def product(self, x: Blocks, y: Blocks) -> float:
        """Re <x, y> over the sites of the equations."""
        return float(kernels.product_sum(self.part, rows(x), rows(y), self.first, self.last))

    def norm2(self, b: Blocks) -> float:
        """|b|^2 over the sites of the equations."""
        return self.product(b, b)


def turn(p: NDArray[Any], r: NDArray[Any], product: float, rr: float, factor: float) -> None:
    """p = factor p + c r with <p, r> = ``rr`` after it; ``product`` is <p, r> before, ``rr`` = <r, r>."""
    np.multiply(p, p.dtype.type(factor), out=p)
    np.add(p, p.dtype.type(1.0 - factor * product / rr) * r, out=p)


def rows(field: Blocks) -> Blocks:
    """A field as [row, block]: one row, or L5 of them for a five-dimensional spinor."""
    return field if field.ndim == 2 else field[None]


def conjugate_gradients(
    system: NormalEquations, x: Blocks, b: Blocks, rr: float, target: float, max_iterations: int
) -> tuple[int, float]:
    """A :class:`Solver`: conjugate gradients in the precision of the fields."""
    done, _ = system.iterate(x, rr, target, max_iterations)
    return done, system.residual(x, b)
