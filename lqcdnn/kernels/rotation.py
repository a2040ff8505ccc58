"""Steps of the links: exp(eps P) U, link after link as they lie in memory.

For N = 3 each step is made for some links before the next one: the numbers of one exponential wait for each other for
longer than the processor looks ahead, those of another link need not.  X = eps P is not made: p1 and p2 take the powers
of eps.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.exponential import LIMIT, TOGETHER, expm, group_end, groups, ring3, series3
from lqcdnn.kernels.simd import (
    any_above,
    ask,
    at,
    cplx,
    im,
    load,
    member,
    put_product,
    quadratic,
    re,
    rooms,
    square,
    store_above,
)
from lqcdnn.kernels.simd.hermitian import number_at, put_part


@kernel
def in_turns(out, U, P, eps):
    """out <- exp(eps P) U, one exponential after the other."""
    out, U, P = out.reshape(out.size), U.reshape(U.size), P.reshape(P.size)
    for i in prange(out.size):
        put_product(out, (i,), expm(eps * at(P, i)), U)


@device
def large_in_turns(out, U, P, eps, first, last):
    """The same for some links of SU(3): rarely needed, and code that would be in the way."""
    for i in range(first, last):
        put_product(out, (i,), expm(eps * at(P, i)), U)


@kernel
def together(out, U, P, eps):
    """out <- exp(eps P) U for N = 3, step by step."""
    out, U, P = out.reshape(out.size), U.reshape(U.size), P.reshape(P.size)
    for group in prange(groups(out.size)):
        first, last = TOGETHER * group, group_end(out.size, group)
        squares, numbers, large = rooms(U, TOGETHER), rooms(U, TOGETHER), False
        for i in range(first, last):
            ask(U, i)
            X = at(P, i)
            X2 = square(X)
            store_above(member(squares, i - first), X2)
            a, g = ring3(X, X2)
            a = (eps * eps) * a
            put_part(member(numbers, i - first), 0, 0, cplx(a, (eps * eps * eps) * g))
            large = large or any_above(-2.0 * a, LIMIT)
        if large:
            large_in_turns(out, U, P, eps, first, last)
        else:
            for i in range(first, last):
                ask(P, min(i + TOGETHER, out.size - 1))
                p = member(numbers, i - first)
                ring = number_at(p, 0, 0)
                p0, p1, p2 = series3(re(ring), im(ring))
                put_part(p, 0, 0, p0)
                put_part(p, 0, 1, eps * p1)
                put_part(p, 0, 2, (eps * eps) * p2)
            for i in range(first, last):
                p, X2 = member(numbers, i - first), load(member(squares, i - first))
                E = quadratic(number_at(p, 0, 0), number_at(p, 0, 1), number_at(p, 0, 2), at(P, i), X2)
                put_product(out, (i,), E, U)


def update_links(out, U, P, eps):
    """out <- exp(eps P) U for links U and momenta P [d, block]; out may be U itself."""
    (together if U.dtype["c"].shape[0] == 3 else in_turns)(out, U, P, eps)
