"""Shifted systems (A + s_i) x_i = b of the even-odd staggered operator, all in one Krylov space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.solver import check_convergence
from lqcdnn.dirac.staggered import STEPS_PER_CALL, StaggeredOperator
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import multishift as kernels
from lqcdnn.kernels import multishift_staggered as staggered
from lqcdnn.kernels.links import ordered_sum, real_products
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.timing import clock


class Spectrum:
    """What a solve learned about the spectrum of A: the Lanczos matrix of its conjugate gradients.

    Its eigenvalues lie inside the spectrum, and the outermost ones approach the ends as the solve converges.
    """

    def __init__(self, history: NDArray[np.float64], iterations: int, shift: float) -> None:
        self._history, self._iterations, self._shift = history, iterations, shift

    def below(self, x: float) -> int:
        """Number of its eigenvalues below x."""
        return int(kernels.eigenvalues_below(self._history, self._iterations, x + self._shift))

    def outside(self, lower: float, upper: float) -> bool:
        """Whether an eigenvalue lies below ``lower`` or above ``upper``."""
        return self.below(lower) > 0 or self.below(upper) < self._iterations

    def ends(self) -> tuple[float, float]:
        """Its smallest and largest eigenvalue, to six digits; (0, 0) without iterations."""
        top = 1.0
        while self.below(top) < self._iterations:
            top *= 2.0
        return self._end(1, top), self._end(self._iterations, top)

    def _end(self, number: int, top: float) -> float:
        low, high = -self._shift, top
        for _ in range(60):
            if high - low <= 1e-6 * abs(high):
                break
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.below(middle) < number else (low, middle)
        return high if self._iterations else 0.0


class ShiftedStaggered:
    """Solutions of (m^2 - D^2 + s_i) x_i = b on even sites and what is made of them.

    Parameters
    ----------
    operator
        D + m; solves are recorded in its log.

    Attributes
    ----------
    X
        Solutions [i, block] of the last :meth:`solve`: x_i on even, D x_i on odd sites.
    """

    def __init__(self, operator: StaggeredOperator) -> None:
        self.operator, self.log = operator, operator.log
        self.lattice: Lattice = operator.lattice
        self.n = operator.n
        self._r, self._q, self._t = (operator.vector() for _ in range(3))
        self.X = self._all = self._P = self.lattice.zeros(self.n, 1, (0,))
        self._history = np.empty((2, 0))

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of the spectrum of m^2 - D^2 that hold on all unitary links: D is antihermitian with norm <= d."""
        mass2 = self.operator.mass**2
        return mass2, mass2 + self.lattice.d**2

    def set_links(self, U: Blocks) -> None:
        """Links of the operator."""
        self.operator.set_links(U)

    def noise(self, stream: Stream, purpose: int) -> Blocks:
        """Complex Gaussian vector with <|r|^2> = 1 per component."""
        return gaussian_vector(self.lattice, self.n, stream, purpose)

    def solve(self, b: Blocks, shifts: Sequence[float], tolerance: float, max_iterations: int) -> Spectrum:
        """All x_i from zero, to |r_i| <= tolerance |b|.

        Parameters
        ----------
        b
            Right-hand side, used on even sites.
        shifts
            Ascending, at least one.

        Raises
        ------
        NumericalError
            If a true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        with clock("solver"):
            self._allocate(len(shifts), max_iterations)
            bb = self._norm2(b)
            done = self._iterate(b, shifts, tolerance**2 * bb, bb, max_iterations)
            residual = float((self._residuals(b, shifts).max() / bb) ** 0.5) if bb != 0.0 else 0.0
        self.log.record(done, residual)
        check_convergence("multi-shift CG", done, max_iterations, residual, tolerance)
        return Spectrum(self._history, done, shifts[0])

    def combine(self, out: Blocks, b: Blocks, constant: float, weights: Sequence[float]) -> None:
        """out = constant b + sum_i weights_i x_i on even sites."""
        kernels.combine(out, b, self.X, constant, np.array(weights), self.lattice.half)

    def add_derivative(self, Sigma: Blocks, weights: Sequence[float]) -> None:
        """Sigma += derivative of sum_i weights_i b^dag (m^2 - D^2 + s_i)^{-1} b."""
        op, lattice = self.operator, self.lattice
        staggered.add_shifted_outer_products(
            Sigma, self.X, np.array(weights), op.signs, lattice.neighbours, lattice.half
        )

    def _allocate(self, count: int, max_iterations: int) -> None:
        if len(self._all) < count:
            self._all, self._P = (self.lattice.zeros(self.n, 1, (count,)) for _ in range(2))
        self.X = self._all[:count]
        if self._history.shape[1] < max_iterations:
            self._history = np.empty((2, max_iterations))

    def _iterate(self, b: Blocks, shifts: Sequence[float], target: float, bb: float, max_iterations: int) -> int:
        lattice, op, half = self.lattice, self.operator, self.lattice.half
        self.X["c"][:, :half] = 0.0
        self._P["c"][: len(shifts), :half] = b["c"][:half]
        self._r["c"][:half] = b["c"][:half]
        sigma = np.array(shifts) - shifts[0]
        count = len(shifts)
        steps, omega, state = np.ones((3, count)), np.ones(count), np.array([bb, 0.0, float(count)])
        A = (op.links, lattice.neighbours, op.mass**2, self._t)
        work = (2 * lattice.d * self.n + 2 * count) * self.n * lattice.volume
        chunk = max(1, int(STEPS_PER_CALL / work))
        part, done = np.empty(half), 0
        while state[2] > 0.0 and done < max_iterations:
            done = kernels.multishift(
                self.X, self._P, self._r, self._q, part, A, half, shifts[0], sigma, steps, omega, state,
                self._history, target, done, min(done + chunk, max_iterations),
            )  # fmt: skip
        return done

    def _residuals(self, b: Blocks, shifts: Sequence[float]) -> NDArray[np.float64]:
        """|b - (m^2 - D^2 + s_i) x_i|^2 afresh; leaves D x_i on the odd sites."""
        lattice, op, half = self.lattice, self.operator, self.lattice.half
        staggered.hop_all(self.X, op.links, lattice.neighbours, len(shifts), half, 2 * half)
        part = np.empty((len(shifts), half))
        diagonal = op.mass**2 + np.array(shifts)
        staggered.shifted_residuals(part, self.X, b, op.links, lattice.neighbours, diagonal, half)
        return np.array([ordered_sum(row) for row in part])

    def _norm2(self, b: Blocks) -> float:
        part = np.empty(self.lattice.half)
        even = b[: self.lattice.half]
        real_products(part, even, even)
        return float(ordered_sum(part))
