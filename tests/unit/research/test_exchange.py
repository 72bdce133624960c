"""The exchange's rules for a backtest's bars, against numbers of the exchanges' own texts; and fills that break them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from quantos.market.core.boards import Board
from quantos.market.core.calendar import shipped_calendar
from quantos.research.core import exchange
from quantos.research.core.account import AccountDiffers, Fill
from quantos.research.core.exchange import Costs, Instrument, Terms
from quantos.research.core.feed import Feed

CALENDAR = shipped_calendar()
OLD = np.datetime64("2001-01-02", "D")
FREE = Costs(0.0, 0.0, 0.0)


def terms(
    days: list[date],
    opens: list[float],
    pre_closes: list[float],
    board: Board = Board.MAIN,
    listed: np.datetime64 = OLD,
    is_st: int = 0,
    volume: list[int] | None = None,
) -> Terms:
    opened = np.rint(1000 * np.array(opens)).astype(np.int64)
    rows: dict[str, Any] = {
        "trade_date": np.array(days, "datetime64[D]"),
        "open": opened,
        "close": opened,
        "pre_close": np.rint(1000 * np.array(pre_closes)).astype(np.int64),
        "volume": np.array(volume or [1] * len(days)),
        "adj_factor": np.full(len(days), np.nan),
        "is_st": np.full(len(days), is_st, np.int8),
    }
    return exchange.terms(rows, Instrument(int(board), False, listed), CALENDAR.sessions)


def days_from(first: date, count: int) -> list[date]:
    return CALENDAR.between(first, date(first.year + 1, 12, 31))[:count]


def test_an_open_at_the_upper_limit_has_no_sellers_and_at_the_lower_no_buyers() -> None:
    """Ten percent of 10.00: 11.00 and 9.00. The fen beside them trade."""
    found = terms(days_from(date(2024, 1, 2), 4), [11.0, 10.99, 9.0, 9.01], [10.0] * 4)
    assert found.no_buy.tolist() == [True, False, False, False]
    assert found.no_sell.tolist() == [False, False, True, False]


def test_under_risk_warning_the_limit_is_five_percent_until_it_was_widened() -> None:
    days = [date(2026, 7, 3), date(2026, 7, 6)]
    assert terms(days, [10.5, 10.5], [10.0] * 2, is_st=1).no_buy.tolist() == [True, False]


def test_star_has_twenty_percent_and_lots_of_two_hundred_and_then_single_shares() -> None:
    found = terms(days_from(date(2024, 1, 2), 2), [11.0, 12.0], [10.0] * 2, Board.STAR)
    assert (found.step, found.minimum) == (1, 200)
    assert found.no_buy.tolist() == [False, True]


def test_the_first_five_sessions_of_a_listing_have_no_limit() -> None:
    days = days_from(date(2024, 3, 1), 7)
    found = terms(days, [30.0] * 7, [10.0] * 7, listed=np.datetime64(days[0], "D"))
    assert found.no_buy.tolist() == [False] * 5 + [True] * 2


def test_stamp_duty_is_of_sales_and_was_halved_and_the_transfer_fee_before_it() -> None:
    days = [date(2022, 4, 28), date(2022, 4, 29), date(2023, 8, 25), date(2023, 8, 28)]
    found = terms(days, [10.0] * 4, [10.0] * 4)
    assert found.stamp.tolist() == [0.001, 0.001, 0.001, 0.0005]
    assert found.transfer.tolist() == [0.00002, 0.00001, 0.00001, 0.00001]
    feed = feed_of(days, [10.0] * 4)
    assert found.message(feed)["stamp"] == [[days[0].toordinal(), 0.001], [days[3].toordinal(), 0.0005]]


def test_a_fund_pays_neither() -> None:
    found = terms(days_from(date(2024, 1, 2), 1), [1.0], [1.0], Board.FUND)
    assert (found.stamp.tolist(), found.transfer.tolist(), found.step) == ([0.0], [0.0], 100)


def test_a_day_without_trading_is_none_of_the_days() -> None:
    found = terms(days_from(date(2024, 1, 2), 3), [10.0, 10.0, 11.0], [10.0] * 3, volume=[1, 0, 1])
    assert found.no_buy.tolist() == [False, True]


# fills


DAYS = days_from(date(2024, 1, 2), 4)
ONE, TWO, THREE, FOUR = (day.toordinal() for day in DAYS)
TERMS = Terms(
    100,
    100,
    np.full(4, 0.00001),
    np.full(4, 0.0005),
    np.array([False, False, True, False]),
    np.array([False, False, True, False]),
)


def feed_of(days: list[date], close: list[float]) -> Feed:
    prices = np.array(close)
    numbers = np.array([day.toordinal() for day in days], np.int64)
    return Feed("A", numbers, prices, prices, prices, prices, np.ones(len(days)))


def check(*fills: tuple[int, float, float], cash: float = 100_000.0, costs: Costs = FREE) -> None:
    """Of (day, size, costs) at 10.00."""
    made = [Fill("A", day, size, 10.0, paid) for day, size, paid in fills]
    exchange.check(cash, [feed_of(DAYS, [10.0] * 4)], {"A": TERMS}, costs, made)


def test_fills_that_keep_the_rules_are_let_through() -> None:
    """1,000 shares at 10.00 cost 0.10 of transfer fee, and 5.00 of stamp duty to sell."""
    check((ONE, 1000, 0.1), (TWO, -400, 2.04), (FOUR, -600, 3.06))


def test_commission_has_its_minimum_and_each_fee_is_a_whole_number_of_fen() -> None:
    """0.03 % of 10,000 is 3.00, below 5.00; with the transfer fee 5.10."""
    check((ONE, 1000, 5.1), costs=Costs(0.0003, 5.0, 0.0))
    with pytest.raises(AccountDiffers, match="costs less"):
        check((ONE, 1000, 3.1), costs=Costs(0.0003, 5.0, 0.0))
    assert exchange.fen(0.125) == 0.13


@pytest.mark.parametrize(
    ("fills", "words"),
    [
        ([(ONE, 150, 1.0)], "breaks the rules"),
        ([(THREE, 100, 1.0)], "breaks the rules"),
        ([(ONE, 100, 1.0), (ONE, -100, 1.0)], "breaks the rules"),
        ([(ONE, 100, 1.0), (TWO, -200, 2.0)], "breaks the rules"),
        ([(ONE, 200, 1.0), (TWO, -50, 2.0)], "breaks the rules"),
        ([(ONE, 200, 1.0), (THREE, -100, 2.0)], "breaks the rules"),
        ([(ONE, -100, 1.0)], "breaks the rules"),
        ([(ONE, 1000, 0.0)], "costs less"),
        ([(ONE, 100, 0.01), (TWO, -100, 0.01)], "costs less"),
        ([(ONE, 20_000, 2.0)], "than there was cash for"),
    ],
)
def test_fills_that_break_them_have_no_result(fills: list[tuple[int, float, float]], words: str) -> None:
    with pytest.raises(AccountDiffers, match=words):
        check(*fills)
