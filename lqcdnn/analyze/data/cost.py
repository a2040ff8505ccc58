"""What a trajectory costs, from ``timing.jsonl`` of a run directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Time for one trajectory, averaged over `trajectories`.

    Attributes
    ----------
    cpu_update
        CPU seconds of the update alone, all threads together.
    cpu, wall
        CPU and wall seconds with measurements and writing.
    trajectories
        Number of trajectories averaged over.
    threads
        Threads used; None if sessions differ.
    warm
        True if the first trajectory of each session, which pays for compilation, is left out.
    """

    cpu_update: float
    cpu: float
    wall: float
    trajectories: int
    threads: int | None
    warm: bool


def mean_cost(records: Sequence[Mapping[str, Any]], cut: int = 0) -> Cost | None:
    """Cost of the trajectories after `cut`; None without records.

    A record counts if most of it lies after the cut. Where nothing else is left, records of the thermalisation
    and then first trajectories of sessions are used.

    Parameters
    ----------
    records
        Content of ``timing.jsonl``: first, trajectory, start, cpu, cpu_update, wall, threads.
    cut
        Thermalisation cut.
    """
    warm = [record for record in records if not record["start"]]
    chosen = [record for record in warm if record["first"] + record["trajectory"] > 2 * cut] or warm or list(records)
    count = sum(record["trajectory"] - record["first"] + 1 for record in chosen)
    if not chosen or count < 1:
        return None
    threads = {record["threads"] for record in chosen}
    return Cost(
        cpu_update=sum(record["cpu_update"] for record in chosen) / count,
        cpu=sum(record["cpu"] for record in chosen) / count,
        wall=sum(record["wall"] for record in chosen) / count,
        trajectories=count,
        threads=threads.pop() if len(threads) == 1 else None,
        warm=bool(warm),
    )
