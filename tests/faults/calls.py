"""Faults at the n-th system call: executed inside the process of the program before it starts.

Counted are the calls that change files: write, pwrite, fsync, replace, ftruncate, mkdir, unlink and the opening of
files for writing. The program makes all of them through ``os``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

CALLS = ("open", "write", "pwrite", "fsync", "replace", "ftruncate", "mkdir", "unlink")
WRITES = ("write", "fsync", "replace")


def at_call(nth: int, names: tuple[str, ...], act: Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]) -> None:
    """Let ``act(name, call, arguments)`` do the n-th of the named calls instead of ``os``."""
    count = 0

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            if name == "open" and not (arguments[1] & (os.O_WRONLY | os.O_RDWR)):
                return call(*arguments, **named)
            if name == "write" and arguments[0] in (1, 2):
                return call(*arguments, **named)
            count += 1
            if count == nth:
                return act(name, lambda *other: call(*other, **named), arguments)
            return call(*arguments, **named)

        return counted

    for name in names:
        setattr(os, name, wrapped(name, getattr(os, name)))


def kill(nth: int, moment: str) -> None:
    """SIGKILL before, in the middle of, or after the n-th call; only a write has a middle."""

    def act(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            if moment == "half" and name == "write":
                call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
            elif moment == "after":
                call(*arguments)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)

    at_call(nth, CALLS, act)


def fail(nth: int, number: int, names: tuple[str, ...] = WRITES) -> None:
    """The n-th call fails with an error number; half of the data of a write is written."""

    def act(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if name == "write":
            call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        raise OSError(number, os.strerror(number))

    at_call(nth, names, act)


def signal_at(nth: int, names: tuple[str, ...], number: int) -> None:
    """The process sends itself a signal in the n-th call."""

    def act(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        os.kill(os.getpid(), number)
        return call(*arguments)

    at_call(nth, names, act)


def limit_files(size: int) -> None:
    """RLIMIT_FSIZE for this process; its messages go to their file through another process, which has no limit."""
    import resource

    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(writer)
        while data := os.read(reader, 1 << 16):
            os.write(2, data)
        os._exit(0)
    os.close(reader)
    os.dup2(writer, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.close(writer)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
