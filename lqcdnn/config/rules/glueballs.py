"""Glueball operators in the input: usual channels and loops, and what a lattice and a group have of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import REFUSED, quoted
from lqcdnn.config.tables.cubic import CHANNELS, copies, orbit
from lqcdnn.config.tables.loops import SHAPES, Path, path_fault

_TABLE = "observables.glueballs"


def default_channels(dims: int) -> tuple[str, ...]:
    """Return the lowest channels of C = +, spin 0 and 2; where there are none those of d = 4."""
    return ("A1+", "B1+") if dims == 3 else ("A1++", "E++", "T2++")


def default_loops(dims: int) -> tuple[str, ...]:
    """Return the named loops that exist in space; where there is none those of d = 4."""
    return ("plaquette", "rectangle") if dims == 3 else ("plaquette", "rectangle", "chair")


def path_of(loop: str | Path) -> Path:
    """Return the steps of a loop by its name, or those that were given."""
    return SHAPES[loop] if isinstance(loop, str) else tuple(loop)


def glueballs_problems(options: dict[str, Any], shape: Sequence[int], group: str) -> Iterator[Problem]:
    """Loops of space that is cubic, channels that exist there, are not zero and have operators."""
    axes = len(shape) - 1
    if axes == 1:
        yield Problem(_TABLE, "no loops of space in d = 2", "d = 3 and 4")
        return
    if len(set(shape[:-1])) > 1:
        allowed = "equal extents of space: channels are representations of the cubic group"
        yield Problem(_TABLE, f"found on the lattice {shown(list(shape))}", allowed)
    channels, loops = (options.get(name) for name in ("channels", "loops"))
    if channels is None or channels is REFUSED or loops is None or loops is REFUSED:
        return
    faults = list(_loop_problems(loops, axes))
    yield from faults
    for name in channels:
        channel = CHANNELS[axes].get(name)
        if channel is None:
            found = f'found "{name}" in d = {len(shape)}'
            yield Problem(f"{_TABLE}.channels", found, quoted(CHANNELS[axes]))
        elif channel.conjugation < 0 and group == "SU(2)":
            found = f'found "{name}" for SU(2), whose traces are real'
            yield Problem(f"{_TABLE}.channels", found, "channels with C = +")
        elif not faults and not any(copies(channel, path_of(loop), axes) for loop in loops):
            yield Problem(f"{_TABLE}.channels", f'found "{name}", which none of the loops has', _offer(loops, axes))


def _loop_problems(loops: Sequence[str | Path], axes: int) -> Iterator[Problem]:
    seen: list[tuple[Path, ...]] = []
    for loop in loops:
        steps, found = path_of(loop), f"found {shown(list(loop) if isinstance(loop, tuple) else loop)}"
        fault = path_fault(steps)
        if fault:
            fault = fault.partition(";")[0]  # what the rest offers are no loops of space
            allowed = "closed paths that never turn straight back, such as [1, 2, -1, -2]"
            yield Problem(f"{_TABLE}.loops", f"{found}: {fault}", allowed)
        elif max(steps) > axes:
            yield Problem(f"{_TABLE}.loops", f"{found}, a loop of {max(steps)} axes", f"axes 1 to {axes} of space")
        elif orbit(steps, axes) in seen:
            yield Problem(f"{_TABLE}.loops", f"{found}, an image of another of them", "each class of loops once")
        else:
            seen.append(orbit(steps, axes))


def _offer(loops: Sequence[str | Path], axes: int) -> str:
    found = [name for name, one in CHANNELS[axes].items() if any(copies(one, path_of(loop), axes) for loop in loops)]
    return f"{quoted(found)}; or other loops"
