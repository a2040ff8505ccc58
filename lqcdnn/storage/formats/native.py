"""Our own format: one HDF5 dataset ``links`` and attributes, covered by a sha256 (see :mod:`lqcdnn.storage.hdf5`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from lqcdnn.errors import InputError
from lqcdnn.storage import hdf5
from lqcdnn.storage.formats.base import Claim, Decoded, Format, Links, Source, group_name, register
from lqcdnn.storage.formats.layout import rounded
from lqcdnn.storage.formats.verify import plaquette

SCHEMA = 1
_CONTENT = "gauge configuration"
_OURS = ("content", "schema", "shape", "group", "plaquette")


def recognise(source: Source) -> bool:
    """HDF5 signature."""
    return source.head(8) == hdf5.MAGIC


def read(source: Source) -> Decoded:
    """Read and verify; the plaquette of the attribute must come out again to 1e-12."""
    arrays, attributes = hdf5.unpack(source.path)
    if attributes.get("content") != _CONTENT or list(arrays) != ["links"]:
        raise source.fail("attributes", "an HDF5 file, but no gauge configuration")
    source.compare("attributes", "schema", attributes["schema"], SCHEMA)
    values = arrays.pop("links")
    if values.dtype.str not in ("<f4", "<f8") or values.ndim < 4 or values.shape[-1] != 2:
        raise source.fail("links", f"type {values.dtype} and shape {values.shape} are not those of links")
    real = values.dtype.str[1:]
    links = values.view(f"<c{2 * values.itemsize}")[..., 0].astype(np.complex128, copy=False)
    source.compare("attributes", "shape", attributes["shape"], list(links.shape[1:-2]))
    source.compare("attributes", "group", attributes["group"], group_name(links.shape[-1]))
    claim = Claim("attributes", "plaquette", float(str(attributes["plaquette"])), 1e-12)
    rest = {name: value for name, value in attributes.items() if name not in _OURS}
    return Decoded(links, group_name(links.shape[-1]), real, [claim], rest, checksum="sha256")


def write(
    links: Links, group: str, attributes: dict[str, Any], real: str, mean_plaquette: float | None = None
) -> memoryview:
    """The bytes of a file; the same configuration gives the same bytes.

    ``mean_plaquette`` of the links is computed if it is not given; every reader computes it anew.

    Raises
    ------
    InputError
        When an attribute has a name of ours or a value that cannot be stored.
    """
    if taken := sorted(set(attributes) & {*_OURS, "sha256"}):
        raise InputError(f"attribute {taken[0]!r} is written by the format itself")
    values = np.ascontiguousarray(links, dtype="<c8" if real == "f4" else "<c16")
    described = {
        **attributes,
        "content": _CONTENT,
        "schema": SCHEMA,
        "shape": list(links.shape[1:-2]),
        "group": group,
        "plaquette": plaquette(rounded(links, real)).mean if mean_plaquette is None else mean_plaquette,
    }
    return hdf5.pack({"links": values.view(f"<{real}").reshape(*values.shape, 2)}, described)


register(Format("native", recognise, read, write, endings=(".h5", ".hdf5")))
