"""Dynamical fermions against brute force: quenched averages reweighted by the exact determinant, on 2^4."""

from functools import cache

import numpy as np
import pytest
from averages import mean_and_error, weighted_mean_and_error
from builders import Place, hamiltonian, one_level
from reference import staggered
from reference.loops import planes, plaquette
from reference.matrices import trace

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.update.hmc import HMC, State

BETA, MASS, SHAPE = 0.5, 0.5, (2, 2, 2, 2)


def configurations(place, hmc, count):
    """Links [mu, x, ..., configuration, i, j] after each trajectory."""
    state = State(place.U, 0, 99)
    out = np.empty((4, *SHAPE, count, 2, 2), dtype=complex)
    for t in range(-50, count):
        state, _info = hmc.step(state)
        if t >= 0:
            out[..., t, :, :] = place.lattice.to_user(state.U)
    return out


def observables(U):
    """[configuration, 3]: plaquette, that of the planes with time, squared Polyakov loop tr/2 in time."""
    kinds = [planes(4), [(3, nu) for nu in range(3)]]
    found = [sum(trace(plaquette(U, *p)).real.mean(axis=(0, 1, 2, 3)) for p in k) / (2 * len(k)) for k in kinds]
    loops = trace(U[3, :, :, :, 0] @ U[3, :, :, :, 1]).real / 2
    return np.array([*found, (loops**2).mean(axis=(0, 1, 2))]).T


@cache
def quenched_chain(count, mass):
    """[configuration]: ln det(m^2 - D_eo D_oe), and the observables."""
    p = Place("SU(2)", SHAPE)
    U = configurations(p, HMC(hamiltonian(p, p.gauge(BETA)), one_level("omelyan", 2, 1.2, "gauge")), count)
    return staggered.log_determinants(U, mass, p.antiperiodic()), observables(U)


def reweighted(flavors, count, mass=MASS):
    """Averages with weights det(m^2 - D_eo D_oe)^(flavors / 4), their jackknife errors, quenched averages."""
    logs, values = quenched_chain(count, mass)
    return *weighted_mean_and_error(values, logs * flavors / 4, 500), values.mean(axis=0)


def dynamical(flavors, mass, count, guided):
    """Averages of HMC with pseudofermions; ``guided``: driven by another mass, another beta and a network."""
    p = Place("SU(2)", SHAPE)
    field = PseudofermionField(p.lattice.zeros(2, 1), 0)
    exact = hamiltonian(p, p.gauge(BETA), p.staggered(flavors, mass, field=field, tolerance=1e-10))
    guide = None
    if guided:
        fermion = Composed(
            p.staggered(flavors, 1.1 * mass, field=field, tolerance=1e-10),
            p.network(1, ("plaquette", "polyakov_time"), size=0.02),
        )
        guide = hamiltonian(p, p.gauge(1.2 * BETA), fermion)
    hmc = HMC(exact, one_level("omelyan", 3, 1.0, "gauge", "fermion.1"), guide)
    return mean_and_error(observables(configurations(p, hmc, count)))


def assert_agreement(flavors, mass, guided, count, quenched_count):
    expected, expected_error, quenched = reweighted(flavors, quenched_count, mass)
    found, error = dynamical(flavors, mass, count, guided)
    total = np.hypot(error, expected_error)
    assert (np.abs(found - expected) < 4.0 * total).all(), (found, expected, total)
    assert np.abs((quenched - found) / error).max() > 5.0, (quenched, found, error)  # the determinant is seen


@pytest.mark.parametrize("guided", [pytest.param(False, marks=pytest.mark.slow), True])
def test_four_flavours(guided):
    assert_agreement(4, MASS, guided, 1000, 3500)


@pytest.mark.slow
@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize(("flavors", "mass"), [(4, MASS), (8, 1.0)])
def test_precisely(flavors, mass, guided):
    """Eight flavours are heavier: at the smaller mass, one configuration in 400 would count."""
    assert_agreement(flavors, mass, guided, 40000, 60000)
