"""Rules about observables: the links they see, and what of them a lattice has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import nearest, quoted
from lqcdnn.config.rules.quarkdefaults import at_density
from lqcdnn.config.rules.representations import colors_of_quark, representation_of
from lqcdnn.config.rules.valence import both_quarks, quark_of, quarks
from lqcdnn.config.tables.background import has_flux
from lqcdnn.config.tables.confinement import PROJECTION_OF
from lqcdnn.config.tables.drafts import Draft, bad_link_names, dims_of, good, observed, part
from lqcdnn.config.tables.flows import MOST_STEPS, largest_step
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE
from lqcdnn.config.tables.observables import FERMIONIC, observable_kind
from lqcdnn.config.tables.quarkobservables import LARGEST_DETERMINANT, LARGEST_EXACT_TRACE, LARGEST_SPECTRUM
from lqcdnn.config.tables.representations import is_higher

LINK_TABLES = ("network", "flow", "smearing", "projection")
"""Tables of links that observables may name."""
THIN = "thin"
"""The links of the configuration itself."""


def observed_links(draft: Draft) -> Iterator[Problem]:
    """Every name of links is that of a network, flow, smearing or projection."""
    known = (THIN, *(name for table in LINK_TABLES for name in part(draft, table)))
    for path, _, options in observed(draft):
        links = good(options.get("links"))
        if links is not None and links not in known:
            yield unknown_links(f"{path}.links", links, known)


def at_table(path: str, kind: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of ``observables.KIND`` as those of a table that measures this under another name."""
    named = f"observables.{kind}."
    for problem in problems:
        of_path = path + problem.path.removeprefix(f"observables.{kind}")
        message, allowed = (text.replace(named, f"{path}.") for text in (problem.message, problem.allowed))
        yield Problem(of_path, message, allowed, problem.suggestion)


def unknown_links(path: str, links: str, known: Sequence[str]) -> Problem:
    """Describe a name that is neither a network nor a flow, a smearing or a projection."""
    word = nearest(links, known)
    table = "projection" if observable_kind(path.split(".")[1]) in PROJECTION_OF else "flow"
    meant = f'"{word}"' if word else f"to add [{table}.{links}]"
    return Problem(path, f'no network, flow, smearing or projection "{links}"', quoted(known), meant)


def flow_names(draft: Draft) -> Iterator[Problem]:
    """A flow has a name of its own."""
    networks, bad = part(draft, "network"), bad_link_names(draft, "flow")
    yield from bad.values()
    for name in part(draft, "flow"):
        if name in networks and name not in bad:
            yield Problem(f"flow.{name}", f"there is also a network.{name}", "different names")


def flow_steps(draft: Draft) -> Iterator[Problem]:
    """Every flow ends, where it should."""
    for name in part(draft, "flow"):
        yield from bad_steps(f"flow.{name}", part(draft, "flow", name), dims_of(draft))


def bad_steps(table: str, options: Draft, dims: int | None) -> Iterator[Problem]:
    """See :func:`flow_steps`; of an unknown number of directions, what is allowed in four."""
    time, step = good(options.get("time")), good(options.get("step"))
    kind, directions, xi = good(options.get("kind")), dims or 4, good(options.get("anisotropy")) or 1.0
    if step is not None and kind is not None and good(options.get("integrator")) == "rk3":
        largest = largest_step(kind, directions, xi)
        if step > largest * (1.0 + 1e-12):
            of = f"d = {directions}" + f" with anisotropy = {shown(xi)}" * (xi != 1.0)
            allowed = f'at most {largest:.4g} for kind = "{kind}" in {of}, or integrator = "adaptive"'
            yield Problem(f"{table}.step", f"found {shown(step)}", allowed)
    if time is not None and step is not None and time / step > MOST_STEPS:
        yield Problem(f"{table}.time", f"found {shown(time)}", f"at most {MOST_STEPS} times step = {shown(step)}")


def observed_lattice(draft: Draft) -> Iterator[Problem]:
    """What is measured exists on the lattice."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, kind, options in observed(draft, "wilson_loop"):
        if shape:
            yield from at_table(path, kind, wilson_loop_problems(options, shape))


def wilson_loop_problems(options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Loops that fit into the lattice; smearing and loops of space where there are planes of space.

    Of these two nothing is said with a deformation, which is refused with them in any dimension.
    """
    for name, limit in (("space", min(shape[:-1])), ("time", shape[-1])):
        extent = good(options.get(name))
        if extent is not None and extent > limit:
            yield Problem(f"observables.wilson_loop.{name}", f"found {extent}", f"at most {limit}, the extent")
    if good(options.get("deformation")):
        return
    if len(shape) == 2 and good(options.get("spatial")):
        yield Problem("observables.wilson_loop.spatial", "found true in d = 2, which has no plane of space", "false")
    yield from space_smearing_problems("wilson_loop", options, shape)


def space_smearing_problems(kind: str, options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Space links are smeared in planes of space."""
    if len(shape) == 2 and options.get("smearing") == "ape":
        allowed = '"none" in d = 2, where space links have no staples in space'
        yield Problem(f"observables.{kind}.smearing", 'found "ape"', allowed)


class Operator(NamedTuple):
    """The Dirac operator that an observable is made with, that of its fermion; staggered without one."""

    kind: str
    size: int
    """Components of a vector in d dimensions; of staggered fermions on the even sites, but at finite density."""
    walls: int
    """Extent of the fifth dimension, or 1."""


def operator_of(draft: Draft, options: Draft) -> Operator | None:
    """The operator, as far as it is known."""
    lattice, fermion = part(draft, "lattice"), quark_of(quarks(draft), options)
    fermion = {"kind": "staggered"} if fermion is None else fermion
    shape, group, kind = good(lattice.get("shape")), good(lattice.get("group")), good(fermion.get("kind"))
    walls = good(fermion.get("L5")) if kind == "domain_wall" else 1
    if not shape or not group or not kind or not walls:
        return None
    numbers = math.prod(shape) * colors_of_quark(fermion, group)
    if kind == "staggered":
        return Operator(kind, numbers if at_density(fermion) else numbers // 2, walls)
    return Operator(kind, numbers * len(shape), walls)


def exact_methods(draft: Draft) -> Iterator[Problem]:
    """What is exact is of a small lattice: refused here, before a run has begun."""
    exact = ("condensate", "quark_number", "quark_fluctuations", "quark_loops", "reweighting", "spectral_density")
    for path, name, options in observed(draft, *exact):
        operator = operator_of(draft, options)
        if operator is None or options.get("method") != "exact":
            continue
        kind, size, walls = operator
        if name == "condensate":
            yield from _too_large(path, size, LARGEST_EXACT_TRACE, "rows" if kind == "staggered" else "solves")
        elif name == "quark_loops":
            yield from _too_large(path, size * (2 if kind == "staggered" else 1), LARGEST_EXACT_TRACE, "solves")
        elif name == "quark_number":
            yield from _too_large(path, size, LARGEST_EXACT_TRACE, "solves")
        elif name == "quark_fluctuations":
            yield from _too_large(path, size * (good(options.get("order")) or 1), LARGEST_EXACT_TRACE, "solves")
        elif name == "reweighting":
            yield from _too_large(path, size if kind == "staggered" else size * walls // 2, LARGEST_DETERMINANT)
        elif kind not in ("domain_wall", "overlap"):
            yield from _too_large(path, size, LARGEST_SPECTRUM)


def quark_number(draft: Draft) -> Iterator[Problem]:
    """See :func:`quark_number_problems`, as far as group and quark are known."""
    every, group = quarks(draft), good(part(draft, "lattice").get("group"))
    for path, _, options in observed(draft, "quark_number"):
        fermion = quark_of(every, options)
        quark = {"kind": "staggered"} if fermion is None else fermion
        of = None if is_higher(representation_of(quark)) else group
        charged = at_density(quark) or any(good(options.get("theta")) or ()) or has_flux(quark)
        yield from quark_number_problems(path, of, good(quark.get("kind")), charged)


def quark_number_problems(path: str, group: str | None, kind: str | None, charged: bool) -> Iterator[Problem]:
    """Quarks with a number that is not 0 by symmetry, and with a four-dimensional operator; None is not known.

    ``charged``: with a chemical potential, real or imaginary, a source of diquarks, or in an electromagnetic field.
    """
    if group == "SU(2)" and not charged:
        others = "quarks with chemical_potential, theta or magnetic_flux"
        allowed = f"U(1), SU(N) with N above 2, or {others}: else it is 0 on SU(2) links"
        yield Problem(path, "found with SU(2)", allowed)
    elif kind == "domain_wall":
        yield Problem(path, "found with domain_wall fermions", "a staggered or wilson fermion or valence quark")


OF_OVERLAP = (
    "condensate", "pion", "mesons", "eigenvalues", "reweighting", "quark_loops", "meson_currents", "meson_mixing",
    "distillation", "vector_correlator", *IN_MOMENTUM_SPACE,
)  # fmt: skip
"""Observables of overlap quarks."""


def overlap(draft: Draft) -> Iterator[Problem]:
    """See :func:`overlap_problems`."""
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from overlap_problems(path, kind, *both_quarks(every, options).values())


def overlap_problems(path: str, kind: str, *found: Draft | None) -> Iterator[Problem]:
    """An observable that exists of overlap quarks.

    Parameters
    ----------
    path, kind
        Dotted key of the table, and the observable.
    found
        Its quark or quarks, None being staggered.
    """
    if kind not in OF_OVERLAP and any(quark and good(quark.get("kind")) == "overlap" for quark in found):
        allowed = f"another fermion or valence quark; of overlap quarks there are {', '.join(OF_OVERLAP)}"
        yield Problem(path, "found with overlap fermions", allowed)


def _too_large(path: str, size: int, largest: int, unit: str = "rows") -> Iterator[Problem]:
    if size > largest:
        work = f"a matrix of {size} rows" if unit == "rows" else f"{size} {unit}"
        allowed = f'"noise"; "exact" would take {work}, at most {largest} are allowed'
        yield Problem(f"{path}.method", 'found "exact"', allowed)


def spectra(draft: Draft) -> Iterator[Problem]:
    """Eigenvalues that the operator has, and a density that is normalised."""
    for path, name, options in observed(draft, "eigenvalues", "spectral_density"):
        operator, number = operator_of(draft, options), good(options.get("number"))
        if operator is None:
            continue
        every = operator.size * operator.walls // (2 if operator.kind == "overlap" else 1)
        if name == "eigenvalues" and number is not None and number > every:
            yield Problem(f"{path}.number", f"found {number}", f"at most {every}, all of this operator")
        if name == "spectral_density" and operator.kind == "domain_wall":
            allowed = "staggered and wilson fermions: domain walls have no four-dimensional normalisation"
            yield Problem(path, "found with domain_wall fermions", allowed)


def flow_interval(draft: Draft) -> Iterator[Problem]:
    """The flow ends, and its last time is one of those measured."""
    for path, kind, options in observed(draft, "flow"):
        yield from at_table(path, kind, flow_problems(options, dims_of(draft)))


def flow_problems(options: Draft, dims: int | None = None) -> Iterator[Problem]:
    """See :func:`flow_interval`."""
    if problems := list(bad_steps("observables.flow", options, dims)):
        yield from problems
        return
    time, interval = good(options.get("time")), good(options.get("interval"))
    if time is None or interval is None:
        return
    count = time / interval  # may be infinite
    if count > 100_000 or abs(round(count) * interval - time) > 1e-9 * interval:
        allowed = "a fraction of observables.flow.time: its multiples are measured, at most 100000 of them"
        yield Problem("observables.flow.interval", f"found {shown(interval)}", allowed)


OBSERVABLE_RULES = (
    observed_links,
    flow_names,
    flow_steps,
    observed_lattice,
    exact_methods,
    quark_number,
    overlap,
    spectra,
    flow_interval,
)
