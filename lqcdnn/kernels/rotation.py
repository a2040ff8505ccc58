"""Steps of the links: exp(eps P) U.

For N = 3 each step is made for all directions before the next one: the numbers of one exponential wait for each other
for longer than the processor looks ahead, those of another direction need not.  X = eps P is not made: p1 and p2 take
the powers of eps.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.exponential import LIMIT, expm, ring3, series3
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
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put_product(out, (mu, s), expm(eps * at(P, mu, s)), U)


@device
def large_in_turns(out, U, P, eps, s):
    """The same on one block of SU(3): rarely needed, and code that would be in the way."""
    for mu in range(U.shape[0]):
        put_product(out, (mu, s), expm(eps * at(P, mu, s)), U)


@kernel
def together(out, U, P, eps):
    """out <- exp(eps P) U for N = 3, step by step."""
    for s in prange(U.shape[1]):
        squares, numbers, large, soon = rooms(U, 4), rooms(U, 4), False, min(np.int64(s) + 1, P.shape[1] - 1)
        for mu in range(U.shape[0]):
            X = at(P, mu, s)
            X2 = square(X)
            store_above(member(squares, mu), X2)
            a, g = ring3(X, X2)
            a = (eps * eps) * a
            put_part(member(numbers, mu), 0, 0, cplx(a, (eps * eps * eps) * g))
            large = large or any_above(-2.0 * a, LIMIT)
        if large:
            large_in_turns(out, U, P, eps, s)
        else:
            for mu in range(U.shape[0]):
                ask(U, mu, s)
                ask(P, mu, soon)
                p = member(numbers, mu)
                ring = number_at(p, 0, 0)
                p0, p1, p2 = series3(re(ring), im(ring))
                put_part(p, 0, 0, p0)
                put_part(p, 0, 1, eps * p1)
                put_part(p, 0, 2, (eps * eps) * p2)
            for mu in range(U.shape[0]):
                p, X2 = member(numbers, mu), load(member(squares, mu))
                E = quadratic(number_at(p, 0, 0), number_at(p, 0, 1), number_at(p, 0, 2), at(P, mu, s), X2)
                put_product(out, (mu, s), E, U)


def update_links(out, U, P, eps):
    """out <- exp(eps P) U for links U and momenta P [d, block]; out may be U itself."""
    (together if U.dtype["c"].shape[0] == 3 else in_turns)(out, U, P, eps)
