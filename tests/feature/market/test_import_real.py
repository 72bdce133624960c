"""The real files, and each defect that their README lists, as an import shows it.

One import of the whole folder serves all tests; it is never changed by them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from quantos.kit.clock import SimulatedClock
from quantos.market.importing.report import FileReport, ImportReport
from quantos.market.service import Market
from quantos.storage.series import Series

Imported = tuple[Market, ImportReport]
ALL, CORE, DELISTED = (
    "bars_stock_2023_2026_all.parquet",
    "bars_stock_2010_2022_core.parquet",
    "bars_stock_delisted.parquet",
)


@pytest.fixture(scope="module")
def imported(shared_market: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    series = Series(tmp_path_factory.mktemp("real") / "series.duckdb")
    market = Market(series, SimulatedClock(datetime(2024, 1, 2, tzinfo=UTC)))
    yield market, market.import_path(shared_market)
    series.close()


def file(imported: Imported, name: str) -> FileReport:
    (report,) = [one for one in imported[1].files if one.source == name]
    return report


def rows(imported: Imported, query: str) -> list[tuple[Any, ...]]:
    with imported[0].series.read() as cursor:
        return cursor.execute(query).fetchall()


def findings(imported: Imported, kind: str, where: str = "true") -> list[tuple[str, date]]:
    return rows(
        imported,
        f"SELECT symbol, trade_date FROM finding WHERE kind = '{kind}' AND {where} ORDER BY ALL",
    )


def test_every_row_of_the_two_big_files_is_stored(imported: Imported) -> None:
    assert (file(imported, ALL).stored, file(imported, CORE).stored) == (3_662_579, 1_616_959)


def test_known_closes_are_exact_to_the_fen(imported: Imported) -> None:
    """The four closes that the README names."""
    market, _ = imported
    for day, mills in (
        (date(2020, 1, 2), 1_130_000),
        (date(2021, 2, 10), 2_601_000),
        (date(2024, 9, 30), 1_748_000),
        (date(2026, 5, 8), 1_372_990),
    ):
        assert market.history("600519.SH", day, day)["close"].tolist() == [mills]
    points = market.benchmark("hs300", date(2024, 9, 30), date(2024, 9, 30))
    assert points == {date(2024, 9, 30): pytest.approx(4017.855, abs=0.0015)}  # rounded from 32-bit floats


def test_the_whole_folder_again_changes_no_bar(imported: Imported, shared_market: Path) -> None:
    before = rows(imported, "SELECT count(*), sum(hash(bar)::HUGEINT) FROM bar")
    report = imported[0].import_path(shared_market / "sample_32_stocks_2020_2026.parquet")
    assert (report.stored, report.changed, report.unchanged) == (0, 0, 48_264)
    assert rows(imported, "SELECT count(*), sum(hash(bar)::HUGEINT) FROM bar") == before


def test_provider_files_agree_with_the_big_files_row_by_row(imported: Imported) -> None:
    providers = [one for one in imported[1].files if one.source.startswith("provider_samples/")]
    accepted = [one for one in providers if one.refused is None]
    assert sum(one.changed + one.stored + one.quarantined_rows for one in accepted) == 0
    assert sum(one.rows for one in accepted) > 10_000


def test_adjusted_provider_files_are_refused(imported: Imported) -> None:
    refused = [one for one in imported[1].refused if "qfq" in one.source]
    assert len(refused) == len(imported[1].refused) == 4
    assert all("raw (unadjusted)" in (one.refused or "") for one in refused)


class TestDefects:
    """By their numbers in the README."""

    def test_1_survivors_only(self, imported: Imported) -> None:
        assert file(imported, ALL).findings["survivors_only"].count == 4684
        assert file(imported, CORE).findings["survivors_only"].count == 711
        assert "survivors_only" not in file(imported, DELISTED).findings
        assert rows(imported, "SELECT count(*) FROM instrument WHERE delist_date IS NOT NULL") == [(134,)]

    def test_2_the_factor_disagrees_where_the_anomalies_say(
        self, imported: Imported, shared_market: Path
    ) -> None:
        """Of the 209 rows listed, 57 are of shares or dates kept back, and 9 are suspended days.

        The list left the reference of those 9 days empty; the bars carry the ex-adjusted price, and it agrees
        with the factor.
        """
        with (shared_market / "adj_factor_anomalies.csv").open() as lines:
            listed = [
                (row["symbol"], date.fromisoformat(row["date"]), row["pre_close"])
                for row in csv.DictReader(lines)
            ]
        there = set(
            duckdb.sql(
                f"SELECT a.symbol, a.date FROM '{shared_market}/adj_factor_anomalies.csv' a SEMI JOIN ("
                f"SELECT symbol, date FROM '{shared_market}/{ALL}' UNION ALL SELECT symbol, date FROM"
                f" '{shared_market}/{CORE}') b ON a.symbol = b.symbol AND a.date = b.date"
            ).fetchall()
        )
        expected = {
            (symbol, day) for symbol, day, pre_close in listed if (symbol, day) in there and pre_close
        }
        assert (len(listed), len(there), len(expected)) == (209, 152, 143)
        assert set(findings(imported, "factor_mismatch")) == expected

    def test_3_volumes_that_passed_through_floats(self, imported: Imported) -> None:
        assert file(imported, ALL).findings["inexact_volume"].count == 717_740

    def test_4_missing_amounts_and_st_flags(self, imported: Imported) -> None:
        found = file(imported, ALL).findings
        assert (found["no_amount"].count, found["no_is_st"].count) == (3_071_050, 3_512_426)

    def test_5_a_session_missing_inside_a_span(self, imported: Imported) -> None:
        """001872.SZ and 001914.SZ are not in the files."""
        big = "load IN (SELECT id FROM load WHERE source LIKE 'bars_stock_20%')"
        assert findings(imported, "gap", big) == [("302132.SZ", date(2012, 9, 11))]

    def test_6_real_moves_beyond_the_limit_are_kept_and_explained(self, imported: Imported) -> None:
        assert "jump" not in file(imported, ALL).findings
        assert "jump" not in file(imported, CORE).findings

    def test_6_the_average_price_may_leave_the_day(self, imported: Imported) -> None:
        assert [symbol for symbol, _ in findings(imported, "amount_doubtful")] == [
            "300896.SZ",
            "300999.SZ",
            "300999.SZ",
        ]

    def test_7_indices(self, imported: Imported) -> None:
        report = file(imported, "index_daily.parquet")
        assert (report.stored, report.quarantined) == (50_193, {})
        gaps = rows(imported, "SELECT sum(value) FROM finding WHERE kind = 'gap' AND symbol = '000852.SH'")
        assert gaps == [(243.0,)]
        assert report.findings["index_no_volume"].count == 32
        low_above_close = findings(imported, "index_range", "trade_date = DATE '2016-08-11'")
        assert [symbol for symbol, _ in low_above_close] == ["000852.SH", "000905.SH"]
        of_399001 = findings(imported, "index_reference", "symbol = '399001.SZ'")
        assert len(of_399001) == 37

    def test_8_no_series_for_csi2000(self, imported: Imported) -> None:
        assert imported[0].coverage()["benchmarks"]["csi2000"] is None
        assert imported[0].benchmark("csi2000", date(2020, 1, 1), date(2026, 5, 8)) == {}

    def test_9_funds_have_a_hole_of_a_year_and_a_half(self, imported: Imported) -> None:
        hole = findings(imported, "gap", "value >= 359 AND symbol SIMILAR TO '(15|16|5).*'")
        assert len(hole) > 30
        assert {day for _, day in hole} == {date(2026, 1, 5)}
        levels = imported[0].benchmark("etf_all", date(2020, 11, 5), date(2026, 4, 24))
        assert levels[date(2026, 1, 5)] == levels[date(2024, 7, 11)]

    def test_9_a_distribution_of_a_fund_shows_as_its_reference(self, imported: Imported) -> None:
        before = imported[0].history("510300.SH", date(2026, 1, 16), date(2026, 1, 16))["close"][0]
        reference = imported[0].history("510300.SH", date(2026, 1, 19), date(2026, 1, 19))["pre_close"][0]
        assert 0 < reference < before

    def test_10_spells_start_at_month_ends_and_lack_members(self, imported: Imported) -> None:
        late = rows(imported, "SELECT DISTINCT symbol FROM finding WHERE kind = 'list_late' ORDER BY 1")
        assert ("000852.SH",) in late
        sizes = rows(
            imported,
            "SELECT trade_date, value FROM finding WHERE kind = 'list_size' AND symbol = '000852.SH' ORDER BY 1",
        )
        assert sizes[0] == (date(2014, 10, 31), 3.0)
        assert (date(2015, 5, 29), 1002.0) in sizes

    def test_10_survivors_never_count_before_a_whole_list(self, imported: Imported) -> None:
        answer = imported[0].members("000300.SH", date(2024, 9, 2))
        assert answer is not None
        assert (answer.chosen.source, len(answer.chosen.members)) == ("qlib_instruments_2025-08", 300)
        assert [len(other.members) for other in answer.others] == [284]

    def test_11_499_members_of_500(self, imported: Imported) -> None:
        found = file(imported, "index_members_snapshots.parquet").findings["list_size"]
        assert found.examples == ["000905.SH 2026-05-08 499 against 500"]

    def test_12_no_bars_of_beijing(self, imported: Imported) -> None:
        (beijing,) = [board for board in imported[0].coverage()["boards"] if board["board"] == "bse"]
        assert (beijing["instruments"], beijing["bars"]) == (316, 0)

    def test_13_the_same_digits_are_two_things(self, imported: Imported) -> None:
        market, _ = imported
        assert "000001.SZ" in market.instruments().number_of
        assert "000001.SH" not in market.instruments().number_of
        assert rows(imported, "SELECT count(*) FROM index_bar WHERE symbol = '000001.SH'") == [(3966,)]


def test_a_defect_that_the_readme_does_not_list(imported: Imported) -> None:
    """000578.SZ opened above its high on 2009-05-22, says the file."""
    refused = rows(
        imported, "SELECT symbol, trade_date, reason FROM quarantine WHERE reason = 'outside_range'"
    )
    assert refused == [("000578.SZ", date(2009, 5, 22), "outside_range")]


def test_one_day_of_002157_is_multiplied_by_its_factor(imported: Imported) -> None:
    """Its prices of 2026-04-30 are backward-adjusted ones; settlement will not take them for an ex-date."""
    assert ("002157.SZ", date(2026, 4, 30)) in findings(imported, "reference_above_close")
    assert ("002157.SZ", date(2026, 5, 6)) in findings(imported, "reference_far_below_close")


def test_suspended_days_are_rows_without_volume(imported: Imported) -> None:
    assert (
        rows(imported, "SELECT count(*) FROM bar WHERE volume = 0 AND trade_date >= DATE '2023-01-01'")[0][0]
        >= 4743
    )
    assert findings(imported, "suspended_price") == [("601607.SH", date(2010, 3, 5))]


def test_the_day_after_the_last_bar_of_a_delisted_share(imported: Imported) -> None:
    market, _ = imported
    known = market.instruments()
    assert str(known.delist_date[known.number_of["601989.SH"]]) == str(
        market.calendar.next_after(
            rows(
                imported,
                "SELECT max(trade_date) FROM bar JOIN instrument ON number = instrument WHERE symbol = '601989.SH'",
            )[0][0]
        )
    )


def test_every_day_of_the_data_is_ready(imported: Imported) -> None:
    market, _ = imported
    for day in market.calendar.between(date(2024, 1, 2), date(2026, 5, 8)):
        if day not in {date(2026, 1, 5), date(2026, 4, 27)}:  # the funds come and go
            assert market.readiness(day).ready, day
