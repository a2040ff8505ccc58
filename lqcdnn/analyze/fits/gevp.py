r"""Generalised eigenvalue problem of a matrix of correlators that are symmetric in time, C_ij(t) = <O_i(t) O_j(0)>.

.. math:: C(t)\,v_n = \lambda_n(t, t_0)\,C(t_0)\,v_n,\qquad v_m^T C(t_0)\,v_n = \delta_{mn}

C. Michael, I. Teasdale, Nucl. Phys. B 215 (1983) 433; M. Luescher, U. Wolff, Nucl. Phys. B 339 (1990) 222; B. Blossier
et al., JHEP 04 (2009) 094, arXiv:0902.1265. For as many states as operators

.. math:: \lambda_n(t, t_0) = \frac{e^{-E_n t} + e^{-E_n (T - t)}}{e^{-E_n t_0} + e^{-E_n (T - t_0)}}

without corrections. With v_n of one time t_1 in place of those of each t, lambda_n(t) = v_n^T C(t) v_n.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

#: Smallest eigenvalue of C(t_0), scaled to a diagonal of 1, below which operators are linearly dependent by rounding.
DEPENDENT = 1e-12


class Solution(NamedTuple):
    """Eigenvalues, shape (n,), falling unless they were put into another order, and eigenvectors, column by column."""

    values: FloatArray
    vectors: FloatArray


def solve(matrix: FloatArray, metric: FloatArray) -> Solution:
    """Solve matrix v = lambda metric v with v^T metric v = 1 for symmetric matrices, shape (n, n).

    Raises
    ------
    InputError
        The metric is not positive definite.
    """
    diagonal = np.diag(metric)
    if not np.all(diagonal > 0.0):
        worst = int(np.argmin(diagonal))
        raise InputError(f"entry {worst + 1}, {worst + 1} of C(T0) is {diagonal[worst]:.3g}, not positive")
    scale = 1.0 / np.sqrt(diagonal)
    lengths, axes = np.linalg.eigh(scale[:, None] * metric * scale)
    if not lengths[0] > DEPENDENT:
        raise InputError(
            f"C(T0) is not positive definite: scaled to a diagonal of 1 its smallest eigenvalue is {lengths[0]:.3g}",
            hint="a smaller T0, fewer operators, or more measurements",
        )
    whitening = scale[:, None] * axes / np.sqrt(lengths)
    values, vectors = np.linalg.eigh(whitening.T @ matrix @ whitening)
    return Solution(values[::-1], whitening @ vectors[:, ::-1])


def in_order_of(reference: FloatArray, metric: FloatArray, found: Solution) -> Solution:
    """The states in the order of those they overlap with most, (reference_m^T metric v_n)^2, the largest first."""
    overlaps = (reference.T @ metric @ found.vectors) ** 2
    order = np.empty(len(overlaps), dtype=np.intp)
    for _ in order:
        m, n = np.unravel_index(np.argmax(overlaps), overlaps.shape)
        order[m] = n
        overlaps[m, :] = overlaps[:, n] = -1.0
    return Solution(found.values[order], found.vectors[:, order])


@dataclass(frozen=True)
class Matrices:
    """C(t) from mean values: those of C_ij(t), [i, j, t] with t = 0 ... T - 1, then of <O_i> where there are any.

    Attributes
    ----------
    operators, extent
        Rows of the matrix, and T.
    vacuum
        Whether <O_i><O_j> is taken off.
    shifted
        Whether C(t-1) - 2 C(t) + C(t+1) stands for C(t): of each state 2 (cosh E - 1) times as much, of a constant
        nothing (of two particles that go around time in opposite ways, X. Feng, K. Jansen, D. Renner,
        arXiv:0909.3255, who take first differences, which are not symmetric in time).
    """

    operators: int
    extent: int
    vacuum: bool
    shifted: bool = False

    @property
    def times(self) -> int:
        """Times after folding, T/2 + 1."""
        return self.extent // 2 + 1

    def of(self, means: FloatArray) -> FloatArray:
        """[C(t) + C(T - t)]/2, made symmetric, less the vacuum: shape (T/2 + 1, n, n)."""
        raw, vacuum = self._split(means)
        back = np.roll(raw[:, :, ::-1], 1, axis=2)
        folded = (raw + back + (raw + back).transpose(1, 0, 2)) / 4.0
        connected: FloatArray = folded.transpose(2, 0, 1)[: self.times] - np.outer(vacuum, vacuum)
        return connected

    def gradient(self, means: FloatArray, slopes: dict[int, FloatArray]) -> FloatArray:
        """Derivatives with respect to the means of f with df = sum_t tr(slopes_t dC(t)), slopes symmetric."""
        _, vacuum = self._split(means)
        raw, once = np.zeros((self.operators, self.operators, self.extent)), np.zeros(self.operators)
        for t, slope in slopes.items():
            raw[:, :, t] += slope / 2.0
            raw[:, :, (self.extent - t) % self.extent] += slope / 2.0
            once -= 2.0 * slope @ vacuum
        raw = self._differences(raw)
        return np.concatenate([raw.ravel(), once]) if self.vacuum else raw.ravel()

    def _split(self, means: FloatArray) -> tuple[FloatArray, FloatArray]:
        count = self.operators**2 * self.extent
        raw = self._differences(means[:count].reshape(self.operators, self.operators, self.extent))
        return raw, means[count:] if self.vacuum else np.zeros(self.operators)

    def _differences(self, raw: FloatArray) -> FloatArray:
        """Second differences [i, j, t] where they are meant: a symmetric map of numbers at all times."""
        if not self.shifted:
            return raw
        return np.asarray(np.roll(raw, 1, axis=2) - 2.0 * raw + np.roll(raw, -1, axis=2))


class _Known(NamedTuple):
    """C(t) of some means, and the solutions that were needed."""

    matrices: FloatArray
    solutions: dict[int, Solution]


@dataclass
class PrincipalCorrelators:
    """lambda_n(t, t_0) as functions of mean values, with the same states for all means.

    States are numbered from the largest eigenvalue, the lowest energy, on, at the time t_0 + 1 (or t_1) of the
    reference. At other times and other means (jackknife) they are told by their overlap with those.

    Attributes
    ----------
    matrices
        How C(t) follows from means.
    t0, t1
        Times of the metric and, unless None, of the eigenvectors for all t.
    reference
        Mean values that number the states.

    Raises
    ------
    InputError
        C(t_0) of the reference is not positive definite.
    """

    matrices: Matrices
    t0: int
    t1: int | None
    reference: FloatArray
    _known: dict[bytes, _Known] = field(default_factory=dict)
    _numbered: dict[int, npt.NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = self.t0 + 1 if self.t1 is None else self.t1
        C = self.matrices.of(self.reference)
        start = solve(C[first], C[self.t0]).vectors
        for t in range(self.t0 + 1, self.matrices.times) if self.t1 is None else (first,):
            self._numbered[t] = in_order_of(start, C[self.t0], solve(C[t], C[self.t0])).vectors

    def at(self, means: FloatArray, state: int, t: int) -> Dual:
        """lambda_n(t) of the state n = 0, 1, ... at t_0 <= t <= T/2.

        Raises
        ------
        InputError
            C(t_0) is not positive definite.
        """
        if t == self.t0:
            return Dual(1.0, np.zeros(len(means)))  # by normalisation, whatever the means
        C, solutions = self._found(means)
        when = t if self.t1 is None else self.t1
        if when not in solutions:
            solutions[when] = in_order_of(self._numbered[when], C[self.t0], solve(C[when], C[self.t0]))
        values, vectors = solutions[when]
        v = vectors[:, state]
        projector = np.outer(v, v)
        if t == when:
            slopes = {t: projector, self.t0: -values[state] * projector}
            return Dual(float(values[state]), self.matrices.gradient(means, slopes))
        overlaps = vectors.T @ C[t] @ v
        gaps = values[state] - values
        gaps[state] = np.inf
        turned = np.outer(vectors @ (overlaps / gaps), v)  # the eigenvectors move, too
        turned += turned.T
        metric = -values[state] * turned - overlaps[state] * projector
        slopes = {t: projector, when: turned, self.t0: metric}
        return Dual(float(overlaps[state]), self.matrices.gradient(means, slopes))

    def _found(self, means: FloatArray) -> _Known:
        key = means.tobytes()
        if key not in self._known:
            self._known[key] = _Known(self.matrices.of(means), {})
        return self._known[key]
