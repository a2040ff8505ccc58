r"""Reduced pseudo-distributions from currents whose ends lie a line of links apart (physics.md 34.3).

With M(P, z) the matrix element at momentum P of a line of z links

.. math:: \mathfrak M(\nu, z^2) = \frac{M(P, z)}{M(P, 0)} \, \frac{M(0, 0)}{M(0, z)}, \qquad \nu = P_k z

(K. Orginos, A. Radyushkin, J. Karpie, S. Zafeiropoulos, arXiv:1706.05373) needs no renormalisation: the line's own and
that of its ends are those of P = 0.  Each M is the sum of C_3(t; T) over the times of the current, as C_2 cancels.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, vector_names
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.tables.currents import line_in_motion


def reduced_distribution(request: FitRequest, chains: Chains) -> Fit:
    """NAME.z and NAME.imaginary.z, both parts at z = 1, 2, ... as far as lines were measured.

    Raises
    ------
    InputError
        No such series, of a momentum or at rest; times that are none of the current's; too few measurements.
    """
    first, last = map(int, request.numbers)
    line, T = line_in_motion(request.series, first, last)
    series = chains.series[0]

    def key(z: int, part: str = "", momentum: str = line.end) -> str:
        return f"{line.stem}_{line.current}_z{z}{part}_s{T}{momentum}"

    longest = 0
    while f"{key(longest + 1)}.1" in series:
        longest += 1
    keys = [key(z, momentum=momentum) for momentum in (line.end, "") for z in range(longest + 1)]
    keys += [key(z, "_imaginary") for z in range(1, longest + 1)]
    names = [name for one in keys for name in vector_names(series, one)[first : last + 1]]
    rows = {one: np.zeros(len(names)) for one in keys}
    for i, one in enumerate(keys):
        rows[one][i * (last + 1 - first) : (i + 1) * (last + 1 - first)] = 1.0

    def element(means: FloatArray, one: str) -> Dual:
        return Dual(float(rows[one] @ means), rows[one])

    def reduced(means: FloatArray, z: int, part: str) -> Dual:
        at_rest = element(means, key(0, momentum="")) / element(means, key(z, momentum=""))
        return element(means, key(z, part)) / element(means, key(0)) * at_rest

    every = range(1, longest + 1)
    functions = {str(z): partial(reduced, z=z, part="") for z in every}
    functions |= {f"imaginary.{z}": partial(reduced, z=z, part="_imaginary") for z in every}
    none = f"there are no lines {key(1)} of a link or more"
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, none))
