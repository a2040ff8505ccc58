"""Runs as copies of a process that has imported the program already (`lqcdnn.cli.copies`), where the system has a way.

Copies are orphans that this process adopts (Linux: ``PR_SET_CHILD_SUBREAPER``), so that they are its children as those
that it begins anew: it waits for them, signals reach their process groups, and where it is killed they go on.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from lqcdnn.update.chain import STOP_SIGNALS

MODULE = "lqcdnn.cli.copies"
POSSIBLE = sys.platform == "linux"
ADOPT = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
PATIENCE = 60.0
"""Seconds that a copy may take to be made."""


class Copy:
    """A process that is a child of this one though this one did not begin it; as much of a ``Popen`` as is used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, -n where signal n killed it; None while it is at work."""
        return self._asked(os.WNOHANG)

    def wait(self) -> int:
        """The same at its end."""
        code = self._asked(0)
        assert code is not None
        return code

    def _asked(self, options: int) -> int | None:
        if self._code is None:
            found, status = os.waitpid(self.pid, options)
            self._code = os.waitstatus_to_exitcode(status) if found else None
        return self._code


class Copies:
    """The process that copies are made of, while it is there.

    Parameters
    ----------
    process
        It.
    end
        Socket to it.
    """

    def __init__(self, process: subprocess.Popen[bytes], end: socket.socket) -> None:
        self._process, self._end = process, end
        self._usable: bool | None = None
        end.settimeout(PATIENCE)

    @property
    def known(self) -> bool:
        """Whether it has imported the program, or has failed: it is known by now if copies can be made."""
        if self._usable is None and select.select([self._end], [], [], 0)[0]:
            self._usable = self._tried()
        return self._usable is not None

    def _tried(self) -> bool:
        """Whether a copy has been made that this process can wait for."""
        try:
            pid = int(self._end.recv(32) or -1)
            return pid > 0 and Copy(pid).wait() == 0
        except OSError:  # it is not adopted, or the other end is gone
            return False

    def start(self, words: Sequence[str], output: BinaryIO) -> Copy | None:
        """A copy that runs a command.

        Parameters
        ----------
        words
            Of the command line behind ``lqcdnn``.
        output
            An open file.

        Returns
        -------
        Copy or None
            None where no copies can be made, or no more.
        """
        if not self._usable:
            return None
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # nothing is begun that nobody knows of
        try:
            socket.send_fds(self._end, [json.dumps(list(words)).encode()], [output.fileno()])
            pid = int(self._end.recv(32) or -1)
        except OSError:
            pid = -1
            self._process.kill()  # or it would do later what another process does from now on
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._usable = pid > 0
        return Copy(pid) if self._usable else None

    def close(self) -> None:
        """End it; copies go on."""
        self._end.close()
        self._process.kill()
        self._process.wait()


@contextmanager
def copies() -> Iterator[Copies | None]:
    """What makes copies inside the block; None where the system knows no adoption.

    Its threads are those of kernels that run on one.
    """
    if not POSSIBLE or not _adopt(True):
        yield None
        return
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(there.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
            process_group=0,
        )
        there.close()
        made = Copies(process, here)
        try:
            yield made
        finally:
            made.close()
    finally:
        _adopt(False)


def _adopt(wanted: bool) -> bool:
    """Adopt orphans among those that descend from this process, or no more; whether the system does."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    return prctl is not None and prctl(ADOPT, int(wanted), 0, 0, 0) == 0
