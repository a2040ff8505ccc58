"""Processes side by side compile each kernel once: who comes second waits, and takes it from the cache.

The tasks of a job array, say, or the workers of the tests begin together and need the same kernels.  numba lets each of
them compile for itself, and where two put different types of one function into the cache at the same time, one entry of
its index is lost, or bears the name of the other's code.

Locks are ranges of one file, a byte for each kernel and type, so that there are as many as are needed; a process that
dies gives its locks up.  Nobody waits in a circle: kernels that call each other in one do not exist.  A file system
that knows no locks, or a process that keeps one for minutes, leaves things as numba has them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from numba.core import event, sigutils
from numba.core.caching import Cache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

PATIENCE = 300.0
"""Seconds to wait for another process; one that was stopped while it compiled keeps its locks."""
BUSY = (errno.EACCES, errno.EAGAIN)
"""Errors of a lock that somebody else has."""


def place_of(*names: str) -> int:
    """Place in the file: 56 bits of a digest, so that two kernels do not share one."""
    return int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:7])


def _refused(descriptor: int, place: int) -> OSError | None:
    """Try to take the lock of this place: None if it is ours, else what stands against it."""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except OSError as error:
        return error
    return None


def _locked(descriptor: int, place: int) -> bool:
    """Wait for the lock of this place; False where there are no locks, or somebody keeps it too long."""
    refused = _refused(descriptor, place)
    if refused is None or refused.errno not in BUSY:
        return refused is None
    end = time.monotonic() + PATIENCE
    with event.trigger_event("numba:compile"):  # who waits for a kernel says so, and for how long, as who compiles it
        while refused is not None and refused.errno in BUSY and time.monotonic() < end:
            time.sleep(0.02)
            refused = _refused(descriptor, place)
    return refused is None


@contextmanager
def alone(descriptor: int, place: int) -> Iterator[None]:
    """Nobody else holds the lock of this place within; where it cannot be had, nobody is kept out."""
    locked = _locked(descriptor, place)
    try:
        yield
    finally:
        if locked:
            fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, place)


def compile_once(folder: Path, dispatcher=Dispatcher, cache=Cache) -> None:
    """Let processes with this cache wait for each other where they would compile, or store, the same."""
    compile_alone, save_alone = dispatcher.compile, cache.save_overload
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return

    def compiled(self, sig):
        if not isinstance(self._cache, cache):  # of no concern to others
            return compile_alone(self, sig)
        function, (types, _result) = self.py_func, sigutils.normalize_signature(sig)
        place = place_of(function.__module__, function.__qualname__, str(types))
        with global_compiler_lock, alone(descriptor, place):  # threads first: locks of a file belong to processes
            return compile_alone(self, sig)

    def saved(self, sig, data):
        with alone(descriptor, place_of(self._py_func.__module__, self._py_func.__qualname__)):
            save_alone(self, sig, data)

    dispatcher.compile, cache.save_overload = compiled, saved
