"""The algebra of SU(2) as vectors.

What a field of SU(2) links stores are the components of a quaternion q0 + q1 i + q2 j + q3 k, in this order; traceless
antihermitian matrices are those with q0 = 0: a ``Vector``, three numbers for each of W sites.  For two of them
u v = -u.v + u x v.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model

from lqcdnn.kernels.simd.algebra import operator_on
from lqcdnn.kernels.simd.emit import align_stack, const, fma
from lqcdnn.kernels.simd.types import I64, Lane, mat_of


class Vector(types.Type):
    """Three real numbers for each of W sites."""

    def __init__(self, real, W):
        self.real, self.W = real, W
        super().__init__(f"Vector({real},{W})")

    @property
    def vec(self):
        return Lane(self.real, self.W).vec


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, t):
        super().__init__(dmm, t, ir.ArrayType(t.vec, 3))


def components(b, value, first=0):
    """Three components of a value from the ``first`` on."""
    return [b.extract_value(value, first + k) for k in range(3)]


def packed(b, found):
    """Value of three components."""
    value = ir.Constant(ir.ArrayType(found[0].type, 3), ir.Undefined)
    for k, v in enumerate(found):
        value = b.insert_value(value, v, k)
    return value


def both(x, y):
    return x if isinstance(x, Vector) and x == y else None


@operator_on([operator.add], both)
def add(ctx, b, sig, args):
    return packed(b, [b.fadd(x, y) for x, y in zip(*(components(b, v) for v in args))])


@operator_on([operator.sub], both)
def sub(ctx, b, sig, args):
    return packed(b, [b.fsub(x, y) for x, y in zip(*(components(b, v) for v in args))])


@operator_on([operator.mul], lambda x, v: v if isinstance(x, Lane) and isinstance(v, Vector) else None)
def multiple(ctx, b, sig, args):
    return packed(b, [b.fmul(args[0], v) for v in components(b, args[1])])


lower_builtin(operator.add, Vector, Vector)(add)
lower_builtin(operator.sub, Vector, Vector)(sub)
lower_builtin(operator.mul, Lane, Vector)(multiple)


def cross_product(b, start, u, v):
    """start + u x v (``start`` None: 0)."""
    out = []
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        first = b.fmul(u[i], v[j]) if start is None else fma(b, u[i], v[j], start[k])
        out.append(fma(b, b.fneg(u[j]), v[i], first))
    return out


@intrinsic
def scalar(tyctx, q):
    """q0 of a quaternion, half its trace, as a Lane."""
    return q.lane(q), lambda ctx, b, sig, args: b.extract_value(args[0], 0)


@intrinsic
def imaginary(tyctx, q):
    """The vector of a quaternion, its traceless antihermitian part."""
    return Vector(q.real, q.W)(q), lambda ctx, b, sig, args: packed(b, components(b, args[0], 1))


@intrinsic
def quaternion(tyctx, array, x, v):
    """x + v as a matrix of a field, of a Lane and a Vector."""
    t = mat_of(array)

    def gen(ctx, b, sig, args):
        value = ir.Constant(t.llvm, ir.Undefined)
        for k, y in enumerate([args[1], *components(b, args[2])]):
            value = b.insert_value(value, y, k)
        return value

    return t(array, x, v), gen


@intrinsic
def add_times(tyctx, start, x, v):
    """start + x v, x a Lane."""

    def gen(ctx, b, sig, args):
        return packed(b, [fma(b, args[1], y, z) for y, z in zip(components(b, args[2]), components(b, args[0]))])

    return v(start, x, v), gen


@intrinsic
def cross(tyctx, u, v):
    """u x v, half the commutator."""
    return v(u, v), lambda ctx, b, sig, args: packed(b, cross_product(b, None, *(components(b, x) for x in args)))


@intrinsic
def add_cross(tyctx, start, u, v):
    """start + u x v."""
    return v(start, u, v), lambda ctx, b, sig, args: packed(b, cross_product(b, *(components(b, x) for x in args)))


@intrinsic
def dot(tyctx, u, v):
    """u.v, as a Lane."""

    def gen(ctx, b, sig, args):
        (x0, x1, x2), (y0, y1, y2) = components(b, args[0]), components(b, args[1])
        return fma(b, x0, y0, fma(b, x1, y1, b.fmul(x2, y2)))

    return Lane(v.real, v.W)(u, v), gen


def turn(b, q, value, back):
    """q v q^dag, or q^dag v q: v + q0 t + u x t with t = 2 u x v for the vector u of q, or minus it.

    2 u is the same for all that q turns.
    """
    u, v, two = components(b, q, 1), components(b, value), const(value.type.element, 2.0)
    twice = [b.fmul(two, x) for x in u]
    t = cross_product(b, None, v, twice) if back else cross_product(b, None, twice, v)
    start = [fma(b, b.extract_value(q, 0), x, y) for x, y in zip(t, v)]
    return packed(b, cross_product(b, start, t, u) if back else cross_product(b, start, u, t))


@intrinsic
def turned(tyctx, q, v):
    """q v q^dag for a quaternion of norm 1."""
    return v(q, v), lambda ctx, b, sig, args: turn(b, *args, False)


@intrinsic
def turned_back(tyctx, q, v):
    """q^dag v q for a quaternion of norm 1."""
    return v(q, v), lambda ctx, b, sig, args: turn(b, *args, True)


@intrinsic
def store_vector(tyctx, where, v):
    """Put a vector at a place of a quaternion, whose q0 stays what it is."""

    def gen(ctx, b, sig, args):
        align_stack(b)
        for k, x in enumerate(components(b, args[1])):
            b.store(x, b.gep(args[0], [I64(k + 1)])).align = where.mat.itemsize
        return ctx.get_dummy_value()

    return types.void(where, v), gen
