"""The even-odd operator of two Wilson or clover flavours that a mass term mixes: site terms around the hop of each.

M = T - K on both flavours, T = A + i m gamma_5 tau_3 + e tau_1 with A = 1 or the clover term, K as in ``wilson``.  A
commutes with the rest, (i m gamma_5 tau_3 + e tau_1)^2 = e^2 - m^2, hence

    T^-1 = (A - i m gamma_5 tau_3 - e tau_1) (A^2 + m^2 - e^2)^-1.

T is given as (1, m, e) or (A, m, e), its inverse as (1 / (1 + m^2 - e^2), -m, -e) or (A, (A^2 + m^2 - e^2)^-1, -m, -e):
in all of them what multiplies both flavours comes first, and applies to the mass terms too.  M^dag has -m, and K^dag.

Vectors of both flavours on the even sites are one field [block]: the second flavour stands where odd sites would.
"""

from __future__ import annotations

from numba import prange, types
from numba.extending import overload

from lqcdnn.kernels.compile import START, driver, kernel
from lqcdnn.kernels.links import ordered_sum
from lqcdnn.kernels.simd import at, load, place, put, room, store
from lqcdnn.kernels.simd.hermitian import multiply_chiral
from lqcdnn.kernels.simd.twistedmass import add_flavors
from lqcdnn.kernels.wilson import hopping, massive_hopping


def mix_site(out, second, T, x, y, s, side):
    """(out, second) = T (x, y) on block s, T or T^-1; fields of the first and the second flavour, or the same."""


@overload(mix_site, inline="always")
def mix_site_of_kind(out, second, T, x, y, s, side):
    def number(out, second, T, x, y, s, side):
        u, v = room(x), room(x)
        store(u, T[0] * at(x, s))
        store(v, T[0] * at(y, s))
        add_flavors(place(out, s), u, u, side * T[1], v, T[2])
        add_flavors(place(second, s), v, v, -side * T[1], u, T[2])

    def clover(out, second, T, x, y, s, side):
        u, v, w = room(x), room(x), room(x)
        multiply_chiral(u, T[0], s, place(x, s))
        multiply_chiral(v, T[0], s, place(y, s))
        add_flavors(w, u, place(x, s), side * T[1], place(y, s), T[2])
        add_flavors(place(second, s), v, place(y, s), -side * T[1], place(x, s), T[2])
        put(out, s, load(w))

    def inverse(out, second, T, x, y, s, side):
        u, v, w = room(x), room(x), room(x)
        multiply_chiral(u, T[1], s, place(x, s))
        multiply_chiral(v, T[1], s, place(y, s))
        multiply_chiral(w, T[0], s, u)
        add_flavors(place(out, s), w, u, side * T[2], v, T[3])
        multiply_chiral(w, T[0], s, v)
        add_flavors(place(second, s), w, v, -side * T[2], u, T[3])

    if not isinstance(T[0], types.Array):
        return number
    return clover if len(T) == 3 else inverse


@kernel
def mix(out, second, T, x, y, side, first, last):
    """(out, second) = T (x, y) or T^dag (x, y) on blocks first <= s < last."""
    for s in prange(first, last):
        mix_site(out, second, T, x, y, s, side)


@driver
def odd_flavors(out, second, inverse, W, x, y, nbr, side, half):
    """(out, second) = T_o^-1 K_oe (x, y) (``side`` 1.0) or that of M^dag (-1.0) on the odd sites."""
    hopping(out, None, W, x, nbr, side, half, 2 * half)
    hopping(second, None, W, y, nbr, side, half, 2 * half)
    mix(out, second, inverse, out, second, side, half, 2 * half)


@driver
def even_operator(part, out, t, u, T, inverse, W, x, nbr, side, half):
    """out = Mhat x (``side`` 1.0) or Mhat^dag x (-1.0) of both flavours on even sites; t and u are work space, the odd
    sites of each flavour; returns |out|^2.
    """
    odd_flavors(t, u, inverse, W, x, x[half:], nbr, side, half)
    mix(out, out[half:], T, x, x[half:], side, START, half)
    massive_hopping(part, out, None, W, out, t, nbr, side, START, half)
    massive_hopping(part[half:], out[half:], None, W, out[half:], u, nbr, side, START, half)
    return ordered_sum(part)
