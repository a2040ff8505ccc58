"""Metadynamics against exact results where HMC alone is frozen, and against a heat bath in four dimensions."""

import numpy as np
import pytest
from builders import Place
from reference.exact import u1_charge_squared, u1_plaquette

from lqcdnn.actions.bias import BiasTerm
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Grid
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.gauge import cold
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.measure.gauge.topological_charge import geometric_charge
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow


def update_of(place, bias, beta, steps, length, **options):
    H = Hamiltonian(place.lattice, place.group, [place.gauge(beta), bias])
    integrator = Integrator((Level(omelyan(), steps, ("gauge", "bias")),), length)
    return BiasedHMC(bias, H, integrator, **options)


def agrees(samples, log_weights, exact, other=0.0):
    """Within 4 errors of <x w>/<w>, that of the other side added in quadrature; the error."""
    w = np.exp(log_weights - log_weights.max())
    mean = (samples * w).sum() / w.sum()
    error = float(np.hypot(gamma_method((samples - mean) * w / w.mean()).error, other))
    assert abs(mean - exact) < 4.0 * error
    return error


def test_u1_leaves_the_sector_in_which_hmc_is_frozen():
    beta, shape, build, count = 7.0, (8, 16), 4000, 6000
    place = Place("U(1)", shape)
    volume, action = place.lattice.volume, place.gauge(beta)
    bias = BiasTerm(FieldTheoreticCharge(place.lattice, 1), Grid(-3.2, 3.2, 100, 100.0, "cubic"), 0)
    update = update_of(place, bias, beta, 9, 1.5, build=build, height=0.12, factor=0.85)
    state, found = State(cold(place.lattice, place.group), 0, 5), []
    for number in range(build + count):
        state, info = update.step(state)
        if number >= build + 100:
            plaquette = 1.0 - action.value(state.U) / beta / volume
            found.append([plaquette, geometric_charge(place.lattice, state.U), info.bias])
    plaquettes, charges, weights = np.array(found).T
    assert np.count_nonzero(np.diff(charges)) > 200
    assert agrees(plaquettes, weights, u1_plaquette(beta, volume)) < 6e-4
    assert agrees(charges**2, weights, u1_charge_squared(beta, volume)) < 0.06
    agrees(charges, weights, 0.0)
    plain = HMC(Hamiltonian(place.lattice, place.group, [action]), Integrator((Level(omelyan(), 9, ("gauge",)),), 1.5))
    state, changes, before = State(cold(place.lattice, place.group), 0, 5), 0, 0.0
    for _ in range(2000):
        state, _info = plain.step(state)
        charge = geometric_charge(place.lattice, state.U)
        changes, before = changes + (charge != before), charge
    assert changes < 20


@pytest.mark.parametrize(("name", "beta", "limit"), [("SU(2)", 1.6, 0.25), ("SU(3)", 5.0, 0.4)])
def test_plaquettes_in_four_dimensions_are_those_of_a_heat_bath(name, beta, limit):
    """A static potential that is anything but flat where the charge is."""
    place = Place(name, (2, 4, 2, 4))
    action = place.gauge(beta)
    bias = BiasTerm(FieldTheoreticCharge(place.lattice, place.n), Grid(-limit, limit, 8, 30.0, "cubic"), 2)
    first = 2.0 * np.random.default_rng(2).normal(size=9)
    update = update_of(place, bias, beta, 6, 1.0, first=first)
    heat_bath = HeatBath(action, place.group, "kennedy_pendleton", 1)
    planes = 6 * place.lattice.volume
    start, found, exact = cold(place.lattice, place.group), [], []
    state, other = State(start, 0, 3), State(start, 0, 4)
    for number in range(2500):
        state, info = update.step(state)
        other, _info = heat_bath.step(other)
        if number >= 100:
            found.append([1.0 - action.value(state.U) / beta / planes, info.collective_variable, info.bias])
            exact.append([1.0 - action.value(other.U) / beta / planes, bias.variable(other.U) ** 2])
    plaquettes, charges, weights = np.array(found).T
    assert weights.std() > 0.3
    for samples, true in zip((plaquettes, charges**2), np.array(exact).T, strict=True):
        known = gamma_method(true)
        agrees(samples, weights, known.mean, known.error)
