"""Links of a configuration file in a gauge."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.gaugefixing import GAUGES, OMEGA, PROJECTING, TOLERANCE
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import project
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.boundaries import refuse_boundaries
from lqcdnn.lattice.geometry import lattice
from lqcdnn.storage.formats import Configuration

SEED = 1
"""Of random starts."""


def check_gauge(gauge: Gauge) -> None:
    """Refuse what no table of the input may ask for.

    Raises
    ------
    InputError
        If there is such a number.
    """
    for name, value, good, allowed in (
        ("gauge", gauge.kind, gauge.kind in (*GAUGES, *PROJECTING), " or ".join((*GAUGES, *PROJECTING))),
        ("tolerance", gauge.tolerance, isinstance(TOLERANCE.accept(gauge.tolerance), float), TOLERANCE.allowed()),
        ("omega", gauge.omega, isinstance(OMEGA.accept(gauge.omega), float), OMEGA.allowed()),
        ("steps", gauge.steps, gauge.steps >= 1, "1 or more"),
        ("copies", gauge.copies, gauge.copies >= 1, "1 or more"),
    ):
        if not good:
            raise InputError(f"{name}: found {value}; allowed: {allowed}")


def gauge_fixed(
    found: Configuration, gauge: Gauge, source: str | os.PathLike[str] = ""
) -> tuple[NDArray[np.complex128], dict[str, Any]]:
    """Links [d, x, y, ..., N, N] of a configuration in a gauge, and how it was reached.

    Those in single precision are projected onto the group first.

    Parameters
    ----------
    found
        The configuration.
    gauge
        Which gauge, and how it is fixed.
    source
        Where the links come from, for messages.

    Returns
    -------
    links, record
        The record: ``kind`` of the gauge, ``functional``, ``theta`` and ``sweeps`` of the best start (``Start``).

    Raises
    ------
    InputError
        For numbers that no table of the input may have, boundary conditions that are not periodic, or an extent of 1.
    NumericalError
        If the gauge is not reached.
    """
    check_gauge(gauge)
    name = os.fspath(source) or "the configuration"
    refuse_boundaries(found.attributes, name, "gauges are fixed of links")
    if min(found.shape) < 2:
        raise InputError(f"{name}: extents {'x'.join(map(str, found.shape))}; gauges are fixed of at least 2 sites")
    grid, of = lattice(found.shape), group(found.group)
    if gauge.kind in PROJECTING and not of.special:
        raise InputError(f"{name}: {gauge.kind} gauge of U(1), which is abelian; allowed: {' or '.join(GAUGES)}")
    U = grid.from_links(found.links)
    project(grid, U, of)
    try:
        best = fix_gauge(grid, U, of, gauge, Stream(SEED, 0))
    except NumericalError as error:
        raise NumericalError(f"{name}: {error.message}", hint=error.hint) from error
    return grid.to_user(transformed(grid, U, best.transformation)), {"kind": gauge.kind, **asdict(best.start)}
