"""HiRep configurations: big-endian, SU(N), sites with z fastest and time slowest, directions t, x, y, z.

int32 N, T, X, Y, Z; double plaquette (0 to 1); then per link N x N row-major complex128, or for SU(2) the four doubles
q of U = q0 + i (q1 s1 - q2 s2 + q3 s3) - mind the sign of q2.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import GROUPS
from lqcdnn.storage.formats.base import (
    MOST_COLORS,
    Claim,
    Decoded,
    Format,
    Links,
    Source,
    checked_shape,
    group_name,
    register,
)
from lqcdnn.storage.formats.layout import raw
from lqcdnn.storage.formats.verify import plaquette

_HEADER = struct.Struct(">5id")
_LARGEST = 4096


def recognise(source: Source) -> bool:
    """A number of colours, four extents and a plaquette between -1 and 1; there is no magic number."""
    if source.size < _HEADER.size:
        return False
    colors, *extents, average = _HEADER.unpack(source.head(_HEADER.size))
    return 2 <= colors <= MOST_COLORS and all(1 <= n <= _LARGEST for n in extents) and abs(average) <= 1.001


def read(source: Source) -> Decoded:
    """Read and compare the plaquette. There is no checksum, so a damaged last digit may go unnoticed."""
    colors, *extents, average = _HEADER.unpack(source.read(0, _HEADER.size, "the HiRep header"))
    sizes = checked_shape(source, "header", extents)
    group = group_name(colors)
    count = math.prod(sizes) * 4
    quaternions = colors == 2 and source.size - _HEADER.size != count * 64
    data = source.read_rest(_HEADER.size, count * (32 if quaternions else 16 * colors**2))
    if quaternions:
        links = _from_quaternions(np.frombuffer(data, ">f8").reshape(*sizes, 4, 4))
    else:
        links = _from_matrices(np.frombuffer(data, ">c16").reshape(*sizes, 4, colors, colors))
    warning = f"{source.path}: HiRep files have no checksum; only unitarity and plaquette were verified"
    return Decoded(links, group, "f8", [Claim("header", "plaquette", average, 1e-12)], warnings=[warning])


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file; no attribute is kept. SU(2) links are stored as quaternions, both rows averaged."""
    x, y, z, t = links.shape[1:-2]
    colors = links.shape[-1]
    if colors == 2:
        data: NDArray[Any] = _to_quaternions(links)
        links = _from_quaternions(data)
    else:
        data = np.empty((t, x, y, z, 4, colors, colors), ">c16")
        for mu in range(4):
            data[..., (mu + 1) % 4, :, :] = links[mu].transpose(3, 0, 1, 2, 4, 5)
    return b"".join([_HEADER.pack(colors, t, x, y, z, plaquette(links).mean), raw(data)])


def _to_quaternions(links: Links) -> NDArray[np.float64]:
    """The reverse of :func:`_from_quaternions`, with the average of what both rows say; big-endian."""
    x, y, z, t = links.shape[1:-2]
    q = np.empty((t, x, y, z, 4, 4), ">f8")
    for mu in range(4):
        u = links[mu].transpose(3, 0, 1, 2, 4, 5)
        first, second = u[..., 0, :], u[..., 1, :]
        q[..., (mu + 1) % 4, 0] = (first[..., 0].real + second[..., 1].real) / 2
        q[..., (mu + 1) % 4, 1] = (first[..., 1].imag + second[..., 0].imag) / 2
        q[..., (mu + 1) % 4, 2] = (second[..., 0].real - first[..., 1].real) / 2
        q[..., (mu + 1) % 4, 3] = (first[..., 0].imag - second[..., 1].imag) / 2
    return q


def _from_matrices(values: NDArray[np.complex128]) -> Links:
    """Matrices in user layout from (t, x, y, z, mu, N, N)."""
    t, x, y, z = values.shape[:4]
    links = np.empty((4, x, y, z, t, *values.shape[5:]), np.complex128)
    for mu in range(4):
        links[mu] = values[..., (mu + 1) % 4, :, :].transpose(1, 2, 3, 0, 4, 5)
    return links


def _from_quaternions(q: NDArray[np.float64]) -> Links:
    """SU(2) matrices in user layout from components (t, x, y, z, mu, 4)."""
    t, x, y, z = q.shape[:4]
    links = np.empty((4, x, y, z, t, 2, 2), np.complex128)
    for mu in range(4):
        q0, q1, q2, q3 = q[..., (mu + 1) % 4, :].transpose(4, 1, 2, 3, 0)
        links[mu, ..., 0, 0] = q0 + 1j * q3
        links[mu, ..., 0, 1] = -q2 + 1j * q1
        links[mu, ..., 1, 0] = q2 + 1j * q1
        links[mu, ..., 1, 1] = q0 - 1j * q3
    return links


register(Format("hirep", recognise, read, write, dims=(4,), groups=GROUPS[1:], reals=("f8",), endings=(".hirep",)))
