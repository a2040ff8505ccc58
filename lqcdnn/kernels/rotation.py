"""exp(eps P) U for all links of a block of sites.

For N = 3 each step is made for all directions before the next one: the numbers of one exponential wait for each other
for longer than the processor looks ahead, those of another direction need not.  X = eps P is not made: p1 and p2 take
the powers of eps.
"""

from __future__ import annotations

from numba.extending import overload

from lqcdnn.kernels.compile import device, inlined
from lqcdnn.kernels.exponential import LIMIT, expm, ring3, series3
from lqcdnn.kernels.simd import (
    any_above,
    ask,
    at,
    cplx,
    im,
    load,
    member,
    multiply_at,
    quadratic,
    re,
    rooms,
    square,
    store_above,
)
from lqcdnn.kernels.simd.hermitian import number_at, put_part
from lqcdnn.kernels.simd.types import mat_of


def rotate_links(U, P, eps, s):
    """U_mu <- exp(eps P_mu) U_mu on block s."""


@overload(rotate_links, inline="always")
def _rotate_links(U, P, eps, s):
    return _together if mat_of(U).n == 3 else _in_turns


@inlined
def in_turns(U, P, eps, s):
    """One exponential after the other, of any norm."""
    for mu in range(U.shape[0]):
        multiply_at(U, (mu, s), expm(eps * at(P, mu, s)))


@device
def in_turns_apart(U, P, eps, s):
    """As :func:`in_turns`; a function of its own, since its code would be in the way where it is rarely needed."""
    in_turns(U, P, eps, s)


def _in_turns(U, P, eps, s):
    in_turns(U, P, eps, s)


def _together(U, P, eps, s):
    squares, numbers, large, soon = rooms(U, 4), rooms(U, 4), False, min(s + 1, P.shape[1] - 1)
    for mu in range(U.shape[0]):
        X = at(P, mu, s)
        X2 = square(X)
        store_above(member(squares, mu), X2)
        a, g = ring3(X, X2)
        a = (eps * eps) * a
        put_part(member(numbers, mu), 0, 0, cplx(a, (eps * eps * eps) * g))
        large = large or any_above(-2.0 * a, LIMIT)
    if large:
        in_turns_apart(U, P, eps, s)
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
            multiply_at(U, (mu, s), E)
