"""Multicanonical HMC against heat baths: plaquettes of several groups, and both phases of U(1) in four dimensions."""

import numpy as np
import pytest
from builders import Place, hamiltonian

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.potential import Grid
from lqcdnn.analyze.bias import passages
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow


def biased(place, beta, grid, steps, **how):
    bias = BiasTerm(MeanPlaquette(place.lattice, place.n), grid)
    integrator = Integrator((Level(omelyan(), steps, ("gauge", "bias")),), 1.0)
    H = hamiltonian(place, place.gauge(beta), bias)
    return BiasedHMC(bias, H, integrator, symmetric=False, accept_first=20, **how)


def sampled(update, place, count, left_out):
    """(P, V) of each trajectory."""
    state, found = State(cold(place.lattice, place.group), 0, 3), []
    for number in range(count):
        state, info = update.step(state)
        if number >= left_out:
            found.append([info.collective_variable, info.bias])
    return np.array(found).T


def heat_bath(place, beta, count, seed=4):
    """Mean plaquette and its error."""
    variable = MeanPlaquette(place.lattice, place.n)
    algorithm = "best_fisher" if place.n == 1 else "kennedy_pendleton"
    update = HeatBath(place.gauge(beta), place.group, algorithm, 2)
    state, found = State(cold(place.lattice, place.group), 0, seed), []
    for number in range(count):
        state, _info = update.step(state)
        if number >= 100:
            found.append(variable.value(state.U))
    return gamma_method(np.array(found))


def agrees(plaquettes, log_weights, known):
    """Within 4 errors; the error of the weighted mean."""
    w = np.exp(log_weights - log_weights.max())
    mean = (plaquettes * w).sum() / w.sum()
    error = gamma_method((plaquettes - mean) * w / w.mean()).error
    assert abs(mean - known.mean) < 4.0 * float(np.hypot(error, known.error))
    return error


@pytest.mark.parametrize(
    ("name", "shape", "beta", "low", "high"),
    [("SU(2)", (4, 4, 4), 4.0, 0.65, 0.85), ("SU(3)", (2, 4, 2, 4), 5.4, 0.45, 0.65)],
)
def test_plaquettes_are_those_of_a_heat_bath(name, shape, beta, low, high):
    """A static potential that is anything but flat where the plaquette is; also at a neighbouring coupling."""
    place = Place(name, shape)
    planes = place.lattice.volume * place.d * (place.d - 1) / 2
    first = 1.5 * np.random.default_rng(2).normal(size=9)
    update = biased(place, beta, Grid(low, high, 8, planes, "cubic"), 8, first=first)
    plaquettes, weights = sampled(update, place, 2500, 100)
    assert weights.std() > 0.3
    for other in (beta, 0.98 * beta):
        log = weights + (other - beta) * planes * plaquettes
        assert agrees(plaquettes, log, heat_bath(place, other, 2500)) < 0.004


def test_both_phases_of_u1_in_four_dimensions():
    """4^4 at beta = 0.979, where both phases have about the same part: built, then reweighted to either side."""
    place, beta = Place("U(1)", (4, 4, 4, 4)), 0.979
    planes, grid = 6 * place.lattice.volume, Grid(0.48, 0.7, 22, 1536.0, "cubic", closed=True)
    update = biased(place, beta, grid, 4, build=4000, height=0.03)
    plaquettes, weights = sampled(update, place, 14000, 4100)
    assert passages(plaquettes, (grid.lowest, grid.highest)) > 10
    found, _edges = np.histogram(plaquettes, bins=8, range=(0.49, 0.69))
    assert found[[0, -1]].sum() > 0.14 * found.sum()  # 0.18; a heat bath without a potential has 0.09
    for other in (0.96, beta, 1.0):
        log = weights + (other - beta) * planes * plaquettes
        assert agrees(plaquettes, log, heat_bath(place, other, 10000)) < 0.008
