"""What observables made of links alone have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.measured import Measured
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.registry import Values, refuse

_Options = TypeVar("_Options", bound=Measured)


class OfLinks(Generic[_Options]):
    """An observable of links: :meth:`measure` is its own, the rest where it is not what stands here.

    Parameters
    ----------
    options
        Its table in the input file.
    fermion
        Of the action; links know nothing of it.
    """

    def __init__(self, options: _Options, fermion: QuarkConfig | None = None) -> None:
        self.options = options

    def description(self) -> Values:
        """Nothing but the links matters."""
        return {}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Why it cannot be measured; there is no reason on any lattice."""
        return ()

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what has :meth:`problems`.

        Raises
        ------
        InputError
            If there are any.
        """
        refuse(self.problems(lattice, group))
