r"""The running coupling of pure SU(N) gauge theory in the MSbar scheme, from Lambda.

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
ZETA3 = 1.2020569031595942
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def beta_function(n: int) -> tuple[float, float, float, float]:
    """beta_0 ... beta_3 of pure SU(n) gauge theory, MSbar."""
    quartic = n**2 * (n**2 + 36) / 24  # d_A^abcd d_A^abcd / (n^2 - 1)
    return (
        11 / 3 * n,
        34 / 3 * n**2,
        2857 / 54 * n**3,
        n**4 * (150653 / 486 - 44 / 9 * ZETA3) + quartic * (-80 / 9 + 704 / 3 * ZETA3),
    )


def logarithm(a: float, n: int) -> float:
    """ln(mu^2/Lambda^2) at a coupling a = g^2/(16 pi^2)."""
    b0, b1, b2, b3 = beta_function(n)
    x = a / 2 * (_NODES + 1.0)
    rest = (b2 - b1**2 / b0) + (b3 - b1 * b2 / b0) * x - b1 * b3 / b0 * x**2
    integrand = rest / (b0 * (b0 + b1 * x + b2 * x**2 + b3 * x**3))
    return 1.0 / (b0 * a) + b1 / b0**2 * math.log(b0 * a) + float(a / 2 * math.fsum(_WEIGHTS * integrand))


def coupling(ratio: float, n: int) -> float:
    """a = g^2/(16 pi^2) at the scale mu = ratio Lambda.

    Raises
    ------
    InputError
        The scale is so near Lambda that alpha exceeds :data:`LARGEST_ALPHA`.
    """
    low, high = 1e-8, LARGEST_ALPHA / (4.0 * math.pi)
    wanted = 2.0 * math.log(ratio)
    if wanted < logarithm(high, n):
        raise InputError(
            f"at mu = {ratio:.3g} Lambda the coupling alpha of SU({n}) exceeds {LARGEST_ALPHA:g}",
            hint="smaller flow times, or a smaller Lambda (in lattice units)",
        )
    for _ in range(100):
        middle = math.sqrt(low * high)
        if logarithm(middle, n) > wanted:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)
