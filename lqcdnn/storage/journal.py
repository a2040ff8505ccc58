"""Series of records as JSON lines, only ever appended to.

A record is written by one ``write`` call; a kill can tear at most the last line, which is recognised by its missing
newline and dropped. The same values give the same bytes: keys keep their order, floats are written by ``repr``.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self

from lqcdnn.errors import DataError, DiskError, NumericalError
from lqcdnn.storage import atomic

Record = dict[str, Any]


class JournalContent(NamedTuple):
    """What :meth:`Journal.records` returns: the records in file order, and a warning when the last line was torn."""

    records: list[Record]
    warnings: list[str]


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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
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
            line = json.dumps(record, allow_nan=False).encode() + b"\n"
        except ValueError as error:
            raise NumericalError(f"{self.path}: refused a record with a number that is not finite: {record}") from error
        try:
            self._write(self._open(), line)
        except OSError as error:
            raise DiskError(f"{self.path}: could not append {len(line)} bytes: {error.strerror or error}") from error

    def sync(self) -> None:
        """Wait until every appended record is on the disk."""
        if self._descriptor is not None:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise DiskError(f"{self.path}: could not sync: {error.strerror}") from error

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
            Naming the line, when a line other than a torn last one is not a JSON object of finite numbers.
        """
        content, torn = self._read()
        warnings = [f"{self.path}: dropped a last line that was not written to its end"] if torn else []
        return JournalContent([record for _, record in self._parse(content)], warnings)

    def truncate(self, after: int, key: str = "trajectory") -> None:
        """Keep the lines whose `key` is at most `after`, byte for byte, and drop the others and a torn last line.

        Raises
        ------
        DataError
            As :meth:`records`, and when a line has no integer `key`.
        """
        self.close()
        content, torn = self._read()
        kept = []
        for number, (line, record) in enumerate(self._parse(content), start=1):
            if not isinstance(record.get(key), int):
                raise DataError(f"{self.path}: line {number} has no integer {key!r}")
            if record[key] <= after:
                kept.append(line)
        if torn or sum(map(len, kept)) != len(content):
            atomic.write_bytes(self.path, b"".join(kept))

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

    def _parse(self, content: bytes) -> Iterator[tuple[bytes, Record]]:
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            try:
                record = json.loads(line, parse_constant=_refuse)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{self.path}: line {number} is damaged: {error}") from error
            if not isinstance(record, dict):
                raise DataError(f"{self.path}: line {number} is damaged: not a JSON object")
            yield line + b"\n", record

    def _open(self) -> int:
        if self._descriptor is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._descriptor = descriptor
            content, torn = self._read()
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


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")
