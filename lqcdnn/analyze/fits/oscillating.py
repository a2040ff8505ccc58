r"""Correlators with states of alternating sign beside the steady ones, as those of staggered quarks.

.. math:: C(t) = \sum_i A_i\,(e^{-m_i t} + e^{-m_i (T - t)}) + (-1)^t \sum_j B_j\,(e^{-M_j t} + e^{-M_j (T - t)})

T is even, so that C(t) = C(T - t) holds for both parts. With (S C)(t) = C(t - 1) + C(t + 1) one state of each part
obeys (S - 2 cosh m)(S + 2 cosh M) C = 0, which two neighbouring times solve for both masses.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations

import numpy as np

from lqcdnn.analyze.fits.correlator import cosh_model
from lqcdnn.analyze.fits.leastsquares import Model, minimize
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.errors import InputError

#: Number of masses, from 1/T to the heaviest, among which the first parameters of a fit are looked for.
GRID = 20
HEAVIEST = 3.0
#: Logarithms of masses within these bounds leave exponentials that are numbers.
LOGARITHMS = (-50.0, 50.0)
#: Times that the states of a part are looked for, those of the other as they were found.
SWEEPS = 3
#: Of the logarithm of a mass, for derivatives.
STEP = 1e-5


def alternating(times: FloatArray) -> FloatArray:
    """(-1)^t."""
    return np.where(times % 2.0 == 0.0, 1.0, -1.0)


def oscillating_model(extent: int, times: FloatArray, states: int) -> Model:
    """C(t) at whole times as a function of (m_1, A_1, ..., M_1, B_1, ...), the first ``states`` pairs steady."""
    steady, sign = cosh_model(extent, times), alternating(times)

    def model(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """C(t) and its derivatives by the parameters, [t] and [t, parameter]."""
        values, jacobian = steady(parameters[: 2 * states])
        others, slopes = steady(parameters[2 * states :])
        return values + sign * others, np.column_stack([jacobian, sign[:, None] * slopes])

    return model


def oscillating_start(
    extent: int,
    times: FloatArray,
    values: FloatArray,
    errors: FloatArray,
    states: int,
    partners: int,
    backward: bool = True,
) -> FloatArray:
    """First parameters of a fit: those of one without correlations, which converges from farther away.

    Where points fluctuate in common, amplitudes near zero are a local minimum of a correlated fit. The best amplitudes
    are linear in the points (variable projection; G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10 (1973) 413): the
    masses alone are looked for, first on a grid.

    Parameters
    ----------
    extent, times, values
        T, and the points at these times, shape (k,).
    errors
        Of the points, shape (k,).
    states, partners
        Number of states of each part.
    backward
        Whether states go backward in time, too.
    """
    signs = np.array([np.ones_like(times)] * states + [alternating(times)] * partners)

    def rows(masses: FloatArray, signs: FloatArray) -> FloatArray:
        """exp(-m t) + exp(-m (T - t)) with signs, in units of the errors, [mass, t]."""
        plain = np.exp(-np.outer(masses, times)) + backward * np.exp(-np.outer(masses, extent - times))
        return np.asarray(plain * signs / errors, dtype=np.float64)

    target, grid = values / errors, np.geomspace(1.0 / extent, HEAVIEST, GRID)
    found = grid[_best_of_grid([(rows(grid, signs[0]), states), (rows(grid, signs[-1]), partners)], target)]

    def model(logarithms: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What states with these ln m make of the points, with numerical derivatives."""

        def best(shift: FloatArray) -> FloatArray:
            return _projection(rows(np.exp(np.clip(logarithms + shift, *LOGARITHMS)), signs), target)

        steps = STEP * np.eye(len(logarithms))
        return best(0.0 * logarithms), np.array([(best(h) - best(-h)) / (2.0 * STEP) for h in steps]).T

    with suppress(InputError):  # of the two fits, the one that follows decides
        logarithms = minimize(model, target, np.eye(len(target)), np.log(found)).parameters
        found = np.exp(np.clip(logarithms, -np.log(extent), np.log(HEAVIEST)))
    amplitudes = np.linalg.lstsq(rows(found, signs).T, target, rcond=None)[0]
    return np.column_stack([found, amplitudes]).ravel()


def _projection(rows: FloatArray, target: FloatArray) -> FloatArray:
    """The sum of rows, with factors, that is nearest to the target."""
    factors = np.linalg.lstsq(rows.T, target, rcond=None)[0]
    return np.asarray(factors @ rows, dtype=np.float64)


def _best_of_grid(parts: Sequence[tuple[FloatArray, int]], target: FloatArray) -> list[int]:
    """Rows that make the target best: so many of each array, all combinations of one array at a time."""
    found: list[list[int]] = [[] for _ in parts]
    for k in [*range(len(parts))] * SWEEPS:
        fixed = [parts[i][0][n] for i, chosen in enumerate(found) if i != k for n in chosen]
        rows, count = parts[k]
        every = [list(chosen) for chosen in combinations(range(len(rows)), count)]
        left = (target - _projection(np.array([*fixed, *rows[chosen]]), target) for chosen in every)
        found[k] = every[int(np.argmin([float(one @ one) for one in left]))]
    return [n for chosen in found for n in chosen]


def separated_mass(correlator: Sequence[Dual], partner: bool) -> Dual:
    """m, or M of the partner, of one state of each part: exact for C(t - 2), ..., C(t + 3).

    Parameters
    ----------
    correlator
        The six values, with derivatives.
    partner
        Whether to return M.

    Raises
    ------
    InputError
        No two such masses make these values.
    """
    half = Dual(0.5, np.zeros_like(correlator[0].gradient))
    rows = []
    for t in (2, 3):
        once = half * (correlator[t - 1] + correlator[t + 1])
        twice = half * (half * (correlator[t - 2] + correlator[t + 2]) + correlator[t])
        rows.append((once, correlator[t], twice))
    # S^2 C / 4 = (cosh m - cosh M) S C / 2 + cosh m cosh M C
    (a, b, x), (c, d, y) = rows
    determinant = a * d - b * c
    if determinant.value == 0.0:
        raise InputError("the correlator does not determine two masses there")
    difference, product = half * (x * d - b * y) / determinant, (a * y - x * c) / determinant
    square = difference * difference + product
    if not square.value > 0.0:
        raise InputError("the correlator is not that of a steady and an alternating state there")
    cosh = square.apply("sqrt") - difference if partner else square.apply("sqrt") + difference
    if not cosh.value > 1.0:
        raise InputError("the correlator has no such mass there")
    return cosh.apply("acosh")
