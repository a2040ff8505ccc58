"""Bias potentials of a run: from the input to the term of the action, from a file, to a file, and from a journal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lqcdnn.actions.bias import BiasTerm, CollectiveVariable
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Grid, Values
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.bias import CHARGE, PLAQUETTE, BiasConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import DataError, InputError, LqcdnnError
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.storage import hdf5, potentials
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.biased import BiasedHMC
from lqcdnn.update.hmc import HMC
from lqcdnn.update.swapped import SwappedHMC

_VARIABLES: dict[str, Callable[[Lattice, int], CollectiveVariable]] = {
    CHARGE: FieldTheoreticCharge,
    PLAQUETTE: MeanPlaquette,
}
_OF_VARIABLE = ("range", "bins", "wall", "interpolation", "smearing", "rho")
_KEY = "update.bias.file"

POTENTIAL = "potential"
"""Array of checkpoints: the numbers of a potential that is being built."""

States = Mapping[Path, tuple[hdf5.Arrays, hdf5.Attributes]]
"""Checkpoints by file."""


def grid_of(options: BiasConfig) -> Grid:
    """The grid of the potential."""
    closed = options.variable == PLAQUETTE
    return Grid(*options.interval, options.bins, options.wall, options.interpolation, closed)


@dataclass(frozen=True)
class Bias:
    """The bias potential of a run: the term of the action, its options, and the numbers that chains begin with."""

    term: BiasTerm
    options: BiasConfig
    first: Values

    def added(self, hamiltonian: Hamiltonian) -> Hamiltonian:
        """The Hamiltonian with the bias."""
        return Hamiltonian(hamiltonian.lattice, hamiltonian.group, [*hamiltonian.terms, self.term])

    def without(self, hamiltonian: Hamiltonian) -> Hamiltonian:
        """The Hamiltonian without the bias."""
        terms = [term for term in hamiltonian.terms if term is not self.term]
        return Hamiltonian(hamiltonian.lattice, hamiltonian.group, terms)

    def update(
        self, exact: Hamiltonian, integrator: Integrator, guide: Hamiltonian, logs: list[SolverLog], accept_first: int
    ) -> BiasedHMC | SwappedHMC:
        """HMC with both Hamiltonians, which have the bias; tempered, beside HMC with what they are without it."""
        options = self.options
        biased = BiasedHMC(
            self.term, exact, integrator, guide, logs, accept_first,
            build=options.build, height=options.height, symmetric=bool(options.symmetric), factor=options.factor,
            first=self.first,
        )  # fmt: skip
        if not options.tempered:
            return biased
        plain = self.without(exact)
        driving = plain if guide is exact else self.without(guide)
        return SwappedHMC(HMC(plain, integrator, driving, logs, accept_first), biased)


def build_bias(config: RunConfig, hamiltonian: Hamiltonian) -> Bias | None:
    """The bias of an input, if it has one.

    Raises
    ------
    InputError, DataError
        As :func:`first_potential`.
    """
    options = config.update.bias
    if options is None:
        return None
    lattice, n = hamiltonian.lattice, hamiltonian.group.n
    variable: CollectiveVariable = _VARIABLES[options.variable](lattice, n)
    term = BiasTerm(variable, grid_of(options), options.smearing or 0, options.rho or 0.0)
    return Bias(term, options, first_potential(config))


def variable_of(config: RunConfig) -> dict[str, Any]:
    """What the potential is a function of, and where it has its numbers, by key of the input."""
    options = config.update.bias
    assert options is not None
    known = as_tree(options)
    grid = {f"update.bias.{name}": known[name] for name in _OF_VARIABLE if name in known}
    if options.variable == PLAQUETTE:  # files of the charge do not name it
        grid[potentials.VARIABLE] = PLAQUETTE
    return {"lattice.shape": list(config.lattice.shape), "lattice.group": config.lattice.group, **grid}


def first_potential(config: RunConfig) -> Values:
    """The numbers a chain begins with: those of the file, or zero.

    Raises
    ------
    InputError
        No such file, or one of another collective variable.
    DataError
        A damaged file.
    """
    options = config.update.bias
    assert options is not None
    if options.file is None:
        return grid_of(options).flat()
    try:
        found = potentials.load(options.file)
    except LqcdnnError as error:
        raise type(error)(f"{_KEY}: {error.message}", error.hint) from error
    for key, here in variable_of(config).items():
        if (there := found.variable.get(key)) != here:
            raise InputError(
                f"{_KEY}: {options.file} is of another collective variable: {key} = {there} in the file, {here} here",
                hint="allowed: a potential of the same lattice, smearing and grid; beta and the integrator are free",
            )
    if found.numbers.shape != (options.bins + 1,):
        raise DataError(f"{_KEY}: {options.file} has {len(found.numbers)} numbers for {options.bins} bins")
    return found.numbers


def save_potential(directory: Path, config: RunConfig, numbers: Values, trajectory: int) -> None:
    """Write the potential of a run that builds one into its directory."""
    options = config.update.bias
    assert options is not None
    facts = {
        "run": config.run.name,
        "built": min(trajectory, options.build),
        "height": options.height,
        "symmetric": bool(options.symmetric),
        "file": options.file,
        "beta": config.action.gauge.beta,
    }
    potentials.save(directory / potentials.FILE, potentials.Potential(numbers, variable_of(config), facts))


def log_weight(config: RunConfig, record: Mapping[str, Any]) -> dict[str, float]:
    """The attribute of configurations that have weights."""
    weighted = "bias" in record and (config.update.bias is None or not config.update.bias.tempered)
    return {"log_weight": record["bias"]} if weighted else {}


def held_potential(directory: Path, numbers: Any, options: BiasConfig) -> Values:
    """The potential of a checkpoint.

    Raises
    ------
    DataError
        When it is missing or of another grid.
    """
    if not isinstance(numbers, np.ndarray) or numbers.dtype != np.float64 or numbers.shape != (options.bins + 1,):
        held = "no potential" if numbers is None else f"a potential of shape {np.shape(numbers)}"
        raise DataError(f"{directory} holds {held}, not one of {options.bins + 1} numbers")
    return np.ascontiguousarray(numbers)


def potential_of(bias: Bias, records: Sequence[Mapping[str, Any]], trajectory: int) -> Values | None:
    """The potential after so many trajectories of a journal; None where they do not build it."""
    try:
        return replayed(bias.options, bias.first, records[:trajectory], {trajectory})[0].get(trajectory)
    except (KeyError, TypeError):
        return None


@dataclass(frozen=True)
class BiasCheck:
    """What a journal says of the potential that a run has."""

    files: int
    faults: list[str]
    notes: list[str]


def check_bias(run: RunDir, config: RunConfig, records: Sequence[Mapping[str, Any]], states: States) -> BiasCheck:
    """The potential again from the collective variables of the journal; what is on the disk must be the same bits.

    Parameters
    ----------
    run, config
        The run and its input, which has a bias.
    records
        Sound lines of the journal.
    states
        Arrays and attributes of its checkpoints.
    """
    path, faults = run.path / potentials.FILE, list[str]()
    held = {str(place): (one[1].get("trajectory"), one[0].get(POTENTIAL)) for place, one in states.items()}
    files = int(path.is_file())
    try:
        if files:
            found = potentials.load(path)
            held[str(path)] = found.facts.get("built"), found.numbers
        first = first_potential(config)
    except InputError as error:
        return BiasCheck(files, [], [f"the bias was not computed again: {error.message}"])
    except DataError as error:
        return BiasCheck(files, [error.message], [])
    try:
        wanted = {number for number, _ in held.values() if isinstance(number, int)}
        built, wrong = replayed(config.update.bias, first, records, wanted)
    except (KeyError, TypeError) as error:
        return BiasCheck(files, [f"{run.journal_path}: not the records of a run with a bias ({error!r})"], [])
    faults += [f"{run.journal_path}: {wrong}"] if wrong else []
    for name, (number, numbers) in held.items():
        again = built.get(number) if isinstance(number, int) else None
        if again is not None and numbers is not None and numbers.tobytes() != again.tobytes():
            faults.append(f"{name}: the potential is not the one that {number} trajectories of the journal build")
    return BiasCheck(files, faults, [])


def replayed(
    options: BiasConfig | None, numbers: Values, records: Sequence[Mapping[str, Any]], wanted: Collection[int]
) -> tuple[dict[int, Values], str | None]:
    """The potential after the wanted trajectories of a journal, and what is wrong with the first that disagrees."""
    assert options is not None
    grid, built = grid_of(options), {0: numbers}
    for record in records:
        number, said = record["trajectory"], record["bias"]
        variable = record["biased_variable" if options.tempered else "collective_variable"]
        building = number <= options.build
        if (found := grid.value(numbers if building else options.factor * numbers, variable)) != said:
            return built, f"line {number}: bias is {said!r}, but the potential gives {found!r}"
        if building:
            numbers = grid.raised(numbers, variable, options.height, bool(options.symmetric))
        if number in wanted:
            built[number] = numbers
    return built, None
