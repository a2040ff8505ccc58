"""Bridge++ text as LatticeQCD.jl writes it: one decimal number a line, no header.

Sites with x fastest and t slowest, then mu = x, y, z, t, the matrix row by row, real part before imaginary part. (A
comment in the source of LatticeQCD.jl puts mu outermost; its loops, and its files, have it inside the site.) Lattice
and group come from the caller or from the number of lines (see :mod:`.undescribed`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DiskError
from lqcdnn.storage.formats import undescribed
from lqcdnn.storage.formats.base import Decoded, Format, Links, Source, register
from lqcdnn.storage.formats.layout import from_site_major, to_site_major

_HEAD = 4096
_PIECE = 1 << 18
_NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LINES = re.compile(rb"(?:[ \t]*" + _NUMBER + rb"[ \t]*\r?\n)*+")
_LONGEST_LINE = 100


def recognise(source: Source) -> bool:
    """The first lines are decimal numbers, one each."""
    head = source.head(_HEAD)
    whole = head[: head.rfind(b"\n") + 1]
    return bool(whole) and len(head) - len(whole) <= _LONGEST_LINE and _LINES.fullmatch(whole) is not None


def read(source: Source) -> Decoded:
    """Read the numbers of a file.

    Raises
    ------
    DataError
        When a line is not one finite number, or no lattice or more than one fits.
    """
    count = sum(piece.count(b"\n") for piece in _pieces(source))
    found = undescribed.fits(source, count, "f8")
    pairs = _values(source, count).view(np.complex128) if found else np.empty(0, np.complex128)
    return undescribed.decode(source, "numbers", f"{count} lines", found, lambda fit: from_site_major(pairs, fit.shape))


def write(links: Links, group: str, attributes: dict[str, Any], real: str) -> bytes:
    """The bytes of a file, numbers with as many digits as needed to come back exactly; no attribute is kept."""
    values = to_site_major(links, "<c16").reshape(-1).view("<f8")
    step = 1 << 14
    return b"".join(_text(values[start : start + step]) for start in range(0, values.size, step))


def _text(values: NDArray[np.float64]) -> bytes:
    """Lines as Julia prints them: shortest digits, exponents without leading zero (1.0e-5, not 1e-05)."""
    lines = [repr(value) if abs(value) >= 1e-4 or value == 0 else _small(value) for value in values.tolist()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _small(value: float) -> str:
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{int(exponent)}"


def _pieces(source: Source) -> Iterator[bytes]:
    """The file in pieces of whole lines, none much longer than 256 kB; a last line without end gets one."""
    rest = b""
    try:
        with open(source.path, "rb") as file:
            while data := file.read(_PIECE):
                data = rest + data
                end = data.rfind(b"\n") + 1
                yield data[:end]
                rest = data[end:]
                if len(rest) > _LONGEST_LINE:
                    raise source.fail("numbers", f"a line longer than {_LONGEST_LINE} characters")
    except OSError as error:
        raise DiskError(f"{source.path}: could not read: {error.strerror}") from error
    if rest:
        yield rest + b"\n"


def _values(source: Source, count: int) -> NDArray[np.float64]:
    """All numbers, finite; `count` are expected."""
    values = np.empty(count)
    position = 0
    for piece in _pieces(source):
        part = _numbers(source, piece, position)
        values[position : position + part.size] = part
        position += part.size
    if position != count:
        raise source.fail("numbers", "the file changed while it was read")
    finite = np.isfinite(values)
    if not finite.all():
        raise source.fail("numbers", f"line {int(np.argmin(finite)) + 1} is not finite")
    return values


def _numbers(source: Source, piece: bytes, before: int) -> NDArray[np.float64]:
    """The numbers of whole lines; `before` counts the lines that went before."""
    good = _LINES.match(piece)
    end = good.end() if good else 0
    if end != len(piece):
        line = piece[end:].partition(b"\n")[0][:40].decode("ascii", "replace")
        number = before + piece.count(b"\n", 0, end) + 1
        raise source.fail("numbers", f"line {number} is {line!r}, not one number")
    return np.array([float(word) for word in piece.split()])


register(Format("bridge", recognise, read, write, dims=(4,), reals=("f8",), endings=(".txt", ".bridge")))
