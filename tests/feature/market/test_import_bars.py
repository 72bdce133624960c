"""Bars from files into the store: what is kept, refused, replaced and held back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from quantos.market.core.providers.provider import bars_of
from quantos.market.core.settled import Reopened, SettledDays
from quantos.market.importing import run
from quantos.market.importing.report import FileRefused, FileReport, PathNotFound, WrongMarket
from quantos.market.service import Market
from quantos.storage.series import Series

from .conftest import Write, bar

Rows = Callable[[str], list[tuple[Any, ...]]]

A, B, FUND = "600519.SH", "000001.SZ", "510300.SH"
DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")


def only(market: Market, path: Path) -> FileReport:
    (report,) = market.import_path(path).files
    return report


def test_rows_are_stored_in_mills_and_shares(market: Market, write: Write) -> None:
    path = write("bars.parquet", [bar(A, DAYS[0], 1372.99, volume=123, amount=168877.77, adj_factor=6.5)])
    assert only(market, path).stored == 1
    (day,) = market.day_bars(date(2024, 1, 2), date(2024, 1, 2))
    assert (day.close[0], day.pre_close[0], day.volume[0], day.adj_factor[0]) == (
        1_372_990,
        1_372_990,
        123,
        6.5,
    )


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv", "bars/600519.csv"])
def test_parquet_and_csv_say_the_same(market: Market, write: Write, name: str) -> None:
    report = only(market, write(name, [bar(A, day, 10.01) for day in DAYS]))
    assert (report.rows, report.stored, report.quarantined) == (3, 3, {})


REFUSED: dict[str, dict[str, Any]] = {
    "unknown_symbol": {"symbol": "000001.SH"},
    "missing_date": {"date": None},
    "closed_day": {"date": date(2024, 1, 6)},
    "beyond_calendar": {"date": date(2031, 1, 6)},
    "missing_price": {"close": None},
    "bad_price": {"low": 0.0},
    "off_tick": {"high": 10.005},
    "high_below_low": {"high": 9.0},
    "outside_range": {"close": 10.5},
    "missing_volume": {"volume": None},
    "suspended_but_traded": {"trade_status": 0},
    "amount_off_volume": {"amount": 100.0},
    "bad_value": {"is_st": 7},
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_bad_row_goes_to_quarantine_with_its_reason(
    market: Market, write: Write, rows_of: Rows, reason: str
) -> None:
    good = [bar(B, day, volume=100, amount=1000.0) for day in DAYS]
    report = only(market, write("bars.parquet", [*good, bar(A, DAYS[0]) | REFUSED[reason]]))
    assert (report.stored, report.quarantined) == (3, {reason: 1})
    assert rows_of("SELECT reason FROM quarantine") == [(reason,)]


def test_a_refused_row_is_kept_as_it_came(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0], high=9.0), bar(A, DAYS[1])]))
    (row,), counts = market.quarantine(10, 0)
    assert (
        counts["high_below_low"],
        row["symbol"],
        row["trade_date"],
        row["row"]["high"],
        row["row"]["volume"],
    ) == (
        1,
        A,
        date(2024, 1, 2),
        9.0,
        1000,
    )


def test_a_cell_that_is_no_number_makes_its_row_bad_not_its_file(market: Market, write: Write) -> None:
    path = write("bars.csv", [bar(A, day) for day in DAYS])
    path.write_text(path.read_text().replace("2024-01-03,10,", "2024-01-03,ten,"))
    report = only(market, path)
    assert (report.stored, report.quarantined) == (2, {"missing_price": 1})
    assert market.quarantine(1, 0)[0][0]["row"]["open"] == "ten"


def test_a_fund_moves_by_mills(market: Market, write: Write) -> None:
    assert only(market, write("bars.parquet", [bar(FUND, DAYS[0], 3.456)])).stored == 1


def test_an_identical_duplicate_is_collapsed_and_counted(market: Market, write: Write) -> None:
    report = only(market, write("bars.parquet", [bar(A, DAYS[0]), bar(A, DAYS[1]), bar(A, DAYS[0])]))
    assert (report.stored, report.unchanged, report.findings["duplicate_row"].count) == (2, 1, 1)


def test_of_contradicting_duplicates_none_is_stored(market: Market, write: Write) -> None:
    report = only(market, write("bars.parquet", [bar(A, DAYS[0]), bar(A, DAYS[1]), bar(A, DAYS[0], 11.0)]))
    assert (report.stored, report.quarantined) == (1, {"conflicting_duplicate": 2})


def test_the_order_of_rows_does_not_matter(market: Market, write: Write) -> None:
    report = only(market, write("bars.parquet", [bar(s, day) for day in reversed(DAYS) for s in (B, A)]))
    assert (report.stored, report.quarantined) == (6, {})


def test_importing_again_changes_nothing(market: Market, write: Write, rows_of: Rows) -> None:
    path = write("bars.parquet", [bar(A, day) for day in DAYS] + [bar(B, DAYS[0], high=9.0)])
    market.import_path(path)
    before = rows_of("SELECT * FROM bar ORDER BY ALL"), rows_of("SELECT * FROM quarantine")
    report = only(market, path)
    assert (report.stored, report.changed, report.unchanged) == (0, 0, 3)
    assert (rows_of("SELECT * FROM bar ORDER BY ALL"), rows_of("SELECT * FROM quarantine")) == before


def test_a_number_is_never_given_twice(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0])]))
    market.import_path(write("bars2.parquet", [bar(B, DAYS[0]), bar(A, DAYS[1])]))
    assert market.instruments().symbols == (A, B)


def test_a_correction_replaces_and_is_reported(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, day) for day in DAYS]))
    report = only(market, write("bars2.parquet", [bar(A, DAYS[1], 10.5, pre_close=10.0)]))
    assert (report.changed, report.findings["correction"].examples) == (1, [f"{A} 2024-01-03"])
    assert [day.close[0] for day in market.day_bars(date(2024, 1, 2), date(2024, 1, 4))] == [
        10_000,
        10_500,
        10_000,
    ]


def test_what_a_source_leaves_out_takes_nothing_away(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0], amount=10_000.0)]))
    missing = {"amount": None, "adj_factor": None, "is_st": None, "pre_close": None}
    report = only(market, write("bars2.parquet", [bar(A, DAYS[0]) | missing]))
    assert (report.unchanged, report.changed) == (1, 0)


def test_a_correction_keeps_what_it_leaves_out(market: Market, write: Write, rows_of: Rows) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0], amount=10_000.0)]))
    missing = {"amount": None, "adj_factor": None, "is_st": None, "pre_close": None}
    corrected = bar(A, DAYS[0]) | missing | {"high": 10.5}
    assert only(market, write("bars2.parquet", [corrected])).changed == 1
    stored = rows_of("SELECT high, pre_close, amount, adj_factor, is_st FROM bar")
    assert stored == [(10_500, 10_000, 10_000.0, 1.0, 0)]


@pytest.mark.parametrize("content", ["", "\n600519.SH,2024-01-02,1,1,1,1,1\n"])
def test_a_file_without_a_header_is_refused(market: Market, tmp_path: Path, content: str) -> None:
    (tmp_path / "bars.csv").write_text(content)
    assert "empty" in (only(market, tmp_path / "bars.csv").refused or "")


def test_a_volume_in_lots_is_no_correction_of_an_exact_one(market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0], volume=13_457_321)]))
    report = only(market, write("bars2.parquet", [bar(A, DAYS[0], volume=13_457_300)]))
    assert report.unchanged == 1


class TestSettledDays:
    """Days up to the last settled one stay as they were settled."""

    @pytest.fixture
    def settled(self, market: Market, write: Write) -> Market:
        market.import_path(write("bars.parquet", [bar(A, day) for day in DAYS]))
        market.settled_days = lambda: SettledDays(date(2024, 1, 2), date(2024, 1, 3))
        return market

    def test_a_correction_is_reported_and_not_applied(self, settled: Market, write: Write) -> None:
        report = only(settled, write("b.parquet", [bar(A, day, 11.0, pre_close=10.0) for day in DAYS]))
        assert (report.changed, report.settled.rows) == (1, 2)
        assert (report.settled.days, report.settled.symbols) == (["2024-01-02", "2024-01-03"], [A])
        closes = [day.close[0] for day in settled.day_bars(date(2024, 1, 2), date(2024, 1, 4))]
        assert closes == [10_000, 10_000, 11_000]

    def test_a_row_that_a_settled_day_lacked_is_not_added(self, settled: Market, write: Write) -> None:
        report = only(settled, write("b.parquet", [bar(B, day) for day in DAYS]))
        assert (report.stored, report.findings["settled_addition"].count) == (1, 2)

    def test_the_same_rows_again_are_no_correction(self, settled: Market, write: Write) -> None:
        report = only(settled, write("b.parquet", [bar(A, day) for day in DAYS]))
        assert (report.unchanged, report.settled.rows) == (3, 0)

    def test_an_open_restatement_lets_its_days_change(self, settled: Market, write: Write) -> None:
        path = write("b.parquet", [bar(A, day, 11.0, pre_close=10.0) for day in DAYS])
        reopened = Reopened(7, date(2024, 1, 3), date(2024, 1, 3))
        with settled.series.write() as cursor:
            (report,) = settled.within(cursor, reopened).import_path(path).files
            kept = cursor.execute("SELECT restatement, trade_date, close FROM bar_superseded").fetchall()
        assert (report.changed, report.settled.days) == (2, ["2024-01-02"])
        assert kept == [(7, date(2024, 1, 3), 10_000)], (
            "of the settled days; the last day was an ordinary one"
        )

    def test_a_refused_file_ends_the_import_of_an_open_restatement(
        self, settled: Market, write: Write, rows_of: Rows
    ) -> None:
        write("b/a.parquet", [bar(A, day, 11.0, pre_close=10.0) for day in DAYS])
        broken = write("b/b.parquet", [bar(A, day) for day in DAYS])
        broken.write_bytes(b"no parquet")
        before = rows_of("FROM bar ORDER BY ALL")
        reopened = Reopened(7, date(2024, 1, 3), date(2024, 1, 3))
        with pytest.raises(FileRefused, match=r"b\.parquet"), settled.series.write() as cursor:
            settled.within(cursor, reopened).import_path(broken.parent)
        assert rows_of("FROM bar ORDER BY ALL") == before


class TestFindings:
    """Rows that are kept although they are odd."""

    def find(self, market: Market, path: Path, kind: str) -> list[str]:
        report = only(market, path)
        assert report.quarantined == {}
        return report.findings[kind].examples if kind in report.findings else []

    def test_a_gap(self, market: Market, write: Write) -> None:
        path = write("bars.parquet", [bar(A, "2024-01-02"), bar(A, "2024-01-05")])
        assert self.find(market, path, "gap") == [f"{A} 2024-01-05 2"]

    def test_a_suspension_that_has_rows_is_no_gap(self, market: Market, write: Write) -> None:
        rows = [bar(A, DAYS[0]), bar(A, DAYS[1], trade_status=0, volume=0), bar(A, DAYS[2])]
        assert self.find(market, write("bars.parquet", rows), "gap") == []

    def test_rows_that_another_source_stored_close_a_gap(self, market: Market, write: Write) -> None:
        market.import_path(write("bars.parquet", [bar(A, day) for day in DAYS]))
        assert self.find(market, write("b.parquet", [bar(A, DAYS[0]), bar(A, DAYS[2])]), "gap") == []

    def test_a_gap_to_the_stored_rows_before_the_file(self, market: Market, write: Write) -> None:
        market.import_path(write("bars.parquet", [bar(A, DAYS[0])]))
        assert self.find(market, write("b.parquet", [bar(A, DAYS[2])]), "gap") == [f"{A} 2024-01-04 1"]

    def test_a_jump_without_ex_date(self, market: Market, write: Write) -> None:
        rows = [bar(A, DAYS[0]), bar(A, DAYS[1], 5.0, pre_close=None)]
        assert self.find(market, write("bars.parquet", rows), "jump") == [f"{A} 2024-01-03 5 against 10"]

    def test_a_reference_price_explains_a_jump(self, market: Market, write: Write) -> None:
        rows = [bar(A, DAYS[0]), bar(A, DAYS[1], 5.0, adj_factor=2.0)]
        assert self.find(market, write("bars.parquet", rows), "jump") == []

    def test_a_corporate_action_explains_a_jump(self, market: Market, write: Write) -> None:
        action = {"symbol": A, "ex_date": date(2024, 1, 3), "bonus_per_million": 1_000_000}
        write("in/corporate_actions.parquet", [action | {"cash_mills_per_million": 0}], None)
        path = write("in/bars.parquet", [bar(A, DAYS[0]), bar(A, DAYS[1], 5.0, pre_close=None)])
        report = market.import_path(path.parent)
        assert ([file.kind for file in report.files], set(report.findings)) == (
            ["corporate_actions", "bars"],
            {"no_pre_close", "no_amount"},
        )

    def test_a_new_listing_moves_freely_for_five_sessions(self, market: Market, write: Write) -> None:
        write("in/instruments.parquet", [{"symbol": A, "list_date": date(2024, 1, 3)}], None)
        path = write("in/bars.parquet", [bar(A, DAYS[1], 30.0, pre_close=10.0)])
        assert "jump" not in market.import_path(path.parent).findings

    def test_the_sixth_session_of_a_listing_has_its_limit_again(self, market: Market, write: Write) -> None:
        days = [f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9)]
        write("in/instruments.parquet", [{"symbol": A, "list_date": date(2024, 1, 2)}], None)
        rows = [bar(A, day, 10.0 * 2**k, pre_close=5.0 * 2**k) for k, day in enumerate(days)]
        report = market.import_path(write("in/bars.parquet", rows).parent)
        assert report.findings["jump"].examples == [f"{A} 2024-01-09 320 against 160"]

    def test_a_resumption_moves_freely(self, market: Market, write: Write) -> None:
        halted = bar(A, DAYS[1], trade_status=0, volume=0)
        rows = [bar(A, DAYS[0]), halted, bar(A, DAYS[2], 20.0, pre_close=10.0)]
        assert self.find(market, write("bars.parquet", rows), "jump") == []

    def test_a_factor_that_moves_without_ex_date(self, market: Market, write: Write) -> None:
        rows = [bar(A, DAYS[0]), bar(A, DAYS[1], adj_factor=1.25)]
        assert self.find(market, write("bars.parquet", rows), "factor_mismatch") == [
            f"{A} 2024-01-03 8 against 10"
        ]

    def test_a_reference_above_the_last_close(self, market: Market, write: Write) -> None:
        rows = [bar(A, DAYS[0]), bar(A, DAYS[1], 10.5, adj_factor=10 / 10.5)]
        assert self.find(market, write("bars.parquet", rows), "reference_above_close") == [
            f"{A} 2024-01-03 10.5 against 10"
        ]

    def test_a_row_before_the_listing(self, market: Market, write: Write) -> None:
        write("in/instruments.parquet", [{"symbol": A, "list_date": date(2024, 1, 3)}], None)
        path = write("in/bars.parquet", [bar(A, DAYS[0])])
        assert market.import_path(path.parent).findings["before_listing"].count == 1

    def test_a_row_from_the_day_of_the_delisting_on(self, market: Market, write: Write) -> None:
        gone = {"symbol": A, "list_date": date(2000, 1, 4), "delist_date": date(2024, 1, 3)}
        write("in/instruments.parquet", [gone], None)
        path = write("in/bars.parquet", [bar(A, day) for day in DAYS])
        found = market.import_path(path.parent).findings["after_delisting"]
        assert (found.count, found.examples) == (2, [f"{A} 2024-01-03", f"{A} 2024-01-04"])

    def test_what_was_found_before_is_not_noted_again(
        self, market: Market, write: Write, rows_of: Rows
    ) -> None:
        path = write("bars.parquet", [bar(A, "2024-01-02"), bar(A, "2024-01-05")])
        for _ in range(2):
            assert self.find(market, path, "gap") == [f"{A} 2024-01-05 2"]
        assert rows_of("SELECT count(*) FROM finding WHERE kind = 'gap'") == [(1,)]


class TestFilesAsAWhole:
    """A file that is wrong as a whole leaves nothing behind."""

    @pytest.mark.parametrize(
        ("volume", "amount", "words"),
        [(10, 10_000.0, "lots of 100"), (1000, 10.0, "thousand CNY"), (10, 10.0, "lots of 100 and amounts")],
    )
    def test_a_wrong_unit_is_refused_by_name(
        self, market: Market, write: Write, rows_of: Rows, volume: int, amount: float, words: str
    ) -> None:
        path = write("bars.parquet", [bar(A, day, volume=volume, amount=amount) for day in DAYS])
        report = only(market, path)
        assert words in (report.refused or "")
        assert rows_of("SELECT count(*) FROM bar") + rows_of("SELECT count(*) FROM load") == [(0,), (0,)]

    def test_a_cut_off_parquet_file_is_refused(self, market: Market, write: Write) -> None:
        path = write("bars.parquet", [bar(A, day) for day in DAYS])
        path.write_bytes(path.read_bytes()[:-20])
        assert "cannot be read" in (only(market, path).refused or "")

    def test_a_csv_row_with_too_many_cells_is_refused_with_its_place(
        self, market: Market, write: Write
    ) -> None:
        path = write("bars.csv", [bar(A, day) for day in DAYS])
        path.write_text(path.read_text() + "a,b\n")
        assert "line 5 has 2 cells, the first line names 12 columns" in (only(market, path).refused or "")

    def test_of_many_small_files_the_broken_one_is_named(self, market: Market, write: Write) -> None:
        write("bars/good.csv", [bar(A, DAYS[0])])
        bad = write("bars/bad.csv", [bar(B, DAYS[0])])
        bad.write_text(bad.read_text() + "a,b\n")
        (report,) = market.import_path(bad.parent).files
        assert (report.refused or "").startswith("bad.csv")

    def test_a_broken_file_of_a_folder_does_not_stop_the_others(self, market: Market, write: Write) -> None:
        write("in/bars_b.parquet", [bar(A, DAYS[0])])
        bad = write("in/bars_a.parquet", [bar(B, DAYS[0])])
        bad.write_bytes(b"PAR1")
        report = market.import_path(bad.parent)
        assert (len(report.refused), report.stored) == (1, 1)

    def test_index_bars_under_the_name_of_bars_are_refused_with_the_remedy(
        self, market: Market, write: Write
    ) -> None:
        report = only(market, write("bars.parquet", [bar("000300.SH", DAYS[0])]))
        assert "named indices" in (report.refused or "")

    def test_adjusted_prices_are_refused(self, market: Market, tmp_path: Path) -> None:
        path = tmp_path / "sh600519_qfq.csv"
        path.write_text("date,open,high,low,close,volume,amount\n2024-01-02,10,10,10,10,100,1000\n")
        assert "qfq" in (only(market, path).refused or "")

    def test_what_no_one_knows_is_ignored_aloud(self, market: Market, tmp_path: Path) -> None:
        path = tmp_path / "notes.csv"
        path.write_text("a,b\n1,2\n")
        assert "none that the market stores" in (only(market, path).ignored or "")

    def test_a_missing_path_is_told(self, market: Market, tmp_path: Path) -> None:
        with pytest.raises(PathNotFound):
            market.import_path(tmp_path / "nowhere")
        with pytest.raises(PathNotFound, match="no such file or folder"):
            market.import_path(Path("0" * 5000))
        (tmp_path / "empty").mkdir()
        with pytest.raises(PathNotFound, match="no Parquet or CSV"):
            market.import_path(tmp_path / "empty")

    def test_a_crash_while_storing_leaves_nothing(
        self, market: Market, write: Write, rows_of: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def crash(*_: object) -> None:
            raise RuntimeError("pulled the plug")

        monkeypatch.setattr(run.Importer, "_record", crash)
        with pytest.raises(RuntimeError):
            market.import_path(write("bars.parquet", [bar(A, DAYS[0]), bar(A, DAYS[1], high=9.0)]))
        for table in ("bar", "quarantine", "instrument", "load"):
            assert rows_of(f"SELECT count(*) FROM {table}") == [(0,)]


def test_real_data_do_not_enter_a_synthetic_market(market: Market, write: Write) -> None:
    symbols = np.array([A], dtype=object)
    price = {name: np.array([10.0]) for name in ("open", "high", "low", "close")}
    day = np.array([DAYS[0]], dtype="datetime64[D]")
    bars = bars_of("synthetic", symbols, trade_date=day, volume=np.array([100]), **price)
    market.import_bars(bars, synthetic=True)
    assert market.is_synthetic
    with pytest.raises(WrongMarket, match="holds a synthetic market"):
        market.import_path(write("bars.parquet", [bar(A, DAYS[1])]))


def test_synthetic_data_do_not_enter_a_real_market(market: Market, write: Write) -> None:
    path = write("bars.parquet", [bar(A, DAYS[0])])
    market.import_path(path)
    assert not market.is_synthetic
    with pytest.raises(WrongMarket, match="holds a real market"):
        market.import_path(path, synthetic=True)


def test_each_load_is_recorded_with_its_report(market: Market, write: Write, rows_of: Rows) -> None:
    market.import_path(write("bars.parquet", [bar(A, DAYS[0]), bar(A, DAYS[1], high=9.0)]))
    assert rows_of("SELECT id, source, kind, rows, stored, quarantined, loaded_at FROM load") == [
        (1, "bars.parquet", "bars", 2, 1, 1, datetime(2024, 1, 2))  # noqa: DTZ001 - stored in UTC
    ]


def test_the_report_reads_on_a_terminal(market: Market, write: Write) -> None:
    lines = market.import_path(write("bars.parquet", [bar(A, DAYS[0], high=9.0)])).lines()
    assert lines[0].startswith("bars.parquet: bars, 1 rows: 0 stored")
    assert lines[1] == "  refused 1: high is below low (600519.SH 2024-01-02 row 1)"


def test_progress_names_the_stages(market: Market, write: Write) -> None:
    stages: list[str] = []
    path = write("bars.csv", [bar(A, day) for day in DAYS])
    market.import_path(path, lambda _source, stage, _rows: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["reading", "checking", "comparing", "storing"]


def test_what_was_stored_survives_the_process(series: Series, market: Market, write: Write) -> None:
    market.import_path(write("bars.parquet", [bar(A, day) for day in DAYS]))
    path = series.path
    series.close()
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM bar").fetchall() == [(3,)]


def test_an_empty_file_stores_nothing(market: Market, write: Write) -> None:
    path = write("bars.parquet", [])
    assert pq.read_table(path).num_rows == 0
    assert only(market, path).rows == 0
