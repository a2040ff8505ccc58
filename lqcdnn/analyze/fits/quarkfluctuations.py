r"""Fluctuations of the quark number at mu = 0: what the series of ``quark_fluctuations`` are averaged to.

With :math:`\hat\mu = \mu/T`, on L_s^(d-1) x L_t, V sites,

.. math:: \chi^{fg}_{ij} = \frac{1}{V_s T^{d-1}}\frac{\partial^{i+j}\ln Z}{\partial\hat\mu_f^i\,\partial\hat\mu_g^j}
    = \frac{L_t^d}{V}\, K_{ij}

in units of T^d (C. R. Allton et al., hep-lat/0501030; A. Bazavov et al., arXiv:1203.0784).  K are the connected parts
of means of products of D_n; by charge conjugation those of an odd number of odd factors are 0 (physics.md 32).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series, aligned
from lqcdnn.analyze.estimate import Sample
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import MINIMUM_N, FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

Coefficients = Mapping[str, float]
"""What each mean value is multiplied by, by the orders of its factors: ``{"2": 1.0, "1_1": 1.0}``."""


class Means:
    """Mean values of products, by the orders of their factors; those that were not measured are 0 on all links."""

    def __init__(self, names: Sequence[str], means: FloatArray) -> None:
        self._names, self._means = names, means

    def sum(self, coefficients: Coefficients) -> Dual:
        """A sum of mean values with coefficients."""
        row = np.array([coefficients.get(name, 0.0) for name in self._names])
        return Dual(float(row @ self._means), row)

    def times(self, factor: float, x: Dual) -> Dual:
        """A number times another."""
        return Dual(factor * x.value, factor * x.gradient)


Quantity = Callable[[Means], Dual]

OF_ONE: Coefficients = {"2": 1.0, "1_1": 1.0}
"""(1/Z) d^2 Z / dmu^2 of the determinant of one flavour."""


def of_flavors(n: float) -> tuple[Coefficients, Coefficients]:
    """(1/Z) times the second and fourth derivative of the product of n equal determinants."""
    fourth = {"4": n, "1_3": 4 * n**2, "2_2": 3 * n**2, "1_1_2": 6 * n**3, "1_1_1_1": n**4}
    return {"2": n, "1_1": n**2}, fourth


def second_order(n: float) -> Quantity:
    """Second cumulant of n flavours."""
    return lambda means: means.sum(of_flavors(n)[0])


def fourth_order(n: float) -> Quantity:
    """Fourth cumulant of n flavours."""
    second, fourth = of_flavors(n)

    def found(means: Means) -> Dual:
        two = means.sum(second)
        return means.sum(fourth) - means.times(3.0, two * two)

    return found


def _third_and_first(means: Means) -> Dual:
    """K_31 of two equal flavours."""
    product = means.sum(OF_ONE) * means.sum({"1_1": 1.0})
    return means.sum({"1_3": 1.0, "1_1_2": 3.0, "1_1_1_1": 1.0}) - means.times(3.0, product)


def _two_and_two(means: Means) -> Dual:
    """K_22 of two equal flavours."""
    two, mixed = means.sum(OF_ONE), means.sum({"1_1": 1.0})
    whole = means.sum({"2_2": 1.0, "1_1_2": 2.0, "1_1_1_1": 1.0})
    return whole - two * two - means.times(2.0, mixed * mixed)


def susceptibilities(request: FitRequest, chains: Chains) -> Fit:
    """chi_2, chi_11, chi_4, chi_31, chi_22 of flavours with equal determinants, in units of T^d, as far as measured.

    Raises
    ------
    InputError
        No such series, an anisotropic lattice, too few measurements; so do the others.
    """
    orders = _measured(request.series, chains)
    quantities: dict[str, Quantity] = {"chi_2": second_order(1.0)}
    odd = "1_1" in orders
    if odd:
        quantities["chi_11"] = lambda means: means.sum({"1_1": 1.0})
    if "4" in orders:
        quantities["chi_4"] = fourth_order(1.0)
        quantities |= {"chi_31": _third_and_first} if odd else {}
        quantities["chi_22"] = _two_and_two
    return _of_series(request, chains, orders, quantities)


def taylor_coefficients(request: FitRequest, chains: Chains) -> Fit:
    """c_2 and c_4 of p/T^d = sum_n c_n (mu/T)^n, mu being common to so many flavours with equal determinants."""
    (flavors,) = request.numbers
    orders = _measured(request.series, chains)
    second, fourth = second_order(flavors), fourth_order(flavors)
    quantities: dict[str, Quantity] = {"c_2": lambda means: means.times(1 / 2, second(means))}
    if "4" in orders:
        quantities["c_4"] = lambda means: means.times(1 / 24, fourth(means))
    return _of_series(request, chains, orders, quantities)


def _of_series(
    request: FitRequest, chains: Chains, orders: Sequence[str], quantities: Mapping[str, Quantity]
) -> Fit:
    """Estimates of quantities made of the series of one table."""
    factor = inverse_volume(chains.physics)
    names = [f"{request.series}_{order}" for order in orders]
    samples = chains.samples(names)

    def value(means: FloatArray, quantity: Quantity) -> Dual:
        found = Means(orders, means)
        return found.times(factor, quantity(found))

    found = tuple(
        chains.estimate(name, request, names, samples, partial(value, quantity=quantity))
        for name, quantity in quantities.items()
    )
    return Fit(request.name, request.text, found)


_THIRD = {"3": 1.0, "1_2": 3.0, "1_1_1": 1.0}
_MIXED: dict[str, tuple[Coefficients, Coefficients]] = {
    "f": (OF_ONE, {}), "g": ({}, OF_ONE), "11": ({"1": 1.0}, {"1": 1.0}), "31": (_THIRD, {"1": 1.0}),
    "13": ({"1": 1.0}, _THIRD), "22": (OF_ONE, OF_ONE),
}  # fmt: skip
"""Columns of two tables: a sum of series of the first, times one of the second; {}: without."""


def mixed_susceptibilities(request: FitRequest, chains: Chains) -> Fit:
    """chi_11, chi_31, chi_13, chi_22 of two quarks with different determinants, each with noise of its own."""
    factor = inverse_volume(chains.physics)
    both = [_measured(name, chains) for name in (request.series, request.second)]
    fourth, odd = all("4" in orders for orders in both), all("1" in orders for orders in both)
    wanted = [k for k in _MIXED if (fourth or k in ("f", "g", "11")) and (odd or k in ("f", "g", "22"))]
    if len(wanted) == 2:
        raise InputError("there is nothing of second order: odd derivatives are 0 on the links of these quarks")
    made = [_products(request, one, both, wanted) for one in chains.series]
    columns = [f"{request.name}#{k}" for k in wanted]  # no series has such a name
    samples = [Sample(*aligned([one[name] for name in columns])) for one in made]
    if not any(len(sample.table) >= MINIMUM_N for sample in samples):
        raise InputError(f"fewer than {MINIMUM_N} configurations have {request.series} and {request.second}")
    if not chains.made:
        chains.made.extend({} for _ in chains.series)
    for known, more in zip(chains.made, made, strict=True):
        known |= more
    samples = samples if chains.weighting is None else chains.weighting[0](samples)

    def value(means: FloatArray, name: str) -> Dual:
        found = Means(wanted, means)
        one, other = found.sum({"f": 1.0}), found.sum({"g": 1.0})
        mixed = found.sum({"11": -1.0})  # i Im D_1 of both
        connected = {
            "11": lambda: mixed,
            "31": lambda: found.sum({"31": -1.0}) - found.times(3.0, one * mixed),
            "13": lambda: found.sum({"13": -1.0}) - found.times(3.0, other * mixed),
            "22": lambda: found.sum({"22": 1.0}) - one * other - found.times(2.0, mixed * mixed),
        }
        return found.times(factor, connected[name]())

    estimates = tuple(
        chains.estimate(f"chi_{k}", request, columns, samples, partial(value, name=k))
        for k in wanted
        if k not in ("f", "g")
    )
    return Fit(request.name, request.text, estimates)


def _products(
    request: FitRequest, series: Mapping[str, Series], both: Sequence[Sequence[str]], wanted: Sequence[str]
) -> dict[str, Series]:
    """The columns on the configurations where both quarks were measured."""
    stems = request.series, request.second
    names = [f"{stem}_{order}" for stem, orders in zip(stems, both, strict=True) for order in orders]
    trajectories, table = aligned([series[name] for name in names])
    numbers = dict(zip(names, table.T, strict=True))

    def total(stem: str, coefficients: Coefficients) -> FloatArray:
        parts = [factor * numbers[f"{stem}_{k}"] for k, factor in coefficients.items() if f"{stem}_{k}" in numbers]
        return np.sum(parts, axis=0) if parts else np.ones(len(trajectories))

    found = {}
    for k in wanted:
        one, other = _MIXED[k]
        name = f"{request.name}#{k}"
        found[name] = Series(name, "", trajectories, total(stems[0], one) * total(stems[1], other))
    return found


def _measured(stem: str, chains: Chains) -> list[str]:
    """Orders of the factors of the series of a table, such as "1_1_2".

    Raises
    ------
    InputError
        There is no second derivative: another observable.
    """
    known = chains.series[0]
    if f"{stem}_2" not in known or "quark_fluctuations" not in stem:
        tables = sorted(name.removesuffix("_2") for name in known if name.endswith("quark_fluctuations_2"))
        hint = f"there are {', '.join(tables)}" if tables else "measure quark_fluctuations"
        raise InputError(f"there are no series {stem}_2, ... of quark_fluctuations", hint=hint)
    ends = [name.removeprefix(f"{stem}_") for name in known if name.startswith(f"{stem}_")]
    return [end for end in ends if end.replace("_", "").isdigit()]


def inverse_volume(physics: Physics) -> float:
    """1/(V_s T^(d-1)) = L_t^d / V.

    Raises
    ------
    InputError
        The extents are not known.
    """
    if not physics.shape:
        raise InputError("extents of the lattice are not known", hint="analyze a run directory")
    return float(physics.shape[-1] ** len(physics.shape)) / math.prod(physics.shape)
