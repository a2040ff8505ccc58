"""Rules of anisotropic lattices: what knows nothing of loops, or directions, that do not all count the same."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.rules.twist import is_twisted
from lqcdnn.config.rules.valence import quark_of, quarks
from lqcdnn.config.tables.anisotropy import has_weights, is_anisotropic
from lqcdnn.config.tables.bias import CHARGE, PLAQUETTE
from lqcdnn.config.tables.drafts import Draft, good, observed, part
from lqcdnn.config.tables.gauge_actions import SYMANZIK_SPACE
from lqcdnn.config.tables.observables import FERMIONIC

_KEY = "action.gauge.anisotropy"


def _found(gauge: Draft) -> str:
    """The key that says so, as a problem names it."""
    if good(gauge.get("anisotropy")) in (None, 1.0):
        return f'action.gauge.kind = "{SYMANZIK_SPACE}"'
    return f"{_KEY} = {shown(gauge['anisotropy'])}"


def _ends(draft: Draft) -> Iterator[Problem]:
    """Between fixed links the coupling, and c_t, are those of isotropic lattices."""
    if good(part(draft, "lattice").get("time")) != "schroedinger":
        return
    for side in ("action", "guide"):
        xi = good(part(draft, side, "gauge").get("anisotropy"))
        if xi not in (None, 1.0) and not (side == "guide" and xi == part(draft, "action", "gauge").get("anisotropy")):
            found = f'found {shown(xi)} with lattice.time = "schroedinger"'
            yield Problem(f"{side}.gauge.anisotropy", found, "1: c_t and the coupling are those of isotropic lattices")


def _others(draft: Draft) -> Iterator[Problem]:
    """Biases and observables that take the directions for equal."""
    gauge = part(draft, "action", "gauge")
    if not is_anisotropic(gauge):
        return
    if good(part(draft, "update", "bias").get("variable")) == PLAQUETTE:
        found_one = f'found "{PLAQUETTE}" with {_found(gauge)}, whose action is no function of the mean plaquette'
        yield Problem("update.bias.variable", found_one, f'"{CHARGE}"')
    for path, kind, options in observed(draft, "gauge_fixing", "gluon_propagator", "ghost_propagator"):
        if (fixed := good(options.get("gauge"))) not in (None, "coulomb"):
            problem = Problem(f"observables.{kind}.gauge", f'found "{fixed}" with {_found(gauge)}', '"coulomb"')
            yield from at_table(path, kind, [problem])
    for name in part(draft, "projection"):
        yield Problem(f"projection.{name}", f"given with {_found(gauge)}", "equal spacings, for links that count alike")


def _quarks(draft: Draft) -> Iterator[Problem]:
    """See :func:`_quark`; quarks of an observable's own."""
    gauge = part(draft, "action", "gauge")
    for path, fermion in every_fermion(draft):
        for name, found, allowed in _quark(path, fermion, gauge):
            if not reported_of_action(draft, path, name, fermion.get(name)):
                yield Problem(f"{path}.{name}", found, allowed)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC) if is_anisotropic(gauge) else ():
        if quark_of(every, options) is None:
            found = f"given for a quark of its own with {_found(gauge)}, whose hops count the same in all directions"
            yield from at_table(path, kind, [Problem(f"observables.{kind}", found, "a quark of [valence.NAME]")])


def _quark(path: str, fermion: Draft, gauge: Draft) -> Iterator[tuple[str, str, str]]:
    """(key, found, allowed): operators of hops to the neighbours, given by their mass, and solvers for them.

    Solvers that the quark would not have without weights are reported by ``rules.solvers``.
    """
    kind, given = good(fermion.get("kind")), "with weights of the hops: anisotropy, nu or csw_time"
    if kind in ("domain_wall", "overlap") and is_anisotropic(gauge):
        yield "kind", f'found "{kind}" with {_found(gauge)}', '"staggered" or "wilson"'
    if not has_weights(fermion):
        return
    density = ("chemical_potential", "diquark_source") if kind == "staggered" else ()
    known = {"improvement": (None, "none"), **dict.fromkeys(density, (None, 0.0)), "kappa": (None,)}
    allowed = {"improvement": '"none"', "kappa": "mass"}
    for name, values in known.items():
        if good(fermion.get(name)) not in values:
            yield name, f"found {shown(fermion[name])} {given}", allowed.get(name, "0")
    solver = good(fermion.get("solver"))
    if (kind, solver) == ("staggered", "half") or (path.startswith("valence") and solver == "multigrid"):
        yield "solver", f'found "{solver}" {given}', '"cg" or "mixed"'


def flow_anisotropy_problems(table: str, options: Draft, draft: Draft) -> Iterator[Problem]:
    """A flow whose velocity is worked out for directions that differ.

    Parameters
    ----------
    table, options
        A flow and its keys.
    draft
        The input, of which the boundaries count.
    """
    xi, lattice = good(options.get("anisotropy")), part(draft, "lattice")
    if xi in (None, 1.0):
        return
    found = f"found {shown(xi)}"
    if good(options.get("kind")) == "zeuthen":
        yield Problem(f"{table}.anisotropy", f'{found} with kind = "zeuthen"', "1, or another kind")
    if good(lattice.get("time")) in ("open", "schroedinger"):
        yield Problem(f"{table}.anisotropy", f"{found} with lattice.time = {shown(lattice['time'])}", "1")
    if good(options.get("slices")):
        yield Problem(f"{table}.slices", f"found true with anisotropy = {shown(xi)}", "false")
    if is_twisted(draft):
        yield Problem(f"{table}.anisotropy", f"{found} with [lattice.twist]", "1")


def _flows(draft: Draft) -> Iterator[Problem]:
    for name in part(draft, "flow"):
        yield from flow_anisotropy_problems(f"flow.{name}", part(draft, "flow", name), draft)
    for path, kind, options in observed(draft, "flow"):
        yield from at_table(path, kind, flow_anisotropy_problems(f"observables.{kind}", options, draft))


ANISOTROPY_RULES = (_ends, _others, _quarks, _flows)
