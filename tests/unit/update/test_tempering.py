"""Parallel tempering: swaps by the actions, translations, walkers, and exact results for every replica."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from reference.defect import links_through, two_dimensional_u1
from reference.exact import u1_charge_squared

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.fields.gauge import cold, hot, translated, unitarity_violation
from lqcdnn.fields.group import group
from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State
from lqcdnn.update.swaps import order_of_swaps
from lqcdnn.update.tempering import Tempering


def actions_of(name, shape, beta, couplings, side, c1=0.0):
    action = GaugeAction(Lattice(shape), group(name).n, beta, c1)
    loops = DefectLoops(Defect(action.lattice, 0, side), action.classes)
    return [WeakenedGaugeAction(action, loops, c) for c in couplings]


def heat_baths(actions, name, overrelaxation=1):
    algorithm = "kennedy_pendleton" if group(name).special else "best_fisher"
    return [HeatBath(action, group(name), algorithm, overrelaxation) for action in actions]


@dataclass
class Still:
    """An update that leaves the links as they are."""

    def step(self, state):
        return State(state.U, state.trajectory + 1, state.seed), HeatBathInfo(state.trajectory + 1, 0.0)


def test_translation():
    lattice = Lattice((4, 8))
    U = hot(lattice, group("U(1)"), 3)
    moved = lattice.to_user(translated(lattice, U, (1, -2)))
    assert np.array_equal(moved, np.roll(lattice.to_user(U), (-1, 2), axis=(1, 2)))


def test_swaps_are_decided_by_the_change_of_the_actions():
    actions = actions_of("U(1)", (4, 8), 1.0, (1.0, 0.7, 0.2, 0.0), 3)
    update, lattice = Tempering([Still()] * 4, actions), actions[0].lattice
    outcomes, state = [], None
    for seed in range(12):
        links = [hot(lattice, group("U(1)"), 10 * seed + k) for k in range(4)]
        state, info = update.step(State(links[0], 6, seed, tuple(links[1:]), (0, 1, 2, 3)))
        stream, expected = Stream(seed, 7), list(range(4))
        for k in order_of_swaps(3):
            here, there = (links[i] for i in expected[k : k + 2])
            delta = actions[k].value(there) + actions[k + 1].value(here)
            delta -= actions[k].value(here) + actions[k + 1].value(there)
            swap = stream.named(f"swap {k + 1}").single(METROPOLIS) < math.exp(min(0.0, -delta))
            assert info.swapped[k] is swap
            if swap:
                expected[k], expected[k + 1] = expected[k + 1], expected[k]
        assert list(info.walkers) == expected
        assert list(state.walkers) == expected
        for k, U in enumerate(state.others, start=1):
            assert np.array_equal(U["c"], links[expected[k]]["c"])
        outcomes += info.swapped
    assert True in outcomes
    assert False in outcomes


def test_the_links_of_the_chain_are_those_of_the_first_replica_translated():
    actions = actions_of("U(1)", (4, 8), 1.0, (1.0, 0.0), 3)
    links = [hot(actions[0].lattice, group("U(1)"), k) for k in range(2)]
    update, shifts = Tempering([Still()] * 2, actions), set()
    for number in range(40):
        state, info = update.step(State(links[0], number, 5, (links[1],), (0, 1)))
        whole = actions[0].lattice.to_user(links[info.walkers[0]])
        found = actions[0].lattice.to_user(state.U)
        same = [(x, t) for x in range(4) for t in range(8) if np.array_equal(np.roll(whole, (-x, -t), (1, 2)), found)]
        assert len(same) == 1
        shifts.add(same[0])
    assert len(shifts) > 15


def test_a_chain_begins_with_its_links_in_all_replicas_and_a_step_depends_on_the_state_alone():
    actions = actions_of("SU(2)", (4, 4, 4), 2.0, (1.0, 0.5, 0.0), 2)
    update = Tempering(heat_baths(actions, "SU(2)"), actions)
    first = update.begin(State(cold(update.lattice, group("SU(2)")), 0, 9))
    assert first.walkers == (0, 1, 2)
    assert all(U is first.U for U in first.others)
    one, _ = update.step(first)
    two, info = Tempering(heat_baths(actions, "SU(2)"), actions).step(one)
    again, same = update.step(one)
    assert info == same
    for a, b in zip((two.U, *two.others), (again.U, *again.others), strict=True):
        assert np.array_equal(a["c"], b["c"])
        assert unitarity_violation(update.lattice, a, group("SU(2)")) < 1e-13
    assert len({U["c"].tobytes() for U in (two.U, *two.others)}) == 3


@pytest.mark.parametrize(
    ("name", "shape", "c1"),
    [("U(1)", (4, 8), -0.2), ("SU(2)", (4, 4, 4), 0.0), pytest.param("SU(3)", (4, 4, 4), -0.1, marks=pytest.mark.slow)],
)
def test_overrelaxation_keeps_the_weakened_action(name, shape, c1):
    (action,) = actions_of(name, shape, 2.0, (0.3,), 2, c1)
    (update,) = heat_baths([action], name)
    U = hot(update.lattice, group(name), 4)
    before, whole = action.value(U), action.action.value(U)
    update.overrelax(U)
    assert action.value(U) == pytest.approx(before, rel=1e-12)
    assert action.action.value(U) != pytest.approx(whole, rel=1e-3)


def molecular_dynamics(actions, steps, length):
    integrator = Integrator((Level(omelyan(), steps, ("gauge",)),), length)
    return [HMC(Hamiltonian(action.lattice, group("U(1)"), [action]), integrator) for action in actions]


@pytest.mark.parametrize("kind", ["heat bath", pytest.param("HMC", marks=pytest.mark.slow)])
def test_every_replica_has_its_distribution(kind):
    """U(1) in two dimensions: the plaquettes far from the defect, with one and with two of its links, are known."""
    beta, couplings, side, shape = 3.0, (1.0, 0.5, 0.0), 2, (4, 8)
    actions = actions_of("U(1)", shape, beta, couplings, side)
    updates = heat_baths(actions, "U(1)") if kind == "heat bath" else molecular_dynamics(actions, 5, 1.5)
    update = Tempering(updates, actions)
    state, found = update.begin(State(cold(update.lattice, group("U(1)")), 0, 3)), []
    for k in range(1300):
        state, _info = update.step(state)
        if k >= 100:
            found.append([plaquettes_by_crossings(actions[0], U, side) for U in state.others])
    samples = np.array(found)  # [trajectory, replica, crossings]
    for r, coupling in enumerate(couplings[1:]):
        exact = two_dimensional_u1(shape, beta, coupling, 0, side)
        crossings = crossings_of(shape, side)
        for times in range(3):
            result = gamma_method(samples[:, r, times])
            assert abs(result.mean - exact[crossings == times].mean()) < 3.5 * result.error
            assert result.error < 0.03


def crossings_of(shape, side):
    through = links_through(shape, 0, side).astype(int)
    return through + np.roll(through, -1, axis=1)


def plaquettes_by_crossings(action, U, side):
    u = action.lattice.to_user(U)[..., 0, 0]
    P = (u[0] * np.roll(u[1], -1, axis=0) * np.conj(np.roll(u[0], -1, axis=1)) * np.conj(u[1])).real
    crossings = crossings_of(P.shape, side)
    return [P[crossings == times].mean() for times in range(3)]


def charge(action, U):
    u = action.lattice.to_user(U)[..., 0, 0]
    P = u[0] * np.roll(u[1], -1, axis=0) * np.conj(np.roll(u[0], -1, axis=1)) * np.conj(u[1])
    return np.rint(np.angle(P).sum() / (2.0 * np.pi))


@pytest.mark.slow
def test_topology_thaws():
    """At beta = 8 on 8^2 the charge of a heat bath hardly moves; with tempering its square is the exact one."""
    couplings, shape = (1.0, 0.55, 0.25, 0.0), (8, 8)
    actions = actions_of("U(1)", shape, 8.0, couplings, 3)
    update = Tempering(heat_baths(actions, "U(1)", overrelaxation=2), actions)
    alone, changes = update.updates[0], 0
    state, charges = State(cold(update.lattice, group("U(1)")), 0, 6), []
    for _ in range(2000):
        state, _info = update.step(state)
        charges.append(charge(actions[0].action, state.U))
    squared = gamma_method(np.array(charges[200:]) ** 2)
    assert abs(squared.mean - u1_charge_squared(8.0, 64)) < 3.5 * squared.error
    assert squared.error < 0.2 * squared.mean
    state, last = State(state.U, 0, 7), charges[-1]
    for _ in range(2000):
        state, _info = alone.step(state)
        now = charge(actions[0].action, state.U)
        changes, last = changes + (now != last), now
    assert changes < 0.02 * np.count_nonzero(np.diff(charges))
