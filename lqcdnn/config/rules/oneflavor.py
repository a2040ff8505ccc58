"""The exact action of one domain wall flavour: which quarks have one, and what it cannot be put together with."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.tables.drafts import Draft, good
from lqcdnn.config.tables.fermions import LARGEST_MASS, ONE_FLAVOR

_WITH = f'with determinant = "{ONE_FLAVOR}"'
KIND = "domain_wall"
HEAVIEST = 10.0
"""Largest mass: the least eigenvalue of B, 1 / m, is a difference of numbers near 1 that solves know to a tolerance."""


def one_flavor_problems(draft: Draft) -> Iterator[Problem]:
    """One flavour of domain wall quarks, positive, and nothing of other pseudofermions.

    A guide has L5 and mass of its own; other keys that are wrong there differ from the action's, which is reported.
    """
    for path, fermion in every_fermion(draft):
        if good(fermion.get("determinant")) != ONE_FLAVOR:
            continue
        wanted = (*_of_every(fermion), *(() if path.startswith("guide") else _of_the_action(fermion)))
        for name, allowed in wanted:
            value = fermion.get(name)
            if not reported_of_action(draft, path, name, value):
                found = shown(list(value) if isinstance(value, tuple) else value)
                yield Problem(f"{path}.{name}", f"found {found} {_WITH}", allowed)


def _of_every(fermion: Draft) -> Iterator[tuple[str, str]]:
    """Keys whose value is another than it has to be, and what that is, of the action and of a guide."""
    L5, mass = (good(fermion.get(name)) for name in ("L5", "mass"))
    if good(fermion.get("kind")) != KIND:
        return
    if L5 and L5 % 2:
        yield "L5", "an even number: for others the determinant of one flavour may be negative"
    if mass == 0.0:
        yield "mass", "a mass above 0"
    if mass is not None and HEAVIEST < mass <= LARGEST_MASS:
        yield "mass", f"at most {HEAVIEST:g}: errors of solves grow with it; 1 is the Pauli-Villars field's"


def _of_the_action(fermion: Draft) -> Iterator[tuple[str, str]]:
    """The same of keys that are the action's, but for what other rules say of overlap quarks and of half a flavour."""
    kind, flavors = (good(fermion.get(name)) for name in ("kind", "flavors"))
    if kind not in (None, KIND, "overlap"):
        yield "kind", f'"{KIND}"'
    if kind != KIND:
        return
    if flavors not in (None, 1) and flavors % 1 == 0:
        yield "flavors", "1: each further flavour is a table of its own"
    if good(fermion.get("rational")):
        yield "rational", "one of the two"
    if good(fermion.get("hasenbusch")):
        yield "hasenbusch", "one of the two: the ratio of two masses below 1 has no exact heat bath"
