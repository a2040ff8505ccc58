"""Rules of the Schroedinger functional: angles of the fixed links, c_t, and what knows nothing of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.observables import THIN, at_table
from lqcdnn.config.rules.opentime import no_twist, open_problems, zeuthen_problems
from lqcdnn.config.rules.valence import is_of_action, quarks
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.schema import colors_of
from lqcdnn.config.tables.schroedinger import IMPROVED_CT, ct_of

_WITH = 'with lattice.time = "schroedinger"'
_TABLE = "lattice.schroedinger"

ROUNDING = 1e-12
"""How far a sum of angles may be from 0."""


def is_fixed(draft: Draft) -> bool:
    """Whether links are fixed at the ends of time."""
    return bool(good(part(draft, "lattice").get("time")) == "schroedinger")


def boundary_problems(draft: Draft) -> Iterator[Problem]:
    """The table of boundary fields, where links are fixed and nowhere else, and its angles."""
    lattice, table = part(draft, "lattice"), part(draft, "lattice", "schroedinger")
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    if not is_fixed(draft):
        if table and good(lattice.get("time")) is not None:
            found = f"given with lattice.time = {shown(lattice.get('time', 'periodic'))}"
            yield Problem(_TABLE, found, 'lattice.time = "schroedinger"')
        return
    if lattice.get("schroedinger") is None:
        yield Problem(_TABLE, f"missing {_WITH}", 'a table with fields = "A", "zero" or "angles"')
    if shape and shape[-1] < 3:
        allowed = "3 time slices or more: links of the first and the last are fixed"
        yield Problem("lattice.shape", f"found {shown(list(shape))} {_WITH}", allowed)
    if group and table:
        yield from _angles(table, group)


def _angles(table: Draft, group: str) -> Iterator[Problem]:
    """Fields of the group; an angle for each colour, of sum 0 for SU(N)."""
    if good(table.get("fields")) == "A":
        if group not in ("SU(2)", "SU(3)"):
            allowed = '"zero" or "angles": "A" is for SU(2) and SU(3)'
            yield Problem(f"{_TABLE}.fields", f'found "A" with {group}', allowed)
        elif group == "SU(2)" and good(table.get("nu")):
            yield Problem(f"{_TABLE}.nu", f"found {shown(table['nu'])} with SU(2)", "SU(3)")
        return
    n = colors_of(group)
    for name in ("lower", "upper", "lower_slope", "upper_slope"):
        angles = good(table.get(name))
        if angles is None:
            continue
        if len(angles) != n:
            allowed = f"{n} number{'s' if n > 1 else ''}, one for each colour of {group}"
            yield Problem(f"{_TABLE}.{name}", f"found {shown(list(angles))}", allowed)
        elif n > 1 and abs(sum(angles)) > ROUNDING:
            found = f"found {shown(list(angles))}, of sum {sum(angles):g}"
            yield Problem(f"{_TABLE}.{name}", found, "numbers of sum 0")


def _ct(draft: Draft) -> Iterator[Problem]:
    """c_t where there are plaquettes beside fixed links, by a name that is known for the group, and above 0."""
    group = good(part(draft, "lattice").get("group"))
    found = [(f"{side}.gauge", part(draft, side, "gauge")) for side in ("action", "guide")]
    if found[1][1].get("ct") is found[0][1].get("ct") and found[1][1].get("beta") == found[0][1].get("beta"):
        del found[1]  # inherited: reported once
    found += [(path, options) for path, _, options in observed(draft, "schroedinger") if "action" not in draft]
    for path, table in found:
        ct, beta = good(table.get("ct")), good(table.get("beta"))
        if ct is None:
            continue
        if not is_fixed(draft):
            yield Problem(f"{path}.ct", "given without fixed links", 'lattice.time = "schroedinger"')
        elif group and isinstance(ct, str) and ct != "tree":
            yield from _named_ct(path, ct, group, beta)


def _named_ct(path: str, ct: str, group: str, beta: float | None) -> Iterator[Problem]:
    """c_t by perturbation theory."""
    if (ct, group) not in IMPROVED_CT:
        yield Problem(f"{path}.ct", f'found "{ct}" with {group}', 'a number, "tree", or SU(2) or SU(3)')
    elif beta is not None and not ct_of(ct, group, beta, colors_of(group)) > 0.0:
        yield Problem(f"{path}.ct", f'found "{ct}", which is not above 0 at beta = {beta:g}', "a number")


def _others(draft: Draft) -> Iterator[Problem]:
    """What knows nothing of links that are fixed."""
    if not is_fixed(draft):
        return
    exact, guide = part(draft, "action", "gauge"), part(draft, "guide", "gauge")
    none: Draft = {}
    for side, gauge, of_action in (("action", exact, none), ("guide", guide, exact)):
        kind, terms = good(gauge.get("kind")), tables(gauge, "term")
        if kind not in (None, "wilson", of_action.get("kind")):
            yield Problem(f"{side}.gauge.kind", f"found {shown(kind)} {_WITH}", '"wilson"')
        if terms and terms != tables(of_action, "term"):
            yield Problem(f"{side}.gauge.term", f"given {_WITH}", "plaquettes alone")
    yield from _tables(draft)
    initial = part(draft, "run").get("initial")
    if initial in ("twisted", "instanton"):
        yield Problem("run.initial", f'found "{initial}" {_WITH}', '"cold", "hot" or a file')
    for name in part(draft, "flow"):
        yield from zeuthen_problems(f"flow.{name}", part(draft, "flow", name), "schroedinger")


def _tables(draft: Draft) -> Iterator[Problem]:
    """Tables of the input that would do something to links."""
    found: dict[str, tuple[Any, str]] = {
        "guide.surrogate": (part(draft, "guide", "surrogate"), "[guide.gauge] and [[guide.fermion]]"),
        "network": (good(draft.get("network")), "links of the configuration, or of [flow.NAME]"),
        "train": (good(draft.get("train")), "a guide of numbers given"),
        "smearing": (good(draft.get("smearing")), "[flow.NAME], which leaves fixed links as they are"),
        "projection": (good(draft.get("projection")), "projections on lattices that are periodic in time"),
        "surrogate": (good(draft.get("surrogate")), "surrogates on lattices that are periodic in time"),
        "update.tempering": (part(draft, "update", "tempering"), "one of the two"),
        "update.evolution": (part(draft, "update", "evolution"), "one of the two"),
    }
    for path, (given, allowed) in found.items():
        if given:
            yield Problem(path, f"given {_WITH}", allowed)


def fixed_problems(kind: str, options: Draft, shape: tuple[int, ...]) -> Iterator[Problem]:
    """Say why an observable cannot be measured between fixed links."""
    yield from open_problems(kind, options, shape, "schroedinger")


def coupling_problems(options: Draft, fixed: bool, varies: bool) -> Iterator[Problem]:
    """The coupling needs links that are fixed, in a way that depends on eta, and the links of the configuration."""
    table = "observables.schroedinger"
    if not fixed:
        yield Problem(table, "given without fixed links", 'lattice.time = "schroedinger"')
    elif not varies:
        allowed = 'fields = "A", or "angles" with lower_slope or upper_slope'
        yield Problem(table, "given with boundary fields that do not depend on eta", f"{_TABLE}: {allowed}")
    links = good(options.get("links"))
    if links not in (None, THIN):
        yield Problem(f"{table}.links", f"found {shown(links)}", f'"{THIN}": the action is one of these links')


def _observables(draft: Draft) -> Iterator[Problem]:
    shape, table = good(part(draft, "lattice").get("shape")), part(draft, "lattice", "schroedinger")
    if good(part(draft, "lattice").get("time")) == "open":
        return
    slopes = (*(good(table.get("lower_slope")) or ()), *(good(table.get("upper_slope")) or ()))
    varies = good(table.get("fields")) in ("A", None) or any(slopes)
    for path, kind, options in observed(draft):
        if kind == "schroedinger":
            yield from at_table(path, kind, coupling_problems(options, is_fixed(draft), varies))
            yield from at_table(path, kind, _of_action(draft, options))
            yield from at_table(path, kind, sea_problems(options, quarks(draft)))
        elif is_fixed(draft) and shape:
            yield from at_table(path, kind, fixed_problems(kind, options, shape))


def sea_problems(options: Draft, every: Mapping[str, Any]) -> Iterator[Problem]:
    """Names of quarks that mean one; ``every``: quarks by name."""
    unknown = [name for name in good(options.get("quarks")) or () if name not in every]
    if unknown:
        allowed = quoted(every) or "a fermion of the action, or one of [valence]"
        yield Problem("observables.schroedinger.quarks", f'no fermion "{unknown[0]}"', allowed)


def _of_action(draft: Draft, options: Draft) -> Iterator[Problem]:
    """Beta, c_t and the quarks with a clover term are those of the links."""
    gauge = part(draft, "action", "gauge")
    for name, value in (("beta", gauge.get("beta")), ("ct", gauge.get("ct") or 1.0)):
        made, found = good(value), good(options.get(name))
        if "action" in draft and None not in (made, found) and made != found:
            allowed = f"{shown(made)}, the action.gauge.{name} of the links"
            yield Problem(f"observables.schroedinger.{name}", f"found {shown(found)}", allowed)
    every, chosen = quarks(draft), good(options.get("quarks"))
    if "action" not in draft or chosen is None or not all(name in every for name in chosen):
        return
    clover = {name for name in every if good(every[name].get("csw"))}
    sea = sorted(filter(is_of_action, clover), key=int)
    if clover.intersection(chosen) != set(sea):
        allowed = f"no such key: the action has {f'the clover quarks {quoted(sea)}' if sea else 'no clover quarks'}"
        yield Problem("observables.schroedinger.quarks", f"found {shown(list(chosen))}", allowed)


LATTICE_RULES = (boundary_problems, no_twist)
"""Those of a table ``[lattice]`` alone."""

SCHROEDINGER_RULES = (boundary_problems, _ct, _others, _observables)
