"""Processes among which the replicas of parallel tempering are shared out: no trajectory knows of another one.

A process is a copy of the one that begins it (``fork``), with all objects and compiled kernels that are there by then,
and returns from a call what the update returns there: numbers are the same bits, whoever computes them.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from time import perf_counter, process_time

import numpy as np

from lqcdnn.errors import LqcdnnError, NumericalError
from lqcdnn.kernels.compile import THREADS
from lqcdnn.kernels.links import copy
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.timing import clock
from lqcdnn.update.chain import STOP_SIGNALS
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State

STANDARD_FILES = (0, 1, 2)
"""Standard input, output and error; all other files of the parent, locks among them, are no business of a copy."""

POSSIBLE = sys.platform == "linux" and THREADS == 1
"""A copy has no threads but one, so kernels must not have begun any; elsewhere system libraries forbid copies."""

LONG = 1e-3
"""Seconds of a replica's trajectory that pay for handing links and results from process to process."""


class Crew:
    """Does a trajectory of each replica, alone or with other processes.

    Parameters
    ----------
    updates
        One for each replica.
    """

    def __init__(self, updates: Sequence[HMC | HeatBath]) -> None:
        self.updates, self.most = updates, 1
        self._alone: list[float] = []
        self._ends: list[Connection] = []
        self._members: list[ForkProcess] = []
        self._links: list[Blocks] = []

    @contextmanager
    def of(self, processes: int) -> Iterator[None]:
        """Within, up to so many processes work, where copies are possible and trajectories long enough.

        The first two trajectories are done alone: kernels are compiled once for all, and one sees how long they take.
        """
        self.most, self._alone = min(processes, len(self.updates)) if POSSIBLE else 1, []
        try:
            yield
        finally:
            for end, member in zip(self._ends, self._members, strict=True):
                end.close()
                member.kill()
                member.join()
            self.most, self._ends, self._members, self._links = 1, [], [], []

    @property
    def at_work(self) -> int:
        """How many processes do trajectories now."""
        return len(self._members) or 1

    def step(self, states: Sequence[State]) -> list[tuple[State, Info | HeatBathInfo]]:
        """A trajectory of each replica.

        Raises
        ------
        NumericalError
            As the update of the first replica that cannot go on does, or a process is gone.
        """
        if self.most > 1 and not self._members and len(self._alone) > 1 and min(self._alone) > LONG * len(states):
            self._begin(states[0].U)
        if self._members:
            with clock("replicas"):
                return self._together(states)
        start, moved = perf_counter(), []
        for update, state in zip(self.updates, states, strict=True):
            after, info = update.step(state)
            moved.append((after, info))
        if self.most > 1:
            self._alone.append(perf_counter() - start)
        return moved

    def _begin(self, links: Blocks) -> None:
        """Copy this process."""
        self._links = [_shared(links) for _ in self.updates]
        context = get_context("fork")
        for _ in range(self.most):
            here, there = context.Pipe()
            member = context.Process(target=_serve, args=(there, self.updates, self._links), daemon=True)
            with warnings.catch_warnings():  # Python sees threads of the BLAS library, which are asleep and prepared
                warnings.simplefilter("ignore", DeprecationWarning)
                member.start()
            there.close()
            self._ends.append(here)
            self._members.append(member)

    def _together(self, states: Sequence[State]) -> list[tuple[State, Info | HeatBathInfo]]:
        """Whichever process is free takes the next replica."""
        for shared, state in zip(self._links, states, strict=True):
            copy(shared, state.U)
        found: list[Info | HeatBathInfo | LqcdnnError | None] = [None] * len(states)
        left, free = list(range(len(states)))[::-1], list(self._ends)
        busy: dict[Connection, int] = {}
        while left or busy:
            while left and free:
                r, end = left.pop(), free.pop()
                busy[end] = r
                _send(end, (r, states[r].trajectory, states[r].seed), r)
            for end in [end for end in wait(list(busy)) if isinstance(end, Connection)]:
                r = busy.pop(end)
                try:
                    found[r], cpu = end.recv()
                except (EOFError, ConnectionError) as error:
                    raise _gone(r) from error
                clock.charge(cpu)
                free.append(end)
        done = []
        for state, info, shared in zip(states, found, self._links, strict=True):
            if isinstance(info, LqcdnnError):
                raise info
            assert info is not None
            U = scratch(shared)
            copy(U, shared)
            done.append((State(U, info.trajectory, state.seed), info))
        return done


def _shared(links: Blocks) -> Blocks:
    """A field of the same shape whose memory processes share."""
    return np.frombuffer(mmap.mmap(-1, links.nbytes), links.dtype).reshape(links.shape)


def _send(end: Connection, task: tuple[int, int, int], r: int) -> None:
    try:
        end.send(task)
    except (BrokenPipeError, ConnectionError) as error:
        raise _gone(r) from error


def _gone(r: int) -> NumericalError:
    return NumericalError(
        f"the process that did the trajectory of replica {r} has ended",
        hint="it was killed, perhaps for want of memory; with --threads 1 there is one process for all replicas",
    )


def _serve(end: Connection, updates: Sequence[HMC | HeatBath], links: Sequence[Blocks]) -> None:
    """What a process does: trajectories as it is told, until the other end of the pipe is closed."""
    for number in STOP_SIGNALS:  # whether to stop is for the parent to say, who ends its trajectory first
        signal.signal(number, signal.SIG_IGN)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in (*STANDARD_FILES, end.fileno()):
            with suppress(OSError):  # the listing itself was one of them
                os.close(int(name))
    while True:
        try:
            r, trajectory, seed = end.recv()
        except (EOFError, OSError):
            os._exit(0)  # buffers of files are copies too: nothing of theirs may be written twice
        start, outcome = process_time(), None
        try:
            moved, outcome = updates[r].step(State(links[r], trajectory, seed))
            copy(links[r], moved.U)
        except LqcdnnError as error:
            outcome = error
        end.send((outcome, process_time() - start))
