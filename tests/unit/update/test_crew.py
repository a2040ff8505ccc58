"""Replicas shared out among processes: the same numbers, and the time of all of them."""

import time

import numpy as np
import pytest

from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.integrators import Integrator, Level, omelyan
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.timing import clock
from lqcdnn.update import crew
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State
from lqcdnn.update.tempering import Tempering
from lqcdnn.workers import POSSIBLE

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")
LATTICE = Lattice((4, 8))
U1 = group("U(1)")


def tempering(kind):
    action = GaugeAction(LATTICE, 1, 2.0)
    loops = DefectLoops(Defect(LATTICE, 0, 2), action.classes)
    actions = [WeakenedGaugeAction(action, loops, c) for c in (1.0, 0.5, 0.2, 0.0)]
    if kind == "heat bath":
        return Tempering([HeatBath(one, U1, "best_fisher", 1) for one in actions], actions)
    integrator = Integrator((Level(omelyan(), 3, ("gauge",)),), 1.0)
    return Tempering([HMC(Hamiltonian(LATTICE, U1, [one]), integrator) for one in actions], actions)


def start():
    return State(hot(LATTICE, U1, 3), 0, 5)


def chain(update, processes, steps=6):
    """States and infos of some trajectories, and how many processes did the last one."""
    state, found = start(), []
    with update.crew.of(processes):
        for _ in range(steps):
            state, info = update.step(state)
            found.append((state, info))
        return found, update.crew.at_work


@pytest.mark.parametrize("kind", ["heat bath", "HMC"])
def test_the_numbers_are_those_of_one_process(kind, monkeypatch):
    alone, one = chain(tempering(kind), 1)
    monkeypatch.setattr(crew, "LONG", 0.0)
    together, three = chain(tempering(kind), 3)
    assert (one, three) == (1, 3)
    for (state, info), (other, same) in zip(alone, together, strict=True):
        assert info == same
        for U, V in zip((state.U, *state.others), (other.U, *other.others), strict=True):
            assert np.array_equal(U, V)


def test_short_trajectories_are_not_handed_around(monkeypatch):
    monkeypatch.setattr(crew, "LONG", 1e6)
    assert chain(tempering("heat bath"), 2)[1] == 1


class Waiting:
    """An update that does nothing for a while."""

    def step(self, state):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        return State(state.U, state.trajectory + 1, state.seed), HeatBathInfo(state.trajectory + 1, 0.0)


def test_cpu_time_of_all_processes_counts(monkeypatch):
    monkeypatch.setattr(crew, "LONG", 0.0)
    both = crew.Crew([Waiting(), Waiting()])
    with both.of(2):
        for k in range(3):
            before = clock.total.cpu
            both.step([State(hot(LATTICE, U1, 3), k, seed) for seed in (0, 1)])
            assert clock.total.cpu - before > 0.04
        assert both.at_work == 2
