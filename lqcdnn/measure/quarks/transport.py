"""Covariant steps and derivatives of quark fields, with the boundary signs of the quark (physics.md 34)."""

from __future__ import annotations

from lqcdnn.kernels.transport import step_ahead, step_behind
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.smearing import signed_links


class Transport:
    """Steps on some links.

    Parameters
    ----------
    lattice, boundary
        Lattice, and boundary signs of the quark.
    """

    def __init__(self, lattice: Lattice, boundary: tuple[int, ...]) -> None:
        self.lattice, self._boundary = lattice, boundary
        self._links: Blocks | None = None

    def set_links(self, U: Blocks) -> None:
        """The links [d, block] that the quark sees."""
        self._links = signed_links(self.lattice, U, self._boundary)

    def ahead(self, psi: Blocks, mu: int) -> Blocks:
        """U_mu(n) psi(n + mu), as a new field."""
        out = zeros_of_kind(psi)
        step_ahead(out, self._links, psi, self.lattice.neighbours, mu)
        return out

    def behind(self, psi: Blocks, mu: int) -> Blocks:
        """U_mu(n - mu)^dag psi(n - mu), as a new field."""
        out = zeros_of_kind(psi)
        step_behind(out, self._links, psi, self.lattice.neighbours, mu)
        return out

    def derivative(self, psi: Blocks, mu: int) -> Blocks:
        """D_mu psi = [U_mu(n) psi(n + mu) - U_mu(n - mu)^dag psi(n - mu)]/2, as a new field."""
        out = self.ahead(psi, mu)
        out["c"] -= self.behind(psi, mu)["c"]
        out["c"] *= 0.5
        return out
