"""What every configuration format shares: the record a reader returns, bounded reading, group names, the registry.

A format is one file that defines a reader, perhaps a writer, and registers them (:func:`register`). Readers only
decode and hand over what the file claims (:class:`Claim`); recomputing and comparing is done for all of them in
:mod:`.verify`. Writers only encode; what a format cannot hold is refused for all of them in :meth:`Format.refuse`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.schema import GROUPS
from lqcdnn.errors import DataError, DiskError, InputError

Links = NDArray[np.complex128]
MOST_SITES = 1 << 40
MOST_COLORS = len(GROUPS)
_CLAIMED = {"f4": 1e-7, "f8": 1e-12}  # agreement asked of a printed average


@dataclass(frozen=True)
class Configuration:
    """A gauge configuration as read from a file, verified.

    Attributes
    ----------
    links
        complex128, shape (d, L1, ..., Ld, N, N): ``links[mu, x, y, z, t]`` is the link from that site in direction mu;
        directions and coordinates are ordered x, y, z, t. Values are those of the file, also where float32 left the
        group.
    shape
        (L1, ..., Ld), time last.
    group
        "U(1)" or "SU(N)".
    format
        Name of the format it was read from.
    attributes
        What else the file said.
    warnings
        What the user should know: no checksum, single precision, links slightly off the group.
    plaquette
        Recomputed mean of Re tr P / N over all planes.
    unitarity
        Recomputed largest element of abs(U U^dagger - 1), or of abs(det U - 1) for SU(N) if that is larger.
    real
        "f4" or "f8": precision of the numbers in the file.
    claimed
        What the file says of its links and what was found to be right: "plaquette", "link_trace", both divided by N.
    checksum
        Name of the checksum that was verified; None when the file has none.
    scalar
        Scalar field beside the links, complex128, shape (L1, ..., Ld, N, 1); None when the file has none.
    """

    links: Links
    shape: tuple[int, ...]
    group: str
    format: str
    attributes: dict[str, Any]
    warnings: list[str]
    plaquette: float
    unitarity: float
    real: str = "f8"
    claimed: dict[str, float] = field(default_factory=dict)
    checksum: str | None = None
    scalar: Links | None = None


@dataclass(frozen=True)
class Claim:
    """A number in the file that can be recomputed from its links."""

    record: str
    quantity: str  # "plaquette" or "link_trace", both divided by N
    value: float
    tolerance: float


@dataclass(frozen=True)
class Decoded:
    """What a reader returns: links in user layout, and everything needed to verify and describe them."""

    links: Links
    group: str
    real: str  # "f4" or "f8", as in the file
    claims: list[Claim] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    checksum: str | None = None  # name of the one that was verified
    scalar: Links | None = None


@dataclass(frozen=True)
class Source:
    """A file to decode, with what the caller expects of it (None = take what the file says)."""

    path: Path
    size: int
    shape: tuple[int, ...] | None = None
    group: str | None = None

    def read(self, offset: int, count: int, what: str) -> bytes:
        """Read exactly `count` bytes; a file that is too short is a DataError that names `what`."""
        if count < 0 or offset < 0 or offset + count > self.size:
            raise DataError(f"{self.path}: {what} needs {count} bytes at {offset}, but the file ends at {self.size}")
        try:
            with open(self.path, "rb") as file:
                file.seek(offset)
                data = file.read(count)
        except OSError as error:
            raise DiskError(f"{self.path}: could not read: {error.strerror}") from error
        if len(data) != count:
            raise DataError(f"{self.path}: the file became shorter while it was read")
        return data

    def read_rest(self, offset: int, count: int) -> bytes:
        """Read the rest of the file, the links, which must be exactly `count` bytes."""
        if self.size - offset != count:
            raise self.fail("links", f"the header asks for {count} bytes, but the file has {self.size - offset}")
        return self.read(offset, count, "links")

    def head(self, count: int) -> bytes:
        """The first `count` bytes, or all of a shorter file."""
        return self.read(0, min(count, self.size), "the beginning")

    def fail(self, record: str, message: str) -> DataError:
        """The error for a fault in one record of this file."""
        return DataError(f"{self.path}: {record}: {message}")

    def compare(self, record: str, quantity: str, stored: object, computed: object) -> None:
        """Raise unless a stored value (a size, a checksum) equals the one computed."""
        if stored != computed:
            raise self.fail(record, f"{quantity} is {stored} in the file, but {computed} by its content")


@dataclass(frozen=True)
class Format:
    """One file format: how to recognise and read it, and, where it can be written, how and what it holds.

    Attributes
    ----------
    name
        As on the command line and in messages.
    recognise
        Whether a file is of this format, from its first bytes.
    read
        The decoder.
    write
        The encoder: links, group, attributes and real ("f4", "f8") to the bytes of a file.
    dims, groups, reals
        Dimensions, gauge groups and precisions that can be written; the first precision is the usual one.
    even
        Whether all extents must be even.
    endings
        Ends of file names that stand for this format when a file is written.
    """

    name: str
    recognise: Callable[[Source], bool]
    read: Callable[[Source], Decoded]
    write: Callable[[Links, str, dict[str, Any], str], bytes | memoryview] | None = None
    dims: tuple[int, ...] = (2, 3, 4)
    groups: tuple[str, ...] = GROUPS
    reals: tuple[str, ...] = ("f8", "f4")
    even: bool = False
    endings: tuple[str, ...] = ()

    def refuse(self, shape: Sequence[int], group: str, real: str) -> None:
        """Raise InputError when this format cannot hold such a configuration.

        Parameters
        ----------
        shape
            (L1, ..., Ld).
        group, real
            As in :class:`Configuration`.
        """
        fits = len(shape) in self.dims and group in self.groups and not (self.even and any(n % 2 for n in shape))
        if fits and real in self.reals:
            return
        groups = self.groups[0] if len(self.groups) == 1 else f"{self.groups[0]} to {self.groups[-1]}"
        dims = ", ".join(map(str, self.dims)) + " dimensions" + (" with even extents" if self.even else "")
        raise InputError(
            f"format {self.name} cannot hold {group} on {'x'.join(map(str, shape))} in {real}",
            hint=f"{self.name} holds {groups} in {dims}, in {' or '.join(self.reals)}",
        )


FORMATS: dict[str, Format] = {}


def register(new: Format) -> None:
    """Make a format known; recognition asks formats in the order of their registration."""
    FORMATS[new.name] = new


def group_name(colors: int) -> str:
    """The name of the gauge group of N x N links: "U(1)" for N = 1, else "SU(N)".

    Raises
    ------
    ValueError
        When there is no such group here.
    """
    if not 1 <= colors <= MOST_COLORS:
        raise ValueError(f"no gauge group has {colors} colours; the largest known is {GROUPS[-1]}")
    return GROUPS[colors - 1]


def group_colors(group: str) -> int:
    """N of "U(1)" or "SU(N)".

    Raises
    ------
    InputError
        For any other name.
    """
    if group not in GROUPS:
        raise InputError(f"unknown gauge group {group!r}", hint="known: " + ", ".join(GROUPS))
    return GROUPS.index(group) + 1


def checked_shape(source: Source, record: str, extents: Sequence[int]) -> tuple[int, ...]:
    """Lattice extents of a header, refused when they make no lattice."""
    shape = tuple(int(extent) for extent in extents)
    if not 2 <= len(shape) <= 4 or min(shape) < 1 or math.prod(shape) > MOST_SITES:
        raise source.fail(record, f"extents {shape} make no lattice")
    return shape


def printed_claim(record: str, quantity: str, text: str, real: str) -> Claim:
    """A claim from decimal text, good to two units of its last digit, or to single precision if links are stored so.

    Raises
    ------
    ValueError
        The text is no finite number (``decimal.InvalidOperation``, an ArithmeticError, where it is no number at all).
    """
    value = Decimal(text.strip())
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{record}: {quantity} is {text.strip()}")
    return Claim(record, quantity, float(value), min(1e-4, max(2.0 * 10.0**exponent, _CLAIMED[real])))


def open_source(path: str | os.PathLike[str], shape: Sequence[int] | None, group: str | None) -> Source:
    """Look at a file before reading it.

    Raises
    ------
    InputError
        When there is no such file, or `group` is unknown.
    DiskError
        When it cannot be looked at.
    """
    if group is not None:
        group_colors(group)
    try:
        if Path(path).is_dir():
            raise InputError(f"{path} is a directory, not a configuration file")
        if not Path(path).is_file():
            what = "a pipe or a device, not a file" if Path(path).exists() else "no such file"
            raise InputError(f"{path}: {what}")
        size = os.path.getsize(path)
    except OSError as error:
        raise DiskError(f"{path}: could not read: {error.strerror}") from error
    return Source(Path(path), size, None if shape is None else tuple(shape), group)
