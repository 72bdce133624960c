"""OPS-08: signals of before the activation, settled as a curve apart."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.settlement import backfill_store
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
CALENDAR = shipped_calendar()
BEFORE = CALENDAR.between(date(2024, 2, 19), date(2024, 2, 29))  # 9 trading days
DAYS = CALENDAR.between(date(2024, 3, 1), date(2024, 3, 8))
START = parse_instant("2024-03-01T08:00+08:00")
FREE = {"commission_rate": 0, "slippage_rate": 0, "initial_capital": 100_000}


def bars() -> dict[tuple[str, date], tuple[float, float, float | None, int]]:
    """A opens at 10.00 on the first day and closes 1 CNY higher each other day; B stays at 20.00."""
    rows: dict[tuple[str, date], tuple[float, float, float | None, int]] = {}
    level = 10.0
    for k, day in enumerate([*BEFORE, *DAYS]):
        close = level + (0.5 if k % 2 else -0.2)
        rows[A, day] = (level, close, level, 1_000_000)
        rows[B, day] = (20.0, 20.0, 20.0, 1_000_000)
        level = close
    return rows


CLOSES = [bars()[A, day][1] for day in BEFORE]


def day_of(day: date, weights: Mapping[str, float]) -> dict[str, Any]:
    signals = [{"symbol": symbol, "weight": weight} for symbol, weight in weights.items()]
    return {"trade_date": day.isoformat(), "signals": signals}


def backfill(on: Stage, *days: dict[str, Any], slug: str = "one") -> Any:
    return on.operator.call("POST", f"/admin/strategies/{slug}/backfill", {"signals": list(days)})


def accepted(on: Stage, *days: dict[str, Any]) -> int:
    answer = backfill(on, *days)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == {"accepted"}
    return int(answer.json()["accepted"])


def record(on: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on.public().get("/public/strategies/one/track-record")
    return found


def curve(on: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = record(on)["backfilled"]["records"]
    return found


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(bars()))
        yield opened


@pytest.fixture
def agent(on_stage: Stage) -> Caller:
    """The owner of `one`, activated on 2024-03-01 with half of its capital in A."""
    caller = on_stage.agent()
    caller.post("/strategies", {"name": "One", "slug": "one", **FREE})
    on_stage.submit(caller, "one", DAYS[0], {A: 0.5})
    return caller


@pytest.mark.usefixtures("agent")
def test_backfilled_days_are_settled_from_the_initial_capital(on_stage: Stage) -> None:
    # half of 100,000 at 10.00: 5,000 shares; a transfer fee of 0.001 % of 50,000: 0.50
    assert accepted(on_stage, day_of(BEFORE[0], {A: 0.5})) == 1
    found = curve(on_stage)
    assert [day["date"] for day in found] == [day.isoformat() for day in BEFORE]
    navs = [(50_000 - 0.5 + 5_000 * close) / 100_000 for close in CLOSES]
    assert [day["nav"] for day in found] == pytest.approx(navs, abs=1e-12)
    daily = [new / old - 1 for old, new in zip([1.0, *navs], navs, strict=False)]
    assert [day["daily_return"] for day in found] == pytest.approx(daily, abs=1e-12)


@pytest.mark.usefixtures("agent")
def test_a_day_without_a_signal_holds(on_stage: Stage) -> None:
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}), day_of(BEFORE[4], {}))
    navs = [day["nav"] for day in curve(on_stage)]
    assert navs[3] != navs[2]
    assert navs[4:] == [navs[4]] * 5  # all cash from then on


def test_backfilled_days_are_those_of_a_strategy_that_had_its_signals_in_time(tmp_path: Path) -> None:
    signals = {BEFORE[0]: {A: 0.3, B: 0.4}, BEFORE[2]: {B: 0.8}, BEFORE[3]: {}, BEFORE[6]: {A: 0.9, B: 0.1}}
    with stage(tmp_path / "data", parse_instant("2024-02-19T08:00+08:00")) as on:
        on.platform.market.import_bars(made_up(bars()))
        caller = on.agent()
        for slug in ("one", "live"):
            caller.post("/strategies", {"name": slug, "slug": slug, "initial_capital": 200_000})
        for day, weights in signals.items():
            on.clock_to(day, "09:00")
            on.submit(caller, "live", day, weights)
        on.clock_to(DAYS[0], "08:00")
        on.submit(caller, "one", DAYS[0], {A: 0.5})
        accepted(on, *(day_of(day, weights) for day, weights in signals.items()))
        live = on.public().get("/public/strategies/live/track-record")["records"]
        assert len(live) == 9
        assert curve(on) == live


def test_what_is_published_does_not_change_with_a_backfill(on_stage: Stage, agent: Caller) -> None:
    def published() -> list[Any]:
        public = on_stage.public()
        (listed,) = public.get("/public/strategies")["strategies"]
        return [
            record(on_stage)["records"],
            public.get("/public/strategies/one/performance"),
            listed,
            on_stage.operator.get("/admin/settlement-runs"),
            agent.get("/strategies/one/signals"),
        ]

    on_stage.clock_to(DAYS[1], "19:00")
    before = published()
    assert "backfilled" not in record(on_stage)
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    assert len(curve(on_stage)) == 9
    assert published() == before
    on_stage.clock_to(DAYS[2], "19:00")
    assert [day["date"] for day in record(on_stage)["records"]] == [day.isoformat() for day in DAYS[:3]]
    (listed,) = on_stage.public().get("/public/strategies")["strategies"]
    assert listed["trading_days"] == 3


@pytest.mark.usefixtures("agent")
def test_the_same_backfill_twice_changes_nothing(on_stage: Stage) -> None:
    days = [day_of(BEFORE[1], {A: 0.5}), day_of(BEFORE[3], {B: 0.5})]
    accepted(on_stage, *days)
    once = curve(on_stage)
    assert accepted(on_stage, *days) == 2
    assert curve(on_stage) == once


@pytest.mark.usefixtures("agent")
def test_a_later_backfill_replaces_its_dates_keeps_the_others_and_may_begin_earlier(
    on_stage: Stage, tmp_path: Path
) -> None:
    accepted(on_stage, day_of(BEFORE[3], {A: 0.5}), day_of(BEFORE[5], {B: 0.5}))
    assert len(curve(on_stage)) == 6
    on_stage.platform.close()
    with stage(tmp_path / "data", START) as again:
        accepted(again, day_of(BEFORE[1], {B: 0.2}), day_of(BEFORE[3], {A: 0.9}))
        in_steps = curve(again)
        assert again.platform.settlement.latest([-1]) == {}, "a curve apart is no record"
        whole = {BEFORE[1]: {B: 0.2}, BEFORE[3]: {A: 0.9}, BEFORE[5]: {B: 0.5}}
        caller = again.agent()
        caller.post("/strategies", {"name": "Two", "slug": "two", **FREE})
        again.submit(caller, "two", DAYS[0], {})
        assert backfill(again, *(day_of(d, w) for d, w in whole.items()), slug="two").status_code == 201
        at_once = again.public().get("/public/strategies/two/track-record")["backfilled"]["records"]
    assert len(in_steps) == 8
    assert in_steps == at_once


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("day", "says"),
    [
        (DAYS[0], "before the activation"),
        (DAYS[1], "before the activation"),
        (date(2024, 2, 24), "not a trading day"),
        (date(1980, 1, 2), "calendar begins"),
    ],
)
def test_only_trading_days_before_the_activation_are_taken_and_all_or_none(
    on_stage: Stage, day: date, says: str
) -> None:
    answer = backfill(on_stage, day_of(BEFORE[0], {A: 0.5}), day_of(day, {A: 0.5}))
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert "backfilled" not in record(on_stage)
    accepted(on_stage, day_of(BEFORE[4], {A: 0.5}))
    assert len(curve(on_stage)) == 5, "the good day of the refused backfill was not stored"


def test_a_strategy_without_an_activation_or_at_its_end_is_refused(on_stage: Stage, agent: Caller) -> None:
    agent.post("/strategies", {"name": "Two", "slug": "two", **FREE})
    answer = backfill(on_stage, day_of(BEFORE[0], {A: 0.5}), slug="two")
    assert (answer.status_code, "pending" in answer.json()["detail"]) == (400, True)
    agent.call("DELETE", "/strategies/one")
    answer = backfill(on_stage, day_of(BEFORE[0], {A: 0.5}))
    assert (answer.status_code, "retired" in answer.json()["detail"]) == (400, True)
    assert backfill(on_stage, day_of(BEFORE[0], {A: 0.5}), slug="nobody").status_code == 404


@pytest.mark.usefixtures("agent")
def test_a_day_without_data_is_named_and_nothing_is_stored(on_stage: Stage) -> None:
    accepted(on_stage, day_of(BEFORE[2], {A: 0.5}))
    before = record(on_stage)
    earlier = CALENDAR.previous_before(BEFORE[0])
    answer = backfill(on_stage, day_of(earlier, {A: 0.5}), day_of(BEFORE[2], {B: 0.5}))
    assert answer.status_code == 400
    assert earlier.isoformat() in answer.json()["detail"]
    assert "no market data" in answer.json()["detail"]
    assert record(on_stage) == before
    accepted(on_stage, day_of(BEFORE[8], {A: 0.5}))
    assert [day["nav"] for day in curve(on_stage)][:6] == [
        day["nav"] for day in before["backfilled"]["records"]
    ][:6]


@pytest.mark.usefixtures("agent")
def test_a_half_imported_day_is_named_with_what_it_lacks(on_stage: Stage) -> None:
    gap, more = BEFORE[0], [CALENDAR.previous_before(BEFORE[0])]
    more.insert(0, CALENDAR.previous_before(more[0]))
    whole = {(s, day): (10.0, 10.0, 10.0, 1_000_000) for s in (A, B) for day in more}
    del whole[B, more[1]]
    on_stage.platform.market.import_bars(made_up(whole))
    answer = backfill(on_stage, day_of(more[0], {}), day_of(gap, {A: 0.5}))
    assert answer.status_code == 400
    for told in (more[1].isoformat(), "1 of 2", B):
        assert told in answer.json()["detail"]
    assert "backfilled" not in record(on_stage)


def test_a_backfill_is_the_operators_alone(on_stage: Stage, agent: Caller) -> None:
    body = {"signals": [day_of(BEFORE[0], {A: 0.5})]}
    assert agent.call("POST", "/admin/strategies/one/backfill", body).status_code == 403
    assert on_stage.public().call("POST", "/admin/strategies/one/backfill", body).status_code == 401
    assert "backfilled" not in record(on_stage)


GOOD = day_of(BEFORE[0], {A: 0.5})


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["signals"]),
        ({"signals": []}, ["signals"]),
        ({"signals": [{"trade_date": "2024-02-30", "signals": []}]}, ["signals", 0, "trade_date"]),
        ({"signals": [{"signals": []}]}, ["signals", 0, "trade_date"]),
        ({"signals": [{"trade_date": "2024-02-19"}]}, ["signals", 0, "signals"]),
        ({"signals": [GOOD, GOOD]}, ["signals", 1, "trade_date"]),
        ({"signals": [GOOD | {"signals": [{"symbol": A, "weight": 0}]}]}, ["signals", 0, "signals", 0, "weight"]),
        ({"signals": [GOOD | {"signals": [{"symbol": A, "weight": "0.5"}]}]}, ["signals", 0, "signals", 0, "weight"]),
        ({"signals": [GOOD | {"signals": [{"symbol": A, "weight": True}]}]}, ["signals", 0, "signals", 0, "weight"]),
        ({"signals": [GOOD | {"signals": [{"symbol": "600001.sh", "weight": 0.5}]}]}, ["signals", 0, "signals", 0, "symbol"]),
        ({"signals": [day_of(BEFORE[1], {A: 0.5}), day_of(BEFORE[0], {A: 0.6, B: 0.41})]}, ["signals", 1, "signals"]),
        ({"signals": [GOOD | {"signals": GOOD["signals"] * 2}]}, ["signals", 0, "signals", 1, "symbol"]),
    ],
)  # fmt: skip
def test_a_signal_is_valid_as_a_submitted_one_is(on_stage: Stage, body: Any, loc: list[Any]) -> None:
    answer = on_stage.operator.call("POST", "/admin/strategies/one/backfill", body)
    assert answer.status_code == 422
    assert ["body", *loc] in [item["loc"] for item in answer.json()["detail"]]
    assert "backfilled" not in record(on_stage)


@pytest.mark.usefixtures("agent")
def test_at_most_500_trade_dates_are_taken_at_once(on_stage: Stage) -> None:
    days = [day_of(day, {}) for day in CALENDAR.sessions[-501:].tolist()]
    answer = on_stage.operator.call("POST", "/admin/strategies/one/backfill", {"signals": days})
    assert answer.status_code == 422
    assert backfill(on_stage, *days[:500]).status_code == 400, "the calendar goes on beyond the activation"


@pytest.mark.usefixtures("agent")
def test_a_symbol_that_no_market_file_named_stays_cash(on_stage: Stage) -> None:
    accepted(on_stage, day_of(BEFORE[0], {"688999.SH": 1.0}))
    assert {day["nav"] for day in curve(on_stage)} == {1.0}


@pytest.mark.usefixtures("agent")
def test_the_market_of_a_backfilled_day_stays_open_to_corrections(on_stage: Stage) -> None:
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    first = curve(on_stage)[0]["nav"]
    day = BEFORE[0]
    on_stage.platform.market.import_bars(made_up({(A, day): (10.0, 10.7, 10.0, 1_000_000)}))
    assert curve(on_stage)[0]["nav"] == first, "a curve changes with a backfill alone"
    accepted(on_stage, day_of(day, {A: 0.5}))
    assert curve(on_stage)[0]["nav"] == pytest.approx((50_000 - 0.5 + 5_000 * 10.7) / 100_000, abs=1e-12)


@pytest.mark.usefixtures("agent")
def test_a_private_strategys_backfill_is_seen_by_nobody(on_stage: Stage, agent: Caller) -> None:
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    assert agent.call("PATCH", "/strategies/one", {"is_public": False}).status_code == 200
    assert on_stage.public().call("GET", "/public/strategies/one/track-record").status_code == 404


@pytest.mark.usefixtures("agent")
def test_a_set_of_signals_that_no_curve_was_made_from_does_not_count(on_stage: Stage, tmp_path: Path) -> None:
    """As a kill between the two stores leaves it: the signals are there, their curve is not."""
    accepted(on_stage, day_of(BEFORE[3], {A: 0.5}))
    before = record(on_stage)
    with on_stage.platform.records.write() as session:
        backfill_store.keep_signals(session, 1, 1, {BEFORE[0]: "[]", BEFORE[3]: "[]"})
    on_stage.platform.close()
    with stage(tmp_path / "data", START) as again:
        assert record(again) == before
        accepted(again, day_of(BEFORE[8], {}))
        assert [day["nav"] for day in curve(again)][:5] == [
            day["nav"] for day in before["backfilled"]["records"]
        ][:5]
        with again.platform.records.read() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT revision, count(*) FROM backfilled_signal GROUP BY revision ORDER BY revision"
            )
            assert rows.all() == [(1, 1), (3, 2)]


@pytest.mark.usefixtures("agent")
def test_a_backfilled_day_has_no_package_and_no_line_in_the_audit_log(on_stage: Stage) -> None:
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    on_stage.clock_to(DAYS[0], "19:00")
    public = on_stage.public()
    package = "/public/strategies/one/verify"
    assert public.call("GET", package, date=BEFORE[0].isoformat()).status_code == 404
    found = public.get(package)
    assert found["trade_date"] == DAYS[0].isoformat()
    assert found["verification"]["previous"]["positions"] == [], "the record begins from cash"
    log = public.get("/public/strategies/one/audit")
    assert [(line["date"], line["type"]) for line in log["audit_log"]] == [(DAYS[0].isoformat(), "REBALANCE")]
    assert log["total"] == 1


def test_backfilled_signals_and_their_days_are_never_attested(tmp_path: Path) -> None:
    repository = tmp_path / "attestation"

    def history() -> str:
        command = ["git", "-C", str(repository), "log", "--all", "-p"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    with stage(tmp_path / "data", START, attestation_repo=str(repository)) as on:
        on.platform.market.import_bars(made_up(bars()))
        caller = on.agent()
        caller.post("/strategies", {"name": "One", "slug": "one", **FREE})
        on.submit(caller, "one", DAYS[0], {A: 0.5})
        accepted(on, day_of(BEFORE[0], {A: 0.5}))
        on.clock_to(DAYS[1], "19:00")
        on.clock_to(DAYS[2], "09:11")  # the retry of what was not attested
        assert len(curve(on)) == 9
        told = history()
    assert f"attestations/{DAYS[0]}.json" in told
    assert f"settlements/{DAYS[0]}.json" in told
    assert [day for day in BEFORE if day.isoformat() in told] == []


def removed(on: Stage, slug: str = "one") -> Any:
    return on.operator.call("DELETE", f"/admin/strategies/{slug}/backfill")


@pytest.mark.usefixtures("agent")
def test_a_backfill_that_is_removed_is_as_if_it_had_never_been(on_stage: Stage) -> None:
    on_stage.clock_to(DAYS[1], "19:00")
    before = record(on_stage)
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}), day_of(BEFORE[2], {B: 0.5}))
    assert (removed(on_stage).status_code, record(on_stage)) == (200, before)
    assert removed(on_stage).status_code == 404
    accepted(on_stage, day_of(BEFORE[7], {A: 1.0}))
    assert [day["date"] for day in curve(on_stage)] == [day.isoformat() for day in BEFORE[7:]], (
        "signals of before"
    )
    answer = removed(on_stage)
    assert (answer.status_code, answer.json()) == (200, {"deleted": True, "signals_removed": 1})


@pytest.mark.usefixtures("agent")
def test_a_curve_that_is_put_in_after_a_removal_is_not_taken_for_the_one_of_before(on_stage: Stage) -> None:
    """Public answers are kept; nobody has asked in between."""
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    first = curve(on_stage)
    removed(on_stage)
    accepted(on_stage, day_of(BEFORE[0], {A: 1.0}))
    assert [day["nav"] for day in curve(on_stage)] != [day["nav"] for day in first]


def test_what_cannot_be_removed_is_named(on_stage: Stage, agent: Caller) -> None:
    assert removed(on_stage, "none").status_code == 404
    assert removed(on_stage).json()["detail"] == "one has no backfilled signals"
    accepted(on_stage, day_of(BEFORE[0], {A: 0.5}))
    assert agent.call("DELETE", "/admin/strategies/one/backfill").status_code == 403
    on_stage.clock_to(DAYS[0], "19:00")
    agent.call("DELETE", "/strategies/one")
    assert removed(on_stage).status_code == 400
    assert len(curve(on_stage)) == 9
