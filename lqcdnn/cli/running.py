"""What generate and train share on the command line: threads, warnings, the end of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from lqcdnn.config import RunConfig

SMALL = 1 << 19
"""Real numbers in the links of one direction below which a second thread costs more than it brings."""


def set_threads(threads: int | None, config: RunConfig) -> int:
    """Fix the number of threads before the kernels are imported; None chooses by the size of the lattice.

    Returns
    -------
    int
        The number chosen.
    """
    if threads is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = cores if 2 * config.lattice.volume * config.lattice.colors**2 >= SMALL else 1
    os.environ["LQCDNN_THREADS"] = str(threads)
    return threads


def warn(warnings: Sequence[str]) -> None:
    """Print warnings so that they cannot be missed."""
    for text in warnings:
        bar = "!" * 80
        click.secho(f"{bar}\n{text}\n{bar}", err=True, fg="yellow")
