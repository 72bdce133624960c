"""What is counted, timed and named of each request, and how the platform says whether it can work."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from quantos.admin import probes
from quantos.app import build_app
from quantos.cli import logs
from quantos.kit.clock import parse_instant
from quantos.kit.observed import BUCKETS_S, Answered, Requests
from quantos.kit.work import WORK, working_on
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.storage.slowly import Slowly
from tests.support.platforms import Stage, stage

START = parse_instant("2024-01-02T08:00:00+08:00")
LOG = logging.getLogger("quantos.tests.observed")
TOKEN = "a-token-that-prometheus-has"
FROM_ELSEWHERE = "203.0.113.7"

Asks = Callable[..., httpx.Response]


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START, metrics_token=TOKEN, slow_request_s=0) as opened:
        yield opened


def asker(on: Stage, **settings: Any) -> Asks:
    """Asks one application, from an address of choice, at the root and not below the API's prefix."""
    platform = replace(on.platform, settings=on.platform.settings.model_copy(update=settings))
    app = build_app(platform)

    def ask(path: str, *, host: str = "127.0.0.1", method: str = "GET", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(host, 1234), raise_app_exceptions=False)

        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://platform") as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=named)

        return on.operator.runner.run(asked())

    return ask


@pytest.fixture
def ask(on: Stage) -> Asks:
    return asker(on)


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """As a reader of Prometheus' own makes them of the text."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found: dict[Any, float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


# ---------------------------------------------------------------- metrics


def test_every_request_is_counted_by_its_route_and_status(ask: Asks) -> None:
    for slug in ("one", "two"):
        assert ask(f"/api/v1/public/strategies/{slug}/track-record").status_code == 404
    assert ask("/api/v1/health").status_code == 200
    found = samples(ask("/metrics").text)
    route = "/api/v1/public/strategies/{slug}/track-record"
    assert of(found, "quantos_requests_total", method="GET", route=route, status="404") == 2
    assert of(found, "quantos_requests_total", method="GET", route="/api/v1/health", status="200") == 1
    assert of(found, "quantos_request_seconds_count", method="GET", route=route) == 2
    in_all = of(found, "quantos_request_seconds_bucket", method="GET", route=route, le="+Inf")
    assert in_all == 2


def test_what_nobody_serves_makes_one_row_whatever_was_asked_for(ask: Asks) -> None:
    for number in range(50):
        ask(f"/made-up/{number}", method="GET")
        ask("/api/v1/health", method=f"M{number}")
    rows = [key for key in samples(ask("/metrics").text) if key[0] == "quantos_requests_total"]
    assert len(rows) <= 3


def test_an_answer_that_lay_finished_is_counted_too(ask: Asks) -> None:
    for _ in range(3):
        ask("/api/v1/public/strategies")
    found = samples(ask("/metrics").text)
    rows = {key: value for key, value in found.items() if key[0] == "quantos_requests_total"}
    assert sum(rows.values()) == 3
    assert {dict(labels)["route"] for _, labels in rows} == {"/api/v1/public/strategies", "kept answer"}


def test_the_day_and_the_machine_are_told(on: Stage, ask: Asks) -> None:
    agent = on.agent()
    agent.post("/strategies", {"name": "one", "slug": "one"})
    found = samples(ask("/metrics").text)
    assert of(found, "quantos_strategies", status="pending") == 1
    assert of(found, "quantos_signals", state="expected") == 0
    assert of(found, "quantos_job_failed", job="settlement_watchdog") == 0
    assert of(found, "quantos_disk_free_bytes") > 0
    assert of(found, "quantos_store_bytes", file="records.db") > 0
    (info,) = [dict(labels) for name, labels in found if name == "quantos_info"]
    assert (info["simulated"], info["edition"]) == ("true", "evaluation")
    names = {name for name, _ in found}
    assert {"process_resident_memory_bytes", "process_open_fds", "quantos_alarm"} <= names


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        (FROM_ELSEWHERE, {}, 401),
        ("127.0.0.1", {"X_Forwarded_For": FROM_ELSEWHERE}, 401),
        ("127.0.0.1", {"Forwarded": f"for={FROM_ELSEWHERE}"}, 401),
        (FROM_ELSEWHERE, {"Authorization": f"Bearer {TOKEN}"}, 200),
        (FROM_ELSEWHERE, {"Authorization": f"Bearer {TOKEN}x"}, 401),
        (FROM_ELSEWHERE, {"Authorization": TOKEN}, 401),
        (FROM_ELSEWHERE, {"Authorization": "Bearer "}, 401),
    ],
)
def test_metrics_are_for_this_machine_or_for_a_token(
    ask: Asks, host: str, headers: dict[str, str], status: int
) -> None:
    assert ask("/metrics", host=host, **headers).status_code == status


def test_metrics_are_for_an_operator_and_not_for_a_user(on: Stage, ask: Asks) -> None:
    operator, agent = on.operator.token, on.agent().token
    asked = [
        ask("/metrics", host=FROM_ELSEWHERE, Authorization=f"Bearer {each}") for each in (operator, agent)
    ]
    assert [answer.status_code for answer in asked] == [200, 401]
    assert "QUANTOS_METRICS_TOKEN" in asked[1].text


def test_without_a_token_in_the_settings_none_is_accepted(tmp_path: Path) -> None:
    with stage(tmp_path / "other", START) as on:
        ask = asker(on)
        assert ask("/metrics", host=FROM_ELSEWHERE, Authorization="Bearer ").status_code == 401


def test_a_time_falls_into_the_bucket_whose_bound_it_does_not_pass() -> None:
    requests = Requests()
    for seconds in (0.001, 0.0011, 99.0):
        requests.add(Answered("GET", "/x", 200), seconds)
    times = requests.times["GET", "/x"]
    assert times.in_bucket == [1, 1, *[0] * (len(BUCKETS_S) - 2), 1]
    assert times.seconds == pytest.approx(99.0021)


# ---------------------------------------------------------------- the name of a request


def test_the_id_that_a_request_came_with_comes_back(ask: Asks) -> None:
    assert ask("/api/v1/health", X_Request_Id="of-mine.1").headers["x-request-id"] == "of-mine.1"
    assert "x-request-id" not in ask("/api/v1/health").headers


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'quoted"', "a\tb"])
def test_an_id_that_no_log_should_repeat_is_not_taken(ask: Asks, given: str) -> None:
    assert "x-request-id" not in ask("/api/v1/health", X_Request_Id=given).headers


def test_a_failure_names_the_request(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(on.platform.operations.overview), "shown", broken)
    answer = asker(on)("/metrics")
    assert answer.status_code == 500
    assert re.fullmatch(r"[0-9a-f]{6}-1", answer.headers["x-request-id"])


def test_the_line_that_the_server_logs_of_a_failure_names_the_request(
    on: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(on.platform.operations.overview), "shown", broken)
    app = build_app(on.platform)

    async def served() -> None:
        """As the server does it: a task a request, and what comes out of the application is logged."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://platform"
        ) as client:
            try:
                await client.get("/metrics", headers={"X-Request-Id": "mine"})
            except RuntimeError:
                LOG.exception("it failed")

    logs.of_a_server()
    try:
        on.operator.runner.run(served())
        LOG.error("afterwards")
    finally:
        logging.getLogger().handlers = []
    said = capsys.readouterr().err
    assert "it failed [request mine]\n" in said
    assert "afterwards\n" in said


def broken(*_: object) -> None:
    raise RuntimeError("out of order")


def test_a_slow_request_is_told_by_its_route(on: Stage, caplog: pytest.LogCaptureFixture) -> None:
    ask = asker(on, slow_request_s=1e-9)
    with caplog.at_level(logging.WARNING, "quantos.kit.observed"):
        ask("/api/v1/strategies/qgpt_0123456789abcdef")
    (line,) = caplog.messages
    assert re.fullmatch(
        r"slow request: GET /api/v1/strategies/\{slug\} took 0\.\d{3} s, answered 401", line
    ), line


def test_none_is_slow_where_that_is_switched_off(ask: Asks, caplog: pytest.LogCaptureFixture) -> None:
    ask("/api/v1/health")
    assert caplog.messages == []


# ---------------------------------------------------------------- the log


def test_a_line_of_json_says_what_it_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    logs.of_a_server("json")
    try:
        with working_on(job="daily_evaluation"), working_on(run="r1"):
            LOG.warning('it is "said"\nso')
    finally:
        logging.getLogger().handlers = []
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "quantos.tests.observed",
        "message": 'it is "said"\nso',
        "job": "daily_evaluation",
        "run": "r1",
    }


def test_a_defect_is_one_line_of_json_without_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    logs.of_a_server("json")
    LOG.error("it failed", exc_info=ValueError("qgpt_0123456789abcdef\nand more"))
    logging.getLogger().handlers = []
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ValueError: ********" in json.loads(said)["error"]


def test_a_job_names_itself_and_a_settlement_its_run(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    market = type(on.platform.market)
    real = market.standing_still

    def noting(self: Any) -> Any:
        seen.append(dict(WORK.get()))
        return real(self)

    monkeypatch.setattr(market, "standing_still", noting)
    on.clock_to(parse_instant("2024-01-02T19:00:00+08:00").date(), "19:00")
    assert {"job": "settle_all_active_strategies", "trade_date": "2024-01-02"}.items() <= seen[0].items()
    assert WORK.get() == {}


def test_slow_work_on_a_store_is_told_with_the_function_that_did_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    series = Series(tmp_path / "series.duckdb", slow_s=1e-9)
    with series.read() as cursor:
        cursor.execute("SELECT 1")
    series.close()
    name = f"{__name__}.{test_slow_work_on_a_store_is_told_with_the_function_that_did_it.__name__}"
    assert re.fullmatch(
        rf"slow query: the series store was read for 0\.\d{{3}} s by {re.escape(name)}", caplog.messages[-1]
    )


def test_nothing_is_slow_at_zero(caplog: pytest.LogCaptureFixture) -> None:
    Slowly("series", 0).tell("read", 0.0)
    assert caplog.messages == []


# ---------------------------------------------------------------- probes


def test_a_platform_in_order_is_alive_and_ready(ask: Asks) -> None:
    assert (ask("/livez").json(), ask("/readyz").json()) == (
        {"status": "alive"},
        {"status": "ready", "reasons": [], "limited": []},
    )


def test_a_platform_that_is_stopping_is_alive_and_not_ready(on: Stage, ask: Asks) -> None:
    on.platform.wind_down()
    answer = ask("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert answer.json()["reasons"] == ["the platform is stopping"]
    assert ask("/livez").status_code == 200


def test_a_store_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"no store at all" * 500)
    records, series = Records(tmp_path / "records.db"), Series(tmp_path / "series.duckdb")
    series.close()
    found = probes.against(probes.Stores(records, series, tmp_path))
    records.close()
    assert [each.partition(" cannot")[0] for each in found] == ["the records store", "the series store"]


def test_a_disk_without_room_for_a_commit_is_named(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = on.platform
    monkeypatch.setattr(probes, "DISK_FREE_MIN", 2**80)
    (reason,) = probes.against(probes.Stores(platform.records, platform.series, platform.directory.path))
    assert reason.startswith("the disk of the data directory has ")
