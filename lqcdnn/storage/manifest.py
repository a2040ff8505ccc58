"""JSON files; manifests, those that say what a directory is, and in which version of its layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lqcdnn.errors import DataError, DiskError

SCHEMA = 1
"""Version of the layout of runs and scans."""


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises
    ------
    DataError
        It is damaged.
    DiskError
        It cannot be read.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DiskError(f"{path}: could not read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged: {error}") from error


def read_manifest(path: Path, kind: str) -> dict[str, Any]:
    """Content of a manifest of format ``lqcdnn KIND``.

    Parameters
    ----------
    path
        The file.
    kind
        "run" or "scan".

    Raises
    ------
    DataError
        It is damaged, of another format or of another version.
    DiskError
        It cannot be read.
    """
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != f"lqcdnn {kind}":
        raise DataError(f"{path} is not the manifest of a {kind}")
    if found.get("schema") != SCHEMA:
        raise DataError(f"{path} has schema {found.get('schema')}; this version reads {SCHEMA}")
    return found
