r"""Coefficients of the small flow-time expansion of the energy-momentum tensor of pure SU(N) gauge theory.

.. math::
    T_{\mu\nu} = \lim_{t\to0}\Big\{c_1(t)\,U_{\mu\nu}(t)
    + 4c_2(t)\,\delta_{\mu\nu}\big[E(t) - \langle E(t)\rangle_{T=0}\big]\Big\}

(H. Suzuki, PTEP 2013, 083B03, arXiv:1304.0533), fields with the coupling in them, a = g^2(mu)/(16 pi^2) of the MSbar
scheme, L = ln(2 mu^2 t) + gamma_E:

.. math::
    c_1 = \frac{1}{g^2}\big[1 + k_1^{(1)}a + k_1^{(2)}a^2\big],\quad
    c_2 = \frac{1}{g^2}\big[k_2^{(1)}a + k_2^{(2)}a^2\big]

(R. V. Harlander, Y. Kluth, F. Lange, Eur. Phys. J. C 78 (2018) 944, arXiv:1808.09837, without quarks; T. Iritani
et al., PTEP 2019, 023B02, arXiv:1812.06444).  mu is free: what depends on it is of the order that is left out
(physics.md 26.3).
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.analyze.fits.runningcoupling import beta_function, coupling

_TWO_LOOPS = -14482 / 405 - 16546 / 135 * math.log(2.0) + 1187 / 10 * math.log(3.0)


def central_scale(t: float) -> float:
    """mu_0 = 1/sqrt(2 exp(gamma_E) t), at which L = 0; the one of arXiv:1610.07810, 1/sqrt(8t), is 0.667 of it."""
    return 1.0 / math.sqrt(2.0 * math.exp(np.euler_gamma) * t)


def tensor_terms(logarithm: float, n: int) -> tuple[float, float]:
    """k_1^(1) and k_1^(2) at L."""
    b0, b1, *_ = beta_function(n)
    return -b0 * logarithm - 7 / 3 * n, -b1 * logarithm + _TWO_LOOPS * n**2


def trace_terms(n: int) -> tuple[float, float]:
    """k_2^(1) and k_2^(2), which do not depend on L."""
    b0, b1, *_ = beta_function(n)
    return b0 / 8, b1 / 8 - 7 / 16 * b0 * n


def tensor_coefficient(t: float, scale: float, n: int, loops: int, lam: float) -> float:
    """c_1(t).

    Parameters
    ----------
    t
        Flow time, in units of the lattice spacing squared like everything here.
    scale
        mu in units of :func:`central_scale`.
    n
        Of SU(n).
    loops
        1 or 2: terms that are kept.
    lam
        Lambda of the MSbar scheme.

    Raises
    ------
    InputError
        mu is too near Lambda.
    """
    a = coupling(scale * central_scale(t) / lam, n)
    terms = tensor_terms(2.0 * math.log(scale), n)[:loops]
    return _sum(a, (1.0, *terms))


def trace_coefficient(t: float, scale: float, n: int, loops: int, lam: float) -> float:
    """c_2(t); parameters and errors as of :func:`tensor_coefficient`."""
    a = coupling(scale * central_scale(t) / lam, n)
    return _sum(a, (0.0, *trace_terms(n)[:loops]))


def _sum(a: float, terms: tuple[float, ...]) -> float:
    """(1/g^2) sum_l terms_l a^l."""
    return math.fsum(term * a**power for power, term in enumerate(terms)) / (16.0 * math.pi**2 * a)
