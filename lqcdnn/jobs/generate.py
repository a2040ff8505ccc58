"""``lqcdnn generate``: a Markov chain of configurations in its run directory; the same call resumes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from lqcdnn.config import RunConfig, chain_digest, physics_keys, training_keys
from lqcdnn.config.language.counts import counted
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.errors import DataError, NumericalError
from lqcdnn.fields.gauge import unitarity_violation
from lqcdnn.fields.opentime import to_user
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.acceptance import FORCED_MESSAGE, Acceptance, Tuning
from lqcdnn.jobs.bias import POTENTIAL, log_weight, save_potential
from lqcdnn.jobs.boundaries import boundary_attributes
from lqcdnn.jobs.build import Simulation, build
from lqcdnn.jobs.chosen import refuse_other_options
from lqcdnn.jobs.compiling import compilation_told
from lqcdnn.jobs.customcheck import check_custom_terms
from lqcdnn.jobs.fork import Parent, chain_seed, plant
from lqcdnn.jobs.generated import GenerateResult, decisions
from lqcdnn.jobs.networks import load_networks, trained_here, weights_digests
from lqcdnn.jobs.repair import repair_run, whole_configurations
from lqcdnn.jobs.room import with_room
from lqcdnn.jobs.session import Session, resumed, same_weights, seeded, session, unrecorded
from lqcdnn.jobs.starts import initial_links
from lqcdnn.jobs.states import UNITARY, file_scalar, state_content, whole_state
from lqcdnn.jobs.timinglog import TimingLog, had_checkpoint
from lqcdnn.jobs.train import TrainResult, refuse_bad_start, run_training
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.measure.runner import Measurements, measurements
from lqcdnn.report.terminal.duration import duration
from lqcdnn.storage import checkpoint
from lqcdnn.storage.formats import write_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from lqcdnn.timing import clock
from lqcdnn.update.hmc import HMC, State
from lqcdnn.update.llr import LLR
from lqcdnn.update.state import StepInfo
from lqcdnn.update.tempering import Tempering


@compilation_told()
@with_room
def generate(
    config: RunConfig,
    input_text: str = "",
    max_time: float | None = None,
    plain: bool | None = None,
    repair: bool = False,
    parent: Parent | None = None,
    processes: int = 1,
) -> GenerateResult:
    """Run the chain of the input to its end, or go on with it; trains a network first when the input says so.

    Killed at any moment and called again, journal and configurations become byte-identical to those of an
    uninterrupted run.

    Parameters
    ----------
    config, input_text
        The input, and its text as the user wrote it.
    max_time
        Seconds after which to stop.
    plain
        Plain progress lines; None decides by the terminal.
    repair
        Leave damaged lines and checkpoints behind first, see :mod:`lqcdnn.jobs.repair`.
    parent
        State of another run to begin with instead of ``run.initial``.
    processes
        Among how many replicas, of tempering or in windows, are shared out (on Linux, with kernels on one thread).

    Raises
    ------
    InputError
        If the directory belongs to other physics, or weights are missing or of another network.
    LockError
        If another process works in the directory.
    NumericalError
        NaN, or a solver that does not converge; the last checkpoint stands.
    DiskError
        If something cannot be written; the last checkpoint stands.
    StoppedEarly
        On a signal or at the end of the time budget; the same call goes on.
    """
    config = seeded(config)
    sim = build(config)
    warnings = load_networks(config, sim)
    physics = training_keys(config) if trained_here(config) else physics_keys(config)
    what = measurements(config, sim.networks)  # refuses what cannot be measured, before anything is trained or written
    if not repair:
        refuse_foreign_series(config, physics, what)
    refuse_bad_start(config, sim, trained_here(config), parent is not None)
    with session(config, physics, input_text, max_time, plain, None if parent is None else parent.facts()) as work:
        work.warnings = warnings
        if repair:
            work.untouched = False
            repair_run(work.run)
        if parent is not None:
            plant(work.run, parent)
        chain, notes = _begin(config, sim, work, warnings)
        first = chain.state.trajectory
        chain.run(processes)
        accepted, dh = decisions(chain.journal, config.run.thermalization)
    return GenerateResult(
        directory=work.run.path,
        trajectories=chain.state.trajectory,
        done_now=chain.state.trajectory - first,
        thermalization=config.run.thermalization,
        accepted=accepted,
        dh=dh,
        seconds=clock.seconds(),
        warnings=warnings,
        facts=notes,
    )


def _begin(
    config: RunConfig, sim: Simulation, work: Session, warnings: list[str]
) -> tuple[Chain, dict[str, str]]:
    """The chain of a session, after the training that the input may ask for, and a line about it; adds to warnings."""
    trained = run_training(config, sim, work) if trained_here(config) else None
    said = trained.warnings if trained else []
    warnings += said
    work.warnings = [*work.warnings, *said]
    notes = {"training": _told(trained)} if trained else {}
    clock.reset()
    start = (None, None) if trained is None else (trained.links, trained.scalar)
    chain = Chain(config, sim, work, *start)
    if chain.state.trajectory == 0:
        doubts = check_custom_terms(sim, chain.state.U, chain.state.seed)
        warnings += doubts
        work.warnings = [*work.warnings, *doubts]
    return chain, notes


def _told(trained: TrainResult) -> str:
    """How much was trained: steps are trajectories, of which those after the thermalisation are samples."""
    samples = counted(trained.samples, "sample")
    if trained.done_now:
        return f"{counted(trained.done_now, 'step')} in {duration(clock.total.wall)}, {samples} in all"
    return f"complete already ({counted(trained.done, 'step')}, {samples})"


def refuse_foreign_series(config: RunConfig, physics: Mapping[str, Any], what: Measurements) -> None:
    """Before the input is noted in the directory: what was measured there was measured with its options.

    Links of a network that the run itself trains are left to :class:`Chain`, which has its weights.

    Raises
    ------
    InputError
        Other physics, or as :func:`lqcdnn.jobs.chosen.refuse_other_options`.
    """
    if not RunDir.is_run_directory(config.run.name):
        return
    run = RunDir.open(config.run.name)
    run.refuse_other_physics(physics, unrecorded(config, physics))
    trained = config.train.network if config.train is not None and trained_here(config) else None
    for name, options in config.observables.items():
        if options.links != trained:
            path = run.measure_path(name)
            refuse_other_options(path, Journal(path).records().records, name, what)


def fermion_boundary(config: RunConfig) -> dict[str, list[int]]:
    """The attribute ``boundary``: signs of the fermions of the action, all 1 without any; none when they differ."""
    found = {tuple(fermion.boundary) for fermion in config.action.fermion} or {(1,) * len(config.lattice.shape)}
    return {"boundary": list(found.pop())} if len(found) == 1 else {}


@contextmanager
def _advised(thermalizing: bool) -> Iterator[None]:
    """Where a solver fails on the way to equilibrium, say how to do without its measurement."""
    try:
        yield
    except NumericalError as error:
        if not thermalizing:
            raise
        advice = "during thermalization run.measure_thermalization = false does without measurements"
        raise NumericalError(error.message, hint=f"{error.hint}; {advice}" if error.hint else advice) from error


class Chain:
    """The chain of a run directory: state, journal, measurements, checkpoints.

    Parameters
    ----------
    config, sim, work
        Input, objects, open session.
    start, scalar
        Links to begin with, and the scalar field beside them; None: those of ``run.initial``.
    """

    def __init__(
        self,
        config: RunConfig,
        sim: Simulation,
        work: Session,
        start: Blocks | None = None,
        scalar: Blocks | None = None,
    ) -> None:
        assert config.run.seed is not None
        self.config, self.sim, self.work = config, sim, work
        self.digest = chain_digest(work.run.physics)  # as the run began: an input may say the same in other words
        self.update = sim.update()
        self.journal = Journal(work.run.journal_path)
        self.measurements = measurements(config, sim.networks)
        self.plaquette = Plaquette(PlaquetteConfig())
        self.tuning = Tuning(config, self.update) if config.update.tune and isinstance(self.update, HMC) else None
        self.series = {name: Journal(work.run.measure_path(name)) for name in config.observables}
        self.state = self._resume(config.run.seed, start, scalar)
        self.timing = TimingLog(work.run, self.state.trajectory, clock)

    @property
    def journals(self) -> list[Journal]:
        """The journal and the series of all observables."""
        return [self.journal, *self.series.values()]

    def _resume(self, seed: int, start: Blocks | None, scalar: Blocks | None) -> State:
        run, torn = self.work.run, list[str]()
        seed = chain_seed(run.manifest, seed)
        found = checkpoint.load_latest(run.checkpoint_dir)
        if found is None and had_checkpoint(run):
            raise DataError(
                f"{run.checkpoint_dir} holds no checkpoint any more: the chain of this run cannot go on from its end",
                hint=("the same command with --repair goes back to a saved configuration; without one, "
                if whole_configurations(run) else "saved configurations are not all that this chain remembers: ")
                + "measure what there is and begin again with another run.name",
            )
        if found is None and "parent" in run.manifest:
            raise DataError(
                f"{run.path} has no state of {run.manifest['parent']['directory']}, with which it is to begin",
                hint="the same command with --fork takes it again",
            )
        if found is None:
            if start is None:
                start, scalar = initial_links(self.config, self.sim, seed), file_scalar(self.config, self.sim)
            state = State(start, 0, seed, scalar=scalar)
        else:
            arrays, attributes = found
            for name, present in weights_digests(self.sim).items():
                same_weights(name, attributes.get(name), present)
            where, records = run.checkpoint_dir, lambda: self.journal.records().records
            state = whole_state(where, arrays, attributes, self.sim, seed, records)
        for name, journal in self.series.items():
            content = journal.truncate(state.trajectory)
            torn += content.warnings
            refuse_other_options(journal.path, content.records, name, self.measurements)
        done = self.journal.truncate(state.trajectory)
        done.warnings.extend(torn)
        resumed(self.journal, "trajectory", state.trajectory, done)
        if self.tuning is not None:
            self.tuning.replay(done.records)
        self.acceptance = Acceptance(done.records)
        return state

    def run(self, processes: int = 1) -> None:
        """Trajectories up to the last; measures, saves and checkpoints as the input says.

        Replicas of parallel tempering are shared out among so many processes.
        """
        tempered = self.update.crew.of(processes) if isinstance(self.update, Tempering | LLR) else nullcontext()
        with tempered:
            self._run(self.config.total_trajectories)

    def _run(self, total: int) -> None:
        self.work.title = self.config.run.name
        acceptance = self.acceptance
        self.work.begin("generate", self.state.trajectory, total, **acceptance.facts())
        if self.state.trajectory >= total:
            return
        with self.work.reporter(total) as reporter:
            if (first := self.state.trajectory + 1) <= (last := self.sim.accept_first):
                reporter.message(FORCED_MESSAGE.format(first=first, last=last))
            while self.state.trajectory < total:
                self.state, info = self.update.step(self.state)
                record = self.record(info)
                if self.tuning is not None:
                    self.tuning.observe(record)
                acceptance.observe(info, record.get("dH"))
                done = self.state.trajectory
                self.timing.note_first(done)
                tuned = self.tuning is not None and done <= self.config.run.thermalization
                if warning := acceptance.warning(record.get("dH", 0.0), tuned):
                    reporter.message(warning)
                reporter.update(done, record | acceptance.facts())
                self.work.status(
                    "running",
                    trajectory=done,
                    **acceptance.facts(),
                    seconds_per_trajectory=reporter.seconds_per_step,
                    eta_seconds=reporter.eta_seconds,
                )
                if self.work.checkpoint_due(done, total, self.config.run.checkpoint_every):
                    self.save()
                self.work.stop.lap()
                self.work.check_stop(self.save, done, total, "trajectory")

    def record(self, info: StepInfo) -> dict[str, Any]:
        """Journal line, measurements and configuration of one trajectory."""
        U, number = self.state.U, info.trajectory
        stream = Stream(self.state.seed, number)
        record = info.record(self.plaquette.measure(self.sim.lattice, U, self.sim.group, stream)["plaquette"])
        if self.tuning is not None:
            record["steps"] = self.tuning.update.integrator.steps
        due = self.measurements.due(number) if number > self.config.run.unmeasured else []
        with _advised(number <= self.config.run.thermalization):
            measured = self.measurements.measure(U, stream, due, f"trajectory {number}", self.state.scalar)
        with clock("I/O", cpu=True):
            for name, values in measured.items():
                self.series[name].append({"trajectory": number, **values})
            self.journal.append(record)
            after = number - self.config.run.thermalization
            if after > 0 and after % self.config.run.save_every == 0:
                self.save_configuration(number, record)
        return record

    def save_configuration(self, number: int, record: Mapping[str, Any]) -> None:
        """configs/cfg_*.h5 in double precision; every reader compares the plaquette of the record with the links.

        With a bias potential ``log_weight`` is V, the logarithm of their weight.

        Raises
        ------
        NumericalError
            If the links left the group: nothing is written.
        """
        self.check_links()
        links = to_user(self.sim.lattice, self.state.U)
        known = {"trajectory": number, "digest": self.digest, **weights_digests(self.sim)}
        attributes = {**known, **fermion_boundary(self.config), **log_weight(self.config, record)}
        path, name = self.work.run.config_path(number), self.sim.group.name
        if told := boundary_attributes(self.sim.lattice):  # the plaquette of a file is that of its links alone
            write_configuration(path, links, name, {**attributes, **told})
            return
        scalar = None if self.state.scalar is None else self.sim.lattice.to_user(self.state.scalar)
        write_configuration(path, links, name, attributes, plaquette=record["plaquette"], scalar=scalar)

    def check_links(self) -> None:
        """Refuse links that left the group."""
        of_all = (self.state.U, *self.state.others)
        violation = max(unitarity_violation(self.sim.lattice, U, self.sim.group) for U in of_all)
        if not violation < UNITARY * self.sim.group.n:
            raise NumericalError(f"links have left {self.sim.group.name}: deviation {violation:.1e}")

    def save(self) -> None:
        """Checkpoint: everything that defines the future, after all that was written so far is on the disk.

        Raises
        ------
        NumericalError
            If the links left the group: nothing is written.
        """
        with clock("I/O", cpu=True):
            self.check_links()
            for journal in self.journals:
                journal.sync()
            arrays, attributes = state_content(self.sim, self.state)
            checkpoint.save(self.work.run.checkpoint_dir, arrays, {**attributes, **weights_digests(self.sim)})
            if POTENTIAL in arrays and self.sim.bias is not None:
                save_potential(self.work.run.path, self.config, arrays[POTENTIAL], self.state.trajectory)
        processes = self.update.crew.at_work if isinstance(self.update, Tempering | LLR) else 1
        self.timing.note(self.state.trajectory, processes)
