"""The whole of ``lqcdnn bench --tune``: nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from lqcdnn.errors import InputError
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.tune.actions import Split
from lqcdnn.jobs.tune.limit import Limit
from lqcdnn.jobs.tune.result import Tuned, result_of
from lqcdnn.jobs.tune.search import ENOUGH, Choice, Search
from lqcdnn.jobs.tune.start import begin, given
from lqcdnn.jobs.tune.variant import Variant
from lqcdnn.timing import clock
from lqcdnn.update.chain import StopRequest
from lqcdnn.update.observed import Meter

SHARE_OF_THERMALIZATION = 0.25
"""Of the time, at most, for links of a cold or hot start."""


@dataclass(frozen=True)
class Options:
    """How to tune.

    Attributes
    ----------
    minutes
        Wall time, without compiling.
    lengths
        Trajectory lengths to compare beside that of the input.
    thermalization
        Trajectories before, from a cold or hot start; None: those of the input.
    enough
        Trials of an integrator after which it is known.
    shown
        Lines of the table.
    """

    minutes: float = 2.0
    lengths: tuple[float, ...] = ()
    thermalization: int | None = None
    enough: int = ENOUGH
    shown: int = 8


@compilation_told()
def tune(
    path: str | Path,
    overrides: Sequence[str] = (),
    options: Options | None = None,
    report: Callable[[str], None] = lambda text: None,
    meter: Meter = process_time,
) -> Tuned:
    """Find the cheapest integrator, time scales and masses for an input or a run, which are only read.

    Parameters
    ----------
    path
        An input file or a run directory.
    overrides
        Changes of the input, ``key=value``.
    report
        Receives a line now and then.
    meter
        What is to be cheap: CPU time, or a count.

    Raises
    ------
    InputError
        Problems of the input, an update that is not tuned, no links, or too short a time.
    DataError, NumericalError
        Damaged links or weights; no stable integrator.
    StoppedEarly
        By a signal before anything is known.
    """
    options = options or Options()
    found = given(path, overrides)
    clock.reset()
    with StopRequest().listening() as stop:
        limit = Limit(60.0 * options.minutes, stop)
        sim = found.simulation(found.config)
        if sim.integrator is None:
            raise InputError(f"{found.name} has no molecular dynamics")
        start = begin(found, sim, options.thermalization, lambda: limit.allows(0.0, SHARE_OF_THERMALIZATION))
        report(f"begins with {start.told}")
        first = Variant(found.config, sim, Split(), sim.integrator.length, meter)
        search = Search(found, first, start.state, limit, meter, report, options.enough)
        search.run(sim.integrator, options.lengths)
        present = Choice(first, first.families[0], sim.integrator.steps)
        return result_of(search, present, start.told, start.equilibrium, options.shown)
