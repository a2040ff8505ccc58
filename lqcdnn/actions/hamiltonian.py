"""A Hamiltonian H = K + sum of actions, and the molecular dynamics it drives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lqcdnn.actions.base import Action, Kicking, knows_fixed, knows_twist, sum_of_gradients
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import momenta
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import freeze
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

    Raises
    ------
    InputError
        On a lattice with a twist or fixed links, with an action that knows of none.
    """

    def __init__(self, lattice: Lattice, group: Group, terms: Sequence[Action]) -> None:
        if lattice.twist is not None and not all(isinstance(term, GaugeAction) or knows_twist(term) for term in terms):
            raise InputError("boundary conditions are twisted: only gauge actions and adjoint quarks know of it")
        if lattice.fixed is not None and not all(map(knows_fixed, terms)):
            raise InputError("links are fixed in the first and the last time slice: an action knows nothing of it")
        self.lattice, self.group, self.terms = lattice, group, tuple(terms)
        self._kicking = [term for term in self.terms if isinstance(term, Kicking)]
        self._others = [term for term in self.terms if not isinstance(term, Kicking)]
        self._kicks: dict[tuple[str, ...], tuple[list[Action], Kicking | None]] = {}

    @property
    def names(self) -> list[str]:
        """Those of all terms."""
        return [term.name for term in self.terms]

    def with_term(self, term: Action) -> Hamiltonian:
        """The same with another action in the place of the one of its name."""
        return Hamiltonian(self.lattice, self.group, [term if old.name == term.name else old for old in self.terms])

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

    def gradient(self, U: Blocks, names: Sequence[str]) -> Blocks:
        """Sigma of the named terms, dS = Re tr(Sigma dU), [d, block]; added in the order in which they kick."""
        terms = [term for term in (*self._others, *self._kicking) if term.name in names]
        with clock("forces"):
            return sum_of_gradients(terms, U)

    def kick(self, P: Blocks, U: Blocks, names: Sequence[str], eps: float) -> None:
        """P <- P + eps F, F = force_factor TA(U Sigma) = Pdot of the named terms (physics.md 1)."""
        eps *= self.group.force_factor
        names = tuple(names)
        terms, last = self._kicks.get(names) or self._kick_of(names)
        with clock("forces"):
            Sigma = sum_of_gradients(terms, U) if terms else None
            if last is not None:
                last.kick(P, U, Sigma, eps)
            elif Sigma is not None:
                kernels.kick(P, U, Sigma, eps)
            if self.lattice.fixed is not None:
                freeze(self.lattice, P)

    def _kick_of(self, names: tuple[str, ...]) -> tuple[list[Action], Kicking | None]:
        """The named terms whose gradients are summed, and the one that kicks, which comes last."""
        kicking = [term for term in self._kicking if term.name in names]
        terms = [*(term for term in self._others if term.name in names), *kicking[:-1]]
        self._kicks[names] = terms, kicking[-1] if kicking else None
        return self._kicks[names]

    def force(self, U: Blocks, names: Sequence[str]) -> Blocks:
        """F of the named terms, [d, block]."""
        F = momenta(self.lattice, self.group.n)
        kernels.clear(F)
        self.kick(F, U, names, 1.0)
        return F
