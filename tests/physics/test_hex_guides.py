"""Self-learning HMC whose guide sees links through a layer of HEX smearing is exact.

That such a guide is reversible and its energy violation of second order: ``test_molecular_dynamics.py``.
"""

import math

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from reference.exact import u1_plaquette

from lqcdnn.actions.composed import Composed
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.fields.random import Stream
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.update.hmc import HMC, State

BETA = 2.0


def chain(p, hmc, count):
    """Plaquettes of the states and the infos of the steps."""
    state, found, infos = State(p.U, 0, 31), [], []
    observable = Plaquette(PlaquetteConfig())
    for _ in range(count):
        state, info = hmc.step(state)
        found.append(observable.measure(p.lattice, state.U, p.group, Stream(8, 0))["plaquette"])
        infos.append(info)
    return np.array(found), infos


@pytest.mark.slow
def test_plaquette_is_that_of_the_exact_action():
    """Two-dimensional U(1), with a guide whose own plaquette is another."""
    p = Place("U(1)", (4, 8))
    network = CovariantNetwork([HexLayer(p.lattice, weights=np.array([0.1]))])
    exact, guide = (hamiltonian(p, term) for term in (p.gauge(BETA), Composed(p.gauge(1.6), network)))
    integrator = one_level("leapfrog", 5, 1.0, "gauge")
    found, infos = chain(p, HMC(exact, integrator, guide), 4100)
    own, _infos = chain(p, HMC(guide, integrator), 1000)
    weights, accepted = np.exp(-np.array([info.dH for info in infos[100:]])), np.mean([i.accepted for i in infos])
    estimate, expected = gamma_method([found[100:]]), u1_plaquette(BETA, p.lattice.volume)
    assert estimate.error < 0.012
    assert abs(estimate.mean - expected) < 4 * estimate.error
    assert abs(own[100:].mean() - expected) > 4 * estimate.error
    assert abs(weights.mean() - 1.0) < 4 * weights.std() / math.sqrt(len(weights) / 2)
    assert 0.1 < accepted < 0.9
