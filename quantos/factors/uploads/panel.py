"""A panel of values: what every kind of upload is read into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from fastapi.exceptions import RequestValidationError
from numpy.typing import NDArray

from quantos.errors import Invalid
from quantos.factors.refusals import UploadTooLarge
from quantos.market.core.symbols import SYMBOL_PATTERN

SYMBOLS_MAX: Final = 10_000
"""More than have ever been listed."""

CELLS_MAX: Final = 16_000_000
"""Days times symbols of one upload: 128 MB of memory."""

Dates = NDArray[np.datetime64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Panel:
    """D days, strictly ascending, by N symbols; NaN: no value. Every day has a value."""

    days: Dates
    symbols: tuple[str, ...]
    values: Values

    def on(self, chosen: NDArray[np.bool_]) -> Panel:
        """Some of its days."""
        return Panel(self.days[chosen], self.symbols, self.values[chosen])


def refused(kind: str, *loc: str | int, **bounds: Any) -> RequestValidationError:
    """A finding of a kind that `kit.findings` has words for."""
    return RequestValidationError([{"type": kind, "loc": ("body", *loc), "ctx": bounds}])


def invalid(message: str, *loc: str | int) -> Invalid:
    """A finding in words of its own, which repeat nothing that was sent."""
    return Invalid(("body", *loc), message)


def is_symbol(text: Any) -> bool:
    return isinstance(text, str) and SYMBOL_PATTERN.fullmatch(text) is not None


def check_size(days: int, symbols: int) -> None:
    """Raises UploadTooLarge."""
    if symbols > SYMBOLS_MAX:
        raise UploadTooLarge(f"one upload names at most {SYMBOLS_MAX:,} symbols: send it in parts")
    if days * symbols > CELLS_MAX:
        raise UploadTooLarge(
            f"one upload holds at most {CELLS_MAX:,} values (days times symbols): send it in parts"
        )


def dense(rows: Mapping[np.datetime64, tuple[NDArray[np.int64], Values]], symbols: Sequence[str]) -> Panel:
    """A panel of days that each name the columns of their values."""
    check_size(len(rows), len(symbols))
    days = np.array(sorted(rows), "datetime64[D]")
    values = np.full((len(days), len(symbols)), np.nan)
    for place, day in enumerate(days):
        columns, given = rows[day]
        values[place, columns] = given
    return Panel(days, tuple(symbols), values)
