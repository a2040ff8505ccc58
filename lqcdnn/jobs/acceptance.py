"""What accepted and rejected trajectories of a chain say: its acceptance, whether it moves, how many steps it needs.

Trajectories that ``update.accept_first`` accepts without a test say nothing of this, and are passed over.
"""

from __future__ import annotations

from typing import Any

from lqcdnn.config import RunConfig
from lqcdnn.update.hmc import HMC
from lqcdnn.update.state import StepInfo
from lqcdnn.update.tuning import StepTuner

STUCK = (50, 500, 5000)
"""Rejections in a row after which the user is told."""
FEW, HOPELESS = 3, 50.0
"""So many of them are enough where all have a larger dH: exp(-dH) is no chance, and a tuning of steps is not on."""
_ADVICE = (
    'Use more steps, a nearer guide, or begin anew with run.initial = "hot" or a configuration, or\n'
    "with update.accept_first = 20: the first 20 trajectories are accepted whatever dH is."
)
STUCK_MESSAGE = (
    "WARNING: {rejected} trajectories in a row were rejected (last dH {dH:+.1f}): the chain does not move.\n" + _ADVICE
)
COARSE_MESSAGE = (
    "WARNING: {rejected} trajectories in a row were rejected, each with "
    f"dH above {HOPELESS:g}\n(last {{dH:+.1f}}): steps are far too coarse.\n{_ADVICE}"
)
FORCED_MESSAGE = "trajectories {first} to {last} are accepted whatever dH is (update.accept_first)"


class Acceptance:
    """Trajectories accepted so far and rejected in a row; knows nothing of updates without a Metropolis test."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        decisions = [r["accepted"] for r in records if "accepted" in r]
        self.accepted, self.decided, self.rejected = sum(decisions), len(decisions), 0
        self._hopeless = 0

    def observe(self, info: StepInfo, dH: float | None = None) -> None:
        """Take in one trajectory."""
        if info.accepted is not None:
            self.accepted, self.decided = self.accepted + info.accepted, self.decided + 1
            self.rejected = 0 if info.accepted else self.rejected + 1
            far = dH is not None and not dH <= HOPELESS  # also where dH is no number
            self._hopeless = self._hopeless + 1 if far and not info.accepted else 0

    def warning(self, dH: float, tuned: bool) -> str | None:
        """What to tell the user after a trajectory with this dH, whose steps may still be tuned."""
        if self.rejected in STUCK:
            return STUCK_MESSAGE.format(rejected=self.rejected, dH=dH)
        if self.rejected == self._hopeless == FEW and not tuned:
            return COARSE_MESSAGE.format(rejected=self.rejected, dH=dH)
        return None

    def facts(self) -> dict[str, Any]:
        """The acceptance, if there is one."""
        return {"acceptance": self.accepted / self.decided} if self.decided else {}


class Tuning:
    """Number of steps by acceptance during thermalisation, frozen after; a function of the journal alone."""

    def __init__(self, config: RunConfig, update: HMC) -> None:
        self.update, self.until = update, config.run.thermalization
        self.tuner = StepTuner(update.integrator.steps, config.update.target_acceptance or 0.8)

    def replay(self, records: list[dict[str, Any]]) -> None:
        """Take in what is in the journal already."""
        for record in records:
            self.observe(record)

    def observe(self, record: dict[str, Any]) -> None:
        """Take in one trajectory and set the steps of the next."""
        number = record["trajectory"]
        if number > self.until or "acceptance_probability" not in record:
            return
        self.tuner.observe(record["acceptance_probability"])
        steps = self.tuner.tuned if number == self.until else self.tuner.steps
        if steps != self.update.integrator.steps:
            self.update.use(self.update.integrator.with_steps(steps))
