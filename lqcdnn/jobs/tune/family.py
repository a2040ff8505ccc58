"""Integrators that differ in the number of steps alone: how dH and cost go with it, before and after it was tried."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, pairwise, product
from statistics import median

from lqcdnn.integrators import OMELYAN_LAMBDA, SCHEMES, Integrator, Level, omelyan
from lqcdnn.jobs.tune.acceptance import Spread, spread_of
from lqcdnn.update.observed import Reference, Trial
from lqcdnn.update.shadow import energy_changes, shadow

RATIOS = (1, 2, 3, 4, 6, 8)
"""Steps of a level for each drift of the one outside; of three levels only up to the fourth of them."""
RATIOS_FOURTH = (1, 2, 3)
"""The same of schemes of fourth order, all levels alike."""
LAMBDAS = (OMELYAN_LAMBDA, 0.167, 0.18, 0.206)
"""Parameters of the omelyan scheme; of three levels only the first, its default."""
MOST_LEVELS = 3
MOST_STEPS = 2000
LEAST_ACCEPTANCE = 0.75
"""Of the integrator alone.  With second order an accepted unit of time costs 3 % more than at best, at 0.65; but what
decorrelates in a trajectory, with tau_int (2 - a)/(2 a) at an acceptance a, is cheapest at 0.76."""
LEAST_COST = 1e-9
"""Of a force, where a clock sees none."""
LEAST_TRIALS = 8
"""Trajectories after which those of a number of steps speak for themselves."""


@dataclass(frozen=True)
class Costs:
    """Costs of the parts of a trajectory, medians of what was measured.

    Attributes
    ----------
    force
        By name of the term.
    drift
        Of a motion of the links.
    fixed
        Of heat bath and actions at both ends.
    """

    force: dict[str, float]
    drift: float
    fixed: float

    @classmethod
    def of(cls, names: Sequence[str], references: Sequence[Reference]) -> Costs:
        """Those of some trajectories of one action.

        A force by itself takes longer than one among others: all are scaled to what the trajectories took.
        """
        measured = {name: [cost for one in references for cost in one.terms[k].costs] for k, name in enumerate(names)}
        force = {name: max(median(costs), LEAST_COST) for name, costs in measured.items()}
        drift = median(cost for one in references for cost in one.drifts)
        apart = cls(force, drift, median(one.trial.cost - one.trial.moving for one in references))
        scale = median(max(one.trial.moving, LEAST_COST) / apart.moving(one.integrator) for one in references)
        return cls({name: scale * cost for name, cost in force.items()}, scale * drift, apart.fixed)

    def moving(self, integrator: Integrator) -> float:
        """Cost of the molecular dynamics of a trajectory."""
        forces, drifts = integrator.work()
        costs = [sum(self.force[name] for name in level.terms) for level in integrator.levels]
        return self.drift * drifts + sum(cost * count for cost, count in zip(costs, forces, strict=True))


@dataclass
class Family:
    """One integrator with any number of outermost steps.

    Attributes
    ----------
    one
        With one step.
    order
        p of dH ~ n^-p.
    costs
        Of the parts.
    leading
        dH of some trajectories with one step, by the leading order.
    tried
        Trajectories by number of steps.
    failed
        Largest number of steps with which a trajectory broke down.
    """

    one: Integrator
    order: int
    costs: Costs
    leading: Sequence[float]
    tried: dict[int, list[Trial]] = field(default_factory=dict)
    failed: int = 0

    @cached_property
    def parts(self) -> tuple[float, float]:
        """Cost of molecular dynamics of n steps: (a, b) of a + b n."""
        first, second = (self.costs.moving(self.one.with_steps(n)) for n in (1, 2))
        return 2.0 * first - second, second - first

    def cost(self, steps: int) -> float:
        """Of a trajectory: as tried, or as the sum of its parts."""
        trials = self.tried.get(steps, ())
        if len(trials) >= LEAST_TRIALS:
            return median(trial.cost for trial in trials)
        return self.costs.fixed + self.parts[0] + self.parts[1] * steps

    def integration(self, steps: int) -> Spread:
        """Spread of what the integrator changes the driving Hamiltonian by; trials of other steps say it, too."""
        own = self.tried.get(steps, ())
        if len(own) >= LEAST_TRIALS:
            return spread_of([trial.driven for trial in own])
        tried = [(n / steps, trial.driven) for n, trials in self.tried.items() for trial in trials]
        known = tried or [(1.0 / steps, change) for change in self.leading]
        return spread_of([change * ratio**self.order for ratio, change in known])

    def spread(self, steps: int, mismatch: Spread) -> Spread:
        """Spread of the exact dH; ``mismatch`` is that of S - S_theta."""
        own = self.tried.get(steps, ())
        if len(own) >= LEAST_TRIALS:
            return spread_of([trial.dH for trial in own])
        return self.integration(steps) + mismatch

    def merit(self, steps: int, mismatch: Spread) -> float:
        """Cost of an accepted unit of molecular-dynamics time."""
        accepted = self.spread(steps, mismatch).acceptance
        return self.cost(steps) / (accepted * self.one.length) if accepted > 0.0 else math.inf

    def best(self, mismatch: Spread) -> int:
        """The number of steps with the least merit, of those whose integration accepts enough; 0 if there is none."""
        found, least, worse = 0, math.inf, 0
        for steps in range(self.failed + 1, MOST_STEPS + 1):
            if self.integration(steps).acceptance < LEAST_ACCEPTANCE:
                continue
            merit = self.merit(steps, mismatch)
            found, least, worse = (steps, merit, 0) if merit < least else (found, least, worse + 1)
            if worse > 3:
                break
        return found


def signature(one: Integrator) -> tuple[object, ...]:
    """What integrators have in common that go through the same motions: schemes, steps inside, terms in any order."""
    return tuple(
        (level.scheme, 1 if depth == 0 else level.steps, frozenset(level.terms))
        for depth, level in enumerate(one.levels)
    )


def second_order(
    names: Sequence[str], length: float, costs: Costs, references: Sequence[Reference]
) -> Iterator[Family]:
    """Every nesting of schemes of second order, its dH by the Poisson brackets of the references.

    Terms whose forces cost most are outermost.
    """
    changes = [one.changes for one in references]
    for one in _nestings(names, length, costs):
        yield Family(one, 2, costs, energy_changes(shadow(one, names), changes))


def fourth_order(
    names: Sequence[str], length: float, costs: Costs, references: Sequence[Reference], mismatch: Spread
) -> Iterator[Family]:
    """Schemes of fourth order, of which brackets of this order say nothing.

    Until one is tried it is taken to be as good as that of second order with the same time scales, at its best cost.
    """
    for terms in _time_scales(names, costs):
        for ratio in RATIOS_FOURTH if len(terms) > 1 else (1,):
            nested = [(1, terms[0]), *((ratio, inner) for inner in terms[1:])]
            like = Integrator(tuple(Level(SCHEMES["omelyan"], n, t) for n, t in nested), length)
            changes = energy_changes(shadow(like, names), [one.changes for one in references])
            known = Family(like, 2, costs, changes)
            steps = known.best(mismatch)
            for name in ("force_gradient", "omelyan4") if steps else ():
                one = Integrator(tuple(Level(SCHEMES[name], n, t) for n, t in nested), length)
                family = Family(one, 4, costs, known.leading)
                same = max((known.parts[0] + known.parts[1] * steps - family.parts[0]) / family.parts[1], 0.5)
                yield replace(family, leading=[change / steps**2 * same**4 for change in changes])


def _time_scales(names: Sequence[str], costs: Costs) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Terms shared out among levels, dearest outermost."""
    ordered = sorted(names, key=lambda name: -costs.force[name])
    for count in range(1, min(len(ordered), MOST_LEVELS) + 1):
        for cuts in combinations(range(1, len(ordered)), count - 1):
            ends = (0, *cuts, len(ordered))
            yield tuple(tuple(ordered[a:b]) for a, b in pairwise(ends))


def _nestings(names: Sequence[str], length: float, costs: Costs) -> Iterator[Integrator]:
    for terms in _time_scales(names, costs):
        many = len(terms) > 2
        kinds = ("leapfrog", "omelyan") if many else ("leapfrog", "leapfrog_pqp", "omelyan")
        for chosen in product(kinds, repeat=len(terms)):
            for lambda_ in LAMBDAS if "omelyan" in chosen and not many else LAMBDAS[:1]:
                schemes = [omelyan(lambda_) if kind == "omelyan" else SCHEMES[kind] for kind in chosen]
                for ratios in product(RATIOS[:4] if many else RATIOS, repeat=len(terms) - 1):
                    levels = zip(schemes, (1, *ratios), terms, strict=True)
                    yield Integrator(tuple(Level(*level) for level in levels), length)
