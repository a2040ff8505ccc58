"""Where the time of a trajectory goes: inside kernels, in calling them, in Python between them.

Every kernel that a module of this package holds is replaced by a function that notes how long the call takes, for a
few trajectories of a chain whose kernels are all compiled.  The total comes from trajectories without this.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from lqcdnn.jobs.bench.limits import empty_call
from lqcdnn.jobs.bench.sampling import Counts, interleaved, seconds
from lqcdnn.jobs.bench.trajectories import GUIDE, PAPER_POINT, QUENCHED, STAGGERED_SU3, Case, stepper

LARGER = STAGGERED_SU3.format(flavors=4).replace("[4, 4, 4, 4]", "[8, 8, 8, 8]")
CASES = (
    Case("SU(2) 4^4 staggered HMC", PAPER_POINT, None),
    Case("SU(2) 4^4 staggered SLHMC", PAPER_POINT + GUIDE, None),
    Case("SU(2) 8^4 staggered SLHMC", (PAPER_POINT + GUIDE).replace("[4, 4, 4, 4]", "[8, 8, 8, 8]"), None),
    Case("SU(3) 8^4 quenched", QUENCHED.format(shape=[8] * 4, group="SU(3)", beta=5.7), None),
    Case("SU(3) 8^4 staggered HMC", LARGER, None),
)
TRAJECTORIES = 9
Timed = Counter[str]


@dataclass(frozen=True)
class Profile:
    """CPU seconds of one trajectory.

    Attributes
    ----------
    total
        Without the measuring.
    kernels
        Inside kernels, without what a call costs on an empty range.
    calls, calling
        Number of calls from Python and what they cost.
    largest
        Seconds by kernel, the largest first.
    """

    name: str
    total: float
    kernels: float
    calls: float
    calling: float
    largest: dict[str, float]

    @property
    def share(self) -> float:
        """Fraction of the time inside kernels."""
        return self.kernels / self.total


class Watched:
    """A kernel that notes the CPU time of its calls."""

    def __init__(self, kernel: Callable[..., Any], name: str, spent: Timed, calls: Timed) -> None:
        self.kernel, self.name, self.spent, self.calls = kernel, name, spent, calls

    def __call__(self, *args: Any) -> Any:
        """Call the kernel."""
        start = process_time()
        result = self.kernel(*args)
        self.spent[self.name] += process_time() - start  # type: ignore[assignment]
        self.calls[self.name] += 1
        return result


@contextmanager
def watching(spent: Timed, calls: Timed) -> Iterator[None]:
    """Watch all kernels while the block runs; none may have to be compiled in it."""
    found = [
        (module, name, value)
        for module in [m for key, m in sys.modules.items() if key.startswith("lqcdnn.")]
        for name, value in list(vars(module).items())
        if isinstance(value, Dispatcher)
    ]
    for module, name, value in found:
        source = value.py_func
        label = f"{source.__module__.rpartition('.')[2]}.{source.__name__}"
        setattr(module, name, Watched(value, label, spent, calls))
    try:
        yield
    finally:
        for module, name, value in found:
            setattr(module, name, value)


def profile(case: Case) -> Profile:
    """Profile one case."""
    step = stepper(case, 5)
    spent, calls = Timed(), Timed()
    totals, sums = [], [0.0]
    for _ in range(TRAJECTORIES):
        totals.append(seconds(step, Counts(0, 1)))
        with watching(spent, calls):
            step()
        sums.append(sum(spent.values()))
    clock, call = np.median(interleaved([process_time, empty_call()], 5), axis=0)
    number = sum(calls.values()) / TRAJECTORIES
    inside = np.median(np.diff(sums)) - number * (clock + call)
    names = sorted(spent, key=lambda name: -spent[name])
    return Profile(
        case.name, float(np.median(totals)), float(inside), number, float(number * call),
        {name: float(spent[name]) / TRAJECTORIES for name in names[:8]},
    )  # fmt: skip


def bench_profiles() -> list[Profile]:
    """All profiles."""
    return [profile(case) for case in CASES]
