"""Replicas shared out among processes: the same numbers, errors told, no process and no file of the parent left."""

import fcntl
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.actions.defect import WeakenedGaugeAction, classes_of
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.errors import NumericalError
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

pytestmark = pytest.mark.skipif(not crew.POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")
LATTICE = Lattice((4, 4))
U1 = group("U(1)")


def tempering(kind):
    action = GaugeAction(LATTICE, 1, 2.0)
    loops = DefectLoops(Defect(LATTICE, 0, 2), classes_of(action))
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


class Failing:
    """An update that cannot go on from trajectory 4."""

    def step(self, state):
        if state.trajectory == 4:
            raise NumericalError("no solution", hint="none")
        return State(state.U, state.trajectory + 1, state.seed), HeatBathInfo(state.trajectory + 1, 0.0)


class Busy(Failing):
    """An update that takes CPU time, and forever in trajectory 4."""

    def step(self, state):
        end = time.process_time() + (1e6 if state.trajectory == 4 else 0.02)
        while time.process_time() < end:
            pass
        return State(state.U, state.trajectory + 1, state.seed), HeatBathInfo(state.trajectory + 1, 0.0)


def states(trajectory, count=3):
    return [State(hot(LATTICE, U1, k), trajectory, k) for k in range(count)]


def begun(monkeypatch, *updates):
    """A crew of two that has done trajectories 1 and 2, and is about to do others together."""
    monkeypatch.setattr(crew, "LONG", 0.0)
    found = crew.Crew(updates)
    context = found.of(2)
    context.__enter__()
    for k in (0, 1):
        found.step(states(k, len(updates)))
    return found, context


def test_an_error_is_that_of_the_update(monkeypatch):
    workers, context = begun(monkeypatch, Failing(), Failing(), Failing())
    before = states(4)
    kept = [state.U.copy() for state in before]
    with pytest.raises(NumericalError, match="no solution") as error:
        workers.step(before)
    assert error.value.hint == "none"
    assert all(np.array_equal(state.U, U) for state, U in zip(before, kept, strict=True))
    assert [info.trajectory for _, info in workers.step(states(7))] == [8, 8, 8]  # they are still there
    members = [member.pid for member in workers._members]
    context.__exit__(None, None, None)
    assert workers.at_work == 1
    for pid in members:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_that_was_killed_is_told(monkeypatch):
    workers, context = begun(monkeypatch, Failing(), Failing(), Failing())
    workers.step(states(2))
    os.kill(workers._members[0].pid, signal.SIGKILL)
    workers._members[0].join()
    with pytest.raises(NumericalError, match=r"replica \d has ended"):
        workers.step(states(2))
    context.__exit__(None, None, None)


def test_they_end_in_the_middle_of_a_trajectory(monkeypatch):
    """A second interrupt stops the run at once, and no process is left."""
    workers, context = begun(monkeypatch, Busy(), Busy())

    def interrupted(number, frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            workers.step(states(4, 2))
    finally:
        signal.signal(signal.SIGALRM, previous)
    members = workers._members
    context.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert all(member.exitcode == -signal.SIGKILL for member in members)


def test_cpu_time_of_all_processes_counts(monkeypatch):
    workers, context = begun(monkeypatch, Busy(), Busy())
    before = clock.total.cpu
    workers.step(states(2, 2))
    assert clock.total.cpu - before > 0.04
    context.__exit__(None, None, None)


def test_a_copy_holds_no_file_of_its_parent(tmp_path, monkeypatch):
    """A lock would outlive the process that has it, and the other end of a pipe would hide that it is gone."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        workers, context = begun(monkeypatch, Failing(), Failing())
        workers.step(states(2, 2))
        for member in workers._members:
            files = [os.readlink(path) for path in Path(f"/proc/{member.pid}/fd").iterdir() if int(path.name) > 2]
            assert len(files) == 1
            assert files[0].startswith("socket:")
        context.__exit__(None, None, None)
