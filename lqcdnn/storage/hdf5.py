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
import os
from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import atomic

Attribute = int | float | str | list[Any]
Arrays = dict[str, NDArray[Any]]
Attributes = dict[str, Attribute]

MAGIC = b"\x89HDF\r\n\x1a\n"
_CHUNK_BYTES = 1 << 24
_MOST_OBJECTS = 1000
_MOST_ELEMENTS = 10_000  # of one attribute


def pack(arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Attribute]) -> bytes:
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

        return atomic.hdf5_image(fill)
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
    """Cut the slowest directions until a chunk has at most 16 MiB."""
    shape = list(array.shape)
    for axis in range(array.ndim):
        if math.prod(shape) * array.itemsize <= _CHUNK_BYTES:
            break
        rest = math.prod(shape[axis + 1 :]) * array.itemsize
        shape[axis] = max(1, _CHUNK_BYTES // rest)
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
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: damaged HDF5 file: {error}") from error


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
    attributes: Attributes = {}
    for name in sorted(file.attrs):
        handle = file.attrs.get_id(name)
        kind = "U" if h5py.check_string_dtype(handle.dtype) else handle.dtype.kind
        if kind not in "iufU" or math.prod(handle.shape or ()) > _MOST_ELEMENTS:
            raise DataError(f"{path}: attribute {name!r} is neither a number, a text nor a short list of one of them")
        value = file.attrs[name]
        attributes[name] = value if isinstance(value, str) else np.asarray(value).tolist()
    return attributes
