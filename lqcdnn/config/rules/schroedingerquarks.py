"""Rules of quarks between fixed links: Wilson and clover quarks, and what has no definition there or is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.rules.valence import quark_of, quarks
from lqcdnn.config.tables.background import FLUX_KEYS
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables

_WITH = 'with lattice.time = "schroedinger"'

_NONE = "none between fixed links"
_KNOWN: dict[str, tuple[tuple[Any, ...], str]] = {
    "kind": (("wilson",), '"wilson", also with csw'),
    "representation": (("fundamental",), '"fundamental"'),
    "r": ((1.0,), "1: hops in time are projectors"),
    "anisotropy": ((1.0,), "1"),
    "nu": ((1.0,), "1"),
    "twisted_mass": ((0.0,), f"0: {_NONE}"),
    "chemical_potential": ((0.0,), f"0: {_NONE}"),
    "solver": (("cg", "mixed", "half", "bicgstab"), '"cg", "mixed" or "bicgstab"'),
    "links": (("thin",), '"thin"'),
}
"""What a quark may have, and the same in words; None is always allowed."""


def between_fixed_links(draft: Draft) -> Iterator[Problem]:
    """Quarks of the action, the guide and valence quarks; c_t by a name where the action has quarks."""
    fixed = good(part(draft, "lattice").get("time")) == "schroedinger"
    for path, kind, options in observed(draft, "schroedinger_correlators"):
        quark = quark_of(quarks(draft), options)
        yield from at_table(path, kind, correlator_problems(fixed, quark))
        if fixed and options.get("theta") is not (quark or {}).get("theta"):  # else reported of the quark
            yield from _angles(draft, path, options)
    if not fixed:
        for path, fermion in every_fermion(draft):
            found = fermion.get("ct_tilde")
            if good(found) is not None and not reported_of_action(draft, path, "ct_tilde", found):
                yield Problem(f"{path}.ct_tilde", "given without fixed links", 'lattice.time = "schroedinger"')
        return
    for path, fermion in every_fermion(draft):
        yield from _of_quark(draft, path, fermion)
    ct = good(part(draft, "action", "gauge").get("ct"))
    if tables(draft, "action", "fermion") and ct in ("one_loop", "two_loop"):
        allowed = '"tree" or a number: the names are those of the pure gauge theory'
        yield Problem("action.gauge.ct", f'found "{ct}" with quarks', allowed)


def correlator_problems(fixed: bool, quark: Draft | None) -> Iterator[Problem]:
    """Correlation functions from fixed links are those of a quark that there is between them."""
    path = "observables.schroedinger_correlators"
    if not fixed:
        yield Problem(path, "given without fixed links", 'lattice.time = "schroedinger"')
    elif quark is None:
        yield Problem(path, "given without a quark", "a Wilson quark in [[action.fermion]] or [valence.NAME]")


def _of_quark(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    for name, (known, allowed) in _KNOWN.items():
        given = fermion.get(name)
        value = good(given)
        if value not in (*known, None) and not reported_of_action(draft, path, name, given):
            yield Problem(f"{path}.{name}", f"found {shown(value)} {_WITH}", allowed)
            if name == "kind":
                return
    csw, csw_time = good(fermion.get("csw")), fermion.get("csw_time")
    if good(csw_time) not in (None, csw) and not reported_of_action(draft, path, "csw_time", csw_time):
        yield Problem(f"{path}.csw_time", f"found {shown(good(csw_time))} {_WITH}", "csw alone")
    for name in FLUX_KEYS:
        flux = fermion.get(name)
        if any(good(flux) or ()) and not reported_of_action(draft, path, name, flux):
            yield Problem(f"{path}.{name}", f"found {shown(list(good(flux)))} {_WITH}", _NONE)
    if not reported_of_action(draft, path, "theta", fermion.get("theta")):
        yield from _angles(draft, path, fermion)


def _angles(draft: Draft, path: str, options: Draft) -> Iterator[Problem]:
    """No angle in time; a list of another length is refused elsewhere."""
    theta = list(good(options.get("theta")) or ())
    if len(theta) == dims_of(draft) and theta[-1]:
        yield Problem(f"{path}.theta", f"found {shown(theta)} {_WITH}", "0 in time, which has ends")
