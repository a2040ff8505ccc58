"""The only writer of final paths: temporary file, fsync, rename, fsync of the directory.

After a kill or a power loss at any moment the path holds either the old content or the new one, complete. HDF5 never
touches the disk by itself: :func:`hdf5_image` builds the file in memory and its bytes are written like any others.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lqcdnn.errors import DiskError, NumericalError
from lqcdnn.storage.memoryfile import MemoryFile

if TYPE_CHECKING:
    import h5py

_TEMPORARY = re.compile(r"\..+\.\d+\.tmp")


def write_bytes(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Replace the content of a file, all or nothing.

    Parameters
    ----------
    path
        The final path; its directory must exist.
    data
        The whole new content.

    Raises
    ------
    DiskError
        When any step fails; the old file is untouched and no temporary file is left behind.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    try:
        _write_temporary(temporary, data)
        os.replace(temporary, final)
        sync_directory(final.parent)
    except OSError as error:
        raise DiskError(
            f"{final}: could not write {len(data)} bytes: {error.strerror or error}",
            hint="check free space, quota and permissions of the directory",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def refuse_target(path: str | os.PathLike[str]) -> None:
    """Find out before long work that its result cannot be written: no folder, no permission, or a folder itself.

    Raises
    ------
    DiskError
        If so.
    """
    final = Path(path)
    if final.is_dir():
        raise DiskError(f"{final} is a directory, not a file to write", hint="name a file")
    if not final.parent.is_dir():
        raise DiskError(f"{final}: there is no directory {final.parent}", hint="nothing was done")
    if not os.access(final.parent, os.W_OK | os.X_OK):
        raise DiskError(f"{final}: no permission to write in {final.parent}", hint="nothing was done")


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder and those above it, where they are not there.

    Raises
    ------
    DiskError
        It cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{os.fspath(path)}: could not create the folder: {error.strerror}") from error


def entries(directory: Path) -> list[Path]:
    """What lies in a folder, by name; nothing if it is not there.

    Raises
    ------
    DiskError
        It cannot be listed.
    """
    try:
        return sorted(directory.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DiskError(f"{directory}: could not list: {error.strerror}") from error


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Replace a text file (UTF-8, newlines as given); see :func:`write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Replace a JSON file (indented, keys in the order given); see :func:`write_bytes`.

    Raises
    ------
    NumericalError
        When a number in `value` is not finite.
    """
    try:
        text = json.dumps(value, indent=2, allow_nan=False)
    except ValueError as error:
        raise NumericalError(f"{path}: refused to store a number that is not finite ({error})") from error
    write_text(path, text + "\n")


def hdf5_image(fill: Callable[[h5py.File], None], size: int = 0) -> memoryview:
    """Build an HDF5 file in memory, of about ``size`` bytes, and return its bytes.

    The same calls in `fill` give the same bytes: no time stamps are kept and nothing depends on the machine's clock.
    Use :func:`lqcdnn.storage.hdf5.put_dataset` in `fill` for arrays protected by a fletcher32 checksum.
    """
    import h5py

    image = MemoryFile(size)
    with h5py.File(image, "w", track_order=False) as file:
        fill(file)
    return image.content()


def sync(descriptor: int) -> None:
    """Wait until what was written to an open file or directory outlasts a power loss.

    What fsync of macOS hands to a drive, the drive may still lose or keep in another order: it has to be told so.
    """
    os.fsync(descriptor)
    flush_drive = getattr(fcntl, "F_FULLFSYNC", None)
    if flush_drive is not None:
        try:
            fcntl.fcntl(descriptor, flush_drive)
        except OSError as error:
            if error.errno in (errno.EIO, errno.ENOSPC):  # all others: this file system knows fsync alone
                raise


def sync_directory(directory: Path) -> None:
    """Make a rename or a new name in `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a directory and say so with EINVAL; there is nothing more to do there.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def remove_temporaries(directory: Path) -> None:
    """Delete temporary files that a killed process left in `directory`. Call it only while holding its lock."""
    for entry in directory.iterdir():
        if is_temporary(entry.name):
            entry.unlink(missing_ok=True)


def is_temporary(name: str) -> bool:
    """Whether a file name is one that :func:`write_bytes` gives to its temporaries."""
    return _TEMPORARY.fullmatch(name) is not None


def _write_temporary(path: Path, data: bytes | memoryview) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        sync(descriptor)
    finally:
        os.close(descriptor)
