"""The LIME container of ILDG and SciDAC files: a chain of typed records, and the small XML documents in them.

A record is a 144-byte big-endian header (magic 0x456789ab, version, flags, data length, 128-byte type) and its data,
padded to a multiple of 8. Lengths are checked against the file before anything is read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.parsers import expat

from lqcdnn.errors import DataError
from lqcdnn.storage.formats.base import Source

MAGIC = bytes.fromhex("456789ab")
BEGIN, END = 0x8000, 0x4000  # flags of the first and the last record of a message
_HEADER = struct.Struct(">4sHHQ128s")
_MOST_RECORDS = 1000
_MOST_TEXT = 1 << 20


@dataclass(frozen=True)
class Record:
    """Where the data of one record lie in the file."""

    type: str
    offset: int
    length: int


def records(source: Source) -> dict[str, Record]:
    """The first record of each type, in file order.

    Raises
    ------
    DataError
        When a header is damaged, a record reaches beyond the file, or there are more than 1000.
    """
    found: dict[str, Record] = {}
    position = 0
    for _ in range(_MOST_RECORDS):
        if position >= source.size:
            return found
        magic, version, _flags, length, name = _HEADER.unpack(source.read(position, _HEADER.size, "a LIME header"))
        if magic != MAGIC or version != 1:
            raise source.fail("LIME header", f"damaged at byte {position}")
        record = Record(name.split(b"\0")[0].decode("ascii"), position + _HEADER.size, length)
        if record.offset + length > source.size:
            raise source.fail(record.type, f"declares {length} bytes, but the file ends at {source.size}")
        found.setdefault(record.type, record)
        position = record.offset + (length + 7) // 8 * 8
    raise source.fail("LIME header", f"more than {_MOST_RECORDS} records")


def assemble(*parts: tuple[str, bytes | memoryview, int]) -> bytes:
    """The bytes of a file from records: type, data, flags (:data:`BEGIN`, :data:`END`)."""
    pieces: list[bytes | memoryview] = []
    for name, data, flags in parts:
        pieces += [_HEADER.pack(MAGIC, 1, flags, len(data), name.encode("ascii")), data, bytes(-len(data) % 8)]
    return b"".join(pieces)


def document(text: str) -> bytes:
    """An XML document as QIO writes it: with a declaration and a final zero byte; no control characters."""
    clean = "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)
    return f'<?xml version="1.0" encoding="UTF-8"?>{clean}\0'.encode()


def payload(source: Source, record: Record) -> bytes:
    """The data of a record."""
    return source.read(record.offset, record.length, record.type)


def text(source: Source, record: Record) -> str:
    """The data of a text record of at most 1 MiB, without padding."""
    if record.length > _MOST_TEXT:
        raise source.fail(record.type, f"a text of {record.length} bytes")
    return payload(source, record).rstrip(b"\0").decode("utf-8").strip()


def leaves(source: Source, record: Record) -> dict[str, str]:
    """Texts of the elements of an XML record by local name; the first counts when a name occurs twice.

    Document types and entities are refused, so the result is no longer than the record.
    """
    parser = expat.ParserCreate()
    found: dict[str, str] = {}
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        pieces.clear()

    def end(name: str) -> None:
        found.setdefault(name.rpartition(":")[2], "".join(pieces).strip())
        pieces.clear()

    def refuse(*_: Any) -> NoReturn:
        raise source.fail(record.type, "XML with a document type is not allowed")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = pieces.append
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text(source, record), True)
    except expat.ExpatError as error:
        raise source.fail(record.type, f"damaged XML: {error}") from error
    return found


def need(source: Source, found: dict[str, str], record: Record, *names: str) -> list[str]:
    """The texts of these elements; a missing one is a DataError."""
    for name in names:
        if name not in found:
            raise DataError(f"{source.path}: {record.type}: no element <{name}>")
    return [found[name] for name in names]
