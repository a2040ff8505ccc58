"""One scan is one directory: run directories, one for each point, and what belongs to all of them.

``NAME/{scan.json, scan.lock, inputs/POINT.toml, logs/POINT.log, POINT/, analyze/}``; each POINT is a run directory.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import atomic
from lqcdnn.storage.manifest import SCHEMA, read_manifest

_FOLDERS = ("inputs", "logs")


class ScanPoint(NamedTuple):
    """Name of a point, its values by dotted key, its seed."""

    name: str
    values: dict[str, Any]
    seed: int


@dataclass(frozen=True)
class ScanDir:
    """A scan directory: where its files are, and what its manifest says.

    Attributes
    ----------
    path
        The directory.
    seed
        From which the seeds of the points are derived.
    grid
        Values of each key.
    points
        In the order of the grid.
    """

    path: Path
    seed: int
    grid: dict[str, list[Any]]
    points: tuple[ScanPoint, ...]

    @staticmethod
    def is_scan_directory(path: str | os.PathLike[str]) -> bool:
        """Whether `path` is a directory with ``scan.json``."""
        return (Path(path) / "scan.json").is_file()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> ScanDir:
        """Read ``scan.json``; nothing is locked or changed.

        Raises
        ------
        InputError
            Not a scan directory.
        DataError
            ``scan.json`` is damaged or of another version.
        DiskError
            It cannot be read.
        """
        directory, file = Path(path), Path(path) / "scan.json"
        if not cls.is_scan_directory(directory):
            raise InputError(f"{directory} is not a scan directory", hint="it has no scan.json")
        found = read_manifest(file, "scan")
        try:
            points = tuple(ScanPoint(str(p["name"]), dict(p["values"]), int(p["seed"])) for p in found["points"])
            return cls(directory, int(found["seed"]), {k: list(v) for k, v in found["grid"].items()}, points)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"{file} is damaged: {error!r}") from error

    @classmethod
    def prepare(cls, path: str | os.PathLike[str]) -> None:
        """Make the directory and its folders, or accept one that a scan may have left.

        Raises
        ------
        InputError
            It holds other things; nothing is touched.
        DiskError
            It cannot be made.
        """
        directory = Path(path)
        ours = ("scan.lock", *_FOLDERS)
        names = [entry.name for entry in atomic.entries(directory)]
        foreign = [name for name in names if name not in ours and not atomic.is_temporary(name)]
        if foreign and not cls.is_scan_directory(directory):
            raise InputError(
                f"{directory} is not empty and not a scan (it holds {', '.join(foreign[:3])})",
                hint="choose another name with --name NAME",
            )
        for name in _FOLDERS:
            atomic.make_folder(directory / name)

    def write(self, inputs: Mapping[str, str], facts: Mapping[str, Any]) -> None:
        """Replace the inputs of the points where they differ, then ``scan.json``. Call it only while holding the lock.

        Parameters
        ----------
        inputs
            TOML text by name of the point.
        facts
            Further entries of ``scan.json``: version, command line, ...
        """
        for name, text in inputs.items():
            file = self.input_path(name)
            if not file.exists() or file.read_bytes() != text.encode():
                atomic.write_text(file, text)
        head = {"format": "lqcdnn scan", "schema": SCHEMA, "updated": datetime.now(UTC).isoformat(timespec="seconds")}
        points = [point._asdict() for point in self.points]
        atomic.write_json(
            self.path / "scan.json", {**head, **facts, "seed": self.seed, "grid": self.grid, "points": points}
        )

    @property
    def lock_path(self) -> Path:
        """Locked while ``lqcdnn scan`` works here."""
        return self.path / "scan.lock"

    def input_path(self, point: str) -> Path:
        """Input file of a point."""
        return self.path / "inputs" / f"{point}.toml"

    def log_path(self, point: str) -> Path:
        """What the process of a point prints."""
        return self.path / "logs" / f"{point}.log"

    def run_path(self, point: str) -> Path:
        """Run directory of a point."""
        return self.path / point


def refuse_scan(path: str | os.PathLike[str]) -> None:
    """Where a run is asked for.

    Raises
    ------
    InputError
        If the directory is that of a scan.
    """
    if ScanDir.is_scan_directory(path):
        point = f"{shlex.quote(str(Path(path)))}/POINT"
        raise InputError(f"{Path(path)} is a scan, not a run directory", hint=f"name one of its points: {point}")
