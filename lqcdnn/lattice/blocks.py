"""Fields in block layout and tables of sites: how their memory is made and read."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.simd import table_dtype
from lqcdnn.kernels.simd.types import lane_after, site_named

Blocks = NDArray[np.void]
"""Field in block layout: record array [..., block] of dtype ``c[n, m, (re, im), lane]``; links of SU(2) and sums of
them are quaternions [[a, c], [-c*, a*]], ``c[(a, c), (re, im), lane]``."""


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[np.void]) -> Blocks:
    """Zeros that start on a 64-byte boundary, so that a block never straddles cache lines."""
    size = prod(shape) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(dtype).reshape(shape)


def zeros_of_kind(field: Blocks) -> Blocks:
    """Zeros of the shape, the dtype and the order in memory of a field."""
    if field.flags.c_contiguous:
        return aligned_zeros(field.shape, field.dtype)
    return aligned_zeros(field.shape[::-1], field.dtype).T


def aligned_copy(field: Blocks) -> Blocks:
    """A copy that starts on a 64-byte boundary (numpy's own start anywhere: kernels took up to 9 % longer)."""
    out = aligned_zeros(field.shape, field.dtype)
    out["c"] = field["c"]
    return out


def site_table(
    columns: Sequence[NDArray[np.int32]] | NDArray[np.int32], whole: bool = False, halved: int = 0, quartered: int = 0
) -> Blocks:
    """Table [vector, column] for kernels of the sites of vectors: columns [vector, W] of their numbers.

    ``whole``: all vectors are blocks with lanes exchanged, so that one number for each will do.  ``halved`` and
    ``quartered``: in how many directions the lattice is split in two, and in four.

    Raises
    ------
    ValueError
        If ``whole`` is not true.
    """
    W = columns[0].shape[-1]
    table = aligned_zeros((len(columns[0]), len(columns)), table_dtype(W, whole, halved, quartered))
    numbers = table.view(np.int32).reshape(*table.shape, table.dtype.itemsize // 4)
    for k, sites in enumerate(columns):
        numbers[:, k] = sites[:, : numbers.shape[-1]]
    found = sites_in(table)
    if any((found[:, k] != sites).any() for k, sites in enumerate(columns)):
        raise ValueError("vectors of sites are not whole blocks")
    return table


def sites_in(table: Blocks) -> NDArray[np.int32]:
    """The W site numbers of all vectors in a :func:`site_table`: [vector, column, W]."""
    (name,) = table.dtype.names or ()
    numbers, kind = table.view(np.int32).reshape(*table.shape, table.dtype.itemsize // 4), site_named(name)
    if not kind.whole:
        return numbers
    found: NDArray[np.int32] = lane_after(numbers, np.arange(kind.W, dtype=np.int32), kind)
    return found
