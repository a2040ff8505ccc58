"""Rational powers of domain wall quarks: where their spectrum lies on all links, and what has no bound.

With antiperiodic walls (mass 1) the fifth dimension has momenta theta = (2n + 1) pi / L5, at which Lambda is
e^(i theta) of opposite sign for the two chiralities.  There, with A = b5 + c5 Lambda and a, b real numbers,

    gamma_5 D(1) A^-1 = gamma_5 (D_W + a) + i b,
    a = (b5 - c5) (1 - cos theta) / |A|^2,  b = (b5 + c5) sin theta / |A|^2,

the first term hermitian and, as the hermitian part of D_W is at least -M5, none of its eigenvalues within a - M5 of 0:
|A D(1)^-1| <= 1 / (b^2 + max(0, a - M5)^2)^(1/2).  From mass 1 to m leads the four-dimensional operator
D_4 = (1 + m) / 2 + (1 - m) / 2 gamma_5 eps, where |eps| <= 1 for even L5 and hence |D_4^-1| <= 1 / min(1, m):

    D(m)^-1 = [1 - (1 - m) G D_4^-1 Q] D(1)^-1,   G = D(1)^-1 (c5 D_W - 1) Qbar,   |Q| = |Qbar| = 1.

The even-odd operator has Mhat^-1 = 1 + A D^-1 K between even sites, and Mhat = 1 - T K T K with |K| <= d, since the
hops of one direction are unitary.  With more words in docs/physics/domainwall.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.poles import MOST_POLES, NARROWEST, least_poles
from lqcdnn.config.tables.drafts import Draft, dims_of, good
from lqcdnn.config.tables.fermions import EXACT_FLAVORS

Range = tuple[float, float]

HEAVY = 1.0
"""Mass of the Pauli-Villars field."""

LARGEST_GROWTH = 1e5
"""Of rounding errors along the fifth dimension, (|d1| / d0)^L5: the default tolerance, 1e-10, is reached with it."""

_WALLS = ("M5", "b5", "c5")
_WITH = "with rational = true"


def site_coefficients(d: int, M5: float, b5: float, c5: float) -> Range:
    """d0 = 1 + (d - M5) b5 and d1 = 1 - (d - M5) c5 of K0 = d0 - d1 Lambda (``dirac.domainwall``)."""
    return 1.0 + (d - M5) * b5, 1.0 - (d - M5) * c5


def spectrum_bounds(d: int, mass: float, M5: float, L5: int, b5: float, c5: float) -> Range | None:
    """Bounds of the spectrum of Mhat^dag Mhat on any unitary links; None where none are known.

    They are known for even L5, masses above 0 and where d0 > |d1| max(1, m): with Shamir's operator for masses below
    1 + d - M5.
    """
    wall = max(1.0, mass)  # |Lambda|
    d0, d1 = site_coefficients(d, M5, b5, c5)
    if L5 % 2 or mass <= 0.0 or d0 <= abs(d1) * wall:
        return None
    through, inverse, to_walls = 0.0, 0.0, 0.0  # |A D(1)^-1|, |D(1)^-1|, |G|
    for n in range(L5 // 2):
        theta = (2 * n + 1) * math.pi / L5
        A2 = b5 * b5 + c5 * c5 + 2.0 * b5 * c5 * math.cos(theta)
        a, b = (b5 - c5) * (1.0 - math.cos(theta)) / A2, (b5 + c5) * math.sin(theta) / A2
        gap, A = math.hypot(b, max(0.0, a - M5)), math.sqrt(A2)
        through = max(through, 1.0 / gap)
        inverse = max(inverse, 1.0 / (A * gap))
        to_walls = max(to_walls, c5 / A + (b5 + c5) / (A2 * gap))
    if mass != HEAVY:
        through = (b5 + c5 * wall) * inverse * (1.0 + abs(1.0 - mass) * to_walls / min(1.0, mass))
    T = (b5 + c5 * wall) / (d0 - abs(d1) * wall)
    return (1.0 + d * through) ** -2, (1.0 + (d * T) ** 2) ** 2


def growth_problems(draft: Draft) -> Iterator[Problem]:
    """Steps across the fifth dimension that do not drown in rounding errors; rational ones have a closer limit."""
    dims, kinds = dims_of(draft), EXACT_FLAVORS["domain_wall"]
    for path, fermion in every_fermion(draft):
        if good(fermion.get("kind")) != "domain_wall" or fermion.get("rational") is True or dims not in kinds:
            continue
        L5, M5, b5, c5 = (good(fermion.get(name)) for name in ("L5", *_WALLS))
        if not L5 or not M5 or b5 is None or c5 is None:
            continue
        d0, d1 = site_coefficients(dims, M5, b5, c5)
        largest = d0 * LARGEST_GROWTH ** (1.0 / L5)
        seen = all(reported_of_action(draft, path, name, fermion.get(name)) for name in ("L5", *_WALLS))
        if abs(d1) > largest and not seen:
            allowed = f"at most {(1.0 + largest) / (dims - M5):.6g}: rounding errors grow from wall to wall"
            yield Problem(f"{path}.c5", f"found {shown(c5)} with L5 = {L5}", allowed)


def wall_problems(draft: Draft) -> Iterator[Problem]:
    """Fermions whose power has an approximation: of both masses, on ranges that are known or given."""
    dims = dims_of(draft)
    for path, fermion in every_fermion(draft):
        walls = fermion.get("kind") == "domain_wall" and fermion.get("rational") is True
        if walls and dims in EXACT_FLAVORS["domain_wall"]:
            yield from _of_fermion(draft, path, fermion, dims)


def _of_fermion(draft: Draft, path: str, fermion: Draft, dims: int) -> Iterator[Problem]:
    L5, M5, b5, c5, mass = (good(fermion.get(name)) for name in ("L5", *_WALLS, "mass"))
    if L5 and L5 % 2:
        if not reported_of_action(draft, path, "L5", L5):
            allowed = "an even number: for others the determinant of one flavour may be negative"
            yield Problem(f"{path}.L5", f"found {L5} {_WITH}", allowed)
        return
    if not L5 or not M5 or b5 is None or c5 is None or mass is None:
        return
    heavy, light = (spectrum_bounds(dims, m, M5, L5, b5, c5) for m in (HEAVY, mass))
    seen = all(reported_of_action(draft, path, name, fermion.get(name)) for name in _WALLS)
    if heavy is None:
        if not seen:
            largest = b5 + 2.0 / (dims - M5)
            yield Problem(f"{path}.c5", f"found {shown(c5)} {_WITH}", f"below {largest:.6g} = b5 + 2 / ({dims} - M5)")
        return
    spectrum, name = good(fermion.get("spectrum")), "spectrum"
    if fermion.get("spectrum") is None and mass > 0.0:
        spectrum, name = light, "mass"
        if light is None:
            d0, d1 = site_coefficients(dims, M5, b5, c5)
            if not seen or not reported_of_action(draft, path, "mass", mass):
                allowed = f"below {d0 / abs(d1):.6g} {_WITH}, or spectrum given"
                yield Problem(f"{path}.mass", f"found {shown(mass)}", allowed)
            return
    if spectrum and not (seen and reported_of_action(draft, path, name, fermion.get(name))):
        yield from _poles(path, fermion, name, spectrum, heavy)


def _poles(path: str, fermion: Draft, name: str, light: Range, heavy: Range) -> Iterator[Problem]:
    """No more poles than an approximation can be computed with, as for other kinds of fermions."""
    flavors, fields, *errors = (
        good(fermion.get(key)) for key in ("flavors", "pseudofermions", "action_error", "md_error")
    )
    if not flavors or not fields or not all(errors) or flavors > 2 * fields or light[0] >= light[1]:
        return
    value, power = fermion[name], 0.5 * flavors / fields
    found = f"found {shown(list(value) if isinstance(value, tuple) else value)}"
    if light[1] - light[0] < NARROWEST * light[0]:
        yield Problem(f"{path}.{name}", found, f"an upper bound above 1 + {NARROWEST:g} times the lower")
        return
    needed = [(0.5 * power, errors[0], light), *((power, error, light) for error in errors if power < 1.0)]
    if any(least_poles(p, *bounds, error) > MOST_POLES for p, error, bounds in needed):
        allowed = "a larger mass" if name == "mass" else "a narrower range"
        found += f": more than {MOST_POLES} poles on [{light[0]:g}, {light[1]:g}]"
        yield Problem(f"{path}.{name}", found, f"{allowed}, or larger action_error and md_error")
    elif any(least_poles(0.5 * power, *heavy, error) > MOST_POLES for error in errors):
        found = f"found {fermion['L5']}: more than {MOST_POLES} poles on [{heavy[0]:g}, {heavy[1]:g}] at mass 1"
        yield Problem(f"{path}.L5", found, "a smaller one, or larger action_error and md_error")
