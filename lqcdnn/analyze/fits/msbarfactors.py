r"""From RI'/MOM and RI/SMOM in Landau gauge to the MSbar scheme, and the running there, of SU(3).

With a = g^2/(16 pi^2) = alpha_s/(4 pi) of the MSbar scheme

.. math::
    Z^{\overline{MS}}(\mu) = C(a(p))\,\exp\Big[\int_{a(p)}^{a(\mu)}\frac{dx}{x}\,
    \frac{\gamma_0+\gamma_1x+\dots}{\beta_0+\beta_1x+\dots}\Big]\,Z^{RI}(p),\quad
    \mu^2\frac{d\ln Z}{d\mu^2} = -\gamma_0a-\gamma_1a^2-\dots

and the beta function of :mod:`.runningcoupling`.  Z_S = 1/Z_m.  Sources and what they were checked against:
docs/physics/renormalisation.md 25.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.fits.runningcoupling import ZETA3, beta_function, coupling
from lqcdnn.config.language.scales import COLORS
from lqcdnn.errors import InputError

MASS, TENSOR, FIELD, CURRENT, SPLIT = "mass", "tensor", "field", "current", "split"
BILINEARS = {
    "scalar": MASS, "pseudoscalar": MASS, "tensor": TENSOR, "propagator": FIELD,
    "vector": CURRENT, "axial": CURRENT, "vector_gamma": SPLIT, "axial_gamma": SPLIT,
}  # fmt: skip
"""What each series of ``quark_vertices`` is here; SPLIT: a current at symmetric momenta projected with gamma_mu."""
RIMOM, SMOM, SMOM_GAMMA = "RI'/MOM", "RI/SMOM", "RI/SMOM with gamma_mu"
ZETA4, ZETA5 = math.pi**4 / 90, 1.0369277551433699
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)

Series = tuple[float, ...]


def anomalous_dimension(kind: str, flavors: int) -> Series:
    """gamma_0, ... of Z: of a scalar, the tensor, the quark field in Landau gauge; (0.0,) of a conserved current."""
    f = flavors
    if kind == MASS:
        mass = (
            4.0,
            202 / 3 - 20 / 9 * f,
            1249 - (2216 / 27 + 160 / 3 * ZETA3) * f - 140 / 81 * f**2,
            4603055 / 162 + 135680 / 27 * ZETA3 - 8800 * ZETA5
            + (-91723 / 27 - 34192 / 9 * ZETA3 + 880 * ZETA4 + 18400 / 9 * ZETA5) * f
            + (5242 / 243 + 800 / 9 * ZETA3 - 160 / 3 * ZETA4) * f**2 + (-332 / 243 + 64 / 27 * ZETA3) * f**3,
        )  # fmt: skip
        return tuple(-one for one in mass)
    if kind == TENSOR:
        return (
            4 / 3,
            362 / 9 - 52 / 27 * f,
            52555 / 81 - 928 / 27 * ZETA3 - (5240 / 81 + 160 / 9 * ZETA3) * f - 4 / 9 * f**2,
        )
    if kind == FIELD:
        return (
            0.0,
            67 / 3 - 4 / 3 * f,
            20729 / 36 - 79 / 2 * ZETA3 - 550 / 9 * f + 20 / 27 * f**2,
            2109389 / 162 - 565939 / 324 * ZETA3 + 2607 / 4 * ZETA4 - 761525 / 1296 * ZETA5
            - (162103 / 81 + 2291 / 27 * ZETA3 + 79 / 2 * ZETA4 + 160 / 3 * ZETA5) * f
            + (3853 / 81 + 160 / 9 * ZETA3) * f**2 + 140 / 243 * f**3,
        )  # fmt: skip
    return (0.0,)


def conversion(scheme: str, kind: str, flavors: int) -> Series:
    """1, c_1, ...: as many terms of C = Z^MSbar(p)/Z(p) of a scheme as are known."""
    f = flavors
    if kind == FIELD:  # RI/SMOM has the field of RI'/MOM
        return (
            1.0,
            0.0,
            -359 / 9 + 12 * ZETA3 + 7 / 3 * f,
            -439543 / 162 + 8009 / 6 * ZETA3 + 79 / 4 * ZETA4 - 1165 / 3 * ZETA5
            + (24722 / 81 - 440 / 9 * ZETA3) * f - 1570 / 243 * f**2,
        )  # fmt: skip
    if kind == MASS:
        return reciprocal(_masses(scheme, f))
    if kind == TENSOR:
        return {
            RIMOM: (1.0, 0.0, -3847 / 54 + 184 / 9 * ZETA3 + 313 / 81 * f),
            SMOM: (1.0, -0.21517295, -43.38395007 + 4.10327859 * f),
            SMOM_GAMMA: (1.0, 1.11816038, -8.607630493 + 1.955130440 * f),
        }[scheme]
    if kind == SPLIT:
        return product(_masses(SMOM_GAMMA, f), reciprocal(_masses(SMOM, f)))
    if scheme == RIMOM:  # the derivative of S^-1, projected, is 1 + d ln Z_q/d ln p^2 / 2 of Z_q, by the Ward identity
        return (
            1.0,
            0.0,
            -67 / 6 + 2 / 3 * f,
            -52321 / 72 + 607 / 4 * ZETA3 + (2236 / 27 - 8 * ZETA3) * f - 52 / 27 * f**2,
        )
    return (1.0,)


def _masses(scheme: str, f: int) -> Series:
    """1, c_1, ... of m^MSbar/m."""
    return {
        RIMOM: (
            1.0,
            -16 / 3,
            -3779 / 18 + 152 / 3 * ZETA3 + 83 / 9 * f,
            -3115807 / 324 + 195809 / 54 * ZETA3 - 2960 / 9 * ZETA5
            + (217390 / 243 - 4720 / 27 * ZETA3 + 80 / 3 * ZETA4) * f - (7514 / 729 + 32 / 27 * ZETA3) * f**2,
        ),
        SMOM: (1.0, -0.6455188560, -22.60768757 + 4.013539470 * f),
        SMOM_GAMMA: (1.0, -1.978852189, -55.03243483 + 6.161687618 * f),
    }[scheme]  # fmt: skip


def product(one: Sequence[float], other: Sequence[float]) -> Series:
    """Of two series of equal length, as far as they go."""
    return tuple(math.fsum(one[i] * other[k - i] for i in range(k + 1)) for k in range(len(one)))


def reciprocal(series: Sequence[float]) -> Series:
    """1 over a series that begins with 1, as far as it goes."""
    found = [1.0]
    for k in range(1, len(series)):
        found.append(-math.fsum(found[i] * series[k - i] for i in range(k)))
    return tuple(found)


def evolution(kind: str, flavors: int, start: float, end: float) -> float:
    """ln Z(mu) - ln Z(p) in the MSbar scheme from a(p) = start to a(mu) = end."""
    x = start + (end - start) / 2 * (_NODES + 1.0)
    gamma, beta = anomalous_dimension(kind, flavors), beta_function(COLORS, flavors)
    ratio = np.polynomial.polynomial.polyval(x, gamma) / (x * np.polynomial.polynomial.polyval(x, beta))
    return (end - start) / 2 * math.fsum(_WEIGHTS * ratio)


def factor(scheme: str, kind: str, flavors: int, loops: int, momentum: float, scale: float) -> tuple[float, float]:
    """Z^MSbar(mu)/Z(p) and its derivative by ln p.

    Parameters
    ----------
    loops
        Terms of the conversion; all that are known where these are fewer.
    momentum, scale
        p and mu in units of Lambda.

    Raises
    ------
    InputError
        One of them is too near Lambda.
    """
    a, end = coupling(momentum, COLORS, flavors), coupling(scale, COLORS, flavors)
    terms = conversion(scheme, kind, flavors)[: loops + 1]
    value = math.fsum(term * a**k for k, term in enumerate(terms))
    change = math.fsum(k * term * a ** (k - 1) for k, term in enumerate(terms) if k)
    if not value > 0.0:
        raise InputError(f"the conversion from {scheme} at alpha = {4 * math.pi * a:.3g} is not above 0: no series")
    flow = math.fsum(b * a ** (k + 2) for k, b in enumerate(beta_function(COLORS, flavors)))  # -da/d ln p^2
    gamma = math.fsum(g * a ** (k + 1) for k, g in enumerate(anomalous_dimension(kind, flavors)))
    whole = value * math.exp(evolution(kind, flavors, a, end))
    return whole, 2.0 * whole * (gamma - flow * change / value)
