"""Projections of the links that observables see: ``[projection.NAME]``, and where there are any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import Text
from lqcdnn.config.tables.drafts import Draft, bad_link_names, good, part
from lqcdnn.config.tables.gaugefixing import copies_key, omega_key, steps_key, tolerance_key

KINDS = ("abelian", "center", "vortex_removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionConfig:
    """``[projection.NAME]``: links of SU(N) projected in a gauge, for observables with ``links = "NAME"``."""

    kind: str = key(
        Text(KINDS),
        "diagonal links in maximally abelian gauge, the centre in direct maximal centre gauge, or links divided by it",
    )
    tolerance: float = tolerance_key()
    steps: int = steps_key()
    omega: float = omega_key()
    copies: int = copies_key()


def projection_names(draft: Draft) -> Iterator[Problem]:
    """A projection has a name of its own."""
    bad = bad_link_names(draft, "projection")
    yield from bad.values()
    for name in part(draft, "projection"):
        others = [table for table in ("network", "flow", "smearing") if name in part(draft, table)]
        if others and name not in bad:
            yield Problem(f"projection.{name}", f"there is also a {others[0]}.{name}", "different names")


def projections(draft: Draft) -> Iterator[Problem]:
    """See :func:`projection_problems`, of what is known of the lattice."""
    lattice = part(draft, "lattice")
    for name in part(draft, "projection"):
        yield from projection_problems(name, good(lattice.get("group")), good(lattice.get("shape")))


def projection_problems(name: str, group: str | None, shape: Sequence[int] | None) -> Iterator[Problem]:
    """A group that is not abelian, and neighbours other than the site itself; None: not known."""
    if group == "U(1)":
        yield Problem(f"projection.{name}", "given with U(1), which is abelian", "SU(N); monopoles of U(1) need none")
    if shape and min(shape) < 2:
        yield Problem(f"projection.{name}", f"on the lattice {shown(list(shape))}", "extents of at least 2")


PROJECTION_RULES = (projection_names, projections)
