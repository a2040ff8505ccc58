r"""Coefficients g of a smeared spectral density, by M. Hansen, A. Lupo, N. Tantalo, arXiv:1903.06476.

.. math::
    C(t) = \int_0^\infty dE\,\rho(E)\,b_t(E),\quad b_t(E) = e^{-tE} + e^{-(T-t)E},\\
    \sum_t g_t\,b_t(E) \approx \Delta(E) = \frac{1}{N} e^{-(E - E_*)^2/(2\sigma^2)},\quad
    \int_0^\infty dE\,\Delta(E) = 1

A[g] is the integral of the squared difference from E_0 on, B[g] = g^T Cov g/C(t_1)^2.  The minimum of
A/A[0] + mu B solves (A + mu A[0] Cov/C(t_1)^2) g = f with

.. math::
    A_{tr} = \int_{E_0}^\infty dE\,b_t b_r = \sum_s \frac{e^{-E_0 s}}{s},\quad f_t = \int_{E_0}^\infty dE\,b_t\,\Delta

s = t + r, T - t + r, T + t - r, 2T - t - r.  The condition number of A grows by more than ten with every time: all is
done with decimal numbers of ``DIGITS`` digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

DIGITS = 120
HALF, ONE, TWO = Decimal("0.5"), Decimal(1), Decimal(2)
#: ln mu within which the balance is looked for, and how near it has to be met: A/(B A[0]) up to this factor.
RANGE = (-200.0, 200.0)
NEAR = 1.02

Vector = list[Decimal]
Matrix = list[list[Decimal]]


@dataclass(frozen=True)
class Basis:
    """The functions b_t, and where integrals over the energy begin.

    Attributes
    ----------
    extent, times
        T, and the t that are used, at least 1 and at most T/2.
    threshold
        E_0.
    """

    extent: int
    times: tuple[int, ...]
    threshold: float

    def gram(self) -> Matrix:
        """A_tr."""
        with localcontext(prec=DIGITS):
            falls = [(-Decimal(self.threshold) * s).exp() / s for s in range(1, 2 * self.extent)]
            return [[self._sum(falls, t, r) for r in self.times] for t in self.times]

    def _sum(self, falls: Sequence[Decimal], t: int, r: int) -> Decimal:
        T = self.extent
        return falls[t + r - 1] + falls[T - t + r - 1] + falls[T + t - r - 1] + falls[2 * T - t - r - 1]

    def overlaps(self, energy: float, sigma: float) -> Vector:
        """f_t."""
        return [
            _transform(t, energy, sigma, self.threshold) + _transform(self.extent - t, energy, sigma, self.threshold)
            for t in self.times
        ]

    def at(self, energy: FloatArray) -> FloatArray:
        """b_t(E), [energy, t], in double precision."""
        t = np.array(self.times, dtype=np.float64)
        return np.asarray(np.exp(-np.outer(energy, t)) + np.exp(-np.outer(energy, self.extent - t)))


def gaussian(energy: FloatArray, centre: float, sigma: float) -> FloatArray:
    """Delta(E)."""
    norm = float(_norm(centre, sigma))
    return np.asarray(np.exp(-0.5 * ((energy - centre) / sigma) ** 2) / norm, dtype=np.float64)


@dataclass(frozen=True)
class Kernel:
    """What is minimised at one energy.

    Attributes
    ----------
    gram, noise
        A_tr, and Cov/C(t_1)^2.
    overlaps, square
        f_t and A[0].
    """

    gram: Matrix
    noise: Matrix
    overlaps: Vector
    square: Decimal

    def coefficients(self, mu: Decimal) -> Vector:
        """g of a weight of B."""
        with localcontext(prec=DIGITS):
            weight = mu * self.square
            rows = zip(self.gram, self.noise, strict=True)
            return solved([[a + weight * n for a, n in zip(*row, strict=True)] for row in rows], self.overlaps)

    def distance(self, g: Vector) -> Decimal:
        """A[g]/A[0]."""
        with localcontext(prec=DIGITS):
            return ONE + (_form(g, self.gram) - TWO * _dot(g, self.overlaps)) / self.square

    def variance(self, g: Vector) -> Decimal:
        """B[g]."""
        with localcontext(prec=DIGITS):
            return _form(g, self.noise)

    def balanced(self, ratio: float) -> Vector:
        """g at which A/A[0] is so many times B: it rises with mu, as B falls.

        Of a correlator so precise that A is larger for any mu, the number of times alone being its limit, that of the
        smallest mu.
        """
        low, high = RANGE
        middle = low
        while True:
            g = self.coefficients(Decimal(middle).exp())
            found = float(self.distance(g) / (self.variance(g) * Decimal(ratio)))
            if 1.0 / NEAR < found < NEAR or (middle == low and found > 1.0) or high - low < 1e-9:
                return g
            low, high = (low, middle) if found > 1.0 else (middle, high)
            middle = 0.5 * (low + high)


def kernel(basis: Basis, gram: Matrix, covariance: FloatArray, energy: float, sigma: float) -> Kernel:
    """What is minimised at an energy, of a covariance in units of C(t_1)^2, [t, t]."""
    with localcontext(prec=DIGITS):
        norm = _norm(energy, sigma)
        width = Decimal(sigma)
        above = _complementary((Decimal(basis.threshold) - Decimal(energy)) / width) * HALF
        square = above * width * pi().sqrt() / norm**2
        noise = [[Decimal(float(value)) for value in row] for row in covariance]
    return Kernel(gram, noise, basis.overlaps(energy, sigma), square)


def solved(matrix: Matrix, vector: Vector) -> Vector:
    """Solution of a symmetric positive system, by M = L D L^T.

    Raises
    ------
    InputError
        It is not positive within the digits.
    """
    n = len(vector)
    lower: Matrix = []
    diagonal: Vector = []
    for i in range(n):
        row: Vector = []
        for j in range(i):
            row.append(matrix[i][j] - sum((row[k] * lower[j][k] for k in range(j)), Decimal(0)))
        scaled = [value / d for value, d in zip(row, diagonal, strict=True)]
        rest = matrix[i][i] - sum((a * b for a, b in zip(row, scaled, strict=True)), Decimal(0))
        if not rest > 0:
            raise InputError("the times of the correlator do not determine a spectral density", hint="use fewer")
        lower.append(scaled)
        diagonal.append(rest)
    found = list(vector)
    for i in range(n):
        found[i] -= sum((lower[i][k] * found[k] for k in range(i)), Decimal(0))
    found = [value / d for value, d in zip(found, diagonal, strict=True)]
    for i in reversed(range(n)):
        found[i] -= sum((lower[k][i] * found[k] for k in range(i + 1, n)), Decimal(0))
    return found


def _transform(t: int, energy: float, sigma: float, threshold: float) -> Decimal:
    """Integral of exp(-t E) Delta(E) from E_0 on."""
    with localcontext(prec=DIGITS):
        centre, width, begin = map(Decimal, (energy, sigma, threshold))
        argument = (begin - centre + width * width * t) / (TWO.sqrt() * width)
        falling = (-centre * t + width * width * t * t * HALF).exp()
        norm = _norm(energy, sigma)
        return falling * _complementary(argument) * HALF * width * (TWO * pi()).sqrt() / norm


@cache
def _norm(energy: float, sigma: float) -> Decimal:
    """Integral of exp(-(E - E_*)^2/(2 sigma^2)) from 0 on."""
    with localcontext(prec=DIGITS):
        centre, width = Decimal(energy), Decimal(sigma)
        return width * (TWO * pi()).sqrt() * HALF * _complementary(-centre / (TWO.sqrt() * width))


def _complementary(x: Decimal) -> Decimal:
    """erfc(x), with ``DIGITS`` digits of its own: 1 - erf(x) of as many more as it is small.

    erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1)/(2n+1)!!, terms of one sign.
    """
    if x < 0:
        with localcontext(prec=DIGITS):
            return TWO - _complementary(-x)
    with localcontext(prec=DIGITS + 10 + int(x * x / TWO)):
        term = total = x
        n = 1
        while term > total.scaleb(-DIGITS - 10 - int(x * x / TWO)):
            term = term * TWO * x * x / (2 * n + 1)
            total += term
            n += 1
        return ONE - TWO / _pi(DIGITS + 10 + int(x * x / TWO)).sqrt() * (-x * x).exp() * total


def pi() -> Decimal:
    """With ``DIGITS`` digits."""
    return _pi(DIGITS)


@cache
def _pi(digits: int) -> Decimal:
    """J. Machin: pi/4 = 4 arctan(1/5) - arctan(1/239), in whole numbers."""
    unit = 10 ** (digits + 10)

    def arctan(inverse: int) -> int:
        power, total, n = unit // inverse, 0, 0
        while power:
            total += (-1) ** n * (power // (2 * n + 1))
            power //= inverse * inverse
            n += 1
        return total

    with localcontext(prec=digits + 10):
        return Decimal(4 * (4 * arctan(5) - arctan(239))) / Decimal(unit)


def _dot(a: Vector, b: Vector) -> Decimal:
    return sum((x * y for x, y in zip(a, b, strict=True)), Decimal(0))


def _form(g: Vector, matrix: Matrix) -> Decimal:
    return _dot(g, [_dot(row, g) for row in matrix])
