"""What a fetch has finished, so that an interrupted one goes on: one JSON line for each stored range.

A line is written after the rows are stored, and flushed to the disk. A line torn by a crash is ignored: its
range is fetched again, and storing rows twice changes nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path


class Journal:
    """Finished ranges by source and symbol."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._finished: dict[tuple[str, str], list[tuple[date, date]]] = {}
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                self._read(line)

    def _read(self, line: str) -> None:
        try:
            entry = json.loads(line)
            key = (str(entry["source"]), str(entry["symbol"]))
            span = (date.fromisoformat(entry["first"]), date.fromisoformat(entry["last"]))
        except (ValueError, KeyError, TypeError):
            return  # torn: fetched again
        self._finished.setdefault(key, []).append(span)

    def covers(self, source: str, symbol: str, first: date, last: date) -> bool:
        """Whether one finished range holds this one."""
        return any(start <= first and last <= end for start, end in self._finished.get((source, symbol), ()))

    def finish(self, source: str, symbols: Iterable[str], first: date, last: date) -> None:
        """Note the range as stored for these symbols."""
        symbols = list(symbols)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            if file.tell() and not self._ends_with_newline():
                file.write(b"\n")
            for symbol in symbols:
                entry = {
                    "source": source,
                    "symbol": symbol,
                    "first": first.isoformat(),
                    "last": last.isoformat(),
                }
                file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        for symbol in symbols:
            self._finished.setdefault((source, symbol), []).append((first, last))

    def clear(self) -> None:
        """Forget everything: the next fetch starts from the beginning."""
        self._finished.clear()
        self._path.unlink(missing_ok=True)

    def _ends_with_newline(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
