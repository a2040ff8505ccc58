"""Combinations of closed loops of space that transform like a representation of the cubic group: glueball operators."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.cubic import (
    Channel,
    closed,
    copies,
    dimension,
    elements,
    images,
    orbit,
    representation,
    round_the_other_way,
)
from lqcdnn.config.tables.loops import Path

FloatArray = NDArray[np.float64]
#: Length below which a projected loop is a combination of others.
ROUNDING = 1e-8


def loops_of(path: Path, axes: int) -> tuple[Path, ...]:
    """The images of a path in ``axes`` dimensions of space, each once whatever its orientation."""
    return tuple(loop for loop in orbit(path, axes) if loop <= closed(round_the_other_way(loop)))


@lru_cache(maxsize=256)
def operators_of(channel: Channel, path: Path, axes: int) -> FloatArray:
    """Coefficients of the loops in each operator, shape (copies, components, loops of :func:`loops_of`).

    The operators are sum_l c_l Re tr W_l (C = +) or sum_l c_l Im tr W_l (C = -), with sum_l c_l^2 = 1/loops: that of
    A1++ is the mean of all loops.  Component k is made from the first one by
    P_{k0} = (dim/2|G|) sum_g D(g)_{k0} g, with and without C, so that g takes it to sum_l D(g)_{lk} component l;
    copies are orthogonal to each other.
    """
    every, size = orbit(path, axes), dimension(channel, axes)
    projectors = np.zeros((size, len(every), len(every)))
    for (element, turned), moved in _permutations(path, axes).items():
        column = np.array(representation(channel, element))[:, 0] * (channel.conjugation if turned else 1)
        projectors[:, moved, range(len(every))] += column[:, None] * size / (2 * len(elements(axes)))
    kept = np.zeros((0, len(every)))
    for projection in projectors[0].T:  # the image of P_00 by Gram and Schmidt, in the order of the loops
        left = projection - kept.T @ (kept @ projection)
        if np.linalg.norm(left) > ROUNDING and len(kept) < copies(channel, path, axes):
            kept = np.vstack([kept, left / np.linalg.norm(left)])
    return _once(np.einsum("kij,cj->cki", projectors, kept), channel, path, axes)


@lru_cache(maxsize=32)
def _permutations(path: Path, axes: int) -> dict[tuple[tuple[int, ...], bool], list[int]]:
    """Where each element, without and with C, takes the loops of the orbit."""
    every, found = orbit(path, axes), dict[tuple[tuple[int, ...], bool], list[int]]()
    place = {loop: i for i, loop in enumerate(every)}
    for loop in every:
        for element, turned, image in images(loop, axes):
            found.setdefault((element, turned), []).append(place[image])
    return found


def _once(oriented: FloatArray, channel: Channel, path: Path, axes: int) -> FloatArray:
    """Coefficients of oriented loops as those of loops whatever their orientation, with the norm of a mean."""
    place = {loop: i for i, loop in enumerate(orbit(path, axes))}
    loops = loops_of(path, axes)
    found = np.zeros((*oriented.shape[:2], len(loops)))
    for i, loop in enumerate(loops):
        for way in {loop, closed(round_the_other_way(loop))}:
            found[:, :, i] += (1 if way == loop else channel.conjugation) * oriented[:, :, place[way]]
    norms = np.sqrt(np.sum(found * found, axis=2, keepdims=True) * len(loops))
    scaled: FloatArray = found / norms
    return scaled
