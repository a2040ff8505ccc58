"""Series of records as JSON lines, only ever appended to.

A record is written by one ``write`` call; a kill can tear at most the last line, which is recognised by its missing
newline and dropped. The same values give the same bytes: keys keep their order, floats are written by ``repr``.

The last field of a line, ``check``, is the CRC-32 of the lines up to and with this one, itself left out: a line that
was edited, removed, inserted or moved is found by its number. Files begun by versions without it are read all the same;
the first line with a check covers those before it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

from lqcdnn.errors import DataError, DiskError, NumericalError
from lqcdnn.storage import atomic

Record = dict[str, Any]
CHECK = "check"
REPAIR_HINT = "generate, train and measure --repair keep the damaged file and go on from a state before the damage"
_PROOF = re.compile(rb'(?:, |(?<=\{))"check": "([0-9a-f]{8})"\}\Z')
_PROOF_SIZE = 22
"""Bytes of the longest: none begins before the last so many of a line."""


class JournalContent(NamedTuple):
    """What :meth:`Journal.records` returns: the records in file order, and a warning when the last line was torn."""

    records: list[Record]
    warnings: list[str]


class Line(NamedTuple):
    """A complete line: its bytes, its record without ``check``, and the CRC-32 up to here."""

    data: bytes
    record: Record
    crc: int
    checked: bool


class Survey(NamedTuple):
    """What :meth:`Journal.survey` returns.

    ``good`` are the lines before the first damaged one; ``total`` counts all complete lines; ``damage`` says what is
    wrong with line ``len(good) + 1``, or is None; ``torn`` is the number of bytes after the last newline.
    """

    good: list[Line]
    total: int
    damage: str | None
    torn: int

    @property
    def unchecked(self) -> int:
        """Lines that no check covers: all, or none, since a check covers the lines before it."""
        return 0 if self.good and self.good[-1].checked else len(self.good)


class Journal:
    """An append-only file of JSON objects, one a line.

    Parameters
    ----------
    path
        The file; created by the first :meth:`append`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._descriptor: int | None = None
        self._crc = 0  # of the lines in the file, while it is open
        self._known = (-1, 0)  # bytes of the file, and that number, as `truncate` has just left them

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record at the end of the file (without waiting for the disk, see :meth:`sync`).

        Raises
        ------
        NumericalError
            When a number in the record is not finite; nothing is written.
        DiskError
            When the line could not be written whole; the file is as it was before.
        """
        try:
            body = json.dumps(record, allow_nan=False).encode()
        except ValueError as error:
            raise NumericalError(f"{self.path}: refused a record with a number that is not finite: {record}") from error
        try:
            descriptor = self._open()
            crc = zlib.crc32(body, self._crc)
            line = _with_check(body, crc)
            self._write(descriptor, line)
            self._crc = crc
        except OSError as error:
            self.close()
            size = len(body) + len(_with_check(b"{}", 0)) + 1
            raise DiskError(f"{self.path}: could not append {size} bytes: {error.strerror or error}") from error

    def sync(self) -> None:
        """Wait until every appended record is on the disk."""
        if self._descriptor is not None:
            try:
                atomic.sync(self._descriptor)
            except OSError as error:
                size = os.fstat(self._descriptor).st_size
                raise DiskError(f"{self.path}: could not sync {size} bytes: {error.strerror}") from error

    def close(self) -> None:
        """Close the file; a later append opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def records(self) -> JournalContent:
        """Read every record. A missing file has none.

        Raises
        ------
        DataError
            Naming the line, when a line other than a torn last one is not a JSON object of finite numbers, or is not
            what was written there.
        """
        content, torn = self._read()
        return JournalContent([line.record for line in self._lines(content)], self._torn(torn))

    def each(self) -> Iterator[Record]:
        """The records one after the other, for who needs little of each: all of a long run take ten times the file.

        Raises
        ------
        DataError
            As :meth:`records`, when it is reached.
        """
        return (line.record for line in self._lines(self._read()[0]))

    def survey(self) -> Survey:
        """Read as far as possible, and say where the first damage is instead of raising."""
        content, torn = self._read()
        good: list[Line] = []
        damage = None
        try:
            for line in self._lines(content):
                good.append(line)
        except DataError as error:
            damage = error.message
        return Survey(good, content.count(b"\n"), damage, len(torn))

    def truncate(self, after: int, key: str = "trajectory") -> JournalContent:
        """Keep the lines whose `key` is at most `after`, byte for byte, and drop the others and a torn last line.

        Lines behind a dropped one get the check that belongs to their new place.

        Returns
        -------
        JournalContent
            The records that were kept, and a warning when the last line was torn.

        Raises
        ------
        DataError
            As :meth:`records`, and when a line has no integer `key`.
        """
        self.close()
        content, torn = self._read()
        records, kept, crc, number = list[Record](), list[bytes](), 0, 0
        for number, line in enumerate(self._lines(content), start=1):
            if not isinstance(line.record.get(key), int):
                raise DataError(f"{self.path}: line {number} has no integer {key!r}")
            if line.record[key] > after:
                continue
            if len(kept) + 1 == number:
                crc, data = line.crc, line.data
            else:
                body = _without_check(line.data[:-1])[0]
                crc = zlib.crc32(body, crc)
                data = _with_check(body, crc) if line.checked else line.data
            kept.append(data)
            records.append(line.record)
        if torn or len(kept) < number:
            content = b"".join(kept)
            atomic.write_bytes(self.path, content)
        self._known = len(content), crc
        return JournalContent(records, self._torn(torn))

    def _torn(self, torn: bytes) -> list[str]:
        return [f"{self.path}: dropped a last line that was not written to its end"] if torn else []

    def _read(self) -> tuple[bytes, bytes]:
        """The complete lines, and the torn rest."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return b"", b""
        except OSError as error:
            raise DiskError(f"{self.path}: could not read: {error.strerror}") from error
        end = data.rfind(b"\n") + 1
        return data[:end], data[end:]

    def _lines(self, content: bytes) -> Iterator[Line]:
        crc, checked = 0, False
        for number, data in enumerate(io.BytesIO(content), start=1):
            body, check = _without_check(data[:-1])
            crc = zlib.crc32(body, crc)
            try:
                record = _decoded(body.decode())
                if not isinstance(record, dict):
                    raise ValueError("not a JSON object")
                if check is None and (checked or CHECK in record):
                    raise ValueError("it has lost its check")
            except (ValueError, RecursionError) as error:
                raise DataError(f"{self.path}: line {number} is damaged: {error}", hint=REPAIR_HINT) from error
            if check is not None and check != crc:
                raise DataError(
                    f"{self.path}: line {number} is not what was written: its check is {check:08x}, but its content "
                    f"after the lines before it gives {crc:08x}",
                    hint=REPAIR_HINT,
                )
            checked = check is not None
            yield Line(data, record, crc, checked)

    def _open(self) -> int:
        if self._descriptor is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._descriptor = descriptor
            (size, self._crc), self._known = self._known, (-1, 0)
            if size == os.fstat(descriptor).st_size > 0:
                return descriptor
            content, torn = self._read()
            self._crc = next((line.crc for line in deque(self._lines(content), maxlen=1)), 0)
            if torn:
                os.ftruncate(descriptor, len(content))
            if not content:
                atomic.sync_directory(self.path.parent)
        return self._descriptor

    @staticmethod
    def _write(descriptor: int, line: bytes) -> None:
        size = os.fstat(descriptor).st_size
        try:
            written = os.write(descriptor, line)
            if written != len(line):
                raise OSError(0, f"only {written} bytes fitted")
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise


def _with_check(body: bytes, crc: int) -> bytes:
    """The line of a JSON object: ``check`` added as its last field."""
    return body[:-1] + (b"" if body == b"{}" else b", ") + f'"{CHECK}": "{crc:08x}"}}\n'.encode()


def _without_check(data: bytes) -> tuple[bytes, int | None]:
    """The JSON object that was checked, and its check; None when there is none."""
    found = _PROOF.search(data, len(data) - _PROOF_SIZE)
    return (data, None) if found is None else (data[: found.start()] + b"}", int(found[1], 16))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


DECODER = json.JSONDecoder(parse_constant=_refuse)
"""One for all lines: ``json.loads`` would make another each time."""


def _decoded(text: str) -> Any:
    """What `DECODER` makes of a text, without its search for spaces around what has none."""
    try:
        value, end = DECODER.raw_decode(text)
    except ValueError:
        return DECODER.decode(text)
    return value if end == len(text) else DECODER.decode(text)
