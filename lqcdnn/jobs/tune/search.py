"""Look for the cheapest integrator: try what looks best by what is known, until what looks best has been tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from lqcdnn.config.language.counts import counted
from lqcdnn.errors import InputError, NumericalError, StoppedEarly
from lqcdnn.integrators import Integrator
from lqcdnn.jobs.tune.acceptance import Spread
from lqcdnn.jobs.tune.actions import can_be_split, present, refused, smallest_scale, splits, with_update
from lqcdnn.jobs.tune.family import LEAST_TRIALS, Family
from lqcdnn.jobs.tune.limit import Limit
from lqcdnn.jobs.tune.start import Given
from lqcdnn.jobs.tune.variant import Variant
from lqcdnn.update.observed import Meter
from lqcdnn.update.state import State

REFERENCES = 12
"""Reference trajectories of each action, if there is time."""
LEAST_REFERENCES = 3
SHARE_OF_REFERENCES = 0.4
"""Of the time, for the references of all actions."""
ENOUGH = 200
"""Trials of an integrator after which it is known."""
WORTH = 0.97
"""Of the least merit that is known by enough trials: what looks no better is not tried."""
MESSAGE_SECONDS = 5.0


@dataclass(frozen=True)
class Choice:
    """An integrator with its steps, of one action and length."""

    variant: Variant
    family: Family
    steps: int

    @property
    def integrator(self) -> Integrator:
        """As HMC takes it."""
        return self.family.one.with_steps(self.steps)

    @property
    def trials(self) -> int:
        """Trajectories made with it."""
        return len(self.family.tried.get(self.steps, ()))

    @property
    def spread(self) -> Spread:
        """Of dH."""
        return self.family.spread(self.steps, self.variant.mismatch)

    @property
    def cost(self) -> float:
        """Of a trajectory."""
        return self.family.cost(self.steps)

    @property
    def merit(self) -> float:
        """Cost of an accepted unit of time."""
        return self.family.merit(self.steps, self.variant.mismatch)


@dataclass
class Search:
    """The work and its state.

    Parameters
    ----------
    given
        What is tuned.
    first
        The action and length of the input; others are added to :attr:`variants`.
    state
        Of one chain, which all trajectories move.
    limit, meter, report
        Of time; of costs; receives sentences.
    complete
        Whether it ended by itself, not by the time or a signal.
    """

    given: Given
    first: Variant
    state: State
    limit: Limit
    meter: Meter
    report: Callable[[str], None]
    enough: int = ENOUGH
    variants: list[Variant] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    trajectories: int = 0
    complete: bool = True
    _told: float = field(default_factory=monotonic)

    def run(self, own: Integrator, lengths: Sequence[float]) -> None:
        """Measure until the best is known or the time is up.

        Raises
        ------
        InputError
            If the time is too short for a few trajectories.
        StoppedEarly
            By a signal before anything is known.
        """
        self.variants = [self.first]
        self._refer(self.first, LEAST_REFERENCES)
        if len(self.first.references) < LEAST_REFERENCES:
            self._give_up()
        self._add_variants(lengths)
        self._refer_all()
        for variant in self.variants:
            for text in variant.choose_families(own if variant is self.first else None):
                self.report(f"{self.title(variant)}: {text}")
        present = Choice(self.first, self.first.families[0], own.steps)
        while (next_one := self._next(present)) is not None:
            self.complete = self.try_out(next_one)
            if not self.complete:
                break

    def title(self, variant: Variant) -> str:
        """An action and length in words."""
        split = str(variant.split) if variant.split.fermion else "the action"
        return split if variant.length == self.first.length else f"{split}, length {variant.length:g}"

    def choices(self) -> Iterator[Choice]:
        """The best number of steps of every integrator."""
        for variant in self.variants:
            mismatch = variant.mismatch
            for family in variant.families:
                if steps := family.best(mismatch):
                    yield Choice(variant, family, steps)

    def try_out(self, choice: Choice) -> bool:
        """Some trajectories with it, each from where the last one ended; whether time was left for them."""
        variant, family = choice.variant, choice.family
        hmc, trials = variant.observed(choice.integrator), family.tried.setdefault(choice.steps, [])
        for _ in range(LEAST_TRIALS):
            if not self.limit.allows(variant.pace):
                return False
            start = monotonic()
            try:
                self.state, trial = hmc.trial(self.state)
            except NumericalError as error:
                family.failed = max(family.failed, choice.steps)
                self.report(f"{choice.integrator.steps} steps: {error.message}")
                return True
            trials.append(trial)
            self.trajectories += 1
            variant.pace = monotonic() - start
        self._now_and_then(choice)
        return True

    def _next(self, present: Choice) -> Choice | None:
        """What to try now: the input's own integrator, else the one with the least merit; None when both are known."""
        if present.trials < LEAST_TRIALS and present.family.failed < present.steps:
            return present
        choices = list(self.choices())
        best = min(choices, key=lambda choice: choice.merit, default=present)
        if present.trials < min(best.trials, self.enough) and present.family.failed < present.steps:
            return present
        known = min((choice.merit for choice in choices if choice.trials >= self.enough), default=math.inf)
        return best if best.trials < self.enough and best.merit < WORTH * known else None

    def _refer(self, variant: Variant, count: int, share: float = 1.0) -> bool:
        """Reference trajectories up to a number; whether there was time for them."""
        while len(variant.references) < count:
            if not self.limit.allows(variant.pace, share):
                return False
            start = monotonic()
            self.state = variant.reference(self.state)
            self.trajectories += 1
            variant.pace = monotonic() - start
            if monotonic() - self._told > MESSAGE_SECONDS:
                self._say(f"{self.title(variant)}: {counted(len(variant.references), 'reference trajectory')}")
        return True

    def _add_variants(self, lengths: Sequence[float]) -> None:
        """Other masses of the dearest fermion, other lengths."""
        config, found = self.first.config, [self.first.split]
        free = can_be_split(config)
        if free:
            costs = {i: self._cost_of(i) for i in free}
            fermion = max(free, key=costs.__getitem__)
            self.first.split = present(config, fermion)
            found = [self.first.split]
            update = {"length": self.first.length, "steps": 1}
            for split in splits(config.action, fermion, self._scale(fermion)):
                reason = refused(config, update, split)
                if reason is not None:
                    self.left_out.append(f"{split}: {reason}")
                elif split.masses != self.first.split.masses:
                    found.append(split)
        for length in dict.fromkeys((self.first.length, *lengths)):
            for split in found:
                if (length, split) != (self.first.length, self.first.split):
                    changed = with_update(config, {"length": length, "steps": 1}, split)
                    sim = self.given.simulation(changed)
                    pace = self.first.pace * max(1.0, length / self.first.length)
                    self.variants.append(Variant(changed, sim, split, length, self.meter, pace=pace))

    def _cost_of(self, fermion: int) -> float:
        """Of all forces of a fermion."""
        return sum(cost for name, cost in self.first.costs.force.items() if _of(name, fermion))

    def _scale(self, fermion: int) -> float:
        """Smallest scale of its operator, by the iterations of its solves."""
        table, last = self.first.config.action.fermion[fermion - 1], self.first.references[-1]
        found = [work.iterations for name, work in zip(self.first.names, last.terms, strict=True) if _of(name, fermion)]
        return smallest_scale(max(found), table.md_tolerance)

    def _refer_all(self) -> None:
        """References of all actions in turns; those with too few of them are left out."""
        for count in range(1, REFERENCES + 1):
            for variant in self.variants:
                self._refer(variant, max(count, LEAST_REFERENCES if variant is self.first else 1), SHARE_OF_REFERENCES)
        for variant in self.variants[1:]:
            if len(variant.references) < LEAST_REFERENCES:
                self.left_out.append(f"{self.title(variant)}: no time for {LEAST_REFERENCES} reference trajectories")
        self.variants = [self.first, *(v for v in self.variants[1:] if len(v.references) >= LEAST_REFERENCES)]

    def _give_up(self) -> None:
        """End before anything is known."""
        if self.limit.stop.reason is not None:
            raise StoppedEarly(f"stopped by {self.limit.stop.reason} before anything was known")
        minutes = math.ceil(self.limit.spent * 4.0 * LEAST_REFERENCES / (60.0 * max(len(self.first.references), 1)))
        raise InputError(
            f"--minutes {self.limit.seconds / 60.0:g} is too short for {LEAST_REFERENCES} trajectories of "
            f"{self.given.name}",
            hint=f"--minutes {minutes} or more",
        )

    def _now_and_then(self, choice: Choice) -> None:
        if monotonic() - self._told > MESSAGE_SECONDS:
            made = counted(choice.trials, "trajectory")
            self._say(f"{choice.integrator.steps} steps of {choice.family.one.levels[0].scheme.name}: {made}")

    def _say(self, text: str) -> None:
        self._told = monotonic()
        self.report(f"{self.limit.spent:.0f} s: {text}")


def _of(name: str, fermion: int) -> bool:
    """Whether a term is one of a fermion."""
    return f"{name}.".startswith(f"fermion.{fermion}.")
