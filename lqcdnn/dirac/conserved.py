"""The conserved vector current of Wilson, clover and staggered quarks (physics.md 3.2, 29).

V_mu(n) = (1/2) [qbar(n+mu) (r + gamma_mu) U_mu(n)^dag q(n) - qbar(n) (r - gamma_mu) U_mu(n) q(n+mu)]

lives on the link from n to n + mu: with exp(i alpha) at the hop from n + mu to n and exp(-i alpha) at the one back
D becomes D + i alpha V_mu(n) + O(alpha^2).  As a phase of q(n) is one of the hops at n, the divergence
sum_mu [V_mu(n) - V_mu(n - mu)] is 0 on every configuration but for contact terms, whatever the clover term
(L. H. Karsten, J. Smit, Nucl. Phys. B 183 (1981) 103).  Fields are those of the mass form, <q qbar> = (D + m)^{-1};
hops that have a weight, on anisotropic lattices, have it here too.  Of staggered quarks it is the one-link current

V_mu(n) = (1/2) eta_mu(n) [chibar(n) U_mu(n) chi(n+mu) + chibar(n+mu) U_mu(n)^dag chi(n)].

With F ahead and B behind, the halves of the hops of a link in D, V = F - B, and D with both phases is
D + i alpha V - (alpha^2/2) (F + B) + O(alpha^3).
"""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.kernels import staggered as staggered_kernels
from lqcdnn.kernels import wilson as kernels
from lqcdnn.kernels.packing import pack_links
from lqcdnn.lattice.geometry import Blocks


class SplitHops:
    """A current of one direction from hops ahead and behind that are made apart."""

    def ahead(self, psi: Blocks) -> Blocks:
        """F_mu psi at each site, as a new field."""
        return self._hop(0, psi)

    def behind(self, psi: Blocks) -> Blocks:
        """B_mu psi at each site, as a new field."""
        return self._hop(1, psi)

    def current(self, psi: Blocks) -> Blocks:
        """sum_n V_mu(n) psi, as a new field."""
        out = self.behind(psi)
        out["c"] -= self.ahead(psi)["c"]
        return out

    def _hop(self, which: int, psi: Blocks) -> Blocks:
        raise NotImplementedError


class ConservedHops(SplitHops):
    """F_mu = (1/2) (r - gamma_mu) U_mu(n) psi(n + mu), B_mu = (1/2) (r + gamma_mu) U_mu(n - mu)^dag psi(n - mu).

    Parameters
    ----------
    operator
        D of the quark, without phases at the boundary and chemical potential.
    mu
        Direction, 0 ... d - 1.
    """

    def __init__(self, operator: WilsonOperator, mu: int) -> None:
        self.operator, self.mu = operator, mu
        self._links = tuple(operator.lattice.packed_links(operator.n) for _ in range(2))
        self._zero = operator.vector()
        self._signs = operator.signs.copy()
        self._signs["c"][np.arange(operator.lattice.d) != mu] = 0.0

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] of this direction, each hop by itself."""
        half, nbr = 0.25 * (self.operator.r + 1.0), self.operator.lattice.neighbours
        for links, factors in zip(self._links, ((half, 0.0), (0.0, half)), strict=True):
            pack_links(links, U, self._signs, nbr, *factors)

    def hops(self, psi: Blocks) -> Blocks:
        """sum_n (F + B)_mu(n) psi, as a new field: what D has of these hops."""
        out = self.behind(psi)
        out["c"] += self.ahead(psi)["c"]
        out["c"] *= -1.0
        return out

    def _hop(self, which: int, psi: Blocks) -> Blocks:
        out, hops = self.operator.vector(), self.operator.hops_of(self._links[which])
        nbr, last = self.operator.lattice.neighbours, self.operator.lattice.blocks
        kernels.source_hopping(out, None, hops, self._zero, psi, nbr, 1.0, 0, last)
        return out


class StaggeredHops:
    """V_mu and F + B of one direction, of staggered quarks.

    Parameters
    ----------
    operator
        D of the quark, without phases at the boundary and improvement.
    mu
        Direction, 0 ... d - 1.
    """

    def __init__(self, operator: StaggeredOperator, mu: int) -> None:
        self.operator = operator
        self._links = tuple(operator.lattice.packed_links(operator.n) for _ in range(2))
        self._signs = operator.signs.copy()
        self._signs["c"][np.arange(operator.lattice.d) != mu] = 0.0

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] of this direction, with both signs between the hops."""
        for links, behind in zip(self._links, (0.5, -0.5), strict=True):
            pack_links(links, U, self._signs, self.operator.neighbours, 0.5, behind)

    def current(self, psi: Blocks) -> Blocks:
        """sum_n V_mu(n) psi, as a new field."""
        return self._hop(0, psi)

    def hops(self, psi: Blocks) -> Blocks:
        """sum_n (F + B)_mu(n) psi, as a new field."""
        return self._hop(1, psi)

    def _hop(self, which: int, psi: Blocks) -> Blocks:
        out, last = self.operator.vector(), self.operator.lattice.blocks
        staggered_kernels.hopping(out, self._links[which], psi, self.operator.neighbours, 0, last)
        return out
