"""Replicas in windows of the plaquette: energy, slopes, and the exact means of windows of U(1) in two dimensions."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian
from reference.exact import u1_plaquette_density

from lqcdnn.actions.bias import VariablePotential
from lqcdnn.actions.potential import Window
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.update.llr import LLR, Slopes, WindowHMC
from lqcdnn.update.state import State

BETA, VOLUME = 1.0, 32
SLOPES = Slopes((0.2, 0.35, 0.5, 0.65), 0.1, every=10, newton=6, robbins_monro=6)
BUILT = 120


def windows(place, slopes, beta=BETA):
    variable = MeanPlaquette(place.lattice, place.n)
    terms = [VariablePotential(variable, window) for window in slopes.windows]
    integrator = Integrator((Level(omelyan(), 4, ("gauge", "bias")),), 1.5)
    updates = [WindowHMC(term, hamiltonian(place, place.gauge(beta), term), integrator) for term in terms]
    return LLR(updates, variable, slopes)


def test_energy_is_conserved_in_a_window():
    """Also reversed: the same links again."""
    place = Place("U(1)", (4, 8), spread=0.5)
    variable = MeanPlaquette(place.lattice, 1)
    term = VariablePotential(variable, Window(variable.value(place.U) - 0.1, 0.05))
    term.numbers = np.array([7.0])
    assert_energy_is_conserved(hamiltonian(place, place.gauge(1.3), term), place, 0.4)


def test_the_derivative_of_a_window():
    window, numbers = Window(0.4, 0.05), np.array([-3.0])
    for x in (0.2, 0.4, 0.55):
        difference = (window.value(numbers, x + 1e-5) - window.value(numbers, x - 1e-5)) / 2e-5
        assert window.derivative(numbers, x) == pytest.approx(difference, abs=1e-8)
    assert window.value(numbers, 0.45) == pytest.approx(-3.0 * 0.05 + 0.5)


def test_slopes_are_changed_by_newton_and_then_by_parts():
    """Where ln rho is straight with slope b, one whole step leads to b; the n-th further one goes 1/n of the way."""
    slopes = Slopes((0.1, 0.2), 0.05, every=2, newton=1, robbins_monro=2)
    numbers, b = slopes.first(), np.array([4.0, -2.0])
    seen = []
    for trajectory in range(1, 9):
        target = b if trajectory <= 2 else b + 1.0
        shift = (target - numbers[0]) * 0.05**2
        numbers = slopes.after(numbers, list(np.array(slopes.centres) + shift), trajectory)
        seen.append(numbers[0])
    assert not seen[0].any()
    assert seen[1] == pytest.approx(b)
    assert seen[3] == pytest.approx(b + 1.0)  # n = 1: the whole step
    assert seen[5] == pytest.approx(b + 1.0)
    assert seen[7].tobytes() == seen[6].tobytes() == seen[5].tobytes()
    last = slopes.after(np.array([[0.0, 0.0], [0.0, 0.0]]), [0.1, 0.2], 5)
    half = slopes.after(last, [0.1 + 2 * 0.05**2, 0.2], 6)
    assert half[0] == pytest.approx([0.5, 0.0])  # n = 2: half of the mean of 0 and 2


@pytest.fixture(scope="module")
def chain():
    """Slopes found by a chain, and plaquettes of all windows in trajectories with them."""
    place = Place("U(1)", (4, 8))
    update = windows(place, SLOPES)
    state, found = State(cold(place.lattice, place.group), 0, 8), []
    for number in range(BUILT + 300):
        state, info = update.step(state)
        if number >= BUILT:
            found.append([*info.variables, *info.swapped])
    return state, info, np.array(found)


def test_windows_have_their_exact_means(chain):
    """With the slopes that were found; swaps change nothing in them, and happen."""
    state, info, found = chain
    points = np.linspace(-0.5, 0.97, 1500)
    density = np.maximum(u1_plaquette_density(BETA, VOLUME, points), 0.0)
    assert state.potential[0].tolist() == list(info.slopes)
    assert not state.potential[1].any()
    for k, centre in enumerate(SLOPES.centres):
        x = points - centre
        w = density * np.exp(-info.slopes[k] * x - 0.5 * (x / SLOPES.width) ** 2)
        exact = float((w * points).sum() / w.sum())
        result = gamma_method(found[:, k])
        assert abs(result.mean - exact) < 4.5 * result.error
        assert result.error < 0.1 * SLOPES.width
        assert abs(exact - centre) < 0.35 * SLOPES.width
    rates = found[:, 4:].mean(axis=0)
    assert rates.min() > 0.02
    assert sorted(info.walkers) == list(range(4))


def test_the_first_window_has_weights(chain):
    """ln of the weight that takes slope and window out again."""
    _state, info, _found = chain
    x = info.variables[0] - SLOPES.centres[0]
    assert info.bias == pytest.approx(info.slopes[0] * x + 0.5 * (x / SLOPES.width) ** 2)
    assert info.record(info.variables[0])["window_slopes"] == list(info.slopes)
