"""Wilson and clover quarks between fixed links: dense matrices without the fixed slices, derivatives, determinants."""

import numpy as np
import pytest
from derivative import assert_gradient
from rational_builders import fields_of
from reference import samples, wilson
from reference import schroedinger as fields
from reference import schroedinger_quarks as reference
from reference.matrices import dagger

from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings
from lqcdnn.actions.ratio import RatioAction
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.shifted import ShiftedWilson
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice

MASS = 0.2


class Between:
    """A Wilson operator on random links between fixed ones, and the same as a dense matrix."""

    def __init__(self, n, shape, csw=0.0, ct_tilde=1.0, theta=None, exponential=False, seed=3) -> None:
        none, self.n = (0.0,) * n, n
        self.lattice = Lattice(shape, fixed=BoundaryFields(*fields.ANGLES[n], none, none))
        self.rng, d = np.random.default_rng(seed), len(shape)
        self.U = from_user(self.lattice, samples.links(self.rng, shape, n))
        self.z = to_user(self.lattice, self.U)
        boundary = (*(1,) * (d - 2), -1, -1)
        self.kappa = 0.5 / (MASS + d)
        numbers = {"theta": theta, "ct_tilde": ct_tilde, "exponential_clover": exponential}
        self.op = WilsonOperator(self.lattice, n, self.kappa, boundary, csw, **numbers)
        self.op.set_links(self.U)
        self.M = 2.0 * self.kappa * reference.matrix(self.z, MASS, csw, theta, boundary, ct_tilde, exponential)

    def spinor(self):
        """A field that is not zero in the fixed slices either, and its part between them."""
        x = wilson.spinor(self.rng, self.lattice.shape, self.n)
        return self.lattice.from_user(x), reference.inside(x)

    def inside(self, psi):
        return reference.inside(self.lattice.to_user(psi))


FIRST = [(1, (4, 8), 1.3, 0.9, None), (3, (4, 2, 2, 4), 1.5, 0.95, None)]
EXPONENTIAL = (1, (4, 8), 1.3, 0.9, None, True)
MORE = [
    (1, (4, 5), 1.3, 0.9, (0.4, 0.0)),
    (2, (2, 4, 2, 4), 1.5, 0.9, None),
    (2, (4, 4, 4, 5), 0.0, 1.0, (0.2, 0.3, 0.5, 0.0)),
    (3, (4, 2, 2, 5), 1.5, 0.95, None),
    (3, (4, 2, 2, 4), 0.0, 0.95, (0.5, 0.5, 0.5, 0.0)),
    (3, (4, 2, 2, 3), 0.0, 1.0, None),
    (3, (6, 2, 6, 5), 1.5, 1.0, None),
    (3, (4, 2, 2, 5), 1.5, 0.95, None, True),
]
"""n, extents, c_SW, ct_tilde, theta, exponential; with an odd number of slices, too."""


@pytest.fixture(params=[*FIRST, EXPONENTIAL, *(pytest.param(case, marks=pytest.mark.slow) for case in MORE)], ids=str)
def between(request):
    return Between(*request.param)


def test_matrix_propagator_and_mixed_precision(between):
    (psi, x), out, op = between.spinor(), between.op.vector(), between.op
    g5 = np.kron(np.eye(len(x) // between.lattice.d), wilson.gamma5(between.lattice.d))
    assert np.abs(g5 @ between.M @ g5 - dagger(between.M)).max() < 1e-14
    for dagger_, M in ((False, between.M), (True, dagger(between.M))):
        op.apply(out, psi, dagger=dagger_)
        np.testing.assert_allclose(between.inside(out), M @ x, rtol=0, atol=1e-13)
    WilsonPropagator(op).solve(out, psi, 1e-12, 1000)
    np.testing.assert_allclose(between.inside(out), np.linalg.solve(between.M, x), rtol=0, atol=1e-10)


def test_action_of_two_flavours_and_its_gradient(between):
    """Quarks in the fixed slices add the square of their random numbers, which no link changes."""
    op = between.op
    action = PseudofermionAction(op, PseudofermionField(op.vector(), 0), SolverSettings(1e-13, 1e-13))
    drawn = action.draw(between.U, Stream(3, 1))
    phi = between.lattice.to_user(action.field.phi)
    walls = (np.abs(phi) ** 2)[..., [0, -1], :, :].sum()
    even = reference.even_rows(between.lattice.shape, between.n)
    Mhat, odd = wilson.schur(between.M, even)
    x = np.linalg.solve(dagger(Mhat), reference.inside(phi)[even])
    expected = np.vdot(x, x).real - 2.0 * np.linalg.slogdet(odd)[1] + walls
    assert action.value(between.U) == pytest.approx(expected, rel=1e-11)
    assert drawn == pytest.approx(expected, rel=1e-11)
    assert_gradient(action, between.U)


def log_determinants(between, mass=MASS):
    """log det (M^dag M) of the dense matrix, in the mass form, for a mass."""
    op = between.op
    M = reference.matrix(between.z, mass, op.csw, op.theta, op.boundary, op.ct_tilde, op.exponential_clover)
    return 2.0 * np.linalg.slogdet(M)[1]


@pytest.mark.parametrize("case", [FIRST[0], EXPONENTIAL], ids=["linear", "exponential"])
def test_exact_determinant_with_all_constants(case):
    between = Between(*case)
    action = DeterminantAction(between.op, 1.0, "fermion.1")
    assert action.value(between.U) == pytest.approx(-log_determinants(between), rel=1e-12)
    assert_gradient(action, between.U)


def dense_ratio(between, z, phi, kappa, twisted_mass):
    """phi^dag Q_h (Q^dag Q)^-1 Q_h^dag phi + local parts on links z, without quarks in the fixed slices."""
    op, even, d = between.op, reference.even_rows(between.lattice.shape, between.n), between.lattice.d
    parts = []
    for k, mu in ((op.kappa, 0.0), (kappa, twisted_mass)):
        M = reference.matrix(z, 0.5 / k - d, op.csw, None, op.boundary, op.ct_tilde)
        M = 2.0 * k * (M + 1j * mu * np.kron(np.eye(len(M) // d), wilson.gamma5(d)))
        parts.append(wilson.schur(M, even))
    (light, odd), (heavy, odd_heavy) = parts
    x = np.linalg.solve(dagger(light), dagger(heavy) @ reference.inside(phi)[even])
    return np.vdot(x, x).real - 2.0 * (np.linalg.slogdet(odd)[1] - np.linalg.slogdet(odd_heavy)[1])


@pytest.mark.parametrize(("kappa", "twisted_mass"), [(0.18, 0.0), (0.5 / (MASS + 2), 0.7)])
def test_mass_preconditioning(kappa, twisted_mass):
    """Quarks in the fixed slices add the same number on all links; gradient."""
    between = Between(*FIRST[0])
    op, lattice, shape = between.op, between.lattice, between.lattice.shape
    numbers = {"csw": op.csw, "twisted_mass": twisted_mass, "ct_tilde": op.ct_tilde}
    heavy = WilsonOperator(lattice, between.n, kappa, op.boundary, **numbers)
    action = RatioAction(op, heavy, PseudofermionField(op.vector(), 0), SolverSettings(1e-13, 1e-13))
    drawn = action.draw(between.U, Stream(3, 1))
    assert action.value(between.U) == pytest.approx(drawn, rel=1e-11)
    phi, found = lattice.to_user(action.field.phi), []
    for U in (between.U, from_user(lattice, samples.links(np.random.default_rng(9), shape, between.n))):
        value, expected = action.value(U), dense_ratio(between, to_user(lattice, U), phi, kappa, twisted_mass)
        found.append(value - expected)
    assert found[1] == pytest.approx(found[0], rel=1e-10)
    assert_gradient(action, between.U)


def test_a_root_of_the_determinant():
    """One flavour by a rational approximation: its gradient, and the value where it was drawn."""
    between = Between(*FIRST[0])
    system = ShiftedWilson(between.op)
    powers = approximations(0.5, (0.01, 30.0), 1e-14, 1e-14)
    action = RationalAction(system, fields_of(system, 1), powers, SolverSettings(1e-13, 1e-13))
    assert action.draw(between.U, Stream(3, 1)) == pytest.approx(action.value(between.U), rel=1e-10)
    assert_gradient(action, between.U)


@pytest.mark.slow
def test_mixed_precision_on_an_odd_number_of_slices():
    between = Between(1, (16, 5), 1.3, 0.9)
    (psi, x), out = between.spinor(), between.op.vector()
    use_mixed_precision(between.op)
    between.op.solve_normal(out, psi, 1e-12, 1000)
    even = reference.even_rows(between.lattice.shape, between.n)
    Mhat = wilson.schur(between.M, even)[0]
    expected = np.linalg.solve(dagger(Mhat) @ Mhat, x[even])
    np.testing.assert_allclose(between.inside(out)[even], expected, rtol=0, atol=1e-10)


def test_what_has_no_definition_is_refused():
    lattice = Between(1, (4, 5)).lattice
    for wrong, what in (({"r": 0.5}, "r = 0.5"), ({"theta": (0.0, 0.1)}, "theta"), ({"flux": (1,)}, "field")):
        with pytest.raises(InputError, match=what):
            WilsonOperator(lattice, 1, 0.2, (1, -1), **wrong)
    with pytest.raises(InputError, match="ct_tilde"):
        WilsonOperator(Lattice((4, 4)), 1, 0.2, (1, -1), ct_tilde=0.9)
