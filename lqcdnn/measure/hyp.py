"""Hypercubic smearing of links (physics.md 1; A. Hasenfratz, F. Knechtli, hep-lat/0103029)."""

from __future__ import annotations

from collections.abc import Sequence

from lqcdnn.errors import NumericalError
from lqcdnn.fields.gauge import unitarity_violation
from lqcdnn.fields.group import Group
from lqcdnn.kernels.hyp import smear_links
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.hypercubes import hypercubic_levels


def hyp_smeared(
    lattice: Lattice, U: Blocks, group: Group, alphas: Sequence[float], directions: str = "all"
) -> Blocks:
    """Links after one step of hypercubic smearing; U is left as it is.

    Each sum of links is projected as in APE smearing: X (X^dag X)^(-1/2), for SU(N) divided by the root of its
    determinant with the smallest angle.

    Parameters
    ----------
    lattice, U, group
        Links [d, block].
    alphas
        Weight of the staples in each level, outermost first: d - 1 numbers, d - 2 for directions = "space".
    directions
        "all"; "time": links in the last direction alone, by staples of all directions; "space": links in the others, in
        cubes of space. The other links are those of U.

    Raises
    ------
    NumericalError
        If a sum of links is singular.
    """
    d, last = lattice.d, lattice.d - 1
    links = {"all": range(d), "time": (last,), "space": range(last)}[directions]
    levels = hypercubic_levels(d, links, (last,) if directions == "space" else ())
    V = U
    for level, alpha in zip(levels, reversed(alphas), strict=True):
        fields = lattice.links(group.n, (len(level),))
        for out, made in zip(fields, level, strict=True):
            smear_links(out, U, V, lattice.neighbours, made.mu, made.staples, alpha, group.special)
        if not unitarity_violation(lattice, fields, group) < 1e-6:
            raise NumericalError("HYP smearing: a sum of links is singular, so it has no projection onto the group")
        V = fields
    if len(links) == d:
        return V
    out = aligned_copy(U)
    for mu, field in zip(links, V, strict=True):
        out[mu] = field
    return out
