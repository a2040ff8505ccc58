"""Integrators at work: reversibility, order in the step, time scales, self-learning HMC with the exact guide."""

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.update.hmc import HMC, State

every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def gauge_system(name, shape, c1=0.0):
    def make():
        p = Place(name, shape, spread=0.4)
        return p, hamiltonian(p, p.gauge(2.5 * p.n, c1))

    return make


def staggered_system(flavors):
    def make():
        p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
        return p, hamiltonian(p, p.gauge(2.5), p.staggered(flavors))

    return make


def network_system():
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
    network = p.network(2, ("plaquette", "polyakov_time", "polyakov_space"), size=0.03)
    return p, hamiltonian(p, p.gauge(2.5), Composed(p.staggered(), network))


def hex_system():
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
    network = CovariantNetwork([HexLayer(p.lattice, weights=np.array([0.95, 0.76, 0.38]))])
    return p, hamiltonian(p, p.gauge(2.5), Composed(p.staggered(), network))


SYSTEMS = {
    "u1": gauge_system("U(1)", (4, 8)),
    "su3": gauge_system("SU(3)", (2, 2, 2, 4)),
    "su2-dbw2": gauge_system("SU(2)", (4, 4, 4), -1.4088),
    "staggered4": staggered_system(4),
    "network": network_system,
    "hex": hex_system,
}
every_system = pytest.mark.parametrize("system", SYSTEMS)


def start(system, trajectory=1):
    """(place, Hamiltonian, links, momenta) with the auxiliary fields drawn."""
    p, H = SYSTEMS[system]()
    H.draw(p.U, Stream(4, trajectory))
    return p, H, p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, trajectory))


def names(H):
    return tuple(term.name for term in H.terms)


def energy_change(system, scheme, steps, length, trajectory=1):
    _p, H, U, P = start(system, trajectory)
    hmc = HMC(H, one_level(scheme, steps, length, *names(H)))
    before = sum(hmc.energies(U, P).values())
    U = hmc.integrate(U, P)
    return sum(hmc.energies(U, P).values()) - before


def assert_comes_back(H, U, P, scheme, accuracy):
    """Forward, momenta flipped, forward again: back at the start, to so much per link."""
    links, momenta = U["c"].copy(), P["c"].copy()
    hmc = HMC(H, one_level(scheme, 5, 0.5, *names(H)))
    U = hmc.integrate(U, P)
    assert np.abs(U["c"] - links).max() > 0.1
    P["c"] *= -1.0
    U = hmc.integrate(U, P)
    for found, expected in ((U["c"], links), (-P["c"], momenta)):
        apart = (found - expected).reshape(*found.shape[:2], -1, found.shape[-1])
        assert np.linalg.norm(apart, axis=2).max() < accuracy


@every_scheme
@every_system
def test_reversibility(system, scheme):
    _p, H, U, P = start(system)
    assert_comes_back(H, U, P, scheme, 1e-12)


def test_reversibility_in_mixed_precision():
    """Solves to 1e-10 in single inside double precision: as functions of the links far more accurate than that.

    What the rounding of links to single precision leaves is 1e-12 to 5e-12, by the processor and the momenta.
    """
    p = Place("SU(2)", (8, 8, 8, 8), spread=0.4)
    action = p.staggered(mass=0.05, tolerance=1e-10)
    use_mixed_precision(action.operator.operator)
    H = hamiltonian(p, p.gauge(2.3), action)
    H.draw(p.U, Stream(4, 1))
    assert_comes_back(H, p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, 1)), "leapfrog", 1e-11)


@every_scheme
@every_system
def test_order_of_the_energy_violation(system, scheme):
    """dH ~ dt^2, and dt^4 for the fourth-order schemes, at fixed trajectory length."""
    steps = 32 if system == "su2-dbw2" else 12
    dH = [energy_change(system, scheme, n, 0.5) for n in (steps, 2 * steps)]
    order = np.log2(dH[0] / dH[1])
    assert order == pytest.approx(SCHEMES[scheme].order, abs=0.25), dH


def test_better_schemes_win_at_the_same_cost():
    """Root mean square of dH with 20 force evaluations each."""

    def spread(scheme, steps):
        dH = [energy_change("staggered4", scheme, steps, 0.5, t) for t in range(8)]
        return np.sqrt(np.mean(np.square(dH)))

    leapfrog = spread("leapfrog", 20)
    assert spread("omelyan", 10) < 0.5 * leapfrog
    assert spread("force_gradient", 10) < 0.1 * leapfrog
    assert spread("omelyan4", 4) < 0.1 * leapfrog


def chain(hmc, U, count):
    state, infos = State(U, 0, 31), []
    for _ in range(count):
        state, info = hmc.step(state)
        infos.append(info)
    return state, infos


def test_self_learning_hmc_with_the_exact_guide_is_hmc():
    """Bit by bit: the guide is another object with the same actions, sharing only the pseudofermion."""
    results = []
    for guided in (False, True):
        p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
        field = PseudofermionField(p.lattice.zeros(2, 1), 0)
        exact = hamiltonian(p, p.gauge(2.5), p.staggered(field=field))
        guide = hamiltonian(p, p.gauge(2.5), p.staggered(field=field)) if guided else None
        hmc = HMC(exact, one_level("omelyan", 3, 0.5, "gauge", "fermion.1"), guide)
        results.append(chain(hmc, p.U, 4))
    (plain, plain_infos), (guided, guided_infos) = results
    assert plain_infos == guided_infos
    np.testing.assert_array_equal(plain.U["c"], guided.U["c"])


def test_guide_with_zero_weights_is_hmc_within_rounding():
    results = []
    for layers in (0, 2):
        p = Place("SU(2)", (2, 4, 2, 4), spread=0.4)
        field = PseudofermionField(p.lattice.zeros(2, 1), 0)
        exact = hamiltonian(p, p.gauge(2.5), p.staggered(field=field))
        fermion = p.staggered(field=field)
        seen = Composed(fermion, p.network(layers, size=0.0)) if layers else fermion
        hmc = HMC(exact, one_level("leapfrog", 5, 0.5, "gauge", "fermion.1"), hamiltonian(p, p.gauge(2.5), seen))
        results.append(chain(hmc, p.U, 3))
    for a, b in zip(results[0][1], results[1][1], strict=True):
        assert a.dH == pytest.approx(b.dH, abs=1e-8)
    np.testing.assert_allclose(results[0][0].U["c"], results[1][0].U["c"], rtol=0, atol=1e-9)


def integrated(integrator):
    """Links and momenta after one trajectory of the staggered system."""
    _p, H, U, P = start("staggered4")
    U = HMC(H, integrator).integrate(U, P)
    return U["c"], P["c"]


def assert_same_trajectory(a, b):
    for x, y in zip(integrated(a), integrated(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=0, atol=1e-11)


def test_nested_levels_with_one_inner_step_are_one_level():
    """P_f(dt/2) [P_g(dt/2) Q(dt) P_g(dt/2)] P_f(dt/2): both forces at the same links."""
    pqp = SCHEMES["leapfrog_pqp"]
    nested = Integrator((Level(pqp, 4, ("fermion.1",)), Level(pqp, 1, ("gauge",))), 0.5)
    assert_same_trajectory(nested, one_level("leapfrog_pqp", 4, 0.5, "gauge", "fermion.1"))


@every_scheme
def test_inner_steps_are_steps(scheme):
    """With nothing on the outer level, 3 outer steps of 4 inner ones are 12 steps."""
    outer = SCHEMES["leapfrog_pqp"]
    nested = Integrator((Level(outer, 3, ()), Level(SCHEMES[scheme], 4, ("gauge", "fermion.1"))), 0.5)
    assert_same_trajectory(nested, one_level(scheme, 12, 0.5, "gauge", "fermion.1"))


def test_every_level_kicks_its_own_terms():
    """Three levels; with a fine gauge level what is left of the energy violation is the fermion's, and falls by 4."""
    _p, H, U0, P0 = start("staggered4")
    pqp = SCHEMES["leapfrog_pqp"]

    def violation(fermion_steps, gauge_steps):
        U, P = U0.copy(), P0.copy()
        levels = (Level(pqp, 1, ()), Level(pqp, fermion_steps, ("fermion.1",)), Level(pqp, gauge_steps, ("gauge",)))
        hmc = HMC(H, Integrator(levels, 0.5))
        before = sum(hmc.energies(U, P).values())
        U = hmc.integrate(U, P)
        return sum(hmc.energies(U, P).values()) - before

    assert violation(8, 64) / violation(16, 32) == pytest.approx(4.0, rel=0.15)


@pytest.mark.parametrize(
    ("name", "shape", "beta", "flavors", "steps", "count"),
    [("SU(2)", (4, 4, 4), 2.0, 0, 4, 600), ("U(1)", (4, 8), 2.0, 0, 4, 600), ("SU(2)", (2, 2, 2, 2), 1.5, 4, 4, 300)],
)
def test_mean_of_exp_minus_dh_is_one(name, shape, beta, flavors, steps, count):
    """Area preservation and reversibility together; also <dH> = var(dH) / 2 to leading order."""
    p = Place(name, shape)
    terms = [p.gauge(beta)] + ([p.staggered(flavors, 0.5, tolerance=1e-10)] if flavors else [])
    H = hamiltonian(p, *terms)
    hmc = HMC(H, one_level("leapfrog", steps, 1.0, *names(H)))
    state, dH = State(p.U, 0, 77), []
    for t in range(count + 30):
        state, info = hmc.step(state)
        if t >= 30:
            dH.append(info.dH)
    spread = np.std(np.exp(-np.array(dH)))
    assert 0.15 < np.std(dH) < 1.5  # neither trivial nor hopeless
    assert abs(np.mean(np.exp(-np.array(dH))) - 1.0) < 4.0 * spread / np.sqrt(count)
    assert np.mean(dH) > 0.0
