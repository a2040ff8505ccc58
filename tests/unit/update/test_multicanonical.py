"""HMC with a bias potential of the plaquette: energy, the density of states, and exact averages at several beta."""

from itertools import pairwise

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian
from reference.exact import integral, u1_plaquette, u1_plaquette_density

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.potential import Grid
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.state import State

BETA, VOLUME = 1.0, 32
GRID = Grid(0.15, 0.8, 26, 32.0, "cubic", closed=True)


@pytest.mark.parametrize(
    ("name", "shape"), [("U(1)", (4, 8)), pytest.param("SU(3)", (4, 2, 2, 4), marks=pytest.mark.slow)]
)
def test_energy_is_conserved(name, shape):
    """Also reversed: the same links again."""
    place = Place(name, shape, spread=0.5)
    variable = MeanPlaquette(place.lattice, place.n)
    P = variable.value(place.U)
    bias = BiasTerm(variable, Grid(P - 0.4, P + 0.55, 10, 50.0, "cubic"))
    bias.potential.numbers = 5.0 * np.random.default_rng(6).normal(size=11)
    assert abs(bias.grid.derivative(bias.potential.numbers, P)) > 1.0
    assert_energy_is_conserved(hamiltonian(place, place.gauge(1.3), bias), place, 0.4)


def test_the_exact_density_is_one():
    """Of the reference: its mean is the known plaquette, at another beta too by reweighting."""
    points = np.linspace(-0.9, 0.99, 1500)
    density = u1_plaquette_density(BETA, VOLUME, points)
    assert integral(density, points) == pytest.approx(1.0, abs=1e-6)
    for beta in (1.0, 1.3):
        w = density * np.exp((beta - BETA) * VOLUME * points)
        assert integral(w * points, points) / integral(w, points) == pytest.approx(
            u1_plaquette(beta, VOLUME), abs=1e-6
        )


@pytest.fixture(scope="module")
def chain():
    """A chain that builds its potential: that potential, and (P, V) of each trajectory with it."""
    place = Place("U(1)", (4, 8))
    bias = BiasTerm(MeanPlaquette(place.lattice, 1), GRID)
    integrator = Integrator((Level(omelyan(), 4, ("gauge", "bias")),), 1.5)
    build, H = 2500, hamiltonian(place, place.gauge(BETA), bias)
    update = BiasedHMC(bias, H, integrator, build=build, height=0.04, symmetric=False)
    state, found = State(cold(place.lattice, place.group), 0, 8), []
    for number in range(build + 2500):
        state, info = update.step(state)
        if number >= build + 50:
            found.append([info.collective_variable, info.bias])
    return state.potential, np.array(found).T


def test_the_potential_becomes_the_logarithm_of_the_density(chain):
    """exp(-S - V) is flat in P where V = ln rho(P), up to a constant; rho changes by more than 10 over the grid."""
    points = np.linspace(0.2, 0.75, 60)
    exact = np.log(u1_plaquette_density(BETA, VOLUME, points))
    built = np.array([GRID.value(chain[0], p) for p in points])
    difference = built - exact
    assert np.ptp(exact) > 3.0
    assert difference.std() < 0.25
    found, _edges = np.histogram(chain[1][0], bins=5, range=(0.2, 0.75))
    assert found.min() > 0.4 * found.max()


def test_weights_give_the_exact_density(chain):
    """The part of P in each of six intervals."""
    plaquettes, bias = chain[1]
    w = np.exp(bias - bias.max())
    edges = np.linspace(0.15, 0.75, 7)
    for low, high in pairwise(edges):
        points = np.linspace(low, high, 41)
        exact = integral(u1_plaquette_density(BETA, VOLUME, points), points)
        inside = ((plaquettes >= low) & (plaquettes < high)).astype(float)
        part = (inside * w).sum() / w.sum()
        error = gamma_method((inside - part) * w / w.mean()).error
        assert abs(part - exact) < 5.0 * error
        assert error < 0.3 * exact


@pytest.mark.parametrize("beta", [0.7, 1.0, 1.5])
def test_one_chain_has_the_averages_of_several_beta(chain, beta):
    plaquettes, bias = chain[1]
    log = bias + (beta - BETA) * VOLUME * plaquettes
    w = np.exp(log - log.max())
    mean = (plaquettes * w).sum() / w.sum()
    error = gamma_method((plaquettes - mean) * w / w.mean()).error
    assert abs(mean - u1_plaquette(beta, VOLUME)) < 5.0 * error
    assert error < 0.02
