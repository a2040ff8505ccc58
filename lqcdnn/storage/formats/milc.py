"""MILC version 5: a 96-byte header in the byte order of the machine that wrote it, then float32 SU(3) links.

int32 magic 20103, nx, ny, nz, nt, char[64] time stamp, int32 order, uint32 sum29, sum31; sites with x fastest,
mu = x, y, z, t. The checksums are XOR over all 32-bit words, word n rotated left by (n mod 29) and (n mod 31).
"""

from __future__ import annotations

import math
import struct

import numpy as np

from lqcdnn.storage.formats.base import Decoded, Format, Source, checked_shape, from_site_major, register, rotate_left

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
    data = source.read_rest(_SIZE, math.prod(shape) * 4 * 9 * 8, "links")
    for name, stored, modulus in (("sum29", sum29, 29), ("sum31", sum31, 31)):
        source.compare("header", name, f"{stored:08x}", f"{checksum(data, endian, modulus):08x}")
    links = from_site_major(np.frombuffer(data, endian + "c8"), shape)
    time = stamp.split(b"\0")[0].decode("ascii", "replace").strip()
    return Decoded(links, "SU(3)", "f4", attributes={"time_stamp": time})


def checksum(data: bytes, endian: str, modulus: int) -> int:
    """XOR of all words, word n rotated left by n mod `modulus`; in pieces, to need little memory."""
    total = 0
    step = modulus << 15
    words = np.frombuffer(data, endian + "u4")
    turns = (np.arange(step) % modulus).astype(np.uint32)
    for start in range(0, words.size, step):
        piece = words[start : start + step].astype(np.uint32)
        total ^= int(np.bitwise_xor.reduce(rotate_left(piece, turns[: piece.size])))
    return total


register(Format("milc", recognise, read))
