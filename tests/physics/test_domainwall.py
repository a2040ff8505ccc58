"""Domain wall fermions: gradient, covariance, energy conservation at m != 1, exactness against determinants."""

from functools import cache

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from reference import domainwall as reference
from reference import samples
from reference.matrices import trace

from lqcdnn.actions.base import gradient
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC, State

SHAMIR, MOEBIUS, MOEBIUS_2D = FifthDimension(1.0, 4), FifthDimension(1.8, 4, 1.5, 0.5), FifthDimension(0.9, 4, 1.5, 0.5)
PLACES = [("SU(2)", (2, 2, 2, 4)), ("SU(3)", (2, 2, 2, 2)), ("SU(2)", (4, 8)), ("U(1)", (4, 8))]
every_place = pytest.mark.parametrize(
    "place",
    [pytest.param(p, marks=pytest.mark.slow if p in PLACES[:3] else ()) for p in PLACES],
    ids=[f"{name}-{'x'.join(map(str, shape))}" for name, shape in PLACES],
)
"""The others are slow: with SU(2) in four dimensions unit/dirac/test_domainwall_operator.py has the dense matrices."""
both_kinds = pytest.mark.parametrize("fifth", [SHAMIR, MOEBIUS], ids=["shamir", "moebius"])


def action_on(lattice, n, mass=0.1, fifth=SHAMIR, heavy=1.0, tolerance=1e-13):
    boundary = (1,) * (lattice.d - 1) + (-1,)
    op = DomainWallOperator(lattice, n, mass, fifth, boundary)
    field = PseudofermionField(op.vector(), 0)
    return DomainWallAction(op, field, SolverSettings(tolerance, tolerance), heavy_mass=heavy)


def drawn(action, U):
    action.draw(U, Stream(3, 4))
    return action


@every_place
@both_kinds
def test_value_is_known_from_the_heat_bath(place, fifth):
    p = Place(*place)
    action = action_on(p.lattice, p.n, 0.1, fifth)
    known = action.draw(p.U, Stream(3, 5))
    assert known == pytest.approx(action.value(p.U), rel=1e-9)


@every_place
@both_kinds
def test_gradient(place, fifth):
    """Against finite differences at m = 0.1, where the Pauli-Villars operator contributes."""
    p = Place(*place)
    assert_gradient(drawn(action_on(p.lattice, p.n, 0.1, fifth), p.U), p.U)


@pytest.mark.parametrize("place", [pytest.param(PLACES[0], marks=pytest.mark.slow), PLACES[3]], ids=str)
def test_gradient_through_a_network(place):
    p = Place(*place)
    assert_gradient(p.composed(action_on(p.lattice, p.n, 0.3), p.network(2)), p.U)


def test_gradient_of_a_mass_ratio():
    p = Place(*PLACES[3])
    assert_gradient(drawn(action_on(p.lattice, p.n, 0.1, heavy=0.4), p.U), p.U)


@both_kinds
def test_heat_bath_gives_the_action_it_draws(fifth):
    """phi^dag Mhat_PV (Mhat^dag Mhat)^-1 Mhat_PV^dag phi = |r|^2 for phi drawn from r."""
    p = Place(*PLACES[3])
    action = action_on(p.lattice, p.n, 0.1, fifth)
    values = []
    for trajectory in range(200):
        action.draw(p.U, Stream(3, trajectory))
        values.append(action.value(p.U))
    terms = p.lattice.volume // 2 * 4 * p.n * p.d  # <|r|^2> = variance of |r|^2 = 1 for each
    assert abs(np.mean(values) - terms) < 4.0 * np.sqrt(terms / 200)
    assert np.var(values) == pytest.approx(terms, rel=0.5)


@every_place
def test_mass_one_is_the_trivial_action(place):
    """phi^dag phi, whatever the links; no force."""
    p = Place(*place)
    action = drawn(action_on(p.lattice, p.n, 1.0), p.U)
    phi = action.field.phi["c"]
    norm = float(np.sum(phi**2))
    assert action.value(p.U) == pytest.approx(norm, rel=1e-12)
    assert action.value(hot(p.lattice, p.group, 77)) == pytest.approx(norm, rel=1e-12)
    assert np.abs(gradient(action, p.U)["c"]).max() < 1e-10


@every_place
def test_gauge_invariance(place):
    """Links and phi transformed together leave the action alone; Sigma(n) -> G(n + mu) Sigma G(n)^dag."""
    p = Place(*place)
    action = drawn(action_on(p.lattice, p.n), p.U)
    before, Sigma = action.value(p.U), p.lattice.to_user(gradient(action, p.U))
    G = samples.group_elements(p.rng, p.n, *p.lattice.shape)
    action.field.phi["c"] = p.lattice.from_user(G @ p.lattice.to_user(action.field.phi))["c"]
    U = p.lattice.from_links(samples.gauge_transform(p.lattice.to_user(p.U), G))
    assert action.value(U) == pytest.approx(before, rel=1e-12)
    back = np.array([np.roll(G, -1, axis=mu) for mu in range(p.d)]) @ Sigma @ G.conj().swapaxes(-1, -2)
    np.testing.assert_allclose(p.lattice.to_user(gradient(action, U)), back, rtol=0, atol=1e-10)


def hmc_on(lattice, group, steps, beta=2.0, mass=0.1, fifth=SHAMIR, length=1.0, tolerance=1e-12, scheme="leapfrog"):
    fermion = action_on(lattice, group.n, mass, fifth, tolerance=tolerance)
    H = Hamiltonian(lattice, group, [GaugeAction(lattice, group.n, beta), fermion])
    integrator = Integrator((Level(SCHEMES[scheme], steps, ("gauge", "fermion.1")),), length)
    return HMC(H, integrator, None, [fermion.operator.log])


@pytest.mark.parametrize(
    ("name", "shape", "fifth"),
    [pytest.param(2, (2, 2, 2, 4), SHAMIR, marks=pytest.mark.slow), (1, (4, 8), MOEBIUS_2D)],
)
def test_energy_error_vanishes_with_the_square_of_the_step(name, shape, fifth):
    """At m = 0.1; four trajectories, the same ones with the step halved twice."""
    lattice, group = Lattice(shape), Group(name)
    U = hmc_on(lattice, group, 20, fifth=fifth).propose(State(cold(lattice, group), 0, 5))[0]
    dH = []
    for steps in (20, 40, 80):
        hmc = hmc_on(lattice, group, steps, fifth=fifth)
        dH.append(np.array([hmc.propose(State(U, trajectory, 5))[1].dH for trajectory in range(4)]))
    size = [float(np.sqrt(np.mean(x**2))) for x in dH]
    assert size[0] / size[1] == pytest.approx(4.0, rel=0.15)
    assert size[1] / size[2] == pytest.approx(4.0, rel=0.05)
    assert size[2] < 0.02


def test_reversibility():
    lattice, group = Lattice((4, 8)), Group(1)
    hmc = hmc_on(lattice, group, 10, fifth=MOEBIUS_2D)
    U = hot(lattice, group, 8)
    P = gaussian_momenta(lattice, group, Stream(5, 1))
    hmc.exact.draw(U, Stream(5, 1))
    V, Q = U.copy(), P.copy()
    V = hmc.integrate(V, Q)
    Q["c"] *= -1.0
    V = hmc.integrate(V, Q)
    np.testing.assert_allclose(V["c"], U["c"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(-Q["c"], P["c"], rtol=0, atol=1e-9)


def test_creutz_equality():
    """<exp(-dH)> = 1 with steps that make dH of order one."""
    lattice, group = Lattice((4, 8)), Group(1)
    hmc = hmc_on(lattice, group, 3, tolerance=1e-10)
    state, values = State(cold(lattice, group), 0, 7), []
    for trajectory in range(1050):
        state, info = hmc.step(state)
        if trajectory >= 50:
            values.append(info.dH)
    weights = np.exp(-np.array(values))
    assert np.std(values) > 0.2
    bins = weights.reshape(50, -1).mean(axis=1)
    assert abs(weights.mean() - 1.0) < 3.5 * bins.std() / np.sqrt(50)


@cache
def quenched(shape, beta, count, mass, fifth):
    """Observables of the pure gauge theory of SU(2), and ln |det D(m) / det D(1)|^2 of each configuration."""
    lattice, group = Lattice(shape), Group(2)
    action = GaugeAction(lattice, group.n, beta)
    bath, state, found, logs = HeatBath(action, group), State(cold(lattice, group), 0, 21), [], []
    for sweep in range(50 + 4 * count):
        state, _ = bath.step(state)
        if sweep >= 50 and sweep % 4 == 0:
            found.append(observables(action, state.U))
            U, b = lattice.to_user(state.U), (1,) * (lattice.d - 1) + (-1,)
            logs.append(reference.log_determinant_by_sign(U, b, mass, fifth.M5, fifth.L5, fifth.b5, fifth.c5))
    return np.array(found), np.array(logs)


def observables(action, U):
    """Plaquette, and Polyakov loop tr/N in time, which the centre symmetry of the pure gauge theory makes vanish."""
    planes = action.lattice.volume * action.lattice.d * (action.lattice.d - 1) / 2
    time = action.lattice.to_user(U)[-1]
    loop = time[..., 0, :, :]
    for t in range(1, action.lattice.shape[-1]):
        loop = loop @ time[..., t, :, :]
    return 1.0 - action.value(U) / (action.beta * planes), trace(loop).real.mean() / action.n


def jackknife(values, weights, bins=25):
    """(mean, error) of the weighted mean of each observable."""
    v = (values * weights[:, None])[: len(values) // bins * bins].reshape(bins, -1, values.shape[1]).sum(axis=1)
    w = weights[: len(values) // bins * bins].reshape(bins, -1, 1).sum(axis=1)
    left = (v.sum(axis=0) - v) / (w.sum() - w)
    return v.sum(axis=0) / w.sum(), np.sqrt((bins - 1) * left.var(axis=0))


def reweighted(flavors, *ensemble):
    """(mean, error) with weights |det D(m) / det D(1)|^flavors, means of the pure gauge theory."""
    values, logs = quenched(*ensemble)
    weights = np.exp(0.5 * flavors * (logs - logs.max()))
    assert weights.sum() ** 2 / (weights**2).sum() > 0.1 * len(weights)  # the ensembles overlap
    return *jackknife(values, weights), values.mean(axis=0)


def compare_with_reweighting(shape, fifth, beta, mass, dynamical, pure):
    """Differences of HMC and reweighting, and of reweighting and the pure gauge theory, in standard deviations."""
    lattice, group = Lattice(shape), Group(2)
    expected, error, without = reweighted(2, shape, beta, pure, mass, fifth)
    hmc, state = hmc_on(lattice, group, 6, beta, mass, fifth, tolerance=1e-9), State(cold(lattice, group), 0, 23)
    found = []
    for trajectory in range(50 + dynamical):
        state, _ = hmc.step(state)
        if trajectory >= 50:
            found.append(observables(hmc.exact.terms[0], state.U))
    mean, own = jackknife(np.array(found), np.ones(len(found)))
    sigma = np.hypot(error, own)
    return (mean - expected) / sigma, (expected - without) / sigma


def test_the_determinant_by_the_sign_is_that_of_five_dimensions():
    rng = np.random.default_rng(6)
    for shape, walls in (((2, 4), (0.9, 2)), ((2, 4), (1.4, 4, 1.5, 0.5)), ((2, 2, 2, 2), (1.4, 2, 1.5, 0.5))):
        given = samples.links(rng, shape, 2), (1,) * (len(shape) - 1) + (-1,), 0.1, *walls
        dense = reference.log_determinant_ratio(*given)
        assert reference.log_determinant_by_sign(*given) == pytest.approx(dense, rel=1e-11)


@pytest.mark.slow
def test_exactness_against_the_determinant_in_two_dimensions():
    """HMC = quenched average reweighted by |det D(m) / det D(1)|^2, on 2 x 4 with SU(2)."""
    difference, shift = compare_with_reweighting((2, 4), FifthDimension(0.9, 2), 1.0, 0.1, 2000, 2000)
    assert np.abs(difference).max() < 3.5
    assert abs(shift[0]) > 4.0


@pytest.mark.slow
@pytest.mark.parametrize("fifth", [FifthDimension(1.0, 4), FifthDimension(1.4, 2, 1.5, 0.5)], ids=["shamir", "moebius"])
def test_exactness_against_the_determinant(fifth):
    """The same on 2^4, where the Polyakov loop sees the quarks."""
    difference, shift = compare_with_reweighting((2, 2, 2, 2), fifth, 1.0, 0.1, 3000, 1000)
    assert np.abs(difference).max() < 3.5
    assert abs(shift[1]) > 4.0


@pytest.mark.slow
def test_widths_agree():
    """Another block width is another order of sums, nothing else."""
    links = samples.links(np.random.default_rng(4), (4, 8), 2)
    found = []
    for width in (None, 2):
        lattice = Lattice((4, 8), width=width)
        U = lattice.from_links(links)
        action = drawn(action_on(lattice, 2), U)
        found.append((action.value(U), lattice.to_user(gradient(action, U))))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-11)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=0, atol=1e-10)
