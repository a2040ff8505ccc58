"""All that is computed from the series of a run or of its replicas: mean values, derived quantities, fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lqcdnn.analyze.bias import has_bias, has_weights, judge_bias, normalized, sample_size
from lqcdnn.analyze.data.rundata import BIAS_WEIGHT, EVOLUTION_WEIGHT, UNWEIGHTED, Physics, observable_of
from lqcdnn.analyze.data.series import Axes, Series
from lqcdnn.analyze.estimate import Method, Sample, function_estimate, mean_value, replica_estimate
from lqcdnn.analyze.evolution import has_work, judge_evolutions, work_estimates
from lqcdnn.analyze.expression import Expression, expressions
from lqcdnn.analyze.fits.chains import Chains, Weighting
from lqcdnn.analyze.fits.expressions import derived_samples
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.llr import density_of_states, has_windows
from lqcdnn.analyze.requests import read_requests
from lqcdnn.analyze.result import Estimate, Fit, Verdict
from lqcdnn.analyze.reweight import (
    Target,
    judge_reweighting,
    log_weights,
    parse_targets,
    ratio_function,
    weightable,
    weighted,
    weights_of,
)
from lqcdnn.analyze.statistics.gamma import DEFAULT_S
from lqcdnn.config.language.fits import FitRequest, parse_fit
from lqcdnn.errors import InputError


@dataclass(frozen=True)
class Request:
    """What to compute, and how.

    Attributes
    ----------
    s, tau_exp, bootstrap
        As in `Method`.
    derive, fit
        Definitions of derived quantities and requests for fits, besides those of the input file.
    reweight
        Where to reweight to, see `lqcdnn.analyze.reweight.parse_targets`; several weights multiply.
    """

    s: float = DEFAULT_S
    tau_exp: float = 0.0
    bootstrap: int = 0
    derive: tuple[str, ...] = ()
    fit: tuple[str, ...] = ()
    reweight: tuple[str, ...] = ()

    @property
    def method(self) -> Method:
        """How errors are found."""
        return Method(self.s, self.tau_exp, self.bootstrap)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where to reweight to (raises InputError as `parse_targets`)."""
        return parse_targets(self.reweight)


@dataclass(frozen=True)
class Quantities:
    """Estimates of series, derived quantities and fits, the verdict on the reweighting if there was one, and notes.

    ``own`` is the verdict on the weights of ends of evolutions or of a bias potential, ``reweighted`` says where
    everything was reweighted to.
    """

    observables: tuple[Estimate, ...]
    derived: tuple[Estimate, ...]
    fits: tuple[Fit, ...]
    verdict: Verdict | None
    warnings: tuple[str, ...]
    own: Verdict | None
    reweighted: tuple[str, ...]


def quantities(
    replicas: Sequence[Mapping[str, Series]],
    chosen: Sequence[Series],
    physics: Physics,
    request: Request,
    axes: Axes | None = None,
) -> Quantities:
    """Compute what was asked for; ends of evolutions and biased trajectories have their weights in any case.

    Parameters
    ----------
    replicas
        All series by name, thermalisation left out, one mapping for each replica.
    chosen
        The observables to average, with their thermalisation (for pictures).
    physics
        Of the run; its definitions and fits come before those of the request, which replace them by name.
    request
        What to compute.
    axes
        Of the lists, with which the numbers of fits must agree.

    Raises
    ------
    InputError
        A definition, fit or reweighting of the request that cannot be done. One of the input file (its series may not
        be measured yet) is left out with a note.
    DataError
        A value that is not finite.
    """
    evolved, biased, targets = has_work(replicas), has_weights(replicas), request.targets
    notes: list[str] = []
    density = None
    if has_windows(replicas):
        density, targets = density_of_states(replicas, physics, targets, request.method), ()
        notes += density.notes
    if biased and len(replicas) > 1:
        replicas = normalized(replicas)
    if targets:
        replicas = [weightable(series, notes) for series in replicas]
        chosen = [item for item in chosen if item.name in replicas[0]]
    own = tuple(Target(name, None) for name, has in ((EVOLUTION_WEIGHT, evolved), (BIAS_WEIGHT, biased)) if has)
    weighting, verdict = _reweighting(replicas, physics, (*own, *targets), judged=bool(targets))
    of_weights = work_estimates(replicas, request.method) if evolved else ()
    if biased:
        of_weights = sample_size(replicas, request.method)
    if density is not None:
        of_weights = density.derived
    chains = Chains(replicas, request.method, weighting, axes or {}, physics=physics)
    of_fits: list[str] = []
    asked = _by_name(expressions(request.derive, physics.constants))
    known = _by_name(expressions(physics.derive, physics.constants))
    fits_asked = _by_name(read_requests(request.fit, parse_fit, "the fit "))
    fits_known = _by_name(read_requests(physics.fit, parse_fit, "the fit "))
    fits = _all(fits_known, fits_asked, lambda wanted: fit(wanted, chains), of_fits)  # definitions may use parameters
    judged = _judged(replicas, of_weights, physics) if own or has_bias(replicas) else None
    return Quantities(
        observables=tuple(_mean(item, chains) for item in chosen),
        derived=(*of_weights, *_all(known, asked, lambda expression: _derived(expression, chains), notes)),
        fits=(*(density.fits if density else ()), *fits),
        verdict=verdict,
        warnings=(*notes, *of_fits),
        own=density.verdict if density else judged,
        reweighted=(*(density.reweighted if density else ()), *map(str, (*own, *targets))),
    )


def _judged(replicas: Sequence[Mapping[str, Series]], estimates: Sequence[Estimate], physics: Physics) -> Verdict:
    """Verdict on the weights that the runs have of their own."""
    if has_bias(replicas):
        return judge_bias(replicas, estimates, physics.bias_interval)
    return judge_evolutions(replicas, estimates, physics.evolution)


Item = TypeVar("Item", Expression, FitRequest)
Result = TypeVar("Result", Estimate, Fit)


def _by_name(items: Sequence[Item]) -> dict[str, Item]:
    return {item.name: item for item in items}


def _all(
    known: Mapping[str, Item], asked: Mapping[str, Item], compute: Callable[[Item], Result], notes: list[str]
) -> tuple[Result, ...]:
    """Results of the input file's items, failures noted, and of those asked for, failures raised."""
    found = []
    for name, item in {**known, **asked}.items():
        try:
            found.append(compute(item))
        except InputError as error:
            if name in asked:
                raise
            notes.append(f"left out: {error.message}")
    return tuple(found)


def _mean(series: Series, chains: Chains) -> Estimate:
    """Estimate of one series."""
    parts = [one[series.name] for one in chains.series]
    if chains.weighting is None or (series.name in UNWEIGHTED and has_work(chains.series)):
        return replica_estimate(parts, chains.method, series if len(parts) == 1 else None)
    samples = chains.weighting[0]([Sample(part.trajectories, part.values[:, None]) for part in parts])
    function = chains.weighting[1](mean_value)
    return function_estimate(series.name, observable_of(series), series.source, samples, function, chains.method)


def _derived(expression: Expression, chains: Chains) -> Estimate:
    if expression.name in chains.series[0]:
        raise InputError(f"{expression.definition.text!r}: there is a series {expression.name} already")
    samples, function = derived_samples(expression, chains)
    if chains.weighting is not None:
        samples, function = chains.weighting[0](samples), chains.weighting[1](function)
    text = expression.definition.text
    found = function_estimate(expression.name, "derived", text, samples, function, chains.method)
    return chains.with_spread(found, samples, function)


def _reweighting(
    replicas: Sequence[Mapping[str, Series]], physics: Physics, targets: Sequence[Target], judged: bool
) -> tuple[Weighting | None, Verdict | None]:
    """How everything is weighted, and whether the ensembles overlap, where that is to be judged."""
    if not targets:
        return None, None
    weights = weights_of([log_weights(one, physics, targets) for one in replicas])
    verdict = judge_reweighting(weights, targets, physics) if judged else None

    def samples(plain: Sequence[Sample]) -> list[Sample]:
        return [weighted(sample, weight) for sample, weight in zip(plain, weights, strict=True)]

    return (samples, ratio_function), verdict
