"""Self-learning HMC whose guide sees links through a layer with attention: reversible, exact, HMC at zero weights."""

import math

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from reference.exact import u1_plaquette

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.update.hmc import HMC, State

FERMIONIC = ("gauge", "fermion.1")


def attentive(p, reach, size, loops=("plaquette", "polyakov_time")):
    layer = AttentionLayer(p.lattice, loops, reach)
    layer.weights = size * np.random.default_rng(3).normal(size=layer.weights_shape)
    return CovariantNetwork([layer])


def guided(p, reach, size, beta, guide_mass=0.4, mass=0.4, flavors=4):
    """The exact Hamiltonian with a fermion, and a guide that sees the network's links; one pseudofermion."""
    field = PseudofermionField(p.lattice.zeros(p.n, 1), 0)
    exact = hamiltonian(p, p.gauge(beta), p.staggered(flavors, mass, field=field))
    seen = Composed(p.staggered(flavors, guide_mass, field=field), attentive(p, reach, size))
    return exact, hamiltonian(p, p.gauge(beta), seen)


def chain(p, hmc, count):
    """Plaquettes of the states and the infos of the steps."""
    state, found, infos = State(p.U, 0, 31), [], []
    observable = Plaquette(PlaquetteConfig())
    for _ in range(count):
        state, info = hmc.step(state)
        found.append(observable.measure(p.lattice, state.U, p.group, Stream(8, 0))["plaquette"])
        infos.append(info)
    return np.array(found), infos


def assert_plaquette_of_the_exact_action(p, term, highest, beta=2.0):
    """Two-dimensional U(1), whatever the term of the guide, here one whose own plaquette is another."""
    exact, guide = hamiltonian(p, p.gauge(beta)), hamiltonian(p, term)
    integrator = one_level("leapfrog", 5, 1.0, "gauge")
    found, infos = chain(p, HMC(exact, integrator, guide), 4100)
    own, _infos = chain(p, HMC(guide, integrator), 1000)
    weights, accepted = np.exp(-np.array([info.dH for info in infos[100:]])), np.mean([i.accepted for i in infos])
    estimate, expected = gamma_method([found[100:]]), u1_plaquette(beta, p.lattice.volume)
    assert estimate.error < 0.012
    assert abs(estimate.mean - expected) < 4 * estimate.error
    assert abs(own[100:].mean() - expected) > 4 * estimate.error
    assert abs(weights.mean() - 1.0) < 4 * weights.std() / math.sqrt(len(weights) / 2)
    assert 0.1 < accepted < highest


def test_reversibility_of_the_guide():
    p = Place("U(1)", (4, 8), spread=0.4)
    exact, guide = guided(p, 2, 0.1, 2.5)
    exact.draw(p.U, Stream(4, 1))
    P = gaussian_momenta(p.lattice, p.group, Stream(4, 1))
    momenta, hmc = P["c"].copy(), HMC(exact, one_level("omelyan", 4, 0.5, *FERMIONIC), guide)
    U = hmc.integrate(p.U, P)
    assert np.abs(U["c"] - p.U["c"]).max() > 0.1
    P["c"] *= -1.0
    back = hmc.integrate(U, P)
    np.testing.assert_allclose(back["c"], p.U["c"], rtol=0, atol=1e-11)
    np.testing.assert_allclose(-P["c"], momenta, rtol=0, atol=1e-11)


def test_guide_with_zero_weights_is_hmc_within_rounding():
    p = Place("U(1)", (4, 8), spread=0.4)
    exact, guide = guided(p, 2, 0.0, 2.5)
    integrator = one_level("leapfrog", 5, 0.5, *FERMIONIC)
    (plain, alone), (same, with_guide) = (chain(p, HMC(exact, integrator, g), 3) for g in (None, guide))
    np.testing.assert_allclose([a.dH - b.dH for a, b in zip(alone, with_guide, strict=True)], 0.0, rtol=0, atol=1e-8)
    np.testing.assert_allclose(plain, same, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_plaquette_is_that_of_the_exact_action():
    p = Place("U(1)", (4, 8))
    assert_plaquette_of_the_exact_action(p, Composed(p.gauge(1.8), attentive(p, 3, 0.05)), 0.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shape", "beta", "size", "count"),
    [("U(1)", (4, 8), 2.0, 0.04, 2000), ("SU(2)", (4, 4, 4, 4), 1.5, 0.005, 600)],
)
def test_plaquette_with_fermions_is_that_of_hmc(name, shape, beta, size, count):
    p = Place(name, shape)
    exact, guide = guided(p, 3, size, beta, guide_mass=0.45)
    integrator, results = one_level("omelyan", 6, 1.0, *FERMIONIC), []
    for g in (None, guide):
        found, infos = chain(p, HMC(exact, integrator, g), count + 100)
        weights = np.exp(-np.array([info.dH for info in infos[100:]]))
        assert abs(weights.mean() - 1.0) < 4 * weights.std() / math.sqrt(len(weights) / 2)
        assert (0.2 if g else 0.9) < np.mean([info.accepted for info in infos]) < (0.9 if g else 1.0)
        results.append(gamma_method([found[100:]]))
    plain, learned = results
    assert abs(plain.mean - learned.mean) < 4 * math.hypot(plain.error, learned.error)
