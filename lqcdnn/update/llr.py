"""Density of states by the LLR method: replicas in Gaussian windows of one variable, and the slopes of ln rho there.

K. Langfeld, B. Lucini, A. Rago, arXiv:1204.3243; with R. Pellegrini, arXiv:1509.08391.  Smooth windows:
B. Lucini, W. Fall, K. Langfeld, arXiv:1611.00019; SU(3): B. Lucini, D. Mason, M. Piai, E. Rinaldi, D. Vadacchino,
arXiv:2305.07463.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lqcdnn.actions.bias import CollectiveVariable, VariablePotential
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.potential import Values, Window
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.random import Stream
from lqcdnn.integrators import Integrator
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.timing import clock
from lqcdnn.update.crew import Crew
from lqcdnn.update.hmc import HMC, Info
from lqcdnn.update.state import State
from lqcdnn.update.swaps import part_accepted, replica_seeds, swap_neighbours


@dataclass(frozen=True)
class Slopes:
    """How the slopes of the windows are found.

    Attributes
    ----------
    centres, width
        Of the windows.
    every
        Trajectories between two changes.
    newton, robbins_monro
        How many changes by the whole step of Newton and Raphson, and then by 1/n of it, n = 1, 2, ...
    """

    centres: tuple[float, ...]
    width: float
    every: int
    newton: int
    robbins_monro: int

    @property
    def windows(self) -> tuple[Window, ...]:
        """One for each centre."""
        return tuple(Window(centre, self.width) for centre in self.centres)

    def first(self) -> Values:
        """The numbers that a chain begins with: slopes, and sums of the present interval, shape (2, windows)."""
        return np.zeros((2, len(self.centres)))

    def after(self, numbers: Values, variables: Sequence[float], trajectory: int) -> Values:
        """The numbers after a trajectory that left these values of the variable in the windows.

        In a window whose slope a is that of ln rho the mean of x = Q - centre vanishes, up to the order of width^2.
        Else it is (d ln rho/dQ - a) width^2, as long as ln rho is straight: the step of Newton and Raphson.
        """
        if trajectory > self.every * (self.newton + self.robbins_monro):
            return numbers
        found = numbers.copy()
        found[1] += np.array(variables) - np.array(self.centres)
        if trajectory % self.every == 0:
            part = 1.0 / max(1, trajectory // self.every - self.newton)
            found[0] += part * (found[1] / self.every) / (self.width * self.width)
            found[1] = 0.0
        return found


@dataclass(frozen=True)
class LLRInfo:
    """What happened in one trajectory of all windows.

    Attributes
    ----------
    own
        What the first window did.
    variables
        Q in each window after the swaps.
    slopes
        Those of this trajectory.
    bias
        V(Q) of the first window: ln of the weight that takes window and slope out again.
    swapped, walkers, others_accepted
        As in `TemperingInfo`.
    """

    own: Info
    variables: tuple[float, ...]
    slopes: tuple[float, ...]
    bias: float
    swapped: tuple[bool, ...]
    walkers: tuple[int, ...]
    others_accepted: float | None

    @property
    def trajectory(self) -> int:
        """Its number, from 1."""
        return self.own.trajectory

    @property
    def accepted(self) -> bool | None:
        """Outcome of the Metropolis test of the first window; None where there was none."""
        return self.own.accepted

    def record(self, plaquette: float) -> dict[str, Any]:
        """The line of the journal."""
        others = {} if self.others_accepted is None else {"others_accepted": self.others_accepted}
        windows = {"window_variables": list(self.variables), "window_slopes": list(self.slopes), "bias": self.bias}
        replicas = {"swapped": list(self.swapped), "walkers": list(self.walkers)}
        return {**self.own.record(plaquette), **windows, **others, **replicas}


class WindowHMC(HMC):
    """HMC in one window, whose slope comes with the state."""

    def __init__(
        self,
        term: VariablePotential,
        exact: Hamiltonian,
        integrator: Integrator,
        guide: Hamiltonian | None = None,
        logs: Sequence[SolverLog] = (),
        accept_first: int = 0,
    ) -> None:
        super().__init__(exact, integrator, guide, logs, accept_first)
        self.term = term

    def step(self, state: State) -> tuple[State, Info]:
        """One trajectory from ``state`` (raises NumericalError as HMC)."""
        assert state.potential is not None
        self.term.numbers = state.potential
        return super().step(state)


class LLR:
    """One trajectory in each window, swaps of neighbours, and from time to time new slopes.

    The distribution of the replicas is the product of exp(-S - V_k), V_k of `Window`; a swap of k and l is accepted
    with min(1, exp(-Delta)), Delta the change of V_k + V_l: nothing of S is left.

    Parameters
    ----------
    updates
        One for each window.
    variable
        Q.
    slopes
        Windows, and how their slopes are found.
    """

    def __init__(self, updates: Sequence[WindowHMC], variable: CollectiveVariable, slopes: Slopes) -> None:
        self.updates, self.variable, self.slopes = tuple(updates), variable, slopes
        self.lattice, self.windows = variable.lattice, slopes.windows
        self.crew = Crew(self.updates)

    def begin(self, state: State) -> State:
        """The state with all windows, each with the links of the chain and a slope of zero, if it has none yet."""
        count = len(self.updates)
        if state.others:
            return state
        others, walkers = (state.U,) * (count - 1), tuple(range(count))
        return replace(state, others=others, walkers=walkers, potential=self.slopes.first())

    def step(self, state: State) -> tuple[State, LLRInfo]:
        """One trajectory in all windows from ``state``.

        Raises
        ------
        NumericalError
            As HMC; the state is unchanged.
        """
        state = self.begin(state)
        numbers, number, walkers = state.potential, state.trajectory + 1, list(state.walkers)
        assert numbers is not None
        slopes, stream = [numbers[0, k : k + 1].copy() for k in range(len(self.updates))], Stream(state.seed, number)
        seeds = replica_seeds(stream, len(self.updates))
        replicas = zip((state.U, *state.others), seeds, slopes, strict=True)
        moved = self.crew.step([State(U, state.trajectory, seed, potential=a) for U, seed, a in replicas])
        links, infos = [one.U for one, _ in moved], [info for _, info in moved]
        with clock("swaps"):
            found = [self.variable.value(U) for U in links]
            swapped = self._swap(links, walkers, found, slopes, stream)
        part, own = part_accepted(infos[1:]), infos[0]
        assert isinstance(own, Info)
        after = State(
            links[0], number, state.seed, tuple(links[1:]), tuple(walkers), self.slopes.after(numbers, found, number)
        )
        bias, now = self.windows[0].value(slopes[0], found[0]), tuple(float(a[0]) for a in slopes)
        return after, LLRInfo(own, tuple(found), now, bias, swapped, after.walkers, part)

    def _swap(
        self, links: list[Blocks], walkers: list[int], found: list[float], slopes: Sequence[Values], stream: Stream
    ) -> tuple[bool, ...]:
        """Offer swaps to all pairs of neighbours, in place; which were accepted."""

        def potential(window: int, variable: float) -> float:
            return self.windows[window].value(slopes[window], variable)

        def change(k: int) -> float:
            here, there = found[k], found[k + 1]
            crossed = potential(k, there) + potential(k + 1, here)
            return crossed - potential(k, here) - potential(k + 1, there)

        return swap_neighbours(change, stream, links, walkers, found)
