"""What the other features ask the market."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from quantos.kit.clock import SHANGHAI, SimulatedClock
from quantos.market.core.bars import is_ready
from quantos.market.service import AlreadyAccepted, DayAhead, Market, NotATradingDay

from .conftest import Write, bar

A, B, C = "600519.SH", "000001.SZ", "300750.SZ"
F1, F2 = "510300.SH", "510500.SH"


def test_a_day_without_rows_is_a_day_all_the_same(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, "2024-01-02"), bar(A, "2024-01-04")]))
    days = list(market.day_bars(date(2024, 1, 1), date(2024, 1, 7)))
    assert [(str(day.trade_date), bool(day.has_row[0])) for day in days] == [
        ("2024-01-02", True),
        ("2024-01-03", False),
        ("2024-01-04", True),
        ("2024-01-05", False),
    ]


def test_what_is_not_known_is_zero_nan_or_minus_one(market: Market, write: Write) -> None:
    unknown: dict[str, Any] = {"pre_close": None, "adj_factor": None, "is_st": None}
    market.import_path(write("bars.parquet", [bar(A, "2024-01-02", **unknown)]))
    (day,) = market.day_bars(date(2024, 1, 2), date(2024, 1, 2))
    assert (day.pre_close[0], np.isnan(day.adj_factor[0]), day.is_st[0]) == (0, True, -1)


def test_days_come_in_order_over_many_chunks(market: Market, write: Write) -> None:
    sessions = market.calendar.between(date(2023, 1, 1), date(2023, 12, 31))
    market.import_path(
        write("bars.parquet", [bar(A, str(day), 10 + k / 100) for k, day in enumerate(sessions)])
    )
    days = list(market.day_bars(sessions[0], sessions[-1]))
    assert [day.trade_date for day in days] == sessions
    assert [day.close[0] for day in days] == [10_000 + 10 * k for k in range(len(sessions))]


def test_carry_is_the_last_bar_strictly_before(market: Market, write: Write) -> None:
    rows = [bar(A, "2024-01-02", 10), bar(A, "2024-01-03", 11, adj_factor=None), bar(B, "2024-01-04", 12)]
    market.import_path(write("bars.parquet", rows))
    carry = market.carry(date(2024, 1, 4))
    a, b = (market.instruments().number_of[symbol] for symbol in (A, B))
    assert (carry.close[a], str(carry.last_date[a]), np.isnan(carry.adj_factor[a])) == (
        11_000,
        "2024-01-03",
        True,
    )
    assert (carry.close[b], np.isnat(carry.last_date[b])) == (0, True)


def test_history_is_one_instrument_in_date_order(market: Market, write: Write) -> None:
    market.import_path(
        write("bars.parquet", [bar(s, d) for s in (A, B) for d in ("2024-01-03", "2024-01-02")])
    )
    rows = market.history(A, date(2024, 1, 1), date(2024, 1, 31))
    assert rows["trade_date"].astype(str).tolist() == ["2024-01-02", "2024-01-03"]
    assert len(market.history("000002.SZ", date(2024, 1, 1), date(2024, 1, 31))["close"]) == 0


def on_the_day(market: Market, day: str) -> None:
    """Move the market's clock to the first minute of a day in Shanghai."""
    assert isinstance(market.clock, SimulatedClock)
    market.clock.move_to(datetime.fromisoformat(day).replace(tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2024-03-06T15:29:59.999999", "2024-03-05"),
        ("2024-03-06T15:30:00", "2024-03-06"),
        ("2024-03-09T15:30:00", "2024-03-08"),  # a Saturday
        ("2024-02-19T10:00:00", "2024-02-08"),  # the first morning after the Spring Festival
        ("2035-03-03T16:00:00", "2035-03-03"),  # beyond the calendar
    ],
)
def test_the_last_day_whose_bars_can_be_whole(market: Market, now: str, last: str) -> None:
    on_the_day(market, now)
    assert str(market.last_whole()) == last
    assert market.coverage()["last_whole"] == market.last_whole()


class TestReadiness:
    """SETTLE-13: 90 % of what traded on the trading day before."""

    @pytest.fixture
    def ten(self, market: Market, write: Write) -> Market:
        self.symbols = [f"60000{k}.SH" for k in range(10)]
        market.import_path(write("bars.parquet", [bar(symbol, "2024-01-02") for symbol in self.symbols]))
        return market

    def add(self, market: Market, write: Write, symbols: list[str]) -> None:
        market.import_path(write("more_bars.parquet", [bar(symbol, "2024-01-03") for symbol in symbols]))

    def test_nine_of_ten_are_enough(self, ten: Market, write: Write) -> None:
        self.add(ten, write, self.symbols[:9])
        ready = ten.readiness(date(2024, 1, 3))
        assert (ready.ready, ready.expected, ready.present, ready.missing) == (True, 10, 9, ("600009.SH",))

    def test_eight_of_ten_are_not(self, ten: Market, write: Write) -> None:
        self.add(ten, write, self.symbols[:8])
        assert not ten.readiness(date(2024, 1, 3)).ready

    def test_what_was_asked_before_an_import_or_an_acceptance_is_not_answered_after_it(
        self, ten: Market, write: Write
    ) -> None:
        day = date(2024, 1, 3)
        assert (ten.readiness(day).present, ten.last_date()) == (0, date(2024, 1, 2))
        self.add(ten, write, self.symbols[:3])
        assert (ten.readiness(day).present, ten.last_date()) == (3, day)
        on_the_day(ten, "2024-01-04")
        ten.accept(day, "the exchange closed early", "operator")
        found = ten.readiness(day)
        assert found.ready
        assert found == Market(ten.series, ten.clock).readiness(day), "as one that was never asked answers"

    @pytest.mark.parametrize(("present", "ready"), [(4917, True), (4916, False)])
    def test_the_bound_is_at_nine_tenths_exactly(self, present: int, ready: bool) -> None:
        """Nine tenths of 5,463 are 4,916.7."""
        assert is_ready(5463, present) is ready

    def test_instruments_that_did_not_trade_before_do_not_count(self, ten: Market, write: Write) -> None:
        self.add(ten, write, [*self.symbols[:8], "600020.SH"])
        assert not ten.readiness(date(2024, 1, 3)).ready

    def test_the_first_day_of_the_store_is_ready(self, ten: Market) -> None:
        assert ten.readiness(date(2024, 1, 2)).ready

    def test_a_day_without_the_day_before_is_not(self, ten: Market, write: Write) -> None:
        ten.import_path(write("late_bars.parquet", [bar(symbol, "2024-01-05") for symbol in self.symbols]))
        assert not ten.readiness(date(2024, 1, 5)).ready

    def test_a_closed_day_is_never_ready(self, ten: Market) -> None:
        assert not ten.readiness(date(2024, 1, 6)).ready

    def test_the_operator_may_accept_a_day_with_a_reason(self, ten: Market) -> None:
        on_the_day(ten, "2024-01-03")
        ten.accept(date(2024, 1, 3), "source is down", "operator")
        ready = ten.readiness(date(2024, 1, 3))
        assert ready.ready
        assert ready.accepted is not None
        assert (ready.accepted.by, ready.accepted.reason) == ("operator", "source is down")

    def test_a_day_is_accepted_once_and_only_trading_days_are(self, ten: Market) -> None:
        on_the_day(ten, "2024-01-03")
        ten.accept(date(2024, 1, 3), "source is down", "operator")
        with pytest.raises(AlreadyAccepted):
            ten.accept(date(2024, 1, 3), "again", "operator")
        with pytest.raises(NotATradingDay):
            ten.accept(date(2024, 1, 6), "weekend", "operator")

    def test_a_day_is_accepted_from_its_first_minute_on(self, ten: Market) -> None:
        on_the_day(ten, "2024-01-03")
        with pytest.raises(DayAhead, match="2024-01-04 has not come: today is 2024-01-03"):
            ten.accept(date(2024, 1, 4), "a slip of the pen", "operator")
        assert not ten.readiness(date(2024, 1, 4)).ready
        ten.accept(date(2024, 1, 3), "the source is down", "operator")


class TestEtfAll:
    """BENCH-01: the equal-weight return of the funds with a bar on both days."""

    def levels(self, market: Market) -> list[float]:
        return [
            round(v, 10) for v in market.benchmark("etf_all", date(2024, 1, 2), date(2024, 1, 31)).values()
        ]

    def test_it_averages_the_funds(self, market: Market, write: Write) -> None:
        rows = [bar(F1, "2024-01-02", 1.0), bar(F2, "2024-01-02", 2.0)]
        rows += [bar(F1, "2024-01-03", 1.1, pre_close=1.0), bar(F2, "2024-01-03", 2.1, pre_close=2.0)]
        market.import_path(write("bars.parquet", rows))
        assert self.levels(market) == [1.0, 1.075]

    def test_a_fund_without_a_bar_the_day_before_does_not_count(self, market: Market, write: Write) -> None:
        rows = [bar(F1, "2024-01-02", 1.0), bar(F1, "2024-01-03", 1.1, pre_close=1.0)]
        rows += [bar(F2, "2024-01-03", 9.0, pre_close=3.0)]
        market.import_path(write("bars.parquet", rows))
        assert self.levels(market) == [1.0, 1.1]

    def test_a_distribution_is_no_loss(self, market: Market, write: Write) -> None:
        rows = [bar(F1, "2024-01-02", 1.0), bar(F1, "2024-01-03", 0.5, pre_close=0.5)]
        market.import_path(write("bars.parquet", rows))
        assert self.levels(market) == [1.0, 1.0]

    def test_without_a_reference_the_last_close_counts(self, market: Market, write: Write) -> None:
        rows = [bar(F1, "2024-01-02", 1.0), bar(F1, "2024-01-03", 1.2, pre_close=None)]
        market.import_path(write("bars.parquet", rows))
        assert self.levels(market) == [1.0, 1.2]

    def test_shares_have_no_part_in_it(self, market: Market, write: Write) -> None:
        market.import_path(write("bars.parquet", [bar(A, "2024-01-02"), bar(A, "2024-01-03")]))
        assert self.levels(market) == []

    def test_after_a_gap_the_level_goes_on_unchanged(self, market: Market, write: Write) -> None:
        rows = [bar(F1, "2024-01-02", 1.0), bar(F1, "2024-01-05", 2.0, pre_close=1.0)]
        market.import_path(write("bars.parquet", rows))
        assert self.levels(market) == [1.0, 1.0]


def test_a_universe_without_data_has_no_benchmark(market: Market) -> None:
    assert market.benchmark("csi2000", date(2024, 1, 1), date(2024, 1, 31)) == {}


def test_coverage_names_what_is_there_and_what_is_not(market: Market, write: Write) -> None:
    market.import_path(
        write("bars.parquet", [bar(C, "2024-01-02"), bar(F1, "2024-01-02"), bar(A, "2024-01-03", high=9)])
    )
    covered = market.coverage()
    assert {board["board"]: board["bars"] for board in covered["boards"]} == {"chinext": 1, "fund": 1}
    assert covered["benchmarks"]["csi2000"] is None
    assert covered["benchmarks"]["etf_all"]["computed"]
    assert (covered["last_date"], covered["quarantine"]) == (date(2024, 1, 2), {"high_below_low": 1})
    assert covered["loads"][0]["loaded_at"].utcoffset() is not None


def test_the_calendar_says_when_its_list_is_due(market: Market) -> None:
    status = market.calendar_status()
    assert (status["days_left"], status["ends_soon"]) == (1094, False)
