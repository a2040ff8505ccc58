"""Scales of a request: lattice spacings, Lambda or a value of the coupling, numbers with their errors."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lqcdnn.errors import InputError

MSBAR_SCALE = 2.0
"""mu in GeV where none is given."""
MOST_LOOPS, MOST_FLAVORS = 3, 6
"""Of conversions to the MSbar scheme."""
COLORS, DIMENSIONS = 3, 4
"""For which the factors between schemes are known."""

_SCALE = re.compile(r"([^/A-Za-z]+(?:[eE][-+]?\d+)?)(fm(?:\s*/\s*([A-Za-z_][\w.]*))?)?")
_MEASURED = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\((\d+\.?\d*|\.\d+)\)((?:[eE][+-]?\d+)?)")
_NUMBER = r"([\d.]+(?:\([\d.]+\))?(?:[eE][-+]?\d+)?)"
_SPACING = re.compile(rf"{_NUMBER}\s*(?:(GeV)|fm(?:\s*/\s*([A-Za-z_][\w.]*))?)")
_COUPLING = re.compile(rf"{_NUMBER}\s*(?:@\s*([\d.]+)\s*)?GeV")

ALPHAS = (0.01, 1.0)
"""Couplings alpha that may be given at a scale; larger ones are beyond perturbation theory."""


@dataclass(frozen=True)
class Scale:
    """A number with the error that it was given with, 0 for none; ``text`` is what was written, without spaces."""

    text: str
    value: float
    error: float


@dataclass(frozen=True)
class Spacing(Scale):
    """The lattice spacing a in fm; ``inverse``: 1/a in GeV; with ``fit`` a length in fm over this number of a fit."""

    inverse: bool
    fit: str


@dataclass(frozen=True)
class Coupling(Scale):
    """Lambda of the MSbar scheme in GeV; where ``at`` is above 0, alpha at this scale in GeV."""

    at: float


@dataclass(frozen=True)
class Conversion:
    """Flavours, mu in GeV, the p^2 between which a line is fitted, and loops of a conversion to the MSbar scheme."""

    flavors: int
    scale: float
    limits: tuple[float, float] | None
    loops: int


def scale_words(word: str) -> tuple[float, bool, str]:
    """Number of a scale, whether it is a length in fm, and the number of a fit that it is divided by, if any.

    Raises
    ------
    ValueError
        Saying how a scale is written.
    """
    match = _SCALE.fullmatch(word)
    try:
        value = float(match[1]) if match else math.nan
    except ValueError:
        value = math.nan
    if not match or not 0.0 < value < math.inf:
        raise ValueError(f"{word!r} is no scale: write 0.09fm, 0.17fm/FIT, or the mass of the muon in lattice units")
    return value, match[2] is not None, match[3] or ""


def with_error(text: str) -> tuple[float, float] | None:
    """Value and error of a number such as 0.5(2), 12.3(1.4) or 1.2(3)e-3; None of anything else."""
    match = _MEASURED.fullmatch(text.replace(" ", ""))
    if not match:
        return None
    mantissa, digits, exponent = match.groups()
    scale = float(f"1{exponent}")
    places = len(mantissa.partition(".")[2])
    value, error = float(f"{mantissa}{exponent}"), float(digits) * (1.0 if "." in digits else 10.0**-places) * scale
    if not (0.0 < error < math.inf and math.isfinite(value)):
        raise ValueError(f"{text!r}: the error of a number is above 0")
    return value, error


def spacing_words(word: str) -> Spacing:
    """Read a lattice spacing.

    Raises
    ------
    ValueError
        Saying how it is written.
    """
    match = _SPACING.fullmatch(word)
    if not match:
        allowed = "0.093fm, 0.0931(10)fm, its inverse 2.12GeV, or a length over a number of a fit before, 0.5fm/V.r0"
        raise ValueError(f"{word!r} is no lattice spacing: write {allowed}")
    return Spacing(_bare(word), *_positive(match[1]), bool(match[2]), match[3] or "")


def coupling_words(word: str) -> Coupling:
    """Read what fixes the coupling; errors as of :func:`spacing_words`."""
    match = _COUPLING.fullmatch(word)
    if not match:
        raise ValueError(f"{word!r} fixes no coupling: write Lambda, 0.238(19)GeV, or alpha at a scale, 0.30(1)@2GeV")
    value, error = _positive(match[1])
    if match[2] and not ALPHAS[0] <= value <= ALPHAS[1]:
        raise ValueError(f"{word}: found alpha = {value:g}; allowed: {ALPHAS[0]:g} to {ALPHAS[1]:g}")
    return Coupling(_bare(word), value, error, _positive(match[2])[0] if match[2] else 0.0)


def conversion(numbers: Sequence[float]) -> Conversion:
    """FLAVORS, MU, FROM, TO, LOOPS of a request, those that were left out as they are then.

    Raises
    ------
    InputError
        One that cannot be.
    """
    flavors, *rest = numbers
    scale, *limits = rest or [MSBAR_SCALE]
    loops = limits.pop() if len(limits) == 3 else MOST_LOOPS
    if flavors != int(flavors) or not 0 <= flavors <= MOST_FLAVORS:
        raise InputError(f"found FLAVORS = {flavors:g}; allowed: 0 to {MOST_FLAVORS}")
    if not scale > 0.0:
        raise InputError(f"found MU = {scale:g}; allowed: above 0, in GeV")
    if loops != int(loops) or not 0 <= loops <= MOST_LOOPS:
        raise InputError(f"found LOOPS = {loops:g}; allowed: 0 to {MOST_LOOPS}")
    if len(limits) == 1 or (limits and not 0.0 <= limits[0] < limits[1]):
        raise InputError("FROM and TO of the line are p^2 in lattice units that rise, both or none")
    return Conversion(int(flavors), scale, (limits[0], limits[1]) if limits else None, int(loops))


def _bare(word: str) -> str:
    return "".join(word.split())


def _positive(text: str) -> tuple[float, float]:
    """Value and error of a number above 0."""
    found = with_error(text)
    try:
        value, error = found or (float(text), 0.0)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not 0.0 < value < math.inf:
        raise ValueError(f"{text} is not above 0")
    return value, error


def check_factors(group: str | None, dims: int | None) -> None:
    """Refuse a group or a number of dimensions of which no factors between schemes are known; None passes.

    Raises
    ------
    InputError
        Naming what was found.
    """
    if group not in (None, f"SU({COLORS})"):
        raise InputError(f"found {group}; allowed: SU({COLORS}), of which the factors are known")
    if dims not in (None, DIMENSIONS):
        raise InputError(f"found d = {dims}; allowed: d = {DIMENSIONS}, of which the factors are known")
