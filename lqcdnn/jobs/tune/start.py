"""What a tuning starts from: an input or a run, both only read, and links in or near equilibrium."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lqcdnn.config import SOLVER_KEYS, RunConfig, load
from lqcdnn.config.language.counts import counted
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.config.tables.starts import STARTS
from lqcdnn.config.tree import as_tree
from lqcdnn.errors import InputError
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.jobs.build import Simulation, build
from lqcdnn.jobs.networks import load_networks, trained_here
from lqcdnn.jobs.starts import group_links, initial_links
from lqcdnn.jobs.states import chain_state
from lqcdnn.jobs.tune.actions import KEYS
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.storage import checkpoint, weights
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import State
from lqcdnn.update.tuning import StepTuner

OWN_NUMBERS = 0x7E57
"""Turned into the seed: random numbers are not those of the run's own next trajectories."""
FORCED_SHARE = 4
"""Of a thermalisation made here so large a part is accepted whatever dH is: the last of so many."""


@dataclass(frozen=True)
class Given:
    """What is tuned.

    Attributes
    ----------
    name
        As messages call it.
    config
        Its input.
    run
        The run directory that has links, or trained weights; None without one.
    """

    name: str
    config: RunConfig
    run: RunDir | None

    def simulation(self, config: RunConfig) -> Simulation:
        """Objects of this input, or of one that differs in its update or masses.

        Raises
        ------
        InputError
            If a network or couplings have yet to be trained.
        """
        sim = build(config)
        load_networks(config, sim)
        if trained_here(config):
            self._take_weights(config, sim)
        return sim

    def _take_weights(self, config: RunConfig, sim: Simulation) -> None:
        path = None if self.run is None else self.run.train_dir / "weights.h5"
        if path is None or not path.exists():
            raise InputError(f"{self.name}: [train] has not been carried out yet", "lqcdnn train first")
        found, network = weights.load(path), config.train.network if config.train else None
        if network is not None:
            weights.check_definition(path, found, sim.networks[network].definition(), sim.networks[network].theta.size)
            sim.networks[network].theta = found.layers
        if sim.couplings is not None:
            sim.couplings.theta = found.theta[found.layers.size :]


def given(path: str | Path, overrides: Sequence[str] = ()) -> Given:
    """Read an input file, or that of a run directory.

    Raises
    ------
    InputError
        No such file or run, problems of the input, or an update that there is nothing to tune of.
    """
    place = Path(path)
    if place.is_dir():
        run = RunDir.open(place)
        found = Given(str(path), load(run.resolved_path, overrides), run)
    else:
        config = load(place, overrides)
        name = config.run.name
        found = Given(str(path), config, RunDir.open(name) if RunDir.is_run_directory(name) else None)
    _refuse(found)
    return found


def _refuse(found: Given) -> None:
    """Refuse updates whose cost is not that of trajectories by themselves."""
    update = found.config.update
    if update.kind != "hmc":
        raise InputError(
            f'{found.name}: update.kind = "{update.kind}" has no molecular dynamics to tune', 'allowed: kind = "hmc"'
        )
    reasons = {
        "friction": "its cycles want an acceptance near 1, whatever they cost",
        "transformation": "its molecular dynamics is that of V",
        "tempering": "each replica has an action of its own; tune the input without it",
        "evolution": "its action changes on the way; tune the input without it",
        "llr": "each window has a slope of its own, which changes; tune the input without it",
        "bias": "its potential changes on the way; tune the input without it",
    }
    for key, reason in reasons.items():
        if getattr(update, key) is not None:
            raise InputError(f"{found.name}: update.{key} is not tuned: {reason}", f"allowed: no update.{key}")
    if found.config.action.scalar is not None:
        reason = "links are all that it begins with, and the scalar field would have to come along"
        raise InputError(f"{found.name}: action.scalar is not tuned: {reason}", "update.tune = true finds the steps")


@dataclass(frozen=True)
class Start:
    """Links to begin with.

    Attributes
    ----------
    state
        Of the chain of this tuning.
    told
        Where it comes from, in words.
    equilibrium
        Whether it is known to be thermalised.
    """

    state: State
    told: str
    equilibrium: bool


def begin(found: Given, sim: Simulation, thermalization: int | None, allowed: Callable[[], bool]) -> Start:
    """Links of the run's newest checkpoint, its last configuration, or those of run.initial, thermalised here.

    Parameters
    ----------
    thermalization
        Trajectories of thermalisation from cold, hot and such; None: as many as the input has.
    allowed
        Whether there is time for another one.

    Raises
    ------
    InputError, DataError
        Without links, or with damaged ones.
    """
    seed = (found.config.run.seed or 0) ^ OWN_NUMBERS
    if found.run is not None:
        stored = _of_run(found.run, found.config, sim, seed, named=Path(found.name).is_dir())
        if stored is not None:
            return stored
    initial = found.config.run.initial
    links = initial_links(found.config, sim, seed)
    if found.config.run.refine is not None:
        initial = "refined"
    elif initial not in STARTS:
        return Start(State(links, 0, seed), f"the configuration {initial}", True)
    wanted = found.config.run.thermalization if thermalization is None else thermalization
    state, done = thermalized(sim, State(links, 0, seed), wanted, allowed)
    enough = done == wanted > 0
    return Start(state, f"a {initial} start and {counted(done, 'trajectory')} of thermalization made here", enough)


def _of_run(run: RunDir, config: RunConfig, sim: Simulation, seed: int, named: bool) -> Start | None:
    """The last links of a run, ``named`` by its directory; None if an input asks for other ones than its run has."""
    own = load(run.resolved_path, WITHOUT_FITS)
    if own.lattice != config.lattice:  # an input may ask for another lattice than its run of before
        if named:
            raise InputError(f"{run.path} has links of another lattice than --set asks for", "tune an input file")
        return None
    same = _distribution(own) == _distribution(config)
    of_other = "" if same else ", of another action"
    found = checkpoint.load_latest(run.checkpoint_dir)
    if found is not None:
        U, number = chain_state(run.checkpoint_dir, *found, sim)
        told = f"the checkpoint of {run.path} after trajectory {number}{of_other}"
        return Start(State(U, number, seed), told, same and number > config.run.thermalization)
    if not named:
        return None
    saved = run.configurations()
    if not saved:
        raise InputError(f"{run.path} has no checkpoint and no configuration yet", "lqcdnn generate makes some")
    number, path = saved[-1]
    found_links = read_configuration(path, config.lattice.shape, config.lattice.group).links
    links: Blocks = group_links(sim, found_links, str(path))
    return Start(State(links, number, seed), f"the configuration {path}{of_other}", same)


def _distribution(config: RunConfig) -> dict[str, Any]:
    """What says how links are distributed: the action without solvers and masses of preconditioning."""
    tree = as_tree(config)
    for fermion in tree["action"].get("fermion", []):
        for key in (*SOLVER_KEYS, *KEYS, "pseudofermions"):
            if key != "links":
                fermion.pop(key, None)
    smeared = any(fermion.get("links", "thin") != "thin" for fermion in tree["action"].get("fermion", []))
    return {"action": tree["action"], "network": tree.get("network") if smeared else None}


def thermalized(sim: Simulation, state: State, count: int, allowed: Callable[[], bool]) -> tuple[State, int]:
    """HMC of the exact action, whose steps follow the acceptance; how many trajectories there was time for."""
    names = tuple(term.name for term in sim.exact.terms)
    integrator = Integrator((Level(SCHEMES["omelyan"], 10, names),), 1.0)
    hmc = HMC(sim.exact, integrator, logs=sim.logs, accept_first=state.trajectory + count // FORCED_SHARE)
    tuner, done = StepTuner(integrator.steps, 0.8), 0
    while done < count and allowed():
        state, info = hmc.step(state)
        done += 1
        tuner.observe(info.acceptance_probability)
        hmc.use(integrator.with_steps(tuner.steps))
    return state, done
