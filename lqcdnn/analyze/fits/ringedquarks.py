r"""The condensate of ringed quarks along the gradient flow (H. Makino, H. Suzuki, arXiv:1403.4772).

.. math:: \mathring\chi = \sqrt{Z}\,\chi, \qquad
    Z(t) = \frac{-2N}{(4\pi)^2 t^2\,\langle\bar\chi\gamma_\mu\overleftrightarrow{D}_\mu\chi\rangle}

of one flavour in d = 4 needs no other renormalisation: Z is 1 for free massless quarks (physics.md 33.3).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, axis_of, vector_names
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import kinetic_of
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError


def ringed_condensates(request: FitRequest, chains: Chains) -> Fit:
    """NAME.k, the condensate of ringed quarks, and NAME.factor.k = Z at the flow times t > 0, numbered from 1.

    Raises
    ------
    InputError
        Another series, another number of directions than four, too few measurements.
    """
    physics, colors = chains.physics, chains.physics.colors
    if len(physics.shape) != 4 or not colors:
        raise InputError("ringed quarks are those of d = 4", hint="analyze a run directory of four dimensions")
    condensates = vector_names(chains.series[0], request.series)
    kinetics = vector_names(chains.series[0], kinetic_of(request.series))
    times = axis_of(chains, request, condensates)[1]
    if len(times) != len(condensates):
        raise InputError(f"the flow times of {request.series} are not known")
    names, count = [*condensates, *kinetics], len(condensates)

    def factor(means: FloatArray, k: int) -> Dual:
        free = 2.0 * colors / ((4.0 * math.pi) ** 2 * times[k] ** 2)
        unit = np.eye(len(names))
        return Dual(free, np.zeros(len(names))) / Dual(float(means[count + k]), unit[count + k])

    def condensate(means: FloatArray, k: int) -> Dual:
        return factor(means, k) * Dual(float(means[k]), np.eye(len(names))[k])

    kept = [k for k, t in enumerate(times) if t > 0.0]
    functions = {str(i + 1): partial(condensate, k=k) for i, k in enumerate(kept)}
    functions |= {f"factor.{i + 1}": partial(factor, k=k) for i, k in enumerate(kept)}
    found = pointwise(request, chains, names, functions, "there is no flow time above 0")
    return Fit(request.name, request.text, found)
