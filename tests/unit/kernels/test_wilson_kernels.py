"""Kernels of the Wilson and clover operators against dense matrices, for every group, width and precision."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case, Setting, covering
from reference import samples
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.dirac.clover import CloverTerm
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import linalg
from lqcdnn.kernels import wilson as kernels
from lqcdnn.kernels.clover_derivative import near_insertions
from lqcdnn.kernels.packing import pack_links
from lqcdnn.kernels.plaquette_layer import add_far_derivatives
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.kernels.simd.spinhop import find_legs, hop_along
from lqcdnn.lattice.programs import planes

KAPPA, CSW = 0.13, 1.4
PLANE, SPACE = BOTH = (4, 4), (4, 2, 2, 4)
FAST = {
    Case("U(1)", NATIVE, "f8"): (4, 8),
    Case("U(1)", 2 * NATIVE, "f4"): (8, 8),
    Case("SU(2)", NATIVE, "f8"): SPACE,
    Case("SU(3)", NATIVE, "f8"): SPACE,
}
"""Few combinations, for each compiles many long kernels: those of U(1) are the shortest, and other tests need them."""


def settings_with(fast, others):
    """Parametrizes with ``fast`` pairs of case and shape, and with ``others`` as slow ones."""
    slow = [(c, shape, pytest.mark.slow) for c, shape in others if fast.get(c) != shape]
    found = [*((c, shape, ()) for c, shape in fast.items()), *slow]
    return pytest.mark.parametrize(
        ("case", "shape"), [pytest.param(c, shape, id=f"{c}-{len(shape)}d", marks=m) for c, shape, m in found]
    )


every_setting = settings_with(FAST, covering(BOTH))
every_setting_in_double = settings_with({c: shape for c, shape in FAST.items() if c.real == "f8"}, covering(BOTH, "f8"))
"""For derivatives and the clover term, which solvers in single precision do not take."""

SHORT = {c: shape for c, shape in FAST.items() if c.n < 3 and c.real == "f8"}
every_setting_of_few_colors = settings_with(SHORT, [*covering(BOTH), *FAST.items()])
"""For what takes longest to compile and no other fast test needs in single precision, or of three colours."""


def packed(s, boundary, kappa=KAPPA, two_rows=False):
    signs = s.lattice.site_field(s.lattice.boundary_signs(boundary))
    W = s.lattice.packed_links(s.case.n, two_rows)
    pack_links(W, s.blocks, signs, s.nbr, kappa, kappa)
    return W, signs


def random_spinor(s):
    return s.store(reference.spinor(s.rng, s.lattice.shape, s.case.n))


def times(matrix, x):
    return (matrix @ x.reshape(-1)).reshape(x.shape)


@pytest.mark.parametrize("d", [2, 4])
def test_gamma_matrices(d):
    g = gamma_matrices(d)
    np.testing.assert_array_equal(g, reference.gammas(d))
    np.testing.assert_allclose(gamma_5(d), reference.gamma5(d), atol=1e-15)
    for mu in range(d):
        for nu in range(d):
            np.testing.assert_array_equal(g[mu] @ g[nu] + g[nu] @ g[mu], 2 * (mu == nu) * np.eye(d))


@every_setting
def test_hop(case, shape):
    check_hop(case, shape)


@settings_with({Case("SU(3)", NATIVE, "f8"): SPACE}, [(c, shape) for c, shape in covering(BOTH) if c.n == 3])
def test_hop_with_two_rows_of_links(case, shape):
    check_hop(case, shape, two_rows=True)


def check_hop(case, shape, two_rows=False):
    s = Setting(case, shape)
    d = s.lattice.d
    for boundary in ((1,) * d, (1,) * (d - 1) + (-1,), (-1,) * d):
        W, _signs = packed(s, boundary, two_rows=two_rows)
        (psi, x), out = random_spinor(s), s.lattice.zeros(case.n, d)
        K = KAPPA * reference.hopping_matrix(s.U, boundary)
        for side, matrix in ((1.0, K), (-1.0, dagger(K))):
            kernels.hopping(out, None, W, psi, s.nbr, side, 0, s.lattice.blocks)
            case.assert_close(s.user(out), times(matrix, x))


@every_setting_of_few_colors
def test_fused_steps(case, shape):
    """out = x - K psi with its norm, and r -= alpha (x - K psi) with its norm, on one parity."""
    s = Setting(case, shape)
    boundary, half = (1,) * s.lattice.d, s.lattice.half
    W, _signs = packed(s, boundary)
    (psi, y), (x, x0), (r, r0), (b, b0) = (random_spinor(s) for _ in range(4))
    even = reference.even_mask(s.lattice.shape, case.n).reshape(y.shape)
    K = KAPPA * reference.hopping_matrix(s.U, boundary)
    part, out = np.empty(half), s.lattice.zeros(case.n, s.lattice.d)
    kernels.massive_hopping(part, out, None, W, x, psi, s.nbr, 1.0, 0, half)
    case.assert_close(s.user(out), even * (x0 - times(K, y)))
    case.assert_close(part.sum(), (np.abs(even * (x0 - times(K, y))) ** 2).sum(), 10)
    kernels.reduce_residual(part, r, 0.3, None, W, x, psi, s.nbr, -1.0, 0, half)
    expected = r0 - 0.3 * even * (x0 - times(dagger(K), y))
    case.assert_close(s.user(r), expected)
    case.assert_close(part.sum(), (np.abs(even * expected) ** 2).sum(), 10)
    kernels.source_hopping(out, None, W, b, psi, s.nbr, 1.0, half, 2 * half)
    case.assert_close(s.user(out) * ~even, ~even * (b0 + times(K, y)))


@every_setting_of_few_colors
def test_leading_indices(case, shape):
    """A stack [s5, block] of spinors hops like each of them, in either order of memory, forward and adjoint."""
    s = Setting(case, shape)
    W, _signs = packed(s, (1,) * s.lattice.d)
    spinors = [random_spinor(s)[0] for _ in range(3)]
    expected = s.lattice.zeros(case.n, s.lattice.d)
    for make in (s.lattice.stack, lambda n, m, count: s.lattice.zeros(n, m, (count,))):
        stack, out = (make(case.n, s.lattice.d, 3) for _ in range(2))
        for k, psi in enumerate(spinors):
            stack[k] = psi
        for side in (1.0, -1.0):
            hop_stack(out, W, stack, s.nbr, side)
            for k, psi in enumerate(spinors):
                kernels.hopping(expected, None, W, psi, s.nbr, side, 0, s.lattice.blocks)
                np.testing.assert_array_equal(out[k]["c"], expected["c"])


@kernels.kernel
def hop_stack(out, W, psi, nbr, side):
    for s in range(out.shape[1]):
        legs = find_legs(W, s, psi, nbr, side)
        for k in range(out.shape[0]):
            hop_along(kernels.place(out, k, s), None, 1.0, legs, psi, (k,), ())


@every_setting_in_double
def test_hop_derivative(case, shape):
    """Re tr(Sigma dU) is the change of 0.7 Re Y^dag H X, which is linear in the links."""
    s = Setting(case, shape)
    boundary = (1,) * (s.lattice.d - 1) + (-1,)
    _W, signs = packed(s, boundary)
    (X, x), (Y, y), (Sigma, sigma), (_dU, du) = random_spinor(s), random_spinor(s), s.matrices(), s.matrices()
    kernels.add_hop_derivative(Sigma, X, Y, signs, s.nbr, 0.7)
    change = 0.7 * np.vdot(y.ravel(), reference.hopping_matrix(du, boundary) @ x.ravel()).real
    found = np.einsum("...ij,...ji->", s.user(Sigma) - sigma, du, optimize=True).real
    case.assert_close(found, change, 10)


@every_setting_in_double
def test_clover_term(case, shape):
    s = Setting(case, shape)
    term, n, d = CloverTerm(s.lattice, case.n, KAPPA * CSW), case.n, s.lattice.d
    term.set_links(s.blocks)
    A = reference.clover_matrix(s.U, KAPPA * CSW)
    (x, x0), out = random_spinor(s), s.lattice.zeros(n, d)
    even = reference.even_mask(s.lattice.shape, n)
    kernels.massive_hopping(
        np.empty(s.lattice.blocks), out, term.A, packed(s, (1,) * d, 0.0)[0], x, x, s.nbr, 1.0, 0, s.lattice.blocks
    )
    case.assert_close(s.user(out), times(A, x0))
    kernels.source_hopping(
        out, term.inverse, packed(s, (1,) * d, 0.0)[0], x, x, s.nbr, 1.0, s.lattice.half, s.lattice.blocks
    )
    inverse = np.linalg.solve(A, (~even * x0.reshape(-1))).reshape(x0.shape)
    odd = ~even.reshape(x0.shape)
    case.assert_close(s.user(out) * odd, inverse * odd, 10)
    case.assert_close(term.log_determinant, np.linalg.slogdet(A[~even][:, ~even])[1], 10)


@every_setting_in_double
def test_derivative_of_clover_leaves(case, shape):
    """Re tr(Sigma dU) is the change of sum Re tr(Z Q), a polynomial of degree 4 in the links."""
    s = Setting(case, shape)
    pairs, d = planes(s.lattice.d), s.lattice.d
    z = samples.complex_normal(s.rng, len(pairs), *shape, case.n, case.n)
    (Z, z), (Sigma, sigma), (_dU, du) = s.store_links(z - dagger(z)), s.matrices(), s.matrices()
    far = s.lattice.links(case.n, (d * (d - 1),))
    near_insertions(Sigma, far, Z, s.blocks, s.nbr)
    add_far_derivatives(Sigma, far, s.nbr)

    def total(t):
        leaves = (reference.leaves(s.U + t * du, mu, nu) for mu, nu in pairs)
        return sum((x * np.swapaxes(Q, -1, -2)).sum().real for x, Q in zip(z, leaves, strict=True))

    change = (total(-2.0) - 8.0 * total(-1.0) + 8.0 * total(1.0) - total(2.0)) / 12.0
    found = np.einsum("...ij,...ji->", s.user(Sigma) - sigma, du, optimize=True).real
    case.assert_close(found, change, 100)


@every_setting
def test_complex_products_of_linear_algebra(case, shape):
    s = Setting(case, shape)
    (x, x0), (y, y0) = random_spinor(s), random_spinor(s)
    part, out = np.empty((s.lattice.blocks, 2)), np.zeros_like(x)
    combine(part, out, x, y, 0.3 - 0.8j)
    case.assert_close(part.sum(axis=0) @ [1, 1j], np.vdot(x0, y0), 10)
    case.assert_close(s.user(out), (0.3 - 0.8j) * x0)


@kernels.kernel
def combine(part, out, x, y, z):
    for s in range(x.shape[0]):
        X = kernels.at(x, s)
        part[s, 0], part[s, 1] = linalg.dot(X, kernels.at(y, s))
        kernels.put(out, s, linalg.times(z.real, z.imag, X))


@every_setting
def test_even_operator_and_conjugate_gradients(case, shape):
    check_even_operator(case, shape, 0.0, 1.0)


@every_setting_in_double
def test_even_operator_and_conjugate_gradients_with_a_clover_term(case, shape):
    check_even_operator(case, shape, CSW, 1.0)


@settings_with({}, covering(BOTH))
def test_even_operator_with_another_wilson_parameter(case, shape):
    check_even_operator(case, shape, 0.0, 1.6)


@settings_with({}, covering(BOTH))
def test_even_operator_with_a_twisted_mass(case, shape):
    check_even_operator(case, shape, 0.0, 1.0, twisted_mass=0.4)


@settings_with({}, covering(BOTH, "f8"))
def test_even_operator_with_a_twisted_mass_and_a_clover_term(case, shape):
    check_even_operator(case, shape, CSW, 1.0, twisted_mass=0.4)


def check_even_operator(case, shape, csw, r, twisted_mass=0.0):
    tolerance = 1e-12 if case.real == "f8" else 1e-5
    s = Setting(case, shape)
    boundary = (1,) * (s.lattice.d - 1) + (-1,)
    op = WilsonOperator(s.lattice, case.n, KAPPA, boundary, csw, r, twisted_mass=twisted_mass)
    op.set_links(s.blocks)
    even = reference.even_mask(s.lattice.shape, case.n)
    Mhat, _odd = reference.schur(reference.matrix(s.U, KAPPA, boundary, csw, r, twisted_mass), even)
    (b, b0), x = random_spinor(s), op.vector()
    for dag in (False, True):
        op.apply_even(x, b, dagger=dag)
        expected = (dagger(Mhat) if dag else Mhat) @ b0.reshape(-1)[even]
        case.assert_close(s.user(x).reshape(-1)[even], expected, 10)
    op.solve_normal(x, b, tolerance, 1000)
    expected = np.linalg.solve(dagger(Mhat) @ Mhat, b0.reshape(-1)[even])
    case.assert_close(s.user(x).reshape(-1)[even], expected, 1000)
