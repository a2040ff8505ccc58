"""Rules about mesons and baryons: dimensions, groups and quarks that have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.drafts import Draft, dims_of, good, observed, part
from lqcdnn.config.problems import Problem, shown
from lqcdnn.config.valence import quark_of, quarks


def mesons(draft: Draft) -> Iterator[Problem]:
    """Spin and taste of local staggered bilinears are those of d = 2 and 4; quarks with spin exist there only."""
    every = quarks(draft)
    for path, _, options in observed(draft, "mesons"):
        fermion = quark_of(every, options)
        if dims_of(draft) == 3 and (fermion is None or fermion.get("kind") == "staggered"):
            allowed = "d = 2 or 4; observables.pion is the Goldstone pion in any d"
            yield Problem(path, "found with staggered fermions in d = 3", allowed)


def baryons(draft: Draft) -> Iterator[Problem]:
    """See :func:`baryon_problems`, as far as lattice, group and quark are known."""
    every, lattice = quarks(draft), part(draft, "lattice")
    for path, _, options in observed(draft, "baryons"):
        fermion = quark_of(every, options)
        kind = "staggered" if fermion is None else good(fermion.get("kind"))
        yield from baryon_problems(path, good(lattice.get("shape")), good(lattice.get("group")), kind)


def baryon_problems(path: str, shape: Sequence[int] | None, group: str | None, kind: str | None) -> Iterator[Problem]:
    """Three quarks with spin components whose three colours make a singlet; None is what is not known."""
    if group not in (None, "SU(3)"):
        yield Problem(path, f"found with {group}", 'group = "SU(3)": baryons of three quarks')
    elif shape is not None and len(shape) != 4:
        yield Problem(path, f"found in d = {len(shape)}", f"d = 4, not shape {shown(list(shape))}")
    elif kind == "staggered":
        yield Problem(path, "found with staggered fermions", "a wilson or domain_wall fermion or valence quark")


HADRON_RULES = (mesons, baryons)
