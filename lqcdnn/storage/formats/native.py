"""Our own format: one HDF5 dataset ``links`` and attributes, covered by a sha256 (see :mod:`lqcdnn.storage.hdf5`).

With a scalar field in the action another dataset, ``scalar``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    if attributes.get("content") != _CONTENT or list(arrays) not in (["links"], ["links", "scalar"]):
        raise source.fail("attributes", "an HDF5 file, but no gauge configuration")
    source.compare("attributes", "schema", attributes["schema"], SCHEMA)
    real = arrays["links"].dtype.str[1:]
    fields = {name: _complex(source, name, arrays.pop(name)) for name in list(arrays)}
    links = fields["links"]
    source.compare("attributes", "shape", attributes["shape"], list(links.shape[1:-2]))
    source.compare("attributes", "group", attributes["group"], group_name(links.shape[-1]))
    claim = Claim("attributes", "plaquette", float(str(attributes["plaquette"])), 1e-12)
    rest = {name: value for name, value in attributes.items() if name not in _OURS}
    scalar = fields.get("scalar")
    return Decoded(links, group_name(links.shape[-1]), real, [claim], rest, checksum="sha256", scalar=scalar)


def _complex(source: Source, name: str, values: NDArray[Any]) -> Links:
    """The complex numbers of a dataset."""
    if values.dtype.str not in ("<f4", "<f8") or values.ndim < 4 or values.shape[-1] != 2:
        raise source.fail(name, f"type {values.dtype} and shape {values.shape} are not those of {name}")
    return values.view(f"<c{2 * values.itemsize}")[..., 0].astype(np.complex128, copy=False)


def write(
    links: Links,
    group: str,
    attributes: dict[str, Any],
    real: str,
    mean_plaquette: float | None = None,
    scalar: Links | None = None,
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
    fields = {"links": links} | ({} if scalar is None else {"scalar": scalar})
    described = {
        **attributes,
        "content": _CONTENT,
        "schema": SCHEMA,
        "shape": list(links.shape[1:-2]),
        "group": group,
        "plaquette": plaquette(rounded(links, real)).mean if mean_plaquette is None else mean_plaquette,
    }
    return hdf5.pack({name: _numbers(values, real) for name, values in fields.items()}, described)


def _numbers(values: Links, real: str) -> NDArray[Any]:
    """Complex numbers as pairs of real ones in the precision of the file."""
    values = np.ascontiguousarray(values, dtype="<c8" if real == "f4" else "<c16")
    return values.view(f"<{real}").reshape(*values.shape, 2)


register(Format("native", recognise, read, write, endings=(".h5", ".hdf5")))
