"""Rational pseudofermions against dense matrix functions, plain pseudofermions and finite differences."""

import math

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from derivative import assert_gradient
from rational_builders import rational_staggered, rational_wilson
from reference import staggered as reference

from lqcdnn.actions.base import gradient
from lqcdnn.actions.composed import Composed
from lqcdnn.errors import NumericalError
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.update.hmc import HMC, State

MASS = 0.4
PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (2, 2, 2, 4))]
every_place = pytest.mark.parametrize("place", PLACES, ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}")


def even_matrix(p):
    """m^2 - D_eo D_oe and which entries in lattice order are even."""
    D = reference.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
    even = np.repeat(reference.parity(p.lattice.shape) == 0, p.n)
    return (MASS**2 * np.eye(len(D)) - D @ D)[np.ix_(even, even)], even


def power_of(A, exponent):
    values, vectors = np.linalg.eigh(A)
    return (vectors * values**exponent) @ vectors.conj().T


@every_place
@pytest.mark.parametrize(("flavors", "fields"), [(1, 1), (2, 1), (3, 2), (6, 3)])
def test_value_and_heat_bath_are_powers_of_the_dense_matrix(place, flavors, fields):
    p = Place(*place)
    action = rational_staggered(p, flavors, fields=fields)
    known = action.draw(p.U, Stream(3, 4))
    A, even = even_matrix(p)
    power, total = -action.powers.metropolis.power, 0.0
    assert power == flavors / ((4 if p.d == 4 else 2) * fields)
    for field in action.fields:
        r = gaussian_vector(p.lattice, p.n, Stream(3, 4), PSEUDOFERMION + field.index)
        phi = p.lattice.to_user(field.phi).reshape(-1)
        expected = power_of(A, power / 2) @ p.lattice.to_user(r).reshape(-1)[even]
        np.testing.assert_allclose(phi[even], expected, rtol=0, atol=1e-11)
        assert not phi[~even].any()
        total += np.vdot(phi[even], power_of(A, -power) @ phi[even]).real
    assert action.value(p.U) == pytest.approx(total, rel=1e-12)
    assert known == pytest.approx(total, rel=1e-11)


@every_place
@pytest.mark.parametrize("flavors", [1, 2, 3])
def test_action_starts_at_the_norm_of_the_noise(place, flavors):
    """S = |r|^2 right after the heat bath: the approximations of both directions belong together."""
    p = Place(*place)
    action = rational_staggered(p, flavors, fields=2)
    action.draw(p.U, Stream(9, 1))
    half, norm = p.lattice.half, 0.0
    for field in action.fields:
        r = gaussian_vector(p.lattice, p.n, Stream(9, 1), PSEUDOFERMION + field.index)
        norm += float((r["c"][:half] ** 2).sum())
    assert action.value(p.U) == pytest.approx(norm, rel=1e-11)


def test_mean_of_the_action_after_the_heat_bath():
    p, draws = Place("SU(2)", (4, 4, 4)), 150
    action = rational_staggered(p, 1, tolerance=1e-10)
    dof, values = p.n * p.lattice.volume // 2, []
    for t in range(draws):
        action.draw(p.U, Stream(9, t))
        values.append(action.value(p.U))
    assert abs(np.mean(values) - dof) < 5.0 * math.sqrt(dof / draws)
    assert np.std(values) == pytest.approx(math.sqrt(dof), rel=5.0 / math.sqrt(2 * draws))


@every_place
@pytest.mark.parametrize(("flavors", "fields"), [(1, 1), (2, 1), (3, 2)])
def test_gradient(place, flavors, fields):
    p = Place(*place)
    action = rational_staggered(p, flavors, fields=fields)
    action.draw(p.U, Stream(3, 4))
    assert_gradient(action, p.U)


@pytest.mark.parametrize(("name", "shape", "flavors"), [("SU(2)", (2, 4, 2, 4), 3), ("SU(3)", (2, 2, 2, 4), 2)])
def test_gradient_through_a_network(name, shape, flavors):
    p = Place(name, shape)
    composed = p.composed(rational_staggered(p, flavors), p.network(2))
    assert_gradient(composed, p.U)
    theta, analytic = composed.link_map.theta, composed.weight_gradient(p.U)
    numeric = []
    for i in range(theta.size):
        values = []
        for step in (1e-4, -1e-4, 2e-4, -2e-4):
            composed.link_map.theta = theta + step * np.eye(theta.size)[i]
            values.append(composed.value(p.U))
        numeric.append((4 * (values[0] - values[1]) / 2e-4 - (values[2] - values[3]) / 4e-4) / 3)
    np.testing.assert_allclose(analytic, numeric, rtol=0, atol=1e-7 * np.abs(numeric).max())


@pytest.mark.parametrize(
    ("name", "shape", "csw"),
    [
        ("U(1)", (4, 8), 0.0),
        pytest.param("SU(2)", (2, 2, 2, 4), 0.0, marks=pytest.mark.slow),
        pytest.param("SU(3)", (2, 2, 2, 4), 1.2, marks=pytest.mark.slow),
    ],
)
def test_one_wilson_flavour(name, shape, csw):
    """Gradient and heat bath; two fields of one flavour stand for phi^dag (M^dag M)^-1 phi of two."""
    p = Place(name, shape, spread=0.3)
    action = rational_wilson(p, 1, csw=csw)
    action.draw(p.U, Stream(3, 4))
    assert_gradient(action, p.U)
    r = action.operator.noise(Stream(3, 4), PSEUDOFERMION)
    norm = float((r["c"][: p.lattice.half] ** 2).sum())
    found = action.value(p.U)
    local = 0.5 * action.operator.local_action()
    assert found == pytest.approx(norm + local, rel=1e-11)
    assert (local != 0.0) == (csw != 0.0)
    half, op = action.fields[0].phi, action.operator
    out, plain = op.vector(), op.vector()
    power = action.powers.metropolis
    op.solve(half, power.shifts, 1e-13, 1000)
    op.combine(out, half, power.constant, power.residues)
    op.solve(out, power.shifts, 1e-13, 1000)
    op.combine(plain, out, power.constant, power.residues)
    expected = op.vector()
    op.operator.solve_normal(expected, half, 1e-13, 1000)
    np.testing.assert_allclose(plain["c"], expected["c"], rtol=0, atol=1e-9 * np.abs(expected["c"]).max())


@every_place
def test_four_flavours_in_one_field_are_the_plain_action(place):
    """p = 1: the same phi gives the same value and the same force."""
    p = Place(*place)
    plain = p.staggered(4)
    plain.draw(p.U, Stream(3, 4))
    action = rational_staggered(p, 4 if p.d == 4 else 2, fields=[plain.field])
    assert action.powers.metropolis.degree == 1
    assert action.value(p.U) == pytest.approx(plain.value(p.U), rel=1e-12)
    ours, theirs = gradient(action, p.U)["c"], gradient(plain, p.U)["c"]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11 * np.abs(theirs).max())


def test_looser_dynamics_are_near():
    p = Place("SU(3)", (2, 2, 2, 4))
    tight = rational_staggered(p, 2)
    loose = rational_staggered(p, 2, fields=tight.fields, md_error=1e-5)
    tight.draw(p.U, Stream(3, 4))
    assert loose.powers.dynamics.degree < tight.powers.dynamics.degree
    F, G = gradient(tight, p.U)["c"], gradient(loose, p.U)["c"]
    deviation = np.abs(F - G).max() / np.abs(F).max()
    assert 1e-9 < deviation < 1e-4
    assert loose.value(p.U) == tight.value(p.U)


@pytest.mark.parametrize(("lower", "upper"), [(0.16, 3.0), (0.9, 20.0)])
def test_spectrum_outside_the_range_stops_the_run(lower, upper):
    p = Place("SU(2)", (2, 4, 2, 4))
    action = rational_staggered(p, 2, bounds=(lower, upper))
    action.key = "action.fermion.1"
    with pytest.raises(NumericalError, match=r"action\.fermion\.1: eigenvalues from") as caught:
        action.draw(p.U, Stream(3, 4))
    assert caught.value.exit_code == 5
    assert "action.fermion.1.spectrum" in (caught.value.hint or "")


def test_bounds_hold_on_random_and_on_cold_links():
    """The largest eigenvalue of -D^2 is d on cold links of momentum pi/2, and never above d^2."""
    for spread in (None, 1e-9):
        p = Place("SU(2)", (4, 4, 4, 4), spread=spread)
        action = rational_staggered(p, 2)
        action.draw(p.U, Stream(3, 4))
        action.value(p.U)


def energy_change(p, action, steps, trajectory, length=0.5):
    H = hamiltonian(p, p.gauge(2.5), action)
    H.draw(p.U, Stream(4, trajectory))
    U, P = p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, trajectory))
    hmc = HMC(H, one_level("leapfrog", steps, length, "gauge", "fermion.1"))
    before = sum(hmc.energies(U, P).values())
    U = hmc.integrate(U, P)
    return sum(hmc.energies(U, P).values()) - before


@pytest.mark.parametrize("kind", ["staggered", pytest.param("wilson", marks=pytest.mark.slow), "network"])
def test_energy_violation_falls_with_the_square_of_the_step(kind):
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
    action = rational_wilson(p, 1) if kind == "wilson" else rational_staggered(p, 3)
    if kind == "network":
        action = Composed(action, p.network(2, ("plaquette", "polyakov_time"), size=0.03))
    dH = [[energy_change(p, action, n, t) for t in range(3)] for n in (12, 24)]
    assert np.log2(np.linalg.norm(dH[0]) / np.linalg.norm(dH[1])) == pytest.approx(2.0, abs=0.2), dH


def test_mixed_precision_is_that_of_the_tolerance():
    """Errors of heat bath and force are those of double precision; that of the action is a thousandth of it."""
    p = Place("SU(3)", (4, 2, 4, 4), spread=0.4)
    exact = rational_staggered(p, 2)
    actions = [rational_staggered(p, 2, fields=exact.fields, tolerance=1e-8, mixed=mixed) for mixed in (False, True)]
    errors = []
    for action in actions:
        known = action.draw(p.U, Stream(3, 4))
        phi = exact.fields[0].phi["c"].copy()
        exact.draw(p.U, Stream(3, 4))
        drawn = np.abs(phi - exact.fields[0].phi["c"]).max()
        forces = [gradient(a, p.U)["c"] for a in (action, exact)]
        value = exact.value(p.U)
        assert known == pytest.approx(value, rel=1e-7)
        errors.append((abs(action.value(p.U) / value - 1.0), drawn, np.abs(forces[0] - forces[1]).max()))
        assert 1e-9 < action.operator.log.residual <= 1.01e-8
    double, mixed = errors
    assert mixed[0] < 1e-11
    assert mixed[1] < 2.0 * double[1] < 1e-6
    assert mixed[2] < 2.0 * double[2] < 1e-6


@pytest.mark.parametrize("mixed", [False, True], ids=["double", "mixed"])
def test_reversibility(mixed):
    p = Place("SU(3)", (4, 2, 4, 4) if mixed else (2, 2, 2, 4), spread=0.4)
    H = hamiltonian(p, p.gauge(5.5), rational_staggered(p, 2, tolerance=1e-10 if mixed else 1e-13, mixed=mixed))
    H.draw(p.U, Stream(4, 1))
    U, P = p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, 1))
    hmc = HMC(H, one_level("omelyan", 5, 0.5, "gauge", "fermion.1"))
    U = hmc.integrate(U, P)
    P["c"] *= -1.0
    U = hmc.integrate(U, P)
    assert np.abs(U["c"] - p.U["c"]).max() < 1e-11


@pytest.mark.parametrize("guided", [pytest.param(False, marks=pytest.mark.slow), True])
def test_mean_of_exp_minus_dh_is_one(guided):
    """Also with a guide of another mass, a looser approximation, a network, and the same phi."""
    p = Place("SU(2)", (2, 2, 2, 2), spread=0.4)
    exact = rational_staggered(p, 2, tolerance=1e-10)
    guide = None
    if guided:
        other = rational_staggered(p, 2, mass=0.5, fields=exact.fields, md_error=1e-6, tolerance=1e-10)
        guide = hamiltonian(p, p.gauge(2.2), Composed(other, p.network(1, ("plaquette",), size=0.02)))
    hmc = HMC(hamiltonian(p, p.gauge(2.0), exact), one_level("leapfrog", 4, 1.0, "gauge", "fermion.1"), guide)
    state, changes = State(p.U, 0, 17), []
    for t in range(600):
        state, info = hmc.step(state)
        if t >= 50:
            changes.append(math.exp(-info.dH))
    error = np.std(changes) / math.sqrt(len(changes))
    assert abs(np.mean(changes) - 1.0) < 4.0 * error
    assert error < 0.1
