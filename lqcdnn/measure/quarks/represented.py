"""Observables of quarks in a higher representation: those of fundamental ones, on other links."""

from __future__ import annotations

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.representations import is_higher
from lqcdnn.dirac.representation import RepresentationLinks, colour_space
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.registry import Observable, Values


class Represented:
    """An observable of a quark on the links R(U) in place of U: colours are the components of the representation.

    Parameters
    ----------
    of
        The observable of the quark.
    representation
        "adjoint", "symmetric" or "antisymmetric".
    """

    def __init__(self, of: Observable, representation: str) -> None:
        self.of, self.representation = of, representation

    def description(self) -> Values:
        """That of the observable."""
        return self.of.description()

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what the observable refuses, and groups without the representation.

        Raises
        ------
        InputError
            If so.
        """
        self.of.check(lattice, colour_space(group, self.representation))

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """What the observable finds on R(U) (errors as :meth:`check`, and those of the observable)."""
        links = RepresentationLinks(lattice, group, self.representation)
        return self.of.measure(lattice, links.forward(U)[0], links.colours, stream)


def in_representation(of: Observable, quark: QuarkConfig | None) -> Observable:
    """The observable of a quark on the links of its representation."""
    name = None if quark is None else quark.representation
    return of if name is None or not is_higher(name) else Represented(of, name)
