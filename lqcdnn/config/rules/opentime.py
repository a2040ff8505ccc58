"""Rules of open boundary conditions in time: what knows of them, and margins that leave something of the lattice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.rules.topology import WITH_ENDS
from lqcdnn.config.rules.transformations import masked_networks
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.observables import ALONG_FLOW

OPEN_OBSERVABLES = (
    "plaquette", "rectangle", "polyakov", "wilson_loop", "energy", "flow", "topological_charge", "condensate",
    "eigenvalues", "reweighting", "spectral_density", "energy_momentum",
)  # fmt: skip
"""Those that leave out what is not there, and take no slice for another."""

FIXED_OBSERVABLES = (
    "plaquette", "rectangle", "polyakov", "wilson_loop", "energy", "flow", "topological_charge", "schroedinger",
    "schroedinger_correlators", "energy_momentum",
)  # fmt: skip
"""Those that do so between links that are fixed, and what these are fixed for."""

_WITH = 'with lattice.time = "open"'


def open_problems(kind: str, options: Draft, shape: Sequence[int], time: str = "open") -> Iterator[Problem]:
    """Say why an observable cannot be measured where time is "open" or "schroedinger"."""
    table, known = f"observables.{kind}", OPEN_OBSERVABLES if time == "open" else FIXED_OBSERVABLES
    given = f'with lattice.time = "{time}"'
    if kind not in known:
        yield Problem(table, f"given {given}", quoted(known))
        return
    if kind == "wilson_loop" and (good(options.get("time")) or 0) >= shape[-1]:
        yield Problem(f"{table}.time", f"found {options['time']} {given}", f"at most {shape[-1] - 1}")
    if kind == "wilson_loop" and good(options.get("spatial")):
        allowed = "false: near the ends of time loops of space are others than far from them"
        yield Problem(f"{table}.spatial", f"found true {given}", allowed)
    if kind == "wilson_loop" and time == "schroedinger" and good(options.get("smearing")) == "ape":
        yield Problem(f"{table}.smearing", f'found "ape" {given}', '"none": it would change links that are fixed')
    if kind == "flow":
        yield from zeuthen_problems(table, options, time)
        if unknown := [name for name in good(options.get("along")) or () if name not in known]:
            allowed = quoted(name for name in ALONG_FLOW if name in known)
            yield Problem(f"{table}.along", f'found "{unknown[0]}" {given}', allowed)
    definition = good(options.get("definition"))
    if kind == "topological_charge" and definition not in (*WITH_ENDS, None):
        allowed = '"clover": near the ends others need loops that are not there'
        yield Problem(f"{table}.definition", f'found "{definition}" {given}', allowed)
    charge = kind == "topological_charge" or "topological_charge" in (good(options.get("along")) or ())
    cells = shape[-1] - (len(shape) == 2 and charge)
    margin = good(options.get("margin"))
    if margin and 2 * margin >= cells:
        found = f"found {margin} with {shape[-1]} time slices"
        yield Problem(f"{table}.margin", found, f"at most {(cells - 1) // 2}")


def margin_problems(kind: str, options: Draft) -> Iterator[Problem]:
    """A margin is one of open time."""
    if good(options.get("margin")):
        allowed = 'lattice.time = "open" or "schroedinger"'
        yield Problem(f"observables.{kind}.margin", "found without ends of time", allowed)


def open_time(draft: Draft) -> Iterator[Problem]:
    """What knows nothing of open time, and observables there."""
    lattice = part(draft, "lattice")
    shape = good(lattice.get("shape"))
    if not is_open(draft):
        if good(lattice.get("time")) == "schroedinger":
            return
        for path, kind, options in observed(draft, "energy", "energy_momentum", "flow", "topological_charge"):
            yield from at_table(path, kind, margin_problems(kind, options))
        return
    for table in ("action", "guide"):
        if tables(draft, table, "gauge", "term"):
            yield Problem(f"{table}.gauge.term", f"given {_WITH}", "plaquettes and rectangles: kind or c1")
    for table in ("tempering", "evolution"):
        if good(part(draft, "update").get(table)) is not None:
            yield Problem(f"update.{table}", f"given {_WITH}", "one of the two")
    for path, fermion in every_fermion(draft):
        yield from _quark(draft, path, fermion)
    for name in masked_networks(draft):
        yield Problem(f"network.{name}.masked", f"found true {_WITH}", "false")
    for table, allowed in (
        ("smearing", "[flow.NAME], which knows of it"),
        ("projection", "projections on lattices that are periodic in time"),
        ("surrogate", "surrogates on lattices that are periodic in time"),
    ):
        if good(draft.get(table)):
            yield Problem(table, f"given {_WITH}", allowed)
    if part(draft, "guide", "surrogate"):
        yield Problem("guide.surrogate", f"given {_WITH}", "surrogates on lattices that are periodic in time")
    for name in part(draft, "flow"):
        yield from zeuthen_problems(f"flow.{name}", part(draft, "flow", name))
    if shape:
        for path, kind, options in observed(draft):
            yield from at_table(path, kind, open_problems(kind, options, shape))


def no_twist(draft: Draft) -> Iterator[Problem]:
    """A twist or ends of time."""
    time = good(part(draft, "lattice").get("time"))
    if time in ("open", "schroedinger") and good(part(draft, "lattice").get("twist")):
        yield Problem("lattice.twist", f'given with lattice.time = "{time}"', "one of the two")


def is_open(draft: Draft) -> bool:
    """Whether time is open."""
    return bool(good(part(draft, "lattice").get("time")) == "open")


def _quark(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """Operators of one-link hops, which end with time by themselves."""
    for name, known, allowed in (
        ("kind", ("staggered", "wilson"), '"staggered" or "wilson"'),
        ("improvement", ("none",), '"none"'),
        *((name, (0.0,), "0: no clover term at the ends of time") for name in ("csw", "csw_time")),
    ):
        value = good(fermion.get(name))
        if value not in (*known, None) and not reported_of_action(draft, path, name, value):
            yield Problem(f"{path}.{name}", f"found {shown(value)} {_WITH}", allowed)


def zeuthen_problems(table: str, options: Draft, time: str = "open") -> Iterator[Problem]:
    """A flow that is defined at the ends of time."""
    if good(options.get("kind")) == "zeuthen":
        allowed = '"wilson", "symanzik", "iwasaki" or "dbw2"'
        yield Problem(f"{table}.kind", f'found "zeuthen" with lattice.time = "{time}"', allowed)


OPEN_RULES = (open_time, no_twist)
