r"""Entropy density of pure SU(N) gauge theory from the energy-momentum tensor along the gradient flow.

.. math::
    \frac{s}{T^3} = \frac{\epsilon + p}{T^4} = -\frac43 N_t^4 \lim_{t\to0} c_1(t)\,\langle U_{tt}(t)\rangle,
    \quad T = \frac{1}{N_t}

in lattice units (M. Kitazawa et al., Phys. Rev. D 94 (2016) 114512, arXiv:1610.07810), by a straight line in t T^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.fits.chains import Chains, axis_of, vector_names
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.fits.smallflowtime import tensor_coefficient
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.language.flownumbers import chosen_flow_times, expansion
from lqcdnn.config.rules.energymomentum import PLASMA, no_plasma
from lqcdnn.errors import InputError

X_LABEL, Y_LABEL = "t T^2", "(e + p)/T^4"


@dataclass(frozen=True)
class Plasma:
    """What turns operators along the flow into thermodynamics: N of SU(N), and N_t = 1/T."""

    n: int
    extent: int

    def positions(self, times: FloatArray) -> FloatArray:
        """t T^2."""
        return np.asarray(times / self.extent**2)


def plasma(physics: Physics) -> Plasma:
    """The same from what is known of a run.

    Raises
    ------
    InputError
        It is not one of pure SU(N) gauge theory on an isotropic lattice that is periodic in time.
    """
    if physics.group is None or not physics.shape:
        raise InputError("group and extents of the lattice are not known", hint="analyze a run directory")
    reason = no_plasma(
        physics.group,
        len(physics.shape),
        quarks=bool(physics.boundaries),
        winding=physics.winding,
        ends=physics.open_time,
        twisted=physics.twisted_time,
        anisotropic=physics.anisotropic,
        scalar=physics.scalar,
    )
    if reason is not None:
        raise InputError(reason, hint=f"allowed: {PLASMA}")
    return Plasma(physics.colors or 0, physics.shape[-1])


def entropies(request: FitRequest, chains: Chains) -> Fit:
    """s/T^3 with c_1 at every flow time t > 0, not extrapolated; NAME.1 is that at the first.

    Raises
    ------
    InputError
        No such series, a run that is not one of pure gauge theory, numbers that cannot be.
    """
    names, times, factors, gas = _factors(request, chains, request.numbers)

    def point(means: FloatArray, i: int) -> Dual:
        gradient = np.zeros(len(means))
        gradient[i] = factors[i]
        return Dual(float(factors[i] * means[i]), gradient)

    functions = {str(i + 1): partial(point, i=i) for i in range(len(names))}
    found = pointwise(request, chains, names, functions, "there is no flow time above 0")
    y, errors = (np.array([getattr(item, key) or 0.0 for item in found]) for key in ("mean", "error"))
    none = np.empty(0)
    picture = FitPicture(X_LABEL, Y_LABEL, gas.positions(times), y, errors, none, none, dimensionless=True)
    return Fit(request.name, request.text, found, picture=picture)


def entropy(request: FitRequest, chains: Chains) -> Fit:
    """A straight line in t T^2 through them, FIRST <= t <= LAST; its value at t = 0 is s/T^3.

    Raises
    ------
    InputError
        As :func:`entropies`; fewer than three flow times in the range, or one beyond the extent of time.
    """
    lam, first, last, *options = request.numbers
    names, times, factors, gas = _factors(request, chains, (lam, *options))
    chosen = chosen_flow_times([float(t) for t in times], first, last, gas.extent)
    x, weights = gas.positions(times[chosen]), factors[chosen]
    jacobian = np.column_stack([np.ones(len(x)), x])
    problem = Problem(
        points=lambda means: (weights * means, np.diag(weights)),
        model=lambda parameters: (np.asarray(parameters[0] + parameters[1] * x), jacobian),
        start=lambda values, _: np.asarray(np.linalg.lstsq(jacobian, values, rcond=None)[0], dtype=np.float64),
        drawn=Drawn(X_LABEL, Y_LABEL, x, lambda grid, found: np.asarray(found[0] + found[1] * grid)),
    )
    found = fitted(request, chains, [names[i] for i in chosen], problem, ["entropy", "slope"])
    line, slope = (item.mean or 0.0 for item in found.parameters)
    if found.picture is None:
        return found
    grid = np.linspace(0.0, x[-1], 100)
    return replace(found, picture=replace(found.picture, grid=grid, curve=line + slope * grid, dimensionless=True))


def _factors(
    request: FitRequest, chains: Chains, numbers: Sequence[float]
) -> tuple[list[str], FloatArray, FloatArray, Plasma]:
    """Series of U_tt at t > 0, the flow times, what each is multiplied by for s/T^3, and N, N_t."""
    gas = plasma(chains.physics)
    names = vector_names(chains.series[0], request.series)
    measured = axis_of(chains, request, names)[1]
    if not measured:
        raise InputError(f"the flow times of {request.series} are not known")
    lam, loops, scale = expansion(numbers)
    kept = [i for i, t in enumerate(measured) if t > 0.0]
    times = np.array([measured[i] for i in kept])
    coefficients = [tensor_coefficient(float(t), scale, gas.n, loops, lam) for t in times]
    return [names[i] for i in kept], times, -4.0 / 3.0 * gas.extent**4 * np.array(coefficients), gas
