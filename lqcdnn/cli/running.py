"""What generate and train share on the command line: threads, warnings, the end of a run."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import click

from lqcdnn.config import RunConfig

SHARE = 1 << 14
"""Real numbers in the links of one direction that pay for a thread."""

SLOW_SHARE = 1 << 18
"""The same where the thread layer is numba's workqueue, see ``kernels.threads``."""

LOOKS = 5
"""How often the running processes are counted: what runs for an instant does not matter."""


def set_threads(threads: int | None, config: RunConfig) -> int:
    """Fix the number of threads before the kernels are imported; None chooses, see :func:`paying_threads`.

    Returns
    -------
    int
        The number chosen.
    """
    if threads is None:
        threads = paying_threads(2 * config.lattice.volume * config.lattice.colors**2)
    os.environ["LQCDNN_THREADS"] = str(threads)
    return threads


def paying_threads(numbers: int) -> int:
    """As many threads as a lattice of so many real numbers a direction pays for and cores are idle; at least one.

    Results do not depend on it, so that it may depend on what else the machine does.
    """
    most = min(numbers // SHARE, idle_cores())
    if most > 1:
        from lqcdnn.kernels.threads import layers

        if layers()[:1] == ["workqueue"]:
            most = min(most, numbers // SLOW_SHARE)
    return max(1, most)


def idle_cores(loads: str = "/proc/loadavg") -> int:
    """Cores that this process may use, but for those that others keep busy now (Linux says how many run)."""
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    others = cores
    for _ in range(LOOKS):
        try:
            running = int(Path(loads).read_text(encoding="ascii").split()[3].partition("/")[0])
        except (OSError, IndexError, ValueError):
            return usable
        others = min(others, running - 1)  # this process runs
        time.sleep(0.002)
    return min(usable, cores - others)


def again(input_file: Path, overrides: Sequence[str]) -> str:
    """The input file with its changes, as a shell takes them: what follows the name of the next command."""
    return shlex.join([str(input_file), *(word for option in overrides for word in ("--set", option))])


def warn(warnings: Sequence[str]) -> None:
    """Print warnings so that they cannot be missed."""
    for text in warnings:
        bar = "!" * 80
        click.secho(f"{bar}\n{text}\n{bar}", err=True, fg="yellow")
