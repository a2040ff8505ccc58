"""HMC with the topological term at imaginary theta: reversibility, energy, and exact averages in two dimensions."""

import numpy as np
import pytest
from builders import Place, assert_energy_is_conserved, hamiltonian, one_level
from reference.exact import u1_at_imaginary_theta, u1_plaquette

from lqcdnn.actions.theta import ThetaTerm
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.config.tables.theta import ThetaConfig
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.gauge import cold
from lqcdnn.jobs.build import build_theta
from lqcdnn.measure.gauge.topological_charge import geometric_charge
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State

CASES = [("U(1)", (4, 8), 1), pytest.param("SU(3)", (4, 2, 2, 4), 1, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("name", "shape", "steps"), CASES)
def test_energy_is_conserved(name, shape, steps):
    place = Place(name, shape, spread=0.5)
    term = build_theta(ThetaConfig(imaginary=5.0, smearing=steps), place.lattice, place.group)
    assert_energy_is_conserved(hamiltonian(place, place.gauge(2.3), term), place, 0.4)


def test_the_exact_result_is_an_average_over_angles():
    """Three plaquettes whose angles add up to a multiple of 2 pi; and that without the term."""
    beta, theta, points = 0.7, 5.0, np.linspace(-np.pi, np.pi, 601)[:-1] + np.pi / 600
    one, two = np.meshgrid(points, points)
    three = np.angle(np.exp(-1j * (one + two)))
    angles = np.stack([one, two, three])
    weight = np.exp((beta * np.cos(angles) + theta * np.sin(angles) / (2.0 * np.pi)).sum(axis=0))
    means = [np.average(f, weights=weight) for f in (np.cos(one), angles.sum(axis=0) / (2.0 * np.pi))]
    assert u1_at_imaginary_theta(beta, theta, 3) == pytest.approx(means, rel=5e-3)
    assert means[1] > 0.1
    assert u1_at_imaginary_theta(1.7, 0.0, 24) == pytest.approx((u1_plaquette(1.7, 24), 0.0), rel=1e-9, abs=1e-12)


def chain(guide_theta, trajectories, theta=4.0, beta=1.2):
    """Plaquettes and charges of a chain, and the exact numbers."""
    place = Place("U(1)", (6, 4))
    charge = FieldTheoreticCharge(place.lattice, 1)
    exact, guide = (hamiltonian(place, place.gauge(b), ThetaTerm(charge, t)) for b, t in ((beta, theta), guide_theta))
    update = HMC(exact, one_level("omelyan", 4, 1.0, "gauge", "theta"), guide)
    state, plaquettes, charges = State(cold(place.lattice, place.group), 0, 21), [], []
    for number in range(trajectories):
        state, _ = update.step(state)
        if number >= trajectories // 20:
            plaquettes.append(1.0 - place.gauge(1.0).value(state.U) / place.lattice.volume)
            charges.append(float(geometric_charge(place.lattice, state.U)))
    return [gamma_method(series) for series in (plaquettes, charges)], u1_at_imaginary_theta(beta, theta, 24)


@pytest.mark.slow
@pytest.mark.parametrize("guide", [(1.2, 4.0), (1.0, 3.0)])
def test_chains_have_the_exact_averages(guide):
    found, exact = chain(guide, 40000)
    for estimate, value in zip(found, exact, strict=True):
        assert abs(estimate.mean - value) < 4.5 * estimate.error
        assert estimate.error < 0.02 * abs(value)
    assert abs(found[0].mean - u1_plaquette(1.2, 24)) > 4.5 * found[0].error  # the control: without the term
