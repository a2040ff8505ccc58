"""Refined starts of two-dimensional U(1) where HMC is frozen, and blocked configurations, against exact results."""

import numpy as np
import pytest
from averages import mean_and_error
from input_head import head
from reference import loops
from reference.exact import u1_charge_squared, u1_plaquette, u1_wilson_loop
from reference.topology import angle_charge

from lqcdnn.config import load_text
from lqcdnn.fields.refinement import blocked, refined
from lqcdnn.jobs.library import prepare
from lqcdnn.update.state import State

HEATBATH = '[update]\nkind = "heatbath"\noverrelaxation = 2\n'


def thermalized(shape, beta, sweeps=200):
    """Simulation, update and state of a heat bath."""
    sim, state = prepare(load_text(head(list(shape), "U(1)", beta, seed=4, initial="hot") + HEATBATH))
    update = sim.update()
    for _ in range(sweeps):
        state, _ = update.step(state)
    return sim, update, state


def plaquette(links):
    return loops.plaquette_sum(links, [(0, 1)]) / links[0].size


@pytest.mark.slow
def test_blocked_plaquettes_are_loops_of_four():
    sim, update, state = thermalized((8, 16), 5.0)
    found = []
    for _ in range(8000):
        state, _ = update.step(state)
        grid, U = blocked(sim.lattice, state.U, (2, 2))
        found.append(plaquette(grid.to_user(U)))
    mean, error = mean_and_error(found)
    assert error < 2e-3
    assert abs(mean - u1_wilson_loop(5.0, 128, 4)) < 4.0 * error


@pytest.mark.slow
def test_refined_starts_have_the_charges_and_soon_the_plaquette():
    """Beta = 10 on 16^2, where none of 5000 trajectories changes Q; <Q^2> of 8^2 at beta = 3.0721 is the same.

    Chains from the first trajectory on would have the plaquette 0.96, from a cold start Q = 0.
    """
    coarse, heatbath, state = thermalized((8, 8), 3.0721)
    text = head([16, 16], "U(1)", 10.0, seed=1) + '[update]\nlength = 0.3\nsteps = 3\nintegrator = "omelyan"\n'
    fine, _ = prepare(load_text(text))
    hmc, changes, charges, plaquettes = fine.update(), 0, [], []
    for chain in range(500):
        for _ in range(8):
            state, _ = heatbath.step(state)
        grid, U = refined(coarse.lattice, state.U, coarse.group, (2, 2))
        first, stream = angle_charge(grid.to_user(U)), State(U, 0, 1000 + chain)
        for _ in range(10):
            stream, _ = hmc.step(stream)
        links = fine.lattice.to_user(stream.U)
        charges.append(angle_charge(links))
        plaquettes.append(plaquette(links))
        changes += abs(charges[-1] - first) > 0.5
    assert changes == 0
    for values, exact in ((np.square(charges), u1_charge_squared(10.0, 256)), (plaquettes, u1_plaquette(10.0, 256))):
        mean, error = np.mean(values), np.std(values, ddof=1) / len(values) ** 0.5
        assert error < 0.1 * exact
        assert abs(mean - exact) < 3.0 * error
    assert u1_charge_squared(3.0721, 64) == pytest.approx(u1_charge_squared(10.0, 256), rel=1e-3)
