"""What generate, train and measure share on the command line: threads and processes, warnings, the next command."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lqcdnn.config import RunConfig
from lqcdnn.jobs.cores import available_memory, idle_cores

SHARE = 1 << 14
"""Real numbers in the links of one direction that pay for a thread."""

SLOW_SHARE = 1 << 18
"""The same where the thread layer is numba's workqueue, see ``kernels.threads``."""

THREAD_GAIN = 0.7
"""What a thread of a kernel gains of what a process gains that has work of its own (docs/performance.md)."""

PROCESS, SITE_FIELDS = 200_000_000, 80
"""Bytes of a process, and fields as large as links of one direction that it may need: 16 of them are a propagator."""


def share_replicas(threads: int | None, config: RunConfig) -> int:
    """:func:`share_out` for the replicas of parallel tempering, or windows; 1 without."""
    tempering, windows = config.update.tempering, config.update.llr
    replicas = 1 if tempering is None else len(tempering.couplings)
    return share_out(threads, replicas if windows is None else windows.windows, link_numbers(config))


def share_out(threads: int | None, parts: int, numbers: int) -> int:
    """Fix the number of threads of the kernels, or share work out among processes with one thread each.

    Parameters
    ----------
    threads
        Cores to use; None: idle ones.
    parts
        Of the work, as long as each other.
    numbers
        Real numbers in the links of one direction.

    Returns
    -------
    int
        How many processes; 1 where threads, as many as asked for or as :func:`paying_threads`, keep more cores busy.
    """
    possible = parts > 1 and sys.platform == "linux"
    processes = min(threads or idle_cores(), parts, _processes_in_memory(numbers)) if possible else 1
    paying = paying_threads(numbers) if threads is None else max(1, min(threads, numbers // SHARE))
    if processes < 2 or paying * THREAD_GAIN > parts / math.ceil(parts / processes):
        os.environ["LQCDNN_THREADS"] = str(threads or paying)
        return 1
    os.environ["LQCDNN_THREADS"] = "1"
    return processes


def _processes_in_memory(numbers: int) -> int:
    """How many processes there is memory for, as a rule."""
    return available_memory() // (PROCESS + SITE_FIELDS * 8 * numbers)


def link_numbers(config: RunConfig) -> int:
    """Real numbers in the links of one direction."""
    return 2 * config.lattice.volume * config.lattice.colors**2


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


def again(input_file: Path, overrides: Sequence[str]) -> str:
    """The input file with its changes, as a shell takes them: what follows the name of the next command."""
    return shlex.join([str(input_file), *(word for option in overrides for word in ("--set", option))])


def warn(warnings: Sequence[str]) -> None:
    """Print warnings so that they cannot be missed."""
    for text in warnings:
        bar = "!" * 80
        click.secho(f"{bar}\n{text}\n{bar}", err=True, fg="yellow")
