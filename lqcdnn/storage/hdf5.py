"""Arrays and attributes in one HDF5 file that proves its own content.

Every file of ours is flat: datasets in the root group, attributes on it. The attribute ``sha256`` covers names, types,
shapes and bytes of all datasets and all other attributes, so a file that unpacks is the file that was packed. Reading
follows no link, loads no filter and allocates no more than the file holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import mmap
import os
import resource
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import atomic

Attribute = int | float | str | list[Any]
Arrays = dict[str, NDArray[Any]]
Attributes = dict[str, Attribute]

_HEAP = b"GCOL\x01\0\0\0"
MAGIC = b"\x89HDF\r\n\x1a\n"
_CHUNK_BYTES = 1 << 20  # the size of the library's buffer: larger chunks are allocated anew each
_MOST_OBJECTS = 1000
_MOST_ELEMENTS = 10_000  # of one attribute
_HEADROOM = 1 << 27


def pack(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Attribute]) -> memoryview:
    """Build the bytes of a file with these arrays and attributes; the same input gives the same bytes.

    Raises
    ------
    InputError
        When a name or a value cannot be stored.
    """
    try:
        stored = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        plain = {name: _plain(name, value) for name, value in attributes.items()}
        digest = _digest(stored, plain)
        if "sha256" in plain or any("/" in name for name in (*stored, *plain)):
            raise ValueError("'sha256' and names with a slash are not free")

        def fill(file: h5py.File) -> None:
            for name in sorted(stored):
                put_dataset(file, name, stored[name])
            for name in sorted(plain):
                file.attrs[name] = plain[name]
            file.attrs["sha256"] = digest

        return atomic.hdf5_image(fill, sum(array.nbytes for array in stored.values()))
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise InputError(f"cannot be stored as HDF5: {error}") from error


def unpack(path: str | os.PathLike[str]) -> tuple[Arrays, Attributes]:
    """Read a file made by :func:`pack` and verify its digest.

    Raises
    ------
    DataError
        When the file is damaged, or holds anything :func:`pack` does not write.
    FileNotFoundError, PermissionError
        When it cannot be opened at all.
    """
    with _opened(path) as file:
        arrays = {name: _read_dataset(file, name, path) for name in _names(file, path)}
        attributes = _read_attributes(file, path)
    stored = attributes.pop("sha256", None)
    computed = _digest(arrays, attributes)
    if stored != computed:
        raise DataError(f"{path}: attribute sha256 is {stored}, but the content has {computed}")
    return arrays, attributes


def peek(path: str | os.PathLike[str]) -> Attributes:
    """Read the attributes alone, unverified (errors as :func:`unpack`)."""
    with _opened(path) as file:
        return _read_attributes(file, path)


def put_dataset(file: h5py.File, name: str, array: NDArray[Any]) -> None:
    """Store an array with a fletcher32 checksum on each chunk (none is possible without elements or dimensions)."""
    if array.size == 0 or array.ndim == 0:
        file.create_dataset(name, data=array, track_times=False)
    else:
        file.create_dataset(name, data=array, chunks=_chunks(array), fletcher32=True, track_times=False)


def _chunks(array: NDArray[Any]) -> tuple[int, ...]:
    """Cut the slowest directions until a chunk has at most 1 MiB, without a rest where that is easy: it is padded."""
    shape = list(array.shape)
    for axis in range(array.ndim):
        if math.prod(shape) * array.itemsize <= _CHUNK_BYTES:
            break
        rest = math.prod(shape[axis + 1 :]) * array.itemsize
        most = max(1, _CHUNK_BYTES // rest)
        shape[axis] = next((n for n in range(most, most // 2, -1) if array.shape[axis] % n == 0), most)
    return tuple(shape)


def _digest(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Attribute]) -> str:
    total = hashlib.sha256(json.dumps(attributes, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        total.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()


def _plain(name: str, value: Any) -> Attribute:
    """The Python value that comes back when `value` is stored as an HDF5 attribute and read again."""
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "iufU" or array.size > _MOST_ELEMENTS:
        raise ValueError(f"attribute {name!r}: {value!r} is not a number, a text or a short list of one of them")
    plain: Attribute = array.tolist()
    return plain


@contextlib.contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """An HDF5 file open for reading; every failure of the library inside the block is damaged data."""
    with open(path, "rb") as raw:
        if raw.read(len(MAGIC)) != MAGIC:
            raise DataError(f"{path}: not an HDF5 file")
        _refuse_broken_heaps(raw, path)
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: damaged HDF5 file: {error}") from error


def _refuse_broken_heaps(raw: BinaryIO, path: str | os.PathLike[str]) -> None:
    """Check the tables of texts (global heap collections), on whose damage the HDF5 library can loop for ever.

    A collection is a head of 16 bytes with its size, then objects: index (2 bytes), references (2), reserved (4), size
    (8), data padded to 8 bytes. Index 0 is the free rest, whose size counts its own head (HDF5 format specification,
    III.E).
    """
    with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(_HEAP)
        while start >= 0:
            (size,) = struct.unpack_from("<Q", data, start + 8) if start + 16 <= len(data) else (0,)
            place, end = start + 16, start + size
            if size < 16 or end > len(data):
                raise DataError(f"{path}: damaged HDF5 file: heap collection at {start} has {size} bytes")
            while end - place >= 16:
                index, length = struct.unpack_from("<H6xQ", data, place)
                place += length if index == 0 else 16 + (length + 7) // 8 * 8
                if place > end or (index == 0 and place != end):
                    raise DataError(f"{path}: damaged HDF5 file: object {index} of the heap collection at {start}")
            start = data.find(_HEAP, start + 8)


def _names(file: h5py.File, path: str | os.PathLike[str]) -> list[str]:
    if len(file) > _MOST_OBJECTS or len(file.attrs) > _MOST_OBJECTS:
        raise DataError(f"{path}: more than {_MOST_OBJECTS} datasets or attributes")
    names = sorted(file)
    for name in names:
        if not isinstance(file.get(name, getlink=True), h5py.HardLink):
            raise DataError(f"{path}: {name!r} is a link out of this file's content, which is not allowed")
    return names


def _read_dataset(file: h5py.File, name: str, path: str | os.PathLike[str]) -> NDArray[Any]:
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external or _filters(dataset):
        raise DataError(f"{path}: {name!r} is not a plain dataset")
    if dataset.dtype.kind not in "iufc" or dataset.dtype.itemsize > 16:
        raise DataError(f"{path}: dataset {name!r} has type {dataset.dtype}, which is not allowed")
    size = math.prod(dataset.shape or (1,)) * dataset.dtype.itemsize
    if dataset.shape is None or size > min(dataset.id.get_storage_size(), os.path.getsize(path)):
        raise DataError(f"{path}: dataset {name!r} declares {size} bytes, more than the file holds")
    array: NDArray[Any] = dataset[()]
    return np.asarray(array)


def _filters(dataset: h5py.Dataset) -> set[int]:
    """The filters other than the checksum: a compressed chunk could unpack to any size, a plugin could do anything."""
    properties = dataset.id.get_create_plist()
    return {properties.get_filter(i)[0] for i in range(properties.get_nfilters())} - {h5py.h5z.FILTER_FLETCHER32}


def _read_attributes(file: h5py.File, path: str | os.PathLike[str]) -> Attributes:
    found, names = file.attrs, sorted(file.attrs)
    for name in names:
        handle = found.get_id(name)
        kind = "U" if h5py.check_string_dtype(handle.dtype) else handle.dtype.kind
        if kind not in "iufU" or math.prod(handle.shape or ()) > _MOST_ELEMENTS:
            raise DataError(f"{path}: attribute {name!r} is neither a number, a text nor a short list of one of them")
    with _bounded_memory():  # of all together: to ask for the limits takes longer than to read an attribute
        values = {name: found[name] for name in names}
    return {name: value if isinstance(value, str) else np.asarray(value).tolist() for name, value in values.items()}


@contextlib.contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let no allocation inside the block take more than the process has and 128 MiB.

    The HDF5 library believes the length of a text before it looks for the text, and clears as much memory: up to 4 GiB.
    Only Linux says how much the process has; elsewhere nothing is limited.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        yield
        return
    limit = pages * resource.getpagesize() + _HEADROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
