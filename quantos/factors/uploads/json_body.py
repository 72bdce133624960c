"""The guide's JSON: `{"data": [{"date": ..., "values": {symbol: number}}]}`.

Each day is decoded on its own, so that other threads get their turn between two of them. A body that the fast
decoder does not take is read again by the slow reader, which is the authority: it accepts what it accepts and
names each error with its place.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from fastapi.exceptions import RequestValidationError

from quantos.factors.schemas import ENTRIES_MAX
from quantos.factors.uploads.panel import Panel, check_size, dense, is_symbol
from quantos.kit.findings import FINDINGS_MAX
from quantos.kit.web import parse_date, parse_json
from quantos.market.core.symbols import SYMBOL_PATTERN


class _Body(msgspec.Struct, gc=False):
    data: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=ENTRIES_MAX)]


class _Day(msgspec.Struct, gc=False):
    date: str
    values: Annotated[dict[str, float], msgspec.Meta(min_length=1)]


_BODY: Final = msgspec.json.Decoder(_Body, strict=True)
_DAY: Final = msgspec.json.Decoder(_Day, strict=True)

Finding = dict[str, Any]


class _Reader:
    """Collects days; symbols get their columns in the order in which they are first named."""

    def __init__(self) -> None:
        self._column: dict[str, int] = {}
        self._last: tuple[list[str], Any] = ([], np.zeros(0, np.int64))
        self._rows: dict[np.datetime64, Any] = {}

    def add(self, day: str, values: dict[str, float]) -> None:
        """Raises ValueError for what is no date, or no symbol."""
        names = list(values)
        if names != self._last[0]:
            self._last = names, self._columns(names)
        given = np.fromiter(values.values(), np.float64, len(names))
        self._rows[np.datetime64(parse_date(day), "D")] = self._last[1], given

    def panel(self) -> Panel:
        return dense(self._rows, list(self._column))

    def _columns(self, names: list[str]) -> Any:
        fresh = [name for name in names if name not in self._column]
        if not all(map(is_symbol, fresh)):
            raise ValueError("no symbol")
        for name in fresh:
            self._column[name] = len(self._column)
        check_size(1, len(self._column))
        return np.fromiter((self._column[name] for name in names), np.int64, len(names))


def read_json(body: bytes) -> Panel:
    """Raises RequestValidationError with the place of each error, UploadTooLarge."""
    reader = _Reader()
    try:
        for place, raw in enumerate(_BODY.decode(body).data):
            found = _DAY.decode(raw)
            reader.add(found.date, found.values)
            _check_named_once(raw, len(found.values), place)
    except (ValueError, RecursionError):
        return _read_slowly(body)
    return reader.panel()


def _check_named_once(raw: msgspec.Raw, symbols: int, place: int) -> None:
    """Decoders keep the last of two values of one name. Raises RequestValidationError."""
    day = bytes(raw)
    if day.count(b":") != symbols + 2:  # no symbol or date has a colon
        _refuse_names_twice(day, "data", place)


def _refuse_names_twice(text: bytes, *loc: str | int) -> None:
    """Raises RequestValidationError."""
    if (twice := _named_twice(text)) is not None:
        error = f"{twice} stands twice in one object: which value is meant is not guessed"
        raise RequestValidationError([_finding("value_error", *loc, error=error)])


def _named_twice(text: bytes) -> str | None:
    """A name that stands twice in one object of valid JSON."""
    twice: list[str] = []

    def kept(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        twice.extend(name for name, after in pairwise(sorted(names)) if name == after)

    json.loads(text, object_pairs_hook=kept)
    return twice[0] if twice else None


def _read_slowly(body: bytes) -> Panel:
    if not body:
        raise RequestValidationError([_finding("missing")])
    try:
        content = parse_json(body)
    except json.JSONDecodeError as error:
        raise RequestValidationError([_finding("json_invalid", 0, error=error.msg)]) from None
    errors = [finding for finding, _ in zip(_errors(content), range(FINDINGS_MAX), strict=False)]
    if errors:
        raise RequestValidationError(errors)
    _refuse_names_twice(body, "data")
    reader = _Reader()
    for entry in content["data"]:
        reader.add(entry["date"], entry["values"])
    return reader.panel()


def _errors(content: Any) -> Iterator[Finding]:
    if not isinstance(content, dict):
        yield _finding("model_attributes_type")
    elif "data" not in content:
        yield _finding("missing", "data")
    elif not isinstance(content["data"], list):
        yield _finding("list_type", "data")
    elif not content["data"]:
        yield _finding("too_short", "data", min_length=1)
    elif len(content["data"]) > ENTRIES_MAX:
        yield _finding("too_long", "data", max_length=ENTRIES_MAX)
    else:
        for place, entry in enumerate(content["data"]):
            yield from _errors_of_day(entry, place)


def _errors_of_day(entry: Any, place: int) -> Iterator[Finding]:
    if not isinstance(entry, dict):
        yield _finding("model_type", "data", place)
        return
    if "date" not in entry:
        yield _finding("missing", "data", place, "date")
    else:
        try:
            parse_date(entry["date"])
        except ValueError as error:
            yield _finding("value_error", "data", place, "date", error=str(error))
    if "values" not in entry:
        yield _finding("missing", "data", place, "values")
    elif not isinstance(entry["values"], dict):
        yield _finding("model_type", "data", place, "values")
    elif not entry["values"]:
        yield _finding("value_error", "data", place, "values", error="must name at least one symbol")
    else:
        for symbol, value in entry["values"].items():
            yield from _errors_of_value(symbol, value, place)


def _errors_of_value(symbol: str, value: Any, place: int) -> Iterator[Finding]:
    if not is_symbol(symbol):
        pattern = SYMBOL_PATTERN.pattern
        yield _finding("string_pattern_mismatch", "data", place, "values", symbol, pattern=pattern)
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _finding("float_type", "data", place, "values", symbol)
    elif not math.isfinite(value):
        yield _finding("finite_number", "data", place, "values", symbol)


def _finding(kind: str, *loc: str | int, **bounds: Any) -> Finding:
    return {"type": kind, "loc": ("body", *loc), "ctx": bounds}
