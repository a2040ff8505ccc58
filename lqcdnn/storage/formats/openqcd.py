"""openQCD configurations: little-endian, SU(3), the eight links around every odd point.

int32 N0 (time), N1, N2, N3; double average of Re tr P (0 to 3); then for each point with odd x0+x1+x2+x3, x3 fastest,
the links +0, -0, +1, -1, +2, -2, +3, -3, where -mu is U_mu(x - mu): 3 x 3 row-major complex128. Direction 0 is time.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.storage.formats.base import Claim, Decoded, Format, Links, Source, checked_shape, register
from lqcdnn.storage.formats.layout import raw
from lqcdnn.storage.formats.verify import plaquette

_HEADER = struct.Struct("<4id")
_LARGEST = 4096


def recognise(source: Source) -> bool:
    """Four even extents and a plaquette between -3 and 3; there is no magic number."""
    if source.size < _HEADER.size:
        return False
    *extents, average = _HEADER.unpack(source.head(_HEADER.size))
    return all(2 <= n <= _LARGEST and n % 2 == 0 for n in extents) and abs(average) <= 3.001


def read(source: Source) -> Decoded:
    """Read and compare the plaquette. There is no checksum, so a damaged last digit may go unnoticed."""
    *extents, average = _HEADER.unpack(source.read(0, _HEADER.size, "the openQCD header"))
    sizes = checked_shape(source, "header", extents)
    if math.prod(sizes) % 2:
        raise source.fail("header", f"extents {sizes} have no even-odd order")
    data = source.read_rest(_HEADER.size, math.prod(sizes) * 4 * 9 * 16)
    links = _scatter(np.frombuffer(data, "<c16").reshape(-1, 4, 2, 3, 3), sizes)
    warning = f"{source.path}: openQCD files have no checksum; only unitarity and plaquette were verified"
    claim = Claim("header", "plaquette", average / 3, 1e-12)
    return Decoded(links, "SU(3)", "f8", [claim], warnings=[warning])


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file; no attribute is kept."""
    n1, n2, n3, n0 = sizes = links.shape[1:-2]
    data = np.empty((math.prod(sizes) // 2, 4, 2, 3, 3), "<c16")
    for slot, sites in _order((n0, n1, n2, n3)):
        data[:, *slot] = links[sites]
    return b"".join([_HEADER.pack(n0, n1, n2, n3, 3 * plaquette(links).mean), raw(data)])


def _scatter(data: Links, sizes: tuple[int, ...]) -> Links:
    """From links around odd points, (V/2, direction, forward/backward, 3, 3), to user layout."""
    n0, n1, n2, n3 = sizes
    links = np.empty((4, n1, n2, n3, n0, 3, 3), np.complex128)
    for slot, sites in _order(sizes):
        links[sites] = data[:, *slot]
    return links


def _order(sizes: tuple[int, ...]) -> Iterator[tuple[tuple[int, int], tuple[int | NDArray[np.int64], ...]]]:
    """(direction, forward/backward) in the file, and the index of these links of all odd points in user layout."""
    odd = np.nonzero(np.indices(sizes, np.uint16).sum(axis=0, dtype=np.uint16) % 2)
    for direction in range(4):
        behind = [x.copy() for x in odd]
        behind[direction] = (behind[direction] - 1) % sizes[direction]
        for side, (x0, x1, x2, x3) in enumerate((odd, behind)):
            yield (direction, side), ((direction - 1) % 4, x1, x2, x3, x0)


register(
    Format(
        "openqcd",
        recognise,
        read,
        write,
        dims=(4,),
        groups=("SU(3)",),
        reals=("f8",),
        even=True,
        endings=(".openqcd", ".oqcd"),
    )
)
