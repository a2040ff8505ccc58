"""Smeared sources and sinks of quarks (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.tables.distillation import DistillationConfig
from lqcdnn.config.tables.quarkobservables import SmearedSource
from lqcdnn.config.tables.smearings import default_alphas
from lqcdnn.fields.group import Group
from lqcdnn.kernels.smearing import spread
from lqcdnn.lattice.geometry import Blocks, Lattice, colors
from lqcdnn.measure.gauge.wilson_loop import ape_smeared
from lqcdnn.measure.hyp import hyp_smeared


class QuarkSmearing:
    """K = (1 + w^2/(4 n) D)^n, D the covariant Laplacian of space: exp(-r^2/w^2) on smooth links, for many steps n.

    Divided by a constant, (1 + k H)^n with the hops H of Wuppertal smearing (S. Guesken, Nucl. Phys. B Proc. Suppl. 17
    (1990) 361; C. R. Allton et al., hep-lat/9303009): k = c/(1 - 2 (d - 1) c), c = w^2/(4 n). K is hermitian and knows
    neither spin nor time. It is gauge covariant, also on smeared links.

    Parameters
    ----------
    options
        Width w, steps n, whether the sink is smeared too, smearing of the links.
    lattice, group, U
        The links, bare.
    boundary
        Boundary signs of the quarks, which hops around space have as well.
    """

    def __init__(self, options: SmearedSource, lattice: Lattice, group: Group, U: Blocks, boundary: tuple[int, ...]):
        self.steps, self.sink = options.smearing_steps or 0, options.sink == "gaussian"
        self._lattice = lattice
        self._weight = (options.smearing_width or 0.0) ** 2 / (4 * max(self.steps, 1))
        self._links = links_of_quarks(options, lattice, group, U, boundary)

    def apply(self, psi: Blocks) -> Blocks:
        """K psi, as a new field."""
        for _ in range(self.steps):
            out = self._lattice.zeros(*psi["c"].shape[1:3])
            spread(out, self._links, psi, self._lattice.neighbours, self._weight)
            psi = out
        return psi

    def at_sink(self, psi: Blocks) -> Blocks:
        """K psi where the sink is smeared, else psi."""
        return self.apply(psi) if self.sink else psi


def links_of_quarks(
    options: SmearedSource | DistillationConfig, lattice: Lattice, group: Group, U: Blocks, boundary: tuple[int, ...]
) -> Blocks:
    """Links that the Laplacian of space of quarks is made of: smeared, with the boundary signs of the quarks in space.

    Raises
    ------
    NumericalError
        If smeared links cannot be projected onto the group.
    """
    U = ape_smeared(lattice, U, group, options.ape_alpha or 0.0, options.ape_steps or 0)
    for _ in range(options.hyp_steps or 0):
        U = hyp_smeared(lattice, U, group, default_alphas(lattice.d, "space"), "space")
    return signed_links(lattice, U, (*boundary[:-1], 1))


def signed_links(lattice: Lattice, U: Blocks, boundary: tuple[int, ...]) -> Blocks:
    """Links with boundary signs in those that lead across the boundary; the links themselves where all are 1."""
    if min(boundary) > 0:
        return U
    links, stored = lattice.links(colors(U)), U["c"]
    ones = [1] * (stored.ndim - 3)  # rows, columns, parts; fewer for groups whose second row follows
    links["c"] = stored * lattice.boundary_signs(boundary).reshape(lattice.d, lattice.blocks, *ones, lattice.width)
    return links


def point_sources(lattice: Lattice, n: int, smearing: QuarkSmearing) -> Iterator[Blocks]:
    """One at the origin for each colour and, running faster, each spin component, smeared."""
    for colour in range(n):
        eta = lattice.zeros(n, lattice.d)
        eta["c"][0, colour, 0, 0, 0] = 1.0
        profile = smearing.apply(eta)["c"][:, :, 0].copy()
        for spin in range(lattice.d):
            eta = lattice.zeros(n, lattice.d)
            eta["c"][:, :, spin] = profile
            yield eta
