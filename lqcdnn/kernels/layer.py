"""One gauge-covariant layer U' = exp(Q) U, Q = TA(Omega), Omega = C U^dag, and its pullback (physics.md 4).

C is a weighted sum of staples, kept for the pullback; ``plaquette_layer``, ``chair_layer``, ``polyakov_layer`` and
``paths`` add to it.  What the first two leave in ``far`` is added here, with its weights [d] (empty: there is nothing).

The derivative of sum Re tr(Lambda Omega) with respect to the links has two parts: that of the link in U^dag, which is
-C^dag Lambda, and that of the staples, which is the derivative of sum Re tr(C V^dag) at fixed V = -Lambda U; as a sum
over loops is the same whichever link it is opened at, the latter is (D C)^dag, D the derivative in direction V.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.exponential import TOGETHER, expm, expm_pair, group_end, groups
from lqcdnn.kernels.loops import all_plaquette_staples, ask_long
from lqcdnn.kernels.plaquette_layer import far_sum
from lqcdnn.kernels.simd import (
    add_scaled,
    ask_long_output,
    at,
    dag,
    load,
    member,
    multiply,
    multiply_both,
    place,
    put,
    redot,
    room,
    rooms,
    store,
    stream,
    ta,
)


@kernel
def rotate_by_staples(out, Z, X, keep, step, C, far, U, nbr, weight):
    """C of all terms, Z = keep X + step TA(C U^dag), out = exp(Z) U.

    Z may take the place of C, or of ``out``: then it is not kept.  With keep = 0 any X will do, without weights any
    ``far`` of rows that do not lie side by side, as those of ``lattice.pool.scratch_rows``: a type less to compile.
    """
    keep_Z = Z.ctypes.data != out.ctypes.data
    for mu in range(U.shape[0]):
        for group in prange(groups(U.shape[1])):
            T, E, first, last = room(U), rooms(U, TOGETHER), TOGETHER * group, group_end(U.shape[1], group)
            for s in range(first, last):
                total, Q = place(C, mu, s), member(E, s - first)
                if weight.size:
                    store(total, add_scaled(load(total), weight[mu], far_sum(far, nbr, mu, s)))
                multiply(T, total, dag(place(U, mu, s)))
                store(Q, step * ta(load(T)))
                if keep != 0.0:
                    store(Q, add_scaled(load(Q), keep, at(X, mu, s)))
            for s in range(first, last):
                Q = load(member(E, s - first))
                if keep_Z:
                    stream(Z, (mu, s), Q)
                store(member(E, s - first), expm(Q))
            for s in range(first, last):
                multiply(T, member(E, s - first), place(U, mu, s))
                stream(out, (mu, s), load(T))


@kernel
def rotate_by_whole_staples(out, Z, X, keep, step, C, U, nbr, order, weight):
    """The same with C_mu = weight_mu times the plaquette staples, which do not go through memory; C may be Z."""
    keep_Z, keep_C = Z.ctypes.data != out.ctypes.data, C.ctypes.data != Z.ctypes.data
    for i in prange(order.size):
        s, S, T, E = order[i], rooms(U, 4), room(U), rooms(U, 4)
        all_plaquette_staples(S, T, U, nbr, order, i, X, None, None)
        for mu in range(U.shape[0]):
            total, Q = member(S, mu), member(E, mu)
            store(total, weight[mu] * load(total))
            if keep_C:
                stream(C, (mu, s), load(total))
            multiply(T, total, dag(place(U, mu, s)))
            store(Q, step * ta(load(T)))
            if keep != 0.0:
                store(Q, add_scaled(load(Q), keep, at(X, mu, s)))
        for mu in range(U.shape[0]):
            Q = load(member(E, mu))
            if keep_Z:
                stream(Z, (mu, s), Q)
            store(member(E, mu), expm(Q))
        for mu in range(U.shape[0]):
            multiply(T, member(E, mu), place(U, mu, s))
            stream(out, (mu, s), load(T))


@kernel
def rotate_by_sum(out, Z, X, keep, step, U):
    """Z <- keep X + step Z, out = exp(Z) U; keep = 0: any X will do."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            Q = step * at(Z, mu, s)
            if keep != 0.0:
                Q = add_scaled(Q, keep, at(X, mu, s))
            stream(Z, (mu, s), Q)
            stream(out, (mu, s), expm(Q) @ at(U, mu, s))


@kernel
def pullback_exponential(Sigma, V, scaled, scale, Sigma_out, C, U):
    """Sigma = Sigma' e^Q - C^dag Lambda, V = -Lambda U, scaled_mu = scale_mu V_mu; Lambda = TA(L(Q, U Sigma')).

    The part of the derivative with fixed staples.  ``scaled`` may be V itself, which then holds the multiples.
    """
    keep_V = V.ctypes.data != scaled.ctypes.data
    for mu in range(U.shape[0]):
        for group in prange(groups(U.shape[1])):
            T = room(U)
            Q, M, E, D = rooms(U, TOGETHER), rooms(U, TOGETHER), rooms(U, TOGETHER), rooms(U, TOGETHER)
            first, last = TOGETHER * group, group_end(U.shape[1], group)
            for s in range(first, last):
                L, k = place(U, mu, s), s - first
                new = min(s + TOGETHER, U.shape[1] - 1)
                ask_long(C, mu, new)
                ask_long(U, mu, new)
                multiply(member(E, k), place(C, mu, s), dag(L))
                store(member(Q, k), ta(load(member(E, k))))
                multiply(member(M, k), L, place(Sigma_out, mu, s))
            for k in range(last - first):
                new = min(first + k + TOGETHER, U.shape[1] - 1)
                ask_long(Sigma_out, mu, new)
                ask_long_output(Sigma, mu, first + k)
                ask_long_output(V, mu, first + k)
                ask_long_output(scaled, mu, first + k)
                expm_pair(member(E, k), member(D, k), member(Q, k), member(M, k), U)
            for s in range(first, last):
                Lambda, VL, e = member(M, s - first), member(D, s - first), member(E, s - first)
                store(Lambda, -1.0 * ta(load(VL)))
                multiply_both(T, place(Sigma_out, mu, s), e, dag(place(C, mu, s)), Lambda)
                stream(Sigma, (mu, s), load(T))
                multiply(VL, Lambda, place(U, mu, s))
                if keep_V:
                    stream(V, (mu, s), load(VL))
                stream(scaled, (mu, s), scale[mu] * load(VL))


@kernel
def contract_staples(part, k, V, C, far, nbr, weight):
    """part[s, k, mu] = sum over a block of Re tr(V^dag C) = Re tr(Lambda C U^dag), V = -Lambda U.

    ``far`` is added to C, weighted as in :func:`rotate_by_staples`.
    """
    for s in prange(V.shape[1]):
        for mu in range(V.shape[0]):
            S = at(C, mu, s)
            if weight.size:
                S = add_scaled(S, weight[mu], far_sum(far, nbr, mu, s))
            part[s, k, mu] = redot(at(V, mu, s), S)


@kernel
def add_conjugate(Sigma, factor, C, far, nbr, weight):
    """Sigma_mu <- Sigma_mu + factor C_mu^dag, ``far`` added to C as in :func:`contract_staples`."""
    for mu in range(Sigma.shape[0]):
        for s in prange(Sigma.shape[1]):
            S = at(C, mu, s)
            if weight.size:
                S = add_scaled(S, weight[mu], far_sum(far, nbr, mu, s))
            put(Sigma, (mu, s), add_scaled(at(Sigma, mu, s), factor, dag(S)))
