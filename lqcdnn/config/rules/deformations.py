"""Rules of learned contours: U(1) with plaquettes alone, and loops of the links themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.observables import THIN, at_table
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.surrogates import NAME

DEFORMED = ("wilson_loop", "polyakov_correlator")
"""Observables whose contour can be shifted."""


def action_problems(table: str, action: Draft, group: str | None) -> Iterator[Problem]:
    """What shifts are known for: S = beta sum (1 - cos theta) of U(1), and nothing more.

    Parameters
    ----------
    table
        Which asks for it, for messages.
    action
        Table ``[action]``, complete.
    group
        Name, or None if it is not known.
    """
    gauge = part(action, "gauge")
    kind, c1 = good(gauge.get("kind")), good(gauge.get("c1"))
    if group not in (None, "U(1)"):
        yield Problem(table, f"given with {group}", "U(1): shifts of angles are those of one phase")
    if kind not in (None, "wilson") and c1 != 0.0:
        yield Problem(table, f'given with action.gauge.kind = "{kind}"', '"wilson": plaquettes alone are shifted')
    if is_anisotropic(gauge) and kind in (None, "wilson"):
        yield Problem(table, f"given with action.gauge.anisotropy = {shown(gauge['anisotropy'])}", "1")
    if good(gauge.get("beta")) == 0.0:
        yield Problem(table, "given with action.gauge.beta = 0, where shifts change nothing", "a larger beta")
    if tables(action, "gauge", "term"):
        yield Problem(table, "given with action.gauge.term", "plaquettes alone")
    if tables(action, "fermion"):
        yield Problem(table, "given with fermions in the action, whose determinant would be shifted too", "none")
    if good(action.get("theta")):
        yield Problem(table, "given with [action.theta]", "no such term")
    if part(action, "scalar"):
        yield Problem(table, "given with [action.scalar], whose hopping term would be shifted too", "no such table")


def observable_problems(kind: str, options: Draft) -> Iterator[Problem]:
    """Loops of the links that the action is of, along axes and in planes with time.

    Parameters
    ----------
    kind
        Observable.
    options
        Its table, complete, with a deformation.
    """
    allowed = {
        "links": (THIN, f'"{THIN}": other links are not those of the action'),
        "smearing": ("none", '"none": smeared links are not those of the action'),
        "directions": ("axes", '"axes"'),
        "spatial": (None, "no such key: planes of space have no shifts"),
    }
    for name, (value, text) in allowed.items():
        found = good(options.get(name))
        if name in options and found not in (None, False, value):
            yield Problem(f"observables.{kind}.{name}", f"found {shown(found)} with a deformation", text)


def deformations(draft: Draft) -> Iterator[Problem]:
    """All of this for an input."""
    action, group = part(draft, "action"), good(part(draft, "lattice").get("group"))
    for path, kind, options in observed(draft, *DEFORMED):
        if good(options.get("deformation")):
            yield from at_table(path, kind, observable_problems(kind, options))
            yield from _run_problems(f"{path}.deformation", draft)
            yield from action_problems(f"{path}.deformation", action, group)
    shape = good(part(draft, "lattice").get("shape"))
    for name in part(draft, "deformation"):
        table = f"deformation.{name}"
        if not re.fullmatch(NAME, name):
            yield Problem(table, "found another character", "letters, digits, _ and -")
        yield from _run_problems(table, draft)
        yield from action_problems(table, action, group)
        for other in ("train", "surrogate"):
            if good(draft.get(other)):
                allowed = "one of the two: lqcdnn train does what the input asks for"
                yield Problem(table, f"given with [{other}]", allowed)
        if shape:
            yield from _sizes(table, part(draft, "deformation", name), shape)


def _sizes(table: str, options: Draft, shape: tuple[int, ...]) -> Iterator[Problem]:
    """Loops that the lattice has; pairs of Polyakov loops up to half of it."""
    space, time = good(options.get("space")), good(options.get("time"))
    limit = min(shape[:-1])
    if good(options.get("target")) == "polyakov_correlator":
        limit = max(1, limit // 2)
    if space is not None and space > limit:
        yield Problem(f"{table}.space", f"found {space}", f"at most {limit}")
    if time is not None and time > shape[-1]:
        yield Problem(f"{table}.time", f"found {time}", f"at most {shape[-1]}, the extent")


def _run_problems(table: str, draft: Draft) -> Iterator[Problem]:
    """Configurations that the action distributes, on a torus."""
    time = good(part(draft, "lattice").get("time"))
    if time not in (None, "periodic"):
        yield Problem(table, f'given with lattice.time = "{time}"', '"periodic"')
    for name in ("evolution", "bias"):
        if good(part(draft, "update").get(name)) is not None:
            yield Problem(table, f"given with [update.{name}]", "no such table: its configurations have weights")
