"""Shifted systems (A + s_i) x_i = b of a hermitian positive operator A, all in one Krylov space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.solver import SolverLog, check_convergence
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector, real_product
from lqcdnn.kernels import multishift as kernels
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.timing import clock

WORK_PER_CALL = 0.2e9
"""Complex multiply-adds a solver call may spend before Python (and with it a signal) gets its turn."""

TOGETHER = 4
"""Steps of all systems that are made in one go through memory."""


class Spectrum:
    """What a solve learned about the spectrum of A: the Lanczos matrix of its conjugate gradients.

    Its eigenvalues lie inside the spectrum, and the outermost ones approach the ends as the solve converges.

    Parameters
    ----------
    history
        alpha and beta of each iteration.
    shift
        s_0, that of the system they belong to.
    rounding
        What rounding did to products with M, A = M^dag M, relative to the largest; 0: as double precision does.
    """

    def __init__(self, history: NDArray[np.float64], shift: float, rounding: float = 0.0) -> None:
        self._history, self._iterations, self._shift, self._rounding = history, history.shape[1], shift, rounding

    def below(self, x: float) -> int:
        """Number of its eigenvalues below x."""
        return int(kernels.eigenvalues_below(self._history, self._iterations, x + self._shift))

    def outside(self, lower: float, upper: float) -> bool:
        """Whether an eigenvalue lies below ``lower`` or above ``upper``, by more than rounding explains.

        M rounded by e |M| moves an eigenvalue x of M^dag M by 2 e |M| x^(1/2).
        """
        low, high = lower - self._rounding * (lower * upper) ** 0.5, upper * (1.0 + self._rounding)
        return self.below(low) > 0 or self.below(high) < self._iterations

    def ends(self) -> tuple[float, float]:
        """Its smallest and largest eigenvalue to six digits; (0, 0) without iterations."""
        top = self._top()
        return self._end(1, top, 1e-6), self._end(self._iterations, top, 1e-6)

    def condition(self) -> float:
        """Condition number of A + s_0 as far as it is seen, to a tenth; 1 without iterations."""
        if not self._iterations:
            return 1.0
        top = self._top()
        low, high = self._end(1, top, 0.05) + self._shift, self._end(self._iterations, top, 0.05) + self._shift
        return max(1.0, high / low)

    def _top(self) -> float:
        """A power of two above its eigenvalues."""
        top = 1.0
        while self.below(top) < self._iterations:
            top *= 2.0
        return top

    def _end(self, number: int, top: float, precision: float) -> float:
        low, high = -self._shift, top
        while self._iterations and high - low > precision * abs(high):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.below(middle) < number else (low, middle)
        return high if self._iterations else 0.0


@dataclass
class Recurrences:
    """Where the iterations of shifted systems stand, as ``kernels.multishift`` takes it.

    Attributes
    ----------
    sigma
        Shifts counted from the first.
    state
        |r|^2, |p|^2, beta / alpha of the last step, number of systems that are not yet solved.
    zeta, omega
        Of each system.
    history
        alpha and beta of each iteration; it grows as solves need it.
    done
        Iterations.
    """

    sigma: NDArray[np.float64]
    state: NDArray[np.float64]
    history: NDArray[np.float64]
    zeta: NDArray[np.float64] = field(init=False)
    omega: NDArray[np.float64] = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        self.zeta, self.omega = np.ones(len(self.sigma)), np.ones(len(self.sigma))

    @property
    def left(self) -> int:
        """Systems that are not yet solved."""
        return int(self.state[3])

    @property
    def spectrum(self) -> NDArray[np.float64]:
        """The part of the history that is filled."""
        return self.history[:, : self.done]


class ShiftedSolver(Protocol):
    """A way to iterate other than in double precision alone (``dirac.mixedshift``).

    Attributes
    ----------
    rounding
        As :class:`Spectrum` takes it.
    """

    rounding: float

    def iterate(self, system: ShiftedSystem, shift: float, now: Recurrences, target: float, limit: int) -> None:
        """Iterations until zeta_i^2 |r|^2 <= target for all i, or ``limit``, from where ``system`` begins."""

    def correct(
        self,
        system: ShiftedSystem,
        b: Blocks,
        shifts: Sequence[float],
        deviations: NDArray[np.float64],
        target: float,
        limit: int,
    ) -> int:
        """Improve each x_i of which the true |r_i|^2, in ``deviations``, is above ``target``, in ``limit`` iterations.

        Sets ``deviations`` anew and returns the iterations.
        """


class ShiftedEquations(ABC):
    """Solutions of (A + s_i) x_i = b on the blocks A acts on.

    Parameters
    ----------
    lattice, n, spins
        The fields A acts on: n x spins matrices.
    log
        Where solves are recorded.
    work
        Complex multiply-adds of A.
    last
        One past the last block A acts on; None: the even sites.

    Attributes
    ----------
    X
        Solutions [i, block] of the last :meth:`solve`, those of a block side by side in memory (``Lattice.stack``);
        what stands on other sites is the subclass's.
    P, R, p
        Directions of all systems, the last residuals of the first (R[-1] is the one to go on from) and its direction.
    """

    name = "multi-shift CG"

    def __init__(
        self, lattice: Lattice, n: int, spins: int, log: SolverLog, work: int, last: int | None = None
    ) -> None:
        self.lattice, self.n, self.spins, self.log, self._work = lattice, n, spins, log, work
        self.last = lattice.half if last is None else last
        self.p, self._q, self._t = (self.vector() for _ in range(3))
        self.R = self.stack(TOGETHER)
        self._memory = tuple(self.stack(0) for _ in range(2))
        (self.X, self.P), self._systems = self._memory, 0
        self._part = np.empty(self.last)
        self._history = np.empty((2, 512))  # grows as solves need it

    @abstractmethod
    def _arrays(self) -> tuple[object, ...]:
        """A as ``kernels.step`` takes it."""

    @abstractmethod
    def residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (A + s_i) x_i|^2, computed afresh."""

    def vector(self) -> Blocks:
        """A zero field of the kind A acts on."""
        return self.lattice.zeros(self.n, self.spins)

    def stack(self, count: int) -> Blocks:
        """As many zero fields [i, ...], those of a block side by side in memory; at least on the blocks A acts on."""
        return self.lattice.stack(self.n, self.spins, count)

    def product(self, x: Blocks, y: Blocks) -> float:
        """Re <x, y> on the blocks A acts on."""
        return real_product(x[: self.last], y[: self.last])

    def solve(self, b: Blocks, shifts: Sequence[float], tolerance: float, max_iterations: int) -> Spectrum:
        """All x_i from zero, to |r_i| <= tolerance |b|.

        Parameters
        ----------
        b
            Right-hand side.
        shifts
            Ascending, at least one, none negative.

        Raises
        ------
        NumericalError
            If a true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        with clock("solver"):
            self.allocate(len(shifts))
            bb = self.product(b, b)
            target, now = tolerance**2 * bb, self.begin(b, shifts, bb)
            self._iterate(now, shifts[0], target, max_iterations)
            self._history, spectrum, done = now.history, now.spectrum.copy(), now.done
            deviations = self.residuals(b, shifts)
            done += self._correct(b, shifts, deviations, target, max_iterations - done)
            residual = float((deviations.max() / bb) ** 0.5) if bb != 0.0 else 0.0
        self.log.record(done, residual)
        check_convergence(self.name, done, max_iterations, residual, tolerance)
        return Spectrum(spectrum, shifts[0], self._rounding)

    def combine(self, out: Blocks, b: Blocks, constant: float, weights: Sequence[float]) -> None:
        """out = constant b + sum_i weights_i x_i."""
        kernels.combine(out, b, self.X, constant, np.array(weights), self.last)

    def allocate(self, count: int) -> None:
        """X and P for as many systems, those of a block side by side; the memory of the largest number is kept."""
        self._systems, many = count, max(2, count)  # one alone would be of another order, and compile kernels anew
        if len(self._memory[0]) < many:
            self._memory = tuple(self.stack(many) for _ in range(2))
        _, *rows, blocks = self._memory[0].shape
        shape = blocks, many, *rows
        whole = (by_block(field).reshape(-1)[: prod(shape)].reshape(shape) for field in self._memory)
        self.X, self.P = (np.moveaxis(field, 0, -1) for field in whole)

    @property
    def solutions(self) -> Blocks:
        """x_i of the last solve."""
        return self.X[: self._systems]

    def begin(self, b: Blocks, shifts: Sequence[float], bb: float) -> Recurrences:
        """All x_i = 0, residuals and directions b, |b|^2 = ``bb``."""
        self.X[..., : self.last]["c"] = 0.0
        for rows in (self.P, self.R[-1:], self.p[None]):
            rows[..., : self.last]["c"] = b[..., : self.last]["c"]
        state = np.array([bb, bb, 0.0, float(len(shifts))])
        return Recurrences(np.array(shifts) - shifts[0], state, self._history)

    @property
    def _rounding(self) -> float:
        """As :class:`Spectrum` takes it."""
        return 0.0

    def _iterate(self, now: Recurrences, shift: float, target: float, limit: int) -> None:
        """Iterations until zeta_i^2 |r|^2 <= target for all i, or ``limit``; ``shift`` is the first."""
        self.go_on(now, shift, target, 0.0, limit)

    def _correct(
        self, b: Blocks, shifts: Sequence[float], deviations: NDArray[np.float64], target: float, limit: int
    ) -> int:
        """Improve each x_i whose |r_i|^2 is above ``target``; sets these anew and returns the iterations it took."""
        return 0

    def go_on(self, now: Recurrences, shift: float, target: float, pause: float, max_iterations: int) -> None:
        """Iterations until zeta_i^2 |r|^2 <= target for all i, or |r|^2 <= ``pause``; ``shift`` is the first."""
        X, P, R = (in_pieces(field) for field in (self.X, self.P, self.R))
        numbers = 2 * self.p.size * self.lattice.width * self.n * self.spins  # of two vectors
        chunk = max(1, int(WORK_PER_CALL / (self._work + len(X) * numbers)))
        A, last = self._arrays(), -1
        while now.left and now.done < max_iterations and last <= now.done:
            if now.done == now.history.shape[1]:
                now.history = np.concatenate((now.history, now.history), axis=1)
            last = min(now.done + chunk, max_iterations, now.history.shape[1])
            now.done = kernels.multishift(
                X, P, self.R, R, self.p, self._q, self._part, A, self.last, shift, now.sigma, now.zeta,
                now.omega, now.state, now.history, target, pause, now.done, last,
            )  # fmt: skip


class LinkedOperator(Protocol):
    """A Dirac operator, as shifted systems take it."""

    lattice: Lattice
    n: int
    log: SolverLog

    @property
    def packed(self) -> Sequence[Blocks]:
        """What depends on the links, [block, ...]."""

    def set_links(self, U: Blocks) -> None:
        """The links [d, block] it is made of."""


class ShiftedSystem(ShiftedEquations):
    """Shifted equations of an action, on even or on all sites, and what is made of their solutions.

    Parameters
    ----------
    operator
        What A is made of; solves are recorded in its log.
    spins, work, last
        As for :class:`ShiftedEquations`.

    Attributes
    ----------
    solver
        How they are solved; None: in double precision.
    """

    solver: ShiftedSolver | None = None

    def __init__(self, operator: LinkedOperator, spins: int, work: int, last: int | None = None) -> None:
        self.operator = operator
        super().__init__(operator.lattice, operator.n, spins, operator.log, work, last)

    @abstractmethod
    def on(self, lattice: Lattice) -> Self:
        """The same systems, without links, on a lattice of other blocks or precision."""

    @property
    def packed(self) -> Sequence[Blocks]:
        """What depends on the links, [block, ...]."""
        return self.operator.packed

    def parts(self, of_sites: NDArray[np.int64]) -> NDArray[np.int64]:
        """Blocks of vectors that make up wider blocks, where those of sites make them up so (``Lattice.halves``)."""
        return of_sites

    @abstractmethod
    def apply(self, out: Blocks, x: Blocks) -> None:
        """out = A x on the blocks A acts on."""

    def set_links(self, U: Blocks) -> None:
        """The links [d, block] that A is made of."""
        self.operator.set_links(U)

    @abstractmethod
    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """Sigma += d/dU of sum_i weights_i b^dag (A + s_i)^{-1} b, of the last solve, + local :meth:`local_action`."""

    def local_action(self) -> float:
        """What b^dag A^{-1} b leaves out of the determinant it stands for and needs no pseudofermion."""
        return 0.0

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian field with <|r|^2> = 1 per component."""
        return gaussian_vector(self.lattice, self.n, stream, purpose, self.spins)

    @property
    def _rounding(self) -> float:
        return self.solver.rounding if self.solver is not None else 0.0

    def _iterate(self, now: Recurrences, shift: float, target: float, limit: int) -> None:
        if self.solver is None:
            super()._iterate(now, shift, target, limit)
        else:
            self.solver.iterate(self, shift, now, target, limit)

    def _correct(
        self, b: Blocks, shifts: Sequence[float], deviations: NDArray[np.float64], target: float, limit: int
    ) -> int:
        if self.solver is None:
            return 0
        return self.solver.correct(self, b, shifts, deviations, target, limit)


def by_block(stack: Blocks) -> Blocks:
    """Fields [..., block] as [block, ...]."""
    return np.moveaxis(stack, -1, 0)


def in_pieces(stack: Blocks) -> Blocks:
    """Matrices [i, block] or [i, s5, block] of a :meth:`ShiftedEquations.stack` as [i, block, piece]: spinors row by
    row, two of which whole would not fit into the registers of a processor beside each other; colour vectors whole.
    """
    whole = by_block(stack)
    _, m, _, W = whole.dtype["c"].shape
    kind = whole.dtype if m == 1 else field_dtype(1, m, W, whole.dtype["c"].base.str[1:])
    return whole.view(kind).reshape(*whole.shape[:2], -1).transpose(1, 0, 2)
