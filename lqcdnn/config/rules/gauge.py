"""Rules of gauge actions: loops that exist, paths that close, and what a heat bath can treat."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part, tables
from lqcdnn.config.tables.loops import SHAPES, Path, direction_names, meets_itself, path_fault


def loop_problem(path: str, loop: str, dims: int) -> Iterator[Problem]:
    """A named class of loops that does not exist in d dimensions; ``path`` is the key that names it."""
    direction = loop.removeprefix("polyakov_")
    if loop == "chair" and dims == 2:
        yield Problem(path, 'found "chair"', "loops that exist in d = 2; a chair needs 3 directions")
    elif direction in "xyzt" and loop != direction and direction not in direction_names(dims):
        names = quoted(f"polyakov_{name}" for name in direction_names(dims))
        yield Problem(path, f'no direction of "{loop}" in d = {dims}', names)


def gauge_terms(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Yield (path, table) of every term of the gauge actions; those a guide has from the action once."""
    sides = [("action", part(draft, "action", "gauge")), ("guide", part(draft, "guide", "gauge"))]
    inherited = sides[0][1].get("term") is sides[1][1].get("term")
    for side, gauge in sides[: 1 if inherited else 2]:
        for i, term in enumerate(tables(gauge, "term")):
            yield f"{side}.gauge.term.{i + 1}", term


def _loops(draft: Draft) -> Iterator[Problem]:
    """Names of loops that exist in so many dimensions; paths that are closed loops of the lattice."""
    dims = dims_of(draft)
    for path, term in gauge_terms(draft):
        loops = good(term.get("loops"))
        if isinstance(loops, str):
            yield from loop_problem(f"{path}.loops", loops, dims) if dims else ()
        elif loops:
            yield from _path(f"{path}.loops", loops, dims)


def _path(key: str, steps: Path, dims: int | None) -> Iterator[Problem]:
    found, fault = f"found {shown(list(steps))}", path_fault(steps)
    if fault:
        yield Problem(key, f"{found}: {fault}", "a closed path that never turns straight back, such as [1, 2, -1, -2]")
    elif max(steps) > (dims or inf):
        yield Problem(key, f"{found}, a loop of {max(steps)} directions", f"axes 1 to {dims} in d = {dims}")


def _heatbath(draft: Draft) -> Iterator[Problem]:
    """A heat bath draws links that the action is linear in."""
    shape = good(part(draft, "lattice").get("shape"))
    side = {"heatbath": "action", "slmc": "guide"}.get(good(part(draft, "update").get("kind")) or "")
    if side is None or not shape:
        return
    gauge = part(draft, side, "gauge")
    rectangles = good(gauge.get("kind")) not in (None, "wilson") and gauge.get("c1") != 0.0
    if rectangles and min(shape) < 3:
        allowed = "extents of at least 3: on 2 a rectangle contains a link twice, which a heat bath cannot treat"
        yield Problem("lattice.shape", f"found {shown(list(shape))}", allowed)
    for i, term in enumerate(tables(gauge, "term")):
        path, loops = f"{side}.gauge.term.{i + 1}", good(term.get("loops"))
        steps = SHAPES.get(loops) if isinstance(loops, str) else loops
        if steps and not path_fault(steps) and max(steps) <= len(shape) and meets_itself(steps, shape):
            found = f"found {shown(list(loops) if isinstance(loops, tuple) else loops)}"
            allowed = f"loops that contain no link twice on {shown(list(shape))}: a heat bath cannot treat others"
            yield Problem(f"{path}.loops", found, allowed)


GAUGE_RULES = (_loops, _heatbath)
