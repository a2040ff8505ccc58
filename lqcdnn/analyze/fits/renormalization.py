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
from functools import partial, reduce
from operator import add
from typing import NamedTuple

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, loop_names
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

_VERTEX = re.compile(r"((?:.+_)?quark_vertex)(?:_(.+))?")
_MOMENTA = {4: 1, 6: 1, 8: 2, 12: 2}
"""How many momenta so many numbers of propagators are of: d + 2 for each, in d = 2 and 4."""
_SCHEMES = {1: "rimom", 2: "rismom"}

Row = tuple[tuple[str, ...], Function]
"""Series of one momentum or pair, and a function of their mean values."""


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
    return _of_rows(request, chains, field_rows(chains, request.series), "Z_q")


def mass_function(request: FitRequest, chains: Chains) -> Fit:
    """M(p) of each momentum; of pairs the mean of both."""
    return _of_rows(request, chains, field_rows(chains, request.series, lambda S: S.c[0] / S.z), "M")


def operator_renormalization(request: FitRequest, chains: Chains) -> Fit:
    """Z of the bilinear that the series names, of each momentum or pair; of all where it is ``quark_vertex``."""
    stem, names = bilinears(request.series, chains)
    scheme = scheme_of(stem, chains)
    if scheme != request.kind:
        kinematics = {"rimom": "p1 = p2", "rismom": "symmetric momenta"}[scheme]
        raise InputError(f"{request.series} was measured at {kinematics}", hint=f"write {scheme}({request.series})")
    if request.series != stem:
        (name,) = names
        return _of_rows(request, chains, bilinear_rows(chains, stem, name), f"Z of {name}")
    fits = [_of_rows(request, chains, bilinear_rows(chains, stem, name), "", f"{name}.") for name in names]
    return Fit(request.name, request.text, tuple(one for fit in fits for one in fit.parameters))


def bilinears(series: str, chains: Chains) -> tuple[str, list[str]]:
    """The begin ``PREFIX_quark_vertex`` of all names, and the bilinear that a series names, or all of them.

    Raises
    ------
    InputError
        It is not a vertex, or was not measured.
    """
    match = _VERTEX.fullmatch(series)
    if match is None or match[2] == "propagator":
        raise InputError(f"{series} is not a vertex", hint="quark_vertex for all, quark_vertex_scalar, ...")
    stem, name = match.groups()
    found = [_VERTEX.fullmatch(one.partition(".")[0]) for one in chains.series[0]]
    every = dict.fromkeys(one[2] for one in found if one and one[1] == stem)
    names = [one for one in every if one not in (None, "propagator")]
    if not names:
        raise InputError(f"there are no vertices {stem}_scalar, {stem}_vector, ... among the series")
    if name not in (None, *names):
        known = ", ".join(f"{stem}_{one}" for one in names)
        raise InputError(f"there is no vertex {series}", hint=f"there are {known}")
    return stem, names if name is None else [name]


def scheme_of(stem: str, chains: Chains) -> str:
    """The kind of fit that takes vertices of these momenta."""
    return _SCHEMES[_MOMENTA[len(_rows(chains, f"{stem}_propagator")[0])]]


def dimensions_of(propagators: str, chains: Chains) -> int:
    """d of the momenta of a series of propagators."""
    count = len(_rows(chains, propagators)[0])
    return count // _MOMENTA[count] - 2


def bilinear_rows(chains: Chains, stem: str, name: str) -> list[Row]:
    """Z of one bilinear at each momentum or pair."""
    propagators = _rows(chains, f"{stem}_propagator")
    count = len(propagators[0])

    def constant(numbers: list[Dual]) -> Dual:
        S, T = _propagators(numbers[:count]), numbers[count:]
        size = range(len(S[0].c))
        pairs = [(i, j) for i in size for j in size if len(S) > 1 or i <= j]
        form = _sum([t * S[0].c[i] * S[-1].c[j] for t, (i, j) in zip(T, pairs, strict=True)])
        return _mean([one.field for one in S]) * S[0].D * S[-1].D / form

    names = zip(propagators, _rows(chains, f"{stem}_{name}"), strict=True)
    return [((*first, *second), partial(_of_means, constant)) for first, second in names]


def field_rows(chains: Chains, series: str, of_one: Callable[[Propagator], Dual] = lambda S: S.field) -> list[Row]:
    """The mean of a function, Z_q, of the propagators of each row."""

    def function(numbers: list[Dual]) -> Dual:
        return _mean([of_one(S) for S in _propagators(numbers)])

    return [(tuple(names), partial(_of_means, function)) for names in _rows(chains, series)]


def _of_means(of: Callable[[list[Dual]], Dual], means: FloatArray) -> Dual:
    """A function of numbers as one of mean values."""
    try:
        return of([Dual(float(mean), unit) for mean, unit in zip(means, np.eye(len(means)), strict=True)])
    except ZeroDivisionError:
        raise InputError("the propagator or the vertex is 0") from None


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


def _of_rows(request: FitRequest, chains: Chains, rows: Sequence[Row], label: str, before: str = "") -> Fit:
    """A function of the mean values of each row, with its picture where |p| is known and rises.

    ``before`` stands before the numbers of the momenta.
    """
    estimates = [
        chains.estimate(f"{before}{number}", request, names, chains.samples(names), function)
        for number, (names, function) in enumerate(rows, start=1)
    ]
    momenta = chains.axes.get(chains.series[0][rows[0][0][0]].source, ("", ()))[1]
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
