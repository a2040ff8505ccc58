"""Trajectories of the replicas of parallel tempering, or of windows, one by one or shared out among processes."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.links import copy
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.timing import clock
from lqcdnn.update.heatbath import HeatBath, HeatBathInfo
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State
from lqcdnn.workers import Workers, possible

LONG = 1e-3
"""Seconds of a replica's trajectory that pay for handing links and results from process to process."""


@dataclass(frozen=True)
class Task:
    """A trajectory of a replica, whose links lie in shared memory: its place, and what else its state has."""

    replica: int
    trajectory: int
    seed: int
    potential: NDArray[np.float64] | None


class Crew:
    """Does a trajectory of each replica, alone or with other processes: the same numbers.

    Parameters
    ----------
    updates
        One for each replica.
    """

    def __init__(self, updates: Sequence[HMC | HeatBath]) -> None:
        self.updates, self.most = updates, 1
        self._alone: list[float] = []
        self._links: list[Blocks] = []
        self._workers: Workers[Task, Info | HeatBathInfo] | None = None

    @contextmanager
    def of(self, processes: int) -> Iterator[None]:
        """Within, up to so many processes work, where copies are possible and trajectories long enough.

        The first two trajectories are done alone: kernels are compiled once for all, and one sees how long they take.
        """
        self.most, self._alone = min(processes, len(self.updates)) if possible() else 1, []
        try:
            yield
        finally:
            if self._workers is not None:
                self._workers.close()
            self.most, self._workers, self._links = 1, None, []

    @property
    def at_work(self) -> int:
        """How many processes do trajectories now."""
        return 1 if self._workers is None else len(self._workers)

    def step(self, states: Sequence[State]) -> list[tuple[State, Info | HeatBathInfo]]:
        """A trajectory of each replica.

        Raises
        ------
        NumericalError
            As the update of the first replica that cannot go on does.
        StoppedEarly
            If a process is gone.
        """
        long = len(self._alone) > 1 and min(self._alone) > LONG * len(states)
        if self._workers is None and self.most > 1 and long and possible():
            self._links = [_shared(state.U) for state in states]
            self._workers = Workers(self._do, self.most)
        if self._workers is not None:
            with clock("replicas"):
                return self._together(self._workers, states)
        start, moved = perf_counter(), []
        for update, state in zip(self.updates, states, strict=True):
            after, info = update.step(state)
            moved.append((after, info))
        if self.most > 1:
            self._alone.append(perf_counter() - start)
        return moved

    def _together(
        self, workers: Workers[Task, Info | HeatBathInfo], states: Sequence[State]
    ) -> list[tuple[State, Info | HeatBathInfo]]:
        for shared, state in zip(self._links, states, strict=True):
            copy(shared, state.U)
        tasks = [Task(r, state.trajectory, state.seed, state.potential) for r, state in enumerate(states)]
        moved = []
        for shared, state, info in zip(self._links, states, workers.results(tasks), strict=True):
            U = scratch(shared)
            copy(U, shared)
            moved.append((State(U, info.trajectory, state.seed), info))
        return moved

    def _do(self, task: Task) -> Info | HeatBathInfo:
        """What a worker does."""
        links = self._links[task.replica]
        moved, info = self.updates[task.replica].step(
            State(links, task.trajectory, task.seed, potential=task.potential)
        )
        copy(links, moved.U)
        return info


def _shared(links: Blocks) -> Blocks:
    """A field of the same shape whose memory processes share."""
    return cast("Blocks", np.frombuffer(mmap.mmap(-1, links.nbytes), links.dtype).reshape(links.shape))
