"""``lqcdnn generate --dry-run``: memory, disk and seconds per trajectory from a probe; nothing is written."""

from __future__ import annotations

import resource
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from time import perf_counter

from lqcdnn.config import RunConfig, with_seed
from lqcdnn.config.summary import method
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.jobs.networks import load_networks, trained_here
from lqcdnn.jobs.room import with_room
from lqcdnn.jobs.starts import initial_links
from lqcdnn.jobs.train import refuse_bad_start
from lqcdnn.kernels.compile import THREADS
from lqcdnn.measure.runner import Measurements, measurements
from lqcdnn.report.terminal.duration import duration
from lqcdnn.update.hmc import State
from lqcdnn.update.llr import LLR
from lqcdnn.update.tempering import Tempering

JOURNAL_BYTES, SERIES_BYTES = 260, 250


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes
    ----------
    seconds_per_trajectory
        Of the last trajectory of the probe, with its measurements.
    seconds
        For the whole run, without training.
    memory_bytes
        Largest resident memory of this process so far; others that share replicas out have as much of their own.
    disk_bytes
        Configurations, checkpoints and series.
    method, threads
        "HMC", "SLHMC" or "heat bath"; threads of the kernels, or processes with one each.
    trains_first
        Whether a network is trained before the run.
    warnings
        What the run would warn of at its start.
    """

    seconds_per_trajectory: float
    seconds: float
    memory_bytes: int
    disk_bytes: int
    method: str
    threads: int
    trains_first: bool
    warnings: list[str]

    def to_dict(self) -> dict[str, object]:
        """Plain data for ``--json``."""
        return asdict(self)

    def text(self) -> str:
        """Lines for the terminal."""
        return "\n".join(
            [
                f"method      {self.method}, {self.threads} thread{'s' if self.threads > 1 else ''}",
                f"trajectory  {duration(self.seconds_per_trajectory)} each, {duration(self.seconds)} in all"
                + (", training not counted" if self.trains_first else ""),
                f"memory      {self.memory_bytes / 1e6:.0f} MB",
                f"disk        {self.disk_bytes / 1e6:.1f} MB",
                "nothing was written",
            ]
        )


@with_room
def estimate(config: RunConfig, processes: int = 1) -> Estimate:
    """Run two trajectories in memory (the first one may compile), with several processes four, and extrapolate.

    Parameters
    ----------
    config
        The input.
    processes
        With parallel tempering, among how many the replicas are to be shared out.

    Raises
    ------
    InputError, DataError, NumericalError
        As the run itself would.
    """
    config = with_seed(config)
    assert config.run.seed is not None
    sim = build(config)
    warnings = load_networks(config, sim)
    refuse_bad_start(config, sim, trained_here(config))
    update, observables = sim.update(), measurements(config, sim.networks)
    state = State(initial_links(config, sim, config.run.seed), 0, config.run.seed)
    crew = update.crew if isinstance(update, Tempering | LLR) else None
    moved = 0.0
    with nullcontext() if crew is None else crew.of(processes):
        for _ in range(2 if processes == 1 else 4):  # the third one begins the processes
            start = perf_counter()
            state, _info = update.step(state)
            moved = perf_counter() - start
        at_work = 1 if crew is None else crew.at_work
    costs = {name: _seconds(observables, state, name) for name in config.observables}
    total, unmeasured = config.total_trajectories, config.run.unmeasured
    counts = {name: total // o.every - unmeasured // o.every for name, o in config.observables.items()}
    per_trajectory = moved + sum(costs[name] / config.observables[name].every for name in costs)
    links = 16 * config.lattice.dims * config.lattice.volume * config.lattice.colors**2
    stored, fields = config.run.trajectories // config.run.save_every, 1 + sim.further
    return Estimate(
        per_trajectory,
        moved * total + sum(costs[name] * counts[name] for name in costs),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        (stored + 2 * fields) * (links + 20_000) + JOURNAL_BYTES * total + SERIES_BYTES * sum(counts.values()),
        method(config).partition(":")[0],
        THREADS * at_work,
        trained_here(config),
        warnings,
    )


def _seconds(observables: Measurements, state: State, name: str) -> float:
    stream = Stream(state.seed, 1)
    observables.measure(state.U, stream, [name])  # compiles
    start = perf_counter()
    observables.measure(state.U, stream, [name])
    return perf_counter() - start
