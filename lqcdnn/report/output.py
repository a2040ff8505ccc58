"""Where an analysis is written, and that nothing of anybody else is overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lqcdnn.analyze.result import Analysis
from lqcdnn.analyze.scan.result import ScanAnalysis
from lqcdnn.errors import DiskError, InputError
from lqcdnn.report.pages.style import MARK
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
    return given_directory(out)


def given_directory(out: str | Path) -> Path:
    """The directory of ``-o``, checked to be absent, empty, or with files of an earlier analysis.

    Raises
    ------
    InputError
        It holds something else.
    """
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
    atomic.make_folder(directory)
    paths = []
    for name, content in files.items():
        atomic.write_bytes(directory / name, content)
        paths.append(directory / name)
    return paths


def write_page(path: str | Path, text: str) -> Path:
    """Write a page to a file of the user's choice; one that is not an earlier page is not replaced.

    Raises
    ------
    InputError
        The file is something else, or its folder does not exist.
    DiskError
        It could not be written.
    """
    file = Path(path)
    if not file.parent.is_dir():
        raise InputError(f"--html {file}: there is no folder {file.parent}")
    try:
        ours = not file.exists() or (file.is_file() and MARK.encode() in file.read_bytes()[:1000])
    except OSError as error:
        raise DiskError(f"{file}: could not read: {error.strerror}") from error
    if not ours:
        raise InputError(f"--html {file}: the file exists and is no report", hint="choose another name")
    atomic.write_text(file, text)
    return file


def summary_bytes(analysis: Analysis | ScanAnalysis) -> bytes:
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
    return isinstance(summary, dict) and "convention" in summary and ("verdicts" in summary or "points" in summary)
