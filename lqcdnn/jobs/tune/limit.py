"""How long a tuning may take: by the clock, without compiling, by signals, and for tests by number."""

from __future__ import annotations

from time import monotonic

from lqcdnn.timing import COMPILING, clock
from lqcdnn.update.chain import StopRequest


class Limit:
    """What is left of the time.

    Parameters
    ----------
    seconds
        Wall time from now; compiling kernels comes on top.
    stop
        Signals, and the end of a batch job.
    """

    def __init__(self, seconds: float, stop: StopRequest) -> None:
        self.seconds, self.stop = seconds, stop
        self._start, self._compiled = monotonic(), _compiling()

    @property
    def spent(self) -> float:
        """Seconds so far."""
        return monotonic() - self._start - (_compiling() - self._compiled)

    def allows(self, seconds: float = 0.0, share: float = 1.0) -> bool:
        """Whether work of so many seconds ends within a share of the time, and nothing asks to stop."""
        return self.stop.reason is None and self.spent + seconds <= share * self.seconds


def _compiling() -> float:
    part = clock.parts.get(COMPILING)
    return 0.0 if part is None else part.wall
