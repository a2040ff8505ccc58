"""A process that has imported the program, and makes copies of itself that each run one command.

To import the program takes ten times as long as a short run of a small lattice. ``lqcdnn scan`` starts
``python -m lqcdnn.cli.copies DESCRIPTOR`` once, DESCRIPTOR one end of a socket (`lqcdnn.jobs.scan.copies` has the
other), and asks it for a copy (``fork``) for each run. It computes nothing, holds no lock and has one thread, so that
a copy is what a process begun anew would be at that place. Copies are made by way of a process between that ends at
once: they become children of whoever adopts orphans, which is the scan, and outlive this process.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import lqcdnn
from lqcdnn.cli.main import main

NEEDED = (
    "lqcdnn.cli.generate", "lqcdnn.jobs.fork", "lqcdnn.jobs.generate", "lqcdnn.report.terminal.summary",
    "numpy.fft", "numpy.ma", "encodings.utf_8_sig",
)  # fmt: skip
"""What ``generate`` imports; what is missing here each copy imports for itself."""

LONGEST = 1 << 16
"""Bytes of a request."""


def serve(end: socket.socket) -> int:
    """Make a copy for each request until the other end is closed.

    The first message is the number of a copy that ends at once: who can wait for it can wait for others. A request is
    the words of a command as JSON and the file for its output; the answer is the number of the process, 0 where there
    is none.

    Returns
    -------
    int
        Exit code, of this process or, in a copy, of its command.
    """
    os.environ["LQCDNN_THREADS"] = "1"  # kernels of more begin threads, which copies would not have
    for name in NEEDED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is looked through is written to, and memory of its own from then on
    trial = copied()
    if trial == 0:
        os._exit(0)
    end.send(str(trial).encode())
    while True:
        message, files, _, _ = socket.recv_fds(end, LONGEST, 1)
        if not message:
            return 0
        process = copied()
        if process == 0:
            end.close()
            return run(json.loads(message), files[0])
        os.close(files[0])
        end.send(str(process).encode())


def copied() -> int:
    """Copy this process, in a process group of its own: the number of the copy, 0 in it, -1 where there is none."""
    here, there = os.pipe()
    with warnings.catch_warnings():  # Python sees threads of the BLAS library, which are asleep and prepared
        warnings.simplefilter("ignore", DeprecationWarning)
        between = os.fork()
        if between == 0:
            _copy_and_end(there)
            os.close(here)
            os.close(there)
            return 0
    os.close(there)
    os.waitpid(between, 0)  # from here on the copy has another parent
    number = int(os.read(here, 32) or -1)
    os.close(here)
    return number


def _copy_and_end(told: int) -> None:
    """Of the process between: returns in the copy alone."""
    try:
        process = os.fork()
    except OSError:
        os._exit(1)
    if process:
        with suppress(OSError):  # the copy does the same, whoever is first
            os.setpgid(process, process)
        os.write(told, str(process).encode())
        os._exit(0)
    os.setpgid(0, 0)


def run(words: list[str], output: int) -> int:
    """The command as ``python -m lqcdnn WORDS`` runs it, without input, its output to an open file.

    Ends the process; where the output cannot be written, returns the exit code.
    """
    empty = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((empty, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(empty)
    os.close(output)
    sys.argv = [str(Path(lqcdnn.__file__).parent / "__main__.py"), *words]
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return code  # what becomes of it then is Python's affair
    os._exit(code)  # to take all objects apart first would be a third of a short run


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as other_end:
        code = serve(other_end)
    sys.exit(code)
