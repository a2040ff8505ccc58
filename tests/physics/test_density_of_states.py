"""Densities of states in four dimensions: averages at several couplings against heat baths at each."""

import numpy as np
import pytest
from builders import Place, hamiltonian

from lqcdnn.actions.bias import VariablePotential
from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.llr import density_of_states
from lqcdnn.analyze.reweight import Target
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.llr import LLR, Slopes, WindowHMC
from lqcdnn.update.state import State

pytestmark = pytest.mark.slow


def sampled(place, beta, slopes, count):
    """Series of all windows with the slopes that were found."""
    variable = MeanPlaquette(place.lattice, place.n)
    terms = [VariablePotential(variable, window) for window in slopes.windows]
    integrator = Integrator((Level(omelyan(), 6, ("gauge", "bias")),), 1.0)
    updates = [
        WindowHMC(term, hamiltonian(place, place.gauge(beta), term), integrator, accept_first=20) for term in terms
    ]
    update, built = LLR(updates, variable, slopes), slopes.every * (slopes.newton + slopes.robbins_monro)
    state, rows = State(cold(place.lattice, place.group), 0, 3), []
    for number in range(built + count):
        state, info = update.step(state)
        if number >= built:
            rows.append([*info.variables, *info.slopes])
    numbers, names = np.arange(1, count + 1), ("window_variables", "window_slopes")
    columns = [f"{name}.{k + 1}" for name in names for k in range(len(terms))]
    return {name: Series(name, "", numbers, values) for name, values in zip(columns, np.array(rows).T, strict=True)}


def heat_bath(place, beta, count):
    """Plaquettes."""
    variable = MeanPlaquette(place.lattice, place.n)
    algorithm = "best_fisher" if place.n == 1 else "kennedy_pendleton"
    update = HeatBath(place.gauge(beta), place.group, algorithm, 2)
    state, found = State(cold(place.lattice, place.group), 0, 4), []
    for number in range(count):
        state, _info = update.step(state)
        if number >= 100:
            found.append(variable.value(state.U))
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "beta", "limits", "couplings"),
    [("U(1)", 0.98, (0.46, 0.74), (0.97, 1.0)), ("SU(2)", 2.3, (0.52, 0.68), (2.25, 2.35))],
)
def test_averages_are_those_of_heat_baths(name, beta, limits, couplings):
    """Mean plaquette and susceptibility at couplings beside that of the run."""
    place = Place(name, (4, 4, 4, 4))
    low, high = limits
    centres = tuple(low + k * (high - low) / 15 for k in range(16))
    slopes = Slopes(centres, (high - low) / 15, every=20, newton=20, robbins_monro=20)
    series = sampled(place, beta, slopes, 1200)
    physics = Physics(
        name, place.lattice.shape, beta=beta, plaquettes_alone=True, windows=(centres, slopes.width, 0)
    )
    for coupling in couplings:
        found = density_of_states([series], physics, [Target("beta", coupling)], Method(second=False))
        derived = {one.name: one for one in found.derived}
        known = heat_bath(place, coupling, 6000)
        mean = gamma_method(known)
        assert abs(derived["plaquette"].mean - mean.mean) < 4.0 * np.hypot(derived["plaquette"].error, mean.error)
        spread = gamma_method(1536 * (known - known.mean()) ** 2)
        susceptibility = derived["susceptibility"]
        assert abs(susceptibility.mean - spread.mean) < 4.0 * np.hypot(susceptibility.error, spread.error)
        assert susceptibility.error < 0.15 * susceptibility.mean
        assert derived["plaquette"].error < 0.006
