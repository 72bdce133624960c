"""How large an upload becomes when it is unpacked, found before any of it is unpacked.

A body of a kilobyte may unpack to gigabytes, and what a file says of its own size in one place need not be so. What
Arrow reserves memory by is read here as Arrow reads it: of an IPC stream the length before each packed buffer, of a
Parquet file the header before each page. The formats: Message.fbs of Arrow, parquet.thrift, Thrift's compact protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

UNPACKED_MAX: Final = 512 * 2**20
"""Bytes: of a Parquet file's pages; of a batch of Arrow IPC with the dictionaries before it."""

HEADER_MAX: Final = 8 * 2**20
"""Bytes of a Parquet footer, or of the header of one Arrow message; a wide file of 10,000 symbols has half of it."""

PAGES_MAX: Final = 200_000
DELTA_BYTE_ARRAY: Final = 7
"""Texts as what they add to the text before: a page of a few bytes may hold any number of long texts."""

SCHEMA, DICTIONARY, BATCH = 1, 2, 3
NESTED_MAX: Final = 8
STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12


class UnpacksToTooMuch(Exception):
    """More than one upload may hold."""


class Unreadable(Exception):
    """Not of the format."""


class UnboundedTexts(Exception):
    """Pages of DELTA_BYTE_ARRAY: what they unpack to stands nowhere."""


def check_stream(content: Any, at: int) -> None:
    """Of an Arrow IPC stream that begins `at`. Raises UnpacksToTooMuch, Unreadable."""
    dictionaries = 0
    try:
        for kind, unpacked in _messages(content, at):
            if kind == DICTIONARY:
                dictionaries += unpacked
            if dictionaries + (unpacked if kind == BATCH else 0) > UNPACKED_MAX:
                raise UnpacksToTooMuch
    except (struct.error, IndexError) as error:
        raise Unreadable from error


def check_footer(content: Any) -> None:
    """Of a Parquet file: its footer, which is read first and whole. Raises UnpacksToTooMuch, Unreadable."""
    if len(content) < 12 or content[-4:] != b"PAR1":
        raise Unreadable
    if struct.unpack_from("<I", content, len(content) - 8)[0] > HEADER_MAX:
        raise UnpacksToTooMuch


def check_pages(content: Any, metadata: Any) -> None:
    """Of a Parquet file with the metadata of `pyarrow`. Raises UnpacksToTooMuch, Unreadable."""
    pages = unpacked = 0
    try:
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                for size in _pages(content, metadata.row_group(group).column(column)):
                    pages += 1
                    unpacked += size
                    if unpacked > UNPACKED_MAX or pages > PAGES_MAX:
                        raise UnpacksToTooMuch
    except (struct.error, IndexError) as error:
        raise Unreadable from error


# ------------------------------------------------------------ Arrow IPC: messages of flatbuffers


def _messages(content: Any, at: int) -> Iterator[tuple[int, int]]:
    """(kind, bytes of the unpacked body) of each message up to the end of the stream."""
    while at < len(content):
        (length,) = struct.unpack_from("<i", content, at)
        at += 4
        if length == -1:  # since Arrow 0.15 a mark comes first
            (length,) = struct.unpack_from("<i", content, at)
            at += 4
        if length == 0:
            return
        if length > HEADER_MAX:
            raise UnpacksToTooMuch
        if length < 0 or at + length > len(content):
            raise Unreadable
        header = bytes(content[at : at + length])
        at += length
        message = struct.unpack_from("<I", header)[0]
        kind = _scalar(header, message, 1, "<B")
        body = _scalar(header, message, 3, "<q")
        if body < 0 or at + body > len(content):
            raise Unreadable
        table = _table(header, message, 2)
        if kind == DICTIONARY and table is not None:
            table = _table(header, table, 1)
        has_body = kind in {DICTIONARY, BATCH} and table is not None
        yield kind, _unpacked(header, table or 0, content, at, body) if has_body else 0
        at += body


def _unpacked(header: bytes, batch: int, content: Any, at: int, body: int) -> int:
    """Bytes of the buffers of a record batch once they are unpacked."""
    buffers = _table(header, batch, 2)
    if buffers is None:
        return 0
    (count,) = struct.unpack_from("<I", header, buffers)
    if count > len(header) // 16:
        raise Unreadable
    packed = _table(header, batch, 3) is not None
    total = 0
    for offset, length in struct.iter_unpack("<qq", header[buffers + 4 : buffers + 4 + 16 * count]):
        if offset < 0 or length < 0 or offset + length > body:
            raise Unreadable
        said = struct.unpack_from("<q", content, at + offset)[0] if packed and length else -1
        total += length if said < 0 else said
    return total


def _field(header: bytes, table: int, number: int) -> int:
    """Where a field of a table stands; 0 where it is left out."""
    vtable = table - struct.unpack_from("<i", header, table)[0]
    if vtable < 0:
        raise Unreadable
    (size,) = struct.unpack_from("<H", header, vtable)
    if 4 + 2 * number >= size:
        return 0
    (offset,) = struct.unpack_from("<H", header, vtable + 4 + 2 * number)
    return table + offset if offset else 0


def _scalar(header: bytes, table: int, number: int, kind: str) -> int:
    place = _field(header, table, number)
    return int(struct.unpack_from(kind, header, place)[0]) if place else 0


def _table(header: bytes, table: int, number: int) -> int | None:
    """Where the table, or vector, that a field refers to begins."""
    place = _field(header, table, number)
    return place + int(struct.unpack_from("<I", header, place)[0]) if place else None


# ------------------------------------------------------------ Parquet: pages with Thrift headers


def _pages(content: Any, chunk: Any) -> Iterator[int]:
    """Bytes of each page of a column chunk once it is unpacked."""
    if chunk.num_values <= 0:
        return  # as Arrow, which reads no page then
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < at:
        at = chunk.dictionary_page_offset
    end = at + chunk.total_compressed_size
    if at < 0 or end > len(content):
        raise Unreadable
    while at < end:
        reader = _Thrift(content, at)
        header = reader.struct()
        unpacked, packed = header.get(2), header.get(3)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or min(unpacked, packed) < 0:
            raise Unreadable
        for field, encoding in ((5, 2), (8, 4)):
            data = header.get(field)
            if isinstance(data, dict) and data.get(encoding) == DELTA_BYTE_ARRAY:
                raise UnboundedTexts
        yield unpacked
        at = reader.at + packed
    if at != end:
        raise Unreadable


class _Thrift:
    """A reader of structs in the compact protocol: of each its whole numbers and structs, by field."""

    def __init__(self, content: Any, at: int) -> None:
        self._content = content
        self.at = at

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > NESTED_MAX:
            raise Unreadable
        found: dict[int, Any] = {}
        field = 0
        while True:
            head = self._byte()
            kind = head & 15
            if kind == STOP:
                return found
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            found[field] = self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in {TRUE, FALSE}:
            return kind == TRUE
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind == BINARY:
            length = self._varint()
            self.at += length
        elif kind == DOUBLE:
            self.at += 8
        elif kind == BYTE:
            self.at += 1
        elif kind in {LIST, SET, MAP}:
            raise Unreadable  # no header of a page has any
        else:
            return self._zigzag()
        return None

    def _byte(self) -> int:
        found: int = self._content[self.at]
        self.at += 1
        return found

    def _varint(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
        raise Unreadable

    def _zigzag(self) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)
