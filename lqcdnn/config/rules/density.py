"""Rules of quarks at finite density: a real chemical potential, a source of diquarks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from lqcdnn.config.language.counts import article
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.quarkdefaults import at_density
from lqcdnn.config.rules.valence import both_quarks, quarks
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.observables import FERMIONIC

KEYS = ("chemical_potential", "diquark_source")
MEASURED = ("condensate", "quark_number")
"""Observables of quarks at finite density; the others rely on M^dag = gamma_5 M gamma_5, or on a D without mu."""


def density_problems(draft: Draft) -> Iterator[Problem]:
    """A real determinant, an operator and a solver that exist there, and a guide at the density of the action."""
    for path, fermion in every_fermion(draft):
        if at_density(fermion):
            yield from _of_fermion(draft, path, fermion)
    for i, (ours, theirs) in enumerate(
        zip(tables(draft, "guide", "fermion"), tables(draft, "action", "fermion"), strict=False)
    ):
        for name in KEYS:
            mine, wanted = (good(table.get(name)) or 0.0 for table in (ours, theirs))
            if mine != wanted:
                allowed = f"{shown(wanted)} as in action.fermion.{i + 1}, or left out"
                yield Problem(f"guide.fermion.{i + 1}.{name}", f"found {shown(mine)}", allowed)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from quarks_at_density(path, kind, options, every)


def quarks_at_density(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks at finite density; ``every``: quarks by name."""
    if kind not in FERMIONIC or kind in MEASURED:
        return
    for key, quark in both_quarks(every, options).items():
        if quark and at_density(quark):
            found = f"found {article(key)} with chemical_potential or diquark_source"
            yield Problem(path, found, f"a quark without; at finite density {quoted(MEASURED)} are measured")
            return


def _of_fermion(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    group, kind = good(part(draft, "lattice").get("group")), good(fermion.get("kind"))
    key = "chemical_potential" if good(fermion.get("chemical_potential")) else "diquark_source"
    value, solver, improvement = (good(fermion.get(name)) for name in (key, "solver", "improvement"))
    if reported_of_action(draft, path, key, fermion.get(key)) and group != "SU(2)":
        return
    if group not in (None, "SU(2)"):
        allowed = "SU(2): the determinant of other groups is complex (sign problem); theta in time is imaginary"
        yield Problem(f"{path}.{key}", f"found {shown(value)} with {group}", allowed)
        return
    if kind not in ("staggered", "wilson", None):
        yield Problem(f"{path}.{key}", f"found {shown(value)} with {kind} fermions", "staggered or wilson fermions")
        return
    if improvement not in (None, "none"):
        yield Problem(f"{path}.improvement", f'found "{improvement}" with {key}', '"none"')
    if solver in ("half", "multigrid") and not reported_of_action(draft, path, "solver", solver):
        allowed = '"cg", "mixed" or "bicgstab"' if kind == "wilson" else '"cg" or "mixed"'
        yield Problem(f"{path}.solver", f'found "{solver}" with {key}', allowed)
    masses, flavors = good(fermion.get("hasenbusch")), good(fermion.get("flavors"))
    if masses and kind == "staggered" and not reported_of_action(draft, path, "hasenbusch", masses):
        yield Problem(f"{path}.hasenbusch", f"found {shown(list(masses))} with {key}", "none, or wilson fermions")
    if kind == "wilson" and flavors and flavors % 2 and path.startswith("action"):
        allowed = "an even number: the determinant of one Wilson flavour may be negative at finite density"
        yield Problem(f"{path}.flavors", f"found {flavors}", allowed)


def spectrum_at_density(fermion: Draft, dims: int) -> str:
    """What the bounds of the spectrum of M^dag M + j^2 of staggered quarks may be."""
    mass, mu, source = (good(fermion.get(name)) or 0.0 for name in ("mass", *KEYS))
    upper = (mass + dims - 1.0 + math.cosh(mu)) ** 2 + source**2
    if source:
        return f"[{source**2:.6g}, {1.000001 * upper:.6g}], which no configuration leaves"
    return f"[lower, upper], such as [0.001, {1.000001 * upper:.6g}]: no lower bound is known without diquark_source"
