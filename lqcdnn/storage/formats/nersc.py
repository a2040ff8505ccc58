"""NERSC archive: a text header, then two or all rows of each link; sites with x fastest, mu = x, y, z, t.

DATATYPE is 4D_SU3_GAUGE (two rows, the third is the conjugate cross product) or 4D_SUn_GAUGE_nxn. Byte order and
precision follow FLOATING_POINT; where it is absent or leaves the order open (IEEE32, IEEE64), the length tells the
precision and the checksum the order. CHECKSUM is the sum of all 32-bit words modulo 2^32.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import GROUPS
from lqcdnn.storage.formats.base import (
    Claim,
    Decoded,
    Format,
    Links,
    Source,
    checked_shape,
    group_name,
    printed_claim,
    register,
)
from lqcdnn.storage.formats.layout import raw, rounded, to_site_major, user_layout
from lqcdnn.storage.formats.verify import link_trace, plaquette

_BEGIN, _END = b"BEGIN_HEADER", b"END_HEADER\n"
_MOST_HEADER = 1 << 16
_FLOATING = {"IEEE32BIG": ">f4", "IEEE32LITTLE": "<f4", "IEEE64BIG": ">f8", "IEEE64LITTLE": "<f8"}


def recognise(source: Source) -> bool:
    """First line BEGIN_HEADER."""
    return source.head(len(_BEGIN)) == _BEGIN


def read(source: Source) -> Decoded:
    """Read, complete the rows, and compare checksum, plaquette and link trace."""
    header, start = _header(source)
    shape = checked_shape(source, "header", [int(_need(source, header, f"DIMENSION_{i}")) for i in (1, 2, 3, 4)])
    rows, colors = _rows(source, _need(source, header, "DATATYPE"))
    numbers = math.prod(shape) * 4 * rows * colors * 2
    width = (source.size - start) // numbers
    if width not in (4, 8) or width * numbers != source.size - start:
        raise source.fail("links", f"{source.size - start} bytes are not {numbers} numbers of 32 or 64 bit")
    data = source.read(start, width * numbers, "links")
    number, warnings = _number_type(source, header, data, width)
    values = np.frombuffer(data, f"{number[0]}c{2 * width}").reshape(*reversed(shape), 4, rows, colors)
    links = user_layout(values, (4, 3, 2, 1, 0, 5, 6))
    if rows < colors:
        links = np.concatenate([links, _third_row(links)], axis=-2)
    attributes = {key: header[key] for key in ("ENSEMBLE_ID", "SEQUENCE_NUMBER") if header.get(key)}
    checked = "CHECKSUM" if "CHECKSUM" in header else None
    return Decoded(links, group_name(colors), number[1:], _claims(header, number[1:]), attributes, warnings, checked)


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a big-endian file with all rows; keeps ENSEMBLE_ID, SEQUENCE_NUMBER (or ``trajectory``)."""
    colors = links.shape[-1]
    return _encode(links, f"4D_SU{colors}_GAUGE_{colors}x{colors}", rounded(links, real), attributes, real)


def write_two_rows(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file with the first two rows of SU(3) links."""
    rows = links[..., :2, :]
    stored = rounded(rows, real)
    return _encode(rows, "4D_SU3_GAUGE", np.concatenate([stored, _third_row(stored)], axis=-2), attributes, real)


def _encode(rows: Links, datatype: str, stored: Links, attributes: dict[str, Any], real: str) -> bytes:
    """Header and rows; `stored` are the links that a reader will find, whose averages the header tells.

    The keys are those that Grid and MILC insist on, as "KEY = value" with single spaces.
    """
    digits = 10 if real == "f4" else 15
    means = {"LINK_TRACE": link_trace(stored), "PLAQUETTE": plaquette(stored).mean}
    del stored
    data = raw(to_site_major(rows, f">c{2 * int(real[1])}"))
    header = {
        "HDR_VERSION": "1.0",
        "DATATYPE": datatype,
        **{f"DIMENSION_{i}": extent for i, extent in enumerate(rows.shape[1:-2], 1)},
        "CHECKSUM": f"{checksum(data, '>'):08x}",
        **{key: f"{value:.{digits}f}" for key, value in means.items()},
        **{f"BOUNDARY_{i}": "PERIODIC" for i in (1, 2, 3, 4)},
        "ENSEMBLE_ID": _line(attributes.get("ENSEMBLE_ID", "")),
        "SEQUENCE_NUMBER": _line(attributes.get("SEQUENCE_NUMBER", attributes.get("trajectory", 0))),
        "FLOATING_POINT": "IEEE32BIG" if real == "f4" else "IEEE64BIG",
    }
    text = "".join(f"{key} = {value}\n" for key, value in header.items())
    return b"".join([_BEGIN, b"\n", text.encode("ascii", "replace"), _END, data])


def _line(value: object) -> str:
    """One line of at most 200 characters."""
    return " ".join(str(value).split())[:200]


def _never(source: Source) -> bool:
    """Both variants are recognised, and read, as "nersc"."""
    return False


def checksum(data: bytes | memoryview, endian: str) -> int:
    """Sum of all 32-bit words modulo 2^32."""
    return int(np.frombuffer(data, endian + "u4").sum(dtype=np.uint64)) % (1 << 32)


def _header(source: Source) -> tuple[dict[str, str], int]:
    """The first value of each key, and where the data begin."""
    head = source.head(_MOST_HEADER)
    end = head.find(_END)
    if end < 0:
        raise source.fail("header", f"no END_HEADER in the first {_MOST_HEADER} bytes")
    header: dict[str, str] = {}
    for line in head[:end].decode("ascii", "replace").splitlines():
        key, separator, value = line.partition("=")
        if separator:
            header.setdefault(key.strip(), value.strip())
    return header, end + len(_END)


def _need(source: Source, header: dict[str, str], key: str) -> str:
    if key not in header:
        raise source.fail("header", f"no key {key}")
    return header[key]


def _rows(source: Source, datatype: str) -> tuple[int, int]:
    """Stored rows and colours."""
    if datatype == "4D_SU3_GAUGE":
        return 2, 3
    match = re.fullmatch(r"4D_SU([2-9])_GAUGE_\1x\1", datatype)
    if match is None:
        raise source.fail("header", f"DATATYPE {datatype!r} is not known")
    return int(match[1]), int(match[1])


def _number_type(source: Source, header: dict[str, str], data: bytes, width: int) -> tuple[str, list[str]]:
    """Byte order and type of the numbers: the one declared, or else the one whose checksum is right."""
    declared = header.get("FLOATING_POINT", "")
    types = [_FLOATING[declared]] if declared in _FLOATING else [f">f{width}", f"<f{width}"]
    source.compare("header", "FLOATING_POINT", int(types[0][2]), width)
    if "CHECKSUM" not in header:
        return types[0], [f"{source.path}: no CHECKSUM; a damaged link may go unnoticed"]
    stored = int(header["CHECKSUM"], 16)
    computed = {kind: checksum(data, kind[0]) for kind in types}
    for kind, value in computed.items():
        if value == stored:
            return kind, []
    raise source.fail("header", f"CHECKSUM is {stored:08x} in the file, but {computed[types[0]]:08x} by its content")


def _third_row(links: NDArray[np.complex128]) -> NDArray[np.complex128]:
    return np.cross(links[..., :1, :], links[..., 1:, :]).conj()


def _claims(header: dict[str, str], real: str) -> list[Claim]:
    names = {"PLAQUETTE": "plaquette", "LINK_TRACE": "link_trace"}
    return [printed_claim("header", names[key], header[key], real) for key in names if header.get(key)]


register(Format("nersc", recognise, read, write, dims=(4,), groups=GROUPS[1:], endings=(".nersc",)))
register(Format("nersc-two-row", _never, read, write_two_rows, dims=(4,), groups=("SU(3)",)))
