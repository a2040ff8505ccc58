"""Columns of numbers that carry their derivatives, as `dual.Dual` does for one: functions of parameters at many places.

Outside of the domain of a function values are not finite; nothing is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray


@dataclass(frozen=True, eq=False)
class Duals:
    """Values at n places and their derivatives.

    Attributes
    ----------
    value
        f, shape (n,).
    gradient
        df/dp_i, shape (n, p).
    """

    value: FloatArray
    gradient: FloatArray

    def __add__(self, other: Duals) -> Duals:
        return Duals(self.value + other.value, self.gradient + other.gradient)

    def __sub__(self, other: Duals) -> Duals:
        return Duals(self.value - other.value, self.gradient - other.gradient)

    def __mul__(self, other: Duals) -> Duals:
        return Duals(
            self.value * other.value, self.gradient * other.value[:, None] + other.gradient * self.value[:, None]
        )

    def __truediv__(self, other: Duals) -> Duals:
        value = self.value / other.value
        return Duals(value, (self.gradient - value[:, None] * other.gradient) / other.value[:, None])

    def __pow__(self, other: Duals) -> Duals:
        value = self.value**other.value
        gradient = np.zeros_like(self.gradient)
        if np.any(self.gradient):
            slope = np.where(other.value == 0.0, 0.0, other.value * self.value ** (other.value - 1.0))
            gradient = slope[:, None] * self.gradient
        if np.any(other.gradient):
            slope = np.where(value == 0.0, 0.0, value * np.log(self.value))  # 0^z does not change with z > 0
            gradient = gradient + slope[:, None] * other.gradient
        return Duals(value, gradient)

    def __neg__(self) -> Duals:
        return Duals(-self.value, -self.gradient)

    def __pos__(self) -> Duals:
        return self

    def apply(self, name: str) -> Duals:
        """Function `name` of these numbers."""
        function, derivative = _RULES[name]
        return Duals(function(self.value), derivative(self.value)[:, None] * self.gradient)


_Rule = Callable[[FloatArray], FloatArray]
_RULES: dict[str, tuple[_Rule, _Rule]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1.0 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "abs": (np.abs, lambda x: np.copysign(1.0, x)),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "tan": (np.tan, lambda x: 1.0 + np.tan(x) ** 2),
    "sinh": (np.sinh, np.cosh),
    "cosh": (np.cosh, np.sinh),
    "tanh": (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2),
    "acosh": (np.arccosh, lambda x: 1.0 / np.sqrt(x * x - 1.0)),
}
