"""Rules of twisted boundary conditions: planes that exist, and what else an input may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.rules.representations import representation_of
from lqcdnn.config.rules.valence import quark_of, quarks
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE
from lqcdnn.config.tables.observables import ALONG_FLOW, FERMIONIC
from lqcdnn.config.tables.schema import colors_of

TWISTED_OBSERVABLES = (
    "plaquette", "rectangle", "polyakov", "wilson_loop", "energy", "flow", "histogram", "topological_charge",
    "charge_correlator", "plaquette_correlator", "energy_momentum",
)  # fmt: skip
"""Those whose loops are multiplied by their elements of the centre, or need none."""

_WITH = "with [lattice.twist]"


def twisted_observable(
    kind: str, smearing: str | None, along: Sequence[str], quark: Draft | None = None
) -> Problem | None:
    """Say why an observable cannot be measured where boundary conditions are twisted, if there is a reason.

    ``along`` are the further observables of a flow, ``quark`` that of an observable of a Dirac operator.
    """
    if kind in FERMIONIC and kind not in IN_MOMENTUM_SPACE and sees_no_centre(quark):
        return None
    if kind not in TWISTED_OBSERVABLES:
        return Problem(f"observables.{kind}", f"given {_WITH}", quoted(TWISTED_OBSERVABLES))
    if smearing == "ape":
        return Problem(f"observables.{kind}.smearing", f'found "ape" {_WITH}', '"none": its staples know of no twist')
    if unknown := [name for name in along if name not in TWISTED_OBSERVABLES]:
        allowed = quoted(name for name in ALONG_FLOW if name in TWISTED_OBSERVABLES)
        return Problem(f"observables.{kind}.along", f'found "{unknown[0]}" {_WITH}', allowed)
    return None


def sees_no_centre(quark: Draft | None) -> bool:
    """Whether a quark is adjoint, so that its links do not change with an element of the centre; None: staggered."""
    return representation_of(quark) == "adjoint"


def planes_of_twist(draft: Draft) -> Iterator[Problem]:
    """Planes of the lattice, integers of the group."""
    given = {name: good(value) for name, value in part(draft, "lattice", "twist").items()}
    given = {name: value for name, value in given.items() if value is not None}
    group, dims = good(part(draft, "lattice").get("group")), dims_of(draft)
    if given and group == "U(1)":
        yield Problem("lattice.twist", "given with U(1), whose loops have no such factor", "SU(N)")
        return
    for name, value in given.items():
        if dims and not set(name) <= set(direction_names(dims)):
            directions = direction_names(dims)
            planes = [a + b for i, a in enumerate(directions) for b in directions[i + 1 :]]
            yield Problem(f"lattice.twist.{name}", f"no such plane in d = {dims}", quoted(planes))
        elif group and abs(value) >= colors_of(group):
            largest = colors_of(group) - 1
            yield Problem(f"lattice.twist.{name}", f"found {shown(value)} with {group}", f"-{largest} to {largest}")


def _others(draft: Draft) -> Iterator[Problem]:
    """What knows of no twist: quarks that are not adjoint, networks, smearing, tempering, training."""
    if not is_twisted(draft):
        return
    if not all(map(sees_no_centre, tables(draft, "action", "fermion"))):
        found = f"given {_WITH}: matter in other representations than the adjoint one sees the centre"
        yield Problem("action.fermion", found, 'a pure gauge theory, or representation = "adjoint"')
    quarks_by_name = quarks(draft)
    for name in part(draft, "valence"):
        if not sees_no_centre(quarks_by_name[name]):
            yield Problem(f"valence.{name}", f"given {_WITH}", 'representation = "adjoint"')
    for table, allowed in (
        ("network", "networks on lattices without a twist"),
        ("smearing", "[flow.NAME], whose staples know of the twist"),
        ("projection", "projections on lattices without a twist"),
        ("train", "training on lattices without a twist"),
    ):
        if good(draft.get(table)):
            yield Problem(table, f"given {_WITH}", allowed)
    if good(part(draft, "update").get("tempering")) is not None:
        yield Problem("update.tempering", f"given {_WITH}", "one of the two")
    if part(draft, "run").get("initial") == "instanton":
        yield Problem("run.initial", f'found "instanton" {_WITH}', '"cold", "hot", "twisted" or a file')
    for path, kind, options in observed(draft):
        quark = quark_of(quarks_by_name, options) if kind in FERMIONIC else None
        problem = twisted_observable(kind, good(options.get("smearing")), good(options.get("along")) or (), quark)
        yield from at_table(path, kind, [problem] if problem else [])


def is_twisted(draft: Draft) -> bool:
    """Whether any plane has an integer other than 0."""
    return any(good(value) for value in part(draft, "lattice", "twist").values())


TWIST_RULES = (planes_of_twist, _others)
