"""Kernels of the staggered operator against explicit loops over sites and dense linear algebra."""

import numpy as np
import pytest
from kernel_cases import (
    EVEN_SHAPES,
    Setting,
    as_links,
    every_case,
    every_case_in_double,
    every_case_of_three_colors,
    settings,
)
from reference import staggered as reference

from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.kernels import linalg
from lqcdnn.kernels import staggered as kernels
from lqcdnn.lattice.blocks import has_two_rows, link_matrices
from lqcdnn.lattice.geometry import Lattice

MASS = 0.4


def boundary(d, k=0):
    """Antiperiodic in time; k = 1: in the first direction; k = 2: nowhere."""
    signs = [1] * d
    if k < 2:
        signs[-1 if k == 0 else 0] = -1
    return tuple(signs)


def operator_of(s, k=0):
    op = StaggeredOperator(s.lattice, s.case.n, MASS, boundary(s.lattice.d, k))
    op.set_links(s.blocks)
    return op


@every_case
def test_hop_and_massive_operator(case):
    for k, s in enumerate(settings(case, EVEN_SHAPES)):
        op = operator_of(s, k)
        (psi, x), out = s.vector(), op.vector()
        Dx = reference.hop(s.U, x, op.boundary)
        op.hop(out, psi)
        case.assert_close(s.user(out), Dx)
        op.apply(out, psi)
        case.assert_close(s.user(out), MASS * x + Dx)
        op.apply(out, psi, dagger=True)
        case.assert_close(s.user(out), MASS * x - Dx)


@every_case
def test_packed_links(case):
    """W[s, mu] = eta U / 2 and W[s, d + mu] = -eta U(n - mu)^dag / 2, signs folded in."""
    for k, s in enumerate(settings(case, EVEN_SHAPES)):
        op, d = operator_of(s, k), s.lattice.d
        eta = reference.signs(s.lattice.shape, op.boundary)[..., None, None]
        W = np.empty((2 * d, *s.lattice.shape, case.n, case.n), complex)
        W[(slice(None), *s.lattice.coordinates.T)] = link_matrices(op.links).swapaxes(0, 1)
        case.assert_close(W[:d], 0.5 * eta * s.U)
        for mu in range(d):
            back = -0.5 * np.roll(eta[mu] * s.U[mu], 1, mu).conj().swapaxes(-1, -2)
            case.assert_close(W[d + mu], back)


@pytest.mark.parametrize("two_rows", [False, True], ids=["whole", "two_rows"])
@every_case_of_three_colors
def test_links_of_three_colours_whole_and_as_two_rows(monkeypatch, case, two_rows):
    """Which of them a lattice takes depends on its size and on the processor."""
    monkeypatch.setattr(Lattice, "two_rows_pay", lambda self, n, spins: two_rows)
    assert has_two_rows(operator_of(Setting(case, (4, 4))).links) == two_rows
    test_packed_links(case)
    test_hop_and_massive_operator(case)
    test_normal_operator(case, ODD)


@every_case
@pytest.mark.parametrize("parity", [EVEN, ODD])
def test_normal_operator(case, parity):
    for s in settings(case, EVEN_SHAPES):
        op, lattice = operator_of(s), s.lattice
        (p, x), out, t = s.vector(), op.vector(), op.vector()
        mask = (reference.parity(lattice.shape) == parity).reshape(*lattice.shape, 1, 1)
        expected = MASS**2 * x * mask - reference.hop(s.U, reference.hop(s.U, x * mask, op.boundary), op.boundary)
        part = np.empty(lattice.half)
        product = kernels.normal_operator(part, out, t, op.links, p, lattice.neighbours, MASS**2, lattice.half, parity)
        case.assert_close(s.user(out) * mask, expected)
        case.assert_close(product, (x.conj() * mask * expected).real.sum(), 10)


@every_case_in_double
def test_steps_of_conjugate_gradients(case):
    for s in settings(case, EVEN_SHAPES):
        op, half = operator_of(s), s.lattice.half
        (x, x0), (r, r0), (p, p0), (t, t0) = (s.vector() for _ in range(4))
        odd = (reference.parity(s.lattice.shape) == 1).reshape(*s.lattice.shape, 1, 1)
        nbr, part = s.lattice.neighbours, np.empty(half)
        kernels.reduce_residual(part, r, 0.3, op.links, t, p, nbr, MASS**2, half, 2 * half)
        expected = np.where(odd, r0 - 0.3 * (MASS**2 * p0 - reference.hop(s.U, t0, op.boundary)), r0)
        case.assert_close(s.user(r), expected)
        case.assert_close(part.sum(), (np.abs(expected * odd) ** 2).sum(), 10)
        r0 = s.user(r)
        kernels.new_direction(part, x, p, r, 0.3, 0.6, half, 2 * half)
        case.assert_close(s.user(x), x0 + 0.3 * p0 * odd)
        case.assert_close(s.user(p), np.where(odd, r0 + 0.6 * p0, p0))
        case.assert_close(part.sum(), (np.abs((r0 + 0.6 * p0) * odd) ** 2).sum(), 10)
        kernels.hop_with_norm(part, t, op.links, p, nbr, half, 2 * half)
        expected = np.where(odd, reference.hop(s.U, s.user(p), op.boundary), t0)
        case.assert_close(s.user(t), expected)
        case.assert_close(part.sum(), (np.abs(expected * odd) ** 2).sum(), 10)
        q, q0 = s.vector()
        linalg.residual(part, r[None], x[None], q[None], half, 2 * half)
        case.assert_close(s.user(r) * odd, (s.user(x) - q0) * odd)
        case.assert_close(part.sum(), (np.abs((s.user(x) - q0) * odd) ** 2).sum(), 10)


@every_case_in_double
@pytest.mark.parametrize("parity", [EVEN, ODD])
def test_conjugate_gradients(case, parity):
    tolerance = 1e-12 if case.real == "f8" else 1e-5
    for s in settings(case, EVEN_SHAPES):
        op, x = operator_of(s), s.vector()[0]
        b, source = s.vector()
        mask = (reference.parity(s.lattice.shape) == parity).reshape(*s.lattice.shape, 1, 1)
        op.solve(x, b, parity, tolerance, 1000)
        case.assert_close(s.user(x) * mask, reference.solve(s.U, source * mask, MASS, op.boundary), 100)
        steps = reference.conjugate_gradient_steps(s.U, source * mask, MASS, op.boundary, tolerance)
        assert op.log.iterations == pytest.approx(steps, abs=2, rel=0.05 if case.real == "f8" else 0.2)


@every_case
@pytest.mark.parametrize("parity", [EVEN, ODD])
def test_outer_products(case, parity):
    tolerance = 1e-13 if case.real == "f8" else 1e-5
    for k, s in enumerate(settings(case, EVEN_SHAPES)):
        op = operator_of(s, k)
        (phi, f), X, DX = s.vector(), op.vector(), op.vector()
        Sigma, sigma = s.matrices()
        op.solve(X, phi, parity, tolerance, 1000)
        DX["c"] = X["c"]
        op.hop(DX, X, parity=1 - parity)
        op.add_derivative(Sigma, DX, parity)
        expected = reference.action_gradient(s.U, f, MASS, op.boundary, parity)
        case.assert_close(s.user(Sigma), sigma + as_links(expected), 300)
