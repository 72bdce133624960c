"""Files of rows of whole words, each row with a checksum that is kept elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.errors import Unavailable
from quantos.factors.core.panel import Dates
from quantos.kit.durable import sync_folder

Block = NDArray[Any]

WORD: Final = 8
"""Rows fill whole words of this many bytes: checksums are sums over words."""

REMEDY: Final = "restore it from a backup, or upload the factor's values again"


class ValuesDamaged(Unavailable):
    code = "factor_values_damaged"


@dataclass(frozen=True, slots=True)
class Part:
    """One of a factor's two files."""

    name: str
    dtype: np.dtype[Any]
    empty: float

    def width(self, columns: int) -> int:
        """Columns of a row that fills whole words."""
        each = WORD // self.dtype.itemsize
        return -(-columns // each) * each

    def row_bytes(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        return -(-columns * self.dtype.itemsize // WORD) * WORD

    def rows(self, count: int, columns: int) -> Block:
        return np.empty((count, self.width(columns)), self.dtype)


VALUES: Final = Part("values", np.dtype(np.float64), np.nan)
CODES: Final = Part("codes", np.dtype(np.uint16), 0)
PARTS: Final = (VALUES, CODES)


def checksums(block: Block) -> NDArray[np.int64]:
    """Of each row: the sum over its words times odd numbers, modulo 2**64; any one changed word changes it."""
    words = block.view(np.uint64)
    found: NDArray[np.uint64] = np.einsum("ij,j->i", words, _odd_numbers(words.shape[1]))
    return found.view(np.int64)


@lru_cache(maxsize=8)
def _odd_numbers(count: int) -> NDArray[np.uint64]:
    """SplitMix64 of 1, 2, 3 ..., made odd."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))) | np.uint64(1)


def check_rows(block: Block, sums: NDArray[np.int64], dates: Dates, path: Path) -> None:
    bad = np.flatnonzero(checksums(block) != sums)
    if len(bad):
        raise ValuesDamaged(f"{path.name} is damaged at {dates[bad[0]]}, {len(bad)} days in all: {REMEDY}")


def read_rows(descriptor: int, block: Block, at: int, path: Path) -> None:
    view = memoryview(block.data).cast("B")
    done = 0
    while done < len(view):
        got = os.preadv(descriptor, [view[done:]], at + done)
        if not got:
            raise ValuesDamaged(f"{path.name} ends {len(view) - done} bytes early: {REMEDY}")
        done += got


def write_rows(path: Path, block: Block, at: int) -> None:
    """Write and sync; what an earlier attempt left behind `at` is cut off."""
    created = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(descriptor, at)
        view = memoryview(block.data).cast("B")
        done = 0
        while done < len(view):
            done += os.pwrite(descriptor, view[done:], at + done)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        sync_folder(path.parent)
