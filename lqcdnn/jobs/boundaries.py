"""What boundary conditions of the gauge field have to do with files of links: an attribute, and the mean plaquette."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import LatticeConfig
from lqcdnn.errors import InputError
from lqcdnn.lattice.boundaryfields import text_of_fields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.opentime import lattice_from, plaquettes_of
from lqcdnn.lattice.twist import Twist, text_of
from lqcdnn.storage.formats.verify import plaquette


def boundary_attributes(lattice: Lattice) -> dict[str, str]:
    """What a configuration file says of boundary conditions: ``twist``, ``time``; nothing where they are periodic.

    Of fixed links also ``boundary_fields``, their angles.
    """
    found = {} if lattice.twist is None else {"twist": text_of(lattice.twist, lattice.d)}
    if lattice.fixed is not None:
        return found | {"time": "schroedinger", "boundary_fields": text_of_fields(lattice.fixed)}
    return found | ({"time": "open"} if lattice.open_time else {})


def boundary_warnings(attributes: Mapping[str, Any], lattice: Lattice) -> Iterator[str]:
    """What a file says of the ends of time, or of fixed links, that is not so of the lattice it is measured on."""
    told = boundary_attributes(lattice)
    made, here = attributes.get("time", "periodic"), told.get("time", "periodic")
    if made != here and made in ("open", "schroedinger"):
        known = f'made with lattice.time = "{made}", but measured with "{here}"'
        yield f"{known}: an input file with [lattice] says which"
    angles = attributes.get("boundary_fields")
    if made == here and angles is not None and angles != told.get("boundary_fields"):
        yield f"made with links fixed by the angles {angles}, but measured with {told.get('boundary_fields')}"


def refuse_boundaries(attributes: Mapping[str, Any], name: str, what: str) -> None:
    """Refuse a configuration file whose attributes tell of a twist or of ends of time.

    Raises
    ------
    InputError
        It is so; the message begins with the name of the file and ends with what is done with periodic ones alone.
    """
    for key in ("twist", "time"):
        if (value := attributes.get(key)) not in (None, "periodic"):
            raise InputError(f"{name}: {key} = {value}; {what} with periodic boundaries")


def mean_plaquette(links: NDArray[np.complex128], where: LatticeConfig | None, known: float | None = None) -> float:
    """Mean plaquette of links [d, x, y, ..., N, N] with the boundary conditions of a table ``[lattice]``.

    ``known`` is that with periodic ones, if it is known.
    """
    lattice = None if where is None else lattice_from(where)
    if lattice is not None and lattice.twist is not None:
        return twisted_plaquette(links, lattice.twist)
    if lattice is not None and lattice.open_time:
        there = links.copy()
        there[-1][..., -1, :, :] = 0.0
        planes = lattice.d * (lattice.d - 1) // 2
        return plaquette(there).mean * (planes * lattice.volume) / sum(plaquettes_of(lattice))
    return plaquette(links).mean if known is None else known


def twisted_plaquette(links: NDArray[np.complex128], twist: Twist) -> float:
    """Mean plaquette of links in user layout with their elements of the centre: that of the links, and the corners'."""
    d, n, shape = len(links), links.shape[-1], links.shape[1:-2]
    total = plaquette(links).mean * d * (d - 1) / 2
    for mu, nu, k in twist.planes:
        corner: list[int | slice] = [slice(None)] * d
        corner[mu], corner[nu] = shape[mu] - 1, shape[nu] - 1
        A, B = links[(mu, *corner)], links[(nu, *corner)]
        right, above = list(corner), list(corner)
        right[mu] = above[nu] = 0
        W = A @ links[(nu, *right)] @ (B @ links[(mu, *above)]).conj().swapaxes(-1, -2)
        re, im = twist.phases[k]
        traces = np.trace(W, axis1=-2, axis2=-1)
        change = (re - 1.0) * traces.real - im * traces.imag
        total += math.fsum(np.ravel(change).tolist()) / (math.prod(shape) * n)
    return float(total / (d * (d - 1) / 2))
