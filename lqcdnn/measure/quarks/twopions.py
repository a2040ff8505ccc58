"""Two pions with quark lines from one time slice to another, all there are of isospin 2 (physics.md 28.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.symmetries import Momentum
from lqcdnn.dirac.laplacian import adjoint, products
from lqcdnn.measure.quarks.momenta import opposite
from lqcdnn.measure.quarks.perambulators import ComplexArray, Perambulators, as_matrices, sourced, turned

FloatArray = NDArray[np.float64]
Weighted = Sequence[tuple[Momentum, float]]
"""Momenta p of an operator sum_p w(p) pi(p) pi(-p), one of p and -p, with their weights."""


class PionLines:
    """A_pq = Phi_p(t) tau Phi_q(t0)^dag tau^dag, whose trace is pi(p) at t contracted with pi(q)^dag at t0.

    pi(p, t) = dbar V V^dag exp(-i p x) gamma_5 V V^dag u; gamma_5 tau^dag gamma_5 is the quark from t to t0. A_-p,-q
    and A_pq have conjugate traces.

    Parameters
    ----------
    made, tau, t0
        Waves; perambulators from t0.
    operators
        Momenta of all operators.
    """

    def __init__(
        self, made: Perambulators, tau: ComplexArray, t0: int, operators: Sequence[Sequence[Momentum]]
    ) -> None:
        self._extents = made.lattice.shape[:-1]
        every = list(dict.fromkeys(p for momenta in operators for one in momenta for p in (one, self._minus(one))))
        self._sinks = {p: as_matrices(turned(made.wave(p), tau) if any(p) else tau) for p in every}
        ends = {p: sourced(tau, made.wave(self._minus(p))[t0]) if any(p) else tau for p in every}
        self._sources = {p: adjoint(as_matrices(end)) for p, end in ends.items()}
        self.extent = len(tau)
        self._loops: dict[tuple[Momentum, Momentum], ComplexArray] = {}
        self._lines: dict[tuple[Momentum, ...], ComplexArray] = {}

    def direct(self, sink: Weighted, source: Weighted, sign: int) -> FloatArray:
        """sum w(p) w(q) [|tr A_pq|^2 + sign |tr A_p,-q|^2]: two closed lines, [t]."""
        total = np.zeros(self.extent)
        for p, of_sink in sink:
            for q, of_source in source:
                total += of_sink * of_source * (self._square(p, q) + sign * self._square(p, self._minus(q)))
        return total

    def crossed(self, sink: Weighted, source: Weighted) -> FloatArray:
        """sum w(p) w(q) 2 Re tr A_pq A_-p,-q: one line, which exchanges quarks, and the one with q and -q exchanged."""
        total = np.zeros(self.extent)
        for p, of_sink in sink:
            for q, of_source in source:
                total += of_sink * of_source * 2.0 * self.line(p, q, self._minus(p), self._minus(q)).real
        return total

    def loop(self, p: Momentum, q: Momentum) -> ComplexArray:
        """tr A_pq, [t]."""
        if (p, q) not in self._loops:
            self._loops[p, q] = traces(self._sinks[p], self._sources[q])
        return self._loops[p, q]

    def line(self, p: Momentum, q: Momentum, k: Momentum, r: Momentum) -> ComplexArray:
        """tr A_pq A_kr, [t]."""
        key = (p, q, k, r)
        if key not in self._lines:
            A = products(self._sinks[p], self._sources[q])
            self._lines[key] = traces(A, products(self._sinks[k], self._sources[r]))
        return self._lines[key]

    def _square(self, p: Momentum, q: Momentum) -> FloatArray:
        loop = self.loop(p, q)
        return loop.real**2 + loop.imag**2

    def _minus(self, p: Momentum) -> Momentum:
        return opposite(p, self._extents)


def pion_operators(
    isospin: int, operators: Sequence[Sequence[Momentum]], extents: Sequence[int]
) -> list[list[Weighted]]:
    """Weights of the momenta of each operator; of isospin 1 for each direction i of space, else once.

    Means over p; of isospin 1, whose pairs change sign with p, of those with p_i > 0 less those with p_i < 0, without
    operators that have no such p.
    """
    if isospin != 1:
        return [[[(p, 1.0 / len(momenta)) for p in momenta] for momenta in operators]]
    found: list[list[Weighted]] = []
    for i, extent in enumerate(extents):
        signs = [[(p, sign(p[i], extent)) for p in momenta] for momenta in operators]
        odd = [[(p, s) for p, s in one if s] for one in signs]
        found.append([[(p, s / len(one)) for p, s in one] for one in odd if one])
    return found


def sign(k: int, extent: int) -> float:
    """Sign of the sine of 2 pi k / L, 0 <= k < L; 0 where p is -p."""
    return float((0 < 2 * k < extent) - (2 * k > extent))


CROSSED = {0: 0.5, 1: 0.0, 2: -1.0}
"""Factors of crossed lines by isospin."""


def two_pions(lines: PionLines, operators: Sequence[Sequence[Weighted]], isospin: int) -> FloatArray:
    """C_ij(t, t0) = <O_i(t) O_j(t0)^dag> without lines inside of a time slice: [i, j, t], mean over directions.

    Parameters
    ----------
    lines
        From t0.
    operators
        Of :func:`pion_operators`.
    isospin
        2, of which this is all; 1 or 0.
    """
    factor, total = CROSSED[isospin], []
    for of_direction in operators:
        rows = []
        for one in of_direction:
            row = [lines.direct(one, other, -1 if isospin == 1 else 1) for other in of_direction]
            if factor:
                row = [C + factor * lines.crossed(one, other) for C, other in zip(row, of_direction, strict=True)]
            rows.append(row)
        total.append(rows)
    return np.asarray(np.array(total).cumsum(axis=0)[-1] / len(operators))


def traces(A: ComplexArray, B: ComplexArray) -> ComplexArray:
    """tr A[t] B[t], added in order."""
    rows = np.ascontiguousarray(A).reshape(len(A), 1, -1)
    columns = np.ascontiguousarray(B.swapaxes(1, 2)).reshape(len(B), -1, 1)
    return products(rows, columns)[:, 0, 0]
