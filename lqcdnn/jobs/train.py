"""``lqcdnn train``: fit a network or couplings online, during an HMC run with the exact action, or on stored files."""

from __future__ import annotations

import glob
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.analyze.training import summarize_training
from lqcdnn.analyze.verdicts.run import judge_training
from lqcdnn.config import RunConfig, training_keys
from lqcdnn.config.tables.starts import STARTS
from lqcdnn.config.tree import coupling_key
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.build import Simulation, build
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.course import Offline, Online, sample_files
from lqcdnn.jobs.networks import load_networks
from lqcdnn.jobs.repair import repair_run
from lqcdnn.jobs.room import with_room
from lqcdnn.jobs.session import Session, keep_weights_of_chain, seeded, session
from lqcdnn.jobs.starts import file_links
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.report.terminal.status import last_record
from lqcdnn.storage.rundir import RunDir


@dataclass
class TrainResult:
    """Outcome of a training.

    Attributes
    ----------
    weights_path
        The weights file.
    theta
        Trained weights, layer by layer, then couplings.
    couplings
        Trained couplings of the guide by name.
    steps, samples
        Optimizer steps done and samples seen, of all sessions.
    done_now, done
        Of this session and of all: trajectories of online training, thermalization included, or optimizer steps.
    links, scalar
        Last configuration of the online chain, with its scalar field if it has one; None for offline training.
    warnings
        What the user should know.
    early_loss, late_loss
        Mean loss of the first ten samples and of the last quarter.
    """

    weights_path: Path
    theta: NDArray[np.float64]
    steps: int
    samples: int
    done_now: int
    done: int
    links: Blocks | None
    warnings: list[str]
    early_loss: float | None
    late_loss: float | None
    couplings: dict[str, float] = field(default_factory=dict)
    scalar: Blocks | None = None

    def facts(self) -> dict[str, str]:
        """Lines for the end of the run."""
        loss = "none yet" if self.late_loss is None else f"{self.early_loss:.3g} at first, {self.late_loss:.3g} at last"
        weights = self.theta[: self.theta.size - len(self.couplings)]
        lines = {"loss": loss} | ({"weights": " ".join(f"{w:+.5f}" for w in weights)} if weights.size else {})
        if self.couplings:
            lines["couplings"] = ", ".join(f"{name} {value:.6g}" for name, value in self.couplings.items())
            elsewhere = " ".join(_setting(name, value) for name, value in self.couplings.items()).strip()
            lines |= {"elsewhere": elsewhere} if elsewhere else {}
        return lines | {"file": str(self.weights_path)}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "weights_path": str(self.weights_path),
            "theta": self.theta.tolist(),
            "couplings": self.couplings,
            "steps": self.steps,
            "samples": self.samples,
            "done_now": self.done_now,
            "early_loss": self.early_loss,
            "late_loss": self.late_loss,
            "warnings": self.warnings,
        }


def _setting(name: str, value: float) -> str:
    """The option by which another input takes over a coupling; none for the constant, which moves no links."""
    key = coupling_key(name)
    return f"--set {key}={value!r}" if key else ""


@compilation_told()
@with_room
def train(
    config: RunConfig,
    input_text: str = "",
    max_time: float | None = None,
    plain: bool | None = None,
    repair: bool = False,
) -> TrainResult:
    """Train what ``[train]`` names in the run directory of the input, or go on with it.

    Raises
    ------
    InputError
        Without a [train] table, or when the directory belongs to other physics.
    NumericalError
        If the gradient check fails, or a number is not finite.
    StoppedEarly
        On a signal or at the end of the time budget; the same command goes on.
    """
    config = seeded(config)
    if config.train is None:
        raise InputError("the input has no [train] table", hint="lqcdnn init --preset tomiya-nagai-train shows one")
    sim = build(config)
    warnings = load_networks(config, sim)
    refuse_bad_start(config, sim, trains=True)
    with session(config, training_keys(config), input_text, max_time, plain) as work:
        if repair:
            work.untouched = False
            repair_run(work.run)
        result = run_training(config, sim, work)
        note_trajectories(config, work)
    result.warnings[:0] = warnings
    return result


def note_trajectories(config: RunConfig, work: Session) -> None:
    """A run that has begun its trajectories is as far as these, and only trained while it has some left to make."""
    done, total = 0, config.total_trajectories
    with suppress(DataError, TypeError, ValueError):  # a damaged journal is for generate to refuse
        done = int((last_record(work.run.journal_path) or {}).get("trajectory", 0))
    if done > 0:
        work.begin("generate", done, total)
    if done < total and (done > 0 or config.run.trajectories > 0):
        work.outcome = "trained"


def run_training(config: RunConfig, sim: Simulation, work: Session) -> TrainResult:
    """The training inside an open session; returns at once what is already complete."""
    assert config.train is not None  # checked by the callers
    work.title = f"{config.run.name}: training"
    online = config.train.mode == "online"
    course = (Online if online else Offline)(config, sim, work)
    done_before = course.step
    total = course.total
    if course.step < total:
        samples = config.train.trajectories * (1 if online else config.train.batch)
        keep_weights_of_chain(work.run, config.train.network, samples)
    if course.step < total or work.phase is None:
        work.begin("training", course.step, total)
    if course.step < total:
        with work.reporter(total, "step") as reporter:
            course.check_gradient()
            for record in course.records():
                reporter.update(record["step"], record)
                pace, eta = reporter.seconds_per_step, reporter.eta_seconds
                work.status("running", trajectory=record["step"], seconds_per_trajectory=pace, eta_seconds=eta)
                if work.checkpoint_due(course.step, total, config.train.checkpoint_every):
                    course.save()
                work.stop.lap()
                work.check_stop(course.save, course.step, total, "training step")
    early, late = course.losses()
    course.write_weights(late)
    theta, links = course.trainer.theta, course.links
    of_base = sim.fitted is not None and not sim.fitted_along_chain
    if of_base and sim.transformation is not None and links is not None:
        links = sim.transformation.forward(links)[0]  # the chain of the training was one of V
    couplings = {} if sim.couplings is None else sim.couplings.by_name()
    verdict = judge_training(summarize_training(course.history.records().records, config.train.batch))
    failed = verdict is not None and verdict.status == "warn"
    said = [f"training: {verdict.sentence}; {verdict.advice}"] if verdict and failed else []
    steps = course.samples // config.train.batch, course.samples, course.step - done_before, course.step
    return TrainResult(course.weights_path, theta, *steps, links, said, early, late, couplings, course.scalar)


def refuse_bad_start(config: RunConfig, sim: Simulation, trains: bool, forked: bool = False) -> None:
    """Before the directory of a new run is made: the files that it starts from are there and fit.

    Of the files to train on the first of each pattern is read; others that do not fit end the training.

    Parameters
    ----------
    config, sim
        Input and objects.
    trains
        Whether there is a training.
    forked
        Whether the chain begins with the links of another run; a training does not.

    Raises
    ------
    InputError, DataError
        As :func:`sample_files` and :func:`lqcdnn.jobs.starts.file_links`.
    """
    if RunDir.is_run_directory(config.run.name):
        return
    offline = config.train is not None and config.train.mode == "offline"
    if config.train is not None and trains and offline:
        sample_files(config.train)
        for pattern in config.train.configs or ():
            for path in sorted(glob.glob(pattern))[:1]:
                file_links(config, sim, "train.configs", path)
    if config.run.initial not in STARTS and not (forked and (offline or not trains)):
        file_links(config, sim, "run.initial", config.run.initial, config.run.refine)
