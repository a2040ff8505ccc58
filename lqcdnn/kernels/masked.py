"""One masked update of a field transformation, its inverse and its pullback (physics.md 10).

The links of direction mu on the sites of one parity are turned, U'_mu(n) = exp(Q) U_mu(n), Q = TA(W), W = w C U^dag
with C the plaquette staples; no staple contains another of these links, so that all turn at once, the Jacobian is a
product over links (``jacobian``), and C is the same before and after.  The sites are those of the blocks [first, last):
even sites come first (``lattice.geometry``).  The weight w is a number, or one for each site: the last row of a field
of 1 x 1 matrices (``localweights``).

For the pullback, dS = sum Re tr(K dW) over the turned links, with K = TA(L(Q, U Sigma')) + (factor times the gradient
of log J by W).  From W = w C U^dag: Sigma = Sigma' e^Q + w C^dag K^dag of the turned link, and Re tr(Z^dag dC) with
Z = w K^dag U for the links of its staples.  Each plaquette of a plane with mu has exactly one turned link.
"""

from __future__ import annotations

from numba import prange, types
from numba.extending import overload

from lqcdnn.kernels.compile import CACHES, driver, inner
from lqcdnn.kernels.exponential import expm, expm_pair
from lqcdnn.kernels.jacobian import log_jacobian, log_jacobian_pair
from lqcdnn.kernels.loops import EARLY, following, next_block, plaquette_staples
from lqcdnn.kernels.simd import (
    add_multiply,
    add_scaled,
    ask,
    at,
    cplx,
    dag,
    hop,
    lane_max,
    lane_sum,
    load,
    multiply,
    multiply_both,
    norm2,
    place,
    put,
    re,
    redot,
    redots,
    room,
    store,
    ta,
    tr,
    zero,
    zero_like,
)

ROUNDS = 100_000
"""Most steps of the iteration of :func:`turn_back`.  Each multiplies the error by 2 (d - 1) |w| at most, which is below
1 but may be close to it.
"""
FAR = CACHES // 8
"""Bytes of the links from which on what :func:`pull_staples` reads is asked for."""

ENOUGH, ROUNDING = 2e-30, 1e-26
"""Squares of changes of a link: one that is rounding, and one from which on changes that do not shrink are."""


def weight_at(weight, s):
    """The weight of a block: the number, or a Lane of the last row of a field."""


@overload(weight_at, inline="always")
def _weight_at(weight, s):
    return _same if isinstance(weight, types.Float) else _of_site


def _same(weight, s):
    return weight


def _of_site(weight, s):
    return re(tr(at(weight, weight.shape[0] - 1, s)))


def note_derivative(part, first, s, X, Y):
    """Re tr(X^dag Y), the derivative by w: its sum over a block as part[s - first], or in the last row of a field."""


@overload(note_derivative, inline="always")
def _note_derivative(part, first, s, X, Y):
    return _note_sum if isinstance(part.dtype, types.Float) else _note_each


def _note_sum(part, first, s, X, Y):
    part[s - first] = redot(X, Y)


def _note_each(part, first, s, X, Y):
    found = redots(X, Y)
    put(part, (part.shape[0] - 1, s), cplx(found, zero_like(found)))


@inner
def turn(logs, U, nbr, first, last, mu, weight):
    """Turn the links in place; logs[s - first] = sum of log J over a block, unless ``logs`` is empty."""
    for s in prange(first, last):
        T, W = room(U), room(U)
        store(T, weight_at(weight, s) * plaquette_staples(U, nbr, mu, s, next_block(U, s), None))
        multiply(W, T, dag(place(U, mu, s)))
        if logs.size:
            logs[s - first] = lane_sum(log_jacobian(W, U))
        put(U, (mu, s), expm(ta(load(W))) @ at(U, mu, s))


@inner
def turn_back(failed, U, nbr, first, last, mu, weight):
    """Undo :func:`turn` in place by iterating U = exp(-TA(w C U^dag)) U'; failed[s - first] = 1 where it goes on."""
    for s in prange(first, last):
        T, W, X, C = room(U), room(U), room(U), room(U)
        store(C, weight_at(weight, s) * plaquette_staples(U, nbr, mu, s, next_block(U, s), None))
        store(X, at(U, mu, s))
        change, before, rounds = 1.0, 2.0, 0
        while change > ENOUGH and (change < before or change > ROUNDING) and rounds < ROUNDS:
            multiply(W, C, dag(X))
            store(T, expm(-1.0 * ta(load(W))) @ at(U, mu, s))
            before = change
            change = lane_max(norm2(add_scaled(load(T), -1.0, load(X))))
            store(X, load(T))
            rounds += 1
        failed[s - first] = 0 if change <= ROUNDING else 1
        put(U, (mu, s), load(X))


@inner
def pull_turned(part, Sigma, Z, U, nbr, first, last, mu, weight, factor):
    """Sigma of the turned links from their Sigma', in place, with ``factor`` times the gradient of log J; Z as above.

    U are the links before they are turned; the derivative by w, Re tr(K C U^dag), goes to ``part``, as
    :func:`note_derivative` says.
    """
    for s in prange(first, last):
        T, C, W, Q, M, E, K, G = room(U), room(U), room(U), room(U), room(U), room(U), room(U), room(U)
        link, above, soon = place(U, mu, s), place(Sigma, mu, s), next_block(U, s)
        ask(Sigma, mu, soon)
        ask(Z, mu, soon)
        store(C, plaquette_staples(U, nbr, mu, s, soon, None))
        multiply(T, C, dag(link))
        store(W, weight_at(weight, s) * load(T))
        store(Q, ta(load(W)))
        multiply(M, link, above)
        expm_pair(E, K, Q, M, U)
        store(K, ta(load(K)))
        if factor != 0.0:
            log_jacobian_pair(G, W, U)
            store(K, add_scaled(load(K), factor, load(G)))
        note_derivative(part, first, s, load(dag(K)), load(T))
        store(G, weight_at(weight, s) * load(dag(K)))
        multiply(place(Z, mu, s), G, link)
        multiply_both(T, above, E, dag(C), G)
        put(Sigma, (mu, s), load(T))


@inner
def pull_staples(Sigma, Z, U, nbr, order, first, last, mu):
    """Sigma of the links in the staples of the turned ones += the derivative of sum Re tr(Z^dag C).

    Z[mu] is that of all staples; with 2 d rows Z[nu] is that of the upper one in the plane with nu, Z[d + nu] of the
    lower one.  The order of the blocks matters for speed alone (``Lattice.planes``).
    """
    d, far, each = U.shape[0], U.nbytes > FAR, Z.shape[0] > U.shape[0]
    for i in prange(order.size):
        s, T, A, B = order[i], room(U), room(U), room(U)
        ahead, behind, turned = hop(nbr, mu, s), hop(nbr, d + mu, s), first <= s < last
        soon, later = following(order, i), hop(nbr, d - 1, following(order, i, EARLY))
        store(A, zero(U))
        for nu in range(d):
            if far:
                ask(Sigma, nu, soon)
            if nu == mu:
                continue
            if far:
                ask(U, nu, later)
            up, down, corner = hop(nbr, nu, s), hop(nbr, d + nu, s), hop(nbr, nu, behind)
            upper, lower = (nu, d + nu) if each else (mu, mu)
            store(B, at(Sigma, nu, s))
            if turned:
                multiply(T, place(U, mu, up), dag(place(U, nu, ahead)))
                add_multiply(B, None, T, dag(place(Z, upper, s)))
                multiply(T, dag(place(Z, lower, corner)), dag(place(U, nu, behind)))
                add_multiply(B, None, T, place(U, mu, behind))
            else:
                multiply(T, place(Z, lower, up), dag(place(U, nu, ahead)))
                add_multiply(B, None, T, dag(place(U, mu, s)))
                add_multiply(A, None, place(U, nu, s), T)
                multiply(T, dag(place(U, mu, corner)), dag(place(U, nu, behind)))
                add_multiply(B, None, T, place(Z, upper, behind))
                multiply(T, place(Z, upper, down), place(U, nu, hop(nbr, mu, down)))
                add_multiply(A, None, dag(place(U, nu, down)), T)
            put(Sigma, (nu, s), load(B))
        if not turned:
            put(Sigma, (mu, s), at(Sigma, mu, s) + dag(load(A)))


@inner
def restore(U, before, first, last, mu):
    """The links as they were before they were turned."""
    for s in prange(first, last):
        put(U, (mu, s), at(before, mu, s))


@driver
def turn_layer(logs, U, nbr, weights):
    """Turn all links in place, even before odd sites of each direction; logs [2 d, half of the blocks or 0]."""
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0]):
        mu, first = k // 2, k % 2 * half
        turn(logs[k], U, nbr, first, first + half, mu, weights[mu])


@driver
def turn_layer_back(failed, U, nbr, weights):
    """Undo :func:`turn_layer` in place; failed [2 d, half of the blocks]."""
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0] - 1, -1, -1):
        mu, first = k // 2, k % 2 * half
        turn_back(failed[k], U, nbr, first, first + half, mu, weights[mu])


@driver
def pull_layer(part, Sigma, Z, U, before, nbr, order, weights, factor):
    """Sigma of the links ``before`` a layer from that of the links U behind it, in place; U becomes ``before``.

    part [2 d, half of the blocks]: derivatives by the weights, see :func:`pull_turned`.
    """
    half = U.shape[1] // 2
    for k in range(2 * U.shape[0] - 1, -1, -1):
        mu, first = k // 2, k % 2 * half
        restore(U, before, first, first + half, mu)
        pull_turned(part[k], Sigma, Z, U, nbr, first, first + half, mu, weights[mu], factor)
        pull_staples(Sigma, Z, U, nbr, order, first, first + half, mu)
