"""``lqcdnn train`` of an input with [deformation.NAME]: contours are learned on the run's configurations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config import RunConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError, StoppedEarly
from lqcdnn.fields.contours import FloatArray, Kernel, ShiftedLoop, over_time, plaquette_angles, transformed
from lqcdnn.fields.gauge import project
from lqcdnn.fields.group import group
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.pupils import refuse_others, run_of, teach
from lqcdnn.lattice.geometry import Blocks, lattice
from lqcdnn.measure.gauge.deformed import pair_values, polyakov_lines, wilson_values
from lqcdnn.measure.gauge.wilson_loop import lines
from lqcdnn.network.contours import Moment, Sample, ShiftDescent, along, deformed
from lqcdnn.report.terminal.console import Reporter
from lqcdnn.storage import deformations
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.surrogates import identity
from lqcdnn.update.chain import StopRequest

KEPT = 2**29
"""Bytes of links, of transforms and of loops that stay in memory from one step to the next; others are made anew."""
JUDGED = 200
"""Largest number of later configurations that the ratios of variances at the end are of."""
FRACTIONS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Of the shifts of least noise of one loop, tried for the mean over sites: small loops average well as they are."""
_Array = TypeVar("_Array", bound=NDArray[Any])


@dataclass(frozen=True)
class Contour:
    """Learned shifts.

    Attributes
    ----------
    path
        Their file.
    loops
        How many kinds of loops have shifts.
    done_now
        Of how many this session has learned them.
    facts
        Of each loop: ``loop`` (direction, length, time), ``steps``, ``fraction`` of the shifts that the descent found,
        ``lifted`` (D), and the ratios of the variances over configurations, plain to deformed, ``trained`` of those
        trained on and ``others`` of those after the gap (None where nothing varies).
    """

    path: Path
    loops: int
    done_now: int
    facts: list[dict[str, Any]]

    def line(self) -> str:
        """For people: the smallest loop and the largest."""
        shown = [self.facts[0], self.facts[-1]] if len(self.facts) > 1 else self.facts
        return f"{self.loops} loops; variance smaller by " + "; ".join(
            f"{_named(one['loop'])}: " + (f"{one['others']:.3g}" if one["others"] is not None else "unknown")
            for one in shown
        )


@dataclass(frozen=True)
class DeformationResult:
    """What :func:`train_deformations` did, by name."""

    directory: Path
    learned: dict[str, Contour]
    warnings: list[str] = field(default_factory=list)

    @property
    def done_now(self) -> int:
        """Loops of this session."""
        return sum(one.done_now for one in self.learned.values())

    def facts(self) -> dict[str, str]:
        """Lines for the end of the training."""
        return {name: one.line() for name, one in self.learned.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        found = {
            name: {"path": str(one.path), "done_now": one.done_now, "loops": one.facts}
            for name, one in self.learned.items()
        }
        return {"run": str(self.directory), "deformations": found, "warnings": self.warnings}


@compilation_told()
def train_deformations(
    config: RunConfig, max_time: float | None = None, plain: bool | None = None
) -> DeformationResult:
    """Learn the shifts of every [deformation.NAME] on the first saved configurations of the run, or go on with it.

    Parameters
    ----------
    config
        The input of the run; its directory is ``config.run.name``.
    max_time
        Seconds after which to stop.
    plain
        Plain progress lines; None decides by the terminal.

    Raises
    ------
    InputError
        No such run, a run of other physics, too few saved configurations, a file of a training with other settings.
    StoppedEarly
        On a signal or at the end of the time budget; the same call goes on with the loop that was not finished.
    LockError, DataError, DiskError
        Another process at work in the run, damaged files, writing.
    """
    run = run_of(config, "deformation", "u1-3d-deformed")
    result = DeformationResult(run.path, {})
    teach(run, {name: _Pupil(name, config, run) for name in config.deformation}, result.learned, max_time, plain)
    return result


class _Pupil:
    """One table and the configurations it learns from."""

    def __init__(self, name: str, config: RunConfig, run: RunDir) -> None:
        self.name, self.options, self.run = name, config.deformation[name], run
        self.path = run.train_dir / f"{name}{deformations.ENDING}"
        self.grid, self.group = lattice(config.lattice.shape), group(config.lattice.group)
        self.beta = config.action.gauge.beta
        self.saved = run.configurations()
        count, saved = self.options.configs + self.options.gap, len(self.saved)
        if count + 2 > saved:
            raise InputError(
                f"deformation.{name}: configs + gap = {count}; allowed: at most {max(saved - 2, 0)}, two less than the "
                f"{saved} saved configurations of {run.path}",
                hint="run.save_every decides how many there are",
            )
        self.trained = self.saved[0][0], self.saved[count - 1][0]
        shape = self.grid.shape
        first = dict.fromkeys(shape.index(extent) for extent in shape[:-1])
        times = range(1, (self.options.time or 0) + 1) if self.options.target == "wilson_loop" else (0,)
        sizes = [(r, t) for r in range(1, self.options.space + 1) for t in times]
        self.loops = [ShiftedLoop(shape, mu, r, t) for mu in first for r, t in sizes]
        self.shifts: list[FloatArray] = []
        self.facts: list[dict[str, Any]] = []
        self._configs, self._angles = _Kept[Blocks](), _Kept[FloatArray]()

    def train(self, stop: StopRequest, plain: bool | None) -> Contour:
        """All loops that are left."""
        self._go_on()
        before, total = len(self.shifts), len(self.loops)
        with Reporter(f"deformation {self.name}", total, plain=plain, unit="loop") as reporter:
            while len(self.shifts) < total:
                loop = self.loops[len(self.shifts)]
                shifts, facts = self._learn(loop, stop)
                self.shifts.append(shifts)
                self.facts.append(facts)
                self._save()
                gain = facts["others"]
                reporter.update(len(self.shifts), {} if gain is None else {"gain": gain})
                self._stop(stop, len(self.shifts) == total)
        return Contour(self.path, total, total - before, self.facts)

    def _learn(self, loop: ShiftedLoop, stop: StopRequest) -> tuple[FloatArray, dict[str, Any]]:
        """Shifts of one kind of loop, and what is known of them."""
        directions = [mu for mu in range(loop.d - 1) if loop.shape[mu] == loop.shape[loop.direction]]
        loops = _Kept[FloatArray]()

        def sample(k: int) -> Sample:
            angles = self._angles.get(k, lambda: self._angles_of(loop, k))
            values = loops.get(k, lambda: self._values(loop, directions, k))
            return Sample(angles, dict(zip(directions, values, strict=True)))

        moment = Moment(loop, directions, self.beta, self.options.configs, sample)
        descent = ShiftDescent(moment, loop.start(self.beta), 0.5 / self.beta)
        steps = 0
        while steps < self.options.steps and not descent.ended:
            descent.step()
            steps += 1
            self._stop(stop, False)
        end = self.options.configs + self.options.gap
        trained, others = range(self.options.configs), range(end, min(len(self.saved), end + JUDGED))

        def gain(shifts: FloatArray, part: range) -> float | None:
            kernels = {mu: Kernel.of(*along(loop, shifts, mu)) for mu in directions}
            return self._gain(kernels, sample, part)

        gains = {fraction: gain(fraction * descent.shifts, trained) for fraction in FRACTIONS}
        fraction = max(gains, key=lambda one: gains[one] or 0.0)
        shifts = fraction * descent.shifts
        facts = {"loop": [loop.direction, loop.length, loop.time], "steps": steps, "fraction": fraction}
        facts |= {"lifted": loop.lifted(shifts), "trained": gains[fraction], "others": gain(shifts, others)}
        return shifts, facts

    def _gain(self, kernels: dict[int, Kernel], sample: Callable[[int], Sample], part: range) -> float | None:
        """Ratio of the variances over configurations of the means of a loop, plain to deformed."""
        means = []
        for k in part:
            one = sample(k)
            pairs = [(one.loops[mu][..., 0], deformed(one, mu, of_mu, self.beta)[0]) for mu, of_mu in kernels.items()]
            means.append(np.mean([(plain.mean(), shifted.mean()) for plain, shifted in pairs], axis=0))
        before, after = np.var(means, axis=0)
        return float(before / after) if after > 0.0 else None

    def _angles_of(self, loop: ShiftedLoop, k: int) -> FloatArray:
        angles = plaquette_angles(self.grid, self._links(k))
        return transformed(angles if loop.time else over_time(angles), 2)

    def _values(self, loop: ShiftedLoop, directions: list[int], k: int) -> FloatArray:
        """The plain loop at every site, [direction, x, ..., 2]."""
        U, last = self._links(k), loop.d - 1
        if not loop.time:
            ends = polyakov_lines(self.grid, U)
            return np.stack([pair_values(ends, mu, loop.length) for mu in directions])
        up = lines(self.grid, U, last, loop.time)[-1]
        across = {mu: lines(self.grid, U, mu, loop.length)[-1] for mu in directions}
        sizes = loop.length, loop.time
        return np.stack([wilson_values(self.grid, across[mu], up, mu, *sizes) for mu in directions])

    def _links(self, k: int) -> Blocks:
        return self._configs.get(k, lambda: self._read(k))

    def _read(self, k: int) -> Blocks:
        U = self.grid.from_links(read_configuration(self.saved[k][1], self.grid.shape, self.group.name).links)
        project(self.grid, U, self.group)
        return U

    def _stop(self, stop: StopRequest, done: bool) -> None:
        stop.lap()
        if stop.reason is not None and not done:
            raise StoppedEarly(
                f"stopped by {stop.reason} after loop {len(self.shifts)} of {len(self.loops)} of "
                f"deformation.{self.name}",
                hint="the same command goes on from here",
            )

    def _settings(self) -> dict[str, Any]:
        return dict(as_tree(self.options))

    def _go_on(self) -> None:
        """The loops of an earlier session."""
        if not self.path.exists():
            return
        found = deformations.load(self.path)
        same = (found.run, found.trained) == (identity(self.run.physics), self.trained)
        refuse_others(self.path, f"deformation.{self.name}", found.settings, self._settings(), same)
        self.shifts, self.facts = list(found.shifts), list(found.facts)

    def _save(self) -> None:
        loops = self.loops[: len(self.shifts)]
        found = deformations.Deformation(
            target=self.options.target,
            shape=self.grid.shape,
            beta=self.beta,
            loops=tuple((one.direction, one.length, one.time) for one in loops),
            shifts=np.stack(self.shifts),
            run=identity(self.run.physics),
            trained=self.trained,
            settings=self._settings(),
            facts=self.facts,
        )
        deformations.save(self.path, found)


class _Kept(Generic[_Array]):
    """Arrays by number, made when they are asked for, and kept while there is room."""

    def __init__(self) -> None:
        self._known: dict[int, _Array] = {}
        self._bytes = 0

    def get(self, k: int, make: Callable[[], _Array]) -> _Array:
        """The k-th."""
        if k in self._known:
            return self._known[k]
        found = make()
        if self._bytes + found.nbytes <= KEPT:
            self._bytes += found.nbytes
            self._known[k] = found
        return found


def _named(loop: list[int]) -> str:
    """A loop in words."""
    _, length, time = loop
    return f"{length} x {time}" if time else f"distance {length}"
