"""One process at a time in a run directory: ``flock`` on ``run.lock``, held by the kernel.

The kernel drops the lock with the process, however it dies, so a stale lock file never blocks anybody and is never
removed. The text in the file only tells others who holds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from lqcdnn.errors import DiskError, LockError


class RunLock:
    """Context manager that holds an exclusive lock file.

    Parameters
    ----------
    path
        The lock file, by convention ``run.lock`` in the run directory. It is created when absent and stays there.

    Raises
    ------
    LockError
        On entering, when another process (or another lock of this one) holds it; names its pid, host and start.
    DiskError
        On entering, when the file cannot be created or the file system knows no locks.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock at once or raise; never waits."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise DiskError(f"{self.path}: cannot open the lock file: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _signature(), 0)
        except BlockingIOError as error:
            os.close(descriptor)
            raise LockError(
                f"{self.path.parent}: another process is at work here ({self._holder()})",
                hint="wait for it, stop it, or use another run directory; a dead process holds no lock",
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise DiskError(f"{self.path}: cannot lock: {error.strerror}") from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _holder(self) -> str:
        try:
            holder = json.loads(self.path.read_bytes())
            return f"process {holder['pid']} on {holder['host']}, since {holder['started']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "its lock file does not say which"


def _signature() -> bytes:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": started}).encode() + b"\n"
