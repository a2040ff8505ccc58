"""Anisotropic lattices: HMC, guided HMC and heat bath against each other; the renormalised anisotropy as published."""

import numpy as np
import pytest
from reference.exact import u1_plaquette

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.config.tables.gauge_actions import improved_in_space, loop_weights
from lqcdnn.config.tables.observables import PlaquetteConfig, WilsonLoopConfig
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.measure.gauge.wilson_loop import WilsonLoop
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State


def chain(update, steps, cut, seed, measured, every=1):
    """What an observable finds along a chain from a cold start."""
    state, found = State(cold(update.lattice, update.group), 0, seed), []
    for k in range(steps):
        state, _ = update.step(state)
        if k >= cut and k % every == 0:
            found.append(measured.measure(update.lattice, state.U, update.group, None))
    return found


def means(found, names=("plaquette_space", "plaquette_time")):
    results = [gamma_method(np.array([one[name] for one in found])) for name in names]
    return np.array([(result.mean, result.error) for result in results])


def hmc(action, guide, steps, of):
    exact, driving = (Hamiltonian(action.lattice, of, [one]) for one in (action, guide))
    return HMC(exact, Integrator((Level(omelyan(), steps, ("gauge",)),), 1.0), driving)


def test_two_dimensions_are_exact():
    """Plaquettes of U(1) at beta xi_0, by heat bath."""
    lattice, of = Lattice((8, 16)), group("U(1)")
    update = HeatBath(GaugeAction(lattice, 1, 1.0, loop_weights(0.0, 2.0)), of, "best_fisher")
    ((mean, error),) = means(chain(update, 1500, 100, 3, Plaquette(PlaquetteConfig())), ["plaquette_time"])
    assert error < 0.002
    assert abs(mean - u1_plaquette(2.0, 128)) < 3.5 * error


@pytest.mark.slow
@pytest.mark.parametrize("weights", [loop_weights(0.0, 2.0), improved_in_space(2.0, 0.9, 1.0)], ids=["wilson", "space"])
def test_updates_agree(weights):
    lattice, of, measured = Lattice((6, 6, 8)), group("SU(2)"), Plaquette(PlaquetteConfig())
    action = GaugeAction(lattice, 2, 3.0, weights)
    guide = GaugeAction(lattice, 2, 3.0, loop_weights(0.0, 1.98) if weights.rectangle_space == 0.0 else weights)
    bath = means(chain(HeatBath(action, of, overrelaxation=1), 6000, 200, 5, measured))
    moved = means(chain(hmc(action, guide, 12, of), 4000, 200, 6, measured))
    difference, error = bath[:, 0] - moved[:, 0], np.hypot(bath[:, 1], moved[:, 1])
    assert (error < 1e-3).all()
    assert (np.abs(difference) < 3.5 * error).all()


@pytest.mark.slow
def test_renormalised_anisotropy_of_klassen():
    """SU(3), beta = 5.8, xi_0 = 1.674: xi = 2 by the parametrisation of hep-lat/9803010, to 1 %."""
    lattice, of = Lattice((6, 6, 6, 12)), group("SU(3)")
    update = HeatBath(GaugeAction(lattice, 3, 5.8, loop_weights(0.0, 1.674)), of, overrelaxation=3)
    measured = WilsonLoop(WilsonLoopConfig(space=3, time=6, spatial=True, smearing="none"))
    found = chain(update, 3000, 200, 7, measured, every=4)
    numbers = np.arange(1, len(found) + 1)
    series = {
        (key := f"{name}.{r + 1}.{t + 1}"): Series(key, "f", numbers, np.array([one[name][r][t] for one in found]))
        for name in ("wilson_loop_space", "wilson_loop")
        for r in range(3)
        for t in range(len(found[0][name][0]))
    }
    results = fit(parse_fit("xi = anisotropy(wilson_loop_space, wilson_loop)"), Chains([series], Method())).parameters
    xi = next(item for item in results if item.name == "xi.2.2")
    assert xi.error < 0.02
    assert abs(xi.mean - 2.0) < 0.03 + 2.0 * xi.error  # what x = 2, y = 2 are off by: 1 % of artefacts
