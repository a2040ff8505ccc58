"""Links of a configuration file along the gradient flow, on a finer or on a coarser lattice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.flows import MOST_STEPS, FlowConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import project
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.refinement import blocked, refined
from lqcdnn.jobs.boundaries import refuse_boundaries
from lqcdnn.lattice.geometry import Blocks, Lattice, lattice
from lqcdnn.network.flow import gradient_flow
from lqcdnn.storage.formats import Configuration

LEAST = 2
"""Extent of a direction on the coarser of both lattices."""


@dataclass(frozen=True)
class Rescaling:
    """The flow of links first, in units of their lattice, then a finer or a coarser lattice.

    Attributes
    ----------
    refine, block
        Factors by direction, one for all of them, by which the lattice gets finer or coarser; None: it does not.
    flow
        Time of the Wilson flow; None: none.
    """

    refine: Sequence[int] | None = None
    block: Sequence[int] | None = None
    flow: float | None = None

    def of(self, found: Configuration, source: str | os.PathLike[str] = "") -> Configuration:
        """A configuration rescaled, ``source`` its name in messages: it is in no gauge any more.

        The attributes ``flow_time`` and ``refined`` or ``blocked`` say so: times with those of the flow before,
        factors times those before.

        Raises
        ------
        InputError
            As :func:`flowed_links` and :func:`on_other_lattice`, or for both kinds of another lattice.
        """
        if self.refine is not None and self.block is not None:
            raise InputError("a lattice is refined or blocked, not both at once", hint="--refine or --block")
        noted = {name: value for name, value in found.attributes.items() if name != "gauge"}
        if self.flow is not None:
            found = replace(found, links=flowed_links(found, self.flow, source))
            earlier = noted.get("flow_time")
            noted["flow_time"] = self.flow + (earlier if isinstance(earlier, float) else 0.0)
        factors, name = (self.refine, "refined") if self.block is None else (self.block, "blocked")
        if factors is not None:
            links = on_other_lattice(found, factors, self.block is None, source)
            found = replace(found, links=links, shape=links.shape[1:-2])
            d, earlier = len(found.shape), noted.get(name)
            before = earlier if isinstance(earlier, list) and len(earlier) == d else [1] * d
            of_each = list(factors) * (d // len(factors))
            noted[name] = [int(factor) * int(of) for factor, of in zip(of_each, before, strict=True)]
        return replace(found, attributes=noted)


def on_other_lattice(
    found: Configuration, factors: Sequence[int], finer: bool, source: str | os.PathLike[str] = ""
) -> NDArray[np.complex128]:
    """Links [d, x, y, ..., N, N] of a configuration, refined or blocked.

    Those in single precision are projected onto the group first.

    Parameters
    ----------
    found
        The configuration.
    factors
        1 or 2 for each direction, or 2 for all.
    finer
        Whether the lattice gets finer (``fields.refinement.refined``) or coarser (``blocked``).
    source
        Where the links come from, for messages.

    Raises
    ------
    InputError
        For other factors, boundary conditions that are not periodic, a scalar field, an extent that cannot be halved.
    """
    name, d = os.fspath(source) or "the configuration", len(found.shape)
    of_each = tuple(factors) * d if len(factors) == 1 else tuple(factors)
    if len(of_each) != d or not set(of_each) <= {1, 2} or 2 not in of_each:
        told, example = (",".join(map(str, numbers)) for numbers in (factors, [2] * (d - 1) + [1]))
        raise InputError(f"{name}: factors {told}; allowed in d = {d}: 2, or {d} of 1 and 2, such as {example}")
    halved = [n for n, factor in zip(found.shape, of_each, strict=True) if factor == 2]
    if min(halved) < LEAST if finer else any(n % 2 or n < 2 * LEAST for n in halved):
        allowed = f"{LEAST} or more" if finer else f"even ones of {2 * LEAST} or more"
        raise InputError(f"{name}: extents {'x'.join(map(str, found.shape))}; allowed where the factor is 2: {allowed}")
    grid, of, U = _periodic(found, name, "links are refined" if finer else "links are blocked")
    grid, U = refined(grid, U, of, of_each) if finer else blocked(grid, U, of_each)
    return grid.to_user(U)


def flowed_links(found: Configuration, time: float, source: str | os.PathLike[str] = "") -> NDArray[np.complex128]:
    """Links [d, x, y, ..., N, N] of a configuration at a time of the Wilson flow, in lattice units.

    Raises
    ------
    InputError
        For a time that is no number above 0 or too large, boundary conditions that are not periodic, a scalar field.
    """
    options = FlowConfig(time=time)
    if not 0.0 < time <= options.step * MOST_STEPS:
        raise InputError(f"flow time {time}; allowed: a number above 0, up to {options.step * MOST_STEPS:g}")
    grid, _, U = _periodic(found, os.fspath(source) or "the configuration", "links follow the flow")
    (U,) = gradient_flow(grid, options).states(U, [time])
    return grid.to_user(U)


def _periodic(found: Configuration, name: str, what: str) -> tuple[Lattice, Group, Blocks]:
    """Lattice, group and links in it of a configuration with periodic boundaries and without a scalar field."""
    refuse_boundaries(found.attributes, name, what)
    if found.scalar is not None:
        raise InputError(f"{name} holds a scalar field, which would stay as it is; {what} alone")
    grid, of = lattice(found.shape), group(found.group)
    U = grid.from_links(found.links)
    project(grid, U, of)
    return grid, of, U
