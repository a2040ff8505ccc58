"""The domain wall kernels for every group, block width and precision, against dense matrices."""

import numpy as np
import pytest
from kernel_cases import NATIVE, Case, fast_ones
from reference import domainwall as reference
from reference import samples

from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension, rational_rows
from lqcdnn.kernels import domainwall as kernels
from lqcdnn.lattice.geometry import Lattice

FAST = [Case("U(1)", NATIVE, "f8")]  # of SU(2) unit/dirac/test_domainwall_operator.py has the dense matrices
FIFTH = (0.9, 3, 1.5, 0.5)


@fast_ones(FAST)
def test_operators(case):
    """D, D^dag and Mhat^dag Mhat by its fused steps; the sum over blocks of what they report."""
    lattice, rng = case.lattice((4, 8)), np.random.default_rng(6)
    op = DomainWallOperator(lattice, case.n, 0.1, FifthDimension(*FIFTH), (1, -1))
    U = lattice.from_links(samples.links(rng, (4, 8), case.n))
    op.set_links(U)
    D = reference.dense(lattice.to_user(U), (1, -1), 0.1, *FIFTH)
    psi = op.vector()
    psi["c"] = lattice.from_user(samples.complex_normal(rng, 3, 4, 8, case.n, 2))["c"]
    z, out = lattice.to_user(psi).reshape(-1), op.vector()
    for dagger, matrix in ((False, D), (True, D.conj().T)):
        op.apply(out, psi, dagger)
        case.assert_close(lattice.to_user(out).reshape(-1), matrix @ z)
    even = reference.even_sites(lattice.to_user(U), 3)
    ee, eo, oe, oo = (D[np.ix_(a, b)] for a in (even, ~even) for b in (even, ~even))
    schur = ee - eo @ np.linalg.solve(oo, oe)  # T^-1 Mhat A on even sites
    op.apply_even(out, psi)
    found, half = lattice.to_user(out).reshape(-1)[even], lattice.half
    A, T = (function(op, name)[np.ix_(even, even)] for name in ("A", "T"))
    expected = T @ schur @ np.linalg.solve(A, z[even])
    case.assert_close(found, expected, 10.0)
    r, work, part = op.vector(), op.vector(), np.empty(half)
    norm = kernels.even_operator(part, out, work, work, op.T, op.links, psi, lattice.neighbours, half)
    assert norm == pytest.approx(np.vdot(found, found).real, rel=1e-12 if case.real == "f8" else 1e-5)
    kernels.hopping(work, op.T, op.links, work, lattice.neighbours, -1.0, half, 2 * half)
    kernels.reduce_residual(part, r, -1.0, op.links, out, work, lattice.neighbours, 0, half)
    mhat = T @ schur @ np.linalg.inv(A)
    case.assert_close(lattice.to_user(r).reshape(-1)[even], mhat.conj().T @ found, 10.0)


def function(op, name):
    """The matrix of A or T over (s5, site, colour, spin) from its definition."""
    M5, L5, b5, c5 = FIFTH
    step, eye = reference.step(L5, op.mass), np.eye(L5)
    blocks = []
    for L in (step.T, step):  # gamma_5 = +1, -1
        A = b5 * eye + c5 * L
        K0 = eye - L + (op.lattice.d - M5) * A
        blocks.append(A if name == "A" else A @ np.linalg.inv(K0))
    size = op.lattice.volume * op.n
    out = np.zeros((L5, size, 2, L5, size, 2))
    for spin, block in enumerate(blocks):
        out[:, np.arange(size), spin, :, np.arange(size), spin] = block
    return out.reshape(L5 * size * 2, -1)


@pytest.mark.parametrize("denominator", [(4.1, 1.0), (1.0, 0.0), (2.0, -1.2)])
def test_functions_of_the_step(denominator):
    """(n0 + n1 Lambda) / (d0 - d1 Lambda) and its adjoint on a chain without links, a mass for each chirality."""
    lattice, L5, masses = Lattice((4, 4)), 5, (0.3, 0.7)
    z = samples.complex_normal(np.random.default_rng(1), L5, 4, 4, 1, 2)
    psi, out = lattice.stack(1, 2, L5), lattice.stack(1, 2, L5)
    psi["c"] = lattice.from_user(z)["c"]
    rows = rational_rows((0.7, 0.4), denominator, masses, L5)
    steps, eye = [reference.step(L5, mass) for mass in masses], np.eye(L5)
    for side in (1.0, -1.0):
        kernels.fifth(out, rows, psi, side, 0, lattice.blocks)
        for spin, L in enumerate((steps[0].T, steps[1])):
            R = (0.7 * eye + 0.4 * L) @ np.linalg.inv(denominator[0] * eye - denominator[1] * L)
            R = R if side > 0 else R.T
            expected = np.einsum("st,txyi->sxyi", R, z[..., spin])
            np.testing.assert_allclose(lattice.to_user(out)[..., spin], expected, rtol=0, atol=1e-13)
