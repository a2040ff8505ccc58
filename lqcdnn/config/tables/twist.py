"""Twisted boundary conditions: ``[lattice.twist]``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import Integer

LARGEST = 7
"""Of the integers, for the largest N of SU(N)."""


def _plane(name: str) -> Any:
    return key(Integer(-LARGEST, LARGEST), f"n of plane {name}, modulo N; absent: 0", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwistConfig:
    """``[lattice.twist]``: one plaquette of each such plane is multiplied by exp(2 pi i n / N)."""

    xy: int | None = _plane("xy")
    xz: int | None = _plane("xz")
    xt: int | None = _plane("xt")
    yz: int | None = _plane("yz")
    yt: int | None = _plane("yt")
    zt: int | None = _plane("zt")


def twist_text(planes: Iterable[tuple[int, int, int]], names: Sequence[str]) -> str:
    """Write (mu, nu, n) of each plane as the keys of the input: "xy = 1, zt = 2"."""
    return ", ".join(f"{names[mu]}{names[nu]} = {n}" for mu, nu, n in planes)


def twisted_planes(given: dict[str, int | None], names: tuple[str, ...], n: int) -> tuple[tuple[int, int, int], ...]:
    """Return (mu, nu, n_{mu nu}) of the planes whose integer is not 0 modulo N, directions by their ``names``."""
    found = []
    for plane, value in given.items():
        if value is not None and value % n:
            found.append((names.index(plane[0]), names.index(plane[1]), value % n))
    return tuple(sorted(found))
