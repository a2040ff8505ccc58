"""Reverse derivatives of straight-line code: what is computed is noted, and gone through backwards.

While code is emitted, a ``Tape`` notes each operation on vectors of lanes; ``pull`` emits the code that has, of any
function of the results, the derivatives by all that went in.  It costs two operations for each that is noted.
"""

from __future__ import annotations

from lqcdnn.kernels.simd.emit import const, fma


class Number:
    """One real number for each lane.

    ``pairs``: [(c, y, x)], its derivative by x is c y (y None: c); ``derivative``: that of a function by it.
    """

    def __init__(self, value, pairs=()):
        self.value, self.pairs, self.derivative = value, pairs, None


class Tape:
    """Emits arithmetic with ``b`` and notes it."""

    def __init__(self, b, vec):
        self.b, self.vec, self.numbers = b, vec, []

    def noted(self, value, *pairs):
        self.numbers.append(Number(value, pairs))
        return self.numbers[-1]

    def number(self, value):
        """What goes in."""
        return self.noted(value)

    def total(self, terms):
        """Sum of terms (c, x) = c x and (c, x, y) = c x y, c constant, in products 1 or -1; None if there is none."""
        total = None
        for c, x, *y in terms:
            total = self.plus_product(total, c, x, *y) if y else self.plus(total, c, x)
        return total

    def plus_product(self, z, c, x, y):
        """z + c x y, z None for 0, c = 1 or -1."""
        left = x.value if c > 0 else self.b.fneg(x.value)
        pairs = (c, y, x), (c, x, y)
        if z is None:
            return self.noted(self.b.fmul(left, y.value), *pairs)
        return self.noted(fma(self.b, left, y.value, z.value), (1, None, z), *pairs)

    def plus(self, z, c, x):
        """z + c x, z None for 0."""
        if z is None:
            if c == 1:
                return x
            value = self.b.fneg(x.value) if c == -1 else self.b.fmul(const(self.vec, c), x.value)
            return self.noted(value, (c, None, x))
        if c in (1, -1):
            value = (self.b.fadd if c > 0 else self.b.fsub)(z.value, x.value)
        else:
            value = fma(self.b, const(self.vec, c), x.value, z.value)
        return self.noted(value, (1, None, z), (c, None, x))

    def inverse(self, x):
        """1 / x."""
        y = self.noted(self.b.fdiv(const(self.vec, 1.0), x.value))
        y.pairs = ((-1, Number(self.b.fmul(y.value, y.value)), x),)
        return y

    def add_derivative(self, x, c, g, y):
        """Derivative by x += c g y (y None for 1)."""
        if y is not None and c in (1, -1):
            factor = y.value if c > 0 else self.b.fneg(y.value)
            x.derivative = self.b.fmul(factor, g) if x.derivative is None else fma(self.b, factor, g, x.derivative)
        elif c in (1, -1):
            if x.derivative is None:
                x.derivative = g if c > 0 else self.b.fneg(g)
            else:
                x.derivative = (self.b.fadd if c > 0 else self.b.fsub)(x.derivative, g)
        else:
            factor = const(self.vec, c)
            x.derivative = self.b.fmul(factor, g) if x.derivative is None else fma(self.b, factor, g, x.derivative)

    def pull(self, seeds):
        """Set ``derivative`` of what went in, from [(result, derivative of the function by it)]."""
        for x, value in seeds:
            self.add_derivative(x, 1, value, None)
        for z in reversed(self.numbers):
            if z.derivative is not None:
                for c, y, x in z.pairs:
                    self.add_derivative(x, c, z.derivative, y)
