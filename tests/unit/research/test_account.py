"""The second account of a backtest, in CNY and shares, worked by hand; and what it does not believe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantos.research.core.account import AccountDiffers, settle
from quantos.research.core.feed import Feed


def feed(name: str, days: list[int], closes: list[float]) -> Feed:
    close = np.array(closes)
    return Feed(
        name,
        np.array(days, np.int64),
        close - 0.5,
        close + 1.0,
        close - 1.0,
        close,
        np.full(len(days), 1e6),
    )


ONE = feed("A", [1, 2, 3], [10.0, 11.0, 12.0])
TWO = feed("B", [2, 4], [20.0, 25.0])


def told(value: float, *trades: tuple[Any, ...]) -> dict[str, Any]:
    return {"value": value, "trades": [list(each) for each in trades], "refused": 0}


def test_equity_is_cash_and_what_the_shares_are_worth_at_each_close() -> None:
    """100 shares at 10.50 and 5.25 of costs on day 2, sold at 12.50 less 6.25 on day 3."""
    ran = settle(10_000.0, [ONE], told(10_188.5, ("A", 2, 100, 10.5, 5.25), ("A", 3, -100, 12.5, 6.25)))
    assert ran.equity.tolist() == pytest.approx([10_000.0, 10_044.75, 10_188.5])
    assert ran.value == pytest.approx(10_188.5)


def test_of_two_feeds_each_day_counts_once_and_a_missing_bar_leaves_the_last_close() -> None:
    """100 of A from day 2 on at 10.50, 50 of B at 20.00: day 4 has no bar of A, which stands at 12.00."""
    ran = settle(10_000.0, [ONE, TWO], told(10_400.0, ("A", 2, 100, 10.5, 0.0), ("B", 2, 50, 20.0, 0.0)))
    assert ran.day.tolist() == [1, 2, 3, 4]
    assert ran.equity.tolist() == pytest.approx([10_000.0, 10_050.0, 10_150.0, 10_400.0])


@pytest.mark.parametrize(
    ("value", "trade", "words"),
    [
        (11_000.0, ("A", 2, 100, 10.5, 0.0), "must not change its cash"),
        (10_150.0, ("A", 2, 100, 99.0, 0.0), "its day has not seen"),
        (10_150.0, ("A", 4, 100, 10.5, 0.0), "without a bar"),
        (10_150.0, ("C", 2, 100, 10.5, 0.0), "without a bar"),
        (10_150.0, ("A", 2, 100, 10.5, -1.0), "costs less than nothing"),
        (10_150.0, ("A", 2, float("nan"), 10.5, 0.0), "has no size"),
        (10_150.0, ("A", 2, 100, 10.5), "cannot be read"),
        (float("nan"), ("A", 2, 100, 10.5, 0.0), "the fills lead to"),
    ],
)
def test_what_does_not_lead_to_the_result_has_none(value: float, trade: tuple[Any, ...], words: str) -> None:
    with pytest.raises(AccountDiffers, match=words):
        settle(10_000.0, [ONE], told(value, trade))
