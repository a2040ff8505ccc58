"""Best rational approximation of a power: Remez' exchange in decimal arithmetic, with its error proven.

On [1/K, K] the function r(x) = prod_j (d_j x + 1) / (x + d_j), j = 1..n, obeys r(1/x) = 1/r(x), as x^p does.  Its
error e(t) = log r - p t, t = log x, is odd in t, and de/dt vanishes at 2n points at most (its numerator is of degree
2n in x).  So when n of them are found in (0, log K) there are no others, the largest |e| stands at one of them or at
the end, and 2n + 2 extrema of alternating sign mean that no rational function of this degree has a smaller largest
|e| than the smallest of them (de la Vallee-Poussin; Achieser, Theory of Approximation, ch. II).

The first guess is Zolotarev's solution for p = +-1/2 with its poles and zeros moved apart in the ratio that x^p
demands; extrema and poles of every power have the same density (Gonchar 1978), so the exchange starts next to its goal.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from lqcdnn.errors import NumericalError

SPREAD = Decimal("1e-3")
"""Extrema of |e| equal within this: the degree is used to 0.1 % of what is possible."""
MAX_EXCHANGES = 50


@dataclass(frozen=True)
class BestPower:
    """The best r(x) = constant + sum_i residues_i / (x + shifts_i) for x^p on [1/K, K], in decimals.

    Attributes
    ----------
    error
        Largest |r(x) / x^p - 1|, an upper bound.
    """

    constant: Decimal
    residues: tuple[Decimal, ...]
    shifts: tuple[Decimal, ...]
    error: Decimal


def best_power(power: float, ratio: float, degree: int) -> BestPower:
    """Best approximation of x^power with ``degree`` poles on [ratio^(-1/2), ratio^(1/2)].

    Parameters
    ----------
    power
        0 < |power| < 1.
    ratio
        Upper over lower end of the range, > 1.
    degree
        Number of poles n >= 1; the residues are positive for power < 0 and negative for power > 0.

    Raises
    ------
    NumericalError
        If the exchange does not converge.
    """
    if not (0.0 < abs(power) < 1.0 and ratio > 1.0 and degree >= 1):
        raise ValueError(f"no approximation of x^{power} with {degree} poles on a range of ratio {ratio}")
    with decimal.localcontext() as context:
        context.prec = 60 + 3 * degree
        exchange = Exchange(abs(power), ratio, degree)
        exchange.interpolate()
        error = exchange.run().exp() - 1
        poles = sorted(exchange.poles if power < 0 else [1 / d for d in exchange.poles])
        return BestPower(*partial_fractions(poles), error)


def partial_fractions(d: Sequence[Decimal]) -> tuple[Decimal, tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Constant, residues and shifts of prod_j (d_j x + 1) / (x + d_j)."""
    residues = []
    for i, x in enumerate(d):
        over = math.prod((1 - y * x for y in d), start=Decimal(1))
        residues.append(over / math.prod((y - x for j, y in enumerate(d) if j != i), start=Decimal(1)))
    return math.prod(d, start=Decimal(1)), tuple(residues), tuple(d)


class Exchange:
    """State of the exchange for x^-p, 0 < p < 1: the poles -d_j and the points where e is made to alternate.

    Parameters
    ----------
    p, ratio, degree
        As for :func:`best_power`, with the sign of the power taken off.
    """

    def __init__(self, p: float, ratio: float, degree: int) -> None:
        self.n, self.p = degree, Decimal(p)
        self.end = Decimal(ratio).sqrt()
        m = 2 * degree + 1
        dual = elliptic(1.0 - 1.0 / ratio)
        # Poles at 2l - s, zeros at 2l - 1 + s of m steps on the negative axis, 2 s - 1 = 2 p (their mean slope is -p).
        self.poles = [Decimal(tangent2(dual((2 * j - p - 0.5) / m)) / ratio**0.5) for j in range(1, degree + 1)]
        # Points on the positive axis: steps 0 (x = K) to m (x = 1/K) are the extrema, the middle is x = 1.
        self._at = [Decimal(dual(i / (8 * m))[2] ** 2 * ratio**0.5) for i in range(4 * m, -1, -1)]

    def interpolate(self) -> None:
        """Move the poles until e = 0 half-way between the first guess's extrema."""
        nodes = [self._at[8 * i + 8] for i in range(self.n)]
        enough = Decimal(10) ** -(15 + self.n)  # its square, left by the last step, is far below any error
        for _ in range(MAX_EXCHANGES):
            step = solve([self.slopes(x) for x in nodes], [-self.value(x) for x in nodes])
            if self.move(step) < enough:
                return
        raise NumericalError(f"rational approximation: no interpolation of x^-{self.p} with {self.n} poles")

    def run(self) -> Decimal:
        """Exchange until the extrema agree; returns the largest |e|."""
        for _ in range(MAX_EXCHANGES):
            points = self.extrema()
            values = [self.value(x) for x in points]
            largest = max(abs(v) for v in values)
            if largest <= (1 + SPREAD) * min(abs(v) for v in values):
                return largest
            rows = [[*self.slopes(x), Decimal((-1) ** i)] for i, x in enumerate(points)]
            self.move(solve(rows, [-v for v in values])[: self.n])
        raise NumericalError(f"rational approximation: no convergence for x^-{self.p} with {self.n} poles")

    def move(self, step: Sequence[Decimal]) -> Decimal:
        """Multiply the poles by exp(step), shortened to at most a factor e; returns the largest |step|."""
        largest = max(abs(s) for s in step)
        scale = min(Decimal(1), 1 / largest) if largest else Decimal(1)
        self.poles = [d * (scale * s).exp() for d, s in zip(self.poles, step, strict=True)]
        return largest

    def value(self, x: Decimal) -> Decimal:
        """e = log r + p log x."""
        over = math.prod((d * x + 1 for d in self.poles), start=Decimal(1))
        under = math.prod((x + d for d in self.poles), start=Decimal(1))
        return (over / under).ln() + self.p * x.ln()

    def slopes(self, x: Decimal) -> list[Decimal]:
        """de / d log d_j."""
        return [d * (x * x - 1) / ((d * x + 1) * (x + d)) for d in self.poles]

    def derivative(self, x: Decimal) -> Decimal:
        """de/dt."""
        return sum((x * (d * d - 1) / ((d * x + 1) * (x + d)) for d in self.poles), self.p)

    def extrema(self) -> list[Decimal]:
        """The n zeros of de/dt in (1, K), upward, and K."""
        found = []
        values = [self.derivative(x) for x in self._at]
        for i, (low, high) in enumerate(pairwise(values)):
            if (low > 0) != (high > 0):
                found.append(zero_between(self.derivative, self._at[i], self._at[i + 1], low, high))
        if len(found) != self.n:
            raise NumericalError(f"rational approximation: {len(found)} extrema of {self.n} for x^-{self.p}")
        return [*found, self.end]


def zero_between(
    f: Callable[[Decimal], Decimal], a: Decimal, b: Decimal, fa: Decimal, fb: Decimal
) -> Decimal:
    """A zero of f in [a, b] where f changes sign, to 1e-8 of its place: regula falsi, Illinois variant."""
    for _ in range(60):
        x = b - fb * (b - a) / (fb - fa)
        fx = f(x)
        if (fx > 0) == (fb > 0):
            fa /= 2
        else:
            a, fa = b, fb
        b, fb = x, fx
        if abs(b - a) < abs(b) * Decimal("1e-8") or not fx:
            break
    return b


def solve(rows: Sequence[Sequence[Decimal]], right: Sequence[Decimal]) -> list[Decimal]:
    """Solution of a linear system by elimination with row pivots."""
    a = [[*row, y] for row, y in zip(rows, right, strict=True)]
    n = len(a)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(a[i][k]))
        a[k], a[pivot] = a[pivot], a[k]
        for i in range(k + 1, n):
            factor = a[i][k] / a[k][k]
            a[i][k + 1 :] = [x - factor * y for x, y in zip(a[i][k + 1 :], a[k][k + 1 :], strict=True)]
    x: list[Decimal] = [Decimal(0)] * n
    for k in reversed(range(n)):
        x[k] = (a[k][n] - sum(a[k][j] * x[j] for j in range(k + 1, n))) / a[k][k]
    return x


def tangent2(functions: tuple[float, float, float]) -> float:
    """(sn/cn)^2."""
    return (functions[0] / functions[1]) ** 2


def elliptic(m: float) -> Callable[[float], tuple[float, float, float]]:
    """u -> (sn, cn, dn)(u K | m), K the quarter period, by the descending sequence of means (DLMF 22.20)."""
    a, c = [1.0], [math.sqrt(m)]
    b = math.sqrt(1.0 - m)
    while c[-1] > 1e-17:
        a.append(0.5 * (a[-1] + b))
        c.append(0.5 * (a[-2] - b))
        b = math.sqrt(a[-2] * b)
        if c[-1] >= c[-2]:
            break
    steps = len(a) - 1

    def functions(u: float) -> tuple[float, float, float]:
        """(sn, cn, dn) at u K."""
        phi = 2.0**steps * u * 0.5 * math.pi
        for k in range(steps, 0, -1):
            phi = 0.5 * (phi + math.asin(c[k] / a[k] * math.sin(phi)))
        sn = math.sin(phi)
        return sn, math.cos(phi), math.sqrt(max(0.0, 1.0 - m * sn * sn))

    return functions
