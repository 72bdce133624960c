"""`quantos market fetch`, from the recorded rows of a provider: with a server that runs, and without one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.client import Client, calls
from quantos.kit.clock import parse_instant
from quantos.market.providers.folder import fetch_folder
from quantos.market.providers.journal import Journal
from tests.feature.cli.conftest import Said, Serving, serving
from tests.feature.market.test_fetch_baostock import VECTOR, FakeBaostock
from tests.support.platforms import made_up, stage

SYMBOL, OTHER = "606001.SH", "606002.SH"
DAYS = [date(2024, 3, day) for day in (4, 5, 6, 7)]
"""Those of the recorded rows; the second one is a suspension."""


@pytest.fixture(autouse=True)
def baostock(monkeypatch: pytest.MonkeyPatch) -> FakeBaostock:
    module = FakeBaostock(VECTOR)
    monkeypatch.setitem(sys.modules, "baostock", module)
    return module


@pytest.fixture
def simulated(home: Path, tmp_path: Path) -> Iterator[Serving]:
    """A server, before the close of the fourth day."""
    started = serving(home, tmp_path / "data", "--simulate", "2024-03-07T08:00+08:00")
    yield started
    started.stop()
    assert started.process.stdout is not None
    started.process.stdout.close()


def stopped_at(folder: Path, instant: str, *days: date) -> Path:
    """A simulated directory without a server, with bars of both symbols on some days."""
    with stage(folder, parse_instant(instant)) as on:
        if days:
            rows = {(symbol, day): (10.0, 10.0, 10.0, 1000) for symbol in (SYMBOL, OTHER) for day in days}
            on.platform.market.import_bars(made_up(rows))
    return folder


def fetch(said: Said, directory: Path, *more: str) -> Any:
    ended = said("market", "fetch", *more, "--json", "--data-dir", directory)
    assert ended.code == 0, ended.err
    return ended.json


def test_with_a_server_the_bars_are_imported_by_it_and_what_waited_is_settled(
    simulated: Serving, said: Said, baostock: FakeBaostock
) -> None:
    token = (simulated.directory / "secrets" / "operator-token").read_text()
    first = fetch(said, simulated.directory, SYMBOL, "--from", "2024-03-04")
    assert (first["last"], first["imported"]["stored"]) == ("2024-03-06", 3), "the fourth day is not over"
    with Client(simulated.url, token) as operator, Client(simulated.url) as anyone:
        code = operator(calls.create_invite(max_uses=1))["invite_code"]
        with Client(simulated.url, anyone(calls.redeem_invite(invite_code=code))["access_token"]) as user:
            user(calls.create_strategy(name="Alpha", slug="alpha"))
            user(calls.submit_signal("alpha", trade_date="2024-03-07", signals=[]))
        operator(calls.move_clock(now="2024-03-07T19:00:00+08:00"))
        (run,) = operator(calls.list_settlement_runs())["settlement_runs"]
        assert run["status"] == "waiting_for_data"
        baostock.queries.clear()
        second = fetch(said, simulated.directory)
        assert baostock.queries == [("sh.606001", "2024-03-07", "2024-03-07")]
        assert (second["imported"]["stored"], second["settlement"]["status"]) == (1, "done")
        assert second["settlement"]["settled"] == 1
        assert operator(calls.read_coverage())["last_date"] == "2024-03-07"
    assert not (simulated.directory / "fetched").exists()
    ended = said("market", "fetch", "--data-dir", simulated.directory)
    assert (ended.code, ended.out) == (
        0,
        "nothing to fetch: there are bars up to 2024-03-07, the last trading day that is over\n",
    )


def test_a_fetch_that_ctrl_c_ended_goes_on_in_its_folder(
    simulated: Serving, said: Said, baostock: FakeBaostock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = baostock.query_history_k_data_plus

    def interrupted(code: str, *terms: Any, **more: Any) -> Any:
        if code == "sh.606002":
            signal.raise_signal(signal.SIGINT)
        return asked(code, *terms, **more)

    command = (SYMBOL, OTHER, "--from", "2024-03-04")
    with monkeypatch.context() as patch:
        patch.setattr(baostock, "query_history_k_data_plus", interrupted)
        ended = said("market", "fetch", *command, "--data-dir", simulated.directory)
    assert ended.code == 130
    assert "1 of 2 symbols were fetched and stay" in ended.err
    found = fetch(said, simulated.directory, *command)
    assert (found["resumed"], found["fetched"], found["imported"]["stored"]) == (1, 1, 3)
    assert [query[0] for query in baostock.queries] == ["sh.606001", "sh.606002"]


def test_what_a_server_did_not_import_any_more_is_imported_without_it(
    said: Said, tmp_path: Path, baostock: FakeBaostock
) -> None:
    directory = stopped_at(tmp_path / "data", "2024-03-07T19:00+08:00")
    with fetch_folder(directory / "fetched", directory / "fetch.jsonl") as folder:
        folder.store(made_up({(SYMBOL, DAYS[0]): (10.0, 10.0, 10.0, 1000)}))
        folder.journal.finish("baostock", [SYMBOL], DAYS[0], DAYS[0])
    found = fetch(said, directory, SYMBOL, "--from", "2024-03-04", "--to", "2024-03-04")
    assert (found["resumed"], baostock.queries) == (1, [])
    with stage(directory, parse_instant("2024-03-07T19:00+08:00")) as on:
        assert on.platform.market.last_date() == DAYS[0]
    assert not (directory / "fetched").exists()


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2024-03-06T15:29:59", "2024-03-05"),
        ("2024-03-06T15:30:00", "2024-03-06"),
        ("2024-03-10T12:00:00", "2024-03-08"),
    ],
)
def test_without_a_last_day_the_fetch_ends_with_the_last_session_that_is_over(
    said: Said, tmp_path: Path, now: str, last: str
) -> None:
    directory = stopped_at(tmp_path / "data", f"{now}+08:00")
    assert fetch(said, directory, SYMBOL, "--from", "2024-03-04")["last"] == last


def test_a_symbol_whose_bar_of_today_came_late_is_asked_for_again(
    said: Said, tmp_path: Path, baostock: FakeBaostock
) -> None:
    directory = stopped_at(tmp_path / "data", "2024-03-06T15:31+08:00", *DAYS[:2])
    assert fetch(said, directory)["late"] == 1  # nothing of the second symbol is recorded
    row = next(row for row in baostock.rows if row["date"] == "2024-03-06")
    baostock.rows.append({**row, "code": "sh.606002"})
    baostock.queries.clear()
    again = fetch(said, directory)
    assert (again["late"], again["rows"], again["resumed"]) == (0, 1, 1)
    assert baostock.queries == [("sh.606002", "2024-03-06", "2024-03-06")]
    assert Journal(directory / "fetch.jsonl").open_since is None


def test_a_fetch_of_the_rest_that_was_stopped_begins_where_it_began(
    said: Said, tmp_path: Path, baostock: FakeBaostock
) -> None:
    directory = stopped_at(tmp_path / "data", "2024-03-07T19:00+08:00", DAYS[0])
    Journal(directory / "fetch.jsonl").leave_open(DAYS[1])
    with stage(directory, parse_instant("2024-03-07T19:00+08:00")) as on:  # a part of it is stored
        on.platform.market.import_bars(made_up({(SYMBOL, DAYS[3]): (9.24, 9.24, 9.24, 1000)}))
    fetch(said, directory)
    assert ("sh.606002", "2024-03-05", "2024-03-07") in baostock.queries
