"""Wilson and clover quarks with a twisted mass: operator, action, determinant and solvers against dense matrices."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, assert_gauge_invariant, hamiltonian
from derivative import assert_gradient
from input_head import head
from reference import wilson as reference
from reference.matrices import dagger
from wilson_builders import DenseWilson

from lqcdnn.actions.determinant import DeterminantAction
from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.config import load_text
from lqcdnn.dirac.bicgstab import TwoSolves
from lqcdnn.dirac.determinant import Determinant
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.shifted import ShiftedWilson
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.hmc import State

MU = 0.3
PLACES = [("U(1)", (4, 8), 0.21), ("SU(2)", (2, 2, 2, 4), 0.13), ("SU(3)", (2, 2, 2, 2), 0.13)]
every_place = pytest.mark.parametrize(
    "place", [PLACES[0], *(pytest.param(place, marks=pytest.mark.slow) for place in PLACES[1:])], ids=lambda p: p[0]
)
every_csw = pytest.mark.parametrize("csw", [0.0, 1.3])


def setting(place, csw, twisted_mass=MU):
    """(place, action) with phi drawn."""
    name, shape, kappa = place
    p = Place(name, shape)
    action = p.wilson(kappa, csw, twisted_mass=twisted_mass)
    action.draw(p.U, Stream(3, 4))
    return p, action


@every_place
@every_csw
def test_against_the_dense_matrix(place, csw):
    """M and M^dag; Mhat and its adjoint; M^dag = gamma_5 M(-mu) gamma_5."""
    s, back = (DenseWilson(place, csw, twisted_mass=mu) for mu in (MU, -MU))
    s.assert_same()
    Mhat, odd = reference.schur(s.M, s.even)
    (psi, x), out = s.spinor(), s.op.vector()
    for dense, adjoint in ((Mhat, False), (dagger(Mhat), True)):
        s.op.apply_even(out, psi, adjoint)
        np.testing.assert_allclose(s.user(out)[s.even], dense @ x[s.even], rtol=0, atol=1e-13)
    assert s.op.local_action() == pytest.approx(-2.0 * np.linalg.slogdet(odd)[1], rel=1e-12)
    g5 = np.kron(np.eye(len(x) // s.place.d), reference.gamma5(s.place.d))
    np.testing.assert_allclose(g5 @ back.M @ g5, dagger(s.M), rtol=0, atol=1e-14)


@every_place
@every_csw
def test_value_and_gradient(place, csw):
    """phi^dag (Mhat^dag Mhat)^-1 phi with the determinant on odd sites; both alone have the gradient of their sum."""
    p, action = setting(place, csw)
    phi = p.lattice.to_user(action.field.phi)
    expected = reference.action(p.lattice.to_user(p.U), phi, place[2], p.antiperiodic(), csw, 1.0, MU)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-11)
    assert action.draw(p.U, Stream(3, 5)) == pytest.approx(action.value(p.U), rel=1e-11)
    assert_gradient(action, p.U)
    if csw:
        action.field.phi["c"] = 0.0
        assert_gradient(action, p.U, tolerance=1e-6)  # the value is small against its rounding


@every_place
@every_csw
def test_invariance_and_molecular_dynamics(place, csw):
    p, action = setting(place, csw)
    assert_gauge_invariant(p, action)
    q = Place(*place[:2], spread=0.4)
    quarks = q.wilson(place[2], csw, twisted_mass=MU)
    assert_energy_is_conserved(hamiltonian(q, q.gauge(1.5 * q.n), quarks), q, 0.5)


@every_csw
def test_determinant(csw):
    """ln det (D^dag D + mu^2) with D the operator without mu, of either sign of mu; its gradient."""
    name, shape, kappa = PLACES[0]
    p = Place(name, shape)
    D = reference.matrix(p.lattice.to_user(p.U), kappa, p.antiperiodic(), csw) / (2.0 * kappa)
    expected = np.linalg.slogdet(dagger(D) @ D + MU**2 * np.eye(len(D)))[1]
    for mu in (MU, -MU):
        op = WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic(), csw, twisted_mass=mu)
        op.set_links(p.U)
        assert Determinant(op).logarithm() == pytest.approx(expected, rel=1e-12)
    assert_gradient(DeterminantAction(op, 1.0, "fermion.1"), p.U)


@pytest.mark.parametrize("csw", [0.0, (1.1, 0.7)])
def test_anisotropic_hops(csw):
    """The same determinant with hops of space that count half, and two coefficients of the clover term."""
    name, shape, kappa = PLACES[0]
    p, weights = Place(name, shape), (0.5, 1.0)
    op, plain = (
        WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic(), csw, twisted_mass=mu, weights=weights)
        for mu in (MU, 0.0)
    )
    columns, out = [], plain.vector()
    plain.set_links(p.U)
    for unit in np.eye(2 * p.lattice.volume, dtype=complex):
        plain.apply(out, p.lattice.from_user(unit.reshape(*shape, 1, 2)))
        columns.append(p.lattice.to_user(out).reshape(-1) / (2.0 * kappa))
    D = np.array(columns).T
    op.set_links(p.U)
    expected = np.linalg.slogdet(dagger(D) @ D + MU**2 * np.eye(len(D)))[1]
    assert Determinant(op).logarithm() == pytest.approx(expected, rel=1e-12)
    assert_gradient(DeterminantAction(op, 1.0, "fermion.1"), p.U)


@pytest.mark.slow
@pytest.mark.parametrize("csw", [0.0, 1.3])
def test_solvers(csw):
    """Single precision inside double and biconjugate gradients find what conjugate gradients in double do."""
    p, (kappa, boundary) = Place("U(1)", (8, 8), spread=0.4), (0.21, (1, -1))
    p.lattice = Lattice((8, 8))
    double, mixed, two = (
        WilsonOperator(p.lattice, 1, kappa, boundary, csw, twisted_mass=MU) for _ in range(3)
    )
    use_mixed_precision(mixed)
    two.solver = TwoSolves(two)
    b, solutions = double.vector(), []
    b["c"] = p.rng.normal(size=b["c"].shape)
    for op in (double, mixed, two):
        op.set_links(p.U)
        x = op.vector()
        op.solve_normal(x, b, 1e-12, 1000)
        solutions.append(p.lattice.to_user(x))
    for found in solutions[1:]:
        np.testing.assert_allclose(found, solutions[0], rtol=0, atol=1e-10)


@pytest.mark.slow
@every_csw
def test_rational_power(csw):
    """phi^dag (Mhat^dag Mhat)^-p phi with its gradient, as of two doublets in three fields."""
    name, shape, kappa = PLACES[0]
    p, power = Place(name, shape), 2.0 / 3.0
    op = WilsonOperator(p.lattice, p.n, kappa, p.antiperiodic(), csw, twisted_mass=MU)
    field = PseudofermionField(op.vector(), 0)
    powers = approximations(power, (0.005, 30.0), 1e-13, 1e-13)
    action = RationalAction(ShiftedWilson(op), [field], powers, SolverSettings(1e-13, 1e-13))
    action.draw(p.U, Stream(3, 4))
    M = reference.matrix(p.lattice.to_user(p.U), kappa, p.antiperiodic(), csw, 1.0, MU)
    even = reference.even_mask(shape, p.n)
    Mhat, odd = reference.schur(M, even)
    values, vectors = np.linalg.eigh(dagger(Mhat) @ Mhat)
    phi = dagger(vectors) @ p.lattice.to_user(field.phi).reshape(-1)[even]
    expected = (np.abs(phi) ** 2 * values**-power).sum() - 2.0 * power * np.linalg.slogdet(odd)[1]
    assert action.value(p.U) == pytest.approx(expected, rel=1e-10)
    assert_gradient(action, p.U)


def test_chemical_potential_is_refused():
    with pytest.raises(InputError, match="one of the two"):
        WilsonOperator(Lattice((4, 8)), 2, 0.2, (1, -1), mu=0.1, twisted_mass=0.1)


INPUT = head([4, 8], "U(1)", 2.0, seed=3) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = 0.23
tolerance = 1e-13
md_tolerance = 1e-13
{keys}
[update]
length = 0.5
steps = 4
integrator = "omelyan"
"""


def simulation(keys):
    return build(load_text(INPUT.format(keys=keys), "x"))


@pytest.mark.parametrize("keys", ["csw = 1.2", "twisted_mass = -0.1", "csw = 1.2\ntwisted_mass = 0.1"])
def test_larger_twisted_masses_make_a_chain_of_ratios(keys):
    """The logarithm of the determinant is the sum of those of the terms, and each has its gradient and heat bath."""
    sim = simulation(f"hasenbusch_twisted_mass = [0.4, 1.0]\n{keys}")
    U = gauge.hot(sim.lattice, sim.group, 5)
    terms = sim.exact.terms[1:]
    assert [term.name for term in terms] == ["fermion.1.1", "fermion.1.2", "fermion.1.3"]
    sizes = [abs(term.operator.twisted_mass) for term in terms]
    assert sizes == [0.1 if "twisted" in keys else 0.0, 0.4, 1.0]
    assert [term.heavy.twisted_mass for term in terms[:-1]] == sizes[1:]
    for term in terms:
        known = term.draw(U, Stream(1, 2))
        assert known == pytest.approx(term.value(U), rel=1e-10)
        assert_gradient(term, U)


def test_a_twisted_mass_of_zero_is_none():
    """The same bits."""
    ends = []
    for keys in ("", "twisted_mass = 0.0"):
        sim = simulation(keys)
        state = State(gauge.hot(sim.lattice, sim.group, 5), 0, 7)
        for _ in range(2):
            state, _info = sim.update().step(state)
        ends.append(state.U["c"])
    np.testing.assert_array_equal(*ends)
