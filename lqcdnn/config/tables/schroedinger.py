"""Boundary fields of the Schroedinger functional, ``[lattice.schroedinger]``, and weights of plaquettes beside them.

Luscher, Narayanan, Weisz, Wolff, hep-lat/9207009; SU(2): hep-lat/9207010; SU(3): hep-lat/9309005.
"""

# ruff: noqa: RUF009 (key returns dataclasses.field)
from __future__ import annotations

from dataclasses import dataclass
from math import pi

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import ListOf, Number, Text

Angles = tuple[float, ...]

BOUNDARY_FIELDS = ("zero", "A", "angles")

IMPROVED_CT = {
    ("one_loop", "SU(2)"): (-0.0543,),
    ("two_loop", "SU(2)"): (-0.0543, -0.0115),
    ("one_loop", "SU(3)"): (-0.08900,),
    ("two_loop", "SU(3)"): (-0.08900, -0.0294),
}
"""Coefficients of g0^2, g0^4 of c_t - 1 of Wilson's action: SU(2) hep-lat/9207010, hep-lat/9502021; SU(3)
hep-lat/9309005, hep-lat/9809175."""

CT_NAMES = ("tree", "one_loop", "two_loop")

_PARAMETER, _ANGLES = Number(minimum=-10.0, maximum=10.0), ListOf(Number(minimum=-100.0, maximum=100.0), 1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchroedingerConfig:
    """``[lattice.schroedinger]``: links of space exp(i diag(phi) / L) in the first and the last time slice."""

    fields: str = key(
        Text(BOUNDARY_FIELDS),
        "zero: links 1; A: those of the running coupling of SU(2) and SU(3); angles: lower and upper",
    )
    eta: float | None = key(
        _PARAMETER, "their parameter eta; absent: pi/4 of SU(2), 0 of SU(3)", None, when=("fields", "A")
    )
    nu: float | None = key(
        _PARAMETER, "another one of SU(3): with it 1/g^2 becomes 1/g^2 - nu v; absent: 0", None, when=("fields", "A")
    )
    lower: Angles | None = key(
        _ANGLES, "phi of the first slice, a number for each colour, of sum 0 for SU(N)", when=("fields", "angles")
    )
    upper: Angles | None = key(_ANGLES, "the same of the last slice", when=("fields", "angles"))
    lower_slope: Angles | None = key(
        _ANGLES, "d phi / d eta of the first slice, for a coupling; absent: none", None, when=("fields", "angles")
    )
    upper_slope: Angles | None = key(_ANGLES, "the same of the last slice", None, when=("fields", "angles"))


def standard_fields(group: str, eta: float | None, nu: float | None) -> tuple[Angles, ...] | None:
    """Angles "A" of a group: phi, phi', their derivatives by eta, and those of these by nu; None for other groups.

    SU(2): hep-lat/9207010, eta = pi/4.  SU(3): hep-lat/9309005, the point A, eta = nu = 0.
    """
    if group == "SU(2)":
        eta = pi / 4.0 if eta is None else eta
        return (-eta, eta), (eta - pi, pi - eta), (-1.0, 1.0), (1.0, -1.0), (0.0, 0.0), (0.0, 0.0)
    if group != "SU(3)":
        return None
    eta, nu = eta or 0.0, nu or 0.0
    lower = (eta - pi / 3.0, eta * (nu - 0.5) + 0.0, pi / 3.0 - eta * (nu + 0.5))
    upper = (-lower[0] - 4.0 * pi / 3.0, 2.0 * pi / 3.0 - lower[2], 2.0 * pi / 3.0 - lower[1])
    slopes = (1.0, nu - 0.5, -nu - 0.5), (-1.0, nu + 0.5, 0.5 - nu)
    return lower, upper, *slopes, (0.0, 1.0, -1.0), (0.0, 1.0, -1.0)


def bare_coupling(beta: float, colors: int) -> float:
    """g0^2 of beta: 2 N / beta, of U(1) 1 / beta; infinite for beta = 0."""
    numerator = 2.0 * colors if colors > 1 else 1.0
    return numerator / beta if beta else float("inf")


def ct_of(ct: float | str | None, group: str, beta: float, colors: int) -> float:
    """c_t of a number or a name, which has to be known for the group."""
    if ct is None or ct == "tree":
        return 1.0
    if not isinstance(ct, str):
        return float(ct)
    g2 = bare_coupling(beta, colors)
    return 1.0 + sum(c * g2**k for k, c in enumerate(IMPROVED_CT[ct, group], 1))
