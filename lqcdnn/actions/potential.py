"""A bias potential of one collective variable: numbers on a grid, and what lies between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LINEAR, CUBIC = "linear", "cubic"

Values = NDArray[np.float64]


class Potential(Protocol):
    """A function V(Q) that a few numbers define."""

    def flat(self) -> Values:
        """The numbers that chains begin with."""

    def value(self, numbers: Values, variable: float) -> float:
        """V(Q)."""

    def derivative(self, numbers: Values, variable: float) -> float:
        """V'(Q)."""


@dataclass(frozen=True)
class Window:
    """A Gaussian window and a slope a: V(Q) = a (Q - centre) + (Q - centre)^2 / (2 width^2); a is the one number.

    K. Langfeld, B. Lucini, R. Pellegrini, A. Rago, arXiv:1509.08391, with the smooth windows of arXiv:1611.00019.
    """

    centre: float
    width: float

    def flat(self) -> Values:
        """A slope of zero."""
        return np.zeros(1)

    def value(self, numbers: Values, variable: float) -> float:
        """V(Q)."""
        x = variable - self.centre
        return float(numbers[0]) * x + 0.5 * (x / self.width) * (x / self.width)

    def derivative(self, numbers: Values, variable: float) -> float:
        """V'(Q)."""
        return float(numbers[0]) + (variable - self.centre) / self.width / self.width


@dataclass(frozen=True)
class Grid:
    """Where a potential V(Q) of a variable Q has its numbers, and how it goes on between and beyond them.

    The points are lowest, ..., highest at equal distances w.  Between them V is linear, or a uniform cubic B-spline
    whose coefficients are the numbers: a weighted mean of the four nearest ones with continuous second derivative.
    Beyond them the last number holds, and the wall k x^2 is added, x the distance from the last point.

    What is added to V at Q is a triangle of the width of two points: h (1 - f) to the number below it and h f to the
    one above, f the fraction of the way between them (T. Eichhorn et al., arXiv:2307.04742, sec. III).

    Attributes
    ----------
    lowest, highest
        First and last point.
    bins
        Number of intervals.
    wall
        k.
    interpolation
        "linear" or "cubic".
    closed
        Whether what is found beyond the points raises the last one: of a variable that is as likely there as inside, of
        which else the chain would lose itself there, while V stays low.
    """

    lowest: float
    highest: float
    bins: int
    wall: float
    interpolation: str
    closed: bool = False

    @property
    def spacing(self) -> float:
        """w."""
        return (self.highest - self.lowest) / self.bins

    def points(self) -> Values:
        """The variable at the numbers, increasing."""
        return np.array([self.lowest + k * self.spacing for k in range(self.bins + 1)])

    def flat(self) -> Values:
        """The numbers of a potential nothing was added to."""
        return np.zeros(self.bins + 1)

    def value(self, numbers: Values, variable: float) -> float:
        """V(Q), the wall included."""
        return self._both(numbers, variable)[0]

    def derivative(self, numbers: Values, variable: float) -> float:
        """V'(Q)."""
        return self._both(numbers, variable)[1]

    def _both(self, numbers: Values, variable: float) -> tuple[float, float]:
        """V and V'.  Python's own numbers: each operation is rounded once, on any machine."""
        if math.isnan(variable):
            return math.nan, math.nan
        w = self.spacing
        place = (variable - self.lowest) / w
        place = min(max(place, -3.0), self.bins + 3.0)  # constant from two points beyond the grid on
        k = math.floor(place)
        t = place - k
        if self.interpolation == LINEAR:
            near = self._near(numbers, k, k + 1)
            value, slope = near[0] + t * (near[1] - near[0]), near[1] - near[0]
        else:
            near, u = self._near(numbers, k - 1, k + 2), 1.0 - t
            weight = (u * u * u, 4.0 - 3.0 * t * t * (1.0 + u), 4.0 - 3.0 * u * u * (1.0 + t), t * t * t)
            rate = (-u * u, -t * (4.0 - 3.0 * t), u * (4.0 - 3.0 * u), t * t)
            value = slope = 0.0
            for v, a, b in zip(near, weight, rate, strict=True):
                value += v * a
                slope += v * b
            value, slope = value / 6.0, slope / 2.0
        above, below = max(variable - self.highest, 0.0), max(self.lowest - variable, 0.0)
        beyond = above + below  # one of them is zero
        value += self.wall * beyond * beyond
        return value, slope / w + 2.0 * self.wall * (above - below)

    def _near(self, numbers: Values, first: int, last: int) -> list[float]:
        """The numbers from first to last; those beyond the ends are the last ones there."""
        return [float(numbers[min(max(k, 0), self.bins)]) for k in range(first, last + 1)]

    def raised(self, numbers: Values, variable: float, height: float, symmetric: bool) -> Values:
        """The numbers after one triangle at the variable, of which with ``symmetric`` half is at minus the variable.

        That is for grids as far below zero as above.  Beyond a grid that is not closed nothing is added.
        """
        if not self.lowest <= variable <= self.highest:
            if not self.closed or math.isnan(variable):
                return numbers
            variable = min(max(variable, self.lowest), self.highest)
        place = (variable - self.lowest) / self.spacing
        k = min(math.floor(place), self.bins - 1)
        f, found = place - k, numbers.copy()
        h = 0.5 * height if symmetric else height
        found[k] += h * (1.0 - f)
        found[k + 1] += h * f
        if symmetric:
            found[self.bins - k] += h * (1.0 - f)
            found[self.bins - k - 1] += h * f
        return found
