"""The course of a training: its samples online or from stored files, history, checkpoints, and the file of weights."""

from __future__ import annotations

import glob
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.scalar import SCALAR
from lqcdnn.config import RunConfig, physics_digest, weights_physics
from lqcdnn.config.language.counts import counted
from lqcdnn.config.tables.networks import TrainConfig
from lqcdnn.errors import DataError, InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.opentime import from_user, to_user
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import Simulation
from lqcdnn.jobs.session import Session, resumed
from lqcdnn.jobs.starts import file_links, initial_links
from lqcdnn.jobs.states import file_scalar
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.network.optimizers import SGD, Adam, LeastSquares, Optimizer
from lqcdnn.storage import checkpoint, hdf5
from lqcdnn.storage import weights as files
from lqcdnn.storage.checkpoint import StorageWarning
from lqcdnn.storage.journal import Journal
from lqcdnn.timing import clock
from lqcdnn.update.hmc import Info, State
from lqcdnn.update.training import Sample, Trainer

TRAINING_KEY = 0x7472_6169_6E
"""XORed into the seed of the training chain, so that no random number serves twice in one run."""
KEPT = 1 << 28
"""Bytes of links of training files that are kept in memory."""


LONGEST_BY_FORCES = 1.0
"""Step of least squares in units of the root of ``train.rate``: one sample of forces determines all weights."""


def build_optimizer(config: TrainConfig, free: int | None = None) -> Optimizer:
    """SGD, Adam or least squares; ``free``: where the constant is among what is trained."""
    if config.optimizer == "sgd":
        return SGD(config.rate)
    if config.optimizer == "least_squares" and config.loss == "force":
        return LeastSquares(config.rate, longest=LONGEST_BY_FORCES)
    if config.optimizer == "least_squares":
        return LeastSquares(config.rate, free)
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
        self.network = None if self.train.network is None else sim.networks[self.train.network]
        names, before = self.train.couplings or (), 0 if self.network is None else self.network.theta.size
        free = before + names.index("constant") if "constant" in names else None
        self.optimizer = build_optimizer(self.train, free)
        exact, guide = sim.compared
        by_forces = self.train.loss == "force"
        self.trainer = Trainer(
            exact, guide, self.network, self.optimizer, self.train.batch, sim.couplings, by_forces
        )
        self.history = Journal(work.run.train_dir / "history.jsonl")
        self.weights_path = work.run.train_dir / "weights.h5"
        self.step = self.samples = 0
        self.links: Blocks | None = None
        self.scalar: Blocks | None = None
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
        fitted: dict[str, Any] = {}
        if self.network is not None:
            fitted["weights"] = [layer.weights.tolist() for layer in self.network.layers]
        if self.train.base_beta is not None:
            fitted["base_beta"] = self.train.base_beta
        if self.train.loss == "force":
            fitted["compared"] = "force"
        if self.sim.couplings is not None:
            fitted["couplings"] = self.sim.couplings.by_name()
        numbers = {"S": sample.S, "S_theta": sample.S_theta, "difference": sample.difference, "loss": sample.loss}
        record = {"step": self.samples, **where, **numbers, **fitted}
        self.history.append(record)
        return record

    def save(self) -> None:
        """Checkpoint: weights and couplings, optimizer, unfinished batch, and the chain."""
        self.history.sync()
        arrays: dict[str, NDArray[Any]] = {"theta": self.trainer.theta}
        arrays |= {f"optimizer_{k}": v for k, v in self.optimizer.memory().items()}
        if self.trainer.pending:
            arrays["pending"] = np.array(self.trainer.pending)
        if self.links is not None:
            arrays["links"] = to_user(self.sim.lattice, self.links)
        if self.scalar is not None:
            arrays[SCALAR] = self.sim.lattice.to_user(self.scalar)
        checkpoint.save(self.work.run.train_dir / "checkpoint", arrays, {"step": self.step, "samples": self.samples})

    def _resume(self) -> None:
        found = checkpoint.load_latest(self.work.run.train_dir / "checkpoint")
        if found is None:
            if lost := len(self.history.survey().good):
                place = self.work.run.train_dir / "checkpoint"
                again = f"the training begins again, and makes the {counted(lost, 'sample')} of its history anew"
                warnings.warn(f"{place} holds no checkpoint: {again}", StorageWarning, stacklevel=2)
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
        if arrays["theta"].shape != self.trainer.theta.shape:
            raise ValueError(f"weights of shape {arrays['theta'].shape}")
        self.trainer.theta = arrays["theta"]
        self.optimizer.recall({k.removeprefix("optimizer_"): v for k, v in arrays.items() if k.startswith("opt")})
        self.trainer.pending = list(arrays["pending"]) if "pending" in arrays else []
        if "links" in arrays:
            self.links = from_user(self.sim.lattice, arrays["links"])
        if self.sim.scalar is not None and "links" in arrays:
            self.scalar = self.sim.lattice.from_user(arrays[SCALAR])

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
            "loss": self.train.loss,
            "optimizer": self.train.optimizer,
            "rate": self.train.rate,
            "batch": self.train.batch,
            "late_loss": late_loss,
            "run": self.config.run.name,
        }
        content = files.Weights(
            self.trainer.theta,
            [] if self.network is None else self.network.definition(),
            weights_physics(self.config),
            physics_digest(self.config),
            facts,
            () if self.sim.couplings is None else self.sim.couplings.names,
        )
        files.save(self.weights_path, content)


class Online(Course):
    """One sample per trajectory of :meth:`Simulation.prior`; phi is that of the next trajectory."""

    @property
    def total(self) -> int:
        """Trajectories, thermalisation included."""
        return (self.train.thermalization or 0) + self.train.trajectories

    def records(self) -> Iterator[dict[str, Any]]:
        """HMC trajectories; after thermalisation each end point is a sample."""
        hmc = self.sim.prior()
        if self.links is None:
            self.links = initial_links(self.config, self.sim, self.seed)
            self.scalar = file_scalar(self.config, self.sim)
        state = State(self.links, self.step, self.seed, scalar=self.scalar)
        while self.step < self.total:
            state, info = hmc.step(state)
            self.step, self.links, self.scalar = state.trajectory, state.U, state.scalar
            record: dict[str, Any] = _progress(info)
            if self.step > (self.train.thermalization or 0):
                sample = self.trainer.sample(self._compared(state.U), Stream(self.seed, self.step + 1))
                outcome = {"trajectory": self.step, "dH": info.dH, "accepted": info.accepted}
                record |= {"loss": self.write_history(sample, **outcome)["loss"]}
            yield record | {"step": self.step}

    def _compared(self, U: Blocks) -> Blocks:
        """What both actions are those of: the links, or, of a field transformation along its own chain, V = F^-1(U)."""
        along = self.sim.transformation if self.sim.fitted_along_chain else None
        return U if along is None else along.inverse(U)


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


@lru_cache(maxsize=2)
def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Random order of the files in one pass."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(count)
