r"""Reweighting in beta: mean values at a neighbouring coupling from the configurations of this one.

.. math::
    \langle O\rangle_{\beta'} = \frac{\langle O\,w\rangle}{\langle w\rangle},\quad
    w = \exp[-(\beta'-\beta)\,S_g/\beta],\quad S_g/\beta = V\,\frac{d(d-1)}{2}\,(1 - P)

(A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 61 (1988) 2635) with the plaquette P; the fermions drop out. It
works as long as the two ensembles overlap: the weights leave (sum w)^2/sum w^2 of N configurations (L. Kish), and of
those one of every 2 tau_int is independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.analyze.dual import Dual
from lqcdnn.analyze.estimate import Function, Sample
from lqcdnn.analyze.gamma import MINIMUM_N, FloatArray, gamma_method
from lqcdnn.analyze.result import Verdict
from lqcdnn.analyze.rundata import THIN_PLAQUETTE, Physics
from lqcdnn.analyze.series import Series
from lqcdnn.errors import InputError

#: Fewer independent configurations than this are refused; fewer than ENOUGH are warned about.
REFUSED, ENOUGH = 10.0, 100.0


def log_weights(series: Mapping[str, Series], physics: Physics, beta: float) -> Series:
    """-(beta' - beta) S_g/beta on every trajectory with a plaquette.

    Parameters
    ----------
    series
        Of the run, by name; the plaquette of the journal is used.
    physics
        Lattice, kind and coupling of the gauge action.
    beta
        The coupling to go to.

    Raises
    ------
    InputError
        The action has rectangles, whose sum is not in the series, or something is unknown.
    """
    if physics.beta is None or not physics.shape:
        raise InputError("the coupling of this run is unknown", hint="--reweight needs a run directory")
    if physics.gauge_kind != "wilson":
        raise InputError(
            f'no reweighting in beta: the rectangles of the gauge action "{physics.gauge_kind}" are not in the series'
        )
    if THIN_PLAQUETTE not in series:
        raise InputError("reweighting in beta needs the series of the plaquette in the journal")
    plaquette, d = series[THIN_PLAQUETTE], len(physics.shape)
    planes = math.prod(physics.shape) * d * (d - 1) / 2
    values = -(beta - physics.beta) * planes * (1.0 - plaquette.values)
    return Series("log weight", plaquette.source, plaquette.trajectories, values)


def weights_of(logs: Sequence[Series]) -> list[Series]:
    """exp(log weight) of all replicas, scaled by one common factor so that the largest is 1."""
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
        raise InputError("no trajectory has both the plaquette and the observable")
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


def judge_reweighting(weights: Sequence[Series], old: float | None, new: float) -> Verdict:
    """Do the ensembles at the two couplings overlap?

    Raises
    ------
    InputError
        They hardly do: the result would be an accident.
    """
    fraction, effective = effective_number(weights)
    sentence = f"beta = {new:g} from {old:g}: the weights leave {fraction:.1%} of the configurations, "
    sentence += f"{effective:.0f} independent ones"
    if effective < REFUSED:
        raise InputError(sentence, hint=f"at least {REFUSED:.0f} are needed: choose a coupling nearer to {old:g}")
    if effective < ENOUGH:
        return Verdict("reweighting", "warn", sentence, "choose a nearer coupling, or run longer")
    return Verdict("reweighting", "ok", sentence)
