"""Closed loops as data: which products of links make an action, a staple sum or a network layer.

A path is a tuple of signed steps: +k goes along direction k - 1 (k = 1..d), -k against it.  A loop shape is a
closed path in abstract axes; its images under all choices of axes and orientations are the loops of that class.
The staple paths of link (mu, n) are the paths n -> n + mu that close to such a loop with that link taken off:
loop = staple . U_mu(n)^dag, so a sum of staples C transforms like U_mu(n).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations, product

Path = tuple[int, ...]

SHAPES: dict[str, Path] = {
    "plaquette": (1, 2, -1, -2),
    "rectangle": (1, 1, 2, -1, -1, -2),
    "chair": (1, 2, -1, 3, -2, -3),  # two plaquettes at a right angle
}
"""Loop shapes by class; their number of axes is the smallest d in which they exist."""

POLYAKOV_PREFIX = "polyakov_"
DIRECTION_NAMES = ("x", "y", "z", "t")


def direction_names(d: int) -> tuple[str, ...]:
    """Names of the directions of a d-dimensional lattice; the last is time."""
    return (*DIRECTION_NAMES[: d - 1], "t")


def rotations(path: Path) -> list[Path]:
    """The closed path started at each of its corners."""
    return [path[k:] + path[:k] for k in range(len(path))]


@lru_cache(maxsize=64)
def images(shape: Path, d: int) -> tuple[Path, ...]:
    """All oriented loops of a shape up to where they start, each once: one start per loop."""
    axes = max(abs(s) for s in shape)
    seen: set[Path] = set()
    chosen = []
    for directions in permutations(range(1, d + 1), axes):
        for signs in product((1, -1), repeat=axes):
            path = tuple((1 if s > 0 else -1) * signs[abs(s) - 1] * directions[abs(s) - 1] for s in shape)
            if path not in seen:
                seen.update(rotations(path))
                chosen.append(path)
    return tuple(chosen)


@lru_cache(maxsize=256)
def staples(name: str, mu: int, shape: tuple[int, ...]) -> tuple[Path, ...]:
    """Staple paths n -> n + mu of loop class ``name`` on a lattice of extents ``shape``.

    ``polyakov_x`` ... ``polyakov_t`` is the loop that winds around that direction, only for links along it;
    ``polyakov_time`` and ``polyakov_space`` are those of the last and of all other directions.
    """
    d = len(shape)
    if name.startswith(POLYAKOV_PREFIX):
        winds = winding_directions(name, d)
        return ((-(mu + 1),) * (shape[mu] - 1),) if mu in winds else ()
    found = set()
    for path in images(SHAPES[name], d):
        for turned in rotations(path):
            if turned[-1] == -(mu + 1):
                found.add(turned[:-1])
    return tuple(sorted(found))


def winding_directions(name: str, d: int) -> tuple[int, ...]:
    """Directions (0-based) around which the Polyakov class ``name`` winds."""
    which = name.removeprefix(POLYAKOV_PREFIX)
    if which == "time":
        return (d - 1,)
    if which == "space":
        return tuple(range(d - 1))
    return (direction_names(d).index(which),)


def loop_exists(name: str, d: int) -> bool:
    """Whether the class has loops in d dimensions."""
    if name.startswith(POLYAKOV_PREFIX):
        which = name.removeprefix(POLYAKOV_PREFIX)
        return which in ("time", "space") or which in direction_names(d)
    return name in SHAPES and max(SHAPES[name]) <= d
