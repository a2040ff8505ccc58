"""Evolutions out of equilibrium: the work step by step, layers in front of the switches, the state, exact results."""

import math

import numpy as np
import pytest
from builders import Place
from reference import defect as reference
from reference.exact import bessel_i, u1_plaquette

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.evolution import work_estimates
from lqcdnn.fields.gauge import cold, hot, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.evolution import Evolution, interpolated, linear
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State


class Noted(HeatBath):
    """A heat bath that keeps the links before and after each sweep, and the couplings it had."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.noted = []

    def step(self, state):
        after, info = super().step(state)
        action = self.action
        coupling = action.coupling if isinstance(action, WeakenedGaugeAction) else action.beta
        self.noted.append((coupling, *(self.lattice.to_user(U).copy() for U in (state.U, after.U))))
        return after, info


def heat_bath(action, name, cls=HeatBath, overrelaxation=0):
    return cls(action, group(name), "kennedy_pendleton" if group(name).special else "best_fisher", overrelaxation)


def weakened(action, side, coupling=0.0):
    return WeakenedGaugeAction(action, DefectLoops(Defect(action.lattice, 0, side), action.classes), coupling)


def evolution_in_beta(name, shape, couplings, between=1, updates=1, layers=(), cls=HeatBath):
    action = GaugeAction(Lattice(shape), group(name).n, couplings[0])
    return Evolution(heat_bath(action, name, cls), action, couplings, between, updates, layers)


def layer(lattice, weight):
    return FieldTransformation(lattice, [np.array([weight])])


@pytest.mark.parametrize(
    ("name", "shape", "c1", "defect", "flow"),
    [
        ("U(1)", (4, 8), 0.0, False, True),
        ("U(1)", (4, 8), -0.2, True, False),
        ("SU(2)", (4, 4, 4), 0.0, True, True),
        ("SU(2)", (4, 4, 4), 0.0, False, False),
    ],
)
def test_the_work_is_what_the_action_changes_by_at_each_switch(name, shape, c1, defect, flow):
    """S summed loop by loop in numpy, before and behind each layer and switch; log J as the transformation knows it."""
    lattice, side = Lattice(shape), 2
    action = GaugeAction(lattice, group(name).n, 2.1, c1)
    couplings = linear(0.2, 1.0, 3) if defect else linear(0.9, 2.1, 3)
    used = weakened(action, side) if defect else action
    update = heat_bath(used, name, Noted)
    layers = [layer(lattice, 0.04), None, layer(lattice, -0.03)] if flow else []
    evolution = Evolution(update, used, couplings, 2, 1, layers)
    state, info = evolution.step(State(hot(lattice, group(name), 5), 6, 9))

    def value(U, coupling):
        weak, beta = (coupling, 2.1) if defect else (1.0, coupling)
        return reference.action(U, beta, c1, weak, 0, side)

    assert [noted[0] for noted in update.noted] == [couplings[0]] * 2 + list(couplings[1:])
    work, before = 0.0, update.noted[1][2]
    assert info.start_action == pytest.approx(value(before, couplings[0]), rel=1e-12)
    assert np.array_equal(lattice.to_user(state.others[0]), before)
    for k, (coupling, turned, after) in enumerate(update.noted[2:]):
        log_jacobian, expected = 0.0, before
        if flow and layers[k] is not None:
            U, log_jacobian = layers[k].forward_with_jacobian(lattice.from_links(before))
            expected = lattice.to_user(U)
            assert abs(log_jacobian) > 0.01
        np.testing.assert_allclose(turned, expected, rtol=0, atol=1e-14)
        work += value(turned, coupling) - value(before, couplings[k]) - log_jacobian
        before = after
    assert info.work == pytest.approx(work, rel=1e-11)
    assert info.action == pytest.approx(reference.action(before, 2.1, c1, 1.0, 0, side))
    assert np.array_equal(lattice.to_user(state.U), before)
    assert unitarity_violation(lattice, state.U, group(name)) < 1e-13


def test_without_updates_it_is_reweighting():
    evolution = evolution_in_beta("U(1)", (4, 8), linear(1.0, 1.5, 3), updates=0)
    state, info = evolution.step(State(cold(evolution.lattice, evolution.group), 0, 4))
    assert np.array_equal(state.U["c"], state.others[0]["c"])
    assert info.work == pytest.approx(0.5 * info.start_action, rel=1e-12)


def test_the_start_chain_is_a_chain_of_its_own():
    """It does not see evolutions, and has the random numbers of its updates."""
    evolution = evolution_in_beta("U(1)", (4, 8), linear(1.0, 3.0, 2), between=2)
    alone = heat_bath(GaugeAction(evolution.lattice, 1, 1.0), "U(1)")
    state = State(cold(evolution.lattice, evolution.group), 0, 8)
    U = state.U
    for number in range(1, 4):
        state, _info = evolution.step(state)
        for j in range(1, 3):
            U = alone.step(State(U, number - 1, Stream(8, number).named(f"start {j}").seed))[0].U
        assert np.array_equal(state.others[0]["c"], U["c"])
        assert not np.array_equal(state.U["c"], U["c"])


def test_a_step_depends_on_the_state_alone():
    one, two = (evolution_in_beta("U(1)", (4, 8), linear(1.0, 3.0, 3)) for _ in range(2))
    state, _info = one.step(State(cold(one.lattice, one.group), 0, 8))
    after, info = one.step(state)
    again, same = two.step(State(state.U, state.trajectory, state.seed, state.others))
    assert info == same
    assert np.array_equal(after.U["c"], again.U["c"])


@pytest.mark.parametrize("kind", ["rectangles", "terms", "defect"])
def test_a_heat_bath_takes_the_couplings_that_its_action_has_now(kind):
    place = Place("U(1)", (4, 8))
    terms = [("chair" if place.d > 2 else "rectangle", 0.3)] if kind == "terms" else []

    def made(beta, coupling):
        action = GaugeAction(place.lattice, 1, beta, -0.2 if kind == "rectangles" else 0.0, terms)
        return weakened(action, 2, coupling) if kind == "defect" else action

    changing, fresh = heat_bath(made(0.7, 0.1), "U(1)"), heat_bath(made(2.3, 0.6), "U(1)")
    if kind == "defect":
        changing.action.coupling, changing.action.action.beta = 0.6, 2.3
    else:
        changing.action.beta = 2.3

    def swept(update):
        U = place.U.copy()
        update.heat_bath(U, 1, 3)
        return U["c"].tobytes()

    assert swept(changing) != swept(fresh)
    changing.couple()
    assert swept(changing) == swept(fresh)


def test_weights_between_networks():
    lattice = Lattice((4, 8))
    networks = [FieldTransformation(lattice, [np.array([w]), np.array([0.1, -w])]) for w in (0.1, 0.3, 0.0)]
    found = [one.theta for one in interpolated(networks, 5)]
    np.testing.assert_allclose([w[0] for w in found], [0.1, 0.2, 0.3, 0.15, 0.0], atol=1e-15)
    np.testing.assert_allclose([w[2] for w in found], [-0.1, -0.2, -0.3, -0.15, 0.0], atol=1e-15)
    assert interpolated(networks[:1], 3) == [networks[0]] * 3
    assert networks[0].theta[0] == 0.1
    assert [one.theta[0] for one in interpolated(networks[:2], 1)] == [0.1]


def u1_free_energy(beta, volume):
    """-ln of Z = sum_q (exp(-beta) I_q(beta))^V, in two dimensions."""
    return -math.log(np.sum((math.exp(-beta) * bessel_i(np.arange(-20, 21), beta)) ** volume))


def u1_defect_free_energy(shape, beta, coupling, side):
    """The same with weakened links: Z = sum_q of the product over the plaquettes."""
    crosses = reference.links_through(shape, 0, side).astype(int)
    betas = beta * coupling ** (crosses + np.roll(crosses, -1, axis=1)).ravel()
    factors = np.array([np.exp(-b) * bessel_i(np.arange(-20, 21), b) for b in betas])
    return -math.log(factors.prod(axis=0).sum())


def evolved(evolution, count, seed, thermalization=20):
    """Works and plaquettes of the ends, and what the works tell."""
    state, works, plaquettes = State(cold(evolution.lattice, evolution.group), 0, seed), [], []
    action = GaugeAction(evolution.lattice, evolution.group.n, 1.0)
    planes = evolution.lattice.volume * evolution.lattice.d * (evolution.lattice.d - 1) / 2
    for k in range(count + thermalization):
        state, info = evolution.step(state)
        if k >= thermalization:
            works.append(info.work)
            plaquettes.append(1.0 - action.value(state.U) / planes)
    series = Series("work", "", np.arange(1, count + 1), np.array(works))
    return np.array(works), np.array(plaquettes), work_estimates([{"work": series}], Method())


def reweighted(works, values):
    """<O exp(-W)>/<exp(-W)> of nearly independent evolutions, and its error."""
    w = np.exp(works.min() - works)
    mean = np.sum(w * values) / w.sum()
    return mean, math.sqrt(np.sum((w * (values - mean)) ** 2)) / w.sum()


def molecular_dynamics(couplings, shape, layers=()):
    action = GaugeAction(Lattice(shape), 1, couplings[0])
    hmc = HMC(Hamiltonian(action.lattice, group("U(1)"), [action]), Integrator((Level(omelyan(), 4, ("gauge",)),), 1.0))
    return Evolution(hmc, action, couplings, 2, 1, layers)


@pytest.mark.parametrize("kind", ["heat bath", pytest.param("HMC", marks=pytest.mark.slow), "flow"])
def test_free_energy_and_plaquette_far_from_equilibrium(kind):
    """U(1) in two dimensions, beta from 1 to 2 in five steps; with layers the dissipation is smaller."""
    shape, couplings = (4, 8), linear(1.0, 2.0, 5)
    networks = [layer(Lattice(shape), w) for w in (0.033, 0.018)] if kind == "flow" else []
    layers = interpolated(networks, 5)
    heated = evolution_in_beta("U(1)", shape, couplings, 2, 1, layers)
    evolution = molecular_dynamics(couplings, shape) if kind == "HMC" else heated
    works, plaquettes, (delta_f, dissipation, ess) = evolved(evolution, 800, 3)
    exact = u1_free_energy(2.0, 32) - u1_free_energy(1.0, 32)
    assert delta_f.error < 0.15
    assert abs(delta_f.mean - exact) < 3.5 * delta_f.error
    mean, error = reweighted(works, plaquettes)
    assert error < 0.012
    assert abs(mean - u1_plaquette(2.0, 32)) < 3.5 * error
    assert dissipation.mean == pytest.approx(works.mean() - delta_f.mean)
    assert (dissipation.mean < 0.5) is (kind == "flow")
    assert (ess.mean > 0.4) is (kind == "flow")


def test_free_energy_of_a_defect():
    """U(1), the links through a defect from c = 0 to 1."""
    shape, side, beta = (4, 8), 2, 2.0
    action = weakened(GaugeAction(Lattice(shape), 1, beta), side)
    evolution = Evolution(heat_bath(action, "U(1)"), action, linear(0.0, 1.0, 4), 2)
    works, plaquettes, (delta_f, _dissipation, ess) = evolved(evolution, 500, 7)
    exact = u1_defect_free_energy(shape, beta, 1.0, side) - u1_defect_free_energy(shape, beta, 0.0, side)
    assert exact > 10.0 * delta_f.error
    assert abs(delta_f.mean - exact) < 3.5 * delta_f.error
    assert ess.mean > 0.3
    mean, error = reweighted(works, plaquettes)
    assert abs(mean - u1_plaquette(beta, 32)) < 3.5 * error
