"""Rules about reweighting: the fermion that the configurations were made with, or one that they were made without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED
from lqcdnn.config.rules.fermions import quark_mass_problems
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.rules.valence import FIRST, is_of_action, kind_of, quark_of, quarks
from lqcdnn.config.tables.anisotropy import wilson_term
from lqcdnn.config.tables.background import FLUX_KEYS
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.fermions import CLOVER_TERMS, EXACT_FLAVORS, MOST_FIELDS, allowed_instead_of, masses_of

_TABLE = "observables.reweighting"
_SAME = ("mass", "boundary", "links")


def one_field(kind: str, dims: int) -> int:
    """Flavours that one determinant of positive matrices stands for; 1 where the operator does not exist."""
    return EXACT_FLAVORS[kind].get(dims, (1,))[0]


def reweighting(draft: Draft) -> Iterator[Problem]:
    """See :func:`reweighting_problems`; of an unknown number of directions, what is allowed in four."""
    dims, every = dims_of(draft) or 4, quarks(draft)
    for path, kind, options in observed(draft, "reweighting"):
        fermion = quark_of(every, options)
        found = [*reweighting_problems(options, fermion, dims), *_unlike_the_action(options, fermion, draft)]
        yield from at_table(path, kind, found)


def reweighting_problems(options: Mapping[str, Any], fermion: Draft | None, dims: int) -> Iterator[Problem]:
    """The quark, masses that its operator has a meaning for, and what noise can estimate.

    Parameters
    ----------
    options
        Table ``[observables.reweighting]``, complete.
    fermion
        The fermion of the action or the valence quark that is meant, or None: a staggered field.
    dims
        Number of dimensions.
    """
    valence = _is_valence(options)
    if fermion is not None and not valence:
        yield from _of_the_action(options, fermion)
    elif wrong := list(quark_mass_problems(_TABLE, dict(options), fermion, dims)):
        yield from wrong
        return
    kind = kind_of(fermion)
    flavors = good(options.get("flavors"))
    if flavors and flavors % 1 and (fermion is None or flavors != good(fermion.get("flavors"))):
        yield Problem(f"{_TABLE}.flavors", f"found {shown(flavors)}", "an integer, or flavors of the quark itself")
        return
    free = kind is not None and (fermion is None or valence)
    if free and flavors and flavors > (most := MOST_FIELDS * one_field(kind, dims)):
        yield Problem(f"{_TABLE}.flavors", f"found {shown(flavors)}", f"at most {most}")
        return
    mass, masses = good(options.get("mass")), good(options.get("masses"))
    noise, quenched = options.get("method") == "noise", options.get("mass") is None
    if kind not in (None, "overlap") and noise and quenched:
        instead = '"exact", or mass = that of this fermion in the action that made the configurations'
        yield Problem(f"{_TABLE}.method", 'found "noise" without a mass to start from', instead)
    if kind == "overlap" and noise:
        yield Problem(f"{_TABLE}.method", 'found "noise" with overlap fermions', '"exact"')
    if kind is None or not masses:
        return
    path = [*([] if mass is None else [mass]), *masses]
    quark = fermion or {}
    allowed = masses_of(kind, dims, wilson_term(quark, dims), good(quark.get("rho")))
    own = fermion.get("mass") if fermion is not None and valence else None  # checked where it stands
    refused = [value for value in masses if value != own and allowed.accept(value) is REFUSED]
    if refused:
        found = f"found {shown(refused[0])} with {kind} fermions"
        yield Problem(f"{_TABLE}.masses", found, allowed_instead_of(refused[0], allowed))
        return
    if any(one == other for one, other in pairwise(path)):
        yield Problem(f"{_TABLE}.masses", f"found {shown(list(masses))}", "each another mass than the one before")
    if noise and mass is not None and kind != "overlap":
        yield from _with_noise(kind, path, flavors, good(options.get("steps")), dims)


def _of_the_action(options: Mapping[str, Any], fermion: Draft) -> Iterator[Problem]:
    """The weights are ratios to the determinant of the action."""
    for name in ("flavors", *_SAME):
        mine, wanted = (good(table.get(name)) for table in (options, fermion))
        mine, wanted = (list(value) if isinstance(value, tuple) else value for value in (mine, wanted))
        if mine is not None and wanted is not None and mine != wanted:
            allowed = f"{shown(wanted)}, as fermion {options.get('fermion') or FIRST} of the action"
            yield Problem(f"{_TABLE}.{name}", f"found {shown(mine)}", allowed)


def _is_valence(options: Mapping[str, Any]) -> bool:
    return not is_of_action(good(options.get("fermion")))


def _unlike_the_action(options: Mapping[str, Any], quark: Draft | None, draft: Draft) -> Iterator[Problem]:
    """Weights that begin at a mass of a valence quark are of configurations that such a quark was part of."""
    mass, sea = good(options.get("mass")), tables(draft, "action", "fermion")
    if mass is None or not quark or not _is_valence(options) or not part(draft, "action"):
        return
    of_hops = ("kind", "representation", "theta", "improvement", "naik_epsilon", "u0", "anisotropy", "nu", *FLUX_KEYS)
    keys = (*of_hops, "r", "csw", "csw_time", "M5", "L5", "b5", "c5", "rho")
    wanted = {key: good(quark.get(key)) for key in keys} | {key: good(options.get(key)) for key in _SAME}
    wanted["twisted_mass"] = good(quark.get("twisted_mass")) or None
    wanted["clover"], wanted["mass_splitting"] = _term(quark), None
    for fermion in sea:
        found, flavors = {key: good(fermion.get(key)) for key in wanted}, good(fermion.get("flavors"))
        found["twisted_mass"], found["clover"] = found["twisted_mass"] or None, _term(fermion)
        found["mass_splitting"] = found["mass_splitting"] or None
        if found == wanted and (good(options.get("flavors")) or 1) <= (flavors or 1):
            return
    allowed = "that of a fermion of the action with this operator and as many flavours, or left out: made without it"
    yield Problem(f"{_TABLE}.mass", f"found {shown(mass)}", allowed)


def _term(fermion: Draft) -> str:
    """The form of the clover term of a fermion."""
    return good(fermion.get("clover")) or CLOVER_TERMS[0]


def _with_noise(kind: str, path: list[float], flavors: int | None, steps: int | None, dims: int) -> Iterator[Problem]:
    """A finite ratio of determinants; of quarks with spin an integer power; a finite variance of staggered ones."""
    one = one_field(kind, dims)
    if kind != "staggered":
        if flavors is not None and flavors % one:
            yield Problem(f"{_TABLE}.method", f'found "noise" with {flavors} {kind} flavours', '"exact"')
        return
    if steps is None:  # refused
        return
    fields = -(-(flavors or one) // one)
    power = (flavors or one) / (one * fields)  # of each factor
    for first, last in pairwise(path):
        stops = [first + (last - first) * k / steps for k in range(steps + 1)]
        if min(stops) <= 0.0:
            yield Problem(f"{_TABLE}.masses", "leads through mass 0", 'masses above 0, or method = "exact"')
        elif any((light / heavy) ** (2.0 * power) <= 0.5 for light, heavy in pairwise(stops)):
            allowed = f"more: from {shown(first)} to {shown(last)} in so few steps the noise has no finite variance"
            yield Problem(f"{_TABLE}.steps", f"found {steps}", allowed)
