"""Rules about links in a gauge: lattices on which it is defined, and on which gluons have a polarisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.observables import at_table
from lqcdnn.config.tables.drafts import Draft, good, observed, part


def gauge_problems(kind: str, options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Extents that have two sites, and transverse gluons in space.

    Parameters
    ----------
    kind, options
        The observable and its table, complete.
    shape
        Extents, time last.
    """
    table = f"observables.{kind}"
    if min(shape) < 2:
        yield Problem(table, f"on the lattice {shown(list(shape))}", "extents of at least 2")
    if kind == "gluon_propagator" and len(shape) == 2 and good(options.get("gauge")) == "coulomb":
        allowed = '"landau" in d = 2, where gluons of space have no transverse direction'
        yield Problem(f"{table}.gauge", 'found "coulomb"', allowed)


def gauges(draft: Draft) -> Iterator[Problem]:
    """See :func:`gauge_problems`, where the lattice is known."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, kind, options in observed(draft, "gauge_fixing", "gluon_propagator"):
        if shape:
            yield from at_table(path, kind, gauge_problems(kind, options, shape))
