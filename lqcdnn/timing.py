"""Where the time of a run goes: a stopwatch with named parts that may be nested.

Imports nothing of ours, so every room may take a `Stopwatch` as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, process_time

COMPILING = "compiling"
"""The part of compiling kernels, wherever they are called first."""


@dataclass(frozen=True)
class Part:
    """Time spent in one part of a program.

    Attributes
    ----------
    cpu
        Seconds of process CPU time (all threads), with the parts nested inside; 0 where it is not taken.
    wall
        Seconds of wall-clock time, without the parts nested inside.
    calls
        How often the part was entered.
    """

    cpu: float = 0.0
    wall: float = 0.0
    calls: int = 0


class _Section:
    """What a part has taken so far; also the context manager handed out."""

    __slots__ = ("_watch", "calls", "cpu", "wall")

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self.clear()

    def clear(self) -> None:
        self.cpu, self.wall, self.calls = 0.0, 0.0, 0

    def __enter__(self) -> None:
        now, watch = perf_counter(), self._watch
        running = watch._running
        if running:
            running[-1].wall += now - watch._since
        watch._since = now
        running.append(self)

    def __exit__(self, *error: object) -> None:
        now, watch = perf_counter(), self._watch
        self.wall += now - watch._since
        self.calls += 1
        watch._since = now
        watch._running.pop()


class _CPUSection(_Section):
    """Takes CPU time too; never inside itself."""

    __slots__ = ("_start",)

    def __enter__(self) -> None:
        super().__enter__()
        self._start = process_time()

    def __exit__(self, *error: object) -> None:
        self.cpu += process_time() - self._start
        super().__exit__(*error)


class Stopwatch:
    """Accumulates wall seconds by named part, of some parts CPU seconds too; a nested part is not counted twice.

    CPU time is taken on demand: asking the system for it takes longer than some kernels.

    Use from one thread only::

        clock = Stopwatch()
        with clock("forces"):
            ...
            with clock("solver"):   # this time goes to "solver", not to "forces"
                ...
        clock.parts["solver"].wall
    """

    def __init__(self) -> None:
        self._running: list[_Section] = []
        self._since = 0.0
        self._sections: dict[str, _Section] = {}
        self._wall_start = perf_counter()
        self._cpu_start = process_time()
        self._charged = 0.0

    def charge(self, cpu: float) -> None:
        """Add CPU seconds that another process has spent for this one to the total."""
        self._charged += cpu

    def __call__(self, name: str, cpu: bool = False) -> _Section:
        """Context manager that charges the time of its block to the part `name`.

        With ``cpu`` the CPU time of its block is taken too; a name has it always or never.
        """
        section = self._sections.get(name)
        if section is None:
            section = self._sections[name] = (_CPUSection if cpu else _Section)(self)
        return section

    @property
    def parts(self) -> dict[str, Part]:
        """Time of every part that has ended at least once, in the order of their first start."""
        return {name: Part(one.cpu, one.wall, one.calls) for name, one in self._sections.items() if one.calls}

    @property
    def total(self) -> Part:
        """CPU and wall seconds since the stopwatch was made or reset, whether inside a part or not."""
        cpu = process_time() - self._cpu_start + self._charged
        return Part(cpu, perf_counter() - self._wall_start, 1)

    @property
    def other(self) -> float:
        """Wall seconds of the total that no part claims."""
        return max(self.total.wall - sum(part.wall for part in self.parts.values()), 0.0)

    def seconds(self) -> dict[str, float]:
        """Wall seconds by part, with ``other`` for the rest: what the table at the end of a run wants."""
        return {name: part.wall for name, part in self.parts.items()} | {"other": self.other}

    def reset(self) -> None:
        """Forget what all parts have taken and start the total anew; running parts go on."""
        for section in self._sections.values():
            section.clear()
        self._since = self._wall_start = perf_counter()
        self._cpu_start, self._charged = process_time(), 0.0


clock = Stopwatch()
"""The stopwatch of this process: rooms charge their parts to it, jobs reset and read it."""
