"""openQCD configurations: little-endian, SU(3), the eight links around every odd point.

int32 N0 (time), N1, N2, N3; double average of Re tr P (0 to 3); then for each point with odd x0+x1+x2+x3, x3 fastest,
the links +0, -0, +1, -1, +2, -2, +3, -3, where -mu is U_mu(x - mu): 3 x 3 row-major complex128. Direction 0 is time.
"""

from __future__ import annotations

import math
import struct

import numpy as np

from lqcdnn.storage.formats.base import Claim, Decoded, Format, Links, Source, checked_shape, register

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
    data = source.read_rest(_HEADER.size, math.prod(sizes) * 4 * 9 * 16, "links")
    links = _scatter(np.frombuffer(data, "<c16").reshape(-1, 4, 2, 3, 3), sizes)
    warning = f"{source.path}: openQCD files have no checksum; only unitarity and plaquette were verified"
    claim = Claim("header", "plaquette", average / 3, 1e-12)
    return Decoded(links, "SU(3)", "f8", [claim], warnings=[warning])


def _scatter(data: Links, sizes: tuple[int, ...]) -> Links:
    """From links around odd points, (V/2, direction, forward/backward, 3, 3), to user layout."""
    odd = np.nonzero(np.indices(sizes).sum(axis=0) % 2)
    n0, n1, n2, n3 = sizes
    links = np.empty((4, n1, n2, n3, n0, 3, 3), np.complex128)
    for direction in range(4):
        behind = [x.copy() for x in odd]
        behind[direction] = (behind[direction] - 1) % sizes[direction]
        for side, (x0, x1, x2, x3) in enumerate((odd, behind)):
            links[(direction - 1) % 4, x1, x2, x3, x0] = data[:, direction, side]
    return links


register(Format("openqcd", recognise, read))
