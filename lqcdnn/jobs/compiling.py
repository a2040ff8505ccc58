"""Saying that kernels are being compiled, once and only where the cache does not hold them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from numba.core import event

TEXT = "compiling kernels that are not in the cache yet (once per version and processor)"


class FirstCompilation(event.Listener):
    """Calls a function when the first kernel is compiled; one that the cache holds is loaded without."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell: Callable[[], None] | None = tell

    def on_start(self, _event: event.Event) -> None:
        """A kernel begins to be compiled."""
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def on_end(self, _event: event.Event) -> None:
        """It is compiled: of no interest."""


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
        with event.install_listener("numba:compile", FirstCompilation(tell)):
            yield
    finally:
        _TOLD.reset(before)
