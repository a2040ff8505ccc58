"""Closed loops by the words of the input file, and paths of signed steps that a user writes.

A path is a tuple of signed steps along abstract axes: +k goes along axis k (k = 1, 2, ...), -k against it.  Its images
under all choices of directions for the axes and of their signs are the loops of a class (``lattice.loops``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import TypeGuard

from lqcdnn.config.language.values import Integer, ListOf

Path = tuple[int, ...]

SHAPES: dict[str, Path] = {
    "plaquette": (1, 2, -1, -2),
    "rectangle": (1, 1, 2, -1, -1, -2),
    "chair": (1, 2, -1, 3, -2, -3),  # two plaquettes at a right angle
}
"""Loop shapes by class; their number of axes is the smallest d in which they exist."""

LOOPS = (
    *SHAPES,
    "polyakov_time",
    "polyakov_space",
    "polyakov_x",
    "polyakov_y",
    "polyakov_z",
    "polyakov_t",
)
POLYAKOV_PREFIX = "polyakov_"
STEPS = ListOf(Integer(only=(1, 2, 3, 4, -1, -2, -3, -4)), 4, 64)
"""A path as a value of the input."""


def direction_names(dims: int) -> tuple[str, ...]:
    """Names of the directions, time last: x, t in d = 2; numbers from 1 in more than four."""
    return (*"xyz"[: dims - 1], "t") if dims <= 4 else tuple(str(mu + 1) for mu in range(dims))


def is_polyakov(loops: str | Path) -> TypeGuard[str]:
    """Whether the loops of a class wind around the lattice."""
    return isinstance(loops, str) and loops.startswith(POLYAKOV_PREFIX)


def path_fault(path: Path) -> str | None:
    """What keeps a path of at least one step from being a loop of the lattice; None if nothing does."""
    axes = {abs(step) for step in path}
    if axes != set(range(1, len(axes) + 1)):
        return f"its axes are {', '.join(map(str, sorted(axes)))}: axes are named 1, 2, ... without a gap"
    if any(path.count(axis) != path.count(-axis) for axis in axes):
        return "it does not end where it starts; loops around the lattice are polyakov_x and so on"
    for step, following in zip(path, (*path[1:], path[0]), strict=True):
        if step == -following:
            return f"it goes {step} and straight back {following}"
    return None


def links_of(path: Path, shape: Sequence[int]) -> Iterator[tuple[int, Path]]:
    """(direction, site modulo the extents) of each link of a path from the origin."""
    x = [0] * len(shape)
    for step in path:
        mu = abs(step) - 1
        if step < 0:
            x[mu] = (x[mu] - 1) % shape[mu]
        yield mu, tuple(x)
        if step > 0:
            x[mu] = (x[mu] + 1) % shape[mu]


def meets_itself(path: Path, shape: Sequence[int]) -> bool:
    """Whether a loop of this class contains a link twice on a lattice of these extents."""
    for directions in permutations(range(1, len(shape) + 1), max(map(abs, path))):
        links = list(links_of(tuple(directions[abs(s) - 1] * (1 if s > 0 else -1) for s in path), shape))
        if len(set(links)) < len(links):
            return True
    return False


def span(path: Path) -> int:
    """Largest extent of a path, in lattice spacings."""
    widest = 0
    for axis in {abs(step) for step in path}:
        x, seen = 0, [0]
        for step in path:
            x += (step == axis) - (step == -axis)
            seen.append(x)
        widest = max(widest, max(seen) - min(seen))
    return widest
