"""How is a run doing? Read from ``status.json`` and the last line of the journal; nothing is locked or written."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lqcdnn.errors import DataError, DiskError
from lqcdnn.report.terminal.duration import duration
from lqcdnn.storage.journal import CHECK
from lqcdnn.storage.manifest import read_json
from lqcdnn.storage.rundir import RunDir

#: Bytes read from the end of the journal to find its last line.
_TAIL = 65536


@dataclass(frozen=True)
class RunStatus:
    """State of a run as seen from outside.

    Attributes
    ----------
    directory
        The run directory.
    state
        "running", "done", "trained", "stopped", "failed" as the run wrote it; "gone" if it says running but its
        process is not there any more; "new" if nothing was written yet.
    alive
        Whether its process exists; None if it is on another host or not recorded.
    phase
        "training" or "generate": what the next numbers are of; None if it did not say.
    trajectory, total
        Where the phase is; in a training its steps.
    acceptance, seconds_per_trajectory, eta_seconds
        As the run wrote them, of the phase; the ETA only while it runs.
    pid, host, started, updated
        The process, and ISO times (or what the run wrote).
    age_seconds
        Seconds since the last update; None if unknown.
    last
        Last complete record of the journal; None if there is none.
    reason
        What the run noted about its end, if anything.
    """

    directory: str
    state: str
    alive: bool | None = None
    phase: str | None = None
    trajectory: int | None = None
    total: int | None = None
    acceptance: float | None = None
    seconds_per_trajectory: float | None = None
    eta_seconds: float | None = None
    pid: int | None = None
    host: str | None = None
    started: str | None = None
    updated: str | None = None
    age_seconds: float | None = None
    last: dict[str, Any] | None = None
    reason: str | None = None

    @property
    def trains(self) -> bool:
        """Whether its numbers are those of a training."""
        return self.phase == "training"

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return dataclasses.asdict(self)


def read_status(directory: str | Path) -> RunStatus:
    """Read the status of a run directory.

    Raises
    ------
    InputError
        Not a run directory.
    DataError
        ``status.json`` is damaged.
    DiskError
        A file cannot be read.
    """
    path = Path(directory)
    RunDir.require(path)
    last = last_record(path / "journal.jsonl")
    if not (path / "status.json").exists():
        return RunStatus(str(path), "new", last=last, trajectory=(last or {}).get("trajectory"))
    raw = _read_object(path / "status.json")
    state = str(raw.get("state", "running"))
    alive = _is_alive(raw) if state == "running" else None
    state = "gone" if alive is False else state
    return RunStatus(
        directory=str(path),
        state=state,
        alive=alive,
        phase=raw.get("phase"),
        trajectory=raw.get("trajectory"),
        total=raw.get("total"),
        acceptance=raw.get("acceptance"),
        seconds_per_trajectory=raw.get("seconds_per_trajectory"),
        eta_seconds=raw.get("eta_seconds") if state == "running" else None,
        pid=raw.get("pid"),
        host=raw.get("host"),
        started=raw.get("started"),
        updated=raw.get("updated"),
        age_seconds=_age(raw.get("updated")),
        last=last,
        reason=raw.get("reason") or raw.get("exit_reason") or raw.get("message"),
    )


def last_record(path: Path) -> dict[str, Any] | None:
    """Last complete JSON line of a file, without reading the rest of it; None if there is none.

    Raises
    ------
    DataError
        The last line is damaged.
    DiskError
        The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _TAIL, 0))
            data = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DiskError(f"{path}: could not read: {error.strerror}") from error
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    if not lines:
        return None
    try:
        record = json.loads(lines[-1])
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: the last line is damaged: {error}") from error
    if not isinstance(record, dict):
        return None
    record.pop(CHECK, None)
    return record


def status_text(status: RunStatus) -> str:
    """A few plain lines for people."""
    rows: list[tuple[str, str]] = []
    name, unit = ("training step", "step") if status.trains else ("trajectory", "trajectory")
    if status.trajectory is not None:
        share = f" ({100.0 * status.trajectory / status.total:.0f} %)" if status.total else ""
        rows.append((name, f"{status.trajectory}{f'/{status.total}' if status.total else ''}{share}"))
    if status.acceptance is not None:
        rows.append(("acceptance", f"{status.acceptance:.3f}"))
    if status.seconds_per_trajectory is not None:
        rows.append(("pace", f"{duration(status.seconds_per_trajectory)} per {unit}"))
    if status.eta_seconds is not None:
        rows.append(("to the end", duration(status.eta_seconds)))
    for key, form in (("plaquette", ".6f"), ("dH", "+.4f")):
        value = (status.last or {}).get(key)
        if isinstance(value, int | float):
            forced = key == "dH" and (status.last or {}).get("forced")
            accepted = ", accepted whatever it is (update.accept_first)" if forced else ""
            rows.append((f"last {key}", f"{value:{form}}{accepted}"))
    if status.updated is not None:
        ago = "" if status.age_seconds is None else f" ({duration(status.age_seconds)} ago)"
        rows.append(("updated", f"{status.updated}{ago}"))
    width = max((len(label) for label, _ in rows), default=0)
    lines = [f"{label:<{width}}  {text}" for label, text in rows]
    return "\n".join([f"{status.directory}: {_sentence(status)}", *lines])


def _sentence(status: RunStatus) -> str:
    process = f"process {status.pid} on {status.host}"
    again = "the same generate or train command goes on with it"
    sentences = {
        "running": f"running ({process})" if status.alive else f"running according to its last word ({process})",
        "gone": f"its {process} is gone although it did not say good-bye; {again}",
        "done": "done",
        "trained": "trained; generate makes the trajectories that are left",
        "stopped": f"stopped early; {again}",
        "failed": "failed",
        "new": "nothing done yet",
    }
    return sentences.get(status.state, status.state) + (
        f": {status.reason}" if status.reason and status.reason != status.state else ""
    )


def _is_alive(raw: dict[str, Any]) -> bool | None:
    """Does the process exist? None if it is on another host or unknown."""
    pid = raw.get("pid")
    if not isinstance(pid, int) or pid < 1 or raw.get("host") != socket.gethostname():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists and belongs to somebody else
        return True
    return not _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Whether Linux keeps a process only because its parent has not asked how it ended, as in many containers."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] == ["Z"]


def _age(updated: Any) -> float | None:
    """Seconds since an ISO time or a POSIX time stamp."""
    now = datetime.now(UTC)
    try:
        then = datetime.fromtimestamp(updated, UTC) if isinstance(updated, float | int) else _iso(updated)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return max((now - then).total_seconds(), 0.0)


def _iso(text: str) -> datetime:
    then = datetime.fromisoformat(text)
    return then.astimezone(UTC) if then.tzinfo else then.replace(tzinfo=UTC)


def _read_object(path: Path) -> dict[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict):
        raise DataError(f"{path} is damaged: not a JSON object")
    return value
