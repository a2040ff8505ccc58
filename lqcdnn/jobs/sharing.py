"""Configurations to measure, one after the other or shared out among processes: none knows of another one."""

from __future__ import annotations

import math
import resource
from collections.abc import Callable, Generator, Sequence
from time import perf_counter
from typing import TypeVar

from lqcdnn.jobs.cores import available_memory
from lqcdnn.workers import Workers, possible

Task = TypeVar("Task")
Result = TypeVar("Result")

ALONE = 2
"""Tasks done before processes begin: the first one compiles kernels once for all, the other one is timed."""

WORTH = 0.5
"""Seconds of work left for which processes are begun; each of them takes some 20 ms."""


def shared_out(do: Callable[[Task], Result], tasks: Sequence[Task], processes: int) -> Generator[Result, None, None]:
    """The results of all tasks in their order; the same, by however many processes.

    Close the iterator (:func:`contextlib.closing`) to end the processes where it is left early.

    Parameters
    ----------
    do
        Does a task; what it returns is small.
    tasks
        What there is to do.
    processes
        How many may work, each with as much memory as this one has needed by then.

    Raises
    ------
    LqcdnnError
        As ``do``, in the turn of its task.
    StoppedEarly
        If a process is gone.
    """
    seconds = math.inf
    for task in tasks[:ALONE]:
        start = perf_counter()
        result = do(task)
        seconds = perf_counter() - start
        yield result
    left = tasks[ALONE:]
    number = min(processes, len(left), _room()) if processes > 1 and possible() else 1
    if number < 2 or seconds * len(left) < WORTH:
        yield from map(do, left)
        return
    workers = Workers(do, number)
    try:
        yield from workers.results(left)
    finally:
        workers.close()


def _room() -> int:
    """How many processes of the size of this one the memory has room for beside it."""
    return available_memory() // (1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
