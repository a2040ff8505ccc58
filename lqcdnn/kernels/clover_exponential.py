"""Exponentials of the clover term's exponent and their derivative (physics.md 3.2).

exp(+-E) of hermitian matrices E[s, chirality], stored as in ``simd.hermitian``, by Taylor's series of exp(E / 2^n),
squared n times.  The series is summed four powers at once (M. S. Paterson, L. J. Stockmeyer, SIAM J. Comput. 2 (1973)
60): with X, X^2, X^3, X^4 at hand

    p = B_0 + X^4 (B_1 + X^4 (B_2 + ...)),   B_j = c_4j + c_4j+1 X + c_4j+2 X^2 + c_4j+3 X^3.

So all there is to do are products, given as a program (``dirac.clover.taylor_series``), and the derivative in a
direction D is the same differentiated along (A. H. Al-Mohy, N. J. Higham, SIAM J. Matrix Anal. Appl. 30 (2009) 1639).
All products are hermitian: what is below the diagonal is not computed again.  No eigenvalues, no quotients: nothing is
special where eigenvalues coincide.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import inlined, kernel
from lqcdnn.kernels.simd import add_scaled, at, colors, component, dag, member, one_like, zero_like
from lqcdnn.kernels.simd.hermitian import (
    fold,
    half_row_at,
    halves,
    hermitian_room,
    hermitian_rooms,
    number_at,
    order,
    part_at,
    put_part,
    row_at,
    unfold,
)

ROOMS = 6
"""Matrices of a series: four powers, the sum and a product."""
FULL = 2
"""The step with which all powers are known."""


@inlined
def mirror(Z, width):
    """What is left of the columns from ``width`` on, from what is above the diagonal."""
    for i in range(width, order(Z)):
        for j in range(width):
            put_part(Z, i, j, dag(number_at(Z, j, i)))


@inlined
def product(Z, X, Y):
    """Z = X Y of hermitian matrices that commute."""
    n = order(Z)
    width = n // halves(Z)
    for i in range(n):
        for h in range(i // width, halves(Z)):
            row = zero_like(half_row_at(Y, 0, h))
            for k in range(n):
                row = row + number_at(X, i, k) @ half_row_at(Y, k, h)
            put_part(Z, i, h * width, row)
    mirror(Z, width)


@inlined
def sum_of_products(Z, X, Y, V, W):
    """Z = X Y + V W where that is hermitian."""
    n = order(Z)
    width = n // halves(Z)
    for i in range(n):
        for h in range(i // width, halves(Z)):
            row = zero_like(half_row_at(Y, 0, h))
            for k in range(n):
                row = row + number_at(X, i, k) @ half_row_at(Y, k, h)
                row = row + number_at(V, i, k) @ half_row_at(W, k, h)
            put_part(Z, i, h * width, row)
    mirror(Z, width)


@inlined
def combine(Z, T, first, coefficients, j, unit):
    """Z = T + coefficients[j, 0] unit + sum_k coefficients[j, k] X_k, k = 1, 2, 3, X_k in rooms from ``first`` on."""
    X, X2, X3 = member(first, 0), member(first, 1), member(first, 2)
    for i in range(order(Z)):
        row = add_scaled(row_at(T, i), coefficients[j, 1], row_at(X, i))
        row = add_scaled(add_scaled(row, coefficients[j, 2], row_at(X2, i)), coefficients[j, 3], row_at(X3, i))
        put_part(Z, i, 0, row)
        entry = number_at(Z, i, i)
        put_part(Z, i, i, add_scaled(entry, unit * coefficients[j, 0], one_like(entry)))


@inlined
def clear(Z):
    """Z = 0."""
    for i in range(order(Z)):
        put_part(Z, i, 0, zero_like(row_at(Z, i)))


@kernel
def exponentials(out, E, program, coefficients, first, last):
    """out = exp(E) on blocks first <= s < last, or exp(-E), by the ``program`` and ``coefficients`` of a series.

    Step i is room[program[i, 0]] = room[program[i, 1]] room[program[i, 2]]; the rooms are X, X^2, X^3, X^4, p and t, 0
    at first.  From step ``FULL`` on p = t + a combination of 1 and the first three follows, with its ``coefficients``.
    """
    for s in prange(first, last):
        rooms = hermitian_rooms(E, ROOMS)
        X, P, T = member(rooms, 0), member(rooms, 4), member(rooms, 5)
        for chirality in range(2):
            unfold(X, E, s, chirality)
            clear(T)
            for i in range(program.shape[0]):
                Z = member(rooms, program[i, 0])
                product(Z, member(rooms, program[i, 1]), member(rooms, program[i, 2]))
                if i >= FULL:
                    combine(P, T, rooms, coefficients, i - FULL, 1.0)
            fold(out, s, chirality, P)


@kernel
def differentiate_exponentials(out, G, E, program, coefficients):
    """out = int_0^1 exp(x E) G exp((1 - x) E) dx: Re tr (G d exp(E)) = Re tr (out dE); out may be G.

    Each step of :func:`exponentials` is differentiated along, in rooms of their own.
    """
    for s in prange(G.shape[0]):
        rooms, changes = hermitian_rooms(E, ROOMS), hermitian_rooms(E, ROOMS)
        X, P, T = member(rooms, 0), member(rooms, 4), member(rooms, 5)
        D, L, R = member(changes, 0), member(changes, 4), member(changes, 5)
        for chirality in range(2):
            unfold(X, E, s, chirality)
            unfold(D, G, s, chirality)
            clear(T)
            clear(R)
            for i in range(program.shape[0]):
                z, a, b = program[i, 0], program[i, 1], program[i, 2]
                A, B = member(rooms, a), member(rooms, b)
                sum_of_products(member(changes, z), member(changes, a), B, A, member(changes, b))
                product(member(rooms, z), A, B)
                if i >= FULL:
                    combine(P, T, rooms, coefficients, i - FULL, 1.0)
                    combine(L, R, changes, coefficients, i - FULL, 0.0)
            fold(out, s, chirality, L)


@kernel
def add_outer_products(G, X, Y, factor):
    """G += factor times the hermitian part of X Y^dag for each chirality: Re tr (G H) grows by factor Re Y^dag H X."""
    for s in prange(G.shape[0]):
        M, x, y = hermitian_room(G), at(X, s), at(Y, s)
        n = colors(x)
        half = order(M) // n
        for chirality in range(2):
            unfold(M, G, s, chirality)
            for a in range(half):
                for b in range(a, half):
                    p, q = chirality * half + a, chirality * half + b
                    T = component(x, p) @ dag(component(y, q)) + component(y, p) @ dag(component(x, q))
                    put_part(M, a * n, b * n, add_scaled(part_at(M, a * n, b * n, T), 0.5 * factor, T))
            fold(G, s, chirality, M)
