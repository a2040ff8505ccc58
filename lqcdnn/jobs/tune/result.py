"""What a tuning found, as plain data and as input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lqcdnn.analyze.notation import compact
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.schema import expand_terms
from lqcdnn.config.toml import write_toml
from lqcdnn.config.tree import as_tree
from lqcdnn.integrators import OMELYAN_LAMBDA, Level
from lqcdnn.jobs.tune.acceptance import Spread
from lqcdnn.jobs.tune.actions import Split, with_update
from lqcdnn.jobs.tune.family import LEAST_TRIALS
from lqcdnn.jobs.tune.search import Choice, Search


@dataclass(frozen=True)
class ForceRow:
    """A term that drives: |F| on a link, mean and largest, cost of a force, iterations of its solver."""

    term: str
    mean: float
    largest: float
    cost: float
    iterations: float


@dataclass(frozen=True)
class Row:
    """An integrator of an action.

    Attributes
    ----------
    masses
        Of mass preconditioning, as in the input; empty: none.
    length, levels
        Trajectory length; the time scales, each as the input writes it.
    acceptance, acceptance_error
        Of trials, or predicted where there were none.
    cost, merit
        Of a trajectory, and of an accepted unit of molecular-dynamics time; None where nothing is accepted.
    merit_error
        By the error of the acceptance.
    trials
        Trajectories made with it.
    """

    masses: list[float]
    length: float
    levels: list[dict[str, Any]]
    acceptance: float
    acceptance_error: float
    cost: float
    merit: float | None
    merit_error: float | None
    trials: int


@dataclass(frozen=True)
class Blame:
    """Self-learning HMC: how much of the variance of dH comes from where.

    Attributes
    ----------
    guide, integrator
        Acceptance if the molecular dynamics of the guide were exact, and if the guide were the action.
    guide_error, integrator_error
        Of these.
    share
        Of the guide, in the variance of both.
    """

    guide: float
    guide_error: float
    integrator: float
    integrator_error: float
    share: float

    @classmethod
    def of(cls, mismatch: Spread, integration: Spread) -> Blame:
        """By the spreads of S - S_theta and of the integrator."""
        whole = mismatch.variance + integration.variance
        return cls(
            mismatch.acceptance,
            mismatch.acceptance_error,
            integration.acceptance,
            integration.acceptance_error,
            mismatch.variance / whole if whole else 0.0,
        )


@dataclass
class Tuned:
    """Outcome of a tuning.

    Attributes
    ----------
    start, equilibrium
        What the trajectories began with, and whether that is known to be thermalised.
    trajectories, seconds, complete
        How many, and wall time without compiling; whether the search ended by itself, not by the time or a signal.
    forces, fixed
        Of the input's action; cost of heat bath and actions at both ends.
    present, best
        The input's integrator and the cheapest one found.
    rows
        The best ones, cheapest first.
    gain, gain_error
        How many times cheaper the best is; None where the input's accepts nothing.
    present_blame, best_blame
        With a guide.
    left_out
        What was not looked at, and why.
    fragment
        Tables to put into the input.
    tuned
        The whole input with them.
    """

    start: str
    equilibrium: bool
    trajectories: int
    seconds: float
    complete: bool
    forces: list[ForceRow]
    fixed: float
    present: Row
    best: Row
    rows: list[Row]
    gain: float | None
    gain_error: float | None
    present_blame: Blame | None
    best_blame: Blame | None
    left_out: list[str]
    fragment: str
    tuned: RunConfig = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``; costs in CPU seconds."""
        data = {name: value for name, value in vars(self).items() if name != "tuned"}
        plain = {name: asdict(value) for name, value in data.items() if isinstance(value, Row | Blame)}
        lists = {name: [asdict(one) for one in data[name]] for name in ("forces", "rows")}
        return data | plain | lists

    def input_text(self) -> str:
        """The whole input, for a file; it says where [update] comes from."""
        said = f"acceptance {compact(self.best.acceptance, self.best.acceptance_error)}"
        tuned = f"Tuned from {' '.join(self.start.split())}: {said}."
        return write_toml(as_tree(self.tuned), ["Complete input: every key with its value, defaults included.", tuned])


def result_of(search: Search, present: Choice, start: str, equilibrium: bool, shown: int) -> Tuned:
    """What a search knows at its end."""
    choices = sorted(search.choices(), key=lambda choice: choice.merit)
    tried = [choice for choice in (*choices, present) if choice.trials >= LEAST_TRIALS and choice.spread.accepts]
    best = min(tried or choices or [present], key=lambda choice: choice.merit)
    first = search.first
    names, last = first.names, first.references[-1].terms
    forces = [
        ForceRow(name, work.mean, work.largest, first.costs.force[name], work.iterations)
        for name, work in zip(names, last, strict=True)
    ]
    gain, error = _gain(present, best)
    tuned = tuned_input(search.first.config, best)
    return Tuned(
        start,
        equilibrium,
        search.trajectories,
        search.limit.spent,
        search.complete,
        forces,
        first.costs.fixed,
        row_of(present),
        row_of(best),
        [row_of(choice) for choice in _different(choices, shown)],
        gain,
        error,
        _blame(present),
        _blame(best),
        search.left_out,
        fragment_of(best, first.split),
        tuned,
    )


def row_of(choice: Choice) -> Row:
    """One line of the table."""
    spread, merit = choice.spread, choice.merit
    known = spread.accepts
    relative = spread.acceptance_error / spread.acceptance if known else 0.0
    return Row(
        list(choice.variant.split.masses),
        choice.variant.length,
        level_tables(choice),
        spread.acceptance if known else 0.0,
        spread.acceptance_error if known else 0.0,
        choice.cost,
        merit if known else None,
        merit * relative if known else None,
        choice.trials,
    )


def level_tables(choice: Choice) -> list[dict[str, Any]]:
    """The time scales as the input writes them."""
    pieces = choice.variant.config.pieces
    return [_level_table(level, pieces) for level in choice.integrator.levels]


def _level_table(level: Level, pieces: Sequence[int]) -> dict[str, Any]:
    terms = list(joined_terms(level.terms, pieces))
    table: dict[str, Any] = {"terms": terms, "steps": level.steps, "integrator": level.scheme.name}
    if level.scheme.name == "omelyan" and level.scheme.stages[0].weight != OMELYAN_LAMBDA:
        table["lambda"] = level.scheme.stages[0].weight
    return table


def joined_terms(terms: Sequence[str], pieces: Sequence[int]) -> tuple[str, ...]:
    """Names with one for all terms of a fermion, or of all fermions, where all of them are there."""
    found = tuple(terms)
    for name in (*(f"fermion.{i}" for i in range(1, len(pieces) + 1)), "fermion"):
        parts = expand_terms((name,), pieces)
        if len(parts) > 1 and set(parts) <= set(expand_terms(found, pieces)):
            rest = [term for term in found if not set(expand_terms((term,), pieces)) <= set(parts)]
            found = (*rest, name)
    return found


def update_table(choice: Choice) -> dict[str, Any]:
    """[update] of an integrator, without the keys that it does not decide."""
    levels, length = level_tables(choice), choice.variant.length
    if len(levels) > 1:
        return {"length": length, "level": levels}
    return {"length": length, **{name: value for name, value in levels[0].items() if name != "terms"}}


def tuned_input(config: RunConfig, choice: Choice) -> RunConfig:
    """The input with an integrator and its masses, for a run of another name."""
    name, count = f"{config.run.name}_tuned", 2
    while Path(name).exists():
        name, count = f"{config.run.name}_tuned{count}", count + 1
    return with_update(config, update_table(choice), choice.variant.split, name=name)


def fragment_of(choice: Choice, before: Split) -> str:
    """The tables that change: masses, where they were others, and [update]."""
    lines, split = [], choice.variant.split
    if split != before:
        key = f"{split.key} = [{', '.join(map(repr, split.masses))}]" if split.masses else f"# no {split.key}"
        lines = [f"# in [[action.fermion]], the table number {split.fermion}:", key, ""]
    return "\n".join([*lines, write_toml({"update": update_table(choice)})])


def _different(choices: Sequence[Choice], shown: int) -> list[Choice]:
    """The best of each action, length, scheme and sharing of terms; of each action and length one at least."""
    found: dict[Any, Choice] = {}
    for choice in choices:
        levels = tuple((level.scheme.name, frozenset(level.terms)) for level in choice.integrator.levels)
        found.setdefault((choice.variant.length, choice.variant.split, levels), choice)
    chosen = list(found.values())[:shown]
    for choice in found.values():
        if all(choice.variant is not other.variant for other in chosen):
            chosen.append(choice)
    return chosen


def _gain(present: Choice, best: Choice) -> tuple[float | None, float | None]:
    """How many times cheaper an accepted unit of time is; without an error where both are the same."""
    if (present.variant, present.integrator) == (best.variant, best.integrator):
        return 1.0, 0.0
    if not present.spread.accepts:
        return None, None
    spreads = [choice.spread for choice in (present, best)]
    gain = present.merit / best.merit
    return gain, gain * math.hypot(*(spread.acceptance_error / spread.acceptance for spread in spreads))


def _blame(choice: Choice) -> Blame | None:
    if not choice.variant.guided:
        return None
    return Blame.of(choice.variant.mismatch, choice.family.integration(choice.steps))


