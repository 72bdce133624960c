"""Columns of a provider's frame as arrays, whatever made the frame.

A frame maps a column's name to its array: DuckDB gives masked arrays where a value is missing, pandas
gives objects, a live provider gives texts. A value that is empty or cannot be read is missing: NaN, NaT
or -1, never a guess.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = Mapping[str, NDArray[Any]]
"""Column name to array of N values."""

_EXACT_MAX = 2.0**53


def length(frame: Frame) -> int:
    """Rows of the frame."""
    return len(next(iter(frame.values()))) if frame else 0


def plain(column: NDArray[Any]) -> NDArray[Any]:
    """The column without its mask: masked values become NaN, NaT or None."""
    if not isinstance(column, np.ma.MaskedArray):
        return np.asarray(column)
    mask = np.ma.getmaskarray(column)
    data = np.asarray(column.data)
    if not mask.any():
        return data
    if data.dtype.kind in "iub":
        data = data.astype(np.float64)
    elif data.dtype.kind in "SU":
        data = data.astype(object)
    missing = {"f": np.nan, "M": np.datetime64("NaT")}.get(data.dtype.kind)
    return np.where(mask, np.array(missing, dtype=data.dtype), data)


def floats(frame: Frame, name: str) -> NDArray[np.float64]:
    """A number column; all NaN where the frame has no such column."""
    if name not in frame:
        return np.full(length(frame), np.nan)
    column = plain(frame[name])
    if column.dtype.kind in "fiub":
        return column.astype(np.float64)
    return np.fromiter((_number(value) for value in column), dtype=np.float64, count=len(column))


def whole(values: NDArray[np.float64], tolerance: float = 1e-3) -> NDArray[np.int64]:
    """Nearest integers; -1 where a value is missing, negative, too large or not whole within the tolerance."""
    nearest = np.rint(values)
    with np.errstate(invalid="ignore"):
        good = (np.abs(values - nearest) <= tolerance) & (nearest >= 0) & (nearest <= _EXACT_MAX)
    return np.where(good, nearest, -1).astype(np.int64)


def codes(frame: Frame, name: str) -> NDArray[np.int8]:
    """A column of 0 and 1; -1 for everything else and where the frame has no such column."""
    values = floats(frame, name)
    return np.where(values == 1, 1, np.where(values == 0, 0, -1)).astype(np.int8)


def texts(frame: Frame, name: str) -> list[str]:
    """A text column; "" where missing."""
    if name not in frame:
        return [""] * length(frame)
    return ["" if _is_missing(value) else str(value) for value in plain(frame[name])]


def days(frame: Frame, name: str) -> NDArray[np.datetime64]:
    """A date column: dates, 2024-01-02, 20240102 as text or number; NaT where it is none of these."""
    column = plain(frame[name])
    if column.dtype.kind == "M":
        return column.astype("datetime64[D]")
    if column.dtype.kind in "iuf":
        return _days_of_numbers(column.astype(np.float64))
    seen: dict[Any, np.datetime64] = {}
    for value in column:
        if value not in seen:
            seen[value] = _day(value)
    return np.array([seen[value] for value in column], dtype="datetime64[D]")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def _number(value: Any) -> float:
    if isinstance(value, int | float | np.number):
        return float(value)
    try:
        number = float(str(value).strip())
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _day(value: Any) -> np.datetime64:
    if isinstance(value, np.datetime64 | date):
        return np.datetime64(str(value)[:10], "D")
    text = str(value).strip()
    if len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        return np.datetime64(date.fromisoformat(text[:10]), "D")
    except ValueError:
        return np.datetime64("NaT", "D")


def _days_of_numbers(numbers: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """20240102 as a date; NaT where the digits are no date."""
    known = np.isfinite(numbers) & (numbers >= 1_000_01_01) & (numbers <= 9999_12_31)
    digits = np.where(known, numbers, 1970_01_01).astype(np.int64)
    year, month, day = digits // 10_000, digits // 100 % 100, digits % 100
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1).astype(
        "timedelta64[M]"
    )
    result = first.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    valid = known & (month >= 1) & (month <= 12) & (day >= 1) & (result.astype("datetime64[M]") == first)
    return np.where(valid, result, np.datetime64("NaT", "D"))
