"""Memory of short-lived fields, taken again: fresh pages from the system cost as much as a kernel that fills them."""

from __future__ import annotations

import sys
from math import prod
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lqcdnn.lattice.geometry import Blocks

LARGEST = 2**28
"""Bytes above which memory is not kept: three times what 16^4 links of SU(3) and their staples take."""

_kept: dict[tuple[object, ...], list[tuple[NDArray[np.uint8], Blocks]]] = {}
"""By shape and type: memory and the field made of it."""


def scratch_rows(field: Blocks, rows: int) -> Blocks:
    """A field [row, block], for kernels that use many rows at once: a block lies between two rows.

    At a distance of a power of two the same blocks of all rows would want the same few places of a cache.
    """
    return scratch(field, rows, blocks=field.shape[-1] + 1)[:, :-1]


def scratch(field: Blocks, *lead: int, blocks: int | None = None) -> Blocks:
    """A field [*lead, block] (default: of the shape of ``field``) of any content, aligned to 64 bytes.

    Its memory is taken again once no array refers to it; views of it refer to the memory, not to the field.
    """
    shape = (*(lead or field.shape[:-1]), blocks or field.shape[-1])
    kept = _kept.setdefault((shape, field.dtype), [])
    for raw, one in kept:
        if getrefcount(one) == UNUSED_FIELD and getrefcount(raw) == UNUSED_MEMORY:  # a field in use is told first
            return one
    size = prod(shape) * field.dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    one = cast("Blocks", raw[start : start + size].view(field.dtype).reshape(shape))
    if size <= LARGEST:
        kept.append((raw, one))
    return one


def release() -> None:
    """Keep nothing of what was kept so far."""
    _kept.clear()


getrefcount = sys.getrefcount


def _unused() -> tuple[int, int]:
    """Counts of references in the loop of :func:`scratch` to memory and field that nobody else knows."""
    memory = np.empty(8, np.uint8)
    kept = [(memory, memory[:4])]
    del memory
    for raw, one in kept:
        return getrefcount(raw), getrefcount(one)
    raise AssertionError


UNUSED_MEMORY, UNUSED_FIELD = _unused()
