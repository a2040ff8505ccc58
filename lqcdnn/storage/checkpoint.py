"""The rolling pair of checkpoints a.h5 and b.h5: each save replaces the older one, so one good file always remains."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lqcdnn.errors import DataError, DiskError
from lqcdnn.storage import atomic, hdf5

_NAMES = ("a.h5", "b.h5")


class StorageWarning(UserWarning):
    """Something on the disk was damaged, and good data was found in its place."""


def save(
    directory: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, hdf5.Attribute]
) -> Path:
    """Write a checkpoint over the older one of the pair.

    Parameters
    ----------
    directory
        The ``checkpoint`` directory of a run; created when absent.
    arrays
        Any plain numeric arrays, stored bit for bit.
    attributes
        Numbers, texts and short lists of one of them. ``serial`` is ours: it counts the checkpoints of the directory.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DiskError
        When it could not be written; both old checkpoints are untouched.
    """
    both = paths(directory)
    atomic.make_folder(both[0].parent)
    serials = [_serial(path) for path in both]
    older = both[serials.index(min(serials))]
    atomic.write_bytes(older, hdf5.pack(arrays, {**attributes, "serial": max(serials) + 1}))
    return older


def paths(directory: str | os.PathLike[str]) -> list[Path]:
    """The two files of the pair, whether they exist or not."""
    return [Path(directory) / name for name in _NAMES]


def load_latest(directory: str | os.PathLike[str]) -> tuple[hdf5.Arrays, hdf5.Attributes] | None:
    """Read the newest valid checkpoint.

    Returns
    -------
    tuple or None
        Arrays and attributes as saved (lists of numbers in one type, ``serial`` added), or None when there is none.

    Warns
    -----
    StorageWarning
        When one file of the pair is damaged and the other one is used.

    Raises
    ------
    DataError
        When every checkpoint there is damaged.
    """
    found, damage = [], []
    for path in paths(directory):
        try:
            found.append(hdf5.unpack(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DiskError(f"{path}: could not read: {error.strerror}") from error
        except DataError as error:
            damage.append(error.message)
    if damage and not found:
        raise DataError(
            "no checkpoint is left undamaged: " + "; ".join(damage),
            hint="the same command with --repair goes back to a saved configuration",
        )
    for message in damage:
        warnings.warn(f"{message}; the other checkpoint is used", StorageWarning, stacklevel=2)
    return max(found, key=lambda pair: _counter(pair[1])) if found else None


def _serial(path: Path) -> int:
    """The serial number a file claims; -1 when it is absent or unreadable, so that it is replaced first."""
    try:
        return _counter(hdf5.peek(path))
    except (OSError, DataError):
        return -1


def _counter(attributes: hdf5.Attributes) -> int:
    serial = attributes.get("serial", -1)
    return serial if isinstance(serial, int) else -1
