r"""The kernel that turns a vector correlator into its part of the muon's anomalous magnetic moment (physics.md 29.3).

.. math:: a_\mu = 4 \alpha^2 \sum_{t>0} G(t)\,\tilde K(t), \quad
    \tilde K(t) = \int_0^\infty dQ^2\, f(Q^2) \left[t^2 - \frac{4}{Q^2} \sin^2\frac{Q t}{2}\right]

(T. Blum, hep-lat/0212018; D. Bernecker, H. B. Meyer, arXiv:1107.4388), a function of m t alone but for a factor 1/m^2.
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.analyze.statistics.gamma import FloatArray

ALPHA = 1.0 / 137.035999
"""Fine structure constant at zero momentum (CODATA 2018)."""
MUON_MASS = 105.6583755
"""In MeV (Particle Data Group 2022)."""
HBARC = 197.3269804
"""In MeV fm."""

_PANELS, _NODES = 13, 100
"""Intervals of Q/m: from 0 to 1, then each as long as all before, and points in each of them."""


def muon_kernel(times: FloatArray, mass: float) -> tuple[FloatArray, FloatArray]:
    """K(t) and its derivative by the mass m of the muon, in lattice units, [t].

    With x = Q/m the integrand is 2 x f [t^2 - ...] for an f that falls as x^-6, smooth at 0: Gauss-Legendre in panels.
    """
    x, weights = _points()
    root = np.sqrt(x * x + 4.0)
    z = (root - x) / (2.0 * x)  # Z m^2
    f = x * x * z**3 * (1.0 - x * x * z) / (1.0 + x * x * z * z)  # f m^2
    measure = 2.0 * x * f * weights
    tau = mass * times
    phase = 0.5 * np.multiply.outer(tau, x)
    k = (tau**2)[:, None] - 4.0 / (x * x) * np.sin(phase) ** 2
    slope = 2.0 * tau[:, None] - 2.0 / x * np.sin(2.0 * phase)
    found, change = k @ measure, slope @ measure
    return found / mass**2, (change * times - 2.0 * found / mass) / mass**2


def _points() -> tuple[FloatArray, FloatArray]:
    """Points and weights of the integral over x."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    ends = np.concatenate([[0.0], 2.0 ** np.arange(_PANELS)])
    middles, halves = (ends[1:] + ends[:-1]) / 2.0, (ends[1:] - ends[:-1]) / 2.0
    return (middles[:, None] + np.outer(halves, nodes)).ravel(), np.outer(halves, weights).ravel()


def step(times: FloatArray, spacing: float, where: float, width: float) -> tuple[FloatArray, FloatArray]:
    """{1 + tanh[(a t - where)/width]}/2 and its derivative by the lattice spacing a, [t]."""
    slopes = np.tanh((spacing * times - where) / width)
    return 0.5 * (1.0 + slopes), 0.5 * (1.0 - slopes**2) * times / width


def spacing_of(mass: float) -> float:
    """The lattice spacing in fm of a muon mass in lattice units."""
    return mass * HBARC / MUON_MASS


def anomaly_factor(charge: float) -> float:
    """4 alpha^2 times the sum of squared charges, in units of 1e-10."""
    return 4.0e10 * math.pow(ALPHA, 2) * charge
