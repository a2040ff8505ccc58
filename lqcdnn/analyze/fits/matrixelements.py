r"""Matrix elements of currents from ratios of three-point and two-point functions.

With C_3(t; T) and C_2(t) of ``meson_currents`` or ``baryon_currents`` and a hadron that comes with momentum q and goes
at rest

.. math:: R(t; T) = \frac{C_3(t; T)}{C_2(0; T)}
    \sqrt{\frac{C_2(q; T - t)\,C_2(0; t)\,C_2(0; T)}{C_2(0; T - t)\,C_2(q; t)\,C_2(q; T)}}

is M = <f|J|i> / (2 sqrt(E_f E_i)) far from source and sink, without energies and overlaps; at q = 0 the root is 1, and
C_3 and C_2 may be those of a hadron with one momentum at source and sink.  The first excited state, of energy gap D,
adds to it (S. Capitani et al., arXiv:1205.0180)

.. math:: R(t; T) = M + A\,(e^{-D t} + e^{-D (T - t)}) + B\,e^{-D T}

and the sum over t grows as S(T) = c + M T + O(T e^{-D T}), with less of it (L. Maiani, G. Martinelli, M. L. Paciello,
B. Taglienti, Nucl. Phys. B 293 (1987) 420).  The conserved current at t lies between t and t + 1: t + 1/2 stands for t,
and roots are the geometric means of those at both.  A derivative in time has propagators at t - 1 and t + 1, so that
its R begins at 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, vector_names
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.leastsquares import Model
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.tables.currents import ThreePoint, three_point
from lqcdnn.errors import InputError

GAPS = np.geomspace(0.05, 4.0, 60)
"""Energies of the excited state among which its fit looks for a first one."""


@dataclass(frozen=True)
class Ratios:
    """R at some places, as a function of the mean values of series.

    Attributes
    ----------
    names
        Of the series.
    rows, powers
        Column of C_3 of each place, and the powers of all C_2 that multiply it, [place, column].
    """

    names: list[str]
    rows: list[int]
    powers: FloatArray

    def __call__(self, means: FloatArray) -> tuple[FloatArray, FloatArray]:
        """R and its Jacobian.

        Raises
        ------
        InputError
            If a two-point function is not positive where it is needed.
        """
        used = np.any(self.powers != 0.0, axis=0)
        if np.any(means[used] <= 0.0):
            raise InputError("the two-point function is not positive at the times of the ratio")
        logarithms = np.zeros(len(means))
        logarithms[used] = np.log(means[used])
        factors = np.exp(self.powers @ logarithms)
        values = means[self.rows] * factors
        jacobian = np.zeros_like(self.powers)
        jacobian[:, used] = values[:, None] * self.powers[:, used] / means[used]
        jacobian[np.arange(len(values)), self.rows] += factors
        return values, jacobian


def ratios(request: FitRequest, chains: Chains) -> Fit:
    """R(t) of one separation, where it exists."""
    what, (separation,) = _one(request, chains)
    times = what.times(separation)
    found = _ratios(chains, what, [(t, separation) for t in times])

    def value(means: FloatArray, i: int) -> Dual:
        values, jacobian = replace(found, rows=found.rows[i : i + 1], powers=found.powers[i : i + 1])(means)
        return Dual(float(values[0]), jacobian[0])

    functions = {str(t): partial(value, i=i) for i, t in enumerate(times)}
    none = "the two-point function is not positive at any time of the ratio"
    return Fit(request.name, request.text, pointwise(request, chains, found.names, functions, none))


def plateau(request: FitRequest, chains: Chains) -> Fit:
    """A constant fitted to R(t), t = FIRST ... LAST, of one separation.

    All R(t) of the conserved charge at rest are one number but for the solver: their correlations, those of its
    residuals, are left out.
    """
    what, (separation,) = _one(request, chains)
    first, last = map(int, request.numbers)
    what.check_range(separation, first, last)
    times = np.arange(first, last + 1, dtype=np.float64)
    one = np.ones((len(times), 1))
    found = _ratios(chains, what, [(int(t), separation) for t in times])
    problem = Problem(
        points=found,
        model=lambda parameters: (one @ parameters, one),
        start=lambda values, _: values.mean(keepdims=True),
        drawn=Drawn("t", "R(t)", times, lambda grid, parameters: np.full(len(grid), parameters[0])),
    )
    if what.split and not what.transfers:
        request = replace(request, correlated=False)
    return fitted(request, chains, found.names, problem, ["matrix_element"])


def summation(request: FitRequest, chains: Chains) -> Fit:
    """c + M T fitted to the sums over t of R(t; T) of all separations T."""
    what, separations = _all(request, chains)
    skip = (*map(int, request.numbers), None)[0]
    places = [[(t, T) for t in what.times(T, skip)] for T in separations]
    if len(separations) < 2 or not all(places):
        raise InputError(f"{request.series} has no two separations or more with times to sum over")
    found = _ratios(chains, what, [place for group in places for place in group])
    of = np.repeat(np.arange(len(places)), [len(group) for group in places])
    total = (of == np.arange(len(places))[:, None]).astype(np.float64)
    at = np.array(separations, dtype=np.float64)
    line = np.column_stack([at, np.ones(len(at))])

    def sums(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, jacobian = found(means)
        return total @ values, total @ jacobian

    problem = Problem(
        points=sums,
        model=lambda parameters: (line @ parameters, line),
        start=lambda values, _: np.asarray(np.linalg.lstsq(line, values, rcond=None)[0], dtype=np.float64),
        drawn=Drawn("T", "S(T)", at, lambda grid, parameters: parameters[0] * grid + parameters[1]),
    )
    return fitted(request, chains, found.names, problem, ["matrix_element", "constant"])


def two_states(request: FitRequest, chains: Chains) -> Fit:
    """M and an excited state fitted to R(t; T) of all separations at once; the picture is that of the largest one."""
    what, separations = _all(request, chains)
    skip = (*map(int, request.numbers), None)[0]
    places = [(t, T) for T in separations for t in what.times(T, skip)]
    found = _ratios(chains, what, places)
    t, T = np.array(places, dtype=np.float64).reshape(-1, 2).T
    t = t + 0.5 * what.split
    model = excited_model(t, T)

    def start(values: FloatArray, errors: FloatArray) -> FloatArray:
        return _first_gap(t, T, values, errors)

    def order(parameters: FloatArray) -> FloatArray:
        if parameters[3] <= 0.0:
            raise InputError("the fit ends at a gap that is not positive", hint="skip more times, or take plateau")
        return parameters

    drawn = Drawn("t", "R(t)", t, lambda _, parameters: model(parameters)[0], between=False)
    problem = Problem(points=found, model=model, start=start, drawn=drawn, order=order)
    of_fit = fitted(request, chains, found.names, problem, ["matrix_element", "transition", "excited", "gap"])
    if (every := of_fit.picture) is None:
        return of_fit
    longest = T.max() == T
    shown = {name: getattr(every, name)[longest] for name in ("x", "y", "errors", "grid", "curve")}
    return replace(of_fit, picture=replace(every, **shown))


def excited_model(t: FloatArray, T: FloatArray) -> Model:
    """M + A [exp(-D t) + exp(-D (T - t))] + B exp(-D T) as a function of (M, A, B, D)."""

    def model(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """R and its derivatives by the parameters, [place] and [place, parameter]."""
        M, A, B, D = parameters
        behind, ahead, both = (np.exp(-D * time) for time in (t, T - t, T))
        by_gap = -A * (t * behind + (T - t) * ahead) - B * T * both
        return M + A * (behind + ahead) + B * both, np.column_stack([np.ones(len(t)), behind + ahead, both, by_gap])

    return model


def _first_gap(t: FloatArray, T: FloatArray, values: FloatArray, errors: FloatArray) -> FloatArray:
    """First parameters: of some gaps the one that fits best uncorrelated."""
    if len(values) < 4:
        raise InputError(f"{len(values)} points do not determine 4 parameters")
    best, found = np.inf, np.empty(0)
    for gap in GAPS:
        basis = excited_model(t, T)(np.array([0.0, 0.0, 0.0, gap]))[1][:, :3] / errors[:, None]
        linear = np.linalg.lstsq(basis, values / errors, rcond=None)[0]
        chi2 = float(np.sum((basis @ linear - values / errors) ** 2))
        if chi2 < best:
            best, found = chi2, np.append(linear, gap)
    return found


def _one(request: FitRequest, chains: Chains) -> tuple[ThreePoint, list[int]]:
    """The current of a request with its separation, one of those that were measured."""
    what, separation = three_point(request.series)
    known = _separations(what, chains)
    what.check_separation(request.kind, separation, known)
    return what, [separation or 0]


def _all(request: FitRequest, chains: Chains) -> tuple[ThreePoint, list[int]]:
    """The current of a request with all separations that were measured."""
    what, separation = three_point(request.series)
    what.check_separation(request.kind, separation)
    found = _separations(what, chains)
    if not found:
        raise InputError(f"there is no series {what.stem}_{what.current}_sT{what.end}")
    return what, found


def _separations(what: ThreePoint, chains: Chains) -> list[int]:
    head, tail = f"{what.stem}_{what.current}_s", f"{what.end}.1"
    words = [
        name.removeprefix(head).removesuffix(tail)
        for name in chains.series[0]
        if name.startswith(head) and name.endswith(tail)
    ]
    return sorted(int(word) for word in words if word.isdecimal())


def _ratios(chains: Chains, what: ThreePoint, places: Sequence[tuple[int, int]]) -> Ratios:
    """R at places (t, T)."""
    series = chains.series[0]
    separations = list(dict.fromkeys(T for _, T in places))
    names = [name for T in separations for name in vector_names(series, what.series(T))]
    extent, still = len(names) // len(separations), len(names)
    names += vector_names(series, f"{what.stem}_two_point{what.end if what.in_motion else ''}")
    moving = len(names) if what.transfers else still
    names += vector_names(series, f"{what.stem}_two_point{what.end}") if what.transfers else []
    powers = np.zeros((len(places), len(names)))
    for row, (t, T) in zip(powers, places, strict=True):
        row[still + T] -= 0.5
        row[moving + T] -= 0.5
        between = ((t, 0.25), (t + 1, 0.25)) if what.split else ((t, 0.5),)
        for at, weight in between if what.transfers else ():
            for column, sign in ((moving + T - at, 1), (still + at, 1), (still + T - at, -1), (moving + at, -1)):
                row[column] += sign * weight
    return Ratios(names, [separations.index(T) * extent + t for t, T in places], powers)
