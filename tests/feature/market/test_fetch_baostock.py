"""BaoStock's live source against a module of the library's shape that replays recorded rows.

The fake follows baostock 0.9.4: results with `error_code`, `error_msg`, `fields`, `next()` and
`get_row_data()`, values as texts, greetings printed to standard output.
"""

from __future__ import annotations

import csv
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from quantos.market.providers.baostock_source import FIELDS, BaostockSource, PatientSocket, spans
from quantos.market.providers.source import (
    SourceNotInstalled,
    SourceRefused,
    SourceUnreachable,
    SymbolRefused,
)

VECTOR = Path(__file__).parents[2] / "vectors" / "providers" / "baostock_raw.csv"
MARCH = (date(2024, 3, 1), date(2024, 3, 31))


class Result:
    def __init__(
        self, rows: Sequence[list[str]] = (), fields: Sequence[str] = (), code: str = "0", msg: str = ""
    ) -> None:
        self.error_code, self.error_msg = code, msg
        self.fields = list(fields)
        self.data = list(rows)
        self.cur_row_num = 0

    def next(self) -> bool:
        return self.cur_row_num < len(self.data)

    def get_row_data(self) -> list[str]:
        self.cur_row_num += 1
        return self.data[self.cur_row_num - 1]


class FakeBaostock(ModuleType):
    """Replays the rows of recorded CSV files; `failures` are answered first."""

    def __init__(self, *paths: Path) -> None:
        super().__init__("baostock")
        self.rows: list[dict[str, str]] = []
        for path in paths:
            with path.open(encoding="utf-8", newline="") as file:
                self.rows.extend(csv.DictReader(file))
        self.failures: list[tuple[str, str]] = []
        self.login_failures: list[tuple[str, str]] = []
        self.queries: list[tuple[str, str, str]] = []
        self.basic: list[list[str]] = []
        self.basic_fields = ["code", "code_name", "ipoDate", "outDate", "type", "status"]
        self.logins = self.logouts = 0

    def login(self, user_id: str = "anonymous", password: str = "123456") -> Result:
        self.logins += 1
        if self.login_failures:
            sys.stdout.write("login failed!\n")
            return Result(code=self.login_failures[0][0], msg=self.login_failures.pop(0)[1])
        sys.stdout.write("login success!\n")
        return Result()

    def logout(self, user_id: str = "anonymous") -> Result:
        self.logouts += 1
        return Result()

    def query_history_k_data_plus(
        self,
        code: str,
        fields: str,
        start_date: str | None = None,
        end_date: str | None = None,
        frequency: str = "d",
        adjustflag: str = "3",
    ) -> Result:
        assert (frequency, adjustflag) == ("d", "3")
        assert start_date is not None
        assert end_date is not None
        if self.failures:
            return Result(code=self.failures[0][0], msg=self.failures.pop(0)[1])
        self.queries.append((code, start_date, end_date))
        names = fields.split(",")
        rows = [
            [row[name] for name in names]
            for row in self.rows
            if row["code"] == code and start_date <= row["date"] <= end_date
        ]
        return Result(rows, names)

    def query_stock_basic(self, code: str = "", code_name: str = "") -> Result:
        assert (code, code_name) == ("", "")
        return Result(self.basic, self.basic_fields)


@pytest.fixture
def baostock(monkeypatch: pytest.MonkeyPatch) -> FakeBaostock:
    module = FakeBaostock(VECTOR)
    monkeypatch.setitem(sys.modules, "baostock", module)
    return module


def test_rows_arrive_as_raw_bars(baostock: FakeBaostock) -> None:
    with BaostockSource() as source:
        bars = source.daily("606001.SH", *MARCH)
    assert list(bars.symbol) == ["606001.SH"] * 4
    assert list(bars.close) == [10.2, 10.2, 9.69, 9.24]
    assert list(bars.volume) == [1234567, 0, 200000, 500000]
    assert list(bars.is_st) == [0, 0, 1, 1]
    assert bars.source == "baostock"


def test_one_login_serves_many_queries_and_is_ended(baostock: FakeBaostock) -> None:
    with BaostockSource() as source:
        source.daily("606001.SH", *MARCH)
        source.daily("606002.SH", *MARCH)
    assert (baostock.logins, baostock.logouts) == (1, 1)


def test_a_symbol_without_rows_gives_an_empty_frame(baostock: FakeBaostock) -> None:
    with BaostockSource() as source:
        assert len(source.daily("606002.SH", *MARCH)) == 0


def test_a_long_range_is_asked_for_in_pieces_of_one_page(baostock: FakeBaostock) -> None:
    with BaostockSource() as source:
        source.daily("606001.SH", date(2015, 6, 1), date(2024, 3, 31))
    assert baostock.queries == [
        ("sh.606001", "2015-06-01", "2019-12-31"),
        ("sh.606001", "2020-01-01", "2024-03-31"),
    ]


def test_the_pieces_cover_every_day_once() -> None:
    pieces = list(spans(date(1999, 11, 10), date(2026, 5, 8)))
    days = [day for start, end in pieces for day in range(start.toordinal(), end.toordinal() + 1)]
    assert days == list(range(date(1999, 11, 10).toordinal(), date(2026, 5, 8).toordinal() + 1))


def test_what_the_library_prints_is_not_heard(
    baostock: FakeBaostock, capsys: pytest.CaptureFixture[str]
) -> None:
    with BaostockSource() as source:
        source.daily("606001.SH", *MARCH)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("code", ["10002007", "10002001", "10001001", "10005001"])
def test_a_network_failure_may_pass_and_logs_in_again(baostock: FakeBaostock, code: str) -> None:
    baostock.failures = [(code, "网络接收错误。")]
    with BaostockSource() as source:
        with pytest.raises(SourceUnreachable, match=code):
            source.daily("606001.SH", *MARCH)
        assert len(source.daily("606001.SH", *MARCH)) == 4
    assert baostock.logins == 2


def test_a_login_without_network_may_pass(baostock: FakeBaostock) -> None:
    baostock.login_failures = [("10002007", "网络接收错误。")]
    with BaostockSource() as source:
        with pytest.raises(SourceUnreachable):
            source.daily("606001.SH", *MARCH)
        assert len(source.daily("606001.SH", *MARCH)) == 4


def test_a_blocked_user_is_told_so(baostock: FakeBaostock) -> None:
    baostock.login_failures = [("10001011", "黑名单用户。")]
    with BaostockSource() as source, pytest.raises(SourceRefused, match="10001011"):
        source.daily("606001.SH", *MARCH)


def test_a_code_that_baostock_does_not_know_is_refused(baostock: FakeBaostock) -> None:
    baostock.failures = [("10004011", "无效的证券代码")]
    with BaostockSource() as source, pytest.raises(SymbolRefused, match="无效的证券代码"):
        source.daily("606001.SH", *MARCH)


def test_beijing_shares_are_refused_without_asking(baostock: FakeBaostock) -> None:
    with BaostockSource() as source, pytest.raises(SymbolRefused, match="Beijing"):
        source.daily("929001.BJ", *MARCH)
    assert baostock.queries == []


def test_the_instruments_are_shares_and_funds_with_their_dates(baostock: FakeBaostock) -> None:
    baostock.basic = [
        ["sh.000001", "上证综合指数", "1991-07-15", "", "2", "1"],
        ["sh.606001", "合成主板01", "1999-11-10", "", "1", "1"],
        ["sz.003915", "合成深主板15", "2010-01-04", "2025-03-14", "1", "0"],
        ["sh.599001", "合成基金01", "2012-01-05", "", "5", "1"],
        ["sh.900901", "B 股", "1992-02-21", "", "1", "1"],
    ]
    with BaostockSource() as source:
        rows = source.instruments()
    assert list(rows.symbol) == ["606001.SH", "003915.SZ", "599001.SH"]
    assert rows.list_date[0] == np.datetime64("1999-11-10")
    assert np.isnat(rows.delist_date).tolist() == [True, False, True]


def test_a_full_last_page_is_an_answer_that_was_cut(baostock: FakeBaostock) -> None:
    baostock.basic = [["sh.606001", "合成主板01", "1999-11-10", "", "1", "1"]] * 2000
    with BaostockSource() as source, pytest.raises(SourceUnreachable, match="cut after 2000 rows"):
        source.instruments()


def test_an_answer_without_a_column_is_refused(baostock: FakeBaostock) -> None:
    baostock.basic = [["sh.606001", "合成主板01", "1999-11-10", "", "1", "1"]]
    baostock.basic_fields = ["a", "b", "c", "d", "e", "f"]
    with BaostockSource() as source, pytest.raises(SymbolRefused, match="without code, code_name"):
        source.instruments()


def test_a_source_is_used_inside_a_with_statement() -> None:
    with pytest.raises(SourceRefused, match="with statement"):
        BaostockSource().daily("606001.SH", *MARCH)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "baostock", None)
    with pytest.raises(SourceNotInstalled, match=r"\./install\.sh --extra baostock"), BaostockSource():
        pass


def test_a_closed_connection_is_an_error_and_no_endless_loop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        closing = threading.Thread(target=hang_up)
        closing.start()
        with PatientSocket(socket.AF_INET, socket.SOCK_STREAM) as patient:
            patient.connect(server.getsockname())
            closing.join()
            with pytest.raises(ConnectionResetError, match="closed"):
                patient.recv(8192)


def test_the_library_is_made_to_open_patient_sockets(
    baostock: FakeBaostock, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = ModuleType("baostock.util.socketutil")
    transport.__dict__["socket"] = socket
    monkeypatch.setitem(sys.modules, "baostock.util.socketutil", transport)
    with BaostockSource():
        assert transport.__dict__["socket"].socket is PatientSocket
    assert socket.socket is not PatientSocket


def test_the_recorded_years_of_a_share_arrive_unchanged(
    shared_market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared_market / "provider_samples" / "baostock_history_k_raw_sz.000792.csv"
    monkeypatch.setitem(sys.modules, "baostock", FakeBaostock(path))
    with BaostockSource() as source:
        bars = source.daily("000792.SZ", date(2019, 1, 1), date(2025, 4, 7))
    with path.open(encoding="utf-8", newline="") as file:
        recorded = list(csv.DictReader(file))
    assert set(FIELDS.split(",")) <= set(recorded[0])
    assert np.array_equal(bars.close, [float(row["close"]) for row in recorded])
    assert (bars.trade_status == 0).sum() > 300
