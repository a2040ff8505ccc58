"""Links in a higher representation of SU(N) as a map of links, with its pullback (``kernels.representation``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.language.values import quoted
from lqcdnn.config.tables.representations import colour_name, components, existing, exists, is_higher
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.kernels import representation as kernels
from lqcdnn.kernels.links import clear
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch

NO_WEIGHTS: NDArray[np.float64] = np.empty(0)


@dataclass(frozen=True)
class ColourSpace(Group):
    """What quarks of a higher representation have for a gauge group: SU(n), n the dimension of the representation.

    Attributes
    ----------
    of
        The gauge group and the representation, for messages.
    """

    of: str = ""

    @property
    def name(self) -> str:
        """Such as "SU(2) adjoint"."""
        return self.of


def colour_space(group: Group, representation: str | None) -> Group:
    """What a quark of a representation has for its gauge group: the group itself in the fundamental one.

    Raises
    ------
    InputError
        Of a group without the representation, or with one of too many dimensions.
    """
    if representation is None or not is_higher(representation):
        return group
    if not exists(representation, group.n):
        known = quoted(existing(group.n))
        raise InputError(f"no quarks in the representation {representation} of {group.name}; allowed: {known}")
    return ColourSpace(components(representation, group.n), colour_name(group.name, representation))


class RepresentationLinks:
    """U [d, block] of SU(N) -> R(U) [d, block] of SU(dim R) (``network.base.LinkMap``).

    With R real, as the adjoint one is, imaginary parts are zero.  A link that is 0, behind the end of an open time,
    stays 0.

    Parameters
    ----------
    lattice, group
        Of the links, SU(N).
    representation
        "adjoint", "symmetric" or "antisymmetric".

    Attributes
    ----------
    colours
        What takes the place of the gauge group for quarks on R(U).

    Raises
    ------
    InputError
        As :func:`colour_space`.
    """

    def __init__(self, lattice: Lattice, group: Group, representation: str) -> None:
        adjoint = representation == "adjoint"
        self.lattice, self.colours, self.theta = lattice, colour_space(group, representation), NO_WEIGHTS
        self.knows_twist = adjoint
        """Whether R(U) is the same for all elements of the centre times U."""
        self._represent = kernels.adjoint_links if adjoint else kernels.two_index_links
        self._add_derivative = kernels.add_adjoint_derivative if adjoint else kernels.add_two_index_derivative
        self._one = lattice.links(self.colours.n, (1,))

    def forward(self, U: Blocks) -> tuple[Blocks, Blocks]:
        """(R(U), U)."""
        out = scratch(self._one, len(U))
        self._represent(out, U)
        return out, U

    def pullback(self, tape: Blocks, Sigma: Blocks) -> Blocks:
        """Sigma of U from that of R(U), dS = Re tr(Sigma dR)."""
        out = scratch(tape)
        clear(out)
        self.add_pullback(out, tape, Sigma)
        return out

    def add_pullback(self, total: Blocks, tape: Blocks, Sigma: Blocks) -> None:
        """total += pullback."""
        self._add_derivative(total, Sigma, tape)

    def pullback_weights(self, tape: Blocks, Sigma: Blocks) -> tuple[Blocks, NDArray[np.float64]]:
        """The pullback; there are no weights."""
        return self.pullback(tape, Sigma), NO_WEIGHTS


def representation_links(lattice: Lattice, group: Group, representation: str | None) -> RepresentationLinks | None:
    """The map of a representation; None for the fundamental one (errors as :func:`colour_space`)."""
    if representation is None or not is_higher(representation):
        return None
    return RepresentationLinks(lattice, group, representation)
