"""The calendar for everyone, market data for the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError

from quantos.errors import Forbidden, QuantosError, Unauthenticated
from quantos.kit import web
from quantos.kit.clock import SimulatedClock, parse_instant
from quantos.kit.routing import place
from quantos.market import routes
from quantos.market.service import Market
from quantos.storage.audit import Audit
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records
from quantos.storage.series import Series

from .conftest import Write, bar

Call = Callable[..., httpx.Response]
OPERATOR = {"Authorization": "Bearer operator"}


class Guards:
    """Stands for accounts: one operator's token, everything else a user's."""

    def operator(self, request: Request) -> None:
        given = request.headers.get("authorization")
        if given is None:
            raise Unauthenticated("no credentials")
        if given != "Bearer operator":
            raise Forbidden("operator only")


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(parse_instant("2024-01-02T17:00:00Z"))


@pytest.fixture
def market(series: Series, clock: SimulatedClock) -> Market:
    return Market(series, clock)


@pytest.fixture
def audit(tmp_path: Path, clock: SimulatedClock) -> Iterator[Audit]:
    records = Records(tmp_path / "records.db")
    upgrade(records)
    yield Audit(records, clock)
    records.close()


@pytest.fixture
def call(market: Market, audit: Audit) -> Iterator[Call]:
    app = FastAPI()
    place(app, routes.router(market, Guards(), audit, lambda _: None))  # type: ignore[arg-type]
    app.add_exception_handler(QuantosError, web.quantos_error)
    app.add_exception_handler(RequestValidationError, web.validation_error)
    runner = asyncio.Runner()
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://quantos")

    def call(method: str, path: str, **more: Any) -> httpx.Response:
        return runner.run(http.request(method, f"/api/v1{path}", **more))

    yield call
    runner.run(http.aclose())
    runner.close()


class TestCalendar:
    def test_a_month(self, call: Call) -> None:
        answer = call("GET", "/calendar?month=2026-05")
        assert answer.status_code == 200
        body = answer.json()
        assert list(body) == [
            "month",
            "trading_days",
            "count",
            "today",
            "today_is_trading_day",
            "next_trading_day",
        ]
        assert (body["month"], body["count"], len(body["trading_days"])) == ("2026-05", 18, 18)
        assert body["trading_days"][:2] == ["2026-05-06", "2026-05-07"]
        assert body["trading_days"] == sorted(body["trading_days"])

    def test_today_is_the_date_in_shanghai(self, call: Call) -> None:
        body = call("GET", "/calendar?month=2024-01").json()
        assert (body["today"], body["today_is_trading_day"], body["next_trading_day"]) == (
            "2024-01-03",
            True,
            "2024-01-04",
        )

    def test_a_date(self, call: Call) -> None:
        assert call("GET", "/calendar?date=2026-05-14").json() == {
            "date": "2026-05-14",
            "is_trading_day": True,
            "next_trading_day": "2026-05-15",
            "today": "2024-01-03",
        }

    def test_a_closed_date(self, call: Call) -> None:
        body = call("GET", "/calendar?date=2024-02-10").json()
        assert (body["is_trading_day"], body["next_trading_day"]) == (False, "2024-02-19")

    def test_neither_is_a_wrong_call(self, call: Call) -> None:
        answer = call("GET", "/calendar")
        assert answer.status_code == 400
        assert isinstance(answer.json()["detail"], str)

    def test_of_both_the_date_wins(self, call: Call) -> None:
        assert call("GET", "/calendar?month=2026-05&date=2024-02-10").json()["date"] == "2024-02-10"

    @pytest.mark.parametrize(
        "query",
        [
            "month=2026-13",
            "month=2026-00",
            "month=2026-5",
            "month=0000-01",
            "month=x",
            "month=",
            "date=2026-02-30",
            "date=x",
            "date=",
            "date=20260514",
            "date=2026-05-14T00:00",
            "month=\uff12\uff10\uff12\uff16-05",
        ],
    )
    def test_a_malformed_question_is_422(self, call: Call, query: str) -> None:
        answer = call("GET", f"/calendar?{query}")
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"][0] == "query"

    @pytest.mark.parametrize("query", ["date=2027-01-04", "month=2027-01", "month=9999-12"])
    def test_beyond_its_end_it_names_the_last_day_and_the_remedy(self, call: Call, query: str) -> None:
        answer = call("GET", f"/calendar?{query}")
        assert answer.status_code == 400
        assert "2026-12-31" in answer.json()["detail"]
        assert "quantos calendar import" in answer.json()["detail"]

    @pytest.mark.parametrize("now", ["2026-12-31T20:00:00+08:00", "2027-03-01T12:00:00+08:00"])
    def test_a_known_month_is_answered_also_when_today_has_no_next_day_or_lies_beyond(
        self, call: Call, clock: SimulatedClock, now: str
    ) -> None:
        clock.move_to(parse_instant(now))
        answer = call("GET", "/calendar?month=2026-05")
        assert answer.status_code == 200
        assert (answer.json()["count"], answer.json()["today"]) == (18, now[:10])
        assert answer.json()["next_trading_day"] is None
        assert answer.json()["today_is_trading_day"] is (True if now < "2027" else None)

    def test_a_known_date_is_answered_also_when_today_lies_beyond(
        self, call: Call, clock: SimulatedClock
    ) -> None:
        clock.move_to(parse_instant("2027-03-01T12:00:00+08:00"))
        assert call("GET", "/calendar?date=2026-05-14").json() == {
            "date": "2026-05-14",
            "is_trading_day": True,
            "next_trading_day": "2026-05-15",
            "today": "2027-03-01",
        }

    @pytest.mark.parametrize("query", ["month=2027-01", "date=2027-03-01"])
    def test_what_lies_beyond_is_refused_also_when_today_is_there(
        self, call: Call, clock: SimulatedClock, query: str
    ) -> None:
        clock.move_to(parse_instant("2027-03-01T12:00:00+08:00"))
        answer = call("GET", f"/calendar?{query}")
        assert (answer.status_code, "2026-12-31" in answer.json()["detail"]) == (400, True)

    def test_on_the_last_day_known_the_next_one_is_null(self, call: Call) -> None:
        body = call("GET", "/calendar?date=2026-12-31").json()
        assert (body["is_trading_day"], body["next_trading_day"]) == (True, None)

    def test_credentials_do_not_matter(self, call: Call) -> None:
        assert (
            call("GET", "/calendar?month=2024-01", headers={"Authorization": "Bearer x"}).status_code == 200
        )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/admin/market/import"),
        ("GET", "/admin/market/coverage"),
        ("POST", "/admin/market/accept"),
        ("GET", "/admin/market/instruments"),
        ("GET", "/admin/quarantine"),
        ("POST", "/admin/calendar"),
    ],
)
def test_the_rest_is_the_operators(call: Call, method: str, path: str) -> None:
    assert call(method, path).status_code == 401
    assert call(method, path, headers={"Authorization": "Bearer user"}).status_code == 403


class TestImport:
    def test_it_answers_with_the_report(self, call: Call, write: Write) -> None:
        path = write(
            "bars.parquet", [bar("600519.SH", "2024-01-02"), bar("600519.SH", "2024-01-03", high=9.0)]
        )
        answer = call("POST", "/admin/market/import", headers=OPERATOR, json={"path": str(path)})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["rows"], body["stored"], body["quarantined"]) == (2, 1, {"high_below_low": 1})

    def test_a_refused_file_is_a_wrong_call(self, call: Call, write: Write) -> None:
        path = write("bars.parquet", [bar("600519.SH", "2024-01-02")])
        path.write_bytes(path.read_bytes()[:-9])
        answer = call("POST", "/admin/market/import", headers=OPERATOR, json={"path": str(path)})
        assert answer.status_code == 400
        assert str(path.parent) not in answer.json()["detail"]

    def test_a_missing_path_is_a_wrong_call(self, call: Call) -> None:
        answer = call("POST", "/admin/market/import", headers=OPERATOR, json={"path": "/nowhere"})
        assert (answer.status_code, "/nowhere" in answer.text) == (400, False)

    @pytest.mark.parametrize("body", [{}, {"path": 1}, {"path": ""}, {"path": "a\0b"}, {"path": "x" * 5000}])
    def test_a_malformed_body_is_422(self, call: Call, body: dict[str, Any]) -> None:
        assert call("POST", "/admin/market/import", headers=OPERATOR, json=body).status_code == 422


def test_coverage_is_json_all_through(call: Call, write: Write) -> None:
    path = write("bars.parquet", [bar("600519.SH", "2024-01-02")])
    call("POST", "/admin/market/import", headers=OPERATOR, json={"path": str(path)})
    body = call("GET", "/admin/market/coverage", headers=OPERATOR).json()
    assert (body["last_date"], body["bars"]) == ("2024-01-02", 1)


def test_the_quarantine_is_paged(call: Call, write: Write) -> None:
    path = write("bars.parquet", [bar(f"60000{k}.SH", "2024-01-02", high=9.0) for k in range(5)])
    call("POST", "/admin/market/import", headers=OPERATOR, json={"path": str(path)})
    body = call("GET", "/admin/quarantine?limit=2&offset=2", headers=OPERATOR).json()
    assert (body["total"], [row["symbol"] for row in body["quarantine"]]) == (5, ["600002.SH", "600003.SH"])
    assert call("GET", "/admin/quarantine?reason=off_tick", headers=OPERATOR).json()["total"] == 0
    assert call("GET", "/admin/quarantine?reason=x", headers=OPERATOR).status_code == 422
    assert call("GET", "/admin/quarantine?limit=201", headers=OPERATOR).status_code == 422


def test_the_quarantine_is_filtered(call: Call, write: Write) -> None:
    high = [bar(f"60000{k}.SH", f"2024-01-0{2 + k}", high=9.0) for k in range(3)]
    for name, rows in (("a.parquet", high), ("b.parquet", [bar("600001.SH", "2024-01-03", volume=-1)])):
        call("POST", "/admin/market/import", headers=OPERATOR, json={"path": str(write(name, rows))})

    def found(query: str) -> tuple[list[tuple[str, str]], int, dict[str, int]]:
        body = call("GET", f"/admin/quarantine?{query}", headers=OPERATOR).json()
        return [(row["symbol"], row["reason"]) for row in body["quarantine"]], body["total"], body["reasons"]

    (row, *_), total, reasons = found("")
    assert (row[0], total, sum(reasons.values())) == ("600001.SH", 4, 4)
    assert reasons["high_below_low"] == 3
    negative = row[1]
    assert found("symbol=600001.SH") == (
        [("600001.SH", negative), ("600001.SH", "high_below_low")],
        2,
        {"high_below_low": 1, negative: 1},
    )
    assert found("symbol=600001.SH&reason=high_below_low")[:2] == ([("600001.SH", "high_below_low")], 1)
    assert found("load=1&first=2024-01-03&last=2024-01-03")[:2] == ([("600001.SH", "high_below_low")], 1)
    assert found("first=2024-01-05") == ([], 0, {})
    body = call("GET", "/admin/quarantine?limit=1", headers=OPERATOR).json()
    assert len(body["quarantine"][0]["meaning"]) > 10
    for query in ("load=0", "load=x", "first=2024-1-1", "symbol=" + "x" * 21):
        assert call("GET", f"/admin/quarantine?{query}", headers=OPERATOR).status_code == 422


def test_the_instruments_come_page_by_page(call: Call, market: Market, write: Write) -> None:
    symbols = [f"60000{k}.SH" for k in range(5)]
    market.import_path(write("bars.parquet", [bar(symbol, "2024-01-02") for symbol in symbols]))
    pages = [
        call("GET", f"/admin/market/instruments?limit=3&offset={offset}", headers=OPERATOR).json()
        for offset in (0, 3)
    ]
    assert [page["total"] for page in pages] == [5, 5]
    assert [each["symbol"] for page in pages for each in page["instruments"]] == symbols
    assert pages[0]["instruments"][0]["name"] is None


class TestAccept:
    BODY = {"date": "2024-01-03", "reason": "source is down"}  # noqa: RUF012

    def test_a_day_is_accepted_once(self, call: Call, market: Market) -> None:
        answer = call("POST", "/admin/market/accept", headers=OPERATOR, json=self.BODY)
        assert (answer.status_code, answer.json()["reason"]) == (200, "source is down")
        assert market.readiness(date(2024, 1, 3)).ready
        assert call("POST", "/admin/market/accept", headers=OPERATOR, json=self.BODY).status_code == 409

    @pytest.mark.parametrize("change", [{"reason": " "}, {"reason": None}, {"date": "2024-1-3"}])
    def test_it_needs_a_date_and_a_reason(self, call: Call, change: dict[str, Any]) -> None:
        assert (
            call("POST", "/admin/market/accept", headers=OPERATOR, json=self.BODY | change).status_code == 422
        )

    def test_a_day_that_has_not_come_is_a_wrong_call(self, call: Call, market: Market) -> None:
        answer = call(
            "POST", "/admin/market/accept", headers=OPERATOR, json=self.BODY | {"date": "2025-01-03"}
        )
        assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (400, "day_ahead")
        assert "2025-01-03 has not come: today is 2024-01-" in answer.json()["detail"]
        assert market.coverage()["accepted"] == []

    def test_a_closed_day_is_a_wrong_call(self, call: Call) -> None:
        body = self.BODY | {"date": "2024-01-06"}
        assert call("POST", "/admin/market/accept", headers=OPERATOR, json=body).status_code == 400


class TestExtend:
    def days(self, count: int = 365) -> dict[str, Any]:
        first = date(2027, 1, 1)
        days = [first + timedelta(days=k) for k in range(count)]
        return {"days": [{"date": str(day), "is_open": day.weekday() < 5} for day in days]}

    def test_the_calendar_goes_on(self, call: Call) -> None:
        answer = call("POST", "/admin/calendar", headers=OPERATOR, json=self.days())
        assert (answer.status_code, answer.json()["calendar"]["last"]) == (200, "2027-12-31")
        assert call("GET", "/calendar?date=2027-01-04").json()["is_trading_day"]

    def test_a_hole_is_a_wrong_call(self, call: Call) -> None:
        body = self.days()
        del body["days"][0]
        assert call("POST", "/admin/calendar", headers=OPERATOR, json=body).status_code == 400

    def test_a_day_named_twice_is_422(self, call: Call) -> None:
        body = self.days(2)
        assert (
            call("POST", "/admin/calendar", headers=OPERATOR, json={"days": body["days"] * 2}).status_code
            == 422
        )
