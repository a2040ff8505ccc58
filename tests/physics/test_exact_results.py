"""Averages of HMC against exact results: 2-d gauge theory on a torus, strong coupling, free fermions."""

import numpy as np
import pytest
from averages import mean_and_error
from builders import Place, hamiltonian, one_level
from reference import exact
from reference.loops import planes, plaquette_sum

from lqcdnn.update.hmc import HMC, State


def plaquettes(place, H, scheme, steps, length, count, thermalization=100):
    """Plaquette after each trajectory; acceptance."""
    hmc = HMC(H, one_level(scheme, steps, length, *(term.name for term in H.terms)))
    state, found, accepted = State(place.U, 0, 2024), [], 0
    norm = place.n * place.lattice.volume * len(planes(place.d))
    for t in range(count + thermalization):
        state, info = hmc.step(state)
        if t >= thermalization:
            accepted += info.accepted
            found.append(plaquette_sum(place.lattice.to_user(state.U), planes(place.d)) / norm)
    return found, accepted / count


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_character_expansion_against_integrals(beta):
    """Infinite volume: I1/I0 for U(1), I2/I1 for SU(2), here as integrals over one plaquette angle."""
    theta = np.linspace(0.0, np.pi, 20001)
    for found, weight, trace in (
        (exact.u1_plaquette(beta, 10**6), np.exp(beta * np.cos(theta)), np.cos(theta)),
        (exact.su2_plaquette(beta, 10**6), np.sin(theta) ** 2 * np.exp(beta * np.cos(theta)), np.cos(theta)),
    ):
        assert found == pytest.approx(np.trapezoid(weight * trace, theta) / np.trapezoid(weight, theta), abs=1e-8)
    assert exact.u1_plaquette(beta, 16) != pytest.approx(exact.u1_plaquette(beta, 10**6), abs=1e-6) or beta < 1.5


def test_finite_volume_by_counting():
    """One site, two links: the plaquette of U(1) is 1, that of SU(2) the average over commutators."""
    assert exact.u1_plaquette(1.3, 1) == pytest.approx(1.0, abs=1e-10)
    rng, half = np.random.default_rng(5), []
    q = rng.normal(size=(2, 400000, 4))
    q /= np.linalg.norm(q, axis=-1, keepdims=True)
    u, v = q[..., 1:]
    # tr(A B A^dag B^dag) / 2 = 1 - 2 |u x v|^2 for quaternions with vector parts u, v.
    half = 1.0 - 2.0 * (np.cross(u, v) ** 2).sum(axis=-1)
    weight = np.exp(1.3 * half)
    found = (weight * half).mean() / weight.mean()
    assert exact.su2_plaquette(1.3, 1) == pytest.approx(found, abs=5 * weight.std() / weight.mean() / np.sqrt(400000))


@pytest.mark.parametrize(
    ("name", "beta", "scheme", "steps"),
    [
        ("U(1)", 3.0, "leapfrog", 6),
        pytest.param("U(1)", 1.0, "omelyan", 3, marks=pytest.mark.slow),
        ("SU(2)", 3.0, "omelyan", 3),
        ("SU(2)", 1.0, "force_gradient", 2),
    ],
)
def test_two_dimensional_plaquette(name, beta, scheme, steps):
    p = Place(name, (4, 8))
    found, acceptance = plaquettes(p, hamiltonian(p, p.gauge(beta)), scheme, steps, 1.2, 1500)
    expected = (exact.u1_plaquette if name == "U(1)" else exact.su2_plaquette)(beta, 32)
    mean, error = mean_and_error(found)
    assert acceptance > 0.6
    assert error < 0.008
    assert abs(mean - expected) < 4.0 * error


@pytest.mark.parametrize(("name", "slope"), [("SU(2)", 1 / 4), ("SU(3)", 1 / 18)])
def test_strong_coupling(name, slope):
    """<plaquette> = beta / (2 N^2), beta / 4 for SU(2), up to higher orders."""
    beta = 0.2
    p = Place(name, (2, 2, 2, 4))
    found, _acceptance = plaquettes(p, hamiltonian(p, p.gauge(beta)), "omelyan", 2, 1.0, 200, 20)
    mean, error = mean_and_error(found)
    assert error < 0.1 * slope * beta + 0.001
    assert abs(mean - slope * beta) < 4.0 * error + beta**2 / 50


@pytest.mark.slow
@pytest.mark.parametrize("name", ["U(1)", "SU(2)"])
@pytest.mark.parametrize("beta", [1.0, 2.0, 4.0])
def test_two_dimensional_plaquette_precisely(name, beta):
    p = Place(name, (4, 8))
    found, _acceptance = plaquettes(p, hamiltonian(p, p.gauge(beta)), "omelyan", 4, 1.2, 40000)
    expected = (exact.u1_plaquette if name == "U(1)" else exact.su2_plaquette)(beta, 32)
    mean, error = mean_and_error(found)
    assert error < 0.0015
    assert abs(mean - expected) < 4.0 * error
