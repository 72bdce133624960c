"""The market's panel on disk: mapped into memory, so that the system may take its pages back.

    magic, length and SHA-256 of the facts | arrays | checksums of the arrays' blocks | facts, JSON

It is a copy of what the series store holds and can be thrown away at any time. A file is whole before it gets its
name, and what a power cut tears is told by its checksums. Whoever maps it keeps it, also where another takes its
name.
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from quantos.factors.core.building import Sheet, Standing
from quantos.factors.core.panel import Dates
from quantos.factors.value_files import checksums

MAGIC: Final = b"QuantOS panel 1\n"
HEAD: Final = struct.Struct(f"<{len(MAGIC)}sQ32s")
ALIGNED: Final = 64
BLOCK: Final = 2**15
"""Bytes that have a checksum of their own."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Laid:
    """The arrays of a panel, in a file or in memory."""

    sheet: Sheet
    standing: Standing


class PanelFile:
    """One panel in one file. One thread at a time writes it, of the one process that has the data directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[dict[str, Any], Laid] | None:
        """Facts and arrays; None where there is no file, or one that is damaged or of another layout."""
        try:
            with self.path.open("rb") as file:
                head = file.read(HEAD.size)
                magic, length, digest = HEAD.unpack(head)
                size = os.fstat(file.fileno()).st_size
                if magic != MAGIC or length > size:
                    return None
                file.seek(size - length)
                text = file.read(length)
                if hashlib.sha256(text).digest() != digest:
                    logger.warning("%s is damaged: it is made anew", self.path.name)
                    return None
                facts = orjson.loads(text)
                shape = facts["days"], facts["columns"]
                if size != _end(*shape) + length:
                    return None
                # Private, so writable as all arrays are: compiled code would be compiled again for others.
                memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, struct.error, ValueError, KeyError):
            return None
        if not _is_whole(memory, *shape):
            logger.warning("%s is damaged: it is made anew", self.path.name)
            return None
        return facts, _laid(memory, *shape)

    def create(self, dates: Dates, columns: int) -> Draft:
        """Room for a panel; in memory alone where the disk has none."""
        shape = len(dates), columns
        file = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                file.unlink()  # of a process that was killed
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(
                    descriptor, 0, _end(*shape)
                )  # a mapped page without a place on disk would kill us
                memory: Any = mmap.mmap(descriptor, 0)
            finally:
                os.close(descriptor)
        except OSError as error:
            logger.warning("the market's panel is not kept on disk: %s", error)
            memory, file = bytearray(_end(*shape)), None  # type: ignore[assignment]
        laid = _laid(memory, *shape)
        laid.sheet.dates[:] = dates
        return Draft(self.path, file, memory, laid)


@dataclass(frozen=True, slots=True)
class Draft:
    """A panel that is being made."""

    path: Path
    file: Path | None
    memory: Any
    laid: Laid

    def commit(self, facts: dict[str, Any]) -> None:
        """Give the file its name, in the place of the one that was there."""
        if self.file is None:
            return
        days, columns = self.laid.sheet.returns.shape
        text = orjson.dumps({**facts, "days": days, "columns": columns})
        start, end = _sums_at(days, columns), _end(days, columns)
        sums = np.frombuffer(self.memory, np.int64, (end - start) // 8, start)
        sums[:] = checksums(_blocks(self.memory, days, columns))
        self.memory[: HEAD.size] = HEAD.pack(MAGIC, len(text), hashlib.sha256(text).digest())
        try:
            with self.file.open("r+b") as file:
                file.seek(end)
                file.write(text)
            self.file.replace(self.path)
        except OSError as error:
            logger.warning("the market's panel is not kept on disk: %s", error)
            with suppress(OSError):
                self.file.unlink()


def _places(days: int, columns: int) -> list[tuple[Any, tuple[int, ...], int]]:
    """(type, shape, offset) of each array, and of what comes behind them."""
    cells = (days, columns)
    arrays: list[tuple[Any, tuple[int, ...]]] = [
        (np.dtype("datetime64[D]"), (days,)),
        (np.dtype(np.float64), cells),
        (np.dtype(np.uint16), cells),
        (np.dtype(np.bool_), cells),
        *((np.dtype(np.float64), (columns,)) for _ in range(3)),
        (np.dtype(np.int64), (columns,)),
    ]
    found, offset = [], ALIGNED
    for dtype, shape in arrays:
        found.append((dtype, shape, offset))
        offset = -(-(offset + dtype.itemsize * int(np.prod(shape))) // ALIGNED) * ALIGNED
    return [*found, (np.dtype(np.uint8), (0,), offset)]


def _sums_at(days: int, columns: int) -> int:
    """Where the arrays end: at the end of a block, counted from the first of them."""
    end = _places(days, columns)[-1][2] - ALIGNED
    return ALIGNED + -(-end // BLOCK) * BLOCK


def _end(days: int, columns: int) -> int:
    start = _sums_at(days, columns)
    return start + (start - ALIGNED) // BLOCK * 8


def _blocks(memory: Any, days: int, columns: int) -> Any:
    count = _sums_at(days, columns) - ALIGNED
    return np.frombuffer(memory, np.uint64, count // 8, ALIGNED).reshape(-1, BLOCK // 8)


def _is_whole(memory: Any, days: int, columns: int) -> bool:
    start, end = _sums_at(days, columns), _end(days, columns)
    sums = np.frombuffer(memory, np.int64, (end - start) // 8, start)
    return bool((checksums(_blocks(memory, days, columns)) == sums).all())


def _laid(memory: Any, days: int, columns: int) -> Laid:
    arrays = [
        np.frombuffer(memory, dtype, int(np.prod(shape)), offset).reshape(shape)
        for dtype, shape, offset in _places(days, columns)[:-1]
    ]
    return Laid(Sheet(*arrays[:4]), Standing(*arrays[4:]))
