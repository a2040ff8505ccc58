"""What replicas have in common that swap their links: seeds, swaps of neighbours, the part of accepted trajectories."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from lqcdnn.fields.random import METROPOLIS, Stream
from lqcdnn.update.heatbath import HeatBathInfo
from lqcdnn.update.hmc import Info


def order_of_swaps(pairs: int) -> tuple[int, ...]:
    """In which order pairs of neighbours are offered swaps: the first, third, ..., then the second, fourth, ..."""
    return (*range(0, pairs, 2), *range(1, pairs, 2))


def replica_seeds(stream: Stream, count: int) -> list[int]:
    """Seeds of ``count`` replicas: the first has that of the chain."""
    return [stream.seed, *(stream.named(f"replica {r}").seed for r in range(1, count))]


def swap_neighbours(change: Callable[[int], float], stream: Stream, *of_replicas: list[Any]) -> tuple[bool, ...]:
    """Offer swaps to all pairs of neighbours, in place; which were accepted.

    Parameters
    ----------
    change
        Delta of a swap of k and k + 1, which is accepted with min(1, exp(-Delta)): the change of the exponents of both.
    stream
        Of this trajectory.
    of_replicas
        Lists with an entry for each replica, which are exchanged where a swap is accepted.
    """
    swapped = [False] * (len(of_replicas[0]) - 1)
    for k in order_of_swaps(len(swapped)):
        swapped[k] = stream.named(f"swap {k + 1}").single(METROPOLIS) < math.exp(min(0.0, -change(k)))
        if swapped[k]:
            for entries in of_replicas:
                entries[k], entries[k + 1] = entries[k + 1], entries[k]
    return tuple(swapped)


def part_accepted(infos: Iterable[Info | HeatBathInfo]) -> float | None:
    """Part of the trajectories that were accepted; None without a Metropolis test."""
    tested = [info.accepted for info in infos if info.accepted is not None]
    return sum(tested) / len(tested) if tested else None
