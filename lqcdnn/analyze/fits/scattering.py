"""Scattering of two equal particles from an energy of both in a periodic box, total momentum 0 (physics.md 28.4).

M. Luescher, Commun. Math. Phys. 105 (1986) 153, Nucl. Phys. B 354 (1991) 531; in d = 1 + 1 M. Luescher, U. Wolff,
Nucl. Phys. B 339 (1990) 222.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lqcdnn.analyze.estimate import Function
from lqcdnn.analyze.fits.chains import Chains, on_all
from lqcdnn.analyze.fits.pointwise import pointwise
from lqcdnn.analyze.fits.zeta import zeta00
from lqcdnn.analyze.result import Fit
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

C1, C2 = -2.837297, 6.375183
"""Coefficients of the threshold expansion (Commun. Math. Phys. 105 (1986) 153, equation 1.4)."""
P_WAVES = "distilled_isospin_1"
"""Series of states at rest that turn like a vector (physics.md 28.6)."""


def scattering(request: FitRequest, chains: Chains) -> Fit:
    """Momentum and phase shift, in d = 4 also k cot delta and the length of S waves, of energies from earlier fits.

    Raises
    ------
    InputError
        No such fits, a lattice that is not known, anisotropic or of other dimensions, an energy that has no momentum.
    """
    parts = [_parameter(name, chains) for name in (request.series, request.second)]
    names = list(dict.fromkeys(name for of, _ in parts for name in of))
    level, extent, dims = _box(request, chains)
    lattice = request.kind == "lattice_scattering"

    def squared(means: FloatArray) -> Dual:
        energy, mass = (on_all(names, of, function, means) for of, function in parts)
        return momentum_squared(energy, mass, lattice)

    def of_squared(quantity: Callable[[Dual], Dual]) -> Function:
        return lambda means: quantity(squared(means))

    functions: dict[str, Function] = {
        "momentum_squared": squared,
        "momentum": of_squared(root),
    }
    if dims == 2:
        functions["phase_shift"] = of_squared(lambda k2: phase_in_a_line(root(k2), extent, level))
    else:
        functions["k_cot_delta"] = of_squared(lambda k2: k_cot_delta(k2, extent))
        functions["phase_shift"] = of_squared(lambda k2: phase_shift(k2, k_cot_delta(k2, extent)))
    if dims == 4 and level == 0 and not any(P_WAVES in name for name in parts[0][0]):

        def length(means: FloatArray) -> Dual:
            energy, mass = (on_all(names, of, function, means) for of, function in parts)
            return scattering_length(energy, mass, extent)

        functions["scattering_length"] = length
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


def _box(request: FitRequest, chains: Chains) -> tuple[int, float, int]:
    """LEVEL, extent L of space and number of dimensions, from the request or the run."""
    level, *given = request.numbers or (0.0,)
    shape = chains.physics.shape
    if not given and not shape:
        hint = f"write {request.kind}(ENERGY, MASS, LEVEL, L, D)"
        raise InputError("the lattice of these series is not known", hint=hint)
    extent, dims = given or (float(shape[0]), len(shape))
    return int(level), float(extent), int(dims)


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


def phase_in_a_line(k: Dual, extent: float, level: int) -> Dual:
    """delta = LEVEL pi - k L/2 of exp(2 i delta) = exp(-i k L), states that are even in a mirror."""
    return Dual(level * math.pi - 0.5 * extent * k.value, -0.5 * extent * k.gradient)


def k_cot_delta(square: Dual, extent: float) -> Dual:
    """k cot delta = 2 Z_00(1; q^2)/(sqrt(pi) L), q = k L/(2 pi), also for k^2 < 0, without partial waves l >= 4."""
    scale = (extent / (2.0 * math.pi)) ** 2
    value, slope = zeta00(scale * square.value)
    factor = 2.0 / (math.sqrt(math.pi) * extent)
    return Dual(factor * value, factor * slope * scale * square.gradient)


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
