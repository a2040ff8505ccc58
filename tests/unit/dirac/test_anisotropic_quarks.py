"""Quarks of anisotropic lattices: weights of hops and of planes against dense matrices, derivatives, bounds."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from reference import staggered as reference_staggered
from reference import wilson as reference
from reference.matrices import dagger

from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.config.tables.fermions import QuarkConfig, kappa_of_mass
from lqcdnn.dirac.staggered import EVEN, StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.eigenvalues import norm_bound

CLOVER = (0.5, 1.2)
PLACES = [
    ("U(1)", (4, 8)),
    ("SU(2)", (2, 2, 2, 4)),
    pytest.param("SU(3)", (2, 2, 2, 4), marks=pytest.mark.slow),
]
every_place = pytest.mark.parametrize(("name", "shape"), PLACES)
EXACT = SolverSettings(1e-13, 1e-13)


def weights(d):
    return (*(0.4,) * (d - 1), 1.0)


def scaled(U):
    """Links times the weights of their directions: hops are linear in them."""
    return U * np.reshape(weights(len(U)), (-1, *[1] * (U.ndim - 1)))


def wilson(place, csw, r=1.0, twisted=0.0):
    numbers = 0.15, place.antiperiodic(), csw, r
    op = WilsonOperator(place.lattice, place.n, *numbers, twisted_mass=twisted, weights=weights(place.d))
    op.set_links(place.U)
    return op


def clover(U, kappa, csw):
    """1 + i kappa sum of sigma F with a coefficient for planes of space and one for those with time."""
    space, time = csw
    whole, V = reference.clover_matrix(U, 1.0), np.prod(U.shape[1:-2])
    one = np.eye(len(whole))
    if len(U) == 2:
        return one + kappa * time * (whole - one)
    of_space, g, n = np.zeros_like(whole), reference.gammas(4), U.shape[-1]
    for mu, nu in ((0, 1), (0, 2), (1, 2)):
        sigma = 0.5j * (g[mu] @ g[nu] - g[nu] @ g[mu])
        F = reference.field_strength(U, mu, nu).reshape(V, n, n)
        blocks = of_space.reshape(V, n, 4, V, n, 4)
        for k in range(V):
            blocks[k, :, :, k] += 1j * np.einsum("ij,ab->iajb", F[k], sigma)
    return one + kappa * (space * of_space + time * (whole - one - of_space))


@every_place
@pytest.mark.parametrize(("csw", "r", "twisted"), [(0.0, 0.8, 0.0), (CLOVER, 1.0, 0.0), (0.0, 1.0, 0.3)])
def test_wilson_matrix(name, shape, csw, r, twisted):
    place = Place(name, shape)
    op, U = wilson(place, csw, r, twisted), place.lattice.to_user(place.U)
    A = clover(U, 0.15, csw) if csw else np.eye(op.lattice.volume * place.n * op.spins)
    M = A - 0.15 * reference.hopping_matrix(scaled(U), place.antiperiodic(), r)
    M += 0.3j * twisted * np.kron(np.eye(len(M) // op.spins), reference.gamma5(place.d))
    x = reference.spinor(place.rng, shape, place.n)
    psi, out = place.lattice.from_user(x), op.vector()
    for matrix, conjugate in ((M, False), (dagger(M), True)):
        op.apply(out, psi, dagger=conjugate)
        found = place.lattice.to_user(out).reshape(-1)
        np.testing.assert_allclose(found, matrix @ x.reshape(-1), rtol=0, atol=1e-13)
    assert np.linalg.norm(M, 2) <= norm_bound(op)
    assert op.mass == pytest.approx(0.5 / 0.15 - r * sum(weights(place.d)))


@every_place
@pytest.mark.parametrize("csw", [0.0, CLOVER])
def test_wilson_force(name, shape, csw):
    place = Place(name, shape)
    op = wilson(place, csw)
    action = PseudofermionAction(op, PseudofermionField(op.vector(), 0), EXACT)
    action.draw(place.U, Stream(3, 4))
    assert_gradient(action, place.U)


@pytest.mark.parametrize(("name", "shape"), [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (2, 4, 2, 2))])
def test_staggered_matrix_and_force(name, shape):
    place = Place(name, shape)
    op = StaggeredOperator(place.lattice, place.n, 0.4, place.antiperiodic(), weights=weights(place.d))
    op.set_links(place.U)
    U = place.lattice.to_user(place.U)
    D = reference_staggered.dense_hop(scaled(U), place.antiperiodic())
    D = D.reshape(int(np.prod(shape)) * place.n, -1) + 0.4 * np.eye(int(np.prod(shape)) * place.n)
    x = place.rng.normal(size=(*shape, place.n, 1)) + 1j * place.rng.normal(size=(*shape, place.n, 1))
    out = op.vector()
    op.apply(out, place.lattice.from_user(x))
    np.testing.assert_allclose(place.lattice.to_user(out).reshape(-1), D @ x.reshape(-1), rtol=0, atol=1e-13)
    assert np.linalg.norm(D - 0.4 * np.eye(len(D)), 2) <= op.norm == sum(weights(place.d))
    action = StaggeredAction(op, PseudofermionField(op.vector(), 0), (EVEN,), EXACT)
    action.draw(place.U, Stream(3, 4))
    assert_gradient(action, place.U)


def test_numbers_of_the_input():
    """1 / (2 kappa) = m + nu_t + (d - 1) nu / xi_0; c_s / xi_0 for planes of space (arXiv:0803.3960)."""
    quark = QuarkConfig(kind="wilson", flavors=2, mass=0.1, boundary=(1, 1, 1, -1), anisotropy=4.0, nu=1.2, csw=1.5)
    assert quark.hop_weights(4) == (0.3, 0.3, 0.3, 1.0)
    assert kappa_of_mass(0.1, 4, quark.wilson_term(4)) == pytest.approx(0.5 / (0.1 + 1.0 + 3 * 0.3))
    assert quark.clover_coefficients == (1.5 / 4.0, 1.5)
    plain = QuarkConfig(kind="wilson", flavors=2, mass=0.1, boundary=(1, 1, 1, -1), csw=1.5)
    assert (plain.hop_weights(4), plain.wilson_term(4), plain.clover_coefficients) == (None, 1.0, 1.5)


def test_links_of_improved_quarks_have_no_weights():
    quark = QuarkConfig(kind="staggered", flavors=4, mass=0.1, boundary=(1, 1, 1, -1), improvement="hisq")
    improved, lattice = quark.improved(4), Lattice((4, 4, 4, 4))
    with pytest.raises(InputError, match="no weights"):
        StaggeredOperator(lattice, 3, 0.4, (1, 1, 1, -1), improved, weights=weights(4))
