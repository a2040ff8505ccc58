"""The energy-momentum tensor of free photons: U(1) at a small coupling, whose flowed fields are Gaussian."""

import math

import numpy as np
import pytest

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import observable
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.state import State

BETA, SHAPE, TIMES = 100.0, (8, 8, 8, 4), (0.0, 0.25, 0.5)


def photons(shape, t):
    """beta <U_tt> and beta <E> of the clover sin k_mu cos(k_nu/2) A_nu - (mu <-> nu), waves decaying as exp(-t k^2)."""
    k = np.meshgrid(*(2.0 * np.pi * np.arange(n) / n for n in shape), indexing="ij")
    square = sum(4.0 * np.sin(q / 2.0) ** 2 for q in k)
    square.flat[0] = 1.0  # constant fields have no field strength: they do not matter
    wave_squares = np.exp(-2.0 * t * square) / square
    parts = [0.0, 0.0]
    for mu in range(4):
        for nu in range(mu + 1, 4):
            wave = (np.sin(k[mu]) * np.cos(k[nu] / 2)) ** 2 + (np.sin(k[nu]) * np.cos(k[mu] / 2)) ** 2
            parts[nu == 3] += 0.5 * float(np.mean(wave * wave_squares))
    return parts[1] - parts[0], sum(parts)


def test_free_photons_radiate_as_in_the_continuum():
    """e + p = -(4/3) N_t^4 beta U_tt tends to 4 pi^2/45 T^4, less what the flow takes off, in a large volume."""
    found = [-4.0 / 3.0 * n**4 * photons((5 * n, 5 * n, 5 * n, n), n * n * 0.01)[0] for n in (5, 8)]
    exact = 4.0 * math.pi**2 / 45.0
    assert abs(found[1] - exact) < 0.1 * exact
    assert abs(found[1] - exact) < abs(found[0] - exact)


@pytest.mark.slow
def test_photons_of_a_chain():
    lattice, u1 = Lattice(SHAPE), group("U(1)")
    update = HeatBath(GaugeAction(lattice, 1, BETA), u1, "best_fisher", 3)
    options = observable("flow", {"time": 0.5, "interval": 0.25, "along": ["energy_momentum"]}, 4)
    what, state, found = Measurements(lattice, u1, {"flow": options}), State(cold(lattice, u1), 0, 5), []
    for k in range(3300):
        state, _ = update.step(state)
        if k >= 300 and k % 3 == 0:
            numbers = what.measure(state.U, Stream(1, k))["flow"]
            energies = [E / t**2 if t else 0.0 for E, t in zip(numbers["flow_t2E_clover"], TIMES, strict=True)]
            found.append([numbers["flow_energy_momentum_tt"], energies])
    bins = BETA * np.array(found).reshape(20, -1, 2, 3).mean(axis=1)
    mean, error = bins.mean(axis=0), bins.std(axis=0, ddof=1) / math.sqrt(20)
    for i, t in enumerate(TIMES):
        tensor, energy = photons(SHAPE, t)
        assert abs(mean[0, i] - tensor) < 4.0 * error[0, i] < 0.3 * abs(tensor)
        assert i == 0 or abs(mean[1, i] / energy - 1.0) < 0.01
