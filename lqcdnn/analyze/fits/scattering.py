"""Scattering of two equal particles from an energy of both in a periodic box (physics.md 28.4, 28.8).

M. Luescher, Commun. Math. Phys. 105 (1986) 153, Nucl. Phys. B 354 (1991) 531; in d = 1 + 1 M. Luescher, U. Wolff,
Nucl. Phys. B 339 (1990) 222; with a total momentum K. Rummukainen, S. Gottlieb, hep-lat/9503028.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, on_all
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.fits.zeta import zeta00
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.config.language.fits import KINDS, FitRequest
from lqcdnn.errors import InputError

C1, C2 = -2.837297, 6.375183
"""Coefficients of the threshold expansion (Commun. Math. Phys. 105 (1986) 153, equation 1.4)."""
P_WAVES = "distilled_isospin_1"
"""Series of states at rest that turn like a vector (physics.md 28.6)."""
_PAIRS = re.compile(r"(?:^|_)(distilled_(?:two_pions|isospin_[01])(?:_p([\d_]+))?)")
"""Series of two pions, and their total momentum, if it is not 0."""


def scattering(request: FitRequest, chains: Chains) -> Fit:
    """Momentum and phase shift, in d = 4 also k cot delta and the length of S waves, of energies from earlier fits.

    Raises
    ------
    InputError
        No such fits, a lattice that is not known, anisotropic or of other dimensions, an energy that has no momentum,
        or is that of two pions with another total momentum.
    """
    parts = [_parameter(name, chains) for name in (request.series, request.second)]
    names = list(dict.fromkeys(name for of, _ in parts for name in of))
    level, extent, dims = _box(request, chains)
    lattice, total = request.kind.startswith("lattice_"), int(request.given.get("P", 0.0))
    _check_frame(parts[0][0], total)
    frame = Frame(total, extent, lattice)

    def of_both(quantity: Callable[[Dual, Dual], Dual]) -> Function:
        return lambda means: quantity(*(on_all(names, of, function, means) for of, function in parts))

    functions: dict[str, Function] = {
        "momentum_squared": of_both(frame.momentum_squared),
        "momentum": of_both(lambda energy, mass: root(frame.momentum_squared(energy, mass))),
    }
    if dims == 2:
        functions["phase_shift"] = of_both(lambda *given: phase_in_a_line(frame.relative(*given), extent, level, total))
    else:
        functions["k_cot_delta"] = of_both(frame.k_cot_delta)
        functions["phase_shift"] = of_both(
            lambda *given: phase_shift(frame.momentum_squared(*given), frame.k_cot_delta(*given))
        )
    if dims == 4 and level == 0 and not total and not any(P_WAVES in name for name in parts[0][0]):
        functions["scattering_length"] = of_both(lambda energy, mass: scattering_length(energy, mass, extent))
    return Fit(request.name, request.text, pointwise(request, chains, names, functions, "the energy has no momentum"))


def _parameter(name: str, chains: Chains) -> tuple[tuple[str, ...], Function]:
    """Series and function of a number that a fit before has found; of the fit alone, its ``mass``; or of a number."""
    if not (name[0].isalpha() or name[0] == "_"):
        return (), lambda means: Dual(float(name), np.zeros(0))
    for full in (name, f"{name}.mass"):
        if full in chains.parameters and all(one in chains.series[0] for one in chains.parameters[full][0]):
            return chains.parameters[full]
    known = [one for one in chains.parameters if one.endswith(".mass")]
    hint = f"energies of the fits before: {', '.join(known) or 'none'}"
    raise InputError(f"{name} is no energy that a fit before this one has found", hint=hint)


def _check_frame(names: Sequence[str], total: int) -> None:
    """Refuse energies of two pions whose total momentum is another."""
    for pair in filter(None, map(_PAIRS.search, names)):
        momentum = [int(k) for k in (pair[2] or "0").split("_")]
        if [k for k in momentum if k] != ([total] if total else []):
            hint = "scattering(ENERGY, MASS) is of pairs at rest, moving_scattering(ENERGY, MASS, P) of P along an axis"
            raise InputError(f"the total momentum of {pair[1]} is {momentum}, not {total}", hint=hint)


def _box(request: FitRequest, chains: Chains) -> tuple[int, float, int]:
    """LEVEL, extent L of space and number of dimensions, from the request or the run."""
    given, shape = request.given, chains.physics.shape
    if "L" not in given and not shape:
        words = ", ".join(word.strip("[]") for word in KINDS[request.kind])
        raise InputError("the lattice of these series is not known", hint=f"write {request.kind}(ENERGY, {words})")
    extent, dims = (given["L"], given["D"]) if "L" in given else (float(shape[0]), len(shape))
    return int(given.get("LEVEL", 0.0)), float(extent), int(dims)


@dataclass(frozen=True)
class Frame:
    """Where two equal particles of an energy E and a mass m have the total momentum P.

    Attributes
    ----------
    total, extent
        P in units of 2 pi/L, along an axis; L.
    lattice
        Whether energies are those of free bosons on a lattice, cosh E(p) = cosh m + 2 sum_i sin^2(p_i/2).
    """

    total: int
    extent: float
    lattice: bool

    def energy(self, energy: Dual) -> Dual:
        """In the centre of mass: E_cm^2 = E^2 - P^2, or cosh E_cm = cosh E - 2 sin^2(P/2).

        Raises
        ------
        InputError
            There is none.
        """
        if not self.total:
            return energy
        if self.lattice:
            cosh = energy.apply("cosh")
            moved = Dual(cosh.value - 2.0 * math.sin(self._half) ** 2, cosh.gradient)
            least, back = 1.0, "acosh"
        else:
            square = energy * energy
            moved = Dual(square.value - (2.0 * self._half) ** 2, square.gradient)
            least, back = 0.0, "sqrt"
        if not moved.value > least:
            raise InputError("the energy is below that of a massless particle with this momentum")
        return moved.apply(back)

    def momentum_squared(self, energy: Dual, mass: Dual) -> Dual:
        """k^2 in the centre of mass, see :func:`momentum_squared`."""
        return momentum_squared(self.energy(energy), mass, self.lattice)

    def relative(self, energy: Dual, mass: Dual) -> Dual:
        """(p_1 - p_2)/2 > 0 in d = 2: gamma k, or on a lattice that for which energies of p_1 and p_2 add up to E.

        With c = cosh m, cosh E_1 + cosh E_2 = 2 (c + 1) - 2 cos(P/2) cos q and cosh E_1 - cosh E_2 = 2 sin(P/2) sin q,
        which are 2 cosh(E/2) cosh(D/2) and 2 sinh(E/2) sinh(D/2), D = E_1 - E_2: a quadratic equation in cos q.

        Raises
        ------
        InputError
            No such momenta, or two of them.
        """
        if not self.lattice or not self.total:
            return root(self.momentum_squared(energy, mass)) * (energy / self.energy(energy))
        cosine, one = math.cos(self._half), Dual(1.0, np.zeros_like(energy.gradient))
        c, C = mass.apply("cosh") + one, _scaled(energy, 0.5).apply("cosh")
        slope = _scaled(C * C / (C * C - one), 1.0 - cosine**2)
        a, b = slope + _scaled(one, cosine**2), _scaled(c, cosine)
        square = b * b - a * (c * c - C * C - slope)
        if not square.value > 0.0:
            raise InputError("no two particles on the lattice have this energy and total momentum")
        spread = square.apply("sqrt")
        sinh = C.value**2 - 1.0  # squared; sinh(D/2) is below sinh(E/2) unless E and D have changed places
        both = [(b - spread) / a, (b + spread) / a]
        found = [y for y in both if abs(y.value) < 1.0 and (1.0 - cosine**2) * (1.0 - y.value**2) < sinh**2]
        if not found:
            raise InputError("no two particles on the lattice have this energy and total momentum")
        if len(found) > 1:
            raise InputError("particles with two different momenta have this energy on the lattice")
        (y,) = found
        return Dual(math.acos(y.value), -y.gradient / math.sqrt(1.0 - y.value**2))

    def k_cot_delta(self, energy: Dual, mass: Dual) -> Dual:
        """k cot delta = 2 Z^d_00(1; q^2)/(gamma sqrt(pi) L), q = k L/(2 pi), gamma = E/E_cm; also for k^2 < 0.

        Without partial waves l >= 4, in moving frames l >= 2.
        """
        square, gamma = self.momentum_squared(energy, mass), energy / self.energy(energy)
        scale = (self.extent / (2.0 * math.pi)) ** 2
        value, by_q2, by_gamma = zeta00(scale * square.value, gamma.value, self.total)
        found = Dual(value, by_q2 * scale * square.gradient + by_gamma * gamma.gradient)
        return _scaled(found / gamma, 2.0 / (math.sqrt(math.pi) * self.extent))

    @property
    def _half(self) -> float:
        """P/2."""
        return math.pi * self.total / self.extent


def momentum_squared(energy: Dual, mass: Dual, lattice: bool) -> Dual:
    """k^2 of E = 2 sqrt(m^2 + k^2), or on a lattice of cosh(E/2) = cosh m + 2 sin^2(k/2); negative below 2 m.

    Raises
    ------
    InputError
        An energy that no momentum of the lattice has.
    """
    half = _scaled(energy, 0.5)
    if not lattice:
        return half * half - mass * mass
    s = _scaled(half.apply("cosh") - mass.apply("cosh"), 0.5)
    size = math.sqrt(abs(s.value))
    if s.value >= 1.0:
        raise InputError("the energy is above all of free particles on the lattice")
    k = 2.0 * math.asin(size) if s.value > 0.0 else 2.0 * math.asinh(size)
    slope = (2.0 * k / size if size > 1e-8 else 4.0) / math.sqrt(1.0 - s.value)
    return Dual(math.copysign(k * k, s.value), slope * s.gradient)


def root(square: Dual) -> Dual:
    """k of k^2 > 0.

    Raises
    ------
    InputError
        Below threshold.
    """
    if not square.value > 0.0:
        raise InputError("the energy is not above that of two particles at rest")
    return square.apply("sqrt")


def phase_in_a_line(q: Dual, extent: float, level: int, total: int) -> Dual:
    """delta = (LEVEL + 1/2 of odd totals) pi - q L/2 of exp(2 i delta) = (-1)^total exp(-i q L), q = (p_1 - p_2)/2.

    At rest states are even in a mirror.
    """
    turns = level + 0.5 * (total % 2)
    return Dual(turns * math.pi - 0.5 * extent * q.value, -0.5 * extent * q.gradient)


def phase_shift(square: Dual, cotangent: Dual) -> Dual:
    """delta between -pi/2 and pi/2 of k^2 > 0 and k cot delta."""
    k = root(square)
    norm = k.value**2 + cotangent.value**2
    gradient = (cotangent.value * k.gradient - k.value * cotangent.gradient) / norm
    return Dual(math.atan(k.value / cotangent.value), gradient)


def scattering_length(energy: Dual, mass: Dual, extent: float) -> Dual:
    """a_0 = lim delta/k of E - 2 m = -(4 pi a_0/(m L^3)) (1 + C1 a_0/L + C2 (a_0/L)^2), of the lowest energy.

    The right-hand side falls with a_0 everywhere: there is one solution.
    """
    y = _scaled((energy - mass - mass) * mass, -(extent**2) / (4.0 * math.pi))
    x = y.value
    for _ in range(100):
        step = (x * (1.0 + C1 * x + C2 * x * x) - y.value) / (1.0 + 2.0 * C1 * x + 3.0 * C2 * x * x)
        x -= step
        if abs(step) <= 1e-15 * abs(x):
            break
    slope = 1.0 / (1.0 + 2.0 * C1 * x + 3.0 * C2 * x * x)
    return Dual(extent * x, extent * slope * y.gradient)


def _scaled(x: Dual, factor: float) -> Dual:
    return Dual(factor * x.value, factor * x.gradient)
