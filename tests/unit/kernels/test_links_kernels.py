"""Kernels on links and algebra fields against numpy."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case, Setting, every_case_in_double, every_case_with_four_colors, numbers, settings
from reference import matrices, samples

from lqcdnn.kernels import links as kernels


@every_case_in_double
def test_molecular_dynamics_steps(case):
    for s in settings(case):
        P, p = s.algebra()
        expected = matrices.exponential(0.3 * p) @ s.U
        V, out = s.blocks.copy(), s.zeros_like_links()
        kernels.update_links(V, V, P, 0.3)
        case.assert_close(s.user(V), expected, 10)
        kernels.update_links(out, s.blocks, P, 0.3)
        assert out.tobytes() == V.tobytes()
        Sigma, sigma = s.matrices()
        kernels.kick(P, s.blocks, Sigma, -0.7)
        case.assert_close(s.user(P), p - 0.7 * matrices.ta(s.U @ sigma))
        kernels.copy(out, Sigma)
        assert out.tobytes() == Sigma.tobytes()
        kernels.clear(P)
        assert not P["c"].any()


@every_case_with_four_colors
def test_norms(case):
    for s in settings(case):
        X, x = s.matrices()
        size = (np.abs(x) ** 2).sum(axis=(-1, -2))
        part = np.empty(s.lattice.blocks)
        kernels.block_products(part, X, X)
        case.assert_close(kernels.ordered_sum(part), size.sum())
        Y, y = s.matrices()
        kernels.block_products(part, X, Y)
        case.assert_close(kernels.ordered_sum(part), (x.conj() * y).real.sum(), 10)
        kernels.largest_norm(part, X)
        case.assert_close(part.max(), size.max())
        kernels.unitarity(part, X)
        deviation = x @ matrices.dagger(x) - np.eye(case.n)
        case.assert_close(part.max(), (np.abs(deviation) ** 2).sum(axis=(-1, -2)).max())
        kernels.determinant_deviation(part, X)
        case.assert_close(part.max(), (np.abs(np.linalg.det(x) - 1.0) ** 2).max(), 10)
        psi, phi = s.vector(), s.vector()
        kernels.real_products(part, psi[0], phi[0])
        case.assert_close(kernels.ordered_sum(part), (psi[1].conj() * phi[1]).real.sum(), 10)


@every_case_with_four_colors
@pytest.mark.parametrize("special", [True, False])
def test_reunitarisation(case, special):
    if special and case.n == 1:
        special = False  # U(1) has no determinant to fix
    for s in settings(case):
        # Off the group by what rounding leaves after very many steps.
        z = s.U + 1e-5 * samples.complex_normal(s.rng, *s.U.shape)
        V, z = s.store_links(z)
        kernels.reunitarize(V, special)
        case.assert_close(s.user(V), matrices.polar_unitary(z, special), 3)
        again = V.copy()
        kernels.reunitarize(again, special)
        case.assert_close(s.user(again), s.user(V))


@every_case_in_double
def test_gauge_transformation(case):
    for s in settings(case):
        G, g = s.store_links(samples.group_elements(s.rng, case.n, *s.lattice.shape))
        out = s.zeros_like_links()
        kernels.gauge_transform(out, s.blocks, G, s.nbr)
        case.assert_close(s.user(out), samples.gauge_transform(s.U, g))


@pytest.mark.parametrize("lane", [0, NATIVE // 2, NATIVE - 1])
def test_checks_see_nan(lane):
    """A NaN in any lane reaches the maximum, wherever a finite number follows."""
    s = Setting(Case("SU(2)", NATIVE, "f8"), (4, 8))
    numbers(s.blocks)[0, 0, 0, lane] = np.nan
    part = np.empty(s.lattice.blocks)
    for check in (kernels.largest_norm, kernels.unitarity, kernels.determinant_deviation):
        check(part, s.blocks)
        assert np.isnan(part.max())
