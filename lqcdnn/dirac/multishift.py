"""Shifted systems (A + s_i) x_i = b of an even-odd normal operator A, all in one Krylov space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

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
    """

    def __init__(self, history: NDArray[np.float64], shift: float) -> None:
        self._history, self._iterations, self._shift = history, history.shape[1], shift

    def below(self, x: float) -> int:
        """Number of its eigenvalues below x."""
        return int(kernels.eigenvalues_below(self._history, self._iterations, x + self._shift))

    def outside(self, lower: float, upper: float) -> bool:
        """Whether an eigenvalue lies below ``lower`` or above ``upper``."""
        return self.below(lower) > 0 or self.below(upper) < self._iterations

    def ends(self) -> tuple[float, float]:
        """Its smallest and largest eigenvalue to six digits; (0, 0) without iterations."""
        top = 1.0
        while self.below(top) < self._iterations:
            top *= 2.0
        return self._end(1, top), self._end(self._iterations, top)

    def _end(self, number: int, top: float) -> float:
        low, high = -self._shift, top
        while self._iterations and high - low > 1e-6 * abs(high):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.below(middle) < number else (low, middle)
        return high if self._iterations else 0.0


class ShiftedSystem(ABC):
    """Solutions of (A + s_i) x_i = b on even sites and what is made of them.

    Parameters
    ----------
    lattice, n, spins
        The fields A acts on: n x spins matrices.
    log
        Where solves are recorded.
    work
        Complex multiply-adds of A.

    Attributes
    ----------
    X
        Solutions [i, block] of the last :meth:`solve`, on even sites, those of a block side by side in memory
        (``Lattice.stack``); what stands on the odd ones is the subclass's.
    """

    name = "multi-shift CG"

    def __init__(self, lattice: Lattice, n: int, spins: int, log: SolverLog, work: int) -> None:
        self.lattice, self.n, self.spins, self.log, self._work = lattice, n, spins, log, work
        self._p, self._q, self._t = (self.vector() for _ in range(3))
        self._R = lattice.stack(n, spins, TOGETHER)
        self._memory = tuple(lattice.stack(n, spins, 0) for _ in range(2))
        self.X, self._P = self._memory
        self._part = np.empty(lattice.half)
        self._history = np.empty((2, 512))  # grows as solves need it

    @abstractmethod
    def set_links(self, U: Blocks) -> None:
        """The links [d, block] that A is made of."""

    @abstractmethod
    def add_derivative(self, Sigma: Blocks, weights: Sequence[float], local: float) -> None:
        """Sigma += derivative of sum_i weights_i b^dag (A + s_i)^{-1} b, of the last solve, and of ``local`` times
        :meth:`local_action`.
        """

    @abstractmethod
    def local_action(self) -> float:
        """What b^dag A^{-1} b leaves out of the determinant it stands for and needs no pseudofermion."""

    @abstractmethod
    def _arrays(self) -> tuple[object, ...]:
        """A as ``kernels.normal_product`` takes it."""

    @abstractmethod
    def _residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (A + s_i) x_i|^2, computed afresh."""

    def vector(self) -> Blocks:
        """A zero field of the kind A acts on."""
        return self.lattice.zeros(self.n, self.spins)

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian field with <|r|^2> = 1 per component."""
        return gaussian_vector(self.lattice, self.n, stream, purpose, self.spins)

    def solve(self, b: Blocks, shifts: Sequence[float], tolerance: float, max_iterations: int) -> Spectrum:
        """All x_i from zero, to |r_i| <= tolerance |b|.

        Parameters
        ----------
        b
            Right-hand side, used on even sites.
        shifts
            Ascending, at least one, none negative.

        Raises
        ------
        NumericalError
            If a true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        with clock("solver"):
            self._allocate(len(shifts))
            bb = real_product(b[: self.lattice.half], b[: self.lattice.half])
            done = self._iterate(b, shifts, tolerance**2 * bb, bb, max_iterations)
            deviations = self._residuals(b, shifts)
            residual = float((deviations.max() / bb) ** 0.5) if bb != 0.0 else 0.0
        self.log.record(done, residual)
        check_convergence(self.name, done, max_iterations, residual, tolerance)
        return Spectrum(self._history[:, :done].copy(), shifts[0])

    def combine(self, out: Blocks, b: Blocks, constant: float, weights: Sequence[float]) -> None:
        """out = constant b + sum_i weights_i x_i on even sites."""
        kernels.combine(out, b, self.X, constant, np.array(weights), self.lattice.half)

    def _allocate(self, count: int) -> None:
        """X and P of as many systems, those of a block side by side; the memory of the largest number is kept."""
        if len(self._memory[0]) < count:
            self._memory = tuple(self.lattice.stack(self.n, self.spins, count) for _ in range(2))
        blocks = self.lattice.blocks
        self.X, self._P = (field.T.reshape(-1)[: blocks * count].reshape(blocks, count).T for field in self._memory)

    def _iterate(self, b: Blocks, shifts: Sequence[float], target: float, bb: float, max_iterations: int) -> int:
        half, count = self.lattice.half, len(shifts)
        self.X["c"][:, :half] = 0.0
        for field in (self._P, self._R[-1], self._p):
            field["c"][..., :half, :, :, :, :] = b["c"][:half]
        sigma = np.array(shifts) - shifts[0]
        zeta, omega, state = np.ones(count), np.ones(count), np.array([bb, bb, 0.0, float(count)])
        X, P, R = (in_pieces(field) for field in (self.X, self._P, self._R))
        chunk = max(1, int(WORK_PER_CALL / (self._work + 2 * count * self.n * self.spins * self.lattice.volume)))
        A, done = self._arrays(), 0
        while state[3] > 0.0 and done < max_iterations:
            if done == self._history.shape[1]:
                self._history = np.concatenate((self._history, self._history), axis=1)
            last = min(done + chunk, max_iterations, self._history.shape[1])
            done = kernels.multishift(
                X, P, self._R, R, self._p, self._q, self._part, A, half, shifts[0], sigma, zeta, omega, state,
                self._history, target, done, last,
            )  # fmt: skip
        return done


def in_pieces(stack: Blocks) -> Blocks:
    """Matrices [i, block] of a ``Lattice.stack`` as [i, block, piece]: spinors row by row, two of which whole would not
    fit into the registers of a processor beside each other; colour vectors whole.
    """
    whole = stack.T
    _, m, _, W = whole.dtype["c"].shape
    kind = whole.dtype if m == 1 else field_dtype(1, m, W, whole.dtype["c"].base.str[1:])
    return whole.view(kind).reshape(*whole.shape, -1).transpose(1, 0, 2)
