"""``lqcdnn verify`` of a scan: every run of it, and that each is the one its input describes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import Any

from lqcdnn.config import load
from lqcdnn.config.language.counts import counted
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.verify import Check, Verification, other_physics, verify
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanDir


@dataclass(frozen=True)
class ScanVerification:
    """Result of :func:`verify_scan`.

    Attributes
    ----------
    directory
        Of the scan.
    points
        By name of the point, in the order of the grid; None where no run was begun yet.
    """

    directory: str
    points: dict[str, Verification | None]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong in any run."""
        return all(found is None or found.sound for found in self.points.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        points = [
            {"name": name, "begun": found is not None, **(found.to_dict() if found else {"sound": True, "checks": []})}
            for name, found in self.points.items()
        ]
        return {"directory": self.directory, "sound": self.sound, "points": points}

    def text(self) -> str:
        """One line a point, one for each fault and note, and one for the scan."""
        width = max(map(len, self.points), default=0)
        lines = [line for name, found in self.points.items() for line in _lines(f"{name:<{width}}", found)]
        counts = Counter(_verdict(found) for found in self.points.values())
        numbers = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
        verdict = "sound" if self.sound else "DAMAGED"
        return "\n".join([*lines, f"{self.directory}: {verdict} ({counted(len(self.points), 'point')}: {numbers})"])


def verify_scan(directory: str | os.PathLike[str]) -> ScanVerification:
    """Check every file of every run of a scan; nothing is written or locked.

    Raises
    ------
    InputError
        Not a scan directory.
    DataError
        ``scan.json`` is damaged.
    DiskError
        A file cannot be read.
    """
    scan = ScanDir.open(directory)
    return ScanVerification(str(scan.path), {point.name: _point(scan, point.name) for point in scan.points})


def _point(scan: ScanDir, name: str) -> Verification | None:
    """The run of a point; damage that hides all the rest is a fault of it, so that the other points are seen."""
    path = scan.run_path(name)
    if not RunDir.is_run_directory(path):
        return None
    try:
        found = verify(path)
    except DataError as error:
        return Verification(str(path), [Check("inputs", files=1, faults=[error.message])])
    return Verification(found.directory, [_input_of_scan(scan, name), *found.checks])


def _input_of_scan(scan: ScanDir, name: str) -> Check:
    """The input file of the scan, and that the run has its physics."""
    check, path = Check("input of the scan"), scan.input_path(name)
    if not path.is_file():
        check.notes.append(f"{path} is missing; the next start of the scan writes it again")
        return check
    check.files += 1
    try:
        config = load(path, WITHOUT_FITS)
    except InputError:
        check.notes.append(f"{path}: not an input of this version")
        return check
    check.faults += other_physics(path, config, RunDir.open(scan.run_path(name)), "the run")
    return check


def _verdict(found: Verification | None) -> str:
    if found is None:
        return "not begun"
    return "sound" if found.sound else "DAMAGED"


def _lines(name: str, found: Verification | None) -> list[str]:
    """A line of one point, and its faults and notes."""
    if found is None:
        return [f"{name}  not begun"]
    files, faults = sum(check.files for check in found.checks), sum(len(check.faults) for check in found.checks)
    return [
        f"{name}  {counted(files, 'file')}: {f'{faults} FAULTS' if faults else 'sound'}",
        *(f"  fault: {text}" for check in found.checks for text in check.faults),
        *(f"  note: {text}" for check in found.checks for text in check.notes),
    ]
