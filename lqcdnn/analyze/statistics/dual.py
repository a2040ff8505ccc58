"""Numbers that carry their derivatives: forward differentiation, exact to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray


@dataclass(frozen=True, eq=False)
class Dual:
    """A value and its derivatives.

    Attributes
    ----------
    value
        f.
    gradient
        df/dx_i, shape (k,).
    """

    value: float
    gradient: FloatArray

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.gradient + other.gradient)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.gradient - other.gradient)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.gradient * other.value + other.gradient * self.value)

    def __truediv__(self, other: Dual) -> Dual:
        value = self.value / other.value
        return Dual(value, (self.gradient - value * other.gradient) / other.value)

    def __pow__(self, other: Dual) -> Dual:
        value = math.pow(self.value, other.value)
        gradient = np.zeros_like(self.gradient)
        if np.any(self.gradient) and other.value != 0.0:
            gradient = other.value * math.pow(self.value, other.value - 1.0) * self.gradient
        if np.any(other.gradient):
            gradient = gradient + value * math.log(self.value) * other.gradient
        return Dual(value, gradient)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.gradient)

    def __pos__(self) -> Dual:
        return self

    def apply(self, name: str) -> Dual:
        """Function `name` of this number.

        Raises
        ------
        ValueError, OverflowError
            Outside the domain or range of the function.
        """
        function, derivative = _RULES[name]
        return Dual(function(self.value), derivative(self.value) * self.gradient)


_Rule = Callable[[float], float]
_RULES: dict[str, tuple[_Rule, _Rule]] = {
    "exp": (math.exp, math.exp),
    "log": (math.log, lambda x: 1.0 / x),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "abs": (abs, lambda x: math.copysign(1.0, x)),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "tan": (math.tan, lambda x: 1.0 + math.tan(x) ** 2),
    "sinh": (math.sinh, math.cosh),
    "cosh": (math.cosh, math.sinh),
    "tanh": (math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
    "acosh": (math.acosh, lambda x: 1.0 / math.sqrt(x * x - 1.0)),
}
