"""ILDG files: a LIME container with ``ildg-binary-data``, described by ``ildg-format`` or, in bare files, by nothing.

The data are laid out as in SciDAC files (see :mod:`.scidac`), 32 or 64 bit. LatticeQCD.jl writes the binary record
alone: lattice and group then come from the caller, or from the length of the record and the unitarity of the links when
just one hypercubic lattice fits.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np

from lqcdnn.errors import DataError
from lqcdnn.storage.formats import lime, scidac
from lqcdnn.storage.formats.base import (
    MOST_COLORS,
    Decoded,
    Format,
    Links,
    Source,
    checked_shape,
    from_site_major,
    group_colors,
    group_name,
    register,
)
from lqcdnn.storage.formats.verify import is_group_element

_BINARY = "ildg-binary-data"
_VERSIONS = ("1.0", "1.1", "1.2")


def recognise(source: Source) -> bool:
    """LIME magic, ``ildg-binary-data`` and ``ildg-format``."""
    return source.head(4) == lime.MAGIC and {_BINARY, "ildg-format"} <= lime.records(source).keys()


def recognise_bare(source: Source) -> bool:
    """LIME magic and ``ildg-binary-data``."""
    return source.head(4) == lime.MAGIC and _BINARY in lime.records(source)


def read(source: Source) -> Decoded:
    """Read a described file; checksum and plaquette are compared where QIO wrote them."""
    found = lime.records(source)
    record = found["ildg-format"]
    header = lime.leaves(source, record)
    version, name, bits, *extents = lime.need(
        source, header, record, "version", "field", "precision", "lx", "ly", "lz", "lt"
    )
    match = re.fullmatch(r"su([2-9])gauge", name)
    if match is None and name != "u1gauge":
        raise source.fail(record.type, f"field {name!r} is no gauge field")
    if bits not in ("32", "64"):
        raise source.fail(record.type, f"precision {bits!r} is neither 32 nor 64")
    shape = checked_shape(source, record.type, [int(extent) for extent in extents])
    group = group_name(int(match[1]) if match else 1)
    decoded = scidac.decode(source, found, _BINARY, shape, group, "f4" if bits == "32" else "f8")
    if version not in _VERSIONS:
        decoded.warnings.append(f"{source.path}: unknown version {version} of ildg-format")
    return replace(decoded, attributes={"version": version, **decoded.attributes})


def read_bare(source: Source) -> Decoded:
    """Read a file without description.

    Raises
    ------
    DataError
        When no lattice or more than one fits.
    """
    record = lime.records(source)[_BINARY]
    fits = _fits(source, record.length)
    if len(fits) > 1:
        data = lime.payload(source, record)
        fits = [fit for fit in fits if is_group_element(_decode(data, *fit), fit[2])]
        del data
    if len(fits) != 1:
        raise DataError(
            f"{source.path}: {record.type}: {record.length} bytes fit {len(fits) or 'no'} lattices",
            hint="the file does not say which lattice it holds: give its shape and group",
        )
    shape, group, real = fits[0]
    links = _decode(lime.payload(source, record), shape, group, real)
    warning = f"{source.path}: no description and no checksum; read as {group} on {shape}, {8 * int(real[1])} bit"
    return Decoded(links, group, real, warnings=[warning])


def _fits(source: Source, length: int) -> list[tuple[tuple[int, ...], str, str]]:
    """Every (shape, group, real) that takes `length` bytes; a shape not given must be L^4."""
    fits = []
    groups = [source.group] if source.group else [group_name(colors) for colors in range(1, MOST_COLORS + 1)]
    for group in groups:
        for real in ("f8", "f4"):
            per_link = group_colors(group) ** 2 * 2 * int(real[1])
            extent = math.isqrt(math.isqrt(length // (4 * per_link)))
            shape = source.shape or (extent,) * 4
            if min(shape) > 0 and math.prod(shape) * len(shape) * per_link == length:
                fits.append((shape, group, real))
    return fits


def _decode(data: bytes, shape: tuple[int, ...], group: str, real: str) -> Links:
    return from_site_major(np.frombuffer(data, f">c{2 * int(real[1])}"), shape)


register(Format("ildg", recognise, read))
register(Format("ildg-bare", recognise_bare, read_bare))
