"""Rules of the multilevel algorithm: slabs that cut time into equal parts, and an action that does not reach across."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.observables import THIN, at_table
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.observables import MULTILEVEL

_TABLE = f"observables.{MULTILEVEL}"


def levels_of(value: int | Sequence[int]) -> tuple[int, ...]:
    """A number for each level, from the thickest slabs to the thinnest."""
    return (value,) if isinstance(value, int) else tuple(value)


def multilevel_problems(options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Slabs within slabs, with a number of updates for each, and distances in space.

    Parameters
    ----------
    options
        Table ``[observables.polyakov_multilevel]``, complete.
    shape
        Extents, time last.
    """
    slab, updates, distance = (good(options.get(name)) for name in ("slab", "updates", "distance"))
    if min(shape) < 2:
        allowed = "extents of at least 2: on 1 a plaquette contains a link twice, which a heat bath cannot treat"
        yield Problem(_TABLE, f"on the lattice {shown(list(shape))}", allowed)
    thick = () if slab is None else levels_of(slab)
    for whole, thickness in pairwise((shape[-1], *thick)):
        if whole % thickness:
            allowed = f"divisors of {shape[-1]}, the extent of time; in a list each one that divides the one before"
            yield Problem(f"{_TABLE}.slab", f"found {shown(_plain(slab))}", allowed)
            break
    if slab is not None and updates is not None and len(levels_of(slab)) != len(levels_of(updates)):
        count = len(levels_of(slab))
        allowed = f"{count} number{'s' if count > 1 else ''}, one for each thickness of slab"
        yield Problem(f"{_TABLE}.updates", f"found {shown(_plain(updates))}", allowed)
    limit = min(shape[:-1]) // 2
    if distance is not None and distance > limit:
        yield Problem(f"{_TABLE}.distance", f"found {distance}", f"at most {limit}, half the smallest extent of space")


def ensemble_problems(options: Draft, action: Draft) -> Iterator[Problem]:
    """What the configurations were made with: Wilson's action alone, with the beta of the updates in the slabs.

    Links of different slabs share no plaquette.  They do share rectangles, and a determinant couples all links.

    Parameters
    ----------
    options
        Table ``[observables.polyakov_multilevel]``, complete.
    action
        Table ``[action]``, complete.
    """
    gauge = part(action, "gauge")
    kind, c1 = good(gauge.get("kind")), good(gauge.get("c1"))
    if kind not in (None, "wilson") and c1 != 0.0:
        found = f'given with action.gauge.kind = "{kind}", whose rectangles reach across slabs'
        yield Problem(_TABLE, found, '"wilson"')
    if is_anisotropic(gauge) and kind in (None, "wilson"):
        found = f"given with action.gauge.anisotropy = {shown(gauge['anisotropy'])}"
        yield Problem(_TABLE, found, "1: the updates in the slabs are those of isotropic lattices")
    if tables(action, "gauge", "term"):
        yield Problem(_TABLE, "given with action.gauge.term, whose loops may reach across slabs", "plaquettes alone")
    if tables(action, "fermion"):
        yield Problem(_TABLE, "given with fermions in the action, which couple all slabs", "a pure gauge theory")
    if part(action, "scalar"):
        yield Problem(_TABLE, "given with action.scalar, of which the updates in the slabs know nothing", "pure gauge")
    beta, made = good(options.get("beta")), good(gauge.get("beta"))
    if beta is not None and made is not None and beta != made:
        yield Problem(f"{_TABLE}.beta", f"found {shown(beta)}", f"{shown(made)}, the action.gauge.beta of the links")


def links_problems(options: Draft) -> Iterator[Problem]:
    """Only links of the configuration itself have the distribution that the updates in the slabs keep."""
    links = good(options.get("links"))
    if links not in (None, THIN):
        allowed = f'"{THIN}": other links are not distributed by the action'
        yield Problem(f"{_TABLE}.links", f"found {shown(links)}", allowed)


def multilevel(draft: Draft) -> Iterator[Problem]:
    """All of this for an input."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, kind, options in observed(draft, MULTILEVEL):
        found = [*links_problems(options), *ensemble_problems(options, part(draft, "action"))]
        if shape:
            found += multilevel_problems(options, shape)
        yield from at_table(path, kind, found)


def _plain(value: int | Sequence[int]) -> int | list[int]:
    return value if isinstance(value, int) else list(value)
