"""Rules about projected links: what monopoles and centre vortices are of, and what knows of no other gauge."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.observables import LINK_TABLES, THIN, at_table
from lqcdnn.config.rules.scalar import OF_SCALAR
from lqcdnn.config.tables.confinement import PROJECTION_OF
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part


def confinement_problems(kind: str, group: str | None, dims: int | None, projection: str | None) -> Iterator[Problem]:
    """Links that are in the subgroup, monopoles where there are cubes, and a scalar field in the gauge of its links.

    Parameters
    ----------
    kind
        The observable; any, of which others have no such problem.
    group, dims
        Of the lattice; None: not known yet.
    projection
        Kind of the projection that its links are of, None for other links.
    """
    if kind in OF_SCALAR and projection in PROJECTION_OF.values():
        found = f'found a projection of kind "{projection}", whose links are in a gauge that the scalar field is not in'
        yield Problem(f"observables.{kind}.links", found, f'"{THIN}", or a projection of kind "vortex_removed"')
    if kind not in PROJECTION_OF:
        return
    table, needed = f"observables.{kind}", PROJECTION_OF[kind]
    if kind == "monopoles" and dims == 2:
        yield Problem(table, "given in d = 2, which has no cubes", "d = 3 or 4")
    if group == "U(1)":
        if kind == "center_vortices":
            yield Problem(table, "given with U(1), of which any phase is in the centre", "SU(N)")
    elif group is not None and projection != needed:
        found = "links that are not projected" if projection is None else f'a projection of kind "{projection}"'
        allowed = f'the name of a [projection.NAME] of kind "{needed}"'
        yield Problem(f"{table}.links", f"found {found} with {group}", allowed)


def confinement(draft: Draft) -> Iterator[Problem]:
    """See :func:`confinement_problems`."""
    group = good(part(draft, "lattice").get("group"))
    for path, kind, options in observed(draft, *PROJECTION_OF, *OF_SCALAR):
        links = good(options.get("links"))
        projection = good(part(draft, "projection", links or THIN).get("kind"))
        if projection or links == THIN or any(links in part(draft, table) for table in LINK_TABLES[:-1]):
            yield from at_table(path, kind, confinement_problems(kind, group, dims_of(draft), projection))
