"""HMC with a bias potential: reversibility, energy, how the potential grows, and exact averages by its weights."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian
from reference.exact import u1_charge_squared, u1_plaquette

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Grid
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.errors import NumericalError
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.measure.gauge.topological_charge import geometric_charge
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State
from lqcdnn.update.swapped import SwappedHMC

CASES = [
    ("U(1)", (4, 8), 1, 1.2),
    ("SU(2)", (2, 4, 2, 4), 2, 0.1),
    pytest.param("SU(3)", (4, 2, 2, 4), 2, 0.1, marks=pytest.mark.slow),
]


def biased(place, steps, beta=2.3, grid=None, size=3.0):
    """A bias with a potential that is anything but flat, and S + V."""
    bias = BiasTerm(FieldTheoreticCharge(place.lattice, place.n), grid or Grid(-1.2, 1.2, 12, 5.0, "cubic"), steps)
    numbers = size * np.random.default_rng(6).normal(size=bias.grid.bins + 1)
    bias.potential.numbers = numbers
    return bias, numbers, hamiltonian(place, place.gauge(beta), bias)


@pytest.mark.parametrize(("name", "shape", "steps", "limit"), CASES)
def test_energy_is_conserved(name, shape, steps, limit):
    place = Place(name, shape, spread=0.5)
    bias, _numbers, H = biased(place, steps, grid=Grid(-limit, limit, 12, 5.0, "cubic"))
    assert abs(bias.grid.derivative(bias.potential.numbers, bias.variable(place.U))) > 0.3
    assert_energy_is_conserved(H, place, 0.4)


def u1_update(build=0, grid=None, beta=1.5, smearing=0, **more):
    place = Place("U(1)", (4, 8))
    bias, numbers, H = biased(place, smearing, beta, grid or Grid(-1.2, 1.2, 12, 5.0, "cubic"), size=0.7)
    integrator = Integrator((Level(omelyan(), 4, ("gauge", "bias")),), 1.2)
    return place, bias, BiasedHMC(bias, H, integrator, build=build, **{"first": numbers} | more)


def test_the_potential_grows_after_each_trajectory_and_then_no_more():
    place, bias, update = u1_update(build=5, smearing=1, height=0.3, symmetric=False, first=None, factor=0.5)
    state, grid = State(cold(place.lattice, place.group), 0, 9), bias.grid
    known = grid.flat()
    for number in range(1, 8):
        before = state
        state, info = update.step(state)
        used = known if number <= 5 else 0.5 * known
        assert info.collective_variable == bias.variable(state.U)
        assert info.bias == grid.value(used, info.collective_variable)
        record = info.record(0.5)
        assert (record["collective_variable"], record["bias"]) == (info.collective_variable, info.bias)
        if number <= 5:
            known = grid.raised(known, info.collective_variable, 0.3, symmetric=False)
        assert np.array_equal(state.potential, known)
        again, same = update.step(before)  # a step depends on the state alone, whatever the update did meanwhile
        assert info == same
        assert np.array_equal(again.potential, state.potential)
        assert np.array_equal(again.U["c"], state.U["c"])
    assert known.sum() == pytest.approx(5 * 0.3)


def test_the_test_has_the_potential_of_the_beginning():
    """dH is that of S + V with the same V on both sides."""
    place, bias, update = u1_update(build=1, height=50.0)
    state = State(place.U, 0, 4, potential=update.first)
    after, info = update.step(state)
    bias.potential.numbers = update.first
    assert info.accepted
    assert info.terms["bias"] == pytest.approx(bias.value(after.U) - bias.value(place.U), abs=1e-12)
    assert sum(info.terms.values()) == pytest.approx(info.dH, abs=1e-10)


def test_links_that_are_no_numbers_stop_it():
    place, _bias, update = u1_update()
    place.U["c"][0, 0, 0, 0, 0, 0] = np.nan
    with pytest.raises(NumericalError):
        update.step(State(place.U, 0, 5))


def reweighted(samples, log_weights):
    """<x w>/<w> and its error by the linear part."""
    w = np.exp(log_weights - log_weights.max())
    mean = (samples * w).sum() / w.sum()
    return mean, gamma_method((samples - mean) * w / w.mean()).error


@pytest.mark.slow  # test_multicanonical.py has the exact density of a plaquette with weights
@pytest.mark.parametrize(("grown", "factor"), [(0, 1.0), (300, 0.7)])
def test_weights_give_exact_averages(grown, factor):
    """Any potential, one that a chain has built too: plaquette and Q^2 of the theory; without weights they are not."""
    beta, volume = 1.5, 32
    place, _bias, update = u1_update(build=grown, height=0.05, factor=factor)
    action, state = place.gauge(beta), State(cold(place.lattice, place.group), 0, 11)
    found = []
    for number in range(2500 + grown):
        state, info = update.step(state)
        if number >= grown + 50:
            plaquette = 1.0 - action.value(state.U) / beta / volume
            found.append([plaquette, geometric_charge(place.lattice, state.U) ** 2, info.bias])
    plaquettes, squares, bias = np.array(found).T
    for samples, exact in ((plaquettes, u1_plaquette(beta, volume)), (squares, u1_charge_squared(beta, volume))):
        mean, error = reweighted(samples, bias)
        assert abs(mean - exact) < 5.0 * error
        assert error < 0.15 * exact
    plain = gamma_method(squares)
    assert abs(plain.mean - u1_charge_squared(beta, volume)) > 5.0 * plain.error


def test_a_guide_drives_and_the_action_decides():
    """With another beta in the guide dH is still that of S + V."""
    place, bias, update = u1_update()
    guide = Hamiltonian(place.lattice, place.group, [place.gauge(1.4), bias])
    guided = BiasedHMC(bias, update.exact, update.integrator, guide, first=update.first)
    after, info = guided.step(State(place.U, 0, 3))
    assert info.accepted
    assert info.dH != update.step(State(place.U, 0, 3))[1].dH
    for term in update.exact.terms:
        assert info.terms[term.name] == pytest.approx(term.value(after.U) - term.value(place.U), abs=1e-11)


def swapping(**options):
    """A chain with S beside one with S + V."""
    place, bias, update = u1_update(**options)
    plain = HMC(Hamiltonian(place.lattice, place.group, [place.gauge(1.5)]), update.integrator)
    return place, bias, SwappedHMC(plain, update)


def test_swaps_are_decided_by_the_actions():
    place, bias, update = swapping(build=3, height=0.2, factor=0.6)
    action, outcomes = place.gauge(1.5), []
    for seed in range(12):
        links = [hot(place.lattice, place.group, 2 * seed + k) for k in range(2)]
        start = State(links[0], seed % 5, seed, (links[1],), (1, 0), update.biased.first)
        state, info = update.step(start)
        stream = Stream(seed, seed % 5 + 1)
        one, own = update.plain.step(State(links[0], seed % 5, seed))
        second = State(links[1], seed % 5, stream.named("biased").seed, potential=update.biased.first)
        two, other = update.biased.step(second)
        assert (info.own, info.bias, info.other_accepted) == (own, other.bias, other.accepted)
        assert info.biased_variable == bias.variable(two.U)
        assert np.array_equal(state.potential, two.potential)
        bias.potential.numbers = two.potential if seed % 5 + 1 < 3 else 0.6 * two.potential
        before = action.value(one.U) + action.value(two.U) + bias.value(two.U)
        after = action.value(two.U) + action.value(one.U) + bias.value(one.U)
        swap = bool(stream.named("swap 1").single(METROPOLIS) < np.exp(min(0.0, before - after)))
        assert info.swapped is swap
        expected = (two.U, one.U) if swap else (one.U, two.U)
        for found, known in zip((state.U, *state.others), expected, strict=True):
            assert np.array_equal(found["c"], known["c"])
        assert info.walkers == state.walkers == ((0, 1) if swap else (1, 0))
        assert info.collective_variable == bias.variable(state.U)
        outcomes.append(swap)
    assert set(outcomes) == {True, False}


def test_the_first_chain_needs_no_weights():
    """Plaquette and Q^2 of the first chain are those of the theory, of the other one they are not."""
    beta, volume = 1.5, 32
    place, _bias, update = swapping(build=200, height=0.05)
    action, state = place.gauge(beta), State(cold(place.lattice, place.group), 0, 12)
    found = []
    for number in range(1600):
        state, info = update.step(state)
        if number >= 250:
            plaquette = 1.0 - action.value(state.U) / beta / volume
            charges = [geometric_charge(place.lattice, U) ** 2 for U in (state.U, *state.others)]
            found.append([plaquette, *charges, info.swapped])
    plaquettes, squares, others, swapped = np.array(found).T
    for samples, exact in ((plaquettes, u1_plaquette(beta, volume)), (squares, u1_charge_squared(beta, volume))):
        result = gamma_method(samples)
        assert abs(result.mean - exact) < 5.0 * result.error
        assert result.error < 0.1 * exact
    assert 0.1 < swapped.mean() < 0.95
    biased = gamma_method(others)
    assert abs(biased.mean - u1_charge_squared(beta, volume)) > 5.0 * biased.error
