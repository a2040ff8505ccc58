"""Gauge configurations in files: any known format in, recognised from the content; verified before it is handed out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lqcdnn.errors import DataError, InputError, LqcdnnError
from lqcdnn.storage import atomic
from lqcdnn.storage.formats import bridge, hirep, ildg, milc, native, nersc, numpy_array, openqcd, scidac
from lqcdnn.storage.formats.base import FORMATS, Configuration, Format, Links, Source, group_colors, open_source
from lqcdnn.storage.formats.verify import confirm, expect

__all__ = ["FORMATS", "Configuration", "format_for", "read_configuration", "refuse_scalar", "write_configuration"]

# Importing a format registers it; formats without a magic number are asked last.
_KNOWN = (native, scidac, ildg, nersc, milc, numpy_array, bridge, openqcd, hirep)


def read_configuration(
    path: str | os.PathLike[str],
    shape: Sequence[int] | None = None,
    group: str | None = None,
    format: str | None = None,
) -> Configuration:
    """Read a configuration of any known format and verify it.

    Parameters
    ----------
    path
        The file.
    shape, group
        What the file must hold, when given. A file that does not say itself takes them from here.
    format
        Name of the format; recognised from the content when absent.

    Returns
    -------
    Configuration
        Links in user layout, with plaquette and unitarity recomputed.

    Raises
    ------
    DataError
        When the file is not recognised, damaged, contradicts itself (checksum, plaquette, sizes), is not in the gauge
        group, or holds another lattice or group than asked for.
    InputError
        When the file does not exist or an argument is not allowed.
    DiskError
        When it cannot be read.
    """
    source = open_source(path, shape, group)
    try:
        chosen = _by_name(format) if format is not None else _recognise(source)
        configuration = confirm(source, chosen.name, chosen.read(source))
    except LqcdnnError:
        raise
    except Exception as error:
        # The file is not ours to trust: whatever a decoder trips over is the file's fault, and the cause is chained.
        raise DataError(f"{path}: could not be decoded: {type(error).__name__}: {error}") from error
    expect(source, configuration)
    return configuration


def write_configuration(
    path: str | os.PathLike[str],
    links: Links,
    group: str,
    attributes: Mapping[str, Any] | None = None,
    format: str = "native",
    real: str = "f8",
    plaquette: float | None = None,
    scalar: Links | None = None,
) -> None:
    """Write a configuration, all or nothing.

    Parameters
    ----------
    path
        The file, replaced if it exists.
    links
        complex128 in user layout, shape (d, L1, ..., Ld, N, N).
    group
        "U(1)" or "SU(N)".
    attributes
        What else to note: boundary, trajectory, digest, ... (numbers, texts, short lists of one of them). The native
        format keeps all, the others what they have a place for.
    format
        A format that can be written.
    real
        "f8" or "f4"; not every format has both.
    plaquette
        Mean plaquette if it is known, native format in double precision only: a reader computes it anew and compares.
    scalar
        Scalar field beside the links, shape (L1, ..., Ld, N, 1); the native format alone holds it.

    Raises
    ------
    InputError
        When links, group, format or real do not fit together.
    DiskError
        When it could not be written; an old file is untouched.
    """
    colors = group_colors(group)
    chosen = format_for(path, format)
    assert chosen.write is not None
    if real not in ("f4", "f8"):
        raise InputError(f"real is {real!r}, but can be 'f4' or 'f8'")
    if links.ndim != links.shape[0] + 3 or links.shape[-2:] != (colors, colors) or not np.isfinite(links).all():
        raise InputError(f"an array of shape {links.shape} is no finite {group} configuration in user layout")
    chosen.refuse(links.shape[1:-2], group, real)
    noted = dict(attributes or {})
    if scalar is not None:
        refuse_scalar(chosen, links, scalar)
    if chosen.name == "native":
        known = plaquette if real == "f8" else None
        data: bytes | memoryview = native.write(links, group, noted, real, known, scalar)
    else:
        data = chosen.write(links, group, noted, real)
    atomic.write_bytes(path, data)


def refuse_scalar(format: Format, links: Links, scalar: Links) -> None:
    """Raise InputError for a scalar field that does not belong to the links, or that a format has no place for."""
    if format.name != "native":
        raise InputError(f"format {format.name} cannot hold the scalar field beside the links", hint="allowed: native")
    if scalar.shape != (*links.shape[1:-1], 1) or not np.isfinite(scalar).all():
        raise InputError(f"an array of shape {scalar.shape} is no finite scalar field beside these links")


def format_for(path: str | os.PathLike[str], name: str | None = None) -> Format:
    """The format to write a file in: the one named, else the one its name's ending stands for.

    Raises
    ------
    InputError
        When there is no such format, it cannot be written, or the ending stands for none.
    """
    written = [format for format in FORMATS.values() if format.write is not None]
    if name is not None:
        chosen = _by_name(name)
        if chosen not in written:
            known = ", ".join(format.name for format in written)
            raise InputError(f"format {name!r} can be read but not written", hint=f"written: {known}")
        return chosen
    for format in written:
        if os.fspath(path).lower().endswith(format.endings):
            return format
    known = ", ".join(f"{format.name} ({' '.join(format.endings) or 'no ending'})" for format in written)
    raise InputError(f"{path}: the name does not say in which format to write", hint=f"--to FORMAT, one of {known}")


def _by_name(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r}", hint="known: " + ", ".join(FORMATS))
    return FORMATS[name]


def _recognise(source: Source) -> Format:
    for candidate in FORMATS.values():
        if candidate.recognise(source):
            return candidate
    raise DataError(f"{source.path}: no known configuration format", hint="known: " + ", ".join(FORMATS))
