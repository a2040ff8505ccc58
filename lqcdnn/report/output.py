"""Where an analysis is written, and that nothing of anybody else is overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lqcdnn.analyze.result import Analysis
from lqcdnn.errors import DiskError, InputError
from lqcdnn.storage import atomic

SUMMARY = "summary.json"
REPORT = "report.html"


def output_directory(analysis: Analysis, out: str | Path | None) -> Path:
    """Directory for the files of an analysis; checked, not yet created.

    Parameters
    ----------
    analysis
        Its source decides the default: DIR/analyze of a run.
    out
        Another directory: absent, empty, or with files of an earlier analysis.

    Raises
    ------
    InputError
        A file of numbers without `out`, or `out` holds something else.
    """
    if out is None:
        if analysis.kind != "run":
            raise InputError("pictures and reports of a file need a directory", hint="add -o DIRECTORY")
        return Path(analysis.source) / "analyze"
    path = Path(out)
    if path.exists() and not _is_ours(path):
        raise InputError(f"{path} exists and holds something else", hint="choose a new directory for -o")
    return path


def write_files(directory: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files by atomic replacement; the directory is made if needed.

    Raises
    ------
    DiskError
        It could not be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{directory}: could not create: {error.strerror}") from error
    paths = []
    for name, content in files.items():
        atomic.write_bytes(directory / name, content)
        paths.append(directory / name)
    return paths


def summary_bytes(analysis: Analysis) -> bytes:
    """Content of ``summary.json``."""
    return (json.dumps(analysis.to_dict(), indent=2, allow_nan=False) + "\n").encode()


def _is_ours(path: Path) -> bool:
    """An empty directory, or one with the summary of an analysis."""
    if not path.is_dir():
        return False
    if not any(path.iterdir()):
        return True
    try:
        summary = json.loads((path / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and "verdicts" in summary and "convention" in summary
