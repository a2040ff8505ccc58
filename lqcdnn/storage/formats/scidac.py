"""SciDAC (QIO) files of gauge links, single volume: a LIME container with ``scidac-binary-data``.

Links of a site are one block, mu = x, y, z, t, each N x N row-major (re, im) big-endian; sites with x fastest. The
checksum is XOR over sites of the CRC-32 of the site's bytes, rotated left by (site mod 29) and (site mod 31).
"""

from __future__ import annotations

import math
import zlib
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from lqcdnn.config.tables.schema import GROUPS
from lqcdnn.storage.formats import lime
from lqcdnn.storage.formats.base import (
    Claim,
    Decoded,
    Format,
    Links,
    Source,
    checked_shape,
    group_colors,
    group_name,
    printed_claim,
    register,
)
from lqcdnn.storage.formats.layout import from_site_major, raw, rotate_left, rounded, to_site_major
from lqcdnn.storage.formats.lime import Record
from lqcdnn.storage.formats.verify import link_trace, plaquette

_REAL = {"F": "f4", "D": "f8"}
_LONGEST_INFO = 4096
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
    claims, attributes = _user_record(source, found, real)
    private = found.get("scidac-private-record-xml")
    if private is not None and (date := lime.leaves(source, private).get("date")):
        attributes["date"] = date
    if "ildg-data-lfn" in found:
        attributes["lfn"] = lime.text(source, found["ildg-data-lfn"])
    return Decoded(links, group, real, claims, attributes, warnings, None if warnings else "scidac-checksum")


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file; attributes are written as lines of the user record."""
    return encode(links, attributes, real, "scidac-binary-data")


def encode(
    links: Links, attributes: dict[str, Any], real: str, binary: str, described: tuple[tuple[str, bytes], ...] = ()
) -> bytes:
    """The records of QIO in its order, with `described` before the record `binary` that holds the links."""
    d, colors = links.shape[0], links.shape[-1]
    shape = links.shape[1:-2]
    user = lime.document(_usqcd_info(rounded(links, real), attributes, real))
    data = raw(to_site_major(links, f">c{2 * int(real[1])}"))
    suma, sumb = checksums(data, math.prod(shape))
    extents = " ".join(map(str, shape))
    letter = next(key for key, value in _REAL.items() if value == real)
    date = f"<date>{escape(str(attributes['date']))}</date>" if "date" in attributes else ""
    file = f"<version>1.1</version><spacetime>{d}</spacetime><dims>{extents} </dims><volfmt>0</volfmt>"
    record = (
        f"<version>1.1</version>{date}<recordtype>0</recordtype><datatype>USQCD_{letter}{colors}_ColorMatrix</datatype>"
        f"<precision>{letter}</precision><colors>{colors}</colors>"
        f"<typesize>{2 * int(real[1]) * colors**2}</typesize><datacount>{d}</datacount>"
    )
    check = f"<version>1.0</version><suma>{suma:x}</suma><sumb>{sumb:x}</sumb>"
    return lime.assemble(
        ("scidac-private-file-xml", lime.document(f"<scidacFile>{file}</scidacFile>"), lime.BEGIN),
        ("scidac-file-xml", lime.document("<title>gauge configuration written by lqcdnn</title>"), lime.END),
        ("scidac-private-record-xml", lime.document(f"<scidacRecord>{record}</scidacRecord>"), lime.BEGIN),
        ("scidac-record-xml", user, 0),
        *((name, content, 0) for name, content in described),
        (binary, data, 0),
        ("scidac-checksum", lime.document(f"<scidacChecksum>{check}</scidacChecksum>"), lime.END),
    )


def _usqcd_info(stored: Links, attributes: dict[str, Any], real: str) -> str:
    """The user record: plaquette, link trace, and as free text ``info`` and the other attributes."""
    digits = 6 if real == "f4" else 15
    lines = [f"{key} = {value}" for key, value in attributes.items() if key not in ("date", "info", "lfn", "version")]
    text = "\n".join([*([str(attributes["info"])] if "info" in attributes else []), *lines])
    return (
        f"<usqcdInfo><version>1.0</version><plaq>{plaquette(stored).mean:.{digits}e}</plaq>"
        f"<linktr>{link_trace(stored):.{digits}e}</linktr><info>{escape(text)}</info></usqcdInfo>"
    )


def checksums(data: bytes | memoryview, sites: int) -> tuple[int, int]:
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


def _user_record(source: Source, found: dict[str, Record], real: str) -> tuple[list[Claim], dict[str, Any]]:
    """Plaquette, link trace and text of a usqcdInfo document; other user records say nothing that could be checked."""
    record = found.get("scidac-record-xml")
    if record is None or "usqcdInfo" not in lime.text(source, record):
        return [], {}
    info = lime.leaves(source, record)
    names = {"plaq": "plaquette", "linktr": "link_trace"}
    claims = [printed_claim(record.type, names[key], info[key], real) for key in names if info.get(key)]
    return claims, {"info": info["info"][:_LONGEST_INFO]} if info.get("info") else {}


register(Format("scidac", recognise, read, write, groups=GROUPS[1:], endings=(".scidac",)))
