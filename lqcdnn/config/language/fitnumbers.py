"""What numbers of fits can be, whatever the data say: of analyses, and of inputs before there are any."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from lqcdnn.config.language.fits import FORMULA, OF_PHYSICAL_SCALE, OF_SCALE, OF_VECTORS, SCATTERING_KINDS, FitRequest
from lqcdnn.config.language.flownumbers import check_entropy
from lqcdnn.config.language.scales import conversion, scale_words
from lqcdnn.errors import InputError

CONDENSATE, KINETIC = "flowed_quarks_condensate", "flowed_quarks_kinetic"
"""Series of `ringed_condensate`."""
ENTHALPY = "energy_momentum_tt"
"""End of the series of fits of the entropy."""
FLUCTUATIONS = ("susceptibilities", "mixed_susceptibilities", "taylor_coefficients")
"""Kinds of the series of `quark_fluctuations`."""
PROPAGATORS = ("quark_propagator", "quark_vertex_propagator")
"""Ends of the series of quark propagators."""
LONGEST, MOST_ENERGIES = 64, 200
"""Times of a correlator up to which the matrix of a smeared spectral density is solved in seconds, and its energies."""
SPACINGS = (1e-3, 10.0)
"""Lattice spacings in fm that may be meant: beyond these the integral of the muon's kernel is not known."""
WINDOWS = (0.4, 1.0, 0.15)
"""Ends T0, T1 of the window of intermediate times and width DELTA of both, in fm (T. Blum et al., arXiv:1801.07224)."""
MOST_STATES = 4
"""States of a fit of a correlator."""

_WHOLE = ("FIRST", "LAST", "STATES", "PARTNERS", "STATE", "T0", "T1", "T", "SKIP")
_OF_FLOW_TIMES = ("t0", "w0", "entropy")
"""Kinds whose FIRST and LAST are flow times."""
_LEAST = {
    "cosh": 0, "cosh_constant": 0, "exponential": 0, "oscillating": 0, "pcac": 2, "decay_constant": 1,
    "twisted_decay_constant": 0, "spectral_density": 1,
}  # fmt: skip
"""First time that a fit may begin with; all but exponential end at T/2."""


def check_fit(request: FitRequest, shape: Sequence[int] = (), anisotropic: bool = False) -> None:
    """Refuse numbers that no data make right, and kinds that the lattice does not have; times see `check_times`.

    Parameters
    ----------
    request
        Of one fit, or an average over fits whose first numbers count.
    shape, anisotropic
        Extents, time last, empty if they are not known; whether time is finer than space.

    Raises
    ------
    InputError
        Saying what is wrong, without the text of the request.
    """
    kind, given = request.kind, request.given
    flow_times = kind in _OF_FLOW_TIMES
    for name in _WHOLE if kind not in (*OF_VECTORS, FORMULA) else ():
        value = given.get(name, 0.0)
        if value != int(value) and not (flow_times and name in ("FIRST", "LAST")):
            raise InputError(f"{name} = {value:g}: {kind} takes whole numbers")
    for name in ("STATES", "PARTNERS") if kind in _LEAST else ():
        if not 1 <= given.get(name, 1.0) <= MOST_STATES:
            raise InputError(f"{name} = {given[name]:g}; allowed: 1 to {MOST_STATES}")
    if kind in ("potential", "polyakov_potential"):
        if not (given["T"] >= 1 and 1 <= given["FIRST"] < given["LAST"] - 1):
            raise InputError("the fit needs T >= 1 and three distances or more")
    elif kind in ("t0", "w0"):
        if not (given["FIRST"] >= 0.0 and given["STEP"] > 0.0):
            raise InputError("flow times begin at 0 or later and rise")
    elif kind == "taylor_coefficients" and not given["FLAVORS"] > 0.0:
        raise InputError(f"found {given['FLAVORS']:g} FLAVORS; allowed: above 0")
    elif kind == "mixed_susceptibilities" and request.series == request.second:
        hint = f"susceptibilities({request.series}) has those of two equal flavours"
        raise InputError("found the same quark twice: products of its own series have a bias from noise", hint=hint)
    elif kind == "spectral_density":
        _check_energies(given)
    elif kind in OF_PHYSICAL_SCALE:
        conversion(request.numbers)
    _check_series(request)
    _check_lattice(request, shape, anisotropic)
    if kind in OF_VECTORS:
        _check_vectors(request, given)
    elif kind in ("effective_entropy", "entropy"):
        check_entropy(given, shape)
    elif kind in SCATTERING_KINDS:
        _check_box(request, given, shape)


def check_times(request: FitRequest, extent: int | None) -> None:
    """Refuse times that a correlator of so many does not have, and fewer points than parameters.

    None: any number of times.

    Raises
    ------
    InputError
        As `check_fit`.
    """
    kind, given = request.kind, request.given
    if kind in ("oscillating", "effective_oscillating") and extent is not None and extent % 2:
        what = f"the correlator has {extent} times"
        raise InputError(f"{what}: one with states of alternating sign has an even number")
    if kind in _LEAST:
        if kind == "spectral_density" and extent is not None and extent > LONGEST:
            raise InputError(f"the correlator has {extent} times; allowed: up to {LONGEST}")
        _check_range(kind, given, extent)
    elif extent is None:
        return
    elif kind in ("gevp", "gevp_cosh"):
        _check_matrix(request, given, extent)
    elif request.tail and (request.last != int(request.last) or not 1 <= request.last <= extent // 2):
        raise InputError(f"the tail begins after t = {request.last:g}; allowed: 1 to {extent // 2}")


def check_loops(request: FitRequest, measured: Collection[tuple[int, int]]) -> None:
    """Refuse a potential from Wilson loops (R, T) of which one was not measured.

    Raises
    ------
    InputError
        Naming the loop.
    """
    if request.kind != "potential":
        return
    time, first, last = map(int, request.numbers)
    for R in range(first, last + 1):
        for T in (time, time + 1):
            if (R, T) not in measured:
                raise InputError(f"the Wilson loop with R = {R}, T = {T} was not measured")


def check_distances(request: FitRequest, measured: Collection[float]) -> None:
    """Refuse a potential from correlators of Polyakov loops at a distance that was not measured.

    Raises
    ------
    InputError
        Naming the distance.
    """
    if request.kind != "polyakov_potential":
        return
    _, first, last = map(int, request.numbers)
    if missing := [r for r in range(first, last + 1) if r not in measured]:
        raise InputError(f"the distance {missing[0]} was not measured")


def kinetic_of(series: str) -> str:
    """Series of the kinetic term beside a condensate of flowed quarks."""
    return series.removesuffix(CONDENSATE) + KINETIC


def fits_before(request: FitRequest) -> Iterator[str]:
    """Names of fits, or of numbers of fits, that a request needs."""
    if request.kind in SCATTERING_KINDS:
        yield request.series
        if request.second[:1].isalpha() or request.second[:1] == "_":
            yield request.second
    if request.kind == OF_SCALE and (name := request.second.partition("fm")[2].strip(" /")):
        yield name
    if request.scales is not None and (name := request.scales[0].fit):
        yield name
    if request.tail[:1].isalpha() and request.tail != "cut":
        yield request.tail


def _parameters(kind: str, given: dict[str, float]) -> int:
    """Number of parameters of a fit of a correlator."""
    states = given.get("STATES", 1.0) + (given.get("PARTNERS", 1.0) if kind == "oscillating" else 0.0)
    return int(2 * states) + (kind == "cosh_constant")


def _check_range(kind: str, given: dict[str, float], extent: int | None) -> None:
    """FIRST and LAST of a fit of a correlator, and enough points for its parameters."""
    least, half = _LEAST[kind], None if extent is None else extent // 2
    most = (extent or 0) - 1 if kind == "exponential" else half
    first = given.get("FIRST", float(least))
    last = given.get("LAST", math.inf if extent is None or most is None else float(most))
    if not least <= first < last or (extent is not None and most is not None and last > most):
        within = f"from {least}" + ("" if extent is None else f" to {most}")
        raise InputError(f"FIRST and LAST must be whole numbers {within}, FIRST the smaller one")
    if kind in ("cosh", "cosh_constant", "exponential", "oscillating") and math.isfinite(last):
        points, needed = int(last - first) + 1, _parameters(kind, given)
        if points < needed:
            raise InputError(f"{points} points do not determine {needed} parameters")


def _check_matrix(request: FitRequest, given: dict[str, float], extent: int) -> None:
    """T0, T1 and the times of a fit of principal correlators, which exist up to the middle."""
    last = extent // 2
    least = 1 if request.shifted else 0  # at 0 the second difference is not that of the exponentials
    t0, t1 = int(given["T0"]), int(given.get("T1", 0.0))
    if not least <= t0 <= last - 2:
        allowed = f"{least} to {last - 2}, two steps before the middle of {extent} times"
        raise InputError(f"T0 = {t0}; allowed: {allowed}")
    if t1 and not t0 < t1 <= last:
        raise InputError(f"T1 = {t1}; allowed: {t0 + 1} to {last}, or 0: eigenvectors of each time")
    if request.kind == "gevp_cosh":
        first, end = int(given["FIRST"]), int(given["LAST"])
        if not t0 < first < end <= last:
            raise InputError(f"FIRST to LAST is {first} to {end}; allowed: two times or more from T0 + 1 to {last}")


def check_points(request: FitRequest, extents: Sequence[int | None]) -> None:
    """Refuse formulas in time without a point in their range, and fewer points than parameters.

    Parameters
    ----------
    request
        Of formulas.
    extents
        Times of each quantity; None: x is something else, or not known.

    Raises
    ------
    InputError
        As `check_fit`.
    """
    assert request.formula is not None
    total = len(request.formula.priors)
    for one, extent in zip((request, *request.others), extents, strict=True):
        low, high = one.numbers or (-math.inf, math.inf)
        count = sum(low <= t <= high for t in range(extent or 0))
        if extent is not None and not count:
            raise InputError(f"no point lies between {low:g} and {high:g}: x of {one.series} is 0 ... {extent - 1}")
        total += count
    if None not in extents and total < (needed := len(request.formula.parameters)):
        raise InputError(f"{total} points do not determine {needed} parameters")


def _check_series(request: FitRequest) -> None:
    """Series of kinds that are of one observable alone."""
    kind, series = request.kind, request.series
    if kind == "ringed_condensate" and not series.endswith(CONDENSATE):
        raise InputError(f"found {series}; ringed quarks have that of {CONDENSATE}")
    if kind in ("entropy", "effective_entropy") and not series.endswith(ENTHALPY):
        raise InputError(f"found {series}; e + p is that of {ENTHALPY} along a flow")
    of_quarks = kind in ("quark_field", "quark_mass") or (kind in OF_PHYSICAL_SCALE and series.endswith("_propagator"))
    if of_quarks and not series.endswith(PROPAGATORS):
        raise InputError(f"{series} is not of propagators", hint=f"series are {' and '.join(PROPAGATORS)}")
    for name in (series, request.second) if kind in FLUCTUATIONS else ():
        if name and not name.endswith("quark_fluctuations"):
            raise InputError(f"there are no series {name}_2, ... of quark_fluctuations")


def _check_lattice(request: FitRequest, shape: Sequence[int], anisotropic: bool) -> None:
    """Lattices on which a kind exists."""
    kind, dims = request.kind, len(shape)
    if anisotropic and kind in FLUCTUATIONS:
        allowed = "allowed: isotropic lattices; with --derive and the renormalised anisotropy it can be written out"
        raise InputError("found an anisotropic lattice, where the volume in units of 1/T is not L_t^d/V", hint=allowed)
    if anisotropic and kind in SCATTERING_KINDS:
        raise InputError("on anisotropic lattices energies and momenta have different units")
    if anisotropic and kind in OF_VECTORS:
        raise InputError("on anisotropic lattices currents of space and time have different units")
    if kind == OF_SCALE and dims not in (0, 4):
        raise InputError(f"the muon is one of d = 4, found d = {dims}", hint="vacuum_polarization exists there too")
    if kind == "ringed_condensate" and dims not in (0, 4):
        raise InputError(f"ringed quarks are those of d = 4, found d = {dims}")


def _check_energies(given: dict[str, float]) -> None:
    """Numbers of a smeared spectral density."""
    sigma, low, high, step = (given[name] for name in ("SIGMA", "FROM", "TO", "STEP"))
    if not sigma > 0.0 or not step > 0.0 or not 0.0 <= low <= high:
        raise InputError("SIGMA and STEP are above 0, FROM at least 0 and at most TO")
    if (count := int((high - low) / step + 1e-9) + 1) > MOST_ENERGIES:
        raise InputError(f"{count} energies from {low:g} to {high:g}; allowed: up to {MOST_ENERGIES}")
    if not given.get("E0", 0.0) >= 0.0:
        raise InputError(f"E0 = {given['E0']:g}; allowed: 0 or above, below all states")


def _check_vectors(request: FitRequest, given: dict[str, float]) -> None:
    """Numbers of sums of correlators of currents."""
    if request.kind == "vacuum_polarization" and not given["Q2"] > 0.0:
        raise InputError(f"found Q^2 = {given['Q2']:g}; allowed: above 0")
    if request.kind == OF_SCALE:
        if not given["CHARGE"] > 0.0:
            raise InputError(f"found a sum of squared charges {given['CHARGE']:g}; allowed: above 0")
        early, late, width = (*request.numbers[1:], *WINDOWS[len(request.numbers) - 1 :])
        if not 0.0 < early < late or not width > 0.0:
            raise InputError("T0 and T1 in fm rise from 0 on, DELTA is above 0")
        value, in_fm, name = scale_words(request.second)
        if in_fm and not name:
            check_spacing(value)


def check_spacing(spacing: float) -> float:
    """The lattice spacing in fm, one of `SPACINGS`.

    Raises
    ------
    InputError
        Another one.
    """
    first, last = SPACINGS
    if not first <= spacing <= last:
        raise InputError(f"found a lattice spacing of {spacing:g} fm; allowed: {first:g} to {last:g}")
    return spacing


def _check_box(request: FitRequest, given: dict[str, float], shape: Sequence[int]) -> None:
    """LEVEL, and the box of two particles."""
    level = given.get("LEVEL", 0.0)
    if level != int(level) or level < 0:
        raise InputError(f"LEVEL = {level:g}; allowed: 0, 1, ...: how many levels of the box lie below")
    if ("L" in given) != ("D" in given):
        raise InputError("L and D, the extent of space and the number of dimensions with time, go together")
    if "L" not in given and not shape:
        return
    if "L" not in given and len(set(shape[:-1])) > 1:
        raise InputError(f"space is {'x'.join(map(str, shape[:-1]))}; allowed: equal extents")
    extent, dims = (given["L"], given["D"]) if "L" in given else (float(shape[0]), float(len(shape)))
    if dims not in (2, 4) or not extent > 0.0:
        raise InputError(f"d = {dims:g}, L = {extent:g}; allowed: d = 2 and 4, time included, and L above 0")
    total = given.get("P", 1.0)
    if total != int(total) or not 1.0 <= total <= max(extent / 2.0, 1.0):
        raise InputError(f"P = {total:g}; allowed: 1 to L/2 = {extent / 2.0:g}, in units of 2 pi/L")
