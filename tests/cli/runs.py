"""Small runs for the tests of the commands: input files, and the program in this process or one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from lqcdnn.cli.main import main

Done = subprocess.CompletedProcess

SMALL = """
[lattice]
shape = [4, 2, 2, 4]
group = "SU(2)"
[run]
name = "small"
trajectories = 12
thermalization = 2
seed = 7
save_every = 2
checkpoint_every = 3
initial = "twisted"
[action.gauge]
beta = 2.2
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[update]
steps = 4
[observables.plaquette]
[observables.polyakov]
every = 2
[observables.condensate]
every = 4
"""
GAUGE = SMALL.split("[[action.fermion]]")[0] + "[update]\nsteps = 4\n[observables.plaquette]\n"
GUIDED = SMALL + """
[[guide.fermion]]
mass = 0.7
links = "net"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
[[network.net.layer]]
loops = ["plaquette", "polyakov_time", "polyakov_space"]
[train]
trajectories = 10
rate = 1e-5
checkpoint_every = 4
"""


def command(*arguments: str) -> list[str]:
    """The program as a process."""
    return [sys.executable, "-m", "lqcdnn", *arguments]


def environment(threads: int = 1) -> dict[str, str]:
    """Environment with a number of threads and nothing that colours the output."""
    return {**os.environ, "LQCDNN_THREADS": str(threads), "LQCDNN_PLAIN": "1"}


def process(folder: Path, *arguments: str, threads: int = 1, timeout: float = 300) -> Done:
    """Run a command in ``folder`` as a process of its own and wait for it."""
    return subprocess.run(
        command(*arguments), cwd=folder, env=environment(threads), capture_output=True, text=True, timeout=timeout
    )


def lqcdnn(folder: Path, *arguments: str) -> Done:
    """Run a command in ``folder`` within this process, on one thread: a start of the program costs a second."""
    out, err = io.StringIO(), io.StringIO()
    with chdir(folder), pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("LQCDNN_THREADS", "1")
        patch.setenv("LQCDNN_PLAIN", "1")
        code = main(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def content(run: Path) -> dict[str, bytes]:
    """Everything that must not depend on interruption or threads: journals, series, configurations."""
    kept = ["journal.jsonl", "measure/*.jsonl", "configs/*.h5", "train/history.jsonl", "train/weights.h5"]
    return {str(p.relative_to(run)): p.read_bytes() for pattern in kept for p in sorted(run.glob(pattern))}
