"""``lqcdnn train``: fit a covariant network online, during an HMC run with the exact action, or on stored files."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.analyze.training import summarize_training
from lqcdnn.analyze.verdicts import judge_training
from lqcdnn.config import RunConfig, physics_digest, training_keys, weights_physics
from lqcdnn.config.schema import TrainConfig
from lqcdnn.config.starts import STARTS
from lqcdnn.errors import DataError, InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import Simulation, build, file_links, initial_links
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.networks import load_networks, trained_here
from lqcdnn.jobs.repair import repair_run
from lqcdnn.jobs.session import Session, keep_weights_of_chain, resumed, seeded, session
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.network.optimizers import SGD, Adam, Optimizer
from lqcdnn.report.status import last_record
from lqcdnn.storage import checkpoint, hdf5
from lqcdnn.storage import weights as files
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from lqcdnn.timing import clock
from lqcdnn.update.hmc import Info, State
from lqcdnn.update.training import Sample, Trainer

TRAINING_KEY = 0x7472_6169_6E
"""XORed into the seed of the training chain, so that no random number serves twice in one run."""
KEPT = 1 << 28
"""Bytes of links of training files that are kept in memory."""


@dataclass
class TrainResult:
    """Outcome of a training.

    Attributes
    ----------
    weights_path
        The weights file.
    theta
        Trained weights, layer by layer.
    steps, samples
        Optimizer steps done and samples seen, of all sessions.
    done_now, done
        Of this session and of all: trajectories of online training, thermalization included, or optimizer steps.
    links
        Last configuration of the online chain; None for offline training.
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

    def facts(self) -> dict[str, str]:
        """Lines for the end of the run."""
        loss = "none yet" if self.late_loss is None else f"{self.early_loss:.3g} at first, {self.late_loss:.3g} at last"
        return {"loss": loss, "weights": " ".join(f"{w:+.5f}" for w in self.theta), "file": str(self.weights_path)}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "weights_path": str(self.weights_path),
            "theta": self.theta.tolist(),
            "steps": self.steps,
            "samples": self.samples,
            "done_now": self.done_now,
            "early_loss": self.early_loss,
            "late_loss": self.late_loss,
            "warnings": self.warnings,
        }


@compilation_told()
def train(
    config: RunConfig,
    input_text: str = "",
    max_time: float | None = None,
    plain: bool | None = None,
    repair: bool = False,
) -> TrainResult:
    """Train the network of ``[train]`` in the run directory of the input, or go on with it.

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
    refuse_bad_start(config, sim)
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
    theta, links = course.network.theta, course.links
    verdict = judge_training(summarize_training(course.history.records().records, config.train.batch))
    failed = verdict is not None and verdict.status == "warn"
    said = [f"training: {verdict.sentence}; {verdict.advice}"] if verdict and failed else []
    steps = course.samples // config.train.batch, course.samples, course.step - done_before, course.step
    return TrainResult(course.weights_path, theta, *steps, links, said, early, late)


def build_optimizer(config: TrainConfig) -> Optimizer:
    """SGD or Adam."""
    if config.optimizer == "sgd":
        return SGD(config.rate)
    return Adam(config.rate, config.beta1 or 0.0, config.beta2 or 0.0, config.epsilon or 0.0)


class Course:
    """What online and offline training share: trainer, history, checkpoint, weights file.

    ``step`` counts what ``total`` counts: trajectories of the prior run (thermalisation included), or optimizer steps.
    """

    def __init__(self, config: RunConfig, sim: Simulation, work: Session) -> None:
        assert config.train is not None
        assert config.run.seed is not None
        self.config, self.train, self.sim, self.work = config, config.train, sim, work
        self.seed = config.run.seed ^ TRAINING_KEY
        self.network: CovariantNetwork = sim.networks[self.train.network]
        self.optimizer = build_optimizer(self.train)
        self.trainer = Trainer(sim.exact, sim.guide, self.network, self.optimizer, self.train.batch)
        self.history = Journal(work.run.train_dir / "history.jsonl")
        self.weights_path = work.run.train_dir / "weights.h5"
        self.step = self.samples = 0
        self.links: Blocks | None = None
        self.last: Sample | None = None
        self._resume()

    @property
    def total(self) -> int:
        """Steps in all."""
        raise AssertionError("each kind of training says how long it is")

    def records(self) -> Iterator[dict[str, Any]]:
        """Do the steps that are left; yields a record of each for the progress display."""
        raise AssertionError("each kind of training has its own loop")

    def check_gradient(self) -> None:
        """Hold the pullback against finite differences before anything is trained.

        On random links: on a cold start every derivative is zero and the check would show nothing.
        """
        U = gauge.hot(self.sim.lattice, self.sim.group, self.seed)
        deviation = self.trainer.check_gradient(U, Stream(self.seed, 0))
        self.work.status("running", force=True, gradient_check=deviation)

    def write_history(self, sample: Sample, **where: Any) -> dict[str, Any]:
        """Append one sample to train/history.jsonl."""
        self.samples += 1
        self.last = sample
        layers = [layer.weights.tolist() for layer in self.network.layers]
        numbers = {"S": sample.S, "S_theta": sample.S_theta, "difference": sample.difference, "loss": sample.loss}
        record = {"step": self.samples, **where, **numbers, "weights": layers}
        self.history.append(record)
        return record

    def save(self) -> None:
        """Checkpoint: weights, optimizer, unfinished batch, and the chain."""
        self.history.sync()
        arrays: dict[str, NDArray[Any]] = {"theta": self.network.theta}
        arrays |= {f"optimizer_{k}": v for k, v in self.optimizer.memory().items()}
        if self.trainer.pending:
            arrays["pending"] = np.array(self.trainer.pending)
        if self.links is not None:
            arrays["links"] = self.sim.lattice.to_user(self.links)
        checkpoint.save(self.work.run.train_dir / "checkpoint", arrays, {"step": self.step, "samples": self.samples})

    def _resume(self) -> None:
        found = checkpoint.load_latest(self.work.run.train_dir / "checkpoint")
        if found is None:
            resumed(self.history, "step", 0, self.history.truncate(0, key="step"))
            return
        try:
            self._recall(*found)
        except (KeyError, ValueError, TypeError) as error:
            place = self.work.run.train_dir / "checkpoint"
            raise DataError(f"{place} does not hold the state of this training: {error!r}") from error
        resumed(self.history, "step", self.samples, self.history.truncate(self.samples, key="step"))

    def _recall(self, arrays: hdf5.Arrays, attributes: hdf5.Attributes) -> None:
        self.step, self.samples = int(str(attributes["step"])), int(str(attributes["samples"]))
        if arrays["theta"].shape != self.network.theta.shape:
            raise ValueError(f"weights of shape {arrays['theta'].shape}")
        self.network.theta = arrays["theta"]
        self.optimizer.recall({k.removeprefix("optimizer_"): v for k, v in arrays.items() if k.startswith("opt")})
        self.trainer.pending = list(arrays["pending"]) if "pending" in arrays else []
        if "links" in arrays:
            self.links = self.sim.lattice.from_links(arrays["links"])

    def losses(self) -> tuple[float | None, float | None]:
        """Mean loss of the first ten samples and of the last quarter of all."""
        loss = [r["loss"] for r in self.history.records().records]
        if not loss:
            return None, None
        late = loss[-max(1, len(loss) // 4) :]
        return sum(loss[:10]) / len(loss[:10]), sum(late) / len(late)

    def write_weights(self, late_loss: float | None) -> None:
        """The weights file."""
        facts = {
            "mode": self.train.mode,
            "samples": self.samples,
            "optimizer": self.train.optimizer,
            "rate": self.train.rate,
            "batch": self.train.batch,
            "late_loss": late_loss,
            "run": self.config.run.name,
        }
        content = files.Weights(
            self.network.theta,
            self.network.definition(),
            weights_physics(self.config),
            physics_digest(self.config),
            facts,
        )
        files.save(self.weights_path, content)


class Online(Course):
    """One sample per trajectory of an HMC run with the exact action; phi is that of the next trajectory."""

    @property
    def total(self) -> int:
        """Trajectories, thermalisation included."""
        return (self.train.thermalization or 0) + self.train.trajectories

    def records(self) -> Iterator[dict[str, Any]]:
        """HMC trajectories; after thermalisation each end point is a sample."""
        hmc = self.sim.prior()
        if self.links is None:
            self.links = initial_links(self.config, self.sim, self.seed)
        state = State(self.links, self.step, self.seed)
        while self.step < self.total:
            state, info = hmc.step(state)
            self.step, self.links = state.trajectory, state.U
            record: dict[str, Any] = _progress(info)
            if self.step > (self.train.thermalization or 0):
                sample = self.trainer.sample(state.U, Stream(self.seed, self.step + 1))
                outcome = {"trajectory": self.step, "dH": info.dH, "accepted": info.accepted}
                record |= {"loss": self.write_history(sample, **outcome)["loss"]}
            yield record | {"step": self.step}


def _progress(info: Info) -> dict[str, Any]:
    test = {} if info.accepted is None else {"accepted": info.accepted}
    return {"dH": info.dH, **test, "cg_iterations": info.cg_iterations}


class Offline(Course):
    """Samples from stored configurations, in a new random order each time through."""

    def __init__(self, config: RunConfig, sim: Simulation, work: Session) -> None:
        super().__init__(config, sim, work)
        self._kept: dict[str, Blocks] = {}

    @property
    def total(self) -> int:
        """Optimizer steps."""
        return self.train.trajectories

    def records(self) -> Iterator[dict[str, Any]]:
        """Optimizer steps of ``batch`` samples each."""
        paths = sample_files(self.train)
        while self.step < self.total:
            for _ in range(self.train.batch):
                epoch, place = divmod(self.samples, len(paths))
                path = paths[order(self.seed, epoch, len(paths))[place]]
                sample = self.trainer.sample(self._read(path), Stream(self.seed, self.samples + 1))
                record = self.write_history(sample, config=path)
            self.step += 1
            yield {"loss": record["loss"], "step": self.step}

    def _read(self, path: str) -> Blocks:
        """Verifying a small file takes longer than a sample on it, so its links stay as long as there is room."""
        if path in self._kept:
            return self._kept[path]
        with clock("I/O", cpu=True):
            U = file_links(self.config, self.sim, "train.configs", path)
        if (len(self._kept) + 1) * U.nbytes <= KEPT:
            self._kept[path] = U
        return U


def sample_files(config: TrainConfig) -> list[str]:
    """The files that match ``train.configs``, in order.

    Raises
    ------
    InputError
        If there is none.
    """
    found = sorted({path for pattern in config.configs or () for path in glob.glob(pattern)})
    if not found:
        raise InputError(f"train.configs: no file matches {', '.join(config.configs or ())}")
    return found


def refuse_bad_start(config: RunConfig, sim: Simulation) -> None:
    """Before the directory of a new run is made: the files that it starts from are there and fit.

    Raises
    ------
    InputError, DataError
        As :func:`sample_files` and :func:`lqcdnn.jobs.build.file_links`.
    """
    if RunDir.is_run_directory(config.run.name):
        return
    if config.train is not None and config.train.mode == "offline" and trained_here(config):
        sample_files(config.train)
    if config.run.initial not in STARTS:
        file_links(config, sim, "run.initial", config.run.initial)


@lru_cache(maxsize=2)
def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Random order of the files in one pass."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(count)
