"""MILC version 5: a 96-byte header in the byte order of the machine that wrote it, then float32 SU(3) links.

int32 magic 20103, nx, ny, nz, nt, char[64] time stamp, int32 order, uint32 sum29, sum31; sites with x fastest,
mu = x, y, z, t. The checksums are XOR over all 32-bit words, word n rotated left by (n mod 29) and (n mod 31).
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from lqcdnn.storage.formats.base import Decoded, Format, Links, Source, checked_shape, register
from lqcdnn.storage.formats.layout import from_site_major, raw, rotate_left, to_site_major

_MAGIC = 20103
_HEADER = "iiiii64siII"
_SIZE = struct.calcsize("<" + _HEADER)


def recognise(source: Source) -> bool:
    """Magic number 20103 in either byte order."""
    return source.head(4) in (struct.pack("<i", _MAGIC), struct.pack(">i", _MAGIC))


def read(source: Source) -> Decoded:
    """Read and compare both checksums."""
    header = source.read(0, _SIZE, "the MILC header")
    endian = "<" if header[:4] == struct.pack("<i", _MAGIC) else ">"
    _, *extents, stamp, order, sum29, sum31 = struct.unpack(endian + _HEADER, header)
    shape = checked_shape(source, "header", extents)
    if order != 0:
        raise source.fail("header", f"sites in order {order}; only the natural order 0 is read")
    data = source.read_rest(_SIZE, math.prod(shape) * 4 * 9 * 8)
    for name, stored, modulus in (("sum29", sum29, 29), ("sum31", sum31, 31)):
        source.compare("header", name, f"{stored:08x}", f"{checksum(data, endian, modulus):08x}")
    links = from_site_major(np.frombuffer(data, endian + "c8"), shape)
    time = stamp.split(b"\0")[0].decode("ascii", "replace").strip()
    attributes = {"time_stamp": time} if time else {}
    return Decoded(links, "SU(3)", "f4", attributes=attributes, checksum="sum29, sum31")


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a little-endian file; of the attributes only ``time_stamp`` is kept."""
    data = raw(to_site_major(links, "<c8"))
    stamp = str(attributes.get("time_stamp", "")).encode("ascii", "replace")[:63]
    sums = [checksum(data, "<", modulus) for modulus in (29, 31)]
    return b"".join([struct.pack("<" + _HEADER, _MAGIC, *links.shape[1:-2], stamp, 0, *sums), data])


def checksum(data: bytes | memoryview, endian: str, modulus: int) -> int:
    """XOR of all words, word n rotated left by n mod `modulus`; in pieces, to need little memory."""
    total = 0
    words = np.frombuffer(data, endian + "u4")
    step = modulus * min(1 << 12, -(-words.size // modulus))
    turns = (np.arange(step) % modulus).astype(np.uint32)
    for start in range(0, words.size, step):
        piece = words[start : start + step].astype(np.uint32)
        total ^= int(np.bitwise_xor.reduce(rotate_left(piece, turns[: piece.size])))
    return total


register(
    Format("milc", recognise, read, write, dims=(4,), groups=("SU(3)",), reals=("f4",), endings=(".milc",))
)
