"""exp(Q) and its derivative for every group: zero, tiny, degenerate and large exponents, to 1e-14."""

import numpy as np
import pytest
from kernel_cases import numbers
from reference import matrices, samples

from lqcdnn.kernels.layer import pullback_exponential, rotate_by_sum
from lqcdnn.kernels.links import update_links
from lqcdnn.lattice.geometry import Lattice

NORMS = (0.0, 1e-9, 1e-5, 1e-2, 0.3, 1.0, 1.49, 1.51, 2.9, 5.0, 10.0)


def spectra(n):
    """Traceless real diagonals: generic ones and every kind of coincidence, scaled to Frobenius norm 1."""
    if n == 1:
        return [[1.0], [-1.0]]
    found = [np.random.default_rng(k).normal(size=n) for k in range(3)]
    ones = np.ones(n - 1)
    found += [[*ones, 1.0 - n], [*-ones, n - 1.0]]  # c0 of Morningstar-Peardon at its two extremes
    found += [[*ones[1:], 1.0 + 1e-9, 1.0 - n - 1e-9], [*ones[1:], 1.0 + 1e-4, 1.0 - n - 1e-4]]
    found.append([1.0, -1.0, *np.zeros(n - 2)])  # determinant 0 for odd n
    if n == 4:
        found.append([1.0, 1.0, -1.0, -1.0])
    shifted = [np.array(x) - np.mean(x) for x in found]
    return [x / np.linalg.norm(x) for x in shifted]


def exponents(n):
    """Antihermitian Q [matrix, n, n]: each spectrum with each norm, diagonal and turned by a random matrix."""
    rng, found = np.random.default_rng(7), []
    for lam in spectra(n):
        for norm in NORMS:
            V = samples.group_elements(rng, n)
            Q = np.diag(1j * norm * np.array(lam))
            found += [Q, V @ Q @ matrices.dagger(V)]
    return matrices.ta(np.array(found))


def on_lattice(matrices_):
    """A 2-d lattice whose first links hold the matrices, the rest zero."""
    n, count = matrices_.shape[-1], len(matrices_)
    lattice = Lattice((8, 8 * (count // 64 + 1)))  # blocks are as wide as those of other tests
    z = np.zeros((2, lattice.volume, n, n), dtype=complex)
    z[0, :count] = matrices_
    return lattice, lattice.from_links(z.reshape(2, *lattice.shape, n, n)), count


def first(lattice, field, count):
    z = lattice.to_user(field)
    return z[0].reshape(lattice.volume, *z.shape[-2:])[:count]


def unit_links(lattice, n):
    return lattice.from_links(np.broadcast_to(np.eye(n, dtype=complex), (2, *lattice.shape, n, n)))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_exponential(n):
    Q = exponents(n)
    lattice, field, count = on_lattice(Q)
    out = np.zeros_like(field)
    rotate_by_sum(out, field, field, 0.0, 1.0, unit_links(lattice, n))
    found = first(lattice, out, count)
    np.testing.assert_allclose(found, matrices.precise_exponential(Q).astype(complex), rtol=0, atol=1e-14)
    np.testing.assert_allclose(found, matrices.exponential(Q), rtol=0, atol=3e-14)
    np.testing.assert_allclose(found @ matrices.dagger(found), np.eye(n) + 0 * Q, rtol=0, atol=2e-14)
    zero = np.linalg.norm(Q, axis=(-1, -2)) == 0.0
    np.testing.assert_array_equal(found[zero], np.eye(n) + 0 * Q[zero])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_tiny_exponents_keep_their_digits(n):
    """e^Q - 1 has Q in it even when Q is 1e-9."""
    Q = exponents(n)
    Q = Q[np.linalg.norm(Q, axis=(-1, -2)) < 1e-8]
    lattice, field, count = on_lattice(Q)
    out = np.zeros_like(field)
    rotate_by_sum(out, field, field, 0.0, 1.0, unit_links(lattice, n))
    off = first(lattice, out, count) - np.eye(n)
    np.testing.assert_allclose(off, Q, rtol=0, atol=1e-17 + 2.3e-16)


@pytest.mark.parametrize("n", [1, 2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_derivative_of_the_exponential(n):
    """Lambda = TA of the integral over s, relative to the size of the direction (unit links: C is Q, V is -Lambda)."""
    Q, rng = exponents(n), np.random.default_rng(3)
    M = samples.complex_normal(rng, *Q.shape)
    lattice, field, count = on_lattice(Q)
    direction = on_lattice(M)[1]
    M = first(lattice, direction, count)  # of SU(2) matrices: all of M that their derivative knows
    Sigma, Lambda = np.zeros_like(field), np.zeros_like(field)
    pullback_exponential(Sigma, Lambda, Lambda, np.full(2, -1.0), direction, field, unit_links(lattice, n))
    size = np.linalg.norm(M, axis=(-1, -2))[:, None, None]
    expected = matrices.ta(matrices.precise_derivative(Q, M).astype(complex))
    np.testing.assert_allclose(first(lattice, Lambda, count) / size, expected / size, rtol=0, atol=1e-14)
    eigen = matrices.ta(matrices.exponential_derivative(Q, M))
    np.testing.assert_allclose(first(lattice, Lambda, count) / size, eigen / size, rtol=0, atol=3e-14)
    rotated = M @ matrices.precise_exponential(Q).astype(complex) + Q @ expected
    np.testing.assert_allclose(first(lattice, Sigma, count) / size, rotated / size, rtol=0, atol=2e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_nan_stays_nan(n):
    """A NaN exponent gives NaN links (and ends), it is not scaled away."""
    Q = exponents(n)[:8]
    lattice, field, _count = on_lattice(Q)
    numbers(field)[0, 0, 1, :] = np.nan
    out = np.zeros_like(field)
    rotate_by_sum(out, field, field, 0.0, 1.0, unit_links(lattice, n))
    assert np.isnan(numbers(out)[0, 0]).any(axis=0).all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("eps", [1.0, -0.3])
def test_links_turn_by_exponentials_of_one_norm(n, eps):
    """Each norm by itself, so that series of all lengths are taken; links of the other direction stay as they are."""
    every = exponents(n)
    norms = np.linalg.norm(every, axis=(-1, -2))
    for norm in NORMS:
        Q = every[np.abs(norms - norm) <= 1e-6 * norm]
        lattice, P, count = on_lattice(Q / eps)
        U = unit_links(lattice, n)
        update_links(U, U, P, eps)
        expected = matrices.precise_exponential(Q).astype(complex)
        np.testing.assert_allclose(first(lattice, U, count), expected, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(lattice.to_user(U)[1], lattice.to_user(unit_links(lattice, n))[1])
        V = np.linalg.qr(samples.complex_normal(np.random.default_rng(5), *Q.shape))[0] if n != 2 else expected
        W = on_lattice(V)[1]
        out = np.zeros_like(W)
        update_links(out, W, P, eps)
        np.testing.assert_allclose(first(lattice, out, count), expected @ V, rtol=0, atol=2e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_nan_momenta_give_nan_links(n):
    lattice, P, _count = on_lattice(exponents(n)[:8])
    numbers(P)[0, 0, 1, :] = np.nan
    U = unit_links(lattice, n)
    update_links(U, U, P, 0.1)
    assert np.isnan(numbers(U)[0, 0]).any(axis=0).all()
    assert np.isfinite(numbers(U)[1]).all()
