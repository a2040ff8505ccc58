"""Reverse derivatives of straight-line code: what is computed is noted, and gone through backwards.

While code is emitted, a ``Tape`` notes each operation on vectors of lanes; ``pull`` emits the code that has, of any
function of the results, the derivatives by all that went in.  It costs two operations for each that is noted.
"""

from __future__ import annotations

from lqcdnn.kernels.simd.emit import const, fma


class Number:
    """One real number for each lane; ``pairs``: the (factor, Number) of its derivatives, ``adjoint`` of a function."""

    def __init__(self, value, pairs=()):
        self.value, self.pairs, self.adjoint = value, pairs, None


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
        """Sum of terms (c, x, y) = c x y and (c, x) = c x, c a constant; products with c = 1 or -1 alone."""
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

    def add_adjoint(self, x, c, g, y):
        """Adjoint of x += c g y (y None for 1)."""
        if y is not None and c in (1, -1):
            factor = y.value if c > 0 else self.b.fneg(y.value)
            x.adjoint = self.b.fmul(factor, g) if x.adjoint is None else fma(self.b, factor, g, x.adjoint)
        elif c in (1, -1):
            if x.adjoint is None:
                x.adjoint = g if c > 0 else self.b.fneg(g)
            else:
                x.adjoint = (self.b.fadd if c > 0 else self.b.fsub)(x.adjoint, g)
        else:
            factor = const(self.vec, c)
            x.adjoint = self.b.fmul(factor, g) if x.adjoint is None else fma(self.b, factor, g, x.adjoint)

    def pull(self, seeds):
        """Set ``adjoint`` of what went in, from [(result, derivative of the function by it)]."""
        for x, value in seeds:
            self.add_adjoint(x, 1, value, None)
        for z in reversed(self.numbers):
            if z.adjoint is not None:
                for c, y, x in z.pairs:
                    self.add_adjoint(x, c, z.adjoint, y)
