"""Where the time of a run goes: a stopwatch with named parts that may be nested.

Imports nothing of ours, so every room may take a `Stopwatch` as an argument.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Part:
    """Time spent in one part of a program.

    Attributes
    ----------
    cpu, wall
        Seconds of process CPU time (all threads) and of wall-clock time, without the parts nested inside.
    calls
        How often the part was entered.
    """

    cpu: float = 0.0
    wall: float = 0.0
    calls: int = 0


class _Frame:
    """One entry of the stack of running parts; also the context manager handed out."""

    __slots__ = ("_watch", "cpu_inside", "cpu_start", "name", "wall_inside", "wall_start")

    def __init__(self, watch: Stopwatch, name: str) -> None:
        self._watch = watch
        self.name = name
        self.cpu_inside = self.wall_inside = 0.0
        self.cpu_start = self.wall_start = 0.0

    def __enter__(self) -> None:
        self._watch._stack.append(self)
        self.wall_start = time.perf_counter()
        self.cpu_start = time.process_time()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cpu = time.process_time() - self.cpu_start
        wall = time.perf_counter() - self.wall_start
        stack = self._watch._stack
        stack.pop()
        if stack:
            stack[-1].cpu_inside += cpu
            stack[-1].wall_inside += wall
        self._watch._add(self.name, cpu - self.cpu_inside, wall - self.wall_inside)


class Stopwatch:
    """Accumulates CPU and wall seconds by named part; a nested part is not counted twice.

    Use from one thread only::

        clock = Stopwatch()
        with clock("forces"):
            ...
            with clock("solver"):   # this time goes to "solver", not to "forces"
                ...
        clock.parts["solver"].cpu
    """

    def __init__(self) -> None:
        self._stack: list[_Frame] = []
        self._parts: dict[str, list[Any]] = {}
        self._wall_start = time.perf_counter()
        self._cpu_start = time.process_time()

    def __call__(self, name: str) -> _Frame:
        """Context manager that charges the time of its block to the part `name`."""
        return _Frame(self, name)

    def _add(self, name: str, cpu: float, wall: float) -> None:
        sums = self._parts.get(name)
        if sums is None:
            sums = self._parts[name] = [0.0, 0.0, 0]
        sums[0] += cpu
        sums[1] += wall
        sums[2] += 1

    @property
    def parts(self) -> dict[str, Part]:
        """Finished time of every part, in the order of their first end."""
        return {name: Part(*sums) for name, sums in self._parts.items()}

    @property
    def total(self) -> Part:
        """CPU and wall seconds since the stopwatch was made or reset, whether inside a part or not."""
        return Part(time.process_time() - self._cpu_start, time.perf_counter() - self._wall_start, 1)

    @property
    def other(self) -> Part:
        """Total minus all finished parts."""
        total = self.total
        parts = self.parts.values()
        cpu = total.cpu - sum(part.cpu for part in parts)
        wall = total.wall - sum(part.wall for part in parts)
        return Part(max(cpu, 0.0), max(wall, 0.0), 1)

    def seconds(self) -> dict[str, float]:
        """Wall seconds by part, with ``other`` for the rest: what the table at the end of a run wants."""
        return {name: part.wall for name, part in self.parts.items()} | {"other": self.other.wall}

    def reset(self) -> None:
        """Forget all finished parts and start the total anew; running parts go on."""
        self._parts.clear()
        self._wall_start = time.perf_counter()
        self._cpu_start = time.process_time()


clock = Stopwatch()
"""The stopwatch of this process: rooms charge their parts to it, jobs reset and read it."""
