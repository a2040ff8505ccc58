"""What generate and train share on the command line: threads, warnings, the end of a run."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lqcdnn.config import RunConfig
from lqcdnn.jobs.cores import idle_cores

SHARE = 1 << 14
"""Real numbers in the links of one direction that pay for a thread."""

SLOW_SHARE = 1 << 18
"""The same where the thread layer is numba's workqueue, see ``kernels.threads``."""

THREAD_GAIN = 0.7
"""What a thread of a kernel gains of what a process gains that has work of its own (docs/performance.md)."""


def set_threads(threads: int | None, config: RunConfig) -> int:
    """Fix the number of threads before the kernels are imported; None chooses, see :func:`paying_threads`.

    Returns
    -------
    int
        The number chosen.
    """
    if threads is None:
        threads = paying_threads(link_numbers(config))
    os.environ["LQCDNN_THREADS"] = str(threads)
    return threads


def share_replicas(threads: int | None, config: RunConfig) -> int:
    """Fix the number of threads as :func:`set_threads`, or share the replicas of parallel tempering out.

    Returns
    -------
    int
        Among how many processes, with one thread each; 1 where threads keep more cores busy.
    """
    tempering, numbers = config.update.tempering, link_numbers(config)
    if tempering is None or sys.platform != "linux":
        set_threads(threads, config)
        return 1
    replicas = len(tempering.couplings)
    processes = min(threads or idle_cores(), replicas)
    paying = paying_threads(numbers) if threads is None else max(1, min(threads, numbers // SHARE))
    if processes < 2 or paying * THREAD_GAIN > replicas / math.ceil(replicas / processes):
        set_threads(threads, config)
        return 1
    set_threads(1, config)
    return processes


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
