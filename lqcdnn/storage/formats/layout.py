"""Orders and precisions of links in files, and the bits of their checksums; shared by readers and writers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.storage.formats.base import Links

Words = NDArray[np.uint32]


def from_site_major(values: NDArray[Any], shape: tuple[int, ...]) -> Links:
    """User layout from the most common file layout: time slowest, x fastest, then mu = x, y, z, t and the matrix.

    Parameters
    ----------
    values
        Complex numbers in file order, any byte order and precision; V * d * N * N of them.
    shape
        (L1, ..., Ld).
    """
    d = len(shape)
    colors = math.isqrt(values.size // (math.prod(shape) * d))
    sites = values.reshape(*reversed(shape), d, colors, colors)
    return user_layout(sites, (d, *reversed(range(d)), d + 1, d + 2))


def to_site_major(links: Links, kind: str) -> NDArray[Any]:
    """The reverse of :func:`from_site_major`: numbers in file order as one contiguous array of type `kind`."""
    d = links.shape[0]
    return np.ascontiguousarray(links.transpose(*range(d, 0, -1), 0, d + 1, d + 2), dtype=kind)


def user_layout(values: NDArray[Any], axes: tuple[int, ...]) -> Links:
    """Transpose and convert to contiguous complex128 in one pass."""
    return np.array(values.transpose(axes), dtype=np.complex128, order="C")


def rounded(links: Links, real: str) -> Links:
    """The links as a reader finds them after they were stored as "f4" or "f8"."""
    return links if real == "f8" else links.astype(np.complex64).astype(np.complex128)


def raw(values: NDArray[Any]) -> memoryview:
    """The bytes of a contiguous array, without a copy."""
    return values.reshape(-1).view(np.uint8).data


def rotate_left(words: Words, by: Words) -> Words:
    """Rotate 32-bit words left by 0 to 31 bits."""
    return (words << by) | (words >> ((np.uint32(32) - by) & np.uint32(31)))
