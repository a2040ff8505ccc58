"""LLVM code shared by the operations on Mat, Lane and Site values.

No fast-math flag anywhere: contraction happens only where ``fma`` says so, sums over lanes are in a fixed
order, hence results do not depend on how a kernel was compiled (serial or parallel).
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from lqcdnn.kernels.compile import BOUNDS, CACHES, FAR
from lqcdnn.kernels.simd.types import I32, I64

CACHE_LINE = 64

LINKS = 2
"""One part of the caches in so many is what packed links find there: vectors and what others keep take the rest."""


def const(vec, x):
    return ir.Constant(vec, [x] * vec.count)


def splat(b, x, W):
    vec = ir.VectorType(x.type, W)
    one = b.insert_element(ir.Constant(vec, ir.Undefined), x, I32(0))
    return b.shuffle_vector(one, ir.Constant(vec, ir.Undefined), const(ir.VectorType(I32, W), 0))


def suffix(vec):
    element = "i32" if vec.element == I32 else "f64" if isinstance(vec.element, ir.DoubleType) else "f32"
    return f"v{vec.count}{element}"


def call(b, name, result, *args):
    declared = ir.FunctionType(result, [x.type for x in args])
    return b.call(cgutils.get_or_insert_function(b.module, declared, name), args)


def fma(b, x, y, z):
    return call(b, "llvm.fmuladd." + suffix(x.type), x.type, x, y, z)


def parts(b, t, value):
    """[(re, im)] vectors of a Mat value, row by row."""
    out = [(b.extract_value(value, 2 * k), b.extract_value(value, 2 * k + 1)) for k in range(t.stored)]
    return out + second_row(b, out) if t.quaternion else out


def second_row(b, first):
    """Second row of [[a, c], [-c*, a*]]."""
    (a, a_im), (c, c_im) = first
    return [(b.fneg(c), c_im), (a, b.fneg(a_im))]


def third_row(b, rows):
    """The cross product of two rows, conjugated: what the third row of an SU(3) matrix is, of f U times 1 / f."""
    row = []
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        (ar, ai), (br, bi), (cr, ci), (dr, di) = rows[i], rows[3 + j], rows[j], rows[3 + i]
        re = fma(b, ar, br, b.fneg(b.fmul(ai, bi)))
        im = fma(b, ar, bi, b.fmul(ai, br))
        re = fma(b, ci, di, fma(b, b.fneg(cr), dr, re))
        im = fma(b, b.fneg(ci), dr, fma(b, b.fneg(cr), di, im))
        row.append((re, b.fneg(im)))
    return row


def pack(b, t, pairs):
    """Mat value from [(re, im)] vectors of all its entries; of a quaternion, what the second row holds is dropped."""
    value = ir.Constant(t.llvm, ir.Undefined)
    for k, (re, im) in enumerate(pairs[: t.stored]):
        value = b.insert_value(b.insert_value(value, re, 2 * k), im, 2 * k + 1)
    return value


def sum_lanes(b, v):
    """Sum over lanes in double precision, as a balanced tree."""
    terms = [b.extract_element(v, I32(k)) for k in range(v.type.count)]
    if not isinstance(v.type.element, ir.DoubleType):
        terms = [b.fpext(x, ir.DoubleType()) for x in terms]
    while len(terms) > 1:
        terms = [b.fadd(x, y) for x, y in zip(terms[::2], terms[1::2])]
    return terms[0]


def element(ctx, b, array, value, index):
    """Pointer to ``array[index]``; with LQCDNN_BOUNDS=1 an index out of range raises IndexError."""
    struct = ctx.make_array(array)(ctx, b, value)
    if BOUNDS:
        for extent, i in zip(cgutils.unpack_tuple(b, struct.shape, array.ndim), index):
            bad = b.or_(b.icmp_signed("<", i, I64(0)), b.icmp_signed(">=", i, extent))
            with b.if_then(bad, likely=False):
                ctx.call_conv.return_user_exc(b, IndexError, ("site program: index out of range",))
    return cgutils.get_item_pointer(ctx, b, array, struct, index, wraparound=False)


def check_sites(ctx, b, array, value, x, axis=-1):
    """With LQCDNN_BOUNDS=1, site numbers (i32 lanes) outside the axis of blocks of ``array`` raise IndexError."""
    if BOUNDS:
        struct, W = ctx.make_array(array)(ctx, b, value), x.type.count
        extent = b.mul(cgutils.unpack_tuple(b, struct.shape, array.ndim)[axis], I64(W))
        for lane in range(W):
            site = b.sext(b.extract_element(x, I32(lane)), I64)
            with b.if_then(b.icmp_unsigned(">=", site, extent), likely=False):
                ctx.call_conv.return_user_exc(b, IndexError, ("site program: site out of range",))


def contiguous(b, x, W):
    """(first site, are the W sites one whole aligned block?)"""
    first = b.extract_element(x, I32(0))
    block = b.or_(splat(b, b.and_(first, I32(-W)), W), ir.Constant(ir.VectorType(I32, W), list(range(W))))
    same = b.bitcast(b.icmp_signed("==", x, block), ir.IntType(W))
    return first, b.icmp_signed("==", same, ir.IntType(W)(-1))


def later_lane(b, sites, step, kind):
    """The sites (one or a vector) ``step`` lanes after others in their blocks (``lane_after`` with a Site type)."""
    moved = b.xor(sites, step)
    if not kind.quartered:
        return moved
    shift, mask = (numbers_like(sites, number) for number in (kind.halved, (1 << kind.quartered) - 1))
    return b.xor(moved, b.and_(b.lshr(b.and_(sites, step), shift), mask))


def numbers_like(x, number):
    """The same number in each lane of a vector, or alone."""
    return const(x.type, number) if isinstance(x.type, ir.VectorType) else ir.Constant(x.type, number)


def exchanged(b, first, kind):
    """Site vector of the block that holds ``first``, with the lanes exchanged that bring this site to lane 0."""
    return later_lane(b, splat(b, first, kind.W), ir.Constant(kind.vec, list(range(kind.W))), kind)


def one_block(b, x, kind):
    """(first site, are the W sites one block with lanes exchanged?)"""
    first = b.extract_element(x, I32(0))
    same = b.bitcast(b.icmp_signed("==", x, exchanged(b, first, kind)), ir.IntType(kind.W))
    return first, b.icmp_signed("==", same, ir.IntType(kind.W)(-1))


def collect(b, pointers, vec):
    """Vector of the numbers at as many pointers."""
    out = ir.Constant(vec, ir.Undefined)
    for lane, p in enumerate(pointers):
        out = b.insert_element(out, b.load(p), I32(lane))
    return out


def beyond_caches(ctx, b, array, value, share=1):
    """Whether an array takes more than ``1 / share`` of the caches, so that it pays to ask early for what it holds."""
    return beyond(ctx, b, array, value, CACHES // share)


def beyond(ctx, b, array, value, size):
    """Whether an array takes so many bytes."""
    struct = ctx.make_array(array)(ctx, b, value)
    return b.icmp_unsigned(">=", b.mul(struct.nitems, struct.itemsize), I64(size))


def fence(b, pointers):
    """An empty instruction that might change any memory: what was read before it is read anew."""
    constraints = ["r"] * len(pointers) + ["~{memory}"]
    b.asm(ir.FunctionType(ir.VoidType(), [p.type for p in pointers]), "", ",".join(constraints), list(pointers), True)


def repeat(b, n, body):
    """A loop body(k), k = 0 ... n - 1, that stays a loop: repeated code is slow to compile and to fetch.

    The compiler is not told what n is, and body has to contain a :func:`fence`: else it would repeat the code.
    """
    end = b.asm(ir.FunctionType(I64, [I64]), "", "=r,0", [I64(n)], False)
    before, loop = b.block, b.append_basic_block("repeat")
    after = b.append_basic_block("repeated")
    b.branch(loop)
    b.position_at_end(loop)
    k = b.phi(I64)
    k.add_incoming(I64(0), before)
    body(k)
    following = b.add(k, I64(1))
    k.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", following, end), loop, after)
    b.position_at_end(after)


def align_stack(b):
    """Align the frame of the function like cache lines.

    Vectors for which there is no register go to the stack, which LLVM aligns only to 16 bytes if it finds this out when
    registers are allocated: every other one may straddle two lines, from call to call.
    """
    b.function.attributes.alignstack = 64
    b.function.attributes.add("nounwind")  # true, and llvmlite prints nothing of a set that is empty


def lines(b, p, size):
    """Pointers to the cache lines of ``size`` bytes at a pointer."""
    start = b.bitcast(p, ir.IntType(8).as_pointer())
    return [b.gep(start, [I64(offset)]) for offset in range(0, size, CACHE_LINE)]


def prefetch(b, p, cache=FAR):
    """Ask for the cache line at a pointer, which need not be valid, into a cache of ``kernels.compile``."""
    byte = ir.IntType(8).as_pointer()
    shape = ir.FunctionType(ir.VoidType(), [byte, I32, I32, I32])
    reading, locality, data = I32(0), I32(cache), I32(1)
    b.call(b.module.declare_intrinsic("llvm.prefetch", [byte], shape), [b.bitcast(p, byte), reading, locality, data])
