"""The conserved vector current of domain wall quarks, a sum over the fifth dimension (physics.md 3.3).

D = K0 - K A has its hops in K, which act on A psi.  With the halves K = sum_mu (F_mu + B_mu) ahead and behind

V_mu(n) = sum_s [psibar_s(n+mu) (B_mu A psi)_s(n+mu) - psibar_s(n) (F_mu A psi)_s(n)]

and D with phases of the hops between n and n + mu is D + i alpha V_mu(n) + O(alpha^2) (V. Furman, Y. Shamir,
hep-lat/9405004).  Between the fields of the quark (``domainwall_quark``) it is Q D^{-1} V D^{-1} (1 - c5 D_W) Qbar.

Q D^{-1} from the left comes from a solve as well: A commutes with K0, and gamma_5 R, with the reflection R of the fifth
dimension, makes K^dag of K and A^dag of A.  Hence D^{-dag} = R gamma_5 A D^{-1} A^{-1} gamma_5 R, and with
gamma_5 R Q^dag gamma_5 = Qbar

chi = (eta^dag gamma_5 Q D^{-1})^dag = R gamma_5 A D^{-1} A^{-1} Qbar eta,

of which chi^dag (1 - c5 D_W) Qbar is eta^dag gamma_5 S = (S eta)^dag gamma_5.  As D = 1 - Lambda + D_W A,
(1 - c5 D_W) A is b5 + c5 - c5 D, and with z = D^{-1} A^{-1} Qbar eta

D^{-1} (1 - c5 D_W) Qbar eta = (b5 + c5) z - c5 A^{-1} Qbar eta:  one solve gives both sides.
"""

from __future__ import annotations

import numpy as np

from lqcdnn.dirac.conserved import SplitHops
from lqcdnn.dirac.domainwall import DomainWallOperator, rational_rows
from lqcdnn.dirac.domainwall_quark import Propagated, between, less_wilson, on_walls
from lqcdnn.errors import InputError
from lqcdnn.kernels import domainwall as kernels
from lqcdnn.kernels.packing import pack_links
from lqcdnn.lattice.geometry import Blocks


class WallHops(SplitHops):
    """The two hops of which V_mu of one direction is made, F_mu A and B_mu A, and the vectors from the left.

    Parameters
    ----------
    operator
        D of the quark, without phases at the boundary.
    mu
        Direction, 0 ... d - 1.

    Raises
    ------
    InputError
        If A = b5 + c5 Lambda has no inverse.
    """

    def __init__(self, operator: DomainWallOperator, mu: int) -> None:
        self.operator, f = operator, operator.fifth
        if abs(1.0 + operator.mass * (-f.c5 / f.b5) ** f.L5) < 1e-8:
            raise InputError(f"no conserved current with b5 = {f.b5}, c5 = {f.c5}, L5 = {f.L5}: A has no inverse")
        self._inverse = rational_rows((1.0, 0.0), (f.b5, -f.c5), operator.masses, f.L5)
        self._links = tuple(operator.lattice.packed_links(operator.n) for _ in range(2))
        self._zero = operator.vector()
        self._signs = operator.signs.copy()
        self._signs["c"][np.arange(operator.lattice.d) != mu] = 0.0

    def set_links(self, U: Blocks) -> None:
        """Pack the links U [d, block] of this direction, each hop by itself."""
        for links, factors in zip(self._links, ((-0.5, 0.0), (0.0, -0.5)), strict=True):
            pack_links(links, U, self._signs, self.operator.lattice.neighbours, *factors)

    def _hop(self, which: int, psi: Blocks) -> Blocks:
        op, out, inner = self.operator, self.operator.vector(), self.operator.vector()
        nbr, last = op.lattice.neighbours, op.lattice.blocks
        kernels.fifth(inner, op.A, psi, 1.0, 0, last)
        kernels.minus_hopping(out, self._links[which], self._zero, inner, nbr, 1.0, 0, last)  # links have the sign
        return out

    def from_left(self, eta: Blocks, tolerance: float, max_iterations: int) -> Propagated:
        """S eta of a four-dimensional source, and chi in place of the five-dimensional solution.

        Raises
        ------
        NumericalError
            If the solve fails.
        """
        return self._left(self._solved(eta, tolerance, max_iterations)[1])

    def both_sides(self, eta: Blocks, tolerance: float, max_iterations: int) -> tuple[Propagated, Propagated]:
        """S eta with the solution in five dimensions, and with chi in its place, from one solve.

        Raises
        ------
        NumericalError
            If the solve fails.
        """
        op, f = self.operator, self.operator.fifth
        source, z = self._solved(eta, tolerance, max_iterations)
        left = self._left(z)
        z["c"] *= f.b5 + f.c5
        source["c"] *= f.c5
        z["c"] -= source["c"]
        return Propagated(between(op, z, f.L5 - 1, 0), None, z), left

    def _solved(self, eta: Blocks, tolerance: float, max_iterations: int) -> tuple[Blocks, Blocks]:
        """A^{-1} Qbar eta, and z."""
        op = self.operator
        source, z = on_walls(op, eta), op.vector()
        kernels.fifth(source, self._inverse, source, 1.0, 0, op.lattice.blocks)
        op.invert(z, source, tolerance, max_iterations)
        return source, z

    def _left(self, z: Blocks) -> Propagated:
        """S eta, and chi, from z."""
        op, half, chi, turned = self.operator, self.operator.spins // 2, self.operator.vector(), self.operator.vector()
        kernels.fifth(turned, op.A, z, 1.0, 0, op.lattice.blocks)
        chi["c"] = turned["c"][::-1]
        chi["c"][:, :, :, half:] *= -1.0
        quark = between(op, less_wilson(op, chi, -1.0), 0, op.fifth.L5 - 1)
        quark["c"][:, :, half:] *= -1.0
        return Propagated(quark, None, chi)
