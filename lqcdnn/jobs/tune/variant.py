"""One action with one trajectory length: its reference trajectories, and what may integrate it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from lqcdnn.config import RunConfig
from lqcdnn.errors import NumericalError
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.jobs.build import Simulation
from lqcdnn.jobs.tune.acceptance import Spread, spread_of
from lqcdnn.jobs.tune.actions import Split
from lqcdnn.jobs.tune.family import Costs, Family, fourth_order, second_order, signature
from lqcdnn.update.observed import Meter, ObservedHMC, Reference
from lqcdnn.update.shadow import energy_changes, shadow
from lqcdnn.update.state import State

FIRST_STEPS = 6
"""Steps of the omelyan scheme for a unit of time that references begin with."""
FEW = 3
"""References by which the steps of later ones are chosen; some of light quarks are far off with any steps."""
FAR = 2.0
"""|dH| of one of the first references whose steps were too large."""
CLOSE = 1.0
"""|dH| that the steps of later references aim at, for the farthest of the first."""
KEPT = 40
"""Families of an action that go on to be tried: the best by the references."""


@dataclass
class Variant:
    """An action and a length.

    Attributes
    ----------
    config, sim, split, length
        Its input and objects, how its fermion is split, trajectory length.
    meter
        Of costs.
    references
        Trajectories looked at from close by.
    families
        Integrators to choose from.
    steps
        Of the next reference.
    pace
        Wall seconds of its last trajectory; before the first, a guess.
    """

    config: RunConfig
    sim: Simulation
    split: Split
    length: float
    meter: Meter
    references: list[Reference] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    steps: int = 0
    pace: float = 0.0

    @property
    def names(self) -> list[str]:
        """Terms that drive molecular dynamics."""
        return [term.name for term in self.sim.guide.terms]

    @property
    def guided(self) -> bool:
        """Whether a guide drives."""
        return self.sim.guide is not self.sim.exact

    @property
    def costs(self) -> Costs:
        """Of the parts of a trajectory."""
        return Costs.of(self.names, self.references)

    @property
    def mismatch(self) -> Spread:
        """Spread of what S - S_theta changes by along a trajectory, of all there were; 0 without a guide."""
        if not self.guided:
            return Spread(0.0, 0.0)
        tried = chain.from_iterable(trials for family in self.families for trials in family.tried.values())
        return spread_of([trial.mismatch for trial in (*(one.trial for one in self.references), *tried)])

    def observed(self, integrator: Integrator) -> ObservedHMC:
        """HMC of this action."""
        return ObservedHMC(self.sim.exact, integrator, self.sim.guide, self.sim.logs, self.meter)

    def reference(self, state: State) -> State:
        """One more reference trajectory; the first, which may compile, and those with too large steps do not count.

        Raises
        ------
        NumericalError
            If molecular dynamics is not stable with any number of steps.
        """
        warming = self.steps == 0
        self.steps = self.steps or max(2, math.ceil(FIRST_STEPS * self.length))
        state, found = self._reference(state)
        if not abs(found.trial.driven) < FAR and len(self.references) < FEW:
            self.steps *= 2
            return state
        if not warming:
            self.references.append(found)
            self._adapt()
        return state

    def _reference(self, state: State) -> tuple[State, Reference]:
        integrator = Integrator((Level(SCHEMES["omelyan"], self.steps, tuple(self.names)),), self.length)
        for _ in range(8):
            try:
                return self.observed(integrator).reference(state)
            except NumericalError:
                self.steps *= 2
                integrator = integrator.with_steps(self.steps)
        return self.observed(integrator).reference(state)

    def _adapt(self) -> None:
        """Steps with which references are good enough, and no more."""
        if len(self.references) != FEW:
            return
        one = Integrator((Level(SCHEMES["omelyan"], 1, tuple(self.names)),), self.length)
        largest = max(map(abs, self.leading(one)))
        self.steps = max(2, math.ceil((largest / CLOSE) ** 0.5))

    def leading(self, one: Integrator) -> list[float]:
        """dH of the references with an integrator, by the leading order."""
        return energy_changes(shadow(one, self.names), [found.changes for found in self.references])

    def choose_families(self, own: Integrator | None = None) -> Iterator[str]:
        """Set :attr:`families`: the integrator of the input, if it is of this action, and the most promising ones."""
        costs, mismatch = self.costs, self.mismatch
        found = list(second_order(self.names, self.length, costs, self.references))
        yield f"{len(found)} integrators of second order compared"
        found += fourth_order(self.names, self.length, costs, self.references, mismatch)
        merits = [(one.merit(n, mismatch) if (n := one.best(mismatch)) else math.inf) for one in found]
        ranked = sorted(range(len(found)), key=merits.__getitem__)
        self.families = [found[k] for k in ranked[:KEPT] if merits[k] < math.inf]
        if own is None:
            return
        one, order = own.with_steps(1), min(level.scheme.order for level in own.levels)
        others = [family for family in self.families if signature(family.one) != signature(one)]
        self.families = [Family(one, order, costs, self.leading(one)), *others]
