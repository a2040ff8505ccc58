"""A scalar field in the fundamental representation beside the links: action, force, heat bath, reflections.

S = sum_n [ |phi|^2 + lambda (|phi|^2 - 1)^2 ] - 2 kappa sum_{n,mu} Re phi(n)^dag U_mu(n) phi(n + mu) (physics.md 30).

At one site only B = kappa sum_mu [U_mu(n) phi(n + mu) + U_mu(n - mu)^dag phi(n - mu)] matters, by -2 Re phi^dag B.  For
any a > 0 and w = (a - 1) / (2 lambda)

    |phi|^2 + lambda (|phi|^2 - 1)^2 - 2 Re phi^dag B = a |phi - B/a|^2 + lambda (|phi|^2 - 1 - w)^2 + const,

so a Gaussian number about B/a is accepted with probability exp(-lambda (|phi|^2 - 1 - w)^2) (B. Bunk, Nucl. Phys. B
Proc. Suppl. 42 (1995) 566).  The a that is accepted most often solves N/a + |B|^2/a^2 = 1 + w.

Sites of a parity are updated in place.  Random numbers are those of (name, draw, trajectory, purpose): the k-th attempt
takes the draws from k (N + 1) on, N for the components and one for the test.  A lane that is accepted keeps its value
while others try again, so what a site gets does not depend on its neighbours in the vector.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, kernel
from lqcdnn.kernels.simd import (
    add_product,
    add_scaled,
    as_link,
    at,
    cplx,
    dag,
    hop,
    im,
    lane_div,
    lane_max,
    lane_sqrt,
    lane_sum,
    norm2,
    one_like,
    put,
    re,
    redots,
    zero,
    zero_like,
)
from lqcdnn.kernels.simd.functions import circle, log, where_less
from lqcdnn.kernels.simd.philox import uniforms

ATTEMPTS = 1_000_000
"""Attempts after which a site counts as failed; with the largest lambda one in some thousands succeeds."""
NEWTON = 40
"""Steps of Newton's method for a, at first to two thirds each; another a costs attempts, no exactness."""
HARDLY_ANY = 1e-12
"""Below this lambda a is 1: the quartic term takes away hardly any attempt."""


@device
def neighbour_sum(phi, U, nbr, directions, s):
    """sum over the first ``directions`` mu of U_mu(n) phi(n + mu) + U_mu(n - mu)^dag phi(n - mu)."""
    d, total = U.shape[0], zero(phi)
    for mu in range(directions):
        back = hop(nbr, d + mu, s)
        total = add_product(total, at(U, mu, s), at(phi, hop(nbr, mu, s)))
        total = add_product(total, dag(at(U, mu, back)), at(phi, back))
    return total


@kernel
def action_parts(part, phi, U, nbr, kappa, quartic):
    """part[s] = S of a block: its sites and the links that begin there."""
    for s in prange(phi.shape[0]):
        x = at(phi, s)
        length = norm2(x)
        off = length - one_like(length)
        value = add_scaled(length, quartic, off * off)
        for mu in range(U.shape[0]):
            value = add_scaled(value, -2.0 * kappa, redots(x, at(U, mu, s) @ at(phi, hop(nbr, mu, s))))
        part[s] = lane_sum(value)


@kernel
def add_outer_products(Sigma, phi, nbr, factor):
    """Sigma_mu(n) += factor phi(n + mu) phi(n)^dag."""
    for s in prange(Sigma.shape[1]):
        x = dag(at(phi, s))
        for mu in range(Sigma.shape[0]):
            outer = as_link(Sigma, at(phi, hop(nbr, mu, s)) @ x)
            put(Sigma, (mu, s), at(Sigma, mu, s) + factor * outer)


@device
def best_width(b2, components, quartic):
    """a for a site with |B|^2 = b2: the root of a^3 + (2 lambda - 1) a^2 - 2 lambda N a - 2 lambda |B|^2.

    The only positive one; from N + |B| + 1, which is above it, Newton's method comes down to it.
    """
    one, twice = one_like(b2), 2.0 * quartic
    a = lane_sqrt(b2) + (components + 1.0) * one
    square, linear = (twice - 1.0) * one, (-twice * components) * one
    for _ in range(NEWTON):
        f = add_scaled(-twice * b2, a, add_scaled(linear, a, square + a))
        slope = add_scaled(linear, a, add_scaled(2.0 * square, 3.0, a))
        a = a - lane_div(f, slope)
    return a


@kernel
def heat(failed, phi, numbers, noise, U, nbr, names, kappa, quartic, first, last, trajectory, purpose, seed):
    """Heat bath of the sites of blocks first <= s < last, all of one parity; failed[s] = 1 where none was found.

    ``numbers`` is phi as one of its complex numbers, [block, N], ``noise`` work of the same kind.
    """
    for s in prange(first, last):
        name, N = hop(names, 0, s), numbers.shape[1]
        B = kappa * neighbour_sum(phi, U, nbr, U.shape[0], s)
        b2 = norm2(B)
        one, none = one_like(b2), zero_like(b2)
        if quartic < HARDLY_ANY:
            a, top = one, one
        else:
            a = best_width(b2, 1.0 * N, quartic)
            top = add_scaled(one, 0.5 / quartic, a - one)
        width = lane_div(one, a)
        put(phi, s, width * B)
        pending, draw = one, 0
        tries = ATTEMPTS if lane_max(b2) < 1e300 else 0  # also 0 for NaN
        while lane_max(pending) > 0.0 and draw < tries * (N + 1):
            length = none
            for k in range(N):
                u, v = uniforms(name, draw + k, trajectory, purpose, seed)
                r = lane_sqrt(-1.0 * (width * log(u)))
                c, z = circle(v)
                old, centre = at(noise, s, k), at(numbers, s, k)
                x, y = where_less(none, pending, r * c, re(old)), where_less(none, pending, r * z, im(old))
                put(noise, (s, k), cplx(x, y))
                length = length + norm2(centre + cplx(x, y))
            u, v = uniforms(name, draw + N, trajectory, purpose, seed)
            off = length - top
            test = add_scaled(log(u), quartic, off * off)
            pending = where_less(test, none, none, pending)
            draw += N + 1
        for k in range(N):
            put(numbers, (s, k), at(numbers, s, k) + at(noise, s, k))
        failed[s] = 0 if lane_max(pending) == 0.0 else 1


@kernel
def reflect(phi, U, nbr, first, last):
    """phi <- 2 (Re B^dag phi / |B|^2) B - phi at the sites of blocks first <= s < last, all of one parity.

    |phi| and Re phi^dag B stay, and so does the action.
    """
    for s in prange(first, last):
        B, x = neighbour_sum(phi, U, nbr, U.shape[0], s), at(phi, s)
        b2 = norm2(B)
        share = where_less(zero_like(b2), b2, lane_div(redots(B, x), b2), zero_like(b2))
        put(phi, s, (2.0 * share) * B - x)


@kernel
def link_products(out, phi, U, nbr):
    """out_mu(n) = phi(n)^dag U_mu(n) phi(n + mu); of SU(2) ``phi`` and ``out`` are quaternions."""
    for s in prange(out.shape[1]):
        x = dag(at(phi, s))
        for mu in range(out.shape[0]):
            put(out, (mu, s), x @ at(U, mu, s) @ at(phi, hop(nbr, mu, s)))


@kernel
def smear(out, phi, U, nbr, directions, weight, factor):
    """out = factor (phi + weight sum of neighbours in the first ``directions``)."""
    for s in prange(out.shape[0]):
        total = neighbour_sum(phi, U, nbr, directions, s)
        put(out, s, factor * add_scaled(at(phi, s), weight, total))
