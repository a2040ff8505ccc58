"""One run is one directory: its layout, its manifest, and the refusal to continue it with other physics.

``NAME/{input.toml, resolved.toml, manifest.json, run.lock, status.json, journal.jsonl, configs/, checkpoint/, train/,
measure/, analyze/}``; what each file holds is told in docs/run-directory.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lqcdnn.config.neutral import without_neutral
from lqcdnn.errors import DataError, DiskError, InputError
from lqcdnn.storage import atomic
from lqcdnn.storage.lock import RunLock
from lqcdnn.storage.manifest import SCHEMA, read_manifest
from lqcdnn.storage.nearby import hint_for
from lqcdnn.storage.scandir import refuse_scan
from lqcdnn.storage.snapshot import Snapshot

_KEYS = {"format", "schema", "created", "physics", "sessions", "parent", "sha256"}
_FOLDERS = ("configs", "checkpoint", "train", "measure", "analyze")
_CONFIGURATION = re.compile(r"cfg_(\d{8,})\.h5")


@dataclass
class RunDir:
    """A run directory: where its files are, and what its manifest says.

    Use :meth:`create_or_open` to write into it (it holds the lock until :meth:`close` or the end of a ``with`` block)
    and :meth:`open` to read only.
    """

    path: Path
    manifest: dict[str, Any]
    _lock: RunLock | None = field(default=None, repr=False)
    _before: Snapshot | None = field(default=None, repr=False)

    @classmethod
    def create_or_open(
        cls,
        path: str | os.PathLike[str],
        input_text: str,
        resolved_text: str,
        physics: Mapping[str, Any],
        manifest: Mapping[str, Any],
        unrecorded: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
    ) -> Self:
        """Create a run directory or continue an existing one, and lock it.

        Parameters
        ----------
        path
            The directory; absent, empty, or a run directory.
        input_text, resolved_text
            The input file as the user wrote it and with every default filled in. When a later session brings other
            texts (a longer run, say), the earlier ones are kept as ``input.1.toml``, ``resolved.1.toml``, ...
        physics
            JSON-like values that must never change within a run, the seed included; may be nested. Where nothing has
            been done yet, those of an earlier start are replaced.
        manifest
            What to note about this session: versions, host, user, command line, config digest, ...
        unrecorded
            Values, by dotted key, of physics that the version of the program which began the run did not know.
        parent
            The state of another run that this one begins with; noted in the manifest until there is a checkpoint or a
            trajectory.

        Raises
        ------
        InputError
            When the directory holds other things (nothing is touched), or when physics differ from those of the run:
            names each key with its old and new value.
        LockError
            When another process is at work in the directory.
        DataError, DiskError
            When the manifest is damaged, or something cannot be written.
        """
        directory = Path(path)
        lock = _locked(directory)
        try:
            _tidy(directory)
            new = not cls.is_run_directory(directory)
            record = _first_manifest(physics) if new else _read_manifest(directory)
            if "parent" not in record and not _begun(directory):
                record["physics"] = _jsonable(physics)  # a start that failed or was broken off binds nobody
            _compare(directory, {**_jsonable(unrecorded or {}), **record["physics"]}, _jsonable(physics))
            begun = any(atomic.entries(directory / "checkpoint")) or _has_trajectories(directory)
            if parent is not None and not begun:
                record["parent"] = _jsonable(parent)
            texts = {"input": input_text, "resolved": resolved_text}
            record["sessions"].append(_session(manifest, texts))
            run = cls(directory, record, lock)
            texts_kept = [f"{name}{kept}.toml" for name in texts for kept in ("", f".{len(record['sessions']) - 1}")]
            run._before = Snapshot.of(directory / name for name in (*texts_kept, "status.json", "manifest.json"))
            run._write_manifest()  # first, so that a start cut short here can be continued
            _store_texts(directory, texts, len(record["sessions"]) - 1)
        except BaseException:
            lock.release()
            raise
        return run

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a run directory for reading: nothing is locked, created or changed.

        Raises
        ------
        InputError
            When `path` is not a run directory.
        DataError
            When its manifest is damaged.
        """
        directory = Path(path)
        cls.require(directory)
        return cls(directory, _read_manifest(directory))

    @staticmethod
    def is_run_directory(path: str | os.PathLike[str]) -> bool:
        """Whether `path` is a directory with a manifest."""
        return (Path(path) / "manifest.json").is_file()

    @classmethod
    def require(cls, path: str | os.PathLike[str]) -> None:
        """Refuse what is no run directory, a scan by name.

        Raises
        ------
        InputError
            If so.
        """
        if not cls.is_run_directory(path):
            refuse_scan(path)
            raise InputError(f"{Path(path)} is not a run directory", hint=hint_for(path))

    def refuse_other_physics(self, physics: Mapping[str, Any], unrecorded: Mapping[str, Any] | None = None) -> None:
        """Raise what :meth:`create_or_open` would raise for these physics, and touch nothing."""
        if "parent" in self.manifest or _begun(self.path):
            _compare(self.path, {**_jsonable(unrecorded or {}), **self.physics}, _jsonable(physics))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def finish(self, exit_reason: str) -> None:
        """Note in the manifest when and why the present session ended."""
        self.manifest["sessions"][-1].update(stop=_now(), exit_reason=exit_reason)
        self._write_manifest()

    def withdraw(self) -> bool:
        """Take back what the present session has noted of itself, if one before it had noted how it went."""
        if self._before is None or not self._before.holds(self.status_path):
            return False
        self._before.restore()
        self.manifest["sessions"].pop()
        return True

    def knows_text(self, name: str) -> bool | None:
        """Whether ``input.toml`` or ``resolved.toml`` is that of a session; None when no session noted a checksum.

        Parameters
        ----------
        name
            "input" or "resolved".
        """
        proofs = [session["sha256"] for session in self.manifest["sessions"] if "sha256" in session]
        known = {proof.get(name) for proof in proofs if isinstance(proof, dict)}
        return _sha256((self.path / f"{name}.toml").read_bytes()) in known if known else None

    def write_status(self, status: Mapping[str, Any]) -> None:
        """Replace ``status.json``."""
        atomic.write_json(self.status_path, dict(status))

    def _write_manifest(self) -> None:
        atomic.write_json(self.path / "manifest.json", {**self.manifest, "sha256": _proof(self.manifest)})

    @property
    def physics(self) -> dict[str, Any]:
        """What must never change within this run, as given when it was created."""
        physics: dict[str, Any] = self.manifest["physics"]
        return physics

    @property
    def goes_on_from_parent(self) -> bool:
        """Whether this is a fork that has made trajectories."""
        return "parent" in self.manifest and _has_trajectories(self.path)

    @property
    def input_path(self) -> Path:
        """The input file as the user wrote it."""
        return self.path / "input.toml"

    @property
    def resolved_path(self) -> Path:
        """The input file with every default filled in."""
        return self.path / "resolved.toml"

    @property
    def lock_path(self) -> Path:
        """The file that :class:`~lqcdnn.storage.lock.RunLock` locks."""
        return self.path / "run.lock"

    @property
    def status_path(self) -> Path:
        """Where the run is now; replaced at each heartbeat."""
        return self.path / "status.json"

    @property
    def journal_path(self) -> Path:
        """One record per trajectory."""
        return self.path / "journal.jsonl"

    @property
    def timing_path(self) -> Path:
        """What the trajectories cost; the only series with times in it."""
        return self.path / "timing.jsonl"

    @property
    def configs_dir(self) -> Path:
        """The saved configurations."""
        return self.path / "configs"

    @property
    def checkpoint_dir(self) -> Path:
        """The rolling pair of checkpoints."""
        return self.path / "checkpoint"

    @property
    def train_dir(self) -> Path:
        """Training history and weights."""
        return self.path / "train"

    def config_path(self, trajectory: int) -> Path:
        """The file of the configuration after `trajectory`."""
        return self.configs_dir / f"cfg_{trajectory:08d}.h5"

    def measure_path(self, observable: str) -> Path:
        """The series of one observable."""
        return self.path / "measure" / f"{observable}.jsonl"

    def configurations(self) -> list[tuple[int, Path]]:
        """Trajectory number and file of every saved configuration, in order."""
        matches = ((_CONFIGURATION.fullmatch(entry.name), entry) for entry in atomic.entries(self.configs_dir))
        return sorted((int(match[1]), entry) for match, entry in matches if match)


def _prepare(directory: Path) -> None:
    """Make the directory, or accept one that holds nothing but what a start cut short may have left."""
    for place in (directory, *directory.parents):
        if os.path.lexists(place) and not place.is_dir():
            raise InputError(f"{place} exists and is no directory", hint="choose another run.name")
    inside = [entry for name in _FOLDERS for entry in atomic.entries(directory / name)]
    ours = {directory / name for name in ("run.lock", *_FOLDERS)}
    foreign = [
        str(entry.relative_to(directory))
        for entry in (*atomic.entries(directory), *inside)
        if entry not in ours and not atomic.is_temporary(entry.name)
    ]
    if foreign and not RunDir.is_run_directory(directory):  # which another process may have made it meanwhile
        raise InputError(
            f"{directory} is not empty and not a run directory (it holds {', '.join(foreign[:3])})",
            hint="choose another run.name",
        )
    for name in _FOLDERS:
        atomic.make_folder(directory / name)


def _begun(directory: Path) -> bool:
    """Whether a run has left anything: a line of a journal, a checkpoint, a configuration, a measurement."""
    series = [path for name in ("journal.jsonl", "timing.jsonl") if (path := directory / name).is_file()]
    inside = [path for name in _FOLDERS for path in (directory / name).rglob("*") if path.is_file()]
    return bool(inside) or any(path.stat().st_size for path in series)


def _has_trajectories(directory: Path) -> bool:
    """Whether there is anything in the journal."""
    journal = directory / "journal.jsonl"
    return journal.is_file() and journal.stat().st_size > 0


def _tidy(directory: Path) -> None:
    """Remove the temporaries of a killed session, and make the folders somebody may have deleted."""
    try:
        for name in ("", *_FOLDERS):
            (directory / name).mkdir(exist_ok=True)
            atomic.remove_temporaries(directory / name)
        if (directory / "train" / "checkpoint").is_dir():
            atomic.remove_temporaries(directory / "train" / "checkpoint")
    except OSError as error:
        raise DiskError(f"{directory}: could not prepare the run directory: {error.strerror}") from error


def _locked(directory: Path) -> RunLock:
    """The lock of a run directory, new or not; what holds other things is refused before anything is touched."""
    if RunDir.is_run_directory(directory):
        _read_manifest(directory)  # it may be somebody else's manifest.json
    else:
        _prepare(directory)
    lock = RunLock(directory / "run.lock")
    lock.acquire()
    return lock


def _session(manifest: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """What the manifest says of a session that begins: its facts, digests of its input files, no end yet."""
    proofs = {name: _sha256(text.encode("utf-8")) for name, text in texts.items()}
    return {**_jsonable(manifest), "sha256": proofs, "start": _now(), "stop": None, "exit_reason": None}


def _first_manifest(physics: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": "lqcdnn run", "schema": SCHEMA, "created": _now(), "physics": _jsonable(physics), "sessions": []}


def _read_manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    manifest = read_manifest(path, "run")
    sessions = manifest.get("sessions")
    if not isinstance(manifest.get("physics"), dict) or not isinstance(sessions, list):
        raise DataError(f"{path} is damaged: it has no physics or no sessions")
    if foreign := manifest.keys() - _KEYS:
        raise DataError(f"{path} is damaged: {min(foreign)!r} is no key of a manifest")
    stored = manifest.pop("sha256", None)  # versions before it wrote none
    if stored not in (None, _proof(manifest)) or not all(isinstance(session, dict) for session in sessions):
        raise DataError(f"{path} is damaged: its sha256 is {stored}, but its content has {_proof(manifest)}")
    return manifest


def _compare(directory: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    before, after = _flatten(without_neutral(old)), _flatten(new)  # versions before kept what a key has anyhow
    changed = [
        f"{key}: {before.get(key, '(absent)')} in the run, {after.get(key, '(absent)')} now"
        for key in dict.fromkeys((*before, *after))
        if key not in before or key not in after or before[key] != after[key]
    ]
    if changed:
        raise InputError(
            f"{directory} was started with other physics: " + "; ".join(changed),
            hint="a run keeps its physics: restore the value, or start another run with another run.name",
        )


def _flatten(value: Any, prefix: str = "") -> dict[str, str]:
    """Dotted keys of the leaves, and each leaf as JSON text (so that 1 and 1.0 and true differ)."""
    if isinstance(value, dict) and value:
        children = [(f"{prefix}.{key}" if prefix else key, item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        children = [(f"{prefix}[{number}]", item) for number, item in enumerate(value, start=1)]
    else:
        return {prefix: json.dumps(value)}
    return {key: text for name, item in children for key, text in _flatten(item, name).items()}


def _store_texts(directory: Path, texts: Mapping[str, str], session: int) -> None:
    for name, text in texts.items():
        path = directory / f"{name}.toml"
        if path.exists():
            if path.read_bytes() == text.encode("utf-8"):
                continue
            atomic.write_bytes(directory / f"{name}.{session}.toml", path.read_bytes())
        atomic.write_text(path, text)


def _proof(manifest: Mapping[str, Any]) -> str:
    return _sha256(json.dumps(manifest, sort_keys=True).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _jsonable(value: Mapping[str, Any]) -> dict[str, Any]:
    """The value as it comes back from a JSON file (tuples become lists), so that comparisons are exact."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(value)))
    return plain


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
