"""Where the run is that somebody meant who named something else."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import tomli

MANIFEST = "manifest.json"
"""What every run directory has."""
#: Runs named in a hint; more are counted.
_NAMED = 4
#: Entries of a directory that are looked at: a hint must not take long in a directory of many thousand files.
_LOOKED_AT = 1000
#: Directories above it: configs/, train/checkpoint/.
_ABOVE = 3


def hint_for(path: str | os.PathLike[str]) -> str:
    """What to name in place of ``path``, which is no run directory: one sentence."""
    place = Path(path)
    if not os.path.lexists(place):
        return "there is no such directory"
    if os.path.islink(place) and not os.path.exists(place):
        return f"it is a link to {os.readlink(place)}, which is not there"
    if place.suffix == ".toml" and not place.is_dir():
        return _of_input(place)
    above: Sequence[Path] = ()
    with contextlib.suppress(OSError):  # the current directory is gone
        above = place.absolute().parents[:_ABOVE]
    found = next((parent for parent in above if (parent / MANIFEST).is_file()), None)
    if found is not None:
        return f"it belongs to the run {_shown(found)}"
    runs = _inside(place)
    if not runs:
        return f"it has no {MANIFEST}" if place.is_dir() else "it is a file"
    more = f" and {len(runs) - _NAMED} more" if len(runs) > _NAMED else ""
    return f"name one of the runs in it: {', '.join(map(_shown, runs[:_NAMED]))}{more}"


def _of_input(file: Path) -> str:
    """The directory that ``run.name`` of an input file names."""
    try:
        name = tomli.loads(file.read_text(encoding="utf-8"))["run"]["name"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return "it is a file; a run is a directory"
    return f"it is an input file; its run is the directory {shlex.quote(str(name))}"


def _inside(directory: Path) -> list[Path]:
    """Run directories in a directory, by name."""
    try:
        with os.scandir(directory) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_LOOKED_AT), strict=False)]
    except OSError:
        return []
    return sorted(directory / name for name in names if (directory / name / MANIFEST).is_file())


def _shown(directory: Path) -> str:
    """As the user would type it: relative where it is below the current directory."""
    with contextlib.suppress(OSError, ValueError):
        directory = directory.absolute().relative_to(Path.cwd())
    return shlex.quote(str(directory))
