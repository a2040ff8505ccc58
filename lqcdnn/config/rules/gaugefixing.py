"""Rules about links in a gauge: lattices and groups that have it, lattices on which gluons have a polarisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.tables.drafts import Draft, good, observed, part
from lqcdnn.config.tables.gaugefixing import GAUGES, PROJECTING


def gauge_problems(kind: str, options: Draft, shape: Sequence[int], group: str | None = None) -> Iterator[Problem]:
    """Extents that have two sites, and transverse gluons in space.

    Parameters
    ----------
    kind, options
        The observable and its table, complete.
    shape
        Extents, time last.
    group
        None: not known.
    """
    table = f"observables.{kind}"
    if min(shape) < 2:
        yield Problem(table, f"on the lattice {shown(list(shape))}", "extents of at least 2")
    if kind == "gluon_propagator" and len(shape) == 2 and good(options.get("gauge")) == "coulomb":
        allowed = '"landau" in d = 2, where gluons of space have no transverse direction'
        yield Problem(f"{table}.gauge", 'found "coulomb"', allowed)
    if group == "U(1)" and good(options.get("gauge")) in PROJECTING:
        yield Problem(f"{table}.gauge", f'found "{options["gauge"]}" with U(1), which is abelian', quoted(GAUGES))
    if kind == "ghost_propagator":
        yield from _ghosts(options, shape)


def ghost_momenta(given: Sequence[Sequence[int]] | None, shape: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return the k of the momenta of ghosts: those given, or all of the last direction."""
    if given is not None:
        return tuple(map(tuple, given))
    return tuple((*(0,) * (len(shape) - 1), k) for k in range(1, shape[-1] // 2 + 1))


def _ghosts(options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """A number for each direction of the gauge, not all 0."""
    gauge, given = good(options.get("gauge")), good(options.get("momenta"))
    if gauge is None or given is None:
        return
    extents = shape if gauge == "landau" else shape[:-1]
    for one in given:
        if len(one) != len(extents):
            allowed = f"{len(extents)} number{'s' * (len(extents) > 1)}, the directions of {gauge} gauge"
        elif not any(k % n for k, n in zip(one, extents, strict=True)):
            allowed = "momenta other than 0, at which the operator has no inverse"
        else:
            continue
        yield Problem("observables.ghost_propagator.momenta", f"found {shown(list(one))}", allowed)


def gauges(draft: Draft) -> Iterator[Problem]:
    """See :func:`gauge_problems`, where the lattice is known."""
    shape, group = (good(part(draft, "lattice").get(name)) for name in ("shape", "group"))
    for path, kind, options in observed(draft, "gauge_fixing", "gluon_propagator", "ghost_propagator"):
        if shape:
            yield from at_table(path, kind, gauge_problems(kind, options, shape, group))
