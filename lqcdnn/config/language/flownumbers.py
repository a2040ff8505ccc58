"""What numbers of fits along a flow can be: flow times, and those of the small flow-time expansion."""

from __future__ import annotations

from collections.abc import Sequence

from lqcdnn.config.language.fits import FitRequest
from lqcdnn.errors import InputError

MOST_LOOPS = 2
"""Loops of the coefficients of the small flow-time expansion."""


def check_flow_times(request: FitRequest, name: str, measured: Sequence[float], extent: int = 0) -> None:
    """Refuse flow times other than those of the measurement, where these are known.

    Parameters
    ----------
    request
        Of any kind; those whose numbers are no flow times pass.
    name, measured
        What the axis is called, and its values; empty: not known.
    extent
        Links in time, of fits of thermodynamics.

    Raises
    ------
    InputError
        Saying what is wrong, without the text of the request.
    """
    given = request.given
    if len(measured) < 2:
        return
    if request.kind in ("t0", "w0"):
        places = [given["FIRST"] + i * given["STEP"] for i in range(len(measured))]
        if any(abs(a - b) > 1e-9 + 1e-6 * abs(b) for a, b in zip(measured, places, strict=True)):
            raise InputError(
                f"{name} is {measured[0]:g}, {measured[1]:g}, ... {measured[-1]:g} where this was measured, "
                f"not {places[0]:g}, {places[1]:g}, ... {places[-1]:g}",
                hint=f"write {request.kind}({request.series}, {measured[0]:g}, {measured[1] - measured[0]:g})",
            )
    elif request.kind == "entropy":
        chosen_flow_times(measured, given["FIRST"], given["LAST"], extent)


def chosen_flow_times(measured: Sequence[float], first: float, last: float, extent: int) -> list[int]:
    """Places of the flow times from the first to the last, of a lattice with so many links in time.

    Raises
    ------
    InputError
        Fewer than three, or the last reaches around the lattice.
    """
    _check_flow_range(first, last, extent)
    room = 1e-9
    chosen = [i for i, t in enumerate(measured) if first * (1.0 - room) <= t <= last * (1.0 + room)]
    if len(chosen) < 3:
        raise InputError(f"{len(chosen)} flow times from {first:g} to {last:g} were measured, 3 are the minimum")
    return chosen


def expansion(numbers: Sequence[float]) -> tuple[float, int, float]:
    """LAMBDA, LOOPS and SCALE of the small flow-time expansion.

    Raises
    ------
    InputError
        One that cannot be.
    """
    lam, loops, scale = (*numbers, *(0.0, float(MOST_LOOPS), 1.0)[len(numbers) :])
    if not (lam > 0.0 and scale > 0.0):
        raise InputError("LAMBDA, in lattice units, and SCALE are above 0")
    if loops not in range(1, MOST_LOOPS + 1):
        raise InputError(f"found {loops:g} LOOPS; allowed: 1 to {MOST_LOOPS}")
    return lam, int(loops), scale


def check_entropy(given: dict[str, float], shape: Sequence[int]) -> None:
    """Refuse numbers of the entropy that cannot be.

    Raises
    ------
    InputError
        Saying which, without the text of the request.
    """
    expansion([given[name] for name in ("LAMBDA", "LOOPS", "SCALE") if name in given])
    if "FIRST" in given:
        _check_flow_range(given["FIRST"], given["LAST"], shape[-1] if shape else None)


def _check_flow_range(first: float, last: float, extent: int | None) -> None:
    """Flow times that rise, up to where sqrt(8t) is half the extent of time."""
    if not 0.0 < first < last:
        raise InputError("flow times of the fit begin above 0 and rise")
    if extent is not None and last > (reach := extent**2 / 32) * (1.0 + 1e-9):
        raise InputError(
            f"at t = {last:g} the flow smooths over sqrt(8t) = {(8 * last) ** 0.5:.3g}, more than half the "
            f"{extent} links of time",
            hint=f"allowed: LAST up to N_t^2/32 = {reach:.4g}",
        )
