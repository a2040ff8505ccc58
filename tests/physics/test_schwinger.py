"""Two-dimensional U(1), and the Schwinger model with two Wilson flavours: exact and published values."""

from pathlib import Path

import numpy as np
import pytest
from reference import exact, schwinger

from lqcdnn import analyze_run, generate, load

INPUTS = Path(__file__).parents[2] / "inputs"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def measured(name, *changes):
    """(mean, error) of each series of a run of an input file."""
    config = load(INPUTS / f"{name}.toml", changes)
    generate(config, plain=True)
    found = analyze_run(config.run.name, thermalization=config.run.thermalization)
    assert found.exp_minus_dH.mean == pytest.approx(1.0, abs=4.0 * found.exp_minus_dH.error)
    return {item.name: (item.mean, item.error) for item in found.observables}


def assert_agrees(found, expected, expected_error=0.0):
    mean, error = found
    assert abs(mean - expected) < 3.5 * np.hypot(error, expected_error), (found, expected, expected_error)


@pytest.mark.parametrize("beta", [0.7, 2.0, 4.0])
def test_charge_of_many_independent_plaquettes(beta):
    """Large volume: <Q^2>/V is the variance of one angle / 4 pi^2; one plaquette on a torus has no charge."""
    phi = np.linspace(-np.pi, np.pi, 4001)
    weight = np.exp(beta * np.cos(phi))
    variance = np.trapezoid(weight * phi**2, phi) / np.trapezoid(weight, phi)
    assert exact.u1_charge_squared(beta, 900) / 900 == pytest.approx(variance / (2.0 * np.pi) ** 2, rel=1e-6)
    assert exact.u1_charge_squared(beta, 1) == pytest.approx(0.0, abs=1e-4)  # the sum over q ends at 20


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_exact_sampling(beta):
    """Plaquette and <Q^2> of the sampler in finite volume; its links have the plaquettes it drew."""
    rng, shape, count = np.random.default_rng(7), (3, 4), 40000
    theta = schwinger.plaquette_angles(rng, beta, shape, count)
    plaquette, charge = np.cos(theta).mean(axis=(1, 2)), theta.sum(axis=(1, 2)) / (2.0 * np.pi)
    assert np.abs(charge - np.rint(charge)).max() < 1e-12
    for values, expected in ((plaquette, exact.u1_plaquette(beta, 12)), (charge**2, exact.u1_charge_squared(beta, 12))):
        assert_agrees((values.mean(), values.std() / np.sqrt(count)), expected)
    a, b = schwinger.links(rng, theta[:100])
    found = a + np.roll(b, -1, 1) - np.roll(a, -1, 2) - b
    np.testing.assert_allclose(np.exp(1j * found), np.exp(1j * theta[:100]), atol=1e-12)


@pytest.mark.slow
def test_quenched_charge():
    """Plaquette and topological susceptibility of HMC on 4 x 8 at beta = 1 by character expansion."""
    found = measured("u1_2d", "lattice.shape=[4,8]", "action.gauge.beta=1.0", "update.steps=6", "run.trajectories=1200")
    assert_agrees(found["plaquette"], exact.u1_plaquette(1.0, 32))
    assert_agrees(found["topological_susceptibility"], exact.u1_charge_squared(1.0, 32) / 32)
    assert found["topological_susceptibility"][1] < 0.003


@pytest.mark.slow
@pytest.mark.parametrize(("beta", "kappa"), [(1.0, 0.25), (2.0, 0.25)])
def test_two_flavours_against_reweighting(beta, kappa):
    """8^2, periodic: plaquette, condensate and <Q^2> of HMC and of exact samples weighted with det(M)^2."""
    expected, errors, effective = schwinger.averages(beta, kappa, (1, 1), (8, 8), 6000, seed=5)
    assert effective > 2000
    changes = ("lattice.shape=[8,8]", f"action.gauge.beta={beta}", f"action.fermion.1.kappa={kappa}")
    found = measured("schwinger_condensate_hmc", *changes, "run.trajectories=5000")
    quenched = exact.u1_plaquette(beta, 64)
    assert found["plaquette"][0] - quenched > 5.0 * found["plaquette"][1]  # the determinant is seen
    assert_agrees(found["plaquette"], expected[0], errors[0])
    assert_agrees(found["condensate"], expected[1], errors[1])
    assert_agrees(found["topological_susceptibility"], expected[2] / 64, errors[2] / 64)


@pytest.mark.slow
def test_published_condensate():
    """docs/schwinger.md: (1/V) Tr M^-1 = 1.8323(9) in the kappa form at beta = 2, kappa = 0.25 on 16^2."""
    mean, error = measured("schwinger_condensate_hmc", "run.trajectories=3000")["condensate"]
    assert error < 0.0015
    assert_agrees((mean / (4 * 0.25), error), 1.8323, 0.0009)
