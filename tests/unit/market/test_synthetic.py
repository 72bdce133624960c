"""The synthetic market against the rules of a real one: limits, ticks, ex-dates, and the same bytes for a seed.

Price limits are checked by the settlement's dated rule table, which the synthetic market does not use.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from quantos.market.core.boards import Board, boards_of
from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.synthetic import SyntheticMarket, synthetic_market
from quantos.settlement.core.limits import limit_rates, price_limits
from quantos.settlement.core.rules import day_rules, listing_terms

PINNED_SHA256 = "48d10e91bd3aea12d5023cefc47b95c337be5df663916d78b847712043338c18"


@cache
def market(seed: int = 7) -> SyntheticMarket:
    return synthetic_market(shipped_calendar(), seed)


def mills(prices: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(prices * 1000).astype(np.int64)


@dataclass(frozen=True)
class Limits:
    """Of every row of a market's bars, in mills, by the dated rules."""

    upper: NDArray[np.int64]
    lower: NDArray[np.int64]


def limits_of(made: SyntheticMarket) -> Limits:
    bars, instruments = made.bars, made.instruments
    number = {symbol: i for i, symbol in enumerate(instruments.symbol)}
    sessions = shipped_calendar().sessions
    upper, lower = np.zeros(len(bars), dtype=np.int64), np.zeros(len(bars), dtype=np.int64)
    for trade_date in np.unique(bars.trade_date):
        rows = np.flatnonzero(bars.trade_date == trade_date)
        which = np.array([number[symbol] for symbol in bars.symbol[rows]])
        board, list_date = boards_of(list(bars.symbol[rows])), instruments.list_date[which]
        since = np.searchsorted(sessions, trade_date) - np.searchsorted(sessions, list_date)
        rules = day_rules(trade_date.item())
        rates = limit_rates(
            rules,
            board,
            bars.is_st[rows],
            instruments.wide_fund[which],
            since.astype(np.int64),
            listing_terms(board, list_date),
        )
        upper[rows], lower[rows] = price_limits(mills(bars.pre_close[rows]), *rates, rules.tick[board])
    return Limits(upper, lower)


@cache
def limits() -> Limits:
    return limits_of(market())


def test_the_default_seed_gives_the_pinned_bytes() -> None:
    assert synthetic_market(shipped_calendar()).sha256() == PINNED_SHA256


def test_another_seed_gives_other_bytes() -> None:
    assert market(7).sha256() != market(8).sha256()


def test_every_price_is_on_its_tick() -> None:
    bars = market().bars
    tick = np.where(boards_of(list(bars.symbol)) == Board.FUND, 1, 10)
    for prices in (bars.open, bars.high, bars.low, bars.close, bars.pre_close):
        assert np.array_equal(mills(prices) / 1000.0, prices)
        assert not (mills(prices) % tick).any()


def test_every_price_lies_inside_the_limits_of_the_dated_rules() -> None:
    bars = market().bars
    upper, lower = limits().upper, limits().lower
    assert (mills(bars.high) <= upper).all()
    assert (mills(bars.low) >= lower).all()


@given(seed=st.integers(0, 2**63), start=st.integers(0, 600), length=st.integers(1, 60))
@settings(max_examples=12, deadline=None)
def test_any_seed_and_range_keeps_ticks_limits_and_order(seed: int, start: int, length: int) -> None:
    days = shipped_calendar().between(date(2023, 1, 3), date(2026, 9, 30))[start : start + length]
    made = synthetic_market(shipped_calendar(), seed, days[0], days[-1])
    bars, bounds = made.bars, limits_of(made)
    assert (mills(bars.high) <= bounds.upper).all()
    assert (mills(bars.low) >= bounds.lower).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert not (mills(bars.close) % np.where(boards_of(list(bars.symbol)) == Board.FUND, 1, 10)).any()


def test_high_and_low_enclose_open_and_close() -> None:
    bars = market().bars
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.low > 0).all()


def test_some_days_close_exactly_at_each_limit() -> None:
    bars = market().bars
    upper, lower = limits().upper, limits().lower
    traded = bars.volume > 0
    assert (traded & (mills(bars.close) == upper)).sum() > 20
    assert (traded & (mills(bars.close) == lower)).sum() > 10


def test_some_days_have_one_price_at_the_limit() -> None:
    bars = market().bars
    upper, lower = limits().upper, limits().lower
    one_price = (bars.volume > 0) & (bars.high == bars.low)
    assert (one_price & (mills(bars.close) == upper)).sum() >= 5
    assert (one_price & (mills(bars.close) == lower)).sum() >= 4


def test_new_listings_move_beyond_the_ordinary_limit_on_their_first_day() -> None:
    bars, instruments = market().bars, market().instruments
    new = dict(zip(instruments.symbol, instruments.list_date, strict=True))
    first_days = [
        k
        for k in range(len(bars))
        if bars.trade_date[k] == new[bars.symbol[k]] and bars.symbol[k] in {"606016.SH", "929008.BJ"}
    ]
    assert len(first_days) == 2
    assert all(bars.close[k] > 1.3 * bars.pre_close[k] for k in first_days)


def test_a_suspended_day_is_a_row_without_trades_at_the_reference_price() -> None:
    bars = market().bars
    suspended = bars.trade_status == 0
    assert suspended.sum() > 80
    assert not bars.volume[suspended].any()
    assert not bars.amount[suspended].any()
    for prices in (bars.open, bars.high, bars.low, bars.close):
        assert np.array_equal(prices[suspended], bars.pre_close[suspended])
    assert (bars.volume[~suspended] > 0).all()


def test_the_average_price_lies_between_low_and_high() -> None:
    bars = market().bars
    traded = bars.volume > 0
    average = bars.amount[traded] / bars.volume[traded]
    assert (average <= bars.high[traded] + 0.002).all()
    assert (average >= bars.low[traded] - 0.002).all()


def events() -> list[tuple[str, date, int, int, float, float]]:
    """Symbol, ex-date, last close and reference in mills, factor before and after, of every changed reference."""
    bars = market().bars
    found: list[tuple[str, date, int, int, float, float]] = []
    for symbol in market().instruments.symbol:
        rows = np.flatnonzero(bars.symbol == symbol)
        close, ref = mills(bars.close[rows]), mills(bars.pre_close[rows])
        found.extend(
            (
                symbol,
                bars.trade_date[rows[k]].item(),
                int(close[k - 1]),
                int(ref[k]),
                float(bars.adj_factor[rows[k - 1]]),
                float(bars.adj_factor[rows[k]]),
            )
            for k in np.flatnonzero(ref[1:] != close[:-1]) + 1
        )
    return found


def test_the_factor_moves_by_close_over_reference_on_ex_dates_and_only_then() -> None:
    bars = market().bars
    for _, _, close, ref, before, after in events():
        assert after / before == pytest.approx(close / ref, rel=1e-12)
    moved = 0
    for symbol in market().instruments.symbol:
        moved += int((np.diff(bars.adj_factor[bars.symbol == symbol]) != 0).sum())
    assert moved == len(events())


def test_a_recorded_event_explains_its_reference_price_to_the_tick() -> None:
    actions = market().corporate_actions
    by_day = {(symbol, day): (close, ref) for symbol, day, close, ref, _, _ in events()}
    explained = 0
    for symbol, ex_date, bonus, cash in zip(
        actions.symbol,
        actions.ex_date,
        actions.bonus_per_million,
        actions.cash_mills_per_million,
        strict=True,
    ):
        if (symbol, ex_date.item()) not in by_day:  # a dividend under half a tick moves no reference
            continue
        close, ref = by_day[symbol, ex_date.item()]
        half_tick = 0.5 if symbol.startswith(("599", "158")) else 5
        assert abs((close - cash / 1e6) / (1 + bonus / 1e6) - ref) <= half_tick + 1e-9
        explained += 1
    assert explained > 50


def test_an_event_without_a_row_is_one_that_its_gap_explains() -> None:
    actions = market().corporate_actions
    recorded = set(zip(actions.symbol, (day.item() for day in actions.ex_date), strict=True))
    gaps = [1 - ref / close for symbol, day, close, ref, _, _ in events() if (symbol, day) not in recorded]
    assert len([gap for gap in gaps if 0 < gap <= 0.15]) > 20
    assert any(0.15 < gap <= 0.70 for gap in gaps)
    assert all(0 < gap <= 0.70 for gap in gaps)


def test_risk_warnings_come_and_go() -> None:
    bars = market().bars
    came = went = 0
    for symbol in market().instruments.symbol:
        step = np.diff(bars.is_st[bars.symbol == symbol])
        came, went = came + int((step == 1).sum()), went + int((step == -1).sum())
    assert came >= 3
    assert went >= 2


def test_the_delisted_share_has_its_last_bar_before_its_delist_date() -> None:
    bars, instruments = market().bars, market().instruments
    gone = np.flatnonzero(~np.isnat(instruments.delist_date))
    assert len(gone) == 1
    rows = bars.symbol == instruments.symbol[gone[0]]
    assert bars.trade_date[rows].max() < instruments.delist_date[gone[0]]
    assert bars.is_st[rows][-1] == 1


def test_every_board_has_instruments() -> None:
    boards, counts = np.unique(boards_of(list(market().instruments.symbol)), return_counts=True)
    assert dict(zip(boards.tolist(), counts.tolist(), strict=True)) == {
        Board.MAIN: 32,
        Board.CHINEXT: 14,
        Board.STAR: 12,
        Board.BSE: 8,
        Board.FUND: 14,
    }


def test_one_fund_is_wide() -> None:
    instruments = market().instruments
    assert list(instruments.symbol[instruments.wide_fund]) == ["599008.SH"]


def test_every_name_says_synthetic() -> None:
    assert all("合成" in name and "Synthetic" in name for name in market().instruments.name)
    assert market().bars.source == "synthetic"


def test_each_index_has_a_close_on_every_session() -> None:
    index = market().index
    sessions = shipped_calendar().between(date(2023, 1, 3), date(2025, 12, 31))
    for symbol in ("000300.SH", "000905.SH", "000852.SH", "932000.CSI"):
        assert [day.item() for day in index.trade_date[index.symbol == symbol]] == sessions
    assert (index.close > 0).all()


def test_a_share_is_in_one_index_at_a_time() -> None:
    constituents = market().constituents
    spells: dict[str, list[tuple[np.datetime64, np.datetime64]]] = {}
    for symbol, start, end in zip(
        constituents.symbol, constituents.start_date, constituents.end_date, strict=True
    ):
        spells.setdefault(symbol, []).append((start, np.datetime64("2999-01-01") if np.isnat(end) else end))
    for rows in spells.values():
        rows.sort()
        assert all(end < start for (_, end), (start, _) in pairwise(rows))


def test_the_largest_index_always_has_fourteen_members() -> None:
    constituents = market().constituents
    of_index = constituents.index_symbol == "000300.SH"
    for day in ("2023-01-03", "2024-03-01", "2025-12-31"):
        end = constituents.end_date[of_index]
        inside = (constituents.start_date[of_index] <= np.datetime64(day)) & (
            np.isnat(end) | (end >= np.datetime64(day))
        )
        assert inside.sum() == 14


def test_constituents_change_at_reviews() -> None:
    assert {day.item() for day in market().constituents.start_date} >= {date(2023, 1, 3), date(2024, 6, 17)}


@pytest.mark.parametrize(
    ("first", "last"),
    [((2024, 5, 6), (2024, 5, 6)), ((2024, 5, 6), (2024, 5, 31)), ((2022, 1, 4), (2026, 9, 1))],
)
def test_any_range_can_be_made(first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    made = synthetic_market(shipped_calendar(), 1, date(*first), date(*last))
    sessions = shipped_calendar().between(date(*first), date(*last))
    assert sorted({day.item() for day in made.bars.trade_date}) == sessions


def test_a_range_before_2022_is_refused() -> None:
    with pytest.raises(ValueError, match="2022-01-01"):
        synthetic_market(shipped_calendar(), 1, date(2021, 12, 31), date(2023, 1, 31))


def test_a_range_without_a_trading_day_is_refused() -> None:
    with pytest.raises(ValueError, match="no trading day"):
        synthetic_market(shipped_calendar(), 1, date(2024, 10, 1), date(2024, 10, 7))


def test_no_code_is_a_listed_instrument(shared_market: Path) -> None:
    import duckdb  # noqa: PLC0415 - only this test reads real data

    files = ("instruments", "etf_daily", "bars_stock_delisted", "bars_stock_2023_2026_all")
    listed = {
        row[0]
        for name in files
        for row in duckdb.sql(f"SELECT DISTINCT symbol FROM '{shared_market / name}.parquet'").fetchall()
    }
    assert not listed & set(market().instruments.symbol)
