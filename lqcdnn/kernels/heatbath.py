"""Heat bath and overrelaxation of single links at fixed staples.

With S = -Re tr(U C^dag) + (what does not hold the link U), a link is replaced by a U, a in an SU(2) subgroup, where
only the quaternion Q = k q, q in SU(2), in the subgroup's block of W = U C^dag matters: -S = 2 k (a q)_0 + const.

heat bath         a = g q^dag, g_0 with weight sqrt(1 - g_0^2) exp(alpha g_0), alpha = 2 k (Creutz 1980,
                  Kennedy and Pendleton 1985; SU(N) subgroup by subgroup: Cabibbo and Marinari 1982)
overrelaxation    a = (q^dag)^2: (a q)_0 = q_0, the action stays (Creutz 1987, Brown and Woch 1987)
U(1)              the same with phases: angle by Best and Fisher 1979

Links are updated in place for a list of sites of which no two share a loop (``lattice.coloring``).  A row of
``vectors`` is W sites: hop(vectors, 0, i) their numbers in block order, hop(vectors, 1, i) their names for the random
numbers.  Random numbers are those of (name, draw, trajectory, purpose): draw 0 gives the direction of g, 2 k - 1 and
2 k the k-th attempt at g_0.  A lane that is accepted keeps its value while others try again, so what a site gets does
not depend on its neighbours in the vector.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import START, device, kernel
from lqcdnn.kernels.loops import plaquette_staples
from lqcdnn.kernels.paths import path_sum
from lqcdnn.kernels.simd import (
    add_scaled,
    at,
    colors,
    cplx,
    dag,
    hop,
    im,
    lane_div,
    lane_max,
    lane_sqrt,
    norm2,
    one_like,
    re,
    zero_like,
)
from lqcdnn.kernels.simd.functions import circle, log, where_less
from lqcdnn.kernels.simd.philox import uniforms
from lqcdnn.kernels.simd.scatter import put_sites
from lqcdnn.kernels.simd.subgroup import quaternion, rotate, subgroup_part

KENNEDY_PENDLETON, CREUTZ = 0, 1
ATTEMPTS = 100_000
"""Attempts after which a link counts as failed; every attempt succeeds with probability 0.4 or so."""
FLAT = 0.75
"""Below this alpha both algorithms propose g_0 with the Haar measure, where their own proposals fail more often."""
NOTHING = 1e-150
"""Added to the real part of W so that a vanishing staple has a direction; lost in rounding otherwise."""
PURPOSE_STEP = 1 << 10
"""Purpose words of the subgroups of a link are PURPOSE_STEP apart, those of the directions 1 << 8."""


@device
def staple_sum(U, nbr, mu, x, soon, plaquette, space, program, weight, first, last):
    """C of S = -Re tr(U C^dag): plaquette staples times ``plaquette`` plus weighted paths, program[first:last].

    Those of planes of space times ``space`` besides, unless it is None.
    """
    C = plaquette * plaquette_staples(U, nbr, mu, x, soon, space)
    if last > first:
        C += path_sum(U, nbr, program, weight, first, last, x)
    return C


@device
def directed(Q):
    """Q, of which a vanishing one gets a direction."""
    return Q + NOTHING * one_like(Q)


@device
def attempt(alpha, name, draw, trajectory, purpose, seed, algorithm):
    """Proposal for t = (1 - g_0)/2 and a Lane that is negative where it is accepted.

    Exponential: t = -ln(u1) / (2 alpha), accepted with sqrt(4 t (1 - t)) (Creutz); with cos^2(2 pi u2) ln(u3) added
    the factor sqrt(t) is in the proposal, accepted with sqrt(1 - t) (Kennedy and Pendleton).
    Haar: g_0 = sqrt(u4) cos(2 pi u2), accepted with exp(alpha (g_0 - 1)).
    """
    u1, u2 = uniforms(name, draw, trajectory, purpose, seed)
    u3, u4 = uniforms(name, draw + 1, trajectory, purpose, seed)
    one = one_like(alpha)
    c, _sine = circle(u2)
    l1 = log(u1)
    flat = 0.5 * add_scaled(one, -1.0 * lane_sqrt(u4), c)
    flat_test = add_scaled(l1, 2.0 * alpha, flat)
    if algorithm == CREUTZ:
        t = lane_div(-0.5 * l1, alpha)
        test = u4 * u4 - (4.0 * t) * (one - t)
    else:
        t = lane_div(-0.5 * add_scaled(l1, c * c, log(u3)), alpha)
        test = u4 * u4 - (one - t)
    small = FLAT * one
    return where_less(alpha, small, flat, t), where_less(alpha, small, flat_test, test)


@device
def random_quaternion(alpha, name, trajectory, purpose, seed, algorithm):
    """g with weight exp(alpha g_0) times the Haar measure, and whether every lane was accepted."""
    one, none = one_like(alpha), zero_like(alpha)
    t, pending, draw = none, one, START + 1
    tries = ATTEMPTS if lane_max(alpha) < 1e300 else 0  # also 0 for NaN
    while lane_max(pending) > 0.0 and draw < 2 * tries:
        new, test = attempt(alpha, name, draw, trajectory, purpose, seed, algorithm)
        t = where_less(none, pending, new, t)
        pending = where_less(test, none, none, pending)
        draw += 2
    u, v = uniforms(name, 0, trajectory, purpose, seed)
    c, s = circle(v)
    r = 2.0 * lane_sqrt(t * (one - t))
    g3 = add_scaled(one, -2.0, u)
    across = (2.0 * r) * lane_sqrt(u * (one - u))
    return quaternion(add_scaled(one, -2.0, t), across * c, across * s, r * g3), lane_max(pending) == 0.0


@device
def heatbath_matrix(V, C, name, trajectory, purpose, seed, algorithm):
    """SU(N) link V after one heat bath of each SU(2) subgroup, and whether all were accepted."""
    W, ok = V @ dag(C), True
    for i in range(colors(V) - 1):
        for j in range(i + 1, colors(V)):
            Q = directed(subgroup_part(W, i, j))
            k = lane_sqrt(0.5 * norm2(Q))
            g, accepted = random_quaternion(2.0 * k, name, trajectory, purpose, seed, algorithm)
            a = lane_div(one_like(k), k) * (g @ dag(Q))
            V, W = rotate(a, V, i, j), rotate(a, W, i, j)
            ok = ok and accepted
            purpose += PURPOSE_STEP
    return V, ok


@device
def heatbath_phase(V, C, name, trajectory, purpose, seed):
    """U(1) link V after a heat bath, and whether all lanes were accepted.

    Angle with weight exp(kappa cos theta) from a wrapped Cauchy proposal (Best and Fisher, Appl. Statist. 28 (1979)
    152): a uniform angle moved by the Moebius map z -> (s + z)/(1 + s z) of its cosine.
    """
    W = V @ dag(C)
    x, y = re(W) + NOTHING * one_like(re(W)), im(W)
    kappa = lane_sqrt(x * x + y * y)
    one, none = one_like(x), zero_like(x)
    tau = one + lane_sqrt(add_scaled(one, 4.0 * kappa, kappa))
    root = tau + lane_sqrt(2.0 * tau)
    rho = lane_div(2.0 * kappa, root)
    size = add_scaled(one, rho, rho)
    s, narrow = lane_div(2.0 * rho, size), lane_div(add_scaled(one, -1.0 * rho, rho), size)
    top = 0.25 * (size * root)  # kappa / s, finite for kappa = 0
    cosine, sine, pending, draw = one, none, one, 0
    tries = ATTEMPTS if lane_max(kappa) < 1e300 else 0  # also 0 for NaN
    while lane_max(pending) > 0.0 and draw < tries:
        u, v = uniforms(name, draw, trajectory, purpose, seed)
        c, z = circle(u)
        d = lane_div(one, add_scaled(one, s, c))
        f = (s + c) * d
        h = top - kappa * f
        test = log(lane_div(v, h)) + h - one
        cosine, sine = where_less(none, pending, f, cosine), where_less(none, pending, narrow * (z * d), sine)
        pending = where_less(test, none, none, pending)
        draw += 1
    back = lane_div(one, kappa)
    return cplx(cosine, sine) @ cplx(back * x, zero_like(x) - back * y) @ V, lane_max(pending) == 0.0


@kernel
def heatbath_su(
    failed, U, nbr, vectors, first, last, mu, staple, space, program, weight, start, kind, trajectory, purpose, seed,
    algorithm
):
    """Heat bath of the SU(N) links of direction ``mu`` at vectors[first:last]; failed[i] = 1 where none was found.

    The paths of vector i are those of the part kind[i] of the program.
    """
    for i in prange(first, last):
        x, soon = hop(vectors, 0, i), hop(vectors, 0, min(i + 1, last - 1))
        C = staple_sum(U, nbr, mu, x, soon, staple, space, program, weight, start[kind[i]], start[kind[i] + 1])
        V, ok = heatbath_matrix(at(U, mu, x), C, hop(vectors, 1, i), trajectory, purpose, seed, algorithm)
        put_sites(U, mu, x, V)
        failed[i] = 0 if ok else 1


@kernel
def heatbath_u1(
    failed, U, nbr, vectors, first, last, mu, staple, space, program, weight, start, kind, trajectory, purpose, seed
):
    """Heat bath of U(1) links, as :func:`heatbath_su`."""
    for i in prange(first, last):
        x, soon = hop(vectors, 0, i), hop(vectors, 0, min(i + 1, last - 1))
        C = staple_sum(U, nbr, mu, x, soon, staple, space, program, weight, start[kind[i]], start[kind[i] + 1])
        V, ok = heatbath_phase(at(U, mu, x), C, hop(vectors, 1, i), trajectory, purpose, seed)
        put_sites(U, mu, x, V)
        failed[i] = 0 if ok else 1


@device
def reflected_matrix(V, C):
    """SU(N) link V reflected in each SU(2) subgroup."""
    W = V @ dag(C)
    for i in range(colors(V) - 1):
        for j in range(i + 1, colors(V)):
            Q = dag(directed(subgroup_part(W, i, j)))
            a = lane_div(one_like(norm2(Q)), 0.5 * norm2(Q)) * (Q @ Q)
            V, W = rotate(a, V, i, j), rotate(a, W, i, j)
    return V


@device
def reflected_phase(V, C):
    """U(1) link V reflected about the staple."""
    W = directed(dag(V @ dag(C)))
    return lane_div(one_like(norm2(W)), norm2(W)) * (W @ W @ V)


@kernel
def overrelax_su(U, nbr, vectors, first, last, mu, staple, space, program, weight, start, kind):
    """Overrelaxation of the SU(N) links of direction ``mu`` at vectors[first:last]."""
    for i in prange(first, last):
        x, soon = hop(vectors, 0, i), hop(vectors, 0, min(i + 1, last - 1))
        C = staple_sum(U, nbr, mu, x, soon, staple, space, program, weight, start[kind[i]], start[kind[i] + 1])
        put_sites(U, mu, x, reflected_matrix(at(U, mu, x), C))


@kernel
def overrelax_u1(U, nbr, vectors, first, last, mu, staple, space, program, weight, start, kind):
    """Overrelaxation of U(1) links."""
    for i in prange(first, last):
        x, soon = hop(vectors, 0, i), hop(vectors, 0, min(i + 1, last - 1))
        C = staple_sum(U, nbr, mu, x, soon, staple, space, program, weight, start[kind[i]], start[kind[i] + 1])
        put_sites(U, mu, x, reflected_phase(at(U, mu, x), C))
