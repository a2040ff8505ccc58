"""``timing.jsonl``: what trajectories cost, beside the journal, which holds no times.

Each record covers the trajectories since the one before in the same session. A session writes one after its first
trajectory, which pays for compilation, one at each checkpoint and one when it ends.
"""

from __future__ import annotations

from lqcdnn.kernels.compile import THREADS
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from lqcdnn.timing import Stopwatch

#: Parts of the stopwatch that are no part of the update.
NOT_UPDATE = ("measurement", "I/O", "training")


def had_checkpoint(run: RunDir) -> bool:
    """Whether the chain has written a checkpoint, so that a run without one has lost it.

    Every record but the first of a session follows one; a fork has one before its first trajectory.
    """
    lines = Journal(run.timing_path).survey().good
    return run.goes_on_from_parent or any(line.record.get("start") is False for line in lines)


class TimingLog:
    """The record of one session.

    Parameters
    ----------
    run
        The run directory.
    trajectory
        Trajectories done when the session begins.
    watch
        The stopwatch of the job, reset at the beginning of the chain.
    """

    def __init__(self, run: RunDir, trajectory: int, watch: Stopwatch) -> None:
        self.journal, self.watch = Journal(run.timing_path), watch
        self.session = len(run.manifest["sessions"])
        self.start = self.trajectory = trajectory
        self._past = self._read()

    def note_first(self, trajectory: int) -> None:
        """Separate the first trajectory of the session from the others."""
        if self.trajectory == self.start:
            self.note(trajectory)

    def note(self, trajectory: int, processes: int = 1) -> None:
        """Append what so many processes have spent since the last record; nothing if no trajectory was done."""
        if trajectory <= self.trajectory:
            return
        now = self._read()
        cpu, update, wall, wall_io = (new - old for new, old in zip(now, self._past, strict=True))
        self.journal.append(
            {
                "session": self.session,
                "first": self.trajectory + 1,
                "trajectory": trajectory,
                "start": self.trajectory == self.start,
                "cpu": cpu,
                "cpu_update": update,
                "wall": wall,
                "wall_io": wall_io,
                "threads": THREADS * processes,
            }
        )
        self.trajectory, self._past = trajectory, now

    def _read(self) -> tuple[float, float, float, float]:
        """CPU seconds in all, those of the update; wall seconds in all, those of reading and writing files."""
        parts, total = self.watch.parts, self.watch.total
        other = sum(parts[name].cpu for name in NOT_UPDATE if name in parts)
        return total.cpu, total.cpu - other, total.wall, parts["I/O"].wall if "I/O" in parts else 0.0
