r"""Bag parameters from four-quark operators between two walls of ``meson_mixing`` (physics.md 36.3).

.. math:: B_i(t) = \frac{C_3(t; T)}{N_i\,C(t)\,C(t; T)}

with the two-point functions of both walls, of A_0 for i = 1 and of the pseudoscalar density for the others, and the
N_i of vacuum saturation, so that B_i = 1 there.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from lqcdnn.analyze.fits.chains import Chains, vector_names
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.tables.mixing import check_bag
from lqcdnn.errors import InputError


def bag_parameters(request: FitRequest, chains: Chains) -> Fit:
    """B(t) at all times between the walls.

    Raises
    ------
    InputError
        No such series, too few measurements, no colours; so does the other.
    """
    names, points = _of(request, chains)

    def value(means: FloatArray, t: int) -> Dual:
        values, jacobian = points(means, np.array([t]))
        return Dual(float(values[0]), jacobian[0])

    functions = {str(t): partial(value, t=t) for t in check_bag(request.series).times}
    none = "a two-point function is 0 at all times between the walls"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))


def bag_parameter(request: FitRequest, chains: Chains) -> Fit:
    """A constant fitted to B(t), t = FIRST ... LAST."""
    names, points = _of(request, chains)
    check_bag(request.series, request.numbers)
    first, last = map(int, request.numbers)
    times = np.arange(first, last + 1)
    one = np.ones((len(times), 1))
    problem = Problem(
        points=partial(points, times=times),
        model=lambda parameters: (one @ parameters, one),
        start=lambda values, _: values.mean(keepdims=True),
        drawn=Drawn("t", "B(t)", times.astype(np.float64), lambda grid, found: np.full(len(grid), found[0])),
    )
    return fitted(request, chains, names, problem, ["bag"])


class _BagPoints:
    """B at some times as a function of the mean values of C_3, C and C of the other wall, one after the other."""

    def __init__(self, extent: int, saturation: float) -> None:
        self.extent, self.saturation = extent, saturation

    def __call__(self, means: FloatArray, times: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """B and its Jacobian.

        Raises
        ------
        InputError
            If a two-point function is 0 there.
        """
        C3, one, other = means.reshape(3, self.extent)[:, times]
        if np.any(one * other == 0.0):
            raise InputError("a two-point function is 0 at the times of the ratio")
        values = C3 / (self.saturation * one * other)
        jacobian, rows = np.zeros((len(times), len(means))), np.arange(len(times))
        jacobian[rows, times] = 1.0 / (self.saturation * one * other)
        for k, C in ((1, one), (2, other)):
            jacobian[rows, k * self.extent + times] = -values / C
        return values, jacobian


def _of(request: FitRequest, chains: Chains) -> tuple[list[str], _BagPoints]:
    """Series of C_3 and of both two-point functions, and B as a function of their means."""
    what = check_bag(request.series)
    lists = [vector_names(chains.series[0], name) for name in what.series]
    if len(set(map(len, lists))) > 1 or len(lists[0]) < what.separation:
        raise InputError(f"{' and '.join(what.series)} are not of the same lattice")
    saturation = what.saturation(chains.physics.group)
    return [name for one in lists for name in one], _BagPoints(len(lists[0]), saturation)
