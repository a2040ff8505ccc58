"""How is a scan doing? The status of each of its points."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lqcdnn.config.language.counts import counted
from lqcdnn.errors import DataError
from lqcdnn.report.terminal.duration import duration
from lqcdnn.report.terminal.status import RunStatus, read_status
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.scandir import ScanDir


@dataclass(frozen=True)
class ScanStatus:
    """State of the points of a scan as seen from outside.

    Attributes
    ----------
    directory
        Of the scan.
    points
        Name and status, in the order of the grid; "new" where nothing was written yet, "damaged" with the reason.
    """

    directory: str
    points: tuple[tuple[str, RunStatus], ...]

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        points = [{"name": name, **status.to_dict()} for name, status in self.points]
        return {"directory": self.directory, "points": points}


def read_scan_status(directory: str | Path) -> ScanStatus:
    """Read the status of every point of a scan; nothing is locked or written.

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
    return ScanStatus(str(scan.path), tuple((point.name, _point(scan.run_path(point.name))) for point in scan.points))


def _point(path: Path) -> RunStatus:
    if not RunDir.is_run_directory(path):
        return RunStatus(str(path), "new")
    try:
        return read_status(path)
    except DataError as error:
        return RunStatus(str(path), "damaged", reason=error.message)


def scan_status_text(status: ScanStatus) -> str:
    """A line for each point, and how many there are of each state."""
    counts = Counter(one.state for _, one in status.points)
    head = ", ".join(f"{number} {state}" for state, number in counts.items())
    width = max((len(name) for name, _ in status.points), default=0)
    return "\n".join([f"{status.directory}: {counted(len(status.points), 'point')}, {head}",
                      *(f"{name:<{width}}  {_line(one)}".rstrip() for name, one in status.points)])  # fmt: skip


def _line(one: RunStatus) -> str:
    parts = [f"{one.state:<8}"]
    if one.trajectory is not None:
        parts.append(f"{'training step ' if one.trains else ''}{one.trajectory}{f'/{one.total}' if one.total else ''}")
    if one.acceptance is not None:
        parts.append(f"acceptance {one.acceptance:.3f}")
    if one.eta_seconds is not None:
        parts.append(f"{duration(one.eta_seconds)} to the end")
    return "  ".join([*parts, *([one.reason] if one.reason else [])])
