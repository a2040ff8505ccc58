"""``lqcdnn train`` of an input with [surrogate.NAME]: networks learn what was measured on the run's configurations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config import RunConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError, NumericalError, StoppedEarly
from lqcdnn.fields.gauge import project
from lqcdnn.fields.group import group
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.lessons import Lesson, Teacher, definition_of, lessons_of, teachers
from lqcdnn.jobs.pupils import refuse_others, run_of, teach
from lqcdnn.jobs.session import CHECKPOINT_SECONDS
from lqcdnn.lattice.geometry import Blocks, lattice
from lqcdnn.network.lcnn import LCNN
from lqcdnn.network.optimizers import Adam
from lqcdnn.network.regression import Learner
from lqcdnn.report.terminal.console import Reporter
from lqcdnn.storage import surrogates
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.chain import StopRequest

KEPT = 2**30
"""Bytes of links up to which configurations stay in memory; others are read anew each time."""

LARGEST = 2**31
"""Bytes that the derivatives of least squares may take: configurations times weights."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """One trained network.

    Attributes
    ----------
    path
        Its file.
    weights, steps, done_now
        Number of weights; steps of all sessions, and of this one.
    facts
        ``trained`` and ``others``: number of configurations, standard deviation of the target, root mean square of what
        the network misses, correlation of both; of the configurations trained on, and of the others.
    """

    path: Path
    weights: int
    steps: int
    done_now: int
    facts: dict[str, Any]

    def line(self, target: str) -> str:
        """For people."""
        seen, others = self.facts["trained"], self.facts["others"]
        text = f"{target}, {self.weights} weights, {self.steps} steps; "
        return text + "; ".join(
            f"{name} {one['configs']}: misses {one['rms']:.3g} of {one['deviation']:.3g}, correlation "
            + ("unknown" if one["correlation"] is None else f"{one['correlation']:.4f}")
            for name, one in (("trained on", seen), ("others", others))
        )


@dataclass(frozen=True)
class SurrogateResult:
    """What :func:`train_surrogates` did, by name; and what the user should know."""

    directory: Path
    learned: dict[str, Learned]
    targets: dict[str, str]
    warnings: list[str] = field(default_factory=list)

    @property
    def done_now(self) -> int:
        """Steps of this session."""
        return sum(one.done_now for one in self.learned.values())

    def facts(self) -> dict[str, str]:
        """Lines for the end of the training."""
        return {name: one.line(self.targets[name]) for name, one in self.learned.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        found = {
            name: {
                "target": self.targets[name],
                "weights_path": str(one.path),
                "weights": one.weights,
                "steps": one.steps,
                "done_now": one.done_now,
                **one.facts,
            }
            for name, one in self.learned.items()
        }
        return {"run": str(self.directory), "surrogates": found, "warnings": self.warnings}


@compilation_told()
def train_surrogates(
    config: RunConfig, max_time: float | None = None, plain: bool | None = None
) -> SurrogateResult:
    """Train every [surrogate.NAME] on the saved configurations of the run of the input, or go on with it.

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
        No such run, a run of other physics, a target that was not measured or on too few saved configurations, or a
        file of a training with other settings.
    StoppedEarly
        On a signal or at the end of the time budget; the same call goes on.
    LockError, DataError, DiskError, NumericalError
        Another process at work in the run, damaged files, writing, numbers that are not finite.
    """
    run = run_of(config, "surrogate", "su2-staggered-surrogate")
    known = teachers(config, run)
    pupils = {name: _pupil(name, config, run, known) for name in config.surrogate}
    result = SurrogateResult(run.path, {}, {name: one.options.target for name, one in pupils.items()})
    result.warnings.extend(text for teacher in known.values() for text in teacher.data.warnings)
    teach(run, pupils, result.learned, max_time, plain)
    return result


class _Pupil:
    """One network and the configurations it learns from."""

    def __init__(self, name: str, config: RunConfig, run: RunDir, lessons: Sequence[Lesson]) -> None:
        self.name, self.options, self.run, self.lessons = name, config.surrogate[name], run, lessons
        self.path = run.train_dir / f"{name}{surrogates.ENDING}"
        self.group = group(config.lattice.group)
        shapes = dict.fromkeys(one.shape for one in lessons)
        self.definition = definition_of(self.options, config, list(shapes))
        self.networks = {shape: LCNN(lattice(shape), self.definition) for shape in shapes}
        self.numbers = np.array([one.number for one in lessons])
        size = sum(math.prod(one.shape) for one in lessons) * config.lattice.dims * 16 * config.lattice.colors**2
        self._kept: dict[int, Blocks] | None = {} if size <= KEPT else None
        adam = Adam(self.options.rate or 1e-3) if self.options.optimizer == "adam" else None
        self.learner = Learner(
            self.definition.start(self.options.seed),
            self.numbers[: self.options.configs],
            lambda k, theta: self.networks[lessons[k].shape].value(self.links(k), theta),
            lambda k, theta: self.networks[lessons[k].shape].gradient(self.links(k), theta),
            self.definition.constant,
            self.options.penalty,
            adam,
            self.options.batch or 1,
            self.options.seed,
        )
        if adam is not None:  # the mean of the numbers is nothing to learn
            self.learner.theta[self.definition.constant] = float(self.learner.numbers.mean())
        self.losses: list[float] = []

    def links(self, k: int) -> Blocks:
        """Those of the k-th configuration, projected onto the group."""
        if self._kept is not None and k in self._kept:
            return self._kept[k]
        one = self.lessons[k]
        grid = lattice(one.shape)
        U = grid.from_links(read_configuration(one.path, one.shape, self.group.name).links)
        project(grid, U, self.group)
        if self._kept is not None:
            self._kept[k] = U
        return U

    def train(self, stop: StopRequest, plain: bool | None) -> Learned:
        """All steps that are left, and what has come of it."""
        self._go_on()
        before, total = self.learner.steps, self.options.steps
        saved = monotonic()
        with Reporter(f"surrogate {self.name}", total, plain=plain, unit="step") as reporter:
            while self.learner.steps < total:
                loss = self.learner.step()
                if not math.isfinite(loss) or not np.isfinite(self.learner.theta).all():
                    raise NumericalError(
                        f"surrogate.{self.name}: weights or loss of step {self.learner.steps} are not finite",
                        hint="a smaller rate, or another seed",
                    )
                self.losses.append(loss)
                reporter.update(self.learner.steps, {"loss": loss})
                if monotonic() - saved >= CHECKPOINT_SECONDS:
                    self._save({})
                    saved = monotonic()
                stop.lap()
                if stop.reason is not None and self.learner.steps < total:
                    self._save({})
                    raise StoppedEarly(
                        f"stopped by {stop.reason} after step {self.learner.steps} of {total} of surrogate.{self.name}",
                        hint="the same command goes on from here",
                    )
        facts = self._judged()
        self._save(facts)
        return Learned(self.path, self.definition.size, self.learner.steps, self.learner.steps - before, facts)

    def _seen(self) -> tuple[surrogates.Seen, ...]:
        """The configurations trained on, run by run."""
        seen: dict[str, list[int]] = {}
        for one in self.lessons[: self.options.configs]:
            seen.setdefault(one.run, []).append(one.trajectory)
        return tuple(surrogates.Seen(run, np.array(numbers, np.int64)) for run, numbers in seen.items())

    def _settings(self) -> dict[str, Any]:
        """What decides the outcome, number of steps apart."""
        return {key: value for key, value in as_tree(self.options).items() if key not in ("steps", "runs")}

    def _go_on(self) -> None:
        """Weights and memory of an earlier session."""
        if not self.path.exists():
            return
        found = surrogates.load(self.path)
        before, now = ([(one.run, one.trained.tolist()) for one in seen] for seen in (found.seen, self._seen()))
        refuse_others(self.path, f"surrogate.{self.name}", found.settings, self._settings(), before == now)
        self.learner.theta, self.learner.steps = found.theta.copy(), len(found.losses)
        self.losses = found.losses.tolist()
        if self.learner.adam is not None:
            self.learner.adam.recall(dict(found.memory))

    def _save(self, facts: dict[str, Any]) -> None:
        memory = {} if self.learner.adam is None else self.learner.adam.memory()
        found = surrogates.Surrogate(
            theta=self.learner.theta,
            definition=self.definition.to_dict(),
            group=self.group.name,
            target=self.options.target,
            seen=self._seen(),
            settings=self._settings(),
            facts={"steps": self.learner.steps, **facts},
            losses=np.array(self.losses, np.float64),
            memory=memory,
        )
        surrogates.save(self.path, found)

    def _judged(self) -> dict[str, Any]:
        """Of the configurations trained on, and of the others."""
        values = self.learner.values(range(len(self.numbers)))
        split = self.options.configs
        parts = {"trained": slice(0, split), "others": slice(split, None)}
        return {name: agreement(values[part], self.numbers[part]) for name, part in parts.items()}


def agreement(values: Numbers, numbers: Numbers) -> dict[str, Any]:
    """How well values of a network agree with numbers that were measured.

    ``rms`` is the root of the mean square of the differences, the difference of the means included; ``correlation``
    None where one of the two does not vary.
    """
    spread, own = float(numbers.std()), float(values.std())
    product = float(((values - values.mean()) * (numbers - numbers.mean())).mean())
    return {
        "configs": len(numbers),
        "deviation": spread,
        "rms": float(np.sqrt(((values - numbers) ** 2).mean())),
        "correlation": product / (spread * own) if spread > 0.0 and own > 0.0 else None,
    }


def _pupil(name: str, config: RunConfig, run: RunDir, known: Mapping[str, Teacher]) -> _Pupil:
    """A network with what it learns from, after checking that this is there.

    Raises
    ------
    InputError
        Naming the key.
    """
    options, path = config.surrogate[name], f"surrogate.{name}"
    runs = [known[one] for one in options.runs or (str(run.path),)]
    pupil = _Pupil(name, config, run, lessons_of(name, options, runs))
    if np.ptp(pupil.learner.numbers) == 0.0:
        raise InputError(f'{path}.target: "{options.target}" is the same on all configurations trained on')
    if options.optimizer == "least_squares" and pupil.definition.size * options.configs * 8 > LARGEST:
        raise InputError(
            f"{path}: {options.configs} configurations times {pupil.definition.size} weights are too much for "
            f'least squares; allowed: at most {LARGEST // 8} numbers, or optimizer = "adam"'
        )
    return pupil
