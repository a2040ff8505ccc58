"""Rules of the density of states in windows of the plaquette."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.smoothcharge import on_a_torus
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, good, part
from lqcdnn.config.tables.schema import colors_of

_TABLE = "update.llr"
NARROWEST = 100
"""Distances of centres in units of the width: windows that far apart know nothing of what is between them."""


def _windows(draft: Draft) -> Iterator[Problem]:
    """Windows lie side by side where there are plaquettes, and their slopes do not change while they are sampled."""
    options = part(draft, "update", "llr")
    limits, built = good(options.get("range")), None
    group = good(part(draft, "lattice").get("group"))
    least = _least_trace(colors_of(group)) if group else -1.0
    if limits and not least < limits[0] < limits[1] < 1.0:
        allowed = f"[lowest, highest], {least:.6g} < lowest < highest < 1, between the bounds of Re tr P / N"
        yield Problem(f"{_TABLE}.range", f"found {shown(list(limits))}", allowed)
    count, width = good(options.get("windows")), good(options.get("width"))
    if limits and count and width and limits[0] < limits[1]:
        length = limits[1] - limits[0]
        least = length / (count - 1) / NARROWEST
        if not least * (1 - 1e-9) <= width <= length * (1 + 1e-9):
            allowed = f"{least:.4g} to {length:.4g}, 1/{NARROWEST} of the distance of the centres to all of the range"
            yield Problem(f"{_TABLE}.width", f"found {shown(width)}", allowed)
    every, newton, further = (good(options.get(name)) for name in ("every", "newton", "robbins_monro"))
    if None not in (every, newton, further):
        built = every * (newton + further)
    until = good(part(draft, "run").get("thermalization"))
    if built and until is not None and built > until:
        found = f"found {newton} + {further} changes of the slopes in {built} trajectories"
        allowed = f"up to run.thermalization = {until}: what is analysed has slopes that stay as they are"
        yield Problem(f"{_TABLE}.every", found, allowed)
    yield from on_a_torus(draft, _TABLE)
    if is_anisotropic(part(draft, "action", "gauge")):
        yield Problem(_TABLE, "given with action.gauge.anisotropy, where plaquettes count otherwise", "one of the two")


def _least_trace(n: int) -> float:
    """The least Re tr / N: -1 is in the group, or of odd N the nearest multiple of it, the centre's -exp(i pi/N)."""
    return -round(math.cos(math.pi / n), 12) if n % 2 and n > 1 else -1.0  # SU(3): -1/2, not below it


def _others(draft: Draft) -> Iterator[Problem]:
    """Nothing but HMC of the links themselves, with a guide or without, has windows."""
    update = part(draft, "update")
    if (kind := update.get("kind")) in ("heatbath", "slmc"):
        yield Problem(_TABLE, f'given with update.kind = "{kind}"', 'kind = "hmc": the plaquette is one of all links')
    for name in ("tempering", "evolution", "transformation", "bias"):
        if good(update.get(name)) is not None:
            yield Problem(f"update.{name}", f"given with [{_TABLE}]", "one of the two")
    if good(update.get("tune")):
        found = f"found true with [{_TABLE}], whose replicas have one number of steps"
        yield Problem("update.tune", found, "false, with the steps that a run without windows finds")
    for name in ("train", "surrogate", "deformation"):
        if good(draft.get(name)):
            yield Problem(name, f"given with [{_TABLE}], whose links are those of windows", "no such table")
    for name in part(draft, "observables"):
        found = f"given with [{_TABLE}], of which no window has the ensemble of the action"
        yield Problem(f"observables.{name}", found, "no such table: the plaquette is in the journal")


def llr(draft: Draft) -> Iterator[Problem]:
    """All rules, where there are windows."""
    if good(part(draft, "update").get("llr")) is not None:
        for rule in (_windows, _others):
            yield from rule(draft)


LLR_RULES = (llr,)
