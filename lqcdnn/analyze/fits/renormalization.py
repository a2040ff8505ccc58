r"""Renormalisation constants of quark fields and bilinears (docs/physics/renormalisation.md, 25.3).

Of the mean propagator S = b - i sum gamma_mu a_mu and z = a p/p^2, p_mu the sin p_mu, with D = a^2 + b^2,

.. math:: Z_q = \frac{z}{D},\quad M = \frac{b}{z},\quad
          Z_\Gamma = \frac{Z_q\,D_1 D_2}{\sum_{ij} T_{ij}\,c_i(p_1)\,c_j(p_2)},\quad c = (b, a)

with the coefficients T of the mean vertex.  RI'/MOM: p_1 = p_2 (G. Martinelli et al., hep-lat/9411010); RI/SMOM:
p_1^2 = p_2^2 = (p_1 - p_2)^2, Z_q the mean of both momenta (C. Sturm et al., arXiv:0901.2599).  All are functions of
mean values: the average over configurations comes before the inverse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, loop_names
from lqcdnn.analyze.result import Estimate, Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

_VERTEX = re.compile(r"((?:.+_)?quark_vertex)(?:_(.+))?")
_MOMENTA = {4: 1, 6: 1, 8: 2, 12: 2}
"""How many momenta so many numbers of propagators are of: d + 2 for each, in d = 2 and 4."""
_SCHEMES = {1: "rimom", 2: "rismom"}


class Propagator(NamedTuple):
    """S of one momentum."""

    c: list[Dual]
    """b, a_1 ... a_d."""
    z: Dual
    D: Dual

    @property
    def field(self) -> Dual:
        """Z_q."""
        return self.z / self.D


def field_renormalization(request: FitRequest, chains: Chains) -> Fit:
    """Z_q of each momentum; of pairs the mean of both.

    Raises
    ------
    InputError
        The series is not of propagators, or has too few measurements; so do the others.
    """
    return _of_propagators(request, chains, "Z_q", lambda S: S.field)


def mass_function(request: FitRequest, chains: Chains) -> Fit:
    """M(p) of each momentum; of pairs the mean of both."""
    return _of_propagators(request, chains, "M", lambda S: S.c[0] / S.z)


def operator_renormalization(request: FitRequest, chains: Chains) -> Fit:
    """Z of the bilinear that the series names, of each momentum or pair; of all where it is ``quark_vertex``."""
    match = _VERTEX.fullmatch(request.series)
    if match is None or match[2] == "propagator":
        raise InputError(f"{request.series} is not a vertex", hint="quark_vertex for all, quark_vertex_scalar, ...")
    stem, name = match.groups()
    found = [_VERTEX.fullmatch(series.partition(".")[0]) for series in chains.series[0]]
    names = dict.fromkeys(one[2] for one in found if one and one[1] == stem and one[2] not in (None, "propagator"))
    if not names:
        raise InputError(f"there are no vertices {stem}_scalar, {stem}_vector, ... among the series")
    if name is None:
        fits = [_of_bilinear(request, chains, stem, one, f"{one}.") for one in names]
    elif name in names:
        return _of_bilinear(request, chains, stem, name)
    else:
        known = ", ".join(f"{stem}_{one}" for one in names)
        raise InputError(f"there is no vertex {request.series}", hint=f"there are {known}")
    return Fit(request.name, request.text, tuple(one for fit in fits for one in fit.parameters))


def _of_bilinear(request: FitRequest, chains: Chains, stem: str, name: str, before: str = "") -> Fit:
    """Z of one bilinear; ``before`` stands before the numbers of the momenta."""
    series = f"{stem}_{name}"
    propagators = _rows(chains, f"{stem}_propagator")
    count = len(propagators[0])
    if (scheme := _SCHEMES[_MOMENTA[count]]) != request.kind:
        kinematics = {"rimom": "p1 = p2", "rismom": "symmetric momenta"}[scheme]
        raise InputError(f"{series} was measured at {kinematics}", hint=f"write {scheme}({request.series})")
    rows = [first + second for first, second in zip(propagators, _rows(chains, series), strict=True)]

    def constant(numbers: list[Dual]) -> Dual:
        S, T = _propagators(numbers[:count]), numbers[count:]
        size = range(len(S[0].c))
        pairs = [(i, j) for i in size for j in size if len(S) > 1 or i <= j]
        form = _sum([t * S[0].c[i] * S[-1].c[j] for t, (i, j) in zip(T, pairs, strict=True)])
        return _mean([one.field for one in S]) * S[0].D * S[-1].D / form

    return _of_rows(request, chains, rows, f"Z of {name}", constant, before)


def _of_propagators(request: FitRequest, chains: Chains, label: str, of_one: Callable[[Propagator], Dual]) -> Fit:
    """The mean of a function of each of the propagators of a row."""
    rows = _rows(chains, request.series)
    return _of_rows(request, chains, rows, label, lambda numbers: _mean([of_one(S) for S in _propagators(numbers)]))


def _rows(chains: Chains, stem: str) -> list[list[str]]:
    """Names of the series of each momentum or pair."""
    rows: dict[int, list[str]] = {}
    for (row, _), name in loop_names(chains.series[0], stem, "lists").items():
        rows.setdefault(row, []).append(name)
    return list(rows.values())


def _propagators(numbers: Sequence[Dual]) -> list[Propagator]:
    """From b, a_1 ... a_d, z of one momentum, or of two."""
    size = len(numbers) // _MOMENTA[len(numbers)]
    found = []
    for k in range(0, len(numbers), size):
        *c, z = numbers[k : k + size]
        found.append(Propagator(c, z, _sum([one * one for one in c])))
    return found


def _of_rows(
    request: FitRequest,
    chains: Chains,
    rows: Sequence[Sequence[str]],
    label: str,
    of: Callable[[list[Dual]], Dual],
    before: str = "",
) -> Fit:
    """A function of the mean values of each row, with its picture where |p| is known and rises."""
    estimates: list[Estimate] = []

    def function(means: FloatArray) -> Dual:
        try:
            return of([Dual(float(mean), unit) for mean, unit in zip(means, np.eye(len(means)), strict=True)])
        except ZeroDivisionError:
            raise InputError("the propagator or the vertex is 0") from None

    for number, names in enumerate(rows, start=1):
        estimates.append(chains.estimate(f"{before}{number}", request, names, chains.samples(names), function))
    momenta = chains.axes.get(chains.series[0][rows[0][0]].source, ("", ()))[1]
    if len(momenta) != len(rows):
        return Fit(request.name, request.text, tuple(estimates))
    y, errors = (np.array([getattr(item, key) or 0.0 for item in estimates]) for key in ("mean", "error"))
    picture = FitPicture("p", label, np.array(momenta), y, errors, np.empty(0), np.empty(0))
    return Fit(request.name, request.text, tuple(estimates), picture=picture)


def _sum(terms: Sequence[Dual]) -> Dual:
    return reduce(add, terms)


def _mean(terms: Sequence[Dual]) -> Dual:
    total, count = _sum(terms), len(terms)
    return Dual(total.value / count, total.gradient / count)
