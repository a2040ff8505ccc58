"""Stochastic molecular dynamics: refreshment, reversal, exact averages, and the autocorrelation of free fields."""

from dataclasses import replace

import numpy as np
import pytest
from builders import Place, hamiltonian, one_level
from reference.exact import u1_plaquette

from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.fields.algebra import gaussian_momenta, kinetic_energy
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.update.hmc import HMC
from lqcdnn.update.smd import SMD, refreshment, reversed_momenta
from lqcdnn.update.state import State


def gauge_update(kind=SMD, beta=2.0, friction=0.4, length=0.3, steps=2, scheme="leapfrog", spread=0.3, guide=None):
    place = Place("U(1)", (4, 8), spread=spread)
    driving = None if guide is None else hamiltonian(place, place.gauge(guide))
    exact, integrator = hamiltonian(place, place.gauge(beta)), one_level(scheme, steps, length, "gauge")
    return place, kind(friction, (), exact, integrator, driving)


def staggered_update(friction=0.4, **more):
    place = Place("SU(2)", (2, 4, 2, 4), spread=0.3)
    field = PseudofermionField(place.lattice.zeros(2, 1), 0)
    exact = hamiltonian(place, place.gauge(2.5), place.staggered(field=field, tolerance=1e-10))
    guide = hamiltonian(place, place.gauge(2.5), place.staggered(field=field, mass=0.5))
    return place, SMD(friction, (field,), exact, one_level("leapfrog", 2, 0.4, "gauge", "fermion.1"), guide, **more)


def plaquettes(place, update, count, leave=100):
    """Plaquette after each cycle, and exp(-dH)."""
    state, action, found = State(place.U, 0, 2024), update.exact.terms[0], []
    for _ in range(count + leave):
        state, info = update.step(state)
        found.append((1.0 - action.value(state.U) / (action.beta * place.lattice.volume), np.exp(-info.dH)))
    return np.array(found[leave:]).T


def mean_and_error(values, bins=30):
    means = values.reshape(bins, -1).mean(axis=1)
    return means.mean(), means.std(ddof=1) / bins**0.5


def test_what_is_kept_and_what_is_new():
    for friction, length in ((0.3, 0.4), (1e-9, 0.1), (50.0, 2.0)):
        kept, new = refreshment(friction, length)
        assert kept == pytest.approx(np.exp(-friction * length), rel=1e-14)
        assert kept**2 + new**2 == pytest.approx(1.0, rel=1e-14)
    assert refreshment(1e-12, 1.0)[1] == pytest.approx(2e-12**0.5, rel=1e-10)


def test_a_step_refreshes_momenta_and_pseudofermions_in_part():
    place, update = staggered_update()
    kept, new = refreshment(0.4, 0.4)
    old, phi = gaussian_momenta(place.lattice, place.group, Stream(8, 1)), place.lattice.zeros(2, 1)
    phi["c"] = np.random.default_rng(3).normal(size=phi["c"].shape)
    state = State(place.U, 6, 21, momenta=old, pseudofermions=(phi,))
    before = [field["c"].copy() for field in (state.U, old, phi)]
    after, info = update.step(state)
    for field, known in zip((state.U, old, phi), before, strict=True):
        np.testing.assert_array_equal(field["c"], known)
    stream = Stream(21, 7)
    fresh = gaussian_momenta(place.lattice, place.group, stream)["c"]
    update.exact.draw(place.U, stream)
    expected = kept * phi["c"] + new * update.pseudofermions[0].phi["c"]
    np.testing.assert_allclose(after.pseudofermions[0]["c"], expected, atol=1e-15)
    np.testing.assert_allclose(update.refreshed(state, stream)["c"], kept * old["c"] + new * fresh, atol=1e-15)
    assert info.accepted == (stream.single(METROPOLIS) < info.acceptance_probability)
    again, same = update.step(state)
    assert same == info
    np.testing.assert_array_equal(again.momenta["c"], after.momenta["c"])
    assert after.pseudofermions[0] is not update.pseudofermions[0].phi


def test_a_rejected_cycle_reverses_the_momenta_of_its_beginning():
    place, update = gauge_update(length=1.1, steps=1)
    state, outcomes = State(place.U, 0, 5), set()
    for number in range(1, 9):
        began = update.refreshed(state, Stream(5, number))["c"].copy()
        after, info = update.step(state)
        outcomes.add(info.accepted)
        if info.accepted:
            assert after.U is not state.U
            assert np.abs(after.momenta["c"] + began).min() > 0.0
        else:
            assert after.U is state.U
            np.testing.assert_array_equal(after.momenta["c"], -began)
        state = after
    update.accept_first = 20
    after, info = update.step(state)
    assert info.accepted is None
    assert after.U is not state.U
    assert False in outcomes


def test_turned_around_it_goes_back():
    """Momenta of an accepted cycle, reversed, lead to where it began: molecular dynamics with phi that is kept."""
    place, update = staggered_update(accept_first=9)
    state, _ = update.step(State(place.U, 0, 5))
    P = update.refreshed(state, Stream(5, 2))
    start = kinetic_energy(place.lattice, place.group, P)
    U = update.integrate(state.U, P)
    back = reversed_momenta(P)
    links = update.integrate(U, back)
    assert np.abs(links["c"] - state.U["c"]).max() < 1e-9
    assert kinetic_energy(place.lattice, place.group, back) == pytest.approx(start, rel=1e-10)


def test_with_much_friction_it_is_hmc():
    place, update = gauge_update(friction=1e6, length=0.8)
    hmc = HMC(update.exact, update.integrator)
    one = two = State(place.U, 0, 5)
    for _ in range(6):
        (one, told), (two, known) = update.step(one), hmc.step(two)
        assert (told.dH, told.accepted) == (known.dH, known.accepted)
        np.testing.assert_array_equal(one.U["c"], two.U["c"])


def test_the_mean_of_a_theory_far_from_its_guide_needs_the_reversal():
    """Half of the cycles are rejected; without the reversal the chain follows the guide, of beta = 2."""

    class Onward(SMD):
        def step(self, state):
            after, info = super().step(state)
            return (after if info.accepted else replace(after, momenta=reversed_momenta(after.momenta))), info

    exact = u1_plaquette(1.0, 32)
    found = {}
    for kind in (SMD, Onward):
        place, update = gauge_update(kind, beta=1.0, guide=2.0, friction=1.0, length=0.2, scheme="omelyan")
        values, weights = plaquettes(place, update, 2100)
        found[kind] = *mean_and_error(values), *mean_and_error(weights)
    mean, error, weight, weight_error = found[SMD]
    assert abs(mean - exact) < 4.0 * error < 0.1
    assert abs(weight - 1.0) < 4.0 * weight_error < 0.3
    assert found[Onward][0] - exact > 10.0 * found[Onward][1]


def free_correlation(shape, beta, friction, length, steps, times):
    """Autocorrelation function of the plaquette of U(1) in two dimensions as beta grows.

    Modes of the plaquette angle are oscillators, frequency omega^2 = beta sum 4 sin^2(k/2); a cycle is a linear map of
    (q, p), and the square of q has the square of its correlation.  All modes but k = 0 have one variance.
    """
    k = [2.0 * np.pi * np.arange(n) / n for n in shape]
    omega2 = beta * sum(4.0 * np.sin(x / 2.0) ** 2 for x in np.meshgrid(*k))
    kept, h, found = refreshment(friction, length)[0], length / steps, []
    for w in omega2.ravel()[1:]:
        drift, kick = np.array([[1.0, h / 2.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [-h * w, 1.0]])
        cycle = np.linalg.matrix_power(drift @ kick @ drift, steps) @ np.diag([1.0, kept])
        found.append([np.linalg.matrix_power(cycle, t)[0, 0] ** 2 for t in times])
    return np.mean(found, axis=0)


@pytest.mark.parametrize("friction", [5.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_autocorrelation_of_free_fields(friction):
    beta, length, steps, times = 400.0, 0.02, 3, np.arange(1, 25)
    place, update = gauge_update(beta=beta, friction=friction, length=length, steps=steps, spread=0.02)
    values, weights = plaquettes(place, update, 3000, leave=300)
    assert weights.std() < 0.2
    assert 32 * beta * (1.0 - values.mean()) / 15.5 == pytest.approx(1.0, abs=0.03)
    x = values - values.mean()
    found = np.array([np.mean(x[t:] * x[:-t]) for t in times]) / np.mean(x * x)
    expected = free_correlation((4, 8), beta, friction, length, steps, times)
    assert np.abs(found - expected).max() < 0.1
    assert np.ptp(expected) > 0.4
