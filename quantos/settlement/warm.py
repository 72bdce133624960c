"""Compile the ledger ahead of its first use: `python -m quantos.settlement.warm`, once after installing."""

from __future__ import annotations

import numpy as np

from quantos.settlement.core import facts as column
from quantos.settlement.core.day import Carried, MarketDay
from quantos.settlement.core.ledger import Book, Signals, Terms, settle_day


def warm() -> None:
    """Settle one strategy-day of nothing; the compiled code stays in the cache."""
    from datetime import date  # noqa: PLC0415

    empty = np.zeros(0, np.int64)
    day = MarketDay(
        date(2024, 1, 2),
        "",
        np.zeros((0, column.COLUMNS), np.int64),
        np.zeros(0, np.bool_),
        empty,
        np.zeros(0, np.bool_),
        Carried(empty, np.zeros(0), np.zeros(0, "datetime64[D]")),
    )
    one = np.zeros(1, np.int64)
    settle_day(Book.empty(one), Signals.none(1), Terms(np.zeros(1, np.bool_), one, one), day)


if __name__ == "__main__":
    warm()
