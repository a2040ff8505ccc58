"""Two pions of isospin 2 whose momenta add up to one that is not 0 (physics.md 28.8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.symmetries import Momentum, images
from lqcdnn.measure.quarks.momenta import momentum_key, opposite
from lqcdnn.measure.quarks.twopions import PionLines
from lqcdnn.measure.registry import Values

FloatArray = NDArray[np.float64]
Pair = tuple[Momentum, Momentum]
"""p_1 and p_2 of pi(p_1) pi(p_2), which commute: the smaller one first."""


class MovingPions:
    """C_ij(t) of O_i = pi(p_1) pi(p_2), a matrix for each total momentum P = p_1 + p_2.

    O_i is the mean over what symmetries of space that keep P make of p_1 and p_2; C is the mean over directions of P.

    Parameters
    ----------
    pairs
        k of p_1 and p_2 of all operators.
    space, boundary, extent
        Extents of space and boundary signs of the quarks there; time slices.
    """

    def __init__(
        self, pairs: Sequence[tuple[Momentum, Momentum]], space: Sequence[int], boundary: Sequence[int], extent: int
    ) -> None:
        together: dict[Momentum, list[tuple[Momentum, Momentum]]] = {}
        for one, other in pairs:
            together.setdefault(tuple(a + b for a, b in zip(one, other, strict=True)), []).append((one, other))
        self._operators = {
            momentum_key(total): moving_operators(total, of_total, space, boundary)
            for total, of_total in together.items()
        }
        self._sums = {key: np.zeros((len(one[0]), len(one[0]), extent)) for key, one in self._operators.items()}

    @property
    def momenta(self) -> list[Momentum]:
        """All that occur."""
        every = (one for directions in self._operators.values() for operators in directions for one in operators)
        return list(dict.fromkeys(p for operator in every for pair in operator for p in pair))

    def add(self, lines: PionLines, t0: int) -> None:
        """Add what comes from a time of the source."""
        for key, directions in self._operators.items():
            found = [[[moving_pions(lines, i, j) for j in one] for i in one] for one in directions]
            self._sums[key] += np.roll(np.array(found).cumsum(axis=0)[-1] / len(directions), -t0, axis=2)

    def values(self, norm: float) -> Values:
        """``distilled_two_pions_p1_0_0``[i][j][t] of each P, sums over norm."""
        return {f"distilled_two_pions{key}": (total / norm).tolist() for key, total in self._sums.items()}


def moving_operators(
    total: Momentum, pairs: Sequence[Pair], space: Sequence[int], boundary: Sequence[int]
) -> list[list[list[Pair]]]:
    """Pairs of momenta that each operator is the mean of, for each direction of P, of P and -P one: [P][i]."""
    found: dict[Momentum, list[dict[Pair, None]]] = {}
    for i, pair in enumerate(pairs):
        for turned, one, other in images(space, boundary, (total, *pair)):
            if opposite(turned, space) not in found or opposite(turned, space) == turned:
                of_total = found.setdefault(turned, [{} for _ in pairs])
                of_total[i][min(one, other), max(one, other)] = None
    return [[list(one) for one in of_total] for of_total in found.values()]


def moving_pions(lines: PionLines, sink: Sequence[Pair], source: Sequence[Pair]) -> FloatArray:
    """<O_i(t) O_j(t0)^dag>, [t], the mean of P and -P, which have conjugate correlators on every configuration.

    Re [tr A_ac tr A_bd + tr A_ad tr A_bc - tr A_ac A_bd - tr A_ad A_bc] of pi(a) pi(b) and [pi(c) pi(d)]^dag.
    """
    total = np.zeros(lines.extent)
    for a, b in sink:
        for c, d in source:
            for p, q in ((c, d), (d, c)):
                one, other = lines.loop(a, p), lines.loop(b, q)
                total += one.real * other.real - one.imag * other.imag - lines.line(a, p, b, q).real
    return np.asarray(total / (len(sink) * len(source)))
