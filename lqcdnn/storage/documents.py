"""What the files of what was learned have in common: of one kind, with tables of plain data beside their numbers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import hdf5

Path = str | os.PathLike[str]


def read(
    path: Path, kind: str, arrays: Iterable[str], name: str, hint: str
) -> tuple[hdf5.Arrays, hdf5.Attributes]:
    """Arrays and attributes of a file.

    Parameters
    ----------
    kind
        What its attribute ``kind`` must be.
    arrays
        Names of those that it must have.
    name
        Of such a file, for messages: "a weights file".
    hint
        Where such files come from.

    Raises
    ------
    InputError
        If there is no such file.
    DataError
        If it is damaged or of another kind.
    """
    try:
        found, attributes = hdf5.unpack(path)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint=hint) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if attributes.get("kind") != kind or not set(arrays) <= set(found):
        raise DataError(f"{path} is not {name}")
    return found, attributes


def check_conventions(path: Path, attributes: hdf5.Attributes, expected: str) -> None:
    """Refuse numbers that mean something else.

    Raises
    ------
    DataError
        If the attribute ``conventions`` is not what is expected.
    """
    if attributes.get("conventions") != expected:
        raise DataError(f"{path}: written with other conventions: {attributes.get('conventions')}")


def document(path: Path, attributes: hdf5.Attributes, name: str) -> Any:
    """Plain data of an attribute.

    Raises
    ------
    DataError
        If there is none, or it is damaged.
    """
    try:
        return json.loads(str(attributes[name]))
    except (KeyError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: attribute {name} is missing or damaged: {error}") from error


def table(path: Path, attributes: hdf5.Attributes, name: str) -> dict[str, Any]:
    """Plain data of an attribute, which must be a table.

    Raises
    ------
    DataError
        As :func:`document`, and if it is not.
    """
    found = document(path, attributes, name)
    if not isinstance(found, dict):
        raise DataError(f"{path}: {name} is not a table")
    return found
