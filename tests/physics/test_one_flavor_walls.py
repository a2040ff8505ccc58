"""The exact action of one domain wall flavour: dense matrices, heat bath, forces, energy, chains."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, assert_gauge_invariant, hamiltonian, one_level
from derivative import assert_gradient
from rational_builders import rational_walls
from reference import domainwall as reference
from test_domainwall import drawn, jackknife, observables, reweighted

from lqcdnn.actions.base import gradient
from lqcdnn.actions.oneflavor import OneFlavorAction
from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.update.hmc import HMC, State

SHAMIR, MOEBIUS = FifthDimension(1.0, 4), FifthDimension(1.4, 4, 1.5, 0.5)
MASS = 0.1
PLANE, FOUR = ("U(1)", (4, 8)), ("SU(2)", (2, 2, 2, 2))
both_kinds = pytest.mark.parametrize("fifth", [SHAMIR, MOEBIUS], ids=["shamir", "moebius"])
both_places = pytest.mark.parametrize(
    "place",
    [PLANE, *(pytest.param(p, marks=pytest.mark.slow) for p in (("SU(3)", (2, 4)), FOUR, ("SU(3)", FOUR[1])))],
    ids=str,
)


def one_flavor(p, mass=MASS, fifth=SHAMIR, settings=None, field=None, **phases):
    operator = DomainWallOperator(p.lattice, p.n, mass, fifth, p.antiperiodic(), **phases)
    field = field or PseudofermionField(p.lattice.zeros(p.n, p.d), 0)
    return OneFlavorAction(operator, field, settings or SolverSettings(1e-13, 1e-13))


class Dense:
    """D_4 and the propagators of mass 1 to walls and midpoint, from their definitions; rows of gamma_5 = +1 and -1."""

    def __init__(self, p, mass, fifth):
        U, M5, L5 = p.lattice.to_user(p.U), fifth.M5, fifth.L5
        W, one = reference.wilson(U, p.antiperiodic(), -M5), np.eye(len(U) * p.n * p.lattice.volume)
        self.gamma5 = np.diag(np.kron(np.eye(len(W) // p.d), reference.gammas(p.d)[1])).real
        self.plus, self.minus = self.gamma5 > 0, self.gamma5 < 0
        Q, Qbar = reference.walls(U, L5)
        source = np.kron(np.eye(L5), one - fifth.c5 * W) @ Qbar
        sites = ((L5 // 2 - 1, self.plus), (L5 // 2, self.minus))
        middle = sum(np.kron(np.eye(L5)[s], np.diag(chirality)) for s, chirality in sites)
        D, heavy = (reference.dense(U, p.antiperiodic(), m, M5, L5, fifth.b5, fifth.c5) for m in (mass, 1.0))
        self.quotient = np.linalg.slogdet(D)[1] - np.linalg.slogdet(heavy)[1]
        psi = np.linalg.solve(heavy, source)
        self.sign, self.midpoint = self.gamma5[:, None] * (one - 2.0 * Q @ psi), middle @ psi
        self.D4 = (1 + mass) / 2 * one + (1 - mass) / 2 * self.gamma5[:, None] * self.sign
        self.propagator = Q @ np.linalg.solve(D, source)
        up, down = np.ix_(self.plus, self.plus), np.ix_(self.minus, self.minus)
        self.B_plus, self.B_minus = np.linalg.inv(self.D4[up]), np.linalg.inv(self.D4)[down]

    def root(self, mass, side):
        w = np.sqrt(mass)
        return (1 + w) / 2 * np.eye(len(self.D4)) + side * (1 - w) / 2 * self.sign + 1j * (1 - w) * self.midpoint


def blocks_of(action, p):
    """B_+ and B_- of the program column by column."""
    action.operator.set_links(p.U)
    shape = (*p.lattice.shape, p.n, p.d)
    found = []
    for block, spins in ((action.plus, slice(None, p.d // 2)), (action.minus, slice(p.d // 2, None))):
        there = np.zeros(shape, bool)
        there[..., spins] = True
        columns = []
        for j in np.flatnonzero(there):
            unit = np.zeros(shape, complex)
            unit.reshape(-1)[j] = 1.0
            phi, out = p.lattice.from_user(unit), p.lattice.zeros(p.n, p.d)
            block.solve(phi, 1e-14, 1000)
            block.image(out, phi)
            columns.append(p.lattice.to_user(out)[there])
        found.append(np.array(columns).T)
    return found


@both_places
@both_kinds
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_determinants_of_both_chiralities_are_that_of_one_flavour(place, fifth, seed):
    """And the blocks are those of D_4, hermitian and positive; det D(m) / det D(1) without a factor left out."""
    p = Place(*place, seed=seed)
    dense, total = Dense(p, MASS, fifth), 0.0
    inverse = np.eye(len(dense.D4)) + (1 - MASS) * dense.propagator
    np.testing.assert_allclose(np.linalg.inv(dense.D4), inverse, rtol=0, atol=1e-11)
    for B, expected in zip(blocks_of(one_flavor(p, MASS, fifth), p), (dense.B_plus, dense.B_minus), strict=True):
        np.testing.assert_allclose(B, expected, rtol=0, atol=1e-11)
        values = np.linalg.eigvalsh(B)
        assert values[0] > 0.99
        total -= np.log(values).sum()
    assert total == pytest.approx(dense.quotient, abs=1e-10)


@both_places
@both_kinds
def test_heat_bath_is_exact(place, fifth):
    """phi from its noise by dense matrices, of which the covariances are the inverses of B_+ and B_-."""
    p = Place(*place)
    action, dense = drawn(one_flavor(p, MASS, fifth), p.U), Dense(p, MASS, fifth)
    noise = [
        p.lattice.to_user(gaussian_vector(p.lattice, p.n, Stream(3, 4), PSEUDOFERMION + (k << 8), p.d)).reshape(-1)
        for k in range(3)
    ]
    up, down = dense.plus, dense.minus
    first, second = dense.root(MASS, 1.0)[up], dense.root(MASS, -1.0)[down]
    cross = dense.D4[np.ix_(down, up)] @ dense.B_plus @ first
    phi = p.lattice.to_user(action.field.phi).reshape(-1)
    np.testing.assert_allclose(phi[up], first @ noise[0], rtol=0, atol=1e-11)
    np.testing.assert_allclose(phi[down], second @ noise[1] - cross @ noise[2], rtol=0, atol=1e-11)
    covariances = first @ first.conj().T, second @ second.conj().T + cross @ cross.conj().T
    for covariance, B in zip(covariances, (dense.B_plus, dense.B_minus), strict=True):
        np.testing.assert_allclose(covariance @ B, np.eye(len(B)), rtol=0, atol=1e-10)
    expected = sum(np.vdot(phi[rows], B @ phi[rows]).real for rows, B in ((up, dense.B_plus), (down, dense.B_minus)))
    assert action.value(p.U) == pytest.approx(expected, rel=1e-12)


def test_c5_above_b5():
    """The source of a solve rises by 3 from wall to wall; in a deep fifth dimension by 10^425 in all."""
    p, fifth = Place(*PLANE), FifthDimension(1.0, 4, 0.5, 1.5)
    action, dense = drawn(one_flavor(p, MASS, fifth), p.U), Dense(p, MASS, fifth)
    phi = p.lattice.to_user(action.field.phi).reshape(-1)
    blocks = (dense.plus, dense.B_plus), (dense.minus, dense.B_minus)
    expected = sum(np.vdot(phi[rows], B @ phi[rows]).real for rows, B in blocks)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-12)
    assert_gradient(action, p.U)
    deep = one_flavor(p, MASS, FifthDimension(1.0, 1024, 0.5, 1.3)).plus
    assert deep.constant == pytest.approx(1.0 / MASS)
    assert max(np.abs(deep.source)) == pytest.approx(0.5 / 1.3)


@pytest.mark.slow
def test_mean_of_the_action_is_the_number_of_components():
    p = Place(*PLANE)
    action = one_flavor(p, MASS, MOEBIUS)
    values = [drawn_value(action, p.U, number) for number in range(1000)]
    assert abs(np.mean(values) - 64) < 4.0 * np.sqrt(64 / 1000)
    assert np.var(values) == pytest.approx(64, rel=0.2)


def drawn_value(action, U, number):
    action.draw(U, Stream(3, number))
    return action.value(U)


@pytest.mark.parametrize(
    "place", [PLANE, *(pytest.param(p, marks=pytest.mark.slow) for p in (FOUR, ("SU(3)", (2, 2, 2, 4))))], ids=str
)
@both_kinds
def test_gradient_of_one_flavour(place, fifth):
    p = Place(*place)
    assert_gradient(drawn(one_flavor(p, MASS, fifth), p.U), p.U)


def test_gradient_with_phases_at_the_boundary():
    p = Place(*PLANE)
    assert_gradient(drawn(one_flavor(p, MASS, MOEBIUS, theta=(0.3, 0.7)), p.U), p.U)


@pytest.mark.slow
def test_gradient_through_a_network():
    p = Place("SU(2)", (2, 2, 2, 4))
    assert_gradient(p.composed(one_flavor(p, 0.3), p.network(2)), p.U)


def test_gauge_invariance():
    p = Place(*PLANE)
    assert_gauge_invariant(p, drawn(one_flavor(p), p.U))


def test_at_mass_one_the_action_is_trivial():
    p = Place(*PLANE)
    action = drawn(one_flavor(p, 1.0, MOEBIUS), p.U)
    norm = float(np.sum(action.field.phi["c"] ** 2))
    assert action.value(p.U) == pytest.approx(norm, rel=1e-12)
    assert np.abs(gradient(action, p.U)["c"]).max() < 1e-12


def test_energy_and_reversibility():
    p = Place(*PLANE, spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.5), one_flavor(p, MASS, MOEBIUS)), p, 0.5)


@pytest.mark.slow
def test_mixed_precision_has_the_same_numbers():
    p = Place(*PLANE)
    plain, mixed = drawn(one_flavor(p), p.U), one_flavor(p, settings=SolverSettings(1e-11, 1e-11))
    for operator in mixed.operators:
        use_mixed_precision(operator)
    drawn(mixed, p.U)
    np.testing.assert_allclose(mixed.field.phi["c"], plain.field.phi["c"], rtol=0, atol=1e-8)
    assert mixed.value(p.U) == pytest.approx(plain.value(p.U), rel=1e-9)


@pytest.mark.slow
def test_start_vectors_of_each_chirality():
    """The same force from the span of earlier solutions, of which each operator has its own."""
    p = Place(*PLANE)
    plain = drawn(one_flavor(p), p.U)
    started = one_flavor(p, settings=SolverSettings(1e-12, 1e-12, start_vectors=2), field=plain.field)
    first = gradient(started, p.U)
    started.operator.log.reset()
    second = gradient(started, p.U)
    assert started.operator.log.solves == 2
    assert started.operator.log.iterations == 0
    np.testing.assert_allclose(second["c"], first["c"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(first["c"], gradient(plain, p.U)["c"], rtol=0, atol=1e-9)


def test_guides_may_have_another_fifth_dimension():
    """phi is four-dimensional."""
    p = Place(*PLANE)
    exact = drawn(one_flavor(p, fifth=FifthDimension(1.0, 8)), p.U)
    guide = one_flavor(p, 0.12, field=exact.field)
    assert guide.value(p.U) == pytest.approx(exact.value(p.U), rel=0.1)
    assert_gradient(guide, p.U)


def test_odd_L5_is_refused():
    with pytest.raises(InputError, match="L5 = 3"):
        one_flavor(Place(*PLANE), fifth=FifthDimension(1.0, 3))


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 3])
def test_one_flavour_against_the_determinant(count):
    """HMC = quenched average with weights |det D(m) / det D(1)|^count = rational action, on 2 x 4 with SU(2)."""
    p, fifth, beta = Place("SU(2)", (2, 4)), FifthDimension(0.9, 2), 1.0
    expected, error, without = reweighted(count, p.lattice.shape, beta, 2000, MASS, fifth)
    fields = [PseudofermionField(p.lattice.zeros(2, 2), k) for k in range(count)]
    terms = [one_flavor(p, MASS, fifth, SolverSettings(1e-9, 1e-9), field) for field in fields]
    found = chain(p, beta, terms)
    assert np.abs((found[0] - expected) / np.hypot(error, found[1])).max() < 3.5
    assert abs(expected[0] - without[0]) > 2.0 * np.hypot(error[0], found[1][0])
    if count == 1:
        other = chain(p, beta, [rational_walls(p, 1, MASS, fifth, tolerance=1e-9, error=1e-11, md_error=1e-7)])
        assert np.abs((found[0] - other[0]) / np.hypot(found[1], other[1])).max() < 3.5


@pytest.mark.slow
def test_chain_of_angles_is_that_of_the_rational_action():
    """U(1), where one flavour of this mass moves the plaquette by 0.02, several errors."""
    p, beta = Place(*PLANE), 2.0
    mean, error = chain(p, beta, [one_flavor(p, MASS, SHAMIR, SolverSettings(1e-9, 1e-9))], 1000)
    walls = rational_walls(p, 1, MASS, SHAMIR, tolerance=1e-9, error=1e-11, md_error=1e-7)
    other = chain(p, beta, [walls], 1000)
    assert np.abs((mean - other[0]) / np.hypot(error, other[1])).max() < 3.5
    assert error[0] < 0.006


def chain(p, beta, terms, trajectories=500):
    H = hamiltonian(p, p.gauge(beta), *terms)
    hmc = HMC(H, one_level("omelyan", 4, 1.0, *(term.name for term in H.terms)))
    state, found = State(cold(p.lattice, p.group), 0, 23), []
    for trajectory in range(-50, trajectories):
        state, _ = hmc.step(state)
        if trajectory >= 0:
            found.append(observables(H.terms[0], state.U))
    return jackknife(np.array(found), np.ones(len(found)))
