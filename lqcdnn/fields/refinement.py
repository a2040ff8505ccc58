"""Links on a lattice twice as fine, or half as fine, in some directions (docs/physics/multiscale.md)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.kernels.rectangles import double_links
from lqcdnn.kernels.refinement import links_between
from lqcdnn.lattice.geometry import Blocks, Lattice, colors, lattice


def refined(coarse: Lattice, U: Blocks, group: Group, factors: Sequence[int]) -> tuple[Lattice, Blocks]:
    r"""Links of a periodic lattice with twice the sites in each direction whose factor is 2, x first.

    A link is halved as V = V 1. A link in another direction at the site between is half-way between its two neighbours
    A and B of the same direction, parallel transported to it,

    .. math:: W = A (A^\dagger B)^{1/2},

    with the principal root: both halves of a plaquette have the same eigenvalues, with half the angle. Where the root
    is not in SU(N) or not unique W = A. Sites of the coarse lattice have even coordinates here, and products of two
    links from one of them to the next are its links, number by number.

    Parameters
    ----------
    coarse, U, group
        Links [d, block].
    factors
        1 or 2 for each direction.

    Returns
    -------
    tuple
        The lattice, and its links [d, block].
    """
    for mu in (mu for mu, factor in enumerate(factors) if factor == 2):
        between = coarse.links(colors(U))
        links_between(between, U, coarse.neighbours, mu, group.special)
        extents = tuple(n * (2 if nu == mu else 1) for nu, n in enumerate(coarse.shape))
        sides = [coarse.to_user(field) for field in (U, between)]
        coarse = lattice(extents)
        U = coarse.from_links(np.stack(sides, axis=mu + 2).reshape(len(U), *extents, *sides[0].shape[-2:]))
    return coarse, U


def blocked(fine: Lattice, U: Blocks, factors: Sequence[int]) -> tuple[Lattice, Blocks]:
    """Links of a periodic lattice with half the sites in each direction whose factor is 2: products of two links.

    Of the sites those with even coordinates are kept. The inverse of :func:`refined` from the left.

    Parameters
    ----------
    fine, U
        Links [d, block].
    factors
        1 or 2 for each direction.

    Returns
    -------
    tuple
        The lattice, and its links [d, block].

    Raises
    ------
    InputError
        If an extent to be halved is odd.
    """
    if any(n % factor for n, factor in zip(fine.shape, factors, strict=True)):
        raise InputError(f"extents {'x'.join(map(str, fine.shape))}: those to be halved have to be even")
    pairs = fine.links(colors(U))
    double_links(pairs, U, fine.neighbours)
    kept = tuple(slice(None, None, factor) for factor in factors)
    links = [fine.to_user((pairs if factor == 2 else U)[mu])[kept] for mu, factor in enumerate(factors)]
    coarse = lattice(tuple(n // factor for n, factor in zip(fine.shape, factors, strict=True)))
    return coarse, coarse.from_links(np.stack(links))
