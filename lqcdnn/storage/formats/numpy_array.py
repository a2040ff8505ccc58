"""numpy files: .npy, or .npz with the array ``links`` (or a single one), complex, shape (d, L1, ..., Ld, N, N).

The array header is parsed without ever unpickling. A compressed .npz may unpack to three times the file, or 64 MiB.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.storage.formats.base import Decoded, Format, Links, Source, group_name, register
from lqcdnn.storage.formats.layout import user_layout

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"
_SMALL = 1 << 26
_LONGEST_HEADER = 10_000
_WARNING = "numpy files have no checksum; only unitarity was verified"


def recognise_npy(source: Source) -> bool:
    """Signature of a .npy file."""
    return source.head(len(_NPY)) == _NPY


def recognise_npz(source: Source) -> bool:
    """Signature of a zip file."""
    return source.head(len(_ZIP)) == _ZIP


def read_npy(source: Source) -> Decoded:
    """Read a .npy file."""
    return _decode(source, "array", source.read(0, source.size, "array"))


def read_npz(source: Source) -> Decoded:
    """Read the array ``links``, or the only one, of a .npz file."""
    with zipfile.ZipFile(source.path) as archive:
        names = [entry.filename for entry in archive.infolist()]
        name = "links.npy" if "links.npy" in names else names[0]
        if name != "links.npy" and len(names) > 1:
            raise source.fail("archive", "several arrays, none of them called links")
        size = archive.getinfo(name).file_size
        if size > max(3 * source.size, _SMALL):
            raise source.fail(name, f"unpacks to {size} bytes, suspiciously more than the file")
        with archive.open(name) as member:
            data = member.read(size)
    return replace(_decode(source, name, data), checksum="CRC-32")


def write_npy(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a .npy file; it holds the links alone, attributes are not kept."""
    buffer = io.BytesIO()
    values = np.ascontiguousarray(links, dtype="<c8" if real == "f4" else "<c16")
    np.lib.format.write_array(buffer, values, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def write_npz(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of an uncompressed .npz file with the array ``links``; the same links give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("links.npy"), write_npy(links, group, attributes, real))
    return buffer.getvalue()


def _decode(source: Source, record: str, data: bytes) -> Decoded:
    values = _array(source, record, data)
    d = values.shape[0]
    if not 2 <= d <= 4 or values.ndim != d + 3 or values.shape[-1] != values.shape[-2] or min(values.shape) < 1:
        raise source.fail(record, f"shape {values.shape} is not (d, L1, ..., Ld, N, N)")
    links = user_layout(values, tuple(range(values.ndim)))
    real = f"f{values.dtype.itemsize // 2}"
    return Decoded(links, group_name(values.shape[-1]), real, warnings=[f"{source.path}: {_WARNING}"])


def _array(source: Source, record: str, data: bytes) -> NDArray[Any]:
    """The array of a .npy file, as a view of its bytes."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in header:
        raise source.fail(record, f"version {version} of the .npy format")
    shape, fortran, dtype = header[version](stream, max_header_size=_LONGEST_HEADER)
    if dtype.kind != "c" or dtype.itemsize not in (8, 16):
        raise source.fail(record, f"type {dtype} is not complex64 or complex128")
    start, length = stream.tell(), math.prod(shape) * dtype.itemsize
    if len(data) - start != length:
        raise source.fail(record, f"the header asks for {length} bytes, but the file has {len(data) - start}")
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")


register(Format("npy", recognise_npy, read_npy, write_npy, endings=(".npy",)))
register(Format("npz", recognise_npz, read_npz, write_npz, endings=(".npz",)))
