r"""Reweighting: mean values of a neighbouring theory from the configurations of this one.

.. math::
    \langle O\rangle' = \frac{\langle O\,w\rangle}{\langle w\rangle}

(A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 61 (1988) 2635).  In beta

.. math::
    w = \exp[-(\beta'-\beta)\,S_g/\beta],\quad
    S_g/\beta = V\,\frac{d(d-1)}{2}\,[(1 - 8c_1)(1 - P) + 2c_1(1 - R)]

with the mean plaquette P and rectangle R; what beta does not multiply, the fermions and the terms of other loops, drops
out.  In the mass ln w is the series of the observable
``reweighting``, and any other series can be a logarithm of weights too.  An unbiased estimate of w on every
configuration does as well as w.  It works as long as the two ensembles overlap: the weights leave (sum w)^2/sum w^2 of
N configurations (L. Kish), and of those one of every 2 tau_int is independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.data.rundata import THIN_PLAQUETTE, THIN_RECTANGLE, Physics, observable_of
from lqcdnn.analyze.data.series import Series, aligned
from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.result import Verdict
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray, gamma_method
from lqcdnn.config.tables.gauge_actions import plaquette_coefficient
from lqcdnn.config.tables.observables import MULTILEVEL, observable_kind
from lqcdnn.errors import InputError

#: Fewer independent configurations than this are refused; fewer than ENOUGH are warned about.
REFUSED, ENOUGH = 10.0, 100.0


@dataclass(frozen=True)
class Target:
    """Where to go.

    Attributes
    ----------
    key
        "beta", "mass", or the name of a series of ln w.
    value
        The coupling or mass; None for a series.
    """

    key: str
    value: float | None

    def __str__(self) -> str:
        return f"weights exp({self.key})" if self.value is None else f"{self.key} = {self.value:g}"


def parse_target(text: str) -> Target:
    """``beta=VALUE``, ``mass=VALUE`` or the name of a series.

    Raises
    ------
    InputError
        Anything else.
    """
    key, equals, number = (part.strip() for part in text.partition("="))
    if not equals and key:
        return Target(key, None)
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if key not in ("beta", "mass") or not math.isfinite(value) or (key == "beta" and value < 0.0):
        raise InputError(
            f"no target of reweighting: {text!r}",
            hint="allowed: beta=VALUE, mass=VALUE, or the name of a series of logarithms of weights; ranges for a scan",
        )
    return Target(key, value)


def parse_targets(texts: Sequence[str]) -> tuple[Target, ...]:
    """Several targets, whose weights multiply; each text as for `parse_target`.

    Raises
    ------
    InputError
        A text that cannot be read, or two values of beta, two of the mass, a series twice.
    """
    targets = tuple(map(parse_target, texts))
    _refuse_twice([target.key for target in targets])
    return targets


def _refuse_twice(names: Sequence[str]) -> None:
    """Weights to two couplings, multiplied, lead to a third one that nobody named."""
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InputError(f"reweighting: {name} is named twice", hint="one beta, one mass, and each series once")


def log_weights(series: Mapping[str, Series], physics: Physics, targets: Sequence[Target]) -> Series:
    """Sum of the logarithms of the weights that lead to each target, on every trajectory that has all.

    Parameters
    ----------
    series
        Of the run, by name.
    physics
        Lattice, gauge action, and the masses of the series ``reweighting.1``, ``reweighting.2``, ...
    targets
        At least one.

    Raises
    ------
    InputError
        A series that is needed is not there or is needed twice, or something is unknown.
    """
    parts = [_log_weight(series, physics, target) for target in targets]
    _refuse_twice([part.name for part in parts])  # a mass, and the series that leads to it
    trajectories, table = aligned(parts)
    return Series("log weight", parts[0].source, trajectories, table.sum(axis=1))


def _log_weight(series: Mapping[str, Series], physics: Physics, target: Target) -> Series:
    if target.key == "beta" and target.value is not None:
        return _of_beta(series, physics, target.value)
    name = target.key if target.value is None else _of_mass(physics, target.value)
    if name not in series:
        known = ", ".join(known for known in series if "reweighting" in known) or "none of reweighting"
        raise InputError(f"reweighting: no series {name!r}", hint=f"series there are: {known}")
    return series[name]


def _of_mass(physics: Physics, mass: float) -> str:
    """Name of the series of ln w that leads to a mass."""
    for number, known in enumerate(physics.masses, start=1):
        if math.isclose(known, mass, rel_tol=1e-9):
            return f"reweighting.{number}"
    measured = ", ".join(f"{known:g}" for known in physics.masses)
    if measured:
        raise InputError(
            f"no weights of mass {mass:g} were measured, but of {measured}",
            hint=f"move measure/reweighting.jsonl away, write masses = [{measured}, {mass:g}], and run lqcdnn measure",
        )
    raise InputError(
        f"no weights of mass {mass:g} were measured",
        hint=f"add [observables.reweighting] with masses = [{mass:g}] and run lqcdnn measure",
    )


def _of_beta(series: Mapping[str, Series], physics: Physics, beta: float) -> Series:
    """-(beta' - beta) S_g/beta."""
    action, known = gauge_action(series, physics)
    return Series("log weight", action.source, action.trajectories, -(beta - known) * action.values)


def gauge_action(series: Mapping[str, Series], physics: Physics) -> tuple[Series, float]:
    """S_g/beta where plaquette and, if the action has rectangles, these were measured; and beta.

    Raises
    ------
    InputError
        The action is unknown, plaquette or rectangle were not measured, or they do not all count the same, as where
        time is open or the lattice anisotropic.
    """
    if physics.anisotropic:
        raise InputError(
            "reweighting in beta: the mean plaquette does not give the action of an anisotropic lattice",
            hint="allowed: runs without action.gauge.anisotropy",
        )
    if physics.beta is None or physics.c1 is None or not physics.shape:
        raise InputError("the coupling of this run is unknown", hint="--reweight beta=VALUE needs a run directory")
    if physics.open_time:
        raise InputError(
            "reweighting in beta: the mean plaquette does not give the action where time is not periodic",
            hint='allowed: runs with lattice.time = "periodic"; weights in the mass as ever',
        )
    if THIN_PLAQUETTE not in series:
        raise InputError("reweighting in beta needs the series of the plaquette in the journal")
    if physics.c1 and THIN_RECTANGLE not in series:
        smeared = "rectangle" in series
        raise InputError(
            f'reweighting of the gauge action "{physics.gauge_kind}" in beta needs the series of the rectangle'
            + " of the links themselves; measured are those of smeared or flowed links" * smeared,
            hint=f"add [observables.{'thin_' * smeared}rectangle] and run lqcdnn measure",
        )
    plaquette, d = series[THIN_PLAQUETTE], len(physics.shape)
    trajectories, table = aligned([plaquette, series[THIN_RECTANGLE]] if physics.c1 else [plaquette])
    loops = 1.0 - table  # (1 - P), and for rectangles (1 - R)
    planes = math.prod(physics.shape) * d * (d - 1) / 2
    action = planes * loops @ np.array([plaquette_coefficient(physics.c1), 2.0 * physics.c1][: loops.shape[1]])
    return Series("gauge action", plaquette.source, trajectories, action), physics.beta


def weightable(series: Mapping[str, Series], notes: list[str]) -> dict[str, Series]:
    """The series that weights of the configurations apply to; ``notes`` gets what was left out.

    Averages over slabs of the multilevel algorithm are those of other links, drawn with the couplings of the run; loops
    on shifted contours contain its action.
    """
    slabs = {name for name, item in series.items() if observable_kind(observable_of(item)) == MULTILEVEL}
    left = slabs | {name for name, item in series.items() if item.bound}
    for name in dict.fromkeys(observable_of(series[name]) for name in left):
        why = "loops on a contour" if observable_kind(name) != MULTILEVEL else "an average over links"
        note = f"{name}: left out, {why} that these weights do not belong to"
        if note not in notes:
            notes.append(note)
    return {name: item for name, item in series.items() if name not in left}


def weights_of(logs: Sequence[Series]) -> list[Series]:
    """exp(log weight) of all replicas, scaled by one common factor so that the largest is 1.

    Raises
    ------
    InputError
        A replica without weights.
    """
    if not all(map(len, logs)):
        raise InputError("no trajectory has all the weights")
    largest = max(float(item.values.max()) for item in logs)
    return [Series("weight", s.source, s.trajectories, np.exp(s.values - largest)) for s in logs]


def weighted(sample: Sample, weights: Series) -> Sample:
    """Columns times the weight, and the weight as the last column, where both were measured.

    Raises
    ------
    InputError
        No trajectory has both.
    """
    common, here, there = np.intersect1d(sample.trajectories, weights.trajectories, return_indices=True)
    if not len(common):
        raise InputError("no trajectory has both the weight and the observable")
    w = weights.values[there][:, None]
    return Sample(common, np.hstack([sample.table[here] * w, w]))


def ratio_function(function: Function) -> Function:
    """The function of <x w>/<w> as a function of the means <x w> and <w>."""

    def reweighted(means: FloatArray) -> Dual:
        norm = means[-1]
        inner = function(means[:-1] / norm)
        last = -float(inner.gradient @ means[:-1]) / norm**2
        return Dual(inner.value, np.append(inner.gradient / norm, last))

    return reweighted


def effective_number(weights: Sequence[Series]) -> tuple[float, float]:
    """Fraction of the configurations that the weights leave, and number of independent ones among them."""
    pooled = np.concatenate([item.values for item in weights])
    fraction = float(pooled.sum() ** 2 / (len(pooled) * (pooled**2).sum()))
    tau = gamma_method([s.values for s in weights]).tau_int if min(map(len, weights)) >= MINIMUM_N else len(pooled) / 2
    return fraction, fraction * len(pooled) / (2.0 * tau)


def judge_reweighting(weights: Sequence[Series], targets: Sequence[Target], physics: Physics) -> Verdict:
    """Do the ensembles overlap?

    Raises
    ------
    InputError
        They hardly do: the result would be an accident.
    """
    fraction, effective = effective_number(weights)
    where = ", ".join(f"{target} from {physics.beta:g}" if target.key == "beta" else str(target) for target in targets)
    sentence = f"{where}: the weights leave {fraction:.1%} of the configurations, {effective:.0f} independent ones"
    if effective < REFUSED:
        raise InputError(sentence, hint=f"at least {REFUSED:.0f} are needed: choose values nearer to those of the run")
    if effective < ENOUGH:
        return Verdict("reweighting", "warn", sentence, "choose nearer values, or run longer")
    return Verdict("reweighting", "ok", sentence)
