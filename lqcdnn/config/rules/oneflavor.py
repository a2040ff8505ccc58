"""The exact action of one domain wall flavour: which quarks have one, and what it cannot be put together with."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.tables.drafts import Draft, good
from lqcdnn.config.tables.fermions import ONE_FLAVOR

_WITH = f'with determinant = "{ONE_FLAVOR}"'
_NEVER_BESIDE = {"rational": (None, False), "hasenbusch": (None, ())}
"""Keys with nothing to act on here, and their values where they are not given."""


def one_flavor_problems(draft: Draft) -> Iterator[Problem]:
    """One flavour of domain wall quarks, positive, and nothing of other pseudofermions."""
    for path, fermion in every_fermion(draft):
        if good(fermion.get("determinant")) != ONE_FLAVOR:
            continue
        for name, allowed in _wanted(fermion):
            if not reported_of_action(draft, path, name, fermion.get(name)):
                yield Problem(f"{path}.{name}", f"found {shown(good(fermion.get(name)))} {_WITH}", allowed)
        for name, absent in _NEVER_BESIDE.items():
            value = good(fermion.get(name))
            if value not in absent and not reported_of_action(draft, path, name, fermion.get(name)):
                found = list(value) if isinstance(value, tuple) else value
                yield Problem(f"{path}.{name}", f"found {shown(found)} {_WITH}", "one of the two")


def _wanted(fermion: Draft) -> Iterator[tuple[str, str]]:
    """Keys whose value is another than it has to be, and what that is."""
    kind, flavors, L5, mass = (good(fermion.get(name)) for name in ("kind", "flavors", "L5", "mass"))
    if kind not in (None, "domain_wall"):
        yield "kind", '"domain_wall"'
        return
    if flavors not in (None, 1):
        yield "flavors", "1: each further flavour is a table of its own"
    if L5 and L5 % 2:
        yield "L5", "an even number: for others the determinant of one flavour may be negative"
    if mass is not None and mass <= 0.0:
        yield "mass", "a mass above 0"
