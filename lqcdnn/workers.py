"""Processes that share work out whose parts know nothing of each other: replicas of a chain, saved configurations.

A worker is a copy (``fork``) of the process that begins it, with all objects and compiled kernels that are there by
then. It does what that process would do: the same bits.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from time import process_time
from typing import Generic, TypeVar

from lqcdnn.errors import LqcdnnError, StoppedEarly
from lqcdnn.kernels.compile import THREADS
from lqcdnn.timing import clock

Task = TypeVar("Task")
Result = TypeVar("Result")

STANDARD_FILES = (0, 1, 2)
"""Standard input, output and error; the other files of the parent, locks among them, are no business of a worker."""

POSSIBLE = sys.platform == "linux" and THREADS == 1
"""A copy has one thread alone, so kernels must not have begun others; elsewhere system libraries forbid copies."""

_foreign: list[int] = []
"""How many threads code of others began, each time it did."""


@contextmanager
def threads_noticed() -> Iterator[None]:
    """Around code of others: where it begins threads, a copy would lack them and could wait forever."""
    before = _threads()
    try:
        yield
    finally:
        if (begun := _threads() - before) > 0:
            _foreign.append(begun)


def possible() -> bool:
    """Whether this process may be copied now."""
    return POSSIBLE and not _foreign


def _threads() -> int:
    return len(os.listdir("/proc/self/task")) if POSSIBLE else 1


class Workers(Generic[Task, Result]):
    """So many copies of this process, to the end of it or of this object (:meth:`close`).

    Parameters
    ----------
    do
        What they do with a task; task and result have to be small, large data go through shared memory.
    number
        How many.
    """

    def __init__(self, do: Callable[[Task], Result], number: int) -> None:
        context = get_context("fork")
        self._ends: list[Connection] = []
        self._members: list[ForkProcess] = []
        for _ in range(number):
            here, there = context.Pipe()
            member = context.Process(target=_serve, args=(there, do), daemon=True)
            with warnings.catch_warnings():  # Python sees threads of the BLAS library, which are asleep and prepared
                warnings.simplefilter("ignore", DeprecationWarning)
                member.start()
            there.close()
            self._ends.append(here)
            self._members.append(member)

    def __len__(self) -> int:
        return len(self._members)

    def results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """The results of some tasks in their order; whichever worker is free takes the next one.

        Raises
        ------
        LqcdnnError
            What a task raises, in its turn. Nothing more can be asked for then, nor where the iteration ends early.
        StoppedEarly
            If a worker is gone.
        """
        free, next_task = list(self._ends), 0
        busy: dict[Connection, int] = {}
        done: dict[int, Result | LqcdnnError] = {}
        for turn in range(len(tasks)):
            while turn not in done:
                while free and next_task < len(tasks):
                    end = free.pop()
                    busy[end] = next_task
                    with suppress(BrokenPipeError):  # told below
                        end.send(tasks[next_task])
                    next_task += 1
                for end in [end for end in wait(list(busy)) if isinstance(end, Connection)]:
                    try:
                        done[busy.pop(end)], cpu = end.recv()
                    except (EOFError, ConnectionError) as error:
                        raise StoppedEarly(
                            "a process that this one shared its work with has ended",
                            hint="it was killed, perhaps for want of memory; with --threads 1 there is one process",
                        ) from error
                    clock.charge(cpu)
                    free.append(end)
            result = done.pop(turn)
            if isinstance(result, LqcdnnError):
                raise result
            yield result

    def close(self) -> None:
        """End the workers, whatever they do."""
        for end, member in zip(self._ends, self._members, strict=True):
            end.close()
            member.kill()
            member.join()


def _serve(end: Connection, do: Callable[[Task], Result]) -> None:
    """What a worker does: one task after the other, until the other end of the pipe is closed."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):  # what the parent handles: it says whether and when to stop
            signal.signal(number, signal.SIG_IGN)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in (*STANDARD_FILES, end.fileno()):
            with suppress(OSError):  # the listing itself was one of them
                os.close(int(name))
    result: Result | LqcdnnError
    while True:
        try:
            task = end.recv()
        except (EOFError, OSError):
            os._exit(0)  # buffers of files are copies too: nothing of theirs may be written twice
        start = process_time()
        try:
            result = do(task)
        except LqcdnnError as error:
            result = error
        end.send((result, process_time() - start))
