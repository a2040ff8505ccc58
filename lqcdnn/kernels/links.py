"""Kernels on links and algebra fields: molecular dynamics steps, norms, unitarity."""

from __future__ import annotations

from numba import prange
from numba.extending import overload

from lqcdnn.kernels.compile import device, driver, kernel
from lqcdnn.kernels.rotation import update_links as update_links
from lqcdnn.kernels.simd import (
    add_scaled,
    any_above,
    at,
    colors,
    cplx,
    dag,
    hop,
    im,
    lane_max,
    norm2,
    one_like,
    put,
    re,
    redot,
    scale,
    stream,
    ta,
    tr,
    zero,
    zero_like,
)


@driver
def ordered_sum(part):
    """Sum of per-block partials in a fixed order: the same bits for any number of threads.

    Four sums of every fourth: in one, each addition would wait for the one before.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = part.size - part.size % 4
    for i in range(0, whole, 4):
        a += part[i]
        b += part[i + 1]
        c += part[i + 2]
        d += part[i + 3]
    total = (a + b) + (c + d)
    for i in range(whole, part.size):
        total += part[i]
    return total


@device
def larger(r, x):
    """The larger of two numbers; NaN if either is (``max`` would drop it)."""
    return r if r >= x or r != r else x


@kernel
def clear(out):
    """out_mu <- 0."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            stream(out, (mu, s), zero(out))


@kernel
def copy(out, x):
    """out_mu <- x_mu."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            stream(out, (mu, s), at(x, mu, s))


@kernel
def gather(out, x, table):
    """out_mu(n) <- x_mu(m), the sites m of block s in column 0 of row s of the table."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            put(out, (mu, s), at(x, mu, hop(table, 0, s)))


@kernel
def mirror(out, x, table, mu):
    """out_nu(n) <- x_nu(m), out_mu(n) <- x_mu(m - mu)^dag; m and m - mu in columns 0 and 1 of the table."""
    for nu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            if nu == mu:
                put(out, (nu, s), dag(at(x, nu, hop(table, 1, s))))
            else:
                put(out, (nu, s), at(x, nu, hop(table, 0, s)))


@kernel
def add_multiple(out, x, factor):
    """out_mu <- out_mu + factor x_mu."""
    for mu in range(out.shape[0]):
        for s in prange(out.shape[1]):
            put(out, (mu, s), add_scaled(at(out, mu, s), factor, at(x, mu, s)))


@kernel
def kick(P, U, Sigma, eps):
    """P <- P + eps TA(U Sigma)."""
    for mu in range(P.shape[0]):
        for s in prange(P.shape[1]):
            put(P, (mu, s), add_scaled(at(P, mu, s), eps, ta(at(U, mu, s) @ at(Sigma, mu, s))))


@kernel
def real_products(part, x, y):
    """part[s] = sum over a block of Re <x, y> for fields without leading index."""
    for s in prange(x.shape[0]):
        part[s] = redot(at(x, s), at(y, s))


@kernel
def block_products(part, x, y):
    """part[s] = sum over a block of Re tr x^dag y."""
    for s in prange(x.shape[1]):
        r = 0.0
        for mu in range(x.shape[0]):
            r += redot(at(x, mu, s), at(y, mu, s))
        part[s] = r


@kernel
def largest_norm(part, x):
    """part[s] = largest |x_mu(n)|^2 of a block."""
    for s in prange(x.shape[1]):
        r = 0.0
        for mu in range(x.shape[0]):
            r = larger(r, lane_max(norm2(at(x, mu, s))))
        part[s] = r


@kernel
def unitarity(part, U):
    """part[s] = largest |U U^dag - 1|^2 of a block."""
    for s in prange(U.shape[1]):
        r = 0.0
        for mu in range(U.shape[0]):
            X = at(U, mu, s)
            r = larger(r, lane_max(norm2(X @ dag(X) - one_like(X))))
        part[s] = r


def determinant(X):
    """det X, Mat(1, 1)."""


@overload(determinant, jit_options={"error_model": "numpy"})
def determinant_of_kind(X):
    return determinant_of_quaternion if X.quaternion else determinant_by_traces


def determinant_of_quaternion(X):
    det = 0.5 * norm2(X)
    return cplx(det, zero_like(det))


def determinant_by_traces(X):
    """Faddeev-LeVerrier: from the traces of powers."""
    n, A, c = colors(X), X, -1.0 * tr(X)
    for k in range(2, n + 1):
        A = X @ (A + scale(c, one_like(X)))
        c = (-1.0 / k) * tr(A)
    return c if n % 2 == 0 else zero_like(c) - c


def without_small_phase(X):
    """X of determinant 1, for unitary X whose determinant is near 1; the determinant of a quaternion is 1 already."""


@overload(without_small_phase, jit_options={"error_model": "numpy"})
def without_small_phase_of_kind(X):
    return unchanged if X.quaternion else divided_by_small_phase


def unchanged(X):
    return X


def divided_by_small_phase(X):
    """Unitary X with det X near 1, divided by det^(1/N).

    det^(-1/N) = 1 - i delta/N - delta^2/(2 N^2), delta = Im det, exact to the cube of the deviation: twice if need be.
    """
    for _ in range(2):
        delta = (1.0 / colors(X)) * im(determinant(X))
        square, one = delta * delta, one_like(delta)
        X = scale(cplx(one - 0.5 * square, -1.0 * delta), X)
        if not any_above(square, 1e-11):
            break
    return X


@kernel
def reunitarize(U, special):
    """Back to the group from within 1e-4: Newton's iteration to the polar factor, then det = 1 if ``special``.

    X <- X (3 - X^dag X) / 2 makes 3 E^2 / 4 of the deviation E: one step from within rounding, else two.
    """
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            X = at(U, mu, s)
            for _ in range(2):
                E = dag(X) @ X - one_like(X)
                X = X - 0.5 * (X @ E)
                if not any_above(norm2(E), 1e-16):
                    break
            if special:
                X = without_small_phase(X)
            put(U, (mu, s), X)


@kernel
def determinant_deviation(part, U):
    """part[s] = largest |det U - 1|^2 of a block."""
    for s in prange(U.shape[1]):
        r = 0.0
        for mu in range(U.shape[0]):
            z = determinant(at(U, mu, s))
            x, y = re(z) - one_like(re(z)), im(z)
            r = larger(r, lane_max(x * x + y * y))
        part[s] = r


@kernel
def gauge_transform(out, U, G, nbr):
    """out_mu(n) = G(n) U_mu(n) G(n + mu)^dag."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put(out, (mu, s), at(G, s) @ at(U, mu, s) @ dag(at(G, hop(nbr, mu, s))))
