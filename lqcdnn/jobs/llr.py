"""Windows of the plaquette of a run: from the input to the update, and their slopes again from a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lqcdnn.actions.bias import VariablePotential
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Values
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.llr import LLRConfig
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import DataError
from lqcdnn.fields.meanplaquette import MeanPlaquette
from lqcdnn.integrators import Integrator
from lqcdnn.jobs.bias import POTENTIAL, BiasCheck, States, check_bias
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.llr import LLR, Slopes, WindowHMC


def slopes_of(options: LLRConfig) -> Slopes:
    """Windows, and how their slopes are found."""
    return Slopes(options.centres, options.width, options.every, options.newton, options.robbins_monro)


@dataclass(frozen=True)
class Windows:
    """The windows of a run: a term of the action for each."""

    terms: tuple[VariablePotential, ...]
    slopes: Slopes

    def added(self, hamiltonian: Hamiltonian) -> Hamiltonian:
        """The Hamiltonian with the first window."""
        return Hamiltonian(hamiltonian.lattice, hamiltonian.group, [*hamiltonian.terms, self.terms[0]])

    def update(
        self, exact: Hamiltonian, integrator: Integrator, guide: Hamiltonian, logs: list[SolverLog], accept_first: int
    ) -> LLR:
        """HMC in each window with both Hamiltonians, which have the first one."""
        updates = []
        for term in self.terms:
            own = exact.with_term(term)
            driving = own if guide is exact else guide.with_term(term)
            updates.append(WindowHMC(term, own, integrator, driving, logs, accept_first))
        return LLR(updates, self.terms[0].variable, self.slopes)


def build_windows(config: RunConfig, hamiltonian: Hamiltonian) -> Windows | None:
    """The windows of an input, if it has some."""
    if config.update.llr is None:
        return None
    variable = MeanPlaquette(hamiltonian.lattice, hamiltonian.group.n)
    slopes = slopes_of(config.update.llr)
    return Windows(tuple(VariablePotential(variable, window) for window in slopes.windows), slopes)


def held_slopes(directory: Path, numbers: Any, slopes: Slopes) -> Values:
    """The slopes and sums of a checkpoint.

    Raises
    ------
    DataError
        When they are missing, of other windows, or not finite.
    """
    like = slopes.first()
    if not isinstance(numbers, np.ndarray) or numbers.dtype != like.dtype or numbers.shape != like.shape:
        raise DataError(f"{directory} holds no slopes of {like.shape[1]} windows")
    if not np.isfinite(numbers).all():
        raise DataError(f"{directory}: slopes of windows that are not finite")
    return np.ascontiguousarray(numbers)


def built_again(
    run: RunDir, config: RunConfig | None, records: Sequence[Mapping[str, Any]], states: States
) -> list[tuple[str, BiasCheck]]:
    """What a journal says of the potential, or of the slopes, that a run has; arguments as of `check_bias`."""
    if config is not None and config.update.bias is not None:
        return [("bias", check_bias(run, config, records, states))]
    if config is not None and config.update.llr is not None:
        return [("slopes", check_slopes(run, slopes_of(config.update.llr), records, states))]
    return []


def check_slopes(
    run: RunDir, slopes: Slopes, records: Sequence[Mapping[str, Any]], states: States
) -> BiasCheck:
    """The slopes again from the plaquettes of the journal; its own and those of checkpoints must be the same bits."""
    numbers, faults, built = slopes.first(), list[str](), {0: slopes.first()}
    for record in records:
        number = record["trajectory"]
        variables, said = (record.get(f"window_{name}", ()) for name in ("variables", "slopes"))
        if {len(variables), len(said)} != {numbers.shape[1]}:
            return BiasCheck(0, [f"{run.journal_path}: line {number}: not the record of a run with windows"], [])
        if said != numbers[0].tolist():
            faults.append(f"{run.journal_path}: line {number}: the plaquettes before it lead to other slopes")
            break
        built[number] = numbers = slopes.after(numbers, variables, number)
    for place, (arrays, attributes) in states.items():
        number, held = attributes.get("trajectory"), arrays.get(POTENTIAL)
        again = built.get(number) if isinstance(number, int) and number else None
        if again is not None and (held is None or held.tobytes() != again.tobytes()):
            faults.append(f"{place}: the slopes are not those that the plaquettes of the journal lead to")
    return BiasCheck(0, faults, [])
