"""What a fetch has finished, so that an interrupted one goes on: one JSON line for each stored range.

A line is written after the rows are stored, and flushed to the disk. A line torn by a crash is ignored: its
range is fetched again, and storing rows twice changes nothing.

A line `open` names the first day of a fetch of everything that has not come to its end: there the next one begins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any


class Journal:
    """Finished ranges by source and symbol. `earlier`: a journal whose ranges are finished too."""

    def __init__(self, path: Path, earlier: Journal | None = None) -> None:
        self._path, self._earlier = path, earlier
        self._finished: dict[tuple[str, str], list[tuple[date, date]]] = {}
        self.open_since: date | None = None
        if path.exists():
            for line in path.read_text("utf-8").splitlines():
                self._read(line)

    def _read(self, line: str) -> None:
        try:
            entry = json.loads(line)
            if "open" in entry:
                self.open_since = entry["open"] and date.fromisoformat(entry["open"])
                return
            key = (str(entry["source"]), str(entry["symbol"]))
            span = (date.fromisoformat(entry["first"]), date.fromisoformat(entry["last"]))
        except (ValueError, KeyError, TypeError):
            return  # torn: fetched again
        self._finished.setdefault(key, []).append(span)

    def covers(self, source: str, symbol: str, first: date, last: date) -> bool:
        """Whether one finished range holds this one."""
        if self._earlier is not None and self._earlier.covers(source, symbol, first, last):
            return True
        return any(start <= first and last <= end for start, end in self._finished.get((source, symbol), ()))

    def finish(self, source: str, symbols: Iterable[str], first: date, last: date) -> None:
        """Note the range as stored for these symbols."""
        symbols = list(symbols)
        span = {"first": first.isoformat(), "last": last.isoformat()}
        self._write([{"source": source, "symbol": symbol, **span} for symbol in symbols])
        for symbol in symbols:
            self._finished.setdefault((source, symbol), []).append((first, last))

    def leave_open(self, first: date | None) -> None:
        """Note where the next fetch of everything is to begin; None: after the last bar."""
        if first != self.open_since:
            self._write([{"open": first and first.isoformat()}])
            self.open_since = first

    def take_over(self, other: Journal) -> None:
        """Note what another journal has finished."""
        spans: dict[tuple[str, date, date], list[str]] = {}
        for (source, symbol), found in other._finished.items():
            for first, last in found:
                spans.setdefault((source, first, last), []).append(symbol)
        for (source, first, last), symbols in spans.items():
            self.finish(source, symbols, first, last)

    def clear(self) -> None:
        """Forget everything: the next fetch starts from the beginning."""
        self._finished.clear()
        self._path.unlink(missing_ok=True)

    def _write(self, entries: Iterable[dict[str, Any]]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            if file.tell() and not self._ends_with_newline():
                file.write(b"\n")
            for entry in entries:
                file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _ends_with_newline(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
