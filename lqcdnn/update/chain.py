"""Running a chain for a while: stop requests by signal and by time budget."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class StopRequest:
    """Whether the chain should stop after the present trajectory, and why.

    The first signal only sets a flag, so the trajectory ends and a checkpoint is written; a second SIGINT stops at
    once (KeyboardInterrupt).  The time budget stops before a trajectory that would not fit any more.

    Parameters
    ----------
    max_time
        Seconds from now; None: until ``SLURM_JOB_END_TIME`` if the batch system sets it, else unlimited.
    """

    def __init__(self, max_time: float | None = None) -> None:
        self.start = self._last = time.monotonic()
        self.longest = 0.0
        self._signal: int | None = None
        end = os.environ.get("SLURM_JOB_END_TIME", "")
        if max_time is None and end.isdigit():
            max_time = max(0.0, int(end) - time.time() - 30.0)
        self.max_time = max_time

    def lap(self) -> float:
        """Seconds since the last lap; the longest one is what the budget keeps in reserve."""
        now = time.monotonic()
        seconds, self._last = now - self._last, now
        self.longest = max(self.longest, seconds)
        return seconds

    @property
    def reason(self) -> str | None:
        """Why to stop now, or None."""
        if self._signal is not None:
            return f"signal {signal.Signals(self._signal).name}"
        if self.max_time is not None and time.monotonic() - self.start + self.longest > self.max_time:
            return f"time budget of {self.max_time:.0f} s"
        return None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signal = number

    @contextmanager
    def listening(self) -> Iterator[StopRequest]:
        """Handle the stop signals inside the block; handlers can be set in the main thread only."""
        try:
            previous = {number: signal.signal(number, self._handle) for number in STOP_SIGNALS}
        except ValueError:  # not the main thread: a notebook's or a test's own handling stays
            previous = {}
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
