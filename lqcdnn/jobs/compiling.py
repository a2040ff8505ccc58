"""Saying that kernels are being compiled, once and only where the cache does not hold them, and how long it took."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from numba.core import event

from lqcdnn.timing import COMPILING, clock

TEXT = "compiling kernels that are not in the cache yet (once per version and processor)"


class Compilations(event.Listener):
    """Calls a function when the first kernel is compiled, and charges all of them to a part of the time of the job.

    A kernel that the cache holds is loaded without.  Kernels that the one being compiled calls are compiled within.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell: Callable[[], None] | None = tell
        self._depth, self._part = 0, clock(COMPILING)

    def on_start(self, _event: event.Event) -> None:
        """A kernel begins to be compiled."""
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()
        if self._depth == 0:
            self._part.__enter__()
        self._depth += 1

    def on_end(self, _event: event.Event) -> None:
        """It is compiled, or could not be."""
        self._depth -= 1
        if self._depth == 0:
            self._part.__exit__(None, None, None)


_TOLD = ContextVar("compilation is told", default=False)


@contextmanager
def compilation_told() -> Iterator[None]:
    """Within, a line on standard error says so when a kernel has to be compiled; for jobs, also as a decorator."""
    if _TOLD.get():  # by the job that this one is a part of
        yield
        return

    def tell() -> None:
        with suppress(OSError, ValueError):  # nobody reads it, or the stream was closed
            print(TEXT, file=sys.stderr, flush=True)

    before = _TOLD.set(True)
    try:
        with event.install_listener("numba:compile", Compilations(tell)):
            yield
    finally:
        _TOLD.reset(before)
