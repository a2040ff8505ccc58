"""The real chemical potential of SU(2) quarks: factors of the hops of an operator, and of derivatives by its links.

Hops forward in time have the factor exp(mu), those backward exp(-mu) (P. Hasenfratz, F. Karsch, Phys. Lett. B 125
(1983) 308).  They are real, so that a packed link of SU(2), a quaternion, can hold them.
"""

from __future__ import annotations

import math

from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Blocks, Lattice


def check_colours(n: int) -> None:
    """Refuse groups with complex determinants.

    Raises
    ------
    InputError
        For another number of colours than 2.
    """
    if n != 2:
        raise InputError("chemical_potential: allowed: SU(2), whose quarks have a real determinant; others: theta")


def weigh_hops(W: Blocks, mu: float) -> None:
    """Multiply packed links [block, 2 d] in time, the last direction of each half, with exp(mu) and exp(-mu)."""
    d = W.shape[1] // 2
    for k, factor in ((d - 1, math.exp(mu)), (2 * d - 1, math.exp(-mu))):
        W["c"][:, k] *= W["c"].dtype.type(factor)


def signs_of_sides(lattice: Lattice, signs: Blocks, mu: float) -> tuple[Blocks, Blocks]:
    """``signs`` [d, block] with the factors of hops that belong to even and to odd targets.

    A link U_mu(n) is the hop to n from n + mu, and the one to n + mu from n.  Kernels add derivatives of both at n,
    with one sign.  Given fields of one parity each, at even n one of the two remains, at odd n the other: the first
    signs are those of hops to even sites, the second of hops to odd ones.
    """
    half, forward, backward = lattice.half, math.exp(mu), math.exp(-mu)
    even, odd = signs.copy(), signs.copy()
    for field, factors in ((even, (forward, backward)), (odd, (backward, forward))):
        field["c"][-1, :half] *= factors[0]
        field["c"][-1, half:] *= factors[1]
    return even, odd
