"""SciDAC (QIO) files of gauge links, single volume: a LIME container with ``scidac-binary-data``.

Links of a site are one block, mu = x, y, z, t, each N x N row-major (re, im) big-endian; sites with x fastest. The
checksum is XOR over sites of the CRC-32 of the site's bytes, rotated left by (site mod 29) and (site mod 31).
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from lqcdnn.storage.formats import lime
from lqcdnn.storage.formats.base import (
    Claim,
    Decoded,
    Format,
    Source,
    checked_shape,
    from_site_major,
    group_colors,
    group_name,
    printed_claim,
    register,
    rotate_left,
)
from lqcdnn.storage.formats.lime import Record

_REAL = {"F": "f4", "D": "f8"}
_NO_CHECKSUM = "no scidac-checksum record; a damaged link may go unnoticed"


def recognise(source: Source) -> bool:
    """LIME magic and a ``scidac-binary-data`` record."""
    return source.head(4) == lime.MAGIC and "scidac-binary-data" in lime.records(source)


def read(source: Source) -> Decoded:
    """Read and compare checksum, plaquette and link trace where the file has them."""
    found = lime.records(source)
    shape = _shape(source, found)
    record = _required(source, found, "scidac-private-record-xml")
    private = lime.leaves(source, record)
    precision, size, count = lime.need(source, private, record, "precision", "typesize", "datacount")
    if precision not in _REAL:
        raise source.fail(record.type, f"precision {precision!r} is neither F nor D")
    real = _REAL[precision]
    colors = math.isqrt(int(size) // (2 * int(real[1])))
    source.compare(record.type, "typesize", int(size), 2 * int(real[1]) * colors**2)
    source.compare(record.type, "datacount", int(count), len(shape))
    source.compare(record.type, "colors", int(private.get("colors", colors)), colors)
    return decode(source, found, "scidac-binary-data", shape, group_name(colors), real)


def decode(
    source: Source, found: dict[str, Record], binary: str, shape: tuple[int, ...], group: str, real: str
) -> Decoded:
    """Decode a binary record of known geometry and verify what QIO wrote beside it.

    Parameters
    ----------
    binary
        Type of the record with the links.
    """
    record = found[binary]
    colors = group_colors(group)
    sites = math.prod(shape)
    length = sites * len(shape) * colors**2 * 2 * int(real[1])
    if record.length != length:
        raise source.fail(binary, f"{group} on {shape} takes {length} bytes, but the record has {record.length}")
    data = lime.payload(source, record)
    warnings = _verify_checksum(source, found, data, sites)
    links = from_site_major(np.frombuffer(data, f">c{2 * int(real[1])}"), shape)
    attributes = {"lfn": lime.text(source, found["ildg-data-lfn"])} if "ildg-data-lfn" in found else {}
    return Decoded(links, group, real, _claims(source, found, real), attributes, warnings)


def checksums(data: bytes, sites: int) -> tuple[int, int]:
    """The pair (suma, sumb) of a binary record."""
    length = len(data) // sites
    view = memoryview(data)
    crc = np.array([zlib.crc32(view[i * length : (i + 1) * length]) for i in range(sites)], dtype=np.uint32)
    site = np.arange(sites)
    suma, sumb = (
        int(np.bitwise_xor.reduce(rotate_left(crc, (site % modulus).astype(np.uint32)))) for modulus in (29, 31)
    )
    return suma, sumb


def _shape(source: Source, found: dict[str, Record]) -> tuple[int, ...]:
    record = _required(source, found, "scidac-private-file-xml")
    private = lime.leaves(source, record)
    dims, volumes = lime.need(source, private, record, "dims", "volfmt")
    if int(volumes) != 0:
        raise source.fail(record.type, "one part of a file written in several; join them first")
    return checked_shape(source, record.type, [int(extent) for extent in dims.split()])


def _required(source: Source, found: dict[str, Record], name: str) -> Record:
    if name not in found:
        raise source.fail(name, "this record is missing")
    return found[name]


def _verify_checksum(source: Source, found: dict[str, Record], data: bytes, sites: int) -> list[str]:
    if "scidac-checksum" not in found:
        return [f"{source.path}: {_NO_CHECKSUM}"]
    record = found["scidac-checksum"]
    suma, sumb = lime.need(source, lime.leaves(source, record), record, "suma", "sumb")
    computed = checksums(data, sites)
    for name, stored, value in zip(("suma", "sumb"), (suma, sumb), computed, strict=True):
        source.compare(record.type, name, f"{int(stored, 16):08x}", f"{value:08x}")
    return []


def _claims(source: Source, found: dict[str, Record], real: str) -> list[Claim]:
    """Plaquette and link trace of a usqcdInfo document; other user records say nothing that could be checked."""
    record = found.get("scidac-record-xml")
    if record is None or "usqcdInfo" not in lime.text(source, record):
        return []
    info = lime.leaves(source, record)
    names = {"plaq": "plaquette", "linktr": "link_trace"}
    return [printed_claim(record.type, names[key], info[key], real) for key in names if info.get(key)]


register(Format("scidac", recognise, read))
