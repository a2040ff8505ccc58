"""Two or more runs side by side: do they sample the same distribution, and which one costs less?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.analyze.data.cost import Cost
from lqcdnn.analyze.data.rundata import OF_EVOLUTIONS, UNWEIGHTED
from lqcdnn.analyze.data.series import is_effort
from lqcdnn.analyze.result import Analysis, Estimate, Verdict
from lqcdnn.analyze.statistics.distributions import kolmogorov_smirnov
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.counts import counted

#: Probability of the worst of all differences, allowing for their number, below which runs are said to differ.
SUSPICIOUS, DIFFERENT = 0.01, 1e-4
#: Keys of [lattice] and [action] that say how something is computed, not what.
TECHNIQUE = (
    *("precision", "tolerance", "md_tolerance", "solver", "rational", "action_error", "md_error", "spectrum"),
    *("determinant", "pseudofermions", "hasenbusch", "hasenbusch_twisted_mass"),
)
#: Decorrelated values needed on both sides for a Kolmogorov-Smirnov test.
MINIMUM_KS = 10


@dataclass(frozen=True)
class Row:
    """One observable in one run, beside the first run.

    Attributes
    ----------
    run
        Index of the run.
    mean, error, n, effective
        As in `Estimate`.
    tau_int, tau_int_error
        In trajectories.
    sigma
        (mean - mean of the first run)/error of the difference; None for the first run.
    ks_distance, ks_probability
        Kolmogorov-Smirnov test of the values, one of every 2 tau_int, against those of the first run.
    cpu_per_sample, cpu_per_sample_error
        CPU seconds of the update for one independent measurement: 2 tau_int trajectories, of ends of evolutions divided
        by their effective sample size; error from that of tau_int.
    """

    run: int
    mean: float | None
    error: float | None
    n: int
    effective: float | None
    tau_int: float | None
    tau_int_error: float | None
    sigma: float | None
    ks_distance: float | None
    ks_probability: float | None
    cpu_per_sample: float | None
    cpu_per_sample_error: float | None


@dataclass(frozen=True)
class Compared:
    """One observable in all runs that have it."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Comparison:
    """Result of `lqcdnn.jobs.compare.compare_runs`.

    Attributes
    ----------
    runs
        The directories.
    analyses
        Their analyses.
    costs
        Time of one trajectory; None where the run has no ``timing.jsonl``.
    differing
        Keys of the physics in which a run differs from the first, by run.
    observables
        Those that at least two runs have.
    verdict
        Do the mean values and distributions agree?
    """

    runs: tuple[str, ...]
    analyses: tuple[Analysis, ...]
    costs: tuple[Cost | None, ...]
    differing: tuple[Mapping[str, tuple[str, str]], ...]
    observables: tuple[Compared, ...]
    verdict: Verdict


def compared(analyses: Sequence[Analysis], costs: Sequence[Cost | None]) -> tuple[Compared, ...]:
    """Rows of every observable that at least two runs have, in the order of the first run that has it."""
    columns = [{item.name: item for item in one.estimates} for one in analyses]
    names = dict.fromkeys(name for column in columns for name in column if not is_effort(name))
    found = []
    for name in names:
        present = [(i, column[name]) for i, column in enumerate(columns) if name in column]
        if len(present) > 1:
            first = present[0][1]
            values = {i: np.empty(0) if analyses[i].reweighted else decorrelated(item) for i, item in present}
            rows = [_row(i, item, costs[i], _share(analyses[i], name)) for i, item in present]
            others = [
                _beside(row, item, first, values[row.run], values[present[0][0]])
                for row, (_, item) in zip(rows[1:], present[1:], strict=True)
            ]
            found.append(Compared(name, (rows[0], *others)))
    return tuple(found)


def _beside(row: Row, item: Estimate, first: Estimate, values: FloatArray, reference: FloatArray) -> Row:
    """The row with its difference from the first run."""
    row = replace(row, sigma=difference(item, first))
    if min(len(values), len(reference)) < MINIMUM_KS:
        return row
    distance, probability = kolmogorov_smirnov(values, reference)
    return replace(row, ks_distance=distance, ks_probability=probability)


def _share(analysis: Analysis, name: str) -> float:
    """The part of the trajectories that weights leave: the effective sample size of evolutions, else 1."""
    ess = analysis.get("ess") if analysis.reweighted and name not in UNWEIGHTED else None
    return 1.0 if ess is None or not ess.mean else ess.mean


def _row(run: int, item: Estimate, cost: Cost | None, share: float) -> Row:
    tau = item.tau_int_trajectories
    price = None if cost is None or tau is None else 2.0 * tau * cost.cpu_update / share
    # 0 where tau_int was raised to 1/2: no error that could be quoted
    error = item.tau_int_error_trajectories or None
    return Row(
        run=run,
        mean=item.mean,
        error=item.error,
        n=item.n,
        effective=item.effective,
        tau_int=tau,
        tau_int_error=error,
        sigma=None,
        ks_distance=None,
        ks_probability=None,
        cpu_per_sample=price,
        cpu_per_sample_error=None if price is None or error is None or not tau else price * error / tau,
    )


def decorrelated(item: Estimate) -> FloatArray:
    """Every k-th value after the cut, k = 2 tau_int rounded up; nothing for functions of mean values."""
    if item.observable in ("derived", "fit"):
        return np.empty(0)
    step = max(math.ceil(2.0 * (item.tau_int or 0.5) - 1e-9), 1)
    return np.concatenate([part.values[::step] for part in item.parts] or [np.empty(0)])


def difference(one: Estimate, other: Estimate) -> float | None:
    """Difference of two independent means in units of its error; None if one has no error or does not vary."""
    if one.mean is None or other.mean is None or not one.error or not other.error:
        return None
    return (one.mean - other.mean) / math.hypot(one.error, other.error)


def is_theory(key: str) -> bool:
    """True for a key of the physics on which mean values depend."""
    return key.startswith(("lattice.", "action.")) and key.rpartition(".")[2] not in TECHNIQUE


def judge_agreement(observables: Sequence[Compared], differing: Sequence[Mapping[str, object]]) -> Verdict:
    """Verdict on all differences: the worst probability times their number (Bonferroni) decides."""
    name = "agreement"
    rows = [(item.name, row) for item in observables if item.name not in OF_EVOLUTIONS for row in item.rows]
    means = [
        (math.erfc(abs(row.sigma) / math.sqrt(2.0)), f"{title} ({row.sigma:+.1f} sigma)")
        for title, row in rows
        if row.sigma is not None
    ]
    shapes = [
        (row.ks_probability, f"{title} (p = {row.ks_probability:.2g})")
        for title, row in rows
        if row.ks_probability is not None
    ]
    if not means:
        return Verdict(name, "unknown", "no observable with an error in two runs", "measure the same in all runs")
    largest = min(means)
    sentence = f"largest of {counted(len(means), 'difference')} of mean values: {largest[1]}"
    worst = min(1.0, largest[0] * len(means))
    if shapes:
        smallest = min(shapes)
        sentence += f"; least probable of {counted(len(shapes), 'distribution')}: {smallest[1]}"
        worst = min(worst, smallest[0] * len(shapes))
    theory = sorted({key for one in differing for key in one if is_theory(key)})
    if theory:
        sentence += f"; the runs simulate different theories ({', '.join(theory)})"
    status = "ok" if worst > SUSPICIOUS else "warn" if worst > DIFFERENT else "fail"
    advice = "" if status == "ok" or theory else "check thermalisation and statistics of each run with lqcdnn analyze"
    return Verdict(name, "unknown" if theory else status, sentence, advice)


def shared_setup(setups: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The lines of `Analysis.setup` that several runs have in common."""
    return {name: line for name, line in setups[0].items() if all(one.get(name) == line for one in setups)}
