"""Instruments, corporate actions, indices, constituents and calendars from files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from quantos.market.core.bars import CorporateAction
from quantos.market.core.settled import SettledDays
from quantos.market.importing.report import FileReport
from quantos.market.service import Market

from .conftest import Row, Write, bar

Rows = Callable[[str], list[tuple[Any, ...]]]

A, B, FUND = "600519.SH", "000001.SZ", "159915.SZ"


def load(market: Market, write: Write, name: str, rows: list[Row]) -> FileReport:
    (report,) = market.import_path(write(name, rows, None)).files
    return report


class TestInstruments:
    def test_dates_and_names_are_stored(self, market: Market, write: Write) -> None:
        rows: list[Row] = [
            {"symbol": A, "name": "贵州茅台", "list_date": date(2001, 8, 27), "delist_date": None},
            {"symbol": B, "name": "平安银行", "list_date": date(1991, 4, 3), "delist_date": date(2024, 5, 6)},
        ]
        assert load(market, write, "instruments.parquet", rows).stored == 2
        known = market.instruments()
        assert dict(zip(known.symbols, known.list_date.astype(str), strict=True)) == {
            A: "2001-08-27",
            B: "1991-04-03",
        }
        assert str(known.delist_date[known.number_of[B]]) == "2024-05-06"
        assert market.names() == {A: "贵州茅台", B: "平安银行"}

    def test_again_they_are_unchanged_and_a_new_name_is_a_change(self, market: Market, write: Write) -> None:
        row = {"symbol": A, "name": "ST茅台", "list_date": date(2001, 8, 27)}
        load(market, write, "instruments.parquet", [row])
        assert load(market, write, "instruments.parquet", [row]).unchanged == 1
        report = load(market, write, "instruments.parquet", [row | {"name": "贵州茅台"}])
        assert (report.changed, report.findings["name_differs"].count) == (1, 1)

    def test_what_a_list_leaves_out_takes_nothing_away(self, market: Market, write: Write) -> None:
        load(
            market, write, "instruments.parquet", [{"symbol": A, "name": "x", "list_date": date(2001, 8, 27)}]
        )
        bare: list[Row] = [{"symbol": A, "list_date": None}, {"symbol": B, "list_date": date(1991, 4, 3)}]
        assert load(market, write, "instruments.parquet", bare).changed == 0
        assert str(market.instruments().list_date[0]) == "2001-08-27"

    def test_symbols_of_no_board_and_repeats_are_refused(self, market: Market, write: Write) -> None:
        rows: list[Row] = [
            {"symbol": name, "list_date": date(2001, 8, 27)} for name in (A, A, B, "900901.SH")
        ]
        report = load(market, write, "instruments.csv", rows)
        assert (report.stored, report.quarantined) == (1, {"unknown_symbol": 1, "conflicting_duplicate": 2})

    def test_a_column_overrules_the_list_of_wide_funds(self, market: Market, write: Write) -> None:
        market.import_path(write("bars.parquet", [bar(FUND, "2024-01-02")]))
        assert market.instruments().wide_fund.tolist() == [True]
        load(market, write, "instruments.csv", [{"symbol": FUND, "list_date": None, "wide_fund": False}])
        assert market.instruments().wide_fund.tolist() == [False]

    def test_a_file_of_delisted_shares_gives_the_day_after_its_last_bar(
        self, market: Market, write: Write
    ) -> None:
        market.import_path(write("bars_delisted.parquet", [bar(A, "2024-01-04"), bar(A, "2024-01-05")]))
        assert market.instruments().delist_date.astype(str).tolist() == ["2024-01-08"]

    def test_a_delisting_date_of_a_list_stands_before_the_last_bar_of_a_file(
        self, market: Market, write: Write
    ) -> None:
        row = {"symbol": A, "list_date": date(2001, 8, 27), "delist_date": date(2024, 3, 1)}
        load(market, write, "instruments.parquet", [row])
        market.import_path(write("bars_delisted.parquet", [bar(A, "2024-01-04")]))
        assert market.instruments().delist_date.astype(str).tolist() == ["2024-03-01"]


class TestCorporateActions:
    ACTION: Row = {"symbol": A, "ex_date": date(2024, 1, 3), "bonus_per_million": 300_000}  # noqa: RUF012
    CASH: Row = {"cash_mills_per_million": 1_500_000_000, "note": "10派15元送3股"}  # noqa: RUF012

    def test_they_come_back_as_they_went_in(self, market: Market, write: Write) -> None:
        assert load(market, write, "corporate_actions.csv", [self.ACTION | self.CASH]).stored == 1
        assert market.corporate_actions(date(2024, 1, 3), date(2024, 1, 3)) == [
            CorporateAction(0, date(2024, 1, 3), 300_000, 1_500_000_000, None, "10派15元送3股")
        ]

    def test_a_swap_names_its_target(self, market: Market, write: Write) -> None:
        load(market, write, "corporate_actions.csv", [self.ACTION | self.CASH | {"into_symbol": B}])
        (action,) = market.corporate_actions(date(2024, 1, 1), date(2024, 12, 31))
        assert market.instruments().symbols[action.into_instrument or 0] == B

    def test_again_they_are_unchanged_and_another_amount_is_a_change(
        self, market: Market, write: Write
    ) -> None:
        row = self.ACTION | self.CASH
        load(market, write, "corporate_actions.csv", [row])
        assert load(market, write, "corporate_actions.csv", [row]).unchanged == 1
        assert load(market, write, "corporate_actions.csv", [row | {"bonus_per_million": 1}]).changed == 1

    def test_on_a_settled_day_they_are_reported_and_not_applied(self, market: Market, write: Write) -> None:
        market.settled_days = lambda: SettledDays(date(2024, 1, 2), date(2024, 1, 3))
        report = load(market, write, "corporate_actions.csv", [self.ACTION | self.CASH])
        assert (report.stored, report.settled.symbols) == (0, [A])
        assert market.corporate_actions(date(2024, 1, 1), date(2024, 12, 31)) == []

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"symbol": "000300.SH"}, "unknown_symbol"),
            ({"ex_date": date(2024, 1, 6)}, "closed_day"),
            ({"ex_date": None}, "missing_date"),
            ({"cash_mills_per_million": -1}, "bad_value"),
            ({"cash_mills_per_million": 9_000_000_000_001}, "bad_value"),
            ({"bonus_per_million": -1_000_001}, "bad_value"),
            ({"bonus_per_million": -1, "into_symbol": B}, "bad_value"),
            ({"into_symbol": A}, "bad_value"),
        ],
    )
    def test_impossible_ones_are_refused(
        self, market: Market, write: Write, change: Row, reason: str
    ) -> None:
        whole = self.CASH | {"bonus_per_million": 1, "into_symbol": None}
        rows = [{"symbol": B, "ex_date": date(2024, 1, 4)} | whole]
        report = load(market, write, "corporate_actions.parquet", [*rows, self.ACTION | self.CASH | change])
        assert (report.stored, report.quarantined) == (1, {reason: 1})

    def test_duplicates_collapse_or_conflict(self, market: Market, write: Write) -> None:
        row = self.ACTION | self.CASH
        other = row | {"symbol": B}
        rows = [row, other, row | {"note": "again"}, other | {"bonus_per_million": 1}]
        report = load(market, write, "corporate_actions.csv", rows)
        assert (report.stored, report.quarantined) == (1, {"conflicting_duplicate": 2})
        assert report.findings["duplicate_row"].count == 1


class TestIndices:
    def rows(self, *closes: float | None, symbol: str = "000300.SH") -> list[Row]:
        days = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4))
        return [
            {"symbol": symbol, "date": day, "close": close} for day, close in zip(days, closes, strict=False)
        ]

    def test_they_are_benchmarks_and_no_instruments(self, market: Market, write: Write) -> None:
        load(market, write, "indices.csv", self.rows(3400.5, 3380.25))
        assert market.benchmark("hs300", date(2024, 1, 1), date(2024, 1, 31)) == {
            date(2024, 1, 2): 3400.5,
            date(2024, 1, 3): 3380.25,
        }
        assert len(market.instruments()) == 0

    def test_again_they_are_unchanged_and_a_correction_is_reported(
        self, market: Market, write: Write
    ) -> None:
        load(market, write, "indices.csv", self.rows(1, 2))
        assert load(market, write, "indices.csv", self.rows(1, 2)).unchanged == 2
        report = load(market, write, "indices.csv", self.rows(1, 3))
        assert (report.changed, report.findings["correction"].count) == (1, 1)
        assert market.benchmark("hs300", date(2024, 1, 3), date(2024, 1, 3)) == {date(2024, 1, 3): 3.0}

    def test_bad_rows_are_refused(self, market: Market, write: Write) -> None:
        rows = [*self.rows(1, None, -1), {"symbol": "000300.SH", "date": date(2024, 1, 6), "close": 1.0}]
        report = load(market, write, "indices.csv", rows)
        assert (report.stored, report.quarantined) == (
            1,
            {"closed_day": 1, "missing_price": 1, "bad_price": 1},
        )

    def test_duplicates_collapse_or_conflict(self, market: Market, write: Write) -> None:
        report = load(market, write, "indices.csv", [*self.rows(1, 2), *self.rows(1, 3)])
        assert (report.stored, report.quarantined) == (1, {"conflicting_duplicate": 2})
        assert report.findings["duplicate_row"].count == 1

    def test_an_imported_etf_all_counts_before_the_computed_one(self, market: Market, write: Write) -> None:
        load(market, write, "indices.csv", self.rows(1.5, symbol="etf_all"))
        assert market.benchmark("etf_all", date(2024, 1, 1), date(2024, 1, 31)) == {date(2024, 1, 2): 1.5}


class TestConstituents:
    def snapshot(self, day: date, members: range, source: str) -> list[Row]:
        return [
            {"index_symbol": "000016.SH", "asof_date": day, "symbol": f"6000{k:02}.SH", "source": source}
            for k in members
        ]

    def test_a_list_answers_for_its_days(self, market: Market, write: Write) -> None:
        load(market, write, "constituents.csv", self.snapshot(date(2024, 1, 2), range(50), "a"))
        answer = market.members("000016.SH", date(2024, 3, 1))
        assert answer is not None
        assert len(answer.chosen.members) == 50
        assert market.members("000016.SH", date(2024, 1, 1)) is None

    def test_a_new_import_is_seen_at_once(self, market: Market, write: Write) -> None:
        assert market.members("000016.SH", date(2024, 3, 1)) is None
        load(market, write, "constituents.csv", self.snapshot(date(2024, 1, 2), range(50), "a"))
        assert market.members("000016.SH", date(2024, 3, 1)) is not None

    def test_other_sources_are_reported(self, market: Market, write: Write) -> None:
        rows = self.snapshot(date(2024, 1, 2), range(50), "a") + self.snapshot(
            date(2024, 1, 2), range(2, 52), "b"
        )
        report = load(market, write, "constituents.csv", rows)
        assert report.findings["sources_differ"].examples == ["000016.SH 2024-01-02 4"]

    def test_again_they_are_unchanged_and_a_longer_spell_is_a_change(
        self, market: Market, write: Write
    ) -> None:
        spell = {"index_symbol": "000016.SH", "symbol": A, "start_date": date(2024, 1, 2), "source": "s"}
        load(market, write, "constituents.csv", [spell | {"end_date": date(2024, 6, 28)}])
        assert (
            load(market, write, "constituents.csv", [spell | {"end_date": date(2024, 6, 28)}]).unchanged == 1
        )
        assert load(market, write, "constituents.csv", [spell | {"end_date": date(2024, 9, 30)}]).changed == 1

    def test_bad_rows_are_refused(self, market: Market, write: Write) -> None:
        good = {"index_symbol": "000016.SH", "symbol": A, "start_date": date(2024, 1, 2), "source": "s"}
        good |= {"end_date": date(2024, 6, 28)}
        rows = [good, good | {"symbol": "T00018.SH"}, good | {"symbol": B, "end_date": date(2023, 1, 3)}]
        report = load(market, write, "constituents.csv", rows)
        assert (report.stored, report.quarantined) == (1, {"unknown_symbol": 1, "bad_value": 1})


class TestCalendar:
    def year(self, holes: tuple[date, ...] = ()) -> list[Row]:
        days = [date(2027, 1, 1) + timedelta(days=k) for k in range(365)]
        return [{"date": day, "is_open": day.weekday() < 5} for day in days if day not in holes]

    def test_a_file_extends_it_without_a_release(self, market: Market, write: Write) -> None:
        report = load(market, write, "calendar_2027.csv", self.year())
        assert (report.kind, report.stored) == ("calendar", 365)
        assert market.calendar.last == date(2027, 12, 31)
        assert Market(market.series, market.clock).calendar.next_after(date(2026, 12, 31)) == date(2027, 1, 1)

    def test_a_file_with_a_hole_is_refused(self, market: Market, write: Write) -> None:
        report = load(market, write, "calendar_2027.csv", self.year((date(2027, 1, 1),)))
        assert "2027-01-01" in (report.refused or "")
        assert market.calendar.last == date(2026, 12, 31)

    def test_a_settled_day_stays_what_it_was(self, market: Market, write: Write) -> None:
        market.settled_days = lambda: SettledDays(date(2024, 1, 2), date(2024, 1, 5))
        report = load(market, write, "calendar.csv", [{"date": date(2024, 1, 4), "is_open": False}])
        assert "settled" in (report.refused or "")

    def test_an_ad_hoc_closure_is_a_change(self, market: Market, write: Write) -> None:
        assert (
            load(market, write, "calendar.csv", [{"date": date(2024, 1, 4), "is_open": False}]).changed == 1
        )
        assert not market.calendar.is_trading_day(date(2024, 1, 4))
