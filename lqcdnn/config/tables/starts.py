"""First configurations: words of ``run.initial``, the keys of an instanton, and the refinement of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED, Either, Integer, ListOf, Number
from lqcdnn.config.tables.drafts import Draft, good, part

STARTS = ("cold", "hot", "twisted", "instanton")
"""Words of ``run.initial``; anything else there is the path of a configuration."""

START_KEYS = ("instanton_charge", "instanton_radius", "instanton_position", "refine")
"""Keys of ``[run]`` that belong to ``initial``."""
_INSTANTON = ("initial", "instanton")


def instanton_charge() -> Any:
    """Declare the key of the charge."""
    return key(Integer(only=(1, -1)), "topological charge of the instanton", 1, when=_INSTANTON)


def instanton_radius() -> Any:
    """Declare the key of the radius."""
    derived = "a quarter of the smallest extent"
    return key(Number(above=0.0), "radius of the instanton in lattice units", derived=derived, when=_INSTANTON)


def instanton_position() -> Any:
    """Declare the key of the centre."""
    derived = "the middle of the lattice, between sites"
    return key(ListOf(Number(minimum=0.0), 4, 4), "centre of the instanton", derived=derived, when=_INSTANTON)


def refinement() -> Any:
    """Declare the key of the refinement."""
    factors = Either((Integer(only=(2,)), ListOf(Integer(only=(1, 2)), 2, 4)))
    return key(factors, "the file of initial is of a lattice coarser by this factor; a list: by direction", None)


def derive_refinement(draft: Draft) -> None:
    """Write one factor as that of each direction, in place."""
    run, shape = part(draft, "run"), good(part(draft, "lattice").get("shape"))
    if isinstance(run.get("refine"), int):
        run["refine"] = (run["refine"],) * len(shape) if shape else REFUSED


def derive_instanton(draft: Draft) -> None:
    """Fill radius and position where an instanton is asked for, in place."""
    run, shape = part(draft, "run"), good(part(draft, "lattice").get("shape"))
    if run.get("initial") == "instanton":
        run.setdefault("instanton_radius", min(shape) / 4 if shape else REFUSED)
        run.setdefault("instanton_position", tuple(n // 2 - 0.5 for n in shape) if shape else REFUSED)


def instanton(draft: Draft) -> Iterator[Problem]:
    """SU(N) in d = 4, a radius and a centre that the lattice has room for."""
    run, lattice = part(draft, "run"), part(draft, "lattice")
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    if run.get("initial") != "instanton" or not shape or not group:
        return
    if len(shape) != 4 or group == "U(1)":
        found = f'found "instanton" with {group} in d = {len(shape)}'
        yield Problem("run.initial", found, '"cold" or "hot": an instanton is one of SU(N) in d = 4')
        return
    radius, position = good(run.get("instanton_radius")), good(run.get("instanton_position"))
    if radius is not None and radius > min(shape) / 2:
        allowed = f"at most {min(shape) / 2:g}, half the smallest extent"
        yield Problem("run.instanton_radius", f"found {shown(radius)}", allowed)
    if position is None:
        return
    found = f"found {shown(list(position))}"
    if any(x >= n for x, n in zip(position, shape, strict=True)):
        yield Problem("run.instanton_position", found, f"numbers below the extents {list(shape)}")
    elif all(x == int(x) for x in position):
        yield Problem("run.instanton_position", f"{found}, a site", "a place between sites")


def refined_start(draft: Draft) -> Iterator[Problem]:
    """A file, of a periodic lattice of links alone, with half of each extent that is refined."""
    run, lattice = part(draft, "run"), part(draft, "lattice")
    factors, shape = good(run.get("refine")), good(lattice.get("shape"))
    if factors is None or not shape:
        return
    if (initial := good(run.get("initial"))) in STARTS:
        yield Problem("run.refine", f'given with initial = "{initial}"', "initial = the path of a configuration file")
    if (time := good(lattice.get("time"))) not in (None, "periodic"):
        yield Problem("lattice.time", f"found {shown(time)} with run.refine", '"periodic"')
    if any(good(value) for value in part(lattice, "twist").values()):
        yield Problem("lattice.twist", "given with run.refine", "one of the two")
    if good(part(draft, "action").get("scalar")) is not None:
        yield Problem("run.refine", "given with [action.scalar]", "a theory of links alone")
    if len(factors) != len(shape) or 2 not in factors:
        allowed = f"2, or a list of {len(shape)} factors 1 or 2, at least one of them 2"
        yield Problem("run.refine", f"found {shown(list(factors))}", allowed)
    elif any(f == 2 and (n % 2 or n < 4) for f, n in zip(factors, shape, strict=True)):
        found = f"found {shown(list(factors))} with lattice.shape = {shown(list(shape))}"
        yield Problem("run.refine", found, "even extents of 4 or more where the factor is 2")


START_RULES = (instanton, refined_start)
