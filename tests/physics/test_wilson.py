"""Wilson and clover actions at work: gradients, invariance, molecular dynamics, exactness against determinants."""

from functools import cache

import numpy as np
import pytest
from averages import mean_and_error, weighted_mean_and_error
from builders import Place, assert_gauge_invariant, energy_violation, hamiltonian, one_level
from derivative import assert_gradient
from input_head import head
from reference import wilson as reference
from reference.loops import plaquette
from reference.matrices import trace

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.config import load_text
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.jobs.starts import initial_links
from lqcdnn.update.hmc import HMC, State

PLACES = [("U(1)", (4, 8), 0.21), ("SU(2)", (4, 8), 0.2), ("SU(2)", (2, 2, 2, 4), 0.13), ("SU(3)", (2, 2, 2, 2), 0.13)]
PLACE_IDS = [f"{name}-{'x'.join(map(str, shape))}" for name, shape, _kappa in PLACES]
every_place = pytest.mark.parametrize(
    "place", [PLACES[0], pytest.param(PLACES[1], marks=pytest.mark.slow), *PLACES[2:]], ids=PLACE_IDS
)
every_csw = pytest.mark.parametrize("csw", [0.0, 1.3])


def setting(place, csw, **options):
    """(place, action) with phi drawn."""
    name, shape, kappa = place
    p = Place(name, shape)
    action = p.wilson(kappa, csw, **options)
    action.draw(p.U, Stream(3, 4))
    return p, action


@every_place
@every_csw
def test_value(place, csw):
    p, action = setting(place, csw)
    phi = p.lattice.to_user(action.field.phi)
    expected = reference.action(p.lattice.to_user(p.U), phi, place[2], p.antiperiodic(), csw)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-11)


@every_place
@every_csw
def test_value_is_known_from_the_heat_bath(place, csw):
    p, action = setting(place, csw)
    known = action.draw(p.U, Stream(3, 5))
    assert known == pytest.approx(action.value(p.U), rel=1e-11)


@every_place
@every_csw
def test_gradient(place, csw):
    p, action = setting(place, csw)
    assert_gradient(action, p.U)


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (-1, -1)])
def test_gradient_with_any_boundary(signs):
    p, action = setting(PLACES[0], 1.3, boundary=signs)
    assert_gradient(action, p.U)


@every_place
def test_gradient_of_the_clover_determinant(place):
    """-2 log |det A_o| alone, with phi = 0."""
    p, action = setting(place, 1.3)
    action.field.phi["c"] = 0.0
    assert_gradient(action, p.U, tolerance=1e-6)  # the value is small against its rounding


@every_place
@every_csw
def test_gradient_through_a_network(place, csw):
    p = Place(*place[:2])
    assert_gradient(p.composed(p.wilson(place[2], csw), p.network(2)), p.U)


@every_place
@every_csw
def test_invariance(place, csw):
    """S[U^G, G phi] = S[U, phi]."""
    assert_gauge_invariant(*setting(place, csw))


def system(place, csw, spread=0.4):
    name, shape, kappa = place
    p = Place(name, shape, spread=spread)
    return p, hamiltonian(p, p.gauge(1.5 * p.n), p.wilson(kappa, csw))


def trajectory(place, csw, steps, number=1):
    """(HMC, links, momenta) with phi drawn."""
    p, H = system(place, csw)
    H.draw(p.U, Stream(4, number))
    hmc = HMC(H, one_level("leapfrog", steps, 0.5, "gauge", "fermion.1"))
    return hmc, p.U.copy(), gaussian_momenta(p.lattice, p.group, Stream(4, number))


@every_place
@every_csw
def test_energy_violation_falls_with_the_square_of_the_step(place, csw):
    coarse, fine = (energy_violation(*system(place, csw), steps) for steps in (16, 32))
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.15)


@every_place
@every_csw
def test_reversibility(place, csw):
    hmc, U, P = trajectory(place, csw, 5)
    links, momenta = U["c"].copy(), P["c"].copy()
    U = hmc.integrate(U, P)
    assert np.abs(U["c"] - links).max() > 0.1
    P["c"] *= -1.0
    U = hmc.integrate(U, P)
    assert np.abs(U["c"] - links).max() < 1e-12
    assert np.abs(P["c"] + momenta).max() < 1e-11


@pytest.mark.parametrize("csw", [pytest.param(0.0, marks=pytest.mark.slow), 1.3])
def test_mean_of_exp_minus_dh_is_one(csw):
    p, H = system(PLACES[0], csw)
    hmc = HMC(H, one_level("leapfrog", 4, 1.0, "gauge", "fermion.1"))
    state, dH = State(p.U, 0, 77), []
    for t in range(430):
        state, info = hmc.step(state)
        if t >= 30:
            dH.append(info.dH)
    weights = np.exp(-np.array(dH))
    assert 0.1 < np.std(dH) < 1.5
    assert abs(weights.mean() - 1.0) < 4.0 * weights.std() / np.sqrt(len(dH))


def test_self_learning_hmc_with_the_exact_guide_is_hmc():
    results = []
    for guided in (False, True):
        p = Place("U(1)", (4, 8), spread=0.4)
        field = PseudofermionField(p.lattice.zeros(p.n, 2), 0)
        exact, guide = (hamiltonian(p, p.gauge(2.0), p.wilson(0.2, 1.1, field=field)) for _ in range(2))
        hmc = HMC(exact, one_level("omelyan", 3, 0.5, "gauge", "fermion.1"), guide if guided else None)
        state = State(p.U, 0, 31)
        for _ in range(3):
            state, _info = hmc.step(state)
        results.append(state.U["c"])
    np.testing.assert_array_equal(*results)


INPUT = head([4, 2, 2, 2], "SU(2)", 2.0, seed=3) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = 0.12
csw = 1.0
[[guide.fermion]]
mass = 0.3
links = "net"
[[network.net.layer]]
loops = ["plaquette"]
initial = 0.01
[update]
steps = 6
"""


def test_self_learning_hmc_from_an_input_file():
    config = load_text(INPUT, "x")
    assert config.action.fermion[0].mass == 0.5 / 0.12 - 4
    assert config.guide.fermion[0].kappa is None
    assert config.guide.fermion[0].csw == 1.0
    sim = build(config)
    hmc, state, dH = sim.update(), State(initial_links(config, sim, 3), 0, 3), []
    for _ in range(40):
        state, info = hmc.step(state)
        dH.append(info.dH)
    assert info.solves == 6 + 1  # forces, and the action after: before, the heat bath knows it
    assert np.abs(dH[20:]).max() < 2.0
    assert min(np.exp(-np.array(dH[20:])).min(), 1.0) > 0.1


# ------------------------------------------------------------------ against brute force on 2 x 4 sites, or 4 x 4

SMALL, BETA = (2, 4), 1.0
PLAIN = (4, 4)
"""With neighbours that are whole blocks, whose kernels other tests need anyway."""


def links_of(place, hmc, count):
    """Links [mu, x, t, configuration, i, j] after each trajectory."""
    state, out = State(place.U, 0, 99), []
    for t in range(-50, count):
        state, _info = hmc.step(state)
        if t >= 0:
            out.append(place.lattice.to_user(state.U))
    return np.moveaxis(np.array(out), 0, -3)


def observables(U):
    """[configuration, 2]: plaquette and real part of the Polyakov loop in time, which vanishes without fermions."""
    n = U.shape[-1]
    loops = U[1, :, 0]
    for t in range(1, SMALL[1]):
        loops = loops @ U[1, :, t]
    plaq = trace(plaquette(U, 0, 1)).real.mean(axis=(0, 1)) / n
    return np.array([plaq, trace(loops).real.mean(axis=0) / n]).T


@cache
def reweighted(name, shape, kappa, csw, count, r=1.0, twisted_mass=0.0):
    """Averages with weights |det M|^2, jackknife errors, quenched averages."""
    p = Place(name, shape)
    links = links_of(p, HMC(hamiltonian(p, p.gauge(BETA)), one_level("omelyan", 2, 1.2, "gauge")), count)
    logs = 2.0 * reference.log_determinants(links, kappa, p.antiperiodic(), csw, r, twisted_mass)
    values = observables(links)
    return *weighted_mean_and_error(values, logs, 300), values.mean(axis=0)


def assert_exact(name, kappa, csw, count, quenched_count, guided=False, shape=SMALL, **options):
    p = Place(name, shape)
    field = PseudofermionField(p.lattice.zeros(p.n, 2), 0)
    exact = hamiltonian(p, p.gauge(BETA), p.wilson(kappa, csw, field=field, tolerance=1e-10, **options))
    guide = None
    if guided:
        seen = Composed(p.wilson(0.95 * kappa, csw, field=field, tolerance=1e-10, **options), p.network(1, size=0.01))
        guide = hamiltonian(p, p.gauge(1.1 * BETA), seen)
    hmc = HMC(exact, one_level("omelyan", 3, 1.0, "gauge", "fermion.1"), guide)
    found, error = mean_and_error(observables(links_of(p, hmc, count)))
    expected, expected_error, quenched = reweighted(name, shape, kappa, csw, quenched_count, **options)
    total = np.hypot(error, expected_error)
    assert (np.abs(found - expected) < 4.0 * total).all(), (found, expected, total)
    assert np.abs((quenched - found) / error).max() > 4.0, (quenched, found, error)  # the determinant is seen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shape", "kappa", "csw"), [("U(1)", PLAIN, 0.26, 0.0), ("SU(2)", SMALL, 0.2, 1.0)]
)
def test_exactness(name, shape, kappa, csw):
    assert_exact(name, kappa, csw, 1000, 2000, shape=shape)


@pytest.mark.slow
@pytest.mark.parametrize(("r", "kappa"), [(0.6, 0.3), (1.7, 0.14)])
def test_exactness_with_another_wilson_parameter(r, kappa):
    assert_exact("U(1)", kappa, 0.0, 4000, 8000, r=r)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kappa", "csw", "mu"), [("U(1)", 0.28, 0.0, 0.1), ("SU(2)", 0.22, 1.0, 0.2)])
def test_exactness_with_a_twisted_mass(name, kappa, csw, mu):
    """Averages with weights det (D^dag D + mu^2)."""
    assert_exact(name, kappa, csw, 4000, 8000, twisted_mass=mu)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kappa", "csw", "guided"),
    [("U(1)", 0.26, 0.0, False), ("U(1)", 0.26, 1.2, True), ("SU(2)", 0.2, 1.0, False), ("SU(2)", 0.2, 1.0, True),
     ("SU(3)", 0.2, 0.0, True)],
)  # fmt: skip
def test_exactness_precisely(name, kappa, csw, guided):
    """Without a guide and with one; each group, with and without a clover term."""
    assert_exact(name, kappa, csw, 20000, 20000, guided)
