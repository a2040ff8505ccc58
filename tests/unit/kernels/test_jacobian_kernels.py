"""The Jacobian of one masked update against determinants of numpy: U(1), SU(2), SU(3)."""

import numpy as np
from kernel_cases import DOUBLE, fast_ones
from reference import matrices, samples

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.jacobian import log_jacobian, log_jacobian_pair
from lqcdnn.kernels.simd import cplx, load, place, put, room, zero_like
from lqcdnn.lattice.geometry import Lattice

SIZES = (0.0, 1e-9, 1e-4, 0.05, 0.3, 0.6, 0.8, 0.95)
"""Norms of W (largest singular value) up to that where J might vanish."""
every_case = fast_ones([case for case in DOUBLE if case.n < 3], ("U(1)", "SU(2)", "SU(3)"))


@kernel
def jacobians(out, W):
    for mu in range(W.shape[0]):
        for s in range(W.shape[1]):
            x = log_jacobian(place(W, mu, s), W)
            put(out, (mu, s), cplx(x, zero_like(x)))


@kernel
def pairs(out, gradient, W):
    for mu in range(W.shape[0]):
        for s in range(W.shape[1]):
            G = room(W)
            x = log_jacobian_pair(G, place(W, mu, s), W)
            put(gradient, (mu, s), load(G))
            put(out, (mu, s), cplx(x, zero_like(x)))


class Several:
    """The first links of a lattice hold matrices [site, n, n] of a case, as many as there are sites."""

    def __init__(self, case, count):
        self.n = case.n
        self.lattice = Lattice((8, 2 * -(-count // 16)), width=case.width, real=case.real)

    def field(self, z):
        whole = np.zeros((2, self.lattice.volume, self.n, self.n), dtype=complex)
        whole[:, : len(z)] = z
        return self.lattice.from_links(whole.reshape(2, *self.lattice.shape, self.n, self.n))

    def matrices(self, field, count):
        z = self.lattice.to_user(field)
        assert np.array_equal(z[0], z[1], equal_nan=True)
        return z[0].reshape(self.lattice.volume, *z.shape[-2:])[:count]

    def logs(self, z):
        """log J [site], and as the pair has it, and G [site, n, n]."""
        W = self.field(z)
        out, gradient, alone = self.lattice.zeros(1, 1, (2,)), np.zeros_like(W), self.lattice.zeros(1, 1, (2,))
        jacobians(alone, W)
        pairs(out, gradient, W)
        values = [self.matrices(x, len(z))[:, 0, 0].real for x in (alone, out)]
        return (*values, self.matrices(gradient, len(z)))


def of_group(z):
    """Real multiples of group elements and their sums: for SU(2) the quaternion of a matrix, others as they are."""
    if z.shape[-1] != 2:
        return z
    return 0.5 * (z + np.array([[0, -1], [1, 0]]) @ z.conj() @ np.array([[0, 1], [-1, 0]]))


def samples_of(n, sizes=SIZES):
    """W [matrix, n, n] of each size: random ones, hermitian, antihermitian, degenerate, of rank one."""
    rng, found = np.random.default_rng(11), []
    ones = np.diag([1j] * (n - 1) + [(1 - n) * 1j]) if n > 1 else np.array([[1j]])
    z = samples.complex_normal(rng, n, n)
    V = samples.group_elements(rng, n)
    found += [samples.complex_normal(rng, n, n) for _ in range(4)]
    found += [z + matrices.dagger(z), z - matrices.dagger(z), -np.eye(n), V, -V]
    found += [ones, V @ ones @ matrices.dagger(V), V @ ones @ matrices.dagger(V) + 0.5 * np.eye(n)]
    found += [-ones + 0.3 * (z + matrices.dagger(z)), z[:, :1] @ z[:1, :]]
    found = of_group(np.array(found, dtype=complex))
    found = found / np.linalg.norm(found, 2, axis=(-1, -2))[:, None, None]
    return np.concatenate([size * found for size in sizes])


def exact(W):
    """J: the derivative of U -> exp(TA(C U^dag)) U at U = 1 by left turns of U and U', in a basis of the algebra."""
    n = W.shape[-1]
    basis, project = coordinates(n)
    Q = matrices.ta(W)
    E = matrices.exponential(Q)
    columns = []
    for X in basis:
        dE = matrices.exponential_derivative(Q, matrices.ta(-W @ X))
        columns.append(project((dE + E @ X) @ matrices.dagger(E)))
    return np.linalg.det(np.stack(columns, axis=-1))


def coordinates(n):
    """(basis of the algebra, function that gives the coordinates [..., a] of matrices [..., n, n])."""
    basis = 1j * matrices.generators(n)
    factor = -2.0 if n > 1 else -1.0
    return basis, lambda z: factor * np.einsum("aij,...ji->...a", basis, z).real


def beyond(n):
    """W of norm above 1 that J is positive for all the same, and the series are longest."""
    rng = np.random.default_rng(12)
    Q = matrices.ta(of_group(samples.complex_normal(rng, 6, n, n)))
    Q = Q / np.linalg.norm(Q, axis=(-1, -2))[:, None, None] * np.sqrt([0.3, 0.6, 1.2, 2.4, 3.6, 4.4])[:, None, None]
    return Q - 0.9 * np.eye(n)


@every_case
def test_log_jacobian(case):
    W = np.concatenate([samples_of(case.n), beyond(case.n)])
    several = Several(case, len(W))
    W = several.matrices(several.field(W), len(W))
    alone, with_gradient, _G = several.logs(W)
    J = exact(W)
    assert (J > 1e-4).all()
    weight = np.minimum(1.0, 5.0 * J)  # the smaller J, the more a change of W by rounding changes log J
    np.testing.assert_allclose(weight * alone, weight * np.log(J), rtol=0, atol=case.tolerance)
    np.testing.assert_array_equal(with_gradient, alone)


def test_finite_differences_of_the_map():
    """The exact Jacobian above is that of the map itself."""
    rng, step = np.random.default_rng(2), 1e-4
    for n in (1, 2, 3):
        W = 0.6 * of_group(samples.group_elements(rng, n, 2)).mean(axis=0)
        U, (basis, project) = samples.group_elements(rng, n), coordinates(n)
        C, columns = W @ U, []

        def turn(U, C=C):
            return matrices.exponential(matrices.ta(C @ matrices.dagger(U))) @ U

        for X in basis:
            ahead, behind = (turn(matrices.exponential(x * step * X) @ U) for x in (1, -1))
            columns.append(project((ahead - behind) @ matrices.dagger(turn(U)) / (2 * step)))
        np.testing.assert_allclose(np.linalg.det(np.array(columns).T), exact(W), rtol=1e-7)


@every_case
def test_gradient(case):
    """Re tr(G dW) against differences of fourth order of the exact log J."""
    rng, step = np.random.default_rng(3), 1e-3
    W = np.concatenate([samples_of(case.n, (0.0, 1e-9, 1e-4, 0.1, 0.4, 0.7)), beyond(case.n)])
    several = Several(case, len(W))
    W = several.matrices(several.field(W), len(W))
    G = several.logs(W)[2]
    for _ in range(3):
        dW = of_group(samples.complex_normal(rng, *W.shape))
        d1, d2 = (np.log(exact(W + x * dW) / exact(W - x * dW)) / (2 * x) for x in (step, 2 * step))
        found, size = matrices.trace(G @ dW).real, np.linalg.norm(G, axis=(-1, -2)) * np.linalg.norm(dW, axis=(-1, -2))
        tolerance = 1e-8 if case.real == "f8" else 1e-4
        np.testing.assert_allclose(found / size, (4 * d1 - d2) / 3 / size, rtol=0, atol=tolerance)


@every_case
def test_no_number_where_the_map_folds(case):
    """J <= 0, and what is far beyond it, give NaN for their sites alone."""
    n = case.n
    far = [1.001 * np.eye(n), 1.5 * np.eye(n), 40.0 * np.eye(n)]
    if n > 1:
        far += [of_group(1j * x * np.diag([1.0, -1.0] + [0.0] * (n - 2))) for x in (1.6, 2.5, 5.0, 1e3)]
    W = np.array([*far, np.full((n, n), np.nan), 0.5 * np.eye(n)], dtype=complex)
    several = Several(case, 16)
    alone, with_gradient, _G = several.logs(W)
    np.testing.assert_array_equal(np.isnan(alone), [True] * (len(W) - 1) + [False])
    np.testing.assert_array_equal(with_gradient, alone)
