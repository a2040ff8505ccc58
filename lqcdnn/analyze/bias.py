r"""Trajectories of a chain with a bias potential as samples of the theory itself (physics.md 18).

With the bias V of each trajectory, of a potential that stays as it is,

.. math::
    \langle O\rangle = \frac{\langle O\,e^{V}\rangle}{\langle e^{V}\rangle},\qquad
    \mathrm{ESS} = \frac{\langle e^{V}\rangle^2}{\langle e^{2V}\rangle}

(A. Laio, G. Martinelli, F. Sanfilippo, arXiv:1508.07270).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lqcdnn.analyze.data.rundata import BIAS_WEIGHT, VARIABLE
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, Sample, function_estimate
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Estimate, Verdict
from lqcdnn.analyze.reweight import ENOUGH, REFUSED, effective_number, weights_of
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.counts import counted

#: Fewer trajectories than this say nothing.
MINIMUM = 20
#: Fewer passages between both ends of a range say little about how much of the sample belongs to each.
FEW = 10
#: What takes a bias that weights believe in.
ADVICE = "build for longer or with another height, take a smaller range, or run longer"


def has_bias(replicas: Sequence[Mapping[str, Series]]) -> bool:
    """Whether all that is analysed was sampled with a bias potential."""
    return all(BIAS_WEIGHT in one for one in replicas)


def has_weights(replicas: Sequence[Mapping[str, Series]]) -> bool:
    """Whether all of them also have trajectories with a potential that stays as it is."""
    return has_bias(replicas) and all(len(one[BIAS_WEIGHT]) for one in replicas)


def normalized(replicas: Sequence[Mapping[str, Series]]) -> list[Mapping[str, Series]]:
    """The same with weights whose mean is 1 in each replica.

    Each may have built a potential of its own, which has an arbitrary constant: one with a larger constant would count
    more than the others, for no reason.
    """
    found: list[Mapping[str, Series]] = []
    for one in replicas:
        log = one[BIAS_WEIGHT]
        largest = float(log.values.max())
        level = largest + math.log(float(np.exp(log.values - largest).mean()))
        found.append({**one, BIAS_WEIGHT: replace(log, values=log.values - level)})
    return found


def sample_size(replicas: Sequence[Mapping[str, Series]], method: Method) -> tuple[Estimate, ...]:
    """The effective sample size, as part of the trajectories, of replicas that have weights."""
    logs = [one[BIAS_WEIGHT] for one in replicas]
    samples = [Sample(w.trajectories, np.stack([w.values, w.values**2], axis=1)) for w in weights_of(logs)]

    def ess(means: FloatArray) -> Dual:
        value = float(means[0] ** 2 / means[1])
        return Dual(value, np.array([2.0 * value / means[0], -value / means[1]]))

    return (function_estimate("ess", "derived", "mean(exp(bias))**2 / mean(exp(2 * bias))", samples, ess, method),)


def passages(values: FloatArray, interval: tuple[float, float]) -> int:
    """How often a series goes from the lowest quarter of an interval to the highest, or back."""
    lowest, highest = interval
    quarter = 0.25 * (highest - lowest)
    ends = np.where(values < lowest + quarter, -1, np.where(values > highest - quarter, 1, 0))
    return int(np.count_nonzero(np.diff(ends[ends != 0])))


def judge_bias(
    replicas: Sequence[Mapping[str, Series]],
    estimates: Sequence[Estimate],
    interval: tuple[float, float] | None = None,
) -> Verdict:
    """Do the weights leave a sample, and does it go to and fro between both ends of the interval?

    Parameters
    ----------
    replicas, estimates
        As `sample_size` takes and gives them.
    interval
        Of plaquettes with both phases; None: passages are not counted.
    """
    logs = [one[BIAS_WEIGHT] for one in replicas]
    count = sum(map(len, logs))
    if not has_weights(replicas):
        sentence = "the potential is still being built: mean values are those of no action"
        return Verdict("bias", "fail", sentence, "go on with the run: trajectories after update.bias.build count")
    if count < MINIMUM:
        sentence = f"only {counted(count, 'trajectory')} with a potential that stays as it is, after the cut"
        return Verdict("bias", "unknown", sentence, "run longer")
    _, effective = effective_number(weights_of(logs))
    sentence = f"effective sample size {compact(estimates[0].mean, estimates[0].error)}: the weights exp(bias) leave "
    sentence += f"{effective:.0f} independent ones of {counted(count, 'trajectory')}"
    seen = [one[VARIABLE].values for one in replicas if VARIABLE in one and len(one[VARIABLE])]
    crossings = FEW
    if seen:
        sentence += f"; variable of the potential from {min(map(np.min, seen)):.4g} to {max(map(np.max, seen)):.4g}"
    if seen and interval is not None:
        crossings = sum(passages(values, interval) for values in seen)
        sentence += f", {counted(crossings, 'passage')} between the outer quarters of its range"
    if effective < REFUSED:
        return Verdict("bias", "fail", f"{sentence}: mean values hang on a few of them", ADVICE)
    if effective < ENOUGH:
        return Verdict("bias", "warn", f"{sentence}: errors may be too small", ADVICE)
    if crossings < FEW:
        return Verdict("bias", "warn", f"{sentence}: how much belongs to each phase is hardly known", ADVICE)
    return Verdict("bias", "ok", sentence)
