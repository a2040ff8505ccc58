"""Rules of Wilson and clover quarks with a twisted mass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from lqcdnn.config.language.counts import article
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.valence import both_quarks, quarks
from lqcdnn.config.tables.drafts import Draft, good, observed
from lqcdnn.config.tables.fermions import LARGEST_MASS
from lqcdnn.config.tables.observables import FERMIONIC

MEASURED = ("condensate", "pion", "mesons", "reweighting")
"""Observables of quarks with a twisted mass; the others rely on gamma_5-hermiticity of each flavour, or on one flavour
that is a quark by itself."""


def twisted_mass_problems(draft: Draft) -> Iterator[Problem]:
    """Doublets, operators and solvers that there are, and larger twisted masses of mass preconditioning."""
    for path, fermion in every_fermion(draft):
        if good(fermion.get("twisted_mass")):
            yield from _of_fermion(draft, path, fermion)
        if good(fermion.get("hasenbusch_twisted_mass")):
            yield from _larger(draft, path, fermion)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from quarks_with_twisted_mass(path, kind, options, every)


def quarks_with_twisted_mass(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks with a twisted mass; ``every``: quarks by name."""
    if kind not in FERMIONIC:
        return
    for key, quark in both_quarks(every, options).items():
        if not quark or not good(quark.get("twisted_mass")):
            continue
        flavors = good(options.get("flavors"))
        if kind not in MEASURED:
            allowed = f"a quark without; with a twisted mass {quoted(MEASURED)} are measured"
            yield Problem(path, f"found {article(key)} with twisted_mass", allowed)
            return
        if kind == "reweighting" and key == "fermion" and flavors and flavors % 2:  # it has no antiquark
            allowed = "an even number: doublets of quarks"
            yield Problem(f"{path}.flavors", f"found {flavors} with twisted_mass", allowed)


def _of_fermion(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    flavors, solver = good(fermion.get("flavors")), good(fermion.get("solver"))
    value, density = good(fermion.get("twisted_mass")), good(fermion.get("chemical_potential"))
    inherited = reported_of_action(draft, path, "twisted_mass", fermion.get("twisted_mass"))
    if flavors and flavors % 2 and path.startswith("action"):
        yield Problem(f"{path}.flavors", f"found {flavors} with twisted_mass", "an even number: doublets of quarks")
    if density and not inherited:
        found = f"found {shown(value)} with chemical_potential = {shown(density)}"
        yield Problem(f"{path}.twisted_mass", found, "one of the two")
    if solver == "multigrid" and path.startswith("valence"):
        yield Problem(f"{path}.solver", 'found "multigrid" with twisted_mass', '"cg" or "mixed"')


def _larger(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """Sizes rise from that of the twisted mass; no other way of mass preconditioning, no rational power."""
    sizes = good(fermion.get("hasenbusch_twisted_mass"))
    key, found = f"{path}.hasenbusch_twisted_mass", f"found {shown(list(sizes))}"
    if reported_of_action(draft, path, "hasenbusch_twisted_mass", fermion.get("hasenbusch_twisted_mass")):
        return
    chain = (abs(good(fermion.get("twisted_mass")) or 0.0), *sizes)
    if any(small >= large for small, large in pairwise(chain)):
        yield Problem(key, found, "numbers in rising order, above the size of twisted_mass")
    elif max(sizes) > LARGEST_MASS:
        yield Problem(key, found, f"numbers up to {LARGEST_MASS:g}")
    for name in ("hasenbusch", "rational", "chemical_potential"):
        if good(fermion.get(name)):
            yield Problem(key, f"{found} with {name}", "one of the two")
