r"""Renormalisation constants in the MSbar scheme at a scale mu (docs/physics/renormalisation.md, 25.5).

Those of RI'/MOM or RI/SMOM at each momentum p, times conversion and running (:mod:`.msbarfactors`), and a straight line
in p^2 through them, whose value at p = 0 is free of lattice artefacts of order (a p)^2.  In the variant of RI/SMOM with
gamma_mu the quark field is that which makes the current, projected with gamma_mu, the one of the Ward identity:

.. math:: Z_\Gamma^{\gamma_\mu} = Z_\Gamma\,\frac{Z_V}{Z_{V\gamma}}
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, on_all
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.msbarfactors import (
    BILINEARS,
    FIELD,
    MASS,
    RIMOM,
    SMOM,
    SMOM_GAMMA,
    TENSOR,
    factor,
)
from lqcdnn.analyze.fits.muonkernel import HBARC
from lqcdnn.analyze.fits.priors import Prior
from lqcdnn.analyze.fits.renormalization import (
    Row,
    bilinear_rows,
    bilinears,
    dimensions_of,
    field_rows,
    scheme_of,
)
from lqcdnn.analyze.fits.runningcoupling import logarithm
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.language.scales import COLORS, Conversion, Coupling, Spacing, check_factors, conversion
from lqcdnn.errors import InputError

FEWEST = 3
"""Points that a straight line takes."""
GEV_FM = HBARC / 1000.0
_GAMMA = "msbar_gamma"
_OBSERVABLE = re.compile(r"((?:.+_)?quark_)(vertex|propagator)")


@dataclass(frozen=True)
class Scales:
    """a^-1 in GeV and Lambda in GeV.

    Attributes
    ----------
    names, inverse
        Series, and 1/a as a function of their mean values.
    coupling
        What was given, and its value, which moves with its error.
    given
        Numbers with errors that were given.
    """

    names: tuple[str, ...]
    inverse: Function
    coupling: tuple[Coupling, Prior]
    given: tuple[Prior, ...]

    def lam(self, flavors: int) -> float:
        """Lambda in GeV."""
        words, prior = self.coupling
        value = _positive(prior, words.text)
        return value if not words.at else words.at * _ratio(value, flavors)


@dataclass(frozen=True)
class Constant:
    """A constant of the scheme of a measurement at each momentum, and how it is converted."""

    name: str
    scheme: str
    rows: Sequence[Row]
    options: Conversion
    scales: Scales

    @property
    def label(self) -> str:
        """What a figure calls it."""
        of = "Z_q" if BILINEARS[self.name] == FIELD else f"Z of {self.name}"
        return f"{of}, MSbar at {self.options.scale:g} GeV"

    def converted(self, row: Row, p: float) -> Row:
        """Z^MSbar(mu) of one row."""
        options, scales, kind = self.options, self.scales, BILINEARS[self.name]
        every = tuple(dict.fromkeys([*row[0], *scales.names]))

        def function(means: FloatArray) -> Dual:
            Z, inverse = on_all(every, *row, means), on_all(every, scales.names, scales.inverse, means)
            lam = scales.lam(options.flavors)
            value, slope = _factor(
                self.scheme, kind, options.flavors, options.loops, p * inverse.value / lam, options.scale / lam
            )
            return Z * Dual(value, slope / inverse.value * inverse.gradient)

        return every, function


def msbar(request: FitRequest, chains: Chains) -> Fit:
    """Z^MSbar(mu) from each momentum, and where FROM and TO are given the line in p^2.

    Raises
    ------
    InputError
        No such series, momenta that are not known, a group that is not SU(3), d = 2, numbers that cannot be.
    """
    options = conversion(request.numbers)
    check_factors(chains.physics.group, None)
    scales = _scales(request, chains)
    if request.series.endswith("_propagator"):
        if request.kind == _GAMMA:
            raise InputError(f"{_GAMMA} is for scalar, pseudoscalar and tensor", hint="the field is that of msbar")
        rows = field_rows(chains, request.series)
        check_factors(None, dimensions_of(request.series, chains))
        return _of_one(request, chains, Constant("propagator", RIMOM, rows, options, scales))
    stem, names = bilinears(request.series, chains)
    if strange := [name for name in names if name not in BILINEARS]:
        known = ", ".join(BILINEARS)
        raise InputError(f"no factor of {stem}_{strange[0]} is known", hint=f"there are those of {known}")
    check_factors(None, dimensions_of(f"{stem}_propagator", chains))
    scheme = {"rimom": RIMOM, "rismom": SMOM}[scheme_of(stem, chains)]
    if request.kind == _GAMMA:
        if scheme != SMOM:
            raise InputError(f"{stem} was measured at p1 = p2; {_GAMMA} takes symmetric momenta", hint="write msbar")
        scheme = SMOM_GAMMA
        names = [name for name in names if BILINEARS[name] in (MASS, TENSOR)]
        if not names:
            raise InputError(f"{_GAMMA} is for scalar, pseudoscalar and tensor, not {request.series}")
    constants = [Constant(name, scheme, _rows(chains, stem, name, scheme), options, scales) for name in names]
    if request.series != stem:
        return _of_one(request, chains, constants[0])
    if options.limits is not None:
        raise InputError(f"a line in p^2 is one of one bilinear, not of {stem}", hint=f"write {stem}_{names[0]}")
    fits = [_points(request, chains, one, f"{one.name}.") for one in constants]
    return Fit(request.name, request.text, tuple(one for fit in fits for one in fit.parameters))


def _scales(request: FitRequest, chains: Chains) -> Scales:
    """Lattice spacing and Lambda; numbers written alike are one number, whose error they share."""
    assert request.scales is not None
    spacing, words = request.scales
    lam = chains.given(f"coupling {words.text}", words.value, words.error)
    length = chains.given(f"spacing {spacing.text}", spacing.value, spacing.error)
    given = tuple(prior for prior in (lam, length) if prior.error)
    if not spacing.fit:
        return Scales((), partial(_constant, spacing, length), (words, lam), given)
    of, function = chains.number_of_fit(spacing.fit)

    def inverse(means: FloatArray) -> Dual:
        found = function(means)
        if not found.value > 0.0:
            raise InputError(f"{spacing.fit} is not above 0")
        unit = GEV_FM / _positive(length, spacing.text)
        return Dual(unit * found.value, unit * found.gradient)

    return Scales(of, inverse, (words, lam), given)


def _constant(spacing: Spacing, length: Prior, means: FloatArray) -> Dual:
    """1/a in GeV of a spacing that is a number."""
    value = _positive(length, spacing.text)
    return Dual(value if spacing.inverse else GEV_FM / value, np.zeros(len(means)))


def _positive(prior: Prior, text: str) -> float:
    if not (value := prior.value + prior.shift) > 0.0:
        raise InputError(f"{text} is not above 0")
    return value


@cache
def _ratio(alpha: float, flavors: int) -> float:
    """Lambda/mu of a coupling at mu."""
    return math.exp(-0.5 * logarithm(alpha / (4.0 * math.pi), COLORS, flavors))


_factor = cache(factor)


def _rows(chains: Chains, stem: str, name: str, scheme: str) -> list[Row]:
    """Z of a scheme at each momentum."""
    rows = bilinear_rows(chains, stem, name)
    if scheme != SMOM_GAMMA:
        return rows
    vectors, others = (bilinear_rows(chains, stem, one) for one in ("vector", "vector_gamma"))
    return [_with_gamma(*three) for three in zip(rows, vectors, others, strict=True)]


def _with_gamma(one: Row, vector: Row, other: Row) -> Row:
    """Z_Gamma Z_V/Z_Vgamma."""
    every = tuple(dict.fromkeys(name for names, _ in (one, vector, other) for name in names))

    def function(means: FloatArray) -> Dual:
        Z, V, G = (on_all(every, names, of, means) for names, of in (one, vector, other))
        return Z * V / G

    return every, function


def _momenta(request: FitRequest, chains: Chains, count: int) -> list[float]:
    """|p| in lattice units, which the measurement wrote beside the numbers."""
    match = _OBSERVABLE.match(request.series)
    stem = match[1] + {"vertex": "vertices"}.get(match[2], match[2]) if match else request.series
    names = [f"{stem}_scale.{k}" for k in range(1, count + 1)]
    if missing := [name for name in names if name not in chains.series[0]]:
        raise InputError(
            f"the momenta of {request.series} are not known: there is no series {missing[0]}",
            hint="measure the stored configurations anew (lqcdnn measure --configs): older versions did not write them",
        )
    return [float(chains.series[0][name].values[0]) for name in names]


def _points(request: FitRequest, chains: Chains, constant: Constant, before: str = "") -> Fit:
    """The constants of each momentum, and their picture."""
    momenta = _momenta(request, chains, len(constant.rows))
    converted = [constant.converted(row, p) for row, p in zip(constant.rows, momenta, strict=True)]
    estimates = tuple(
        chains.estimate(f"{before}{number}", request, names, chains.samples(names), function)
        for number, (names, function) in enumerate(converted, start=1)
    )
    order = np.argsort(momenta)
    y, errors = (np.array([getattr(estimates[i], key) or 0.0 for i in order]) for key in ("mean", "error"))
    empty = np.empty(0)
    picture = FitPicture("p^2", constant.label, np.array(momenta)[order] ** 2, y, errors, empty, empty)
    return Fit(request.name, request.text, estimates, picture=picture)


def _of_one(request: FitRequest, chains: Chains, constant: Constant) -> Fit:
    """The constants, and the line in p^2."""
    points = _points(request, chains, constant)
    if constant.options.limits is None:
        return points
    low, high = constant.options.limits
    squares = np.array(_momenta(request, chains, len(constant.rows))) ** 2
    chosen = [i for i, square in enumerate(squares) if low * (1.0 - 1e-9) <= square <= high * (1.0 + 1e-9)]
    if len(chosen) < FEWEST:
        every = ", ".join(f"{square:.4g}" for square in sorted(squares))
        found = f"{len(chosen)} of them have {low:g} <= p^2 <= {high:g}"
        raise InputError(f"a line in p^2 takes {FEWEST} momenta: {found}", hint=f"those measured have p^2 = {every}")
    x = squares[chosen]
    kept = [constant.converted(constant.rows[i], math.sqrt(squares[i])) for i in chosen]
    names = tuple(dict.fromkeys(one for of, _ in kept for one in of))
    jacobian = np.column_stack([np.ones(len(x)), x])

    def values(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = [on_all(names, of, function, means) for of, function in kept]
        return np.array([one.value for one in found]), np.array([one.gradient for one in found])

    problem = Problem(
        points=values,
        model=lambda parameters: (np.asarray(jacobian @ parameters, dtype=np.float64), jacobian),
        start=lambda known, _: np.asarray(np.linalg.lstsq(jacobian, known, rcond=None)[0], dtype=np.float64),
        drawn=Drawn("p^2", constant.label, x, lambda grid, at: np.asarray(at[0] + at[1] * grid)),
        given=constant.scales.given,
    )
    line = fitted(request, chains, names, problem, ["limit", "slope"])
    limit, slope = (item.mean or 0.0 for item in line.parameters)
    grid = np.linspace(0.0, float(x.max()), 100)
    assert points.picture is not None
    picture = replace(points.picture, grid=grid, curve=limit + slope * grid)
    return replace(line, parameters=(*points.parameters, *line.parameters), picture=picture)
