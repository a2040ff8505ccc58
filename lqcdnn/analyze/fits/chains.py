"""The series of all replicas that fits and point-by-point quantities take their mean values from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lqcdnn.analyze.data.rundata import REPLICAS, Physics
from lqcdnn.analyze.data.series import Axes, Series, aligned
from lqcdnn.analyze.estimate import Function, Method, Sample, function_estimate
from lqcdnn.analyze.fits.correlator import connected, connected_pair
from lqcdnn.analyze.fits.priors import Prior, widened
from lqcdnn.analyze.result import Estimate
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

#: Points as a function of mean values: values, shape (k,), and Jacobian, shape (k, means).
Points = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
#: Turns samples of the measured numbers into samples of what is averaged, and functions of the former of the latter.
Weighting = tuple[Callable[[Sequence[Sample]], list[Sample]], Callable[[Function], Function]]

#: Entry i, j of a matrix of correlators.
_ENTRY = re.compile(r"(.+)\.(\d+)\.(\d+)")


@dataclass
class ModelWeights:
    """Weights of the fits of an average; where one is ``chosen`` it stands for the average."""

    weights: FloatArray
    chosen: int | None = None

    def variance(self, function: Callable[[], float]) -> float:
        """Of a number, which may depend on the average, over its fits about its value for the average."""
        centre, total = function(), 0.0
        try:
            for i, weight in enumerate(self.weights):
                self.chosen = i
                total += float(weight) * (function() - centre) ** 2
        finally:
            self.chosen = None
        return total


@dataclass(frozen=True)
class Chains:
    """What fits are made of.

    Attributes
    ----------
    series
        Of all replicas after the cut.
    method, weighting
        How errors are found, and how series are averaged.
    axes
        Of lists, where known.
    parameters
        Gets the parameters that were found: by name the series and the function of their mean values.
    ground
        Gets by name of a ``cosh`` fit its lowest state alone: series, extent T, and A [exp(-m t) + exp(-m (T - t))]
        as a function of their mean values.
    chi2
        Gets by name of a fit the series and its chi^2 as a function of their mean values.
    averages
        Gets by name of an average over fits the weights of these.
    made
        Gets for each replica series that a fit made of others, for parameters that are functions of their mean values.
    physics
        What is known of the run.
    priors
        Gets those of parameters of fits, and numbers with errors that were given, such as a lattice spacing.
    """

    series: Sequence[Mapping[str, Series]]
    method: Method
    weighting: Weighting | None = None
    axes: Axes = field(default_factory=dict)
    parameters: dict[str, tuple[tuple[str, ...], Function]] = field(default_factory=dict)
    ground: dict[str, tuple[list[str], int, Points]] = field(default_factory=dict)
    chi2: dict[str, tuple[tuple[str, ...], Function]] = field(default_factory=dict)
    averages: dict[str, ModelWeights] = field(default_factory=dict)
    made: list[dict[str, Series]] = field(default_factory=list)
    physics: Physics = field(default_factory=Physics)
    priors: list[Prior] = field(default_factory=list)

    def samples(self, names: Sequence[str]) -> list[Sample]:
        """The named series side by side."""
        found = [Sample(*aligned([one[name] for name in names])) for one in self.series]
        if not any(len(sample.table) >= MINIMUM_N for sample in found):
            raise InputError(f"fewer than {MINIMUM_N} measurements of {names[0]} are too few for a fit")
        return found if self.weighting is None else self.weighting[0](found)

    def estimate(
        self, name: str, request: FitRequest, names: Sequence[str], samples: Sequence[Sample], function: Function
    ) -> Estimate:
        """Estimate of a function of the mean values of the named series, of which the samples are."""
        whole = function if self.weighting is None else self.weighting[1](function)
        full = f"{request.name}.{name}"
        found = function_estimate(full, "fit", request.text, samples, whole, self.method)
        self.parameters[full] = tuple(names), function
        return self.with_spread(found, samples, whole)

    def with_spread(self, found: Estimate, samples: Sequence[Sample], function: Function) -> Estimate:
        """The estimate of a function with what priors add to its error, and its spread over the fits of averages.

        Spreads over the fits of different averages add in quadrature.
        """
        found = widened(found, function, samples, self.priors)
        if not self.averages:
            return found
        means = np.concatenate([sample.table for sample in samples]).mean(axis=0)
        variance = sum(one.variance(lambda: function(means).value) for one in self.averages.values())
        return replace(found, systematic=math.sqrt(variance)) if variance > 0.0 else found


    def number_of_fit(self, name: str) -> tuple[tuple[str, ...], Function]:
        """Series and function of a number that a fit before has found: by name, or by that of the fit of one number.

        Raises
        ------
        InputError
            There is none, or more than one.
        """
        keys = [key for key in self.parameters if name in (key, key.rpartition(".")[0])]
        if len(keys) != 1:
            known = ", ".join(self.parameters) or "none"
            raise InputError(f"{name} is no number that a fit before this one has found", hint=f"numbers: {known}")
        return self.parameters[keys[0]]

    def given(self, name: str, value: float, error: float) -> Prior:
        """A number that was given, the same for all that name it; its error, where it has one, is in all of them."""
        known = next((prior for prior in self.priors if prior.name == name), None)
        if known is None:
            known = Prior(name, value, error)
            self.priors.extend([known] if error else [])
        return known


def vector_names(series: Mapping[str, Series], stem: str) -> list[str]:
    """Names ``stem.1``, ``stem.2``, ... as far as they exist.

    Raises
    ------
    InputError
        There is none.
    """
    names: list[str] = []
    known = [name for name in series if not name.startswith(REPLICAS)]  # numbers of pairs and replicas, no lists
    while (name := f"{stem}.{len(names) + 1}") in known:
        names.append(name)
    if not names:
        vectors = [name.removesuffix(".1") for name in known if name.endswith(".1") and f"{name[:-2]}.2" in series]
        raise InputError(f"there is no vector of series {stem!r}", hint=f"vectors: {', '.join(vectors) or 'none'}")
    return names


def loop_names(series: Mapping[str, Series], stem: str, what: str = "Wilson loops") -> dict[tuple[int, int], str]:
    """Names ``stem.R.T`` by (R, T), of Wilson loops or other lists of lists.

    Raises
    ------
    InputError
        There is none.
    """
    found = {}
    for name in series:
        words = name.removeprefix(f"{stem}.").split(".")
        if name.startswith(f"{stem}.") and len(words) == 2 and all(word.isdecimal() for word in words):
            found[int(words[0]), int(words[1])] = name
    if not found:
        raise InputError(f"there are no {what} {stem}.R.T among the series")
    return dict(sorted(found.items()))


def correlator_of(request: FitRequest, chains: Chains) -> tuple[list[str], int, Points]:
    """Series of a correlator, how many times it has, and C(t) as a function of their means.

    Where the series ``NAME_vacuum`` is there, <O> of C(t) = <O(t) O(0)>, its square is taken off; of an entry NAME.i.j
    of a matrix the product of NAME_vacuum.i and NAME_vacuum.j. To one of a flavour singlet its disconnected part is
    added, for each of the flavours; the connected one may be the lowest state of a fit before (H. Neff et al.,
    hep-lat/0106016).

    Raises
    ------
    InputError
        There is no such series, or the two parts have different times.
    """
    if not request.second:
        return _correlator(request.series, chains)
    if request.series in chains.averages and f"{request.series}.1" not in chains.series[0]:
        raise InputError(f"{request.series} is an average over fits, which has no lowest state; allowed: one fit")
    fitted = request.series in chains.ground and f"{request.series}.1" not in chains.series[0]
    names, extent, correlator = chains.ground[request.series] if fitted else _correlator(request.series, chains)
    others, other_extent, disconnected = _correlator(request.second, chains)
    if other_extent != extent:
        raise InputError(f"{request.series} has {extent} times, {request.second} has {other_extent}")

    def total(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, slopes = correlator(means[: len(names)])
        more, more_slopes = disconnected(means[len(names) :])
        return values + request.flavors * more, np.hstack([slopes, request.flavors * more_slopes])

    return [*names, *others], extent, total


def _correlator(series: str, chains: Chains) -> tuple[list[str], int, Points]:
    """See :func:`correlator_of`, for one series."""
    names = vector_names(chains.series[0], series)
    entry = _ENTRY.fullmatch(series)
    stem, dot, number = series.partition(".")  # NAME.2 along the flow has NAME_vacuum.2
    vacua = [f"{entry[1]}_vacuum.{i}" for i in entry.groups()[1:]] if entry else [f"{stem}_vacuum{dot}{number}"]
    if not all(vacuum in chains.series[0] for vacuum in vacua):
        return names, len(names), lambda means: (means, np.eye(len(means)))
    different = list(dict.fromkeys(vacua))
    return [*names, *different], len(names), connected if len(different) == 1 else connected_pair


def on_all(names: Sequence[str], of: tuple[str, ...], function: Function, means: FloatArray) -> Dual:
    """A function of the mean values of some of the series as one of those of all."""
    where = np.array([names.index(name) for name in of], dtype=np.intp)
    found, gradient = function(means[where]), np.zeros(len(means))
    np.add.at(gradient, where, found.gradient)
    return Dual(found.value, gradient)


def axis_of(chains: Chains, request: FitRequest, names: Sequence[str]) -> tuple[str, tuple[float, ...]]:
    """Name and values of the axis that the observable wrote beside its list; empty if it wrote none."""
    stem, inner, _ = request.series.partition(".")
    of_file = chains.axes.get(chains.series[0][names[0]].source, ("", ()))
    # NAME.2: the second of several lists, which the axis of the file numbers
    found = chains.axes.get(f"{stem}.", ("", ())) if inner else chains.axes.get(request.series) or of_file
    return found if len(found[1]) == len(names) else ("", ())
