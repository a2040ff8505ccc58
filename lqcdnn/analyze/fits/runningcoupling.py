r"""The running coupling of SU(N) gauge theory with N_f massless quarks in the MSbar scheme, from Lambda.

With a = g^2/(16 pi^2)

.. math:: \mu^2\frac{da}{d\mu^2} = -a^2(\beta_0 + \beta_1 a + \beta_2 a^2 + \beta_3 a^3)

to four loops (T. van Ritbergen, J. A. M. Vermaseren, S. A. Larin, Phys. Lett. B 400 (1997) 379, hep-ph/9701390), and

.. math::
    \ln\frac{\mu^2}{\Lambda^2} = \frac{1}{\beta_0 a} + \frac{\beta_1}{\beta_0^2}\ln(\beta_0 a)
    + \int_0^a \frac{dx}{x^2}\Big[\frac{1}{\beta_0} - \frac{\beta_1 x}{\beta_0^2}
    - \frac{1}{\beta_0 + \beta_1 x + \beta_2 x^2 + \beta_3 x^3}\Big],

the usual Lambda of the MSbar scheme (physics.md 26.3).  Nothing is expanded in the logarithm.
"""

from __future__ import annotations

import math

import numpy as np

from lqcdnn.errors import InputError

LARGEST_ALPHA = 1.0
"""alpha = g^2/(4 pi) beyond which no coupling is given: there is no perturbation theory."""
SMALLEST_A = 1e-6
"""g^2/(16 pi^2) below which none is given: of scales that double precision does not hold."""
ZETA3 = 1.2020569031595942
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def beta_function(n: int, flavors: int = 0) -> tuple[float, float, float, float]:
    """beta_0 ... beta_3 of SU(n) gauge theory with massless fundamental quarks, MSbar."""
    c, f, t = n, (n * n - 1) / (2 * n), flavors / 2  # C_A, C_F, T_F N_f
    pure = n**2 * (n**2 + 36) / 24  # d_A^abcd d_A^abcd / (n^2 - 1)
    mixed = flavors * n * (n**2 + 6) / 48  # N_f d_F^abcd d_A^abcd / (n^2 - 1)
    quarks = flavors**2 * (n**4 - 6 * n**2 + 18) / (96 * n**2)  # N_f^2 d_F^abcd d_F^abcd / (n^2 - 1)
    return (
        11 / 3 * c - 4 / 3 * t,
        34 / 3 * c**2 - 4 * f * t - 20 / 3 * c * t,
        2857 / 54 * c**3 + (2 * f**2 - 205 / 9 * f * c - 1415 / 27 * c**2) * t + (44 / 9 * f + 158 / 27 * c) * t**2,
        c**4 * (150653 / 486 - 44 / 9 * ZETA3)
        + pure * (-80 / 9 + 704 / 3 * ZETA3)
        + c**3 * t * (-39143 / 81 + 136 / 3 * ZETA3)
        + c**2 * f * t * (7073 / 243 - 656 / 9 * ZETA3)
        + c * f**2 * t * (-4204 / 27 + 352 / 9 * ZETA3)
        + 46 * f**3 * t
        + c**2 * t**2 * (7930 / 81 + 224 / 9 * ZETA3)
        + f**2 * t**2 * (1352 / 27 - 704 / 9 * ZETA3)
        + c * f * t**2 * (17152 / 243 + 448 / 9 * ZETA3)
        + (424 / 243 * c + 1232 / 243 * f) * t**3
        + mixed * (512 / 9 - 1664 / 3 * ZETA3)
        + quarks * (-704 / 9 + 512 / 3 * ZETA3),
    )


def logarithm(a: float, n: int, flavors: int = 0) -> float:
    """ln(mu^2/Lambda^2) at a coupling a = g^2/(16 pi^2)."""
    b0, b1, b2, b3 = beta_function(n, flavors)
    x = a / 2 * (_NODES + 1.0)
    rest = (b2 - b1**2 / b0) + (b3 - b1 * b2 / b0) * x - b1 * b3 / b0 * x**2
    integrand = rest / (b0 * (b0 + b1 * x + b2 * x**2 + b3 * x**3))
    return 1.0 / (b0 * a) + b1 / b0**2 * math.log(b0 * a) + float(a / 2 * math.fsum(_WEIGHTS * integrand))


def coupling(ratio: float, n: int, flavors: int = 0) -> float:
    """a = g^2/(16 pi^2) at the scale mu = ratio Lambda.

    Raises
    ------
    InputError
        The scale is so near Lambda that alpha exceeds :data:`LARGEST_ALPHA`, or beyond any that is meant.
    """
    low, high = SMALLEST_A, LARGEST_ALPHA / (4.0 * math.pi)
    wanted = 2.0 * math.log(ratio)
    if wanted < logarithm(high, n, flavors):
        raise InputError(
            f"at mu = {ratio:.3g} Lambda the coupling alpha of SU({n}) exceeds {LARGEST_ALPHA:g}",
            hint="smaller flow times or larger momenta, or a smaller Lambda",
        )
    if wanted > logarithm(low, n, flavors):
        raise InputError(f"mu = {ratio:.3g} Lambda is no scale at which the coupling of SU({n}) is known")
    beta = beta_function(n, flavors)
    a = min(1.0 / (beta[0] * wanted), high)
    for _ in range(100):  # Newton's steps, and halves of ln a where they leave what is known
        excess = logarithm(a, n, flavors) - wanted
        low, high = (a, high) if excess > 0.0 else (low, a)
        following = a + excess * a * a * math.fsum(b * a**k for k, b in enumerate(beta))
        if not low <= following <= high:
            following = math.sqrt(low * high)
        if abs(following - a) <= 4e-16 * a:
            break
        a = following
    return a
