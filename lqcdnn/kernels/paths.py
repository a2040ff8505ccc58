"""Sums of products of links along paths given as data: any loop class, any weights, and their derivative.

A program is an int32 array [row, 4] of instructions (op, direction, term, weight_direction):

FORWARD, BACKWARD   multiply by U_mu(x) and go to x + mu; go to x - mu and multiply by U_mu(x)^dag.  For derivatives
                    term and weight_direction are those of the link when it is the one whose staple is meant
PHASE               multiply by the complex number weight[term, 0] + i weight[term, 1]; of SU(2), whose centre is real,
                    by its real part.  Not for derivatives
END                 add the path (times its weight) to the result and start again

Weights are ``weight[term, weight_direction]``.  ``start[mu]`` to ``start[mu + 1]`` are the instructions of mu.
"""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.linalg import times
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    at,
    dag,
    hop,
    load,
    multiply,
    one,
    place,
    put,
    room,
    sites,
    store,
    tr,
    zero,
)
from lqcdnn.kernels.simd.places import crowded
from lqcdnn.kernels.simd.types import mat_of

FORWARD, BACKWARD, END, PHASE = 0, 1, 2, 3


def turned(re, im, X):
    """(re + i im) X, of quaternions re X."""


@overload(turned, jit_options={"error_model": "numpy"})
def turned_matrix(re, im, X):
    return real_multiple if X.quaternion else complex_multiple


def real_multiple(re, im, X):
    """:func:`turned` of quaternions."""
    return re * X


def complex_multiple(re, im, X):
    """:func:`turned` of other matrices."""
    return times(re, im, X)


def path_sum(U, nbr, program, weight, first, last, s):
    """Sum over the paths of program[first:last] from block s of weight x product of links."""


@overload(path_sum, jit_options={"error_model": "numpy"})
def path_sum_of_size(U, nbr, program, weight, first, last, s):
    return sum_in_memory if crowded(mat_of(U)) else sum_in_registers


def sum_in_memory(U, nbr, program, weight, first, last, s):
    """:func:`path_sum` of matrices that crowd the registers."""
    d = U.shape[0]
    total, X, x, fresh = room(U), room(U), sites(nbr, s), True
    store(total, zero(U))
    for i in range(first, last):
        op, mu = program[i, 0], program[i, 1]
        if op == END:
            store(total, add_scaled(load(total), weight[program[i, 2], program[i, 3]], load(X)))
            x, fresh = sites(nbr, s), True
        elif op == FORWARD:
            ahead = place(U, mu, x)
            x = hop(nbr, mu, x)
            if fresh:
                store(X, load(ahead))
            else:
                multiply(X, X, ahead)
            fresh = False
        elif op == BACKWARD:
            x = hop(nbr, d + mu, x)
            back = dag(place(U, mu, x))
            if fresh:
                store(X, load(back))
            else:
                multiply(X, X, back)
            fresh = False
        else:
            store(X, turned(weight[program[i, 2], 0], weight[program[i, 2], 1], load(X)))
    return load(total)


def sum_in_registers(U, nbr, program, weight, first, last, s):
    """:func:`path_sum` of small matrices."""
    d = U.shape[0]
    total, X, x, fresh = zero(U), one(U), sites(nbr, s), True
    for i in range(first, last):
        op, mu = program[i, 0], program[i, 1]
        if op == END:
            total = add_scaled(total, weight[program[i, 2], program[i, 3]], X)
            x, fresh = sites(nbr, s), True
        elif op == PHASE:
            X = turned(weight[program[i, 2], 0], weight[program[i, 2], 1], X)
        else:
            if op == FORWARD:
                L = at(U, mu, x)
                x = hop(nbr, mu, x)
            else:
                x = hop(nbr, d + mu, x)
                L = dag(at(U, mu, x))
            X = L if fresh else X @ L
            fresh = False
    return total


@kernel
def add_path_sums(C, U, nbr, program, start, weight):
    """C_mu(n) <- C_mu(n) + sum of weighted paths of direction mu from n."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put(C, (mu, s), at(C, mu, s) + path_sum(U, nbr, program, weight, start[mu], start[mu + 1], s))


@kernel
def path_traces(out, U, nbr, program, start, weight):
    """out[p, s] = tr of the sum of weighted closed paths from n of the p-th part of a program."""
    for s in prange(U.shape[1]):
        for p in range(out.shape[0]):
            put(out, (p, s), tr(path_sum(U, nbr, program, weight, start[p], start[p + 1], s)))


@device
def path_derivative(U, V, nbr, program, weight, first, last, s):
    """Derivative of :func:`path_sum` in the direction dU_mu = weight V_mu, the weight that of the step's row."""
    d = U.shape[0]
    total, X, D, x, fresh = room(U), room(U), room(U), sites(nbr, s), True
    store(total, zero(U))
    for i in range(first, last):
        op, mu = program[i, 0], program[i, 1]
        if op == END:
            store(total, load(total) + load(D))
            x, fresh = sites(nbr, s), True
            continue
        w, inner = weight[program[i, 2], program[i, 3]], program[i + 1, 0] != END
        if op == FORWARD:
            L, dL = place(U, mu, x), place(V, mu, x)
            x = hop(nbr, mu, x)
            if fresh:
                store(X, load(L))
                store(D, w * load(dL))
            else:
                multiply(D, D, L)
                add_multiply(D, w, X, dL)
                if inner:
                    multiply(X, X, L)
        else:
            x = hop(nbr, d + mu, x)
            L, dL = dag(place(U, mu, x)), dag(place(V, mu, x))
            if fresh:
                store(X, load(L))
                store(D, w * load(dL))
            else:
                multiply(D, D, L)
                add_multiply(D, w, X, dL)
                if inner:
                    multiply(X, X, L)
        fresh = False
    return load(total)


@kernel
def add_path_derivatives(Sigma, V, U, nbr, program, start, weight):
    """Sigma_mu <- Sigma_mu + (derivative of the sum of weighted paths)^dag, see :func:`path_derivative`."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            D = path_derivative(U, V, nbr, program, weight, start[mu], start[mu + 1], s)
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(D))
