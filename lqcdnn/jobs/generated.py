"""The outcome of ``lqcdnn generate``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lqcdnn.storage.journal import Journal, Record
from lqcdnn.storage.rundir import RunDir


@dataclass
class GenerateResult:
    """Outcome of a run.

    Attributes
    ----------
    directory
        The run directory.
    trajectories
        Trajectories done, of all sessions, thermalisation included.
    done_now
        Trajectories of this session.
    thermalization
        Those of the thermalisation.
    accepted, dh
        Of the trajectories after it, as far as the journal has them.
    seconds
        Wall seconds by part of this session.
    warnings
        What the user should know.
    facts
        More lines for the end of the run.
    """

    directory: Path
    trajectories: int
    done_now: int
    thermalization: int
    accepted: list[bool]
    dh: list[float]
    seconds: dict[str, float]
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._journal = Journal(RunDir(self.directory.resolve(), {}).journal_path)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Journal records after the thermalisation, read anew: those of a long run take ten times the file."""
        return list(_after(self._journal, self.thermalization))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "directory": str(self.directory),
            "trajectories": self.trajectories,
            "done_now": self.done_now,
            "acceptance": sum(self.accepted) / len(self.accepted) if self.accepted else None,
            "seconds": self.seconds,
            "warnings": self.warnings,
        }


def decisions(journal: Journal, thermalization: int) -> tuple[list[bool], list[float]]:
    """``accepted`` and ``dH`` of the records after so many trajectories, where they have them."""
    accepted, dh = list[bool](), list[float]()
    for record in _after(journal, thermalization):
        if "accepted" in record:
            accepted.append(record["accepted"])
        if "dH" in record:
            dh.append(record["dH"])
    return accepted, dh


def _after(journal: Journal, thermalization: int) -> Iterator[Record]:
    return (record for record in journal.each() if record["trajectory"] > thermalization)
