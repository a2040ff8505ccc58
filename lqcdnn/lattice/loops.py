"""Closed loops as data: which products of links make an action, a staple sum or a network layer.

A path is a tuple of signed steps: +k goes along direction k - 1 (k = 1..d), -k against it.  A loop shape is a
closed path in abstract axes; its images under all choices of axes and orientations are the loops of that class.
The staple paths of link (mu, n) are the paths n -> n + mu that close to such a loop with that link taken off:
loop = staple . U_mu(n)^dag, so a sum of staples C transforms like U_mu(n).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations, product
from math import prod

from lqcdnn.config.tables.loops import POLYAKOV_PREFIX, SHAPES, Path, direction_names, is_polyakov

Loops = str | Path
"""A class of loops: a name of ``config.loops.LOOPS``, a part of a class, or a closed path in abstract axes."""

PARTS = {
    "plaquette_space": ("plaquette", 0),
    "plaquette_time": ("plaquette", 1),
    "rectangle_space": ("rectangle", 0),
    "rectangle_short": ("rectangle", 1),
    "rectangle_long": ("rectangle", 2),
}
"""Parts of classes: the loops of a class with so many links forward in time, the last direction."""


def rotations(path: Path) -> list[Path]:
    """The closed path started at each of its corners."""
    return [path[k:] + path[:k] for k in range(len(path))]


def reverse(path: Path) -> Path:
    """The path walked backwards."""
    return tuple(-step for step in reversed(path))


@lru_cache(maxsize=64)
def images(shape: Path, d: int) -> tuple[Path, ...]:
    """All oriented loops of a shape up to where they start, each once: one start per loop.

    A loop that cannot be turned into itself walked backwards by choosing axes and signs is there both ways, too.
    """
    axes = max(abs(s) for s in shape)
    seen: set[Path] = set()
    chosen = []
    for directions in permutations(range(1, d + 1), axes):
        for signs in product((1, -1), repeat=axes):
            path = tuple((1 if s > 0 else -1) * signs[abs(s) - 1] * directions[abs(s) - 1] for s in shape)
            for loop in (path, reverse(path)):
                if loop not in seen:
                    seen.update(rotations(loop))
                    chosen.append(loop)
    return tuple(chosen)


def loops_of(loops: Loops, d: int) -> tuple[Path, ...]:
    """All oriented loops of a class that does not wind, each once, as :func:`images`."""
    found = images(shape_of(loops), d)
    if isinstance(loops, str) and loops in PARTS:
        links = 2 * PARTS[loops][1]
        return tuple(loop for loop in found if sum(abs(step) == d for step in loop) == links)
    return found


@lru_cache(maxsize=256)
def staples(loops: Loops, mu: int, shape: tuple[int, ...]) -> tuple[Path, ...]:
    """Staple paths n -> n + mu of a class of loops on a lattice of extents ``shape``.

    ``polyakov_x`` ... ``polyakov_t`` is the loop that winds around that direction, only for links along it;
    ``polyakov_time`` and ``polyakov_space`` are those of the last and of all other directions.  A path is there as
    often as the loop that it closes to contains the link.
    """
    d = len(shape)
    if is_polyakov(loops):
        return ((-(mu + 1),) * (shape[mu] - 1),) if mu in winding_directions(loops, d) else ()
    turned = [path for loop in loops_of(loops, d) for path in rotations(loop)]
    return tuple(sorted(path[:-1] for path in turned if path[-1] == -(mu + 1)))


def shape_of(loops: Loops) -> Path:
    """The path of a class that does not wind."""
    return SHAPES[PARTS[loops][0] if loops in PARTS else loops] if isinstance(loops, str) else loops


def winding_directions(name: str, d: int) -> tuple[int, ...]:
    """Directions (0-based) around which the Polyakov class ``name`` winds."""
    which = name.removeprefix(POLYAKOV_PREFIX)
    if which == "time":
        return (d - 1,)
    if which == "space":
        return tuple(range(d - 1))
    return (direction_names(d).index(which),)


def loop_exists(loops: Loops, d: int) -> bool:
    """Whether the class has loops in d dimensions."""
    if is_polyakov(loops):
        which = loops.removeprefix(POLYAKOV_PREFIX)
        return which in ("time", "space") or which in direction_names(d)
    return (loops in SHAPES or not isinstance(loops, str)) and max(map(abs, shape_of(loops))) <= d


def loop_count(loops: Loops, shape: tuple[int, ...]) -> int:
    """Number of loops of a class on a lattice, whatever their orientation."""
    d, volume = len(shape), prod(shape)
    if is_polyakov(loops):
        return sum(volume // shape[mu] for mu in winding_directions(loops, d))
    return volume * len(loops_of(loops, d)) // 2


def lengths(loops: Loops, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Links of a loop of a class, by the direction of the link that it is opened at."""
    return shape if is_polyakov(loops) else (len(shape_of(loops)),) * len(shape)
