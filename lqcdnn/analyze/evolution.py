r"""Ends of evolutions out of equilibrium as samples of the theory itself (physics.md 13).

With the work W of each evolution

.. math::
    \langle O\rangle = \frac{\langle O\,e^{-W}\rangle}{\langle e^{-W}\rangle},\qquad
    \Delta F = -\ln\langle e^{-W}\rangle,\qquad
    \mathrm{ESS} = \frac{\langle e^{-W}\rangle^2}{\langle e^{-2W}\rangle}

(Caselle et al., arXiv:1604.05544; for the effective sample size arXiv:2201.08862).  Evolutions begin with
configurations of one chain, so their works and ends are correlated as those are: all errors are of the Gamma method.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.analyze.data.rundata import EVOLUTION_WEIGHT, STEPS_ACCEPTED, WORK
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, Sample, function_estimate
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Estimate, Verdict
from lqcdnn.analyze.reweight import ENOUGH, REFUSED, effective_number, weights_of
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.analyze.statistics.pareto import tail_shape

#: Acceptance of the updates of an evolution below which the links hardly follow the action.
FOLLOWS = 0.3
#: Fewer evolutions than this say nothing.
MINIMUM = 20
#: What takes less dissipation.
NEARER = "more steps, a start nearer to the action, or a longer run"
#: Time that is to be gained by another number of steps before it is proposed.
GAIN = 1.5
#: Shape of the tail of the weights above which errors are too small, and above which they mean nothing.
HEAVY, MEANINGLESS = 0.7, 1.0


def has_work(replicas: Sequence[Mapping[str, Series]]) -> bool:
    """Whether all that is analysed are ends of evolutions."""
    return all(EVOLUTION_WEIGHT in one for one in replicas)


def work_estimates(replicas: Sequence[Mapping[str, Series]], method: Method) -> tuple[Estimate, ...]:
    """Delta F, the dissipation <W> - Delta F, and the effective sample size, with their errors.

    Parameters
    ----------
    replicas
        Series by name, thermalisation left out, those of the work among them.
    method
        How errors are found.
    """
    parts = [one[WORK] for one in replicas]
    shift = min((float(part.values.min()) for part in parts if len(part)), default=0.0)
    samples = []
    for part in parts:
        w = np.exp(shift - part.values)
        samples.append(Sample(part.trajectories, np.stack([part.values, w, w * w], axis=1)))

    def delta_f(means: FloatArray) -> Dual:
        return Dual(shift - float(np.log(means[1])), np.array([0.0, -1.0 / means[1], 0.0]))

    def dissipation(means: FloatArray) -> Dual:
        return Dual(float(means[0]), np.array([1.0, 0.0, 0.0])) - delta_f(means)

    def ess(means: FloatArray) -> Dual:
        value = float(means[1] ** 2 / means[2])
        return Dual(value, np.array([0.0, 2.0 * value / means[1], -value / means[2]]))

    functions = {
        "delta_F": (delta_f, "-log(mean(exp(-work)))"),
        "dissipation": (dissipation, "work - delta_F"),
        "ess": (ess, "mean(exp(-work))**2 / mean(exp(-2 * work))"),
    }
    return tuple(
        function_estimate(name, "derived", text, samples, function, method)
        for name, (function, text) in functions.items()
    )


def judge_evolutions(
    replicas: Sequence[Mapping[str, Series]],
    estimates: Sequence[Estimate],
    schedule: tuple[int, int, int] | None = None,
) -> Verdict:
    """Do the evolutions arrive near enough to the theory for their weights to be believed?

    The weights of a sample do not tell of larger ones that it lacks: an effective number made of them alone may be far
    too large.  So what normal works with the same dissipation would leave, ESS = exp(-2 (<W> - Delta F)), and the shape
    of the tail of the weights are asked, too.

    Parameters
    ----------
    replicas
        As in `work_estimates`.
    estimates
        What it found.
    schedule
        ``steps``, ``updates`` and ``between`` of the input, where they are known; another number of steps is proposed
        where it gains much (`best_steps`).
    """
    logs = [one[EVOLUTION_WEIGHT] for one in replicas]
    count = sum(map(len, logs))
    if count < MINIMUM or not all(map(len, logs)):
        return Verdict("evolutions", "unknown", f"only {count} after the cut", "run longer")
    _, dissipation, ess = estimates
    weights = weights_of(logs)
    fraction, effective = effective_number(weights)
    shape = tail_shape(np.concatenate([item.values for item in weights])) or 0.0
    normal = effective / fraction * math.exp(-2.0 * (dissipation.mean or 0.0))
    sentence = f"effective sample size {compact(ess.mean, ess.error)}: the weights exp(-work) leave {effective:.0f} "
    sentence += f"independent ones of {count} evolutions ({min(normal, count):.0f} if works were normal), with a tail "
    sentence += f"of shape k = {shape:.2f}; <work> - Delta F = {compact(dissipation.mean, dissipation.error)}"
    steps, gain = best_steps(dissipation.mean or 0.0, *schedule) if schedule else (0, 1.0)
    setting = f"steps = {steps}" if gain > GAIN else ""
    better = "best for the same time, as far as this run tells, in [update.evolution]:" if setting else ""
    if effective < REFUSED or shape > MEANINGLESS or (shape > HEAVY and normal < REFUSED):
        sentence += ": mean values hang on a few of them, and their errors mean nothing"
        return Verdict("evolutions", "fail", sentence, f"{NEARER}; {better}" if better else NEARER, setting)
    if min(effective, normal) < ENOUGH or shape > HEAVY:
        advice = f"{NEARER}; {better}" if better else NEARER
        return Verdict("evolutions", "warn", f"{sentence}: errors may be too small", advice, setting)
    accepted = [one[STEPS_ACCEPTED].values for one in replicas if STEPS_ACCEPTED in one]
    rate = float(np.concatenate(accepted).mean()) if accepted else 1.0
    if rate < FOLLOWS:
        sentence += f"; {rate:.0%} of the trajectories in them were accepted"
        advice = "use smaller steps (update.steps): the links do not follow the action"
        return Verdict("evolutions", "warn", sentence, advice)
    return Verdict("evolutions", "ok", sentence, better, setting)


def best_steps(dissipation: float, steps: int, updates: int, between: int) -> tuple[int, float]:
    """The number of steps that gives the smallest errors in a given time, and how much less time it takes.

    The dissipation falls like 1/n, and normal works have ESS = exp(-2 D): with D = a/n an evolution in n steps leaves
    exp(-2 a/n) of itself and takes the time of b + n u updates, b between evolutions and u in each step.  Best is
    n = a + sqrt(a^2 + 2 a b/u).

    Parameters
    ----------
    dissipation, steps, updates, between
        Of the evolutions there are; without updates nothing is known, and these steps are the best.
    """
    if not updates or dissipation <= 0.0:
        return steps, 1.0
    a = dissipation * steps
    exact = a + math.sqrt(a * a + 2.0 * a * between / updates)
    unit = 10 ** max(math.floor(math.log10(exact)) - 1, 0)
    best = max(round(exact / unit) * unit, 1)
    ratio = (between + steps * updates) / (between + best * updates)
    return best, ratio * math.exp(min(2.0 * a * (1.0 / steps - 1.0 / best), 100.0))
