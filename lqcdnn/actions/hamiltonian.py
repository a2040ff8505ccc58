"""A Hamiltonian H = K + sum of actions, and the molecular dynamics it drives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.actions.base import Action
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.timing import clock


class Hamiltonian:
    """K + S_1 + S_2 + ... with K = (1/2) sum (p^a)^2 (physics.md 1).

    Parameters
    ----------
    lattice, group
        Where and for which group.
    terms
        The actions; their names are distinct.
    """

    def __init__(self, lattice: Lattice, group: Group, terms: Sequence[Action]) -> None:
        self.lattice, self.group, self.terms = lattice, group, tuple(terms)

    def draw(self, U: Blocks, stream: Stream) -> dict[str, float]:
        """Heat bath of the auxiliary fields of all terms; the values of terms at U that are known by it, by name."""
        with clock("heat bath"):
            drawn = {term.name: term.draw(U, stream) for term in self.terms}
        return {name: value for name, value in drawn.items() if value is not None}

    def potential(self, U: Blocks, known: Mapping[str, float] | None = None) -> dict[str, float]:
        """Value of each term by name; those in ``known`` are taken from there."""
        known = known or {}
        with clock("action"):
            return {term.name: known[term.name] if term.name in known else term.value(U) for term in self.terms}

    def gradient(self, U: Blocks, names: Sequence[str], out: Blocks | None = None) -> Blocks:
        """Sigma of the named terms, dS = Re tr(Sigma dU), [d, block]; in ``out`` if it is given."""
        n, lattice = self.group.n, self.lattice
        Sigma = lattice.links(n) if out is None else out
        if out is not None:
            Sigma["c"] = 0.0
        with clock("forces"):
            for term in self.terms:
                if term.name in names:
                    term.add_gradient(U, Sigma)
        return Sigma

    def force(self, U: Blocks, names: Sequence[str]) -> Blocks:
        """F = Pdot of the named terms: force_factor TA(U Sigma), [d, block]."""
        Sigma = self.gradient(U, names)
        F = np.zeros_like(Sigma)
        kernels.algebra_force(F, U, Sigma, self.group.force_factor)
        return F
