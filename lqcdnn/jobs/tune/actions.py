"""The actions that are compared: that of the input, and the same with other masses of mass preconditioning."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lqcdnn.config import RunConfig, from_tree
from lqcdnn.config.tables.fermions import DETERMINANTS
from lqcdnn.config.tables.schema import ActionConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError

KEYS = ("hasenbusch", "hasenbusch_twisted_mass")
LADDERS = ((), (0.75,), (0.5,), (0.25,), (2.0 / 3.0, 1.0 / 3.0))
"""Powers of the smallest scale x, that of the lightest quark beside 1, which the masses are: x^p; none, one or two."""
LARGEST_SCALE = 0.6
"""Scale above which there is nothing between it and 1 to put a mass."""


@dataclass(frozen=True)
class Split:
    """A fermion of the action with its masses of mass preconditioning.

    Attributes
    ----------
    fermion
        Number of the table, from 1; 0: no fermion can be split.
    key
        Of the masses.
    masses
        Their values; empty: none.
    """

    fermion: int = 0
    key: str = KEYS[0]
    masses: tuple[float, ...] = ()

    def __str__(self) -> str:
        return f"{self.key} = [{', '.join(f'{m:g}' for m in self.masses)}]" if self.masses else "no hasenbusch"


def can_be_split(config: RunConfig) -> list[int]:
    """Numbers of the fermions whose masses can be looked for, from 1: not with a guide, which would have to follow."""
    if config.guide is not None:
        return []
    fermions = enumerate(config.action.fermion, 1)
    return [i for i, one in fermions if not one.rational and one.determinant == DETERMINANTS[0]]


def present(config: RunConfig, fermion: int) -> Split:
    """How a fermion is split in the input."""
    table = config.action.fermion[fermion - 1]
    key = KEYS[1] if table.hasenbusch_twisted_mass else KEYS[0]
    return Split(fermion, key, tuple(table.hasenbusch_twisted_mass or table.hasenbusch or ()))


def splits(action: ActionConfig, fermion: int, scale: float) -> Iterator[Split]:
    """What may be tried: masses between those of the quark and 1, twisted ones of Wilson quarks.

    Parameters
    ----------
    scale
        Smallest scale of the operator beside 1, for quarks whose bare mass is none.
    """
    table = action.fermion[fermion - 1]
    key = KEYS[1] if table.kind == "wilson" else KEYS[0]
    smallest = scale if table.kind == "wilson" else table.mass
    if table.twisted_mass:
        smallest = max(smallest, abs(table.twisted_mass))
    for powers in LADDERS:
        masses = tuple(float(f"{smallest**power:.2g}") for power in powers)
        if not masses or 0.0 < smallest < LARGEST_SCALE:
            yield Split(fermion, key, masses)


def smallest_scale(iterations: float, tolerance: float) -> float:
    """Smallest singular value over half the largest, by the iterations of conjugate gradients of M^dag M.

    k iterations reduce the residual to 2 exp(-2 k / cond(M)) of what it was.
    """
    return min(1.0, math.log(2.0 / tolerance) / max(iterations, 1.0))


def with_update(config: RunConfig, update: Mapping[str, Any], split: Split | None = None, **run: Any) -> RunConfig:
    """The input with another [update] and other masses.

    Raises
    ------
    InvalidInputError
        If they are not allowed together with the rest of it.
    """
    tree = copy.deepcopy(as_tree(config))
    kept = {name: value for name, value in tree["update"].items() if name in ("kind", "accept_first")}
    tree["update"] = {**kept, **update}
    tree["run"] |= run
    if split is not None and split.fermion:
        table = tree["action"]["fermion"][split.fermion - 1]
        for key in KEYS:
            table.pop(key, None)
        if split.masses:
            table[split.key] = list(split.masses)
    return from_tree(tree)


def refused(config: RunConfig, update: Mapping[str, Any], split: Split) -> str | None:
    """Why an input does not take some masses; None if it does."""
    try:
        with_update(config, update, split)
    except InputError as error:
        return error.message
    return None
