"""Evolutions against exact results: free energies, dissipation, Crooks' theorem, layers, topology."""

import math

import numpy as np
import pytest
from builders import Place
from reference.defect import links_through
from reference.exact import bessel_i, su2_plaquette, u1_charge_squared, u1_plaquette

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, Sample, function_estimate, mean_value
from lqcdnn.analyze.evolution import work_estimates
from lqcdnn.analyze.reweight import ratio_function, weighted
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.evolution import Evolution, interpolated, linear
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow


class Evolved:
    """What many evolutions found: works, and the mean plaquette, or another number, of their ends."""

    def __init__(self, evolution, count, seed, value=None, thermalization=50):
        self.lattice, self.group = evolution.lattice, evolution.group
        beta_sum = GaugeAction(self.lattice, self.group.n, 1.0).beta_sum
        planes = self.lattice.volume * self.lattice.d * (self.lattice.d - 1) / 2
        state, works, found = State(cold(self.lattice, self.group), 0, seed), [], []
        for k in range(count + thermalization):
            state, info = evolution.step(state)
            if k >= thermalization:
                works.append(info.work)
                found.append(1.0 - beta_sum(state.U) / planes if value is None else value(state.U))
        self.works, self.found, numbers = np.array(works), np.array(found), np.arange(1, count + 1)
        series = Series("work", "", numbers, self.works)
        self.delta_f, self.dissipation, self.ess = work_estimates([{"work": series}], Method())
        weights = Series("w", "", numbers, np.exp(self.works.min() - self.works))
        sample = weighted(Sample(numbers, self.found[:, None]), weights)
        self.mean = function_estimate("mean", "", "", [sample], ratio_function(mean_value), Method())

    def assert_agrees(self, delta_f, mean):
        if delta_f is not None:
            assert abs(self.delta_f.mean - delta_f) < 3.5 * self.delta_f.error
        assert abs(self.mean.mean - mean) < 3.5 * self.mean.error


def by_heat_bath(name, shape, couplings, between=2, updates=1, layers=()):
    action = GaugeAction(Lattice(shape), group(name).n, couplings[0])
    algorithm = "kennedy_pendleton" if group(name).special else "best_fisher"
    return Evolution(HeatBath(action, group(name), algorithm), action, couplings, between, updates, layers)


def by_hmc(shape, couplings, between=2):
    action = GaugeAction(Lattice(shape), 1, couplings[0])
    hmc = HMC(Hamiltonian(action.lattice, group("U(1)"), [action]), Integrator((Level(omelyan(), 4, ("gauge",)),), 1.0))
    return Evolution(hmc, action, couplings, between)


def layers_of(shape, weights, steps):
    return interpolated([FieldTransformation(Lattice(shape), [np.array([w])]) for w in weights], steps)


def free_energy(name, beta, volume):
    """-ln of Z = sum_r (exp(-beta) c_r)^V in two dimensions, c_r = I_q(beta) of U(1), 2 I_n(beta)/beta of SU(2)."""
    c = bessel_i(np.arange(-20, 21), beta) if name == "U(1)" else 2.0 * bessel_i(np.arange(1, 24), beta) / beta
    return -math.log(np.sum((math.exp(-beta) * c) ** volume))


def difference(name, start, target, volume):
    return free_energy(name, target, volume) - free_energy(name, start, volume)


@pytest.mark.parametrize("kind", ["heat bath", "HMC"])
def test_dissipation_falls_like_the_number_of_steps(kind):
    """<W> - Delta F = const/n + O(1/n^2)."""
    shape, exact = (4, 8), difference("U(1)", 1.0, 2.0, 32)
    make = (lambda n: by_heat_bath("U(1)", shape, linear(1.0, 2.0, n))) if kind == "heat bath" else (
        lambda n: by_hmc(shape, linear(1.0, 2.0, n)))  # fmt: skip
    steps = (20, 40, 80) if kind == "heat bath" else (20, 40)
    found = [Evolved(make(n), 1000, n) for n in steps]
    for one in found:
        one.assert_agrees(exact, u1_plaquette(2.0, 32))
    times = [n * one.dissipation.mean for n, one in zip(steps, found, strict=True)]
    errors = [n * one.dissipation.error for n, one in zip(steps, found, strict=True)]
    assert max(errors) < 0.07 * times[0]
    assert times == pytest.approx([times[-1]] * len(times), rel=0.2)


def test_crooks_theorem():
    """P(W)/P'(-W) = exp(W - Delta F) for the works W' of the way back: <f(W)> = <f(-W') exp(-W')> exp(-Delta F)."""
    shape, exact = (4, 8), difference("U(1)", 1.0, 2.0, 32)
    there = Evolved(by_hmc(shape, linear(1.0, 2.0, 5)), 4000, 3)
    back = Evolved(by_hmc(shape, linear(2.0, 1.0, 5)), 4000, 4)
    there.assert_agrees(exact, u1_plaquette(2.0, 32))
    back.assert_agrees(-exact, u1_plaquette(1.0, 32))
    for center in (exact - 1.0, exact, exact + 1.0):
        one = gamma_method(1.0 / (1.0 + np.exp(there.works - center)))
        other = gamma_method(np.exp(center - exact) / (1.0 + np.exp(back.works + center)))
        assert abs(one.mean - other.mean) < 3.5 * math.hypot(one.error, other.error)
        assert one.error < 0.03 * one.mean


def test_layers_dissipate_less():
    """SU(2) in two dimensions, and a flow without any update, which is exact all the same."""
    shape, exact = (4, 8), difference("SU(2)", 1.0, 2.0, 32)
    plain = Evolved(by_heat_bath("SU(2)", shape, linear(1.0, 2.0, 5)), 3000, 3)
    layers = layers_of(shape, (0.012, 0.009), 5)
    flow = Evolved(by_heat_bath("SU(2)", shape, linear(1.0, 2.0, 5), 2, 1, layers), 3000, 3)
    alone = Evolved(by_heat_bath("SU(2)", shape, linear(1.0, 2.0, 5), 2, 0, layers), 3000, 3)
    for one in (plain, flow, alone):
        one.assert_agrees(exact, su2_plaquette(2.0, 32))
    assert flow.dissipation.mean < 0.6 * plain.dissipation.mean
    assert flow.ess.mean > plain.ess.mean


def test_su3_in_four_dimensions():
    """Ends of evolutions with and without layers against a heat bath at the target; there and back."""
    shape = (4, 2, 2, 4)
    action = GaugeAction(Lattice(shape), 3, 5.5)
    bath, state, found = HeatBath(action, group("SU(3)")), State(cold(action.lattice, group("SU(3)")), 0, 6), []
    for k in range(1600):
        state, info = bath.step(state)
        if k >= 100:
            found.append(1.0 - info.action / (5.5 * 6 * action.lattice.volume))
    direct = gamma_method(np.array(found))
    layers = layers_of(shape, (0.0015,), 4)
    there = [Evolved(by_heat_bath("SU(3)", shape, linear(5.2, 5.5, 4), 3, 1, used), 400, 5) for used in ((), layers)]
    back = Evolved(by_heat_bath("SU(3)", shape, linear(5.5, 5.2, 4), 3), 400, 7)
    for one in there:
        assert abs(one.mean.mean - direct.mean) < 3.5 * math.hypot(one.mean.error, direct.error)
        assert abs(one.delta_f.mean + back.delta_f.mean) < 3.5 * math.hypot(one.delta_f.error, back.delta_f.error)
    assert abs(there[0].delta_f.mean - there[1].delta_f.mean) < 3.5 * math.hypot(
        there[0].delta_f.error, there[1].delta_f.error
    )
    assert there[1].dissipation.mean < there[0].dissipation.mean


def test_topology_thaws():
    """U(1) at beta = 8 on 8^2: from an open defect, Q^2 and Delta F are the exact ones; a heat bath is stuck."""
    shape, beta, side = (8, 8), 8.0, 3
    whole = GaugeAction(Lattice(shape), 1, beta)
    action = WeakenedGaugeAction(whole, DefectLoops(Defect(whole.lattice, 0, side), whole.classes), 0.0)
    update = HeatBath(action, group("U(1)"), "best_fisher", 2)

    def charge(U):
        links = np.angle(whole.lattice.to_user(U)[..., 0, 0])
        plaquettes = links[0] + np.roll(links[1], -1, 0) - np.roll(links[0], -1, 1) - links[1]
        return np.rint(np.sum((plaquettes + np.pi) % (2.0 * np.pi) - np.pi) / (2.0 * np.pi))

    evolved = Evolved(Evolution(update, action, linear(0.0, 1.0, 20), 5), 2000, 6, lambda U: charge(U) ** 2)
    crosses = links_through(shape, 0, side).astype(int)
    weak = beta * 0.0 ** (crosses + np.roll(crosses, -1, axis=1)).ravel()
    q = np.arange(-20, 21)
    open_z = np.array([np.exp(-b) * bessel_i(q, b) for b in weak]).prod(axis=0).sum()
    evolved.assert_agrees(free_energy("U(1)", beta, 64) + math.log(open_z), u1_charge_squared(beta, 64))
    assert evolved.mean.error < 0.15 * evolved.mean.mean
    state, charges = State(cold(whole.lattice, group("U(1)")), 0, 7), []
    alone = HeatBath(whole, group("U(1)"), "best_fisher", 2)
    for _ in range(2000):
        state, _info = alone.step(state)
        charges.append(charge(state.U))
    assert np.count_nonzero(np.diff(charges)) < 20


def test_dynamical_fermions():
    """The Schwinger model with staggered fermions: their determinant is the same before and after each switch."""
    place = Place("U(1)", (4, 8))

    def hmc(beta):
        action, fermion = place.gauge(beta), place.staggered(flavors=4, mass=0.5)
        exact = Hamiltonian(place.lattice, place.group, [action, fermion])
        names = tuple(term.name for term in exact.terms)
        return action, HMC(exact, Integrator((Level(omelyan(), 6, names),), 1.0))

    action, update = hmc(1.0)
    there = Evolved(Evolution(update, action, linear(1.0, 2.0, 8), 2), 800, 3)
    action, update = hmc(2.0)
    back = Evolved(Evolution(update, action, linear(2.0, 1.0, 8), 2), 800, 4)
    assert abs(there.delta_f.mean + back.delta_f.mean) < 3.5 * math.hypot(there.delta_f.error, back.delta_f.error)
    action, update = hmc(2.0)
    state, found = State(cold(place.lattice, place.group), 0, 5), []
    for k in range(3100):
        state, _info = update.step(state)
        if k >= 100:
            found.append(1.0 - action.beta_sum(state.U) / place.lattice.volume)
    direct = gamma_method(np.array(found))
    assert abs(there.mean.mean - direct.mean) < 3.5 * math.hypot(there.mean.error, direct.error)
    assert abs(direct.mean - u1_plaquette(2.0, 32)) > 5.0 * direct.error  # fermions do something here
