"""How large an upload becomes when it is unpacked, found before any of it is unpacked.

A body of a kilobyte may unpack to gigabytes, and what a file says of its own size in one place need not be so. What
Arrow reserves memory by is read here as Arrow reads it: of an IPC stream the length before each packed buffer, of a
Parquet file the header before each page. The footer is read here too: where a column's entry in it is damaged, pyarrow
ends the whole process that asks for it. The formats: Message.fbs of Arrow, parquet.thrift, Thrift's compact protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

UNPACKED_MAX: Final = 512 * 2**20
"""Bytes: of a Parquet file's pages; of a batch of Arrow IPC with the dictionaries before it."""

HEADER_MAX: Final = 8 * 2**20
"""Bytes of a Parquet footer, or of the header of one Arrow message; a wide file of 10,000 symbols has half of it."""

PAGES_MAX: Final = 200_000
DELTA_BYTE_ARRAY: Final = 7
"""Texts as what they add to the text before: a page of a few bytes may hold any number of long texts."""

SCHEMA, DICTIONARY, BATCH = 1, 2, 3
NESTED_MAX: Final = 8
STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
SIZES: Final = {TRUE: 0, FALSE: 0, BYTE: 1, DOUBLE: 8}

Wanted = dict[int, tuple[int, Any]]
"""Of a struct by field: its type, and what is wanted of the structs in it."""

CHUNK: Final[Wanted] = {5: (I64, 0), 7: (I64, 0), 9: (I64, 0), 11: (I64, 0)}
"""num_values, total_compressed_size, data_page_offset, dictionary_page_offset of ColumnMetaData."""

FOOTER: Final[Wanted] = {4: (LIST, {1: (LIST, {3: (STRUCT, CHUNK)}), 3: (I64, 0)})}
"""Row groups, each with its columns and num_rows."""

PAGE: Final[Wanted] = {2: (I32, 0), 3: (I32, 0), 5: (STRUCT, {2: (I32, 0)}), 8: (STRUCT, {4: (I32, 0)})}
"""Unpacked and packed size, and the encoding in the header of a data page of either version."""


class Chunk(NamedTuple):
    """One column of one row group: its pages stand from `first` to `end`."""

    first: int
    end: int
    values: int


class Footer(NamedTuple):
    """Of a Parquet file: how many cells it says it has, and where they are."""

    cells: int
    chunks: list[Chunk]


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


def check_footer(content: Any) -> Footer:
    """Of a Parquet file: its footer, which is read first and whole. Raises UnpacksToTooMuch, Unreadable."""
    if len(content) < 12 or content[-4:] != b"PAR1":
        raise Unreadable
    (length,) = struct.unpack_from("<I", content, len(content) - 8)
    if length > HEADER_MAX:
        raise UnpacksToTooMuch
    if length > len(content) - 12:
        raise Unreadable
    try:
        found = _Thrift(content[-8 - length : -8], 0).struct(FOOTER)
    except IndexError as error:
        raise Unreadable from error
    groups = found.get(4, [])
    return Footer(
        sum(max(group.get(3, 0), 0) * len(group.get(1, [])) for group in groups),
        [_chunk(chunk.get(3, {})) for group in groups for chunk in group.get(1, [])],
    )


def check_pages(content: Any, footer: Footer) -> None:
    """Of a Parquet file with this footer. Raises UnpacksToTooMuch, UnboundedTexts, Unreadable."""
    pages = unpacked = 0
    try:
        for chunk in footer.chunks:
            for size in _pages(content, chunk):
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


# ------------------------------------------------------------ Parquet: structs of Thrift


def _chunk(meta: dict[int, int]) -> Chunk:
    """Where Arrow looks for the pages of a column chunk."""
    if not {5, 7, 9} <= meta.keys():
        raise Unreadable
    at = meta[9]
    if 0 < meta.get(11, 0) < at:
        at = meta[11]
    return Chunk(at, at + meta[7], meta[5])


def _pages(content: Any, chunk: Chunk) -> Iterator[int]:
    """Bytes of each page of a column chunk once it is unpacked."""
    if chunk.values <= 0:
        return  # as Arrow, which reads no page then
    at = chunk.first
    if at < 0 or chunk.end > len(content):
        raise Unreadable
    while at < chunk.end:
        reader = _Thrift(content, at)
        header = reader.struct(PAGE)
        unpacked, packed = header.get(2, -1), header.get(3, -1)
        if min(unpacked, packed) < 0:
            raise Unreadable
        for field, encoding in ((5, 2), (8, 4)):
            if header.get(field, {}).get(encoding) == DELTA_BYTE_ARRAY:
                raise UnboundedTexts
        yield unpacked
        at = reader.at + packed
    if at != chunk.end:
        raise Unreadable


class _Thrift:
    """A reader of structs in the compact protocol: what is wanted of them, by field.

    A wanted field that comes twice, or is of another type than it should be, is refused: Arrow would take one and
    skip the other.
    """

    def __init__(self, content: Any, at: int) -> None:
        self._content = content
        self.at = at

    def struct(self, wanted: Wanted, depth: int = 0) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for field, kind in self._fields(depth):
            if field not in wanted:
                self._skip(kind, depth)
                continue
            asked, inner = wanted[field]
            if kind != asked or field in found:
                raise Unreadable
            if kind == STRUCT:
                found[field] = self.struct(inner, depth + 1)
            elif kind == LIST:
                size, of = self._list()
                if of != STRUCT:
                    raise Unreadable
                found[field] = [self.struct(inner, depth + 1) for _ in range(size)]
            else:
                number = self._varint()
                found[field] = (number >> 1) ^ -(number & 1)
        return found

    def _fields(self, depth: int) -> Iterator[tuple[int, int]]:
        if depth > NESTED_MAX:
            raise Unreadable
        field = 0
        while (head := self._byte()) & 15 != STOP:
            if head >> 4:
                field += head >> 4
            else:
                number = self._varint()
                field = (number >> 1) ^ -(number & 1)
            yield field, head & 15

    def _skip(self, kind: int, depth: int) -> None:
        if kind in SIZES:
            self.at += SIZES[kind]
        elif kind in {I16, I32, I64}:
            self._varint()
        elif kind == BINARY:
            length = self._varint()
            self.at += length
        elif kind == LIST:
            size, of = self._list()
            if of in SIZES:
                self.at += size * max(SIZES[of], 1)  # a truth in a list has a byte of its own
            else:
                for _ in range(size):
                    self._skip(of, depth + 1)
        elif kind == STRUCT:
            for _, inner in self._fields(depth + 1):
                self._skip(inner, depth + 1)
        else:
            raise Unreadable  # Parquet has no sets and maps

    def _list(self) -> tuple[int, int]:
        """How many elements follow, and of which type."""
        head = self._byte()
        return (head >> 4 if head >> 4 < 15 else self._varint()), head & 15

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
