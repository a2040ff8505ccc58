"""ILDG files: a LIME container with ``ildg-binary-data``, described by ``ildg-format`` or, in bare files, by nothing.

The data are laid out as in SciDAC files (see :mod:`.scidac`), 32 or 64 bit. LatticeQCD.jl writes the binary record
alone: lattice and group then come from the caller, or from the length of the record and the unitarity of the links when
just one hypercubic lattice fits.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from lqcdnn.storage.formats import lime, scidac, undescribed
from lqcdnn.storage.formats.base import (
    Decoded,
    Format,
    Links,
    Source,
    checked_shape,
    group_name,
    register,
)
from lqcdnn.storage.formats.layout import from_site_major

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


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file as QIO writes them; ``lfn``, ``info`` and ``date`` are kept, others as text.

    The logical file name is never left out, because Grid reads no file without one.
    """
    name = f"su{links.shape[-1]}gauge" if links.shape[-1] > 1 else "u1gauge"
    extents = "".join(f"<l{axis}>{extent}</l{axis}>" for axis, extent in zip("xyzt", links.shape[1:-2], strict=True))
    layout = lime.document(
        f'<ildgFormat xmlns="http://www.lqcd.org/ildg" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://www.lqcd.org/ildg/filefmt.xsd"><version>1.0</version><field>{name}</field>'
        f"<precision>{8 * int(real[1])}</precision>{extents}</ildgFormat>"
    )
    lfn = str(attributes.get("lfn", "unregistered")).encode() + b"\0"
    return scidac.encode(links, attributes, real, _BINARY, (("ildg-format", layout), ("ildg-data-lfn", lfn)))


def read_bare(source: Source) -> Decoded:
    """Read a file without description.

    Raises
    ------
    DataError
        When no lattice or more than one fits.
    """
    record = lime.records(source)[_BINARY]
    found = [
        fit
        for real, size in (("f8", 8), ("f4", 4))
        if record.length % size == 0
        for fit in undescribed.fits(source, record.length // size, real)
    ]

    def links(fit: undescribed.Fit) -> Links:
        return from_site_major(np.frombuffer(lime.payload(source, record), f">c{2 * int(fit.real[1])}"), fit.shape)

    return undescribed.decode(source, record.type, f"{record.length} bytes", found, links)


register(Format("ildg", recognise, read, write, dims=(4,), endings=(".ildg",)))
register(Format("ildg-bare", recognise_bare, read_bare))
