"""Smeared spectral densities of correlators, with their errors; the method is in `smearing.py`."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lqcdnn.analyze.fits.chains import Chains, correlator_of
from lqcdnn.analyze.fits.correlator import fold
from lqcdnn.analyze.fits.fitting import plain_means, point_covariance
from lqcdnn.analyze.fits.smearing import Basis, gaussian, kernel
from lqcdnn.analyze.result import Estimate, Fit, FitPicture
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import check_times
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

FIRMER = 0.1
"""A/A[0] over B where the kernel is that much nearer and the noise larger: the density should not have moved."""


def spectral_density(request: FitRequest, chains: Chains) -> Fit:
    """rho_sigma(E) at E = FROM, FROM + STEP, ..., TO: sum_t g_t(E) C(t), at fixed g where A/A[0] = B.

    The systematic error is the larger one of what the kernel at its centre says, |1 - Delta'(E)/Delta(E)| rho, and the
    change to where A/A[0] is `FIRMER` times B, times its probability not to be noise, erf(pull/sqrt(2)) as
    arXiv:2212.08467 weighs differences of volumes. `FIRMER`, the pull by the error there, and the larger of both are
    our choices.

    Raises
    ------
    InputError
        No such correlator, too long a one, energies or times that cannot be.
    """
    names, extent, correlator = correlator_of(request, chains)
    sigma, energies, times, threshold = _numbers(request, extent)
    matrix = fold(extent, times)

    def points(means: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, slopes = correlator(means)
        return matrix @ values, matrix @ slopes

    samples = chains.samples(names)
    means = plain_means(samples, len(names), chains)
    covariance = point_covariance(samples, means, points, chains)
    values = points(means)[0]
    if values[0] == 0.0:
        raise InputError("the correlator is 0 at the first time")
    basis = Basis(extent, tuple(map(int, times)), threshold)
    gram, noise = basis.gram(), covariance.matrix / values[0] ** 2
    found = []
    for i, energy in enumerate(energies, start=1):
        what = kernel(basis, gram, noise, energy, sigma)
        chosen, firmer = (np.array(list(map(float, what.balanced(ratio)))) for ratio in (1.0, FIRMER))

        def density(means: FloatArray, g: FloatArray = chosen) -> Dual:
            here, slopes = points(means)
            return Dual(float(g @ here), g @ slopes)

        one = chains.estimate(str(i), request, names, samples, density)
        at = np.array([energy])
        missing = abs(1.0 - float(basis.at(at)[0] @ chosen) / float(gaussian(at, energy, sigma)[0]))
        moved = abs(float((firmer - chosen) @ values))
        spread = math.sqrt(float(firmer @ covariance.matrix @ firmer))
        bias = max(missing * abs(float(chosen @ values)), moved * math.erf(moved / spread / math.sqrt(2.0)))
        found.append(replace(one, systematic=math.hypot(bias, one.systematic or 0.0)))
    return Fit(request.name, request.text, tuple(found), picture=_picture(energies, found))


def _picture(energies: list[float], found: list[Estimate]) -> FitPicture:
    """Points with their total errors."""
    y, errors = (np.array([getattr(one, key) or 0.0 for one in found]) for key in ("mean", "total_error"))
    return FitPicture("E", "rho(E)", np.array(energies), y, errors, np.empty(0), np.empty(0))


def _numbers(request: FitRequest, extent: int) -> tuple[float, list[float], FloatArray, float]:
    """SIGMA, the energies, the times FIRST ... LAST and E0."""
    check_times(request, extent)
    sigma, low, high, step, *given = request.numbers
    first, last, threshold = (*given, *(1.0, float(extent // 2), 0.0)[len(given) :])
    count = int((high - low) / step + 1e-9) + 1
    energies = [low + i * step for i in range(count)]
    return sigma, energies, np.arange(first, last + 1, dtype=np.float64), threshold
