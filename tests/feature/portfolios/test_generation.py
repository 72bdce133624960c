"""PORT-11, PORT-13, PORT-18, NOTIF-06: when signals are made, when not, and what is told of it."""

from __future__ import annotations

import asyncio
import threading
from datetime import date, timedelta
from typing import Any

import pytest

from quantos.portfolios import store
from quantos.portfolios.core.status import Status
from tests.feature.portfolios.quiet import (
    BEFORE,
    DAY,
    DAYS,
    JOB,
    NAMES,
    NEXT,
    activated,
    days,
    off_until,
    pair,
    rising,
    signals,
    submissions,
    told,
)
from tests.support.platforms import Caller, Stage
from tests.support.portfolios import active_factor, portfolio_of, send_values


@pytest.mark.parametrize(
    ("day", "at", "is_made"),
    [
        (DAY, "00:00:00", True),
        (DAY, "09:14:59", True),
        (DAY, "09:15:00", False),
        (DAY - timedelta(1), "08:00:00", False),
    ],
)
def test_port_11_an_activation_signals_at_once_on_a_trading_day_before_09_15(
    on: Stage, owner: Caller, day: date, at: str, is_made: bool
) -> None:
    portfolio = portfolio_of(owner, pair(on, owner))
    on.clock_to(day, at)
    found = owner.post(f"/portfolios/{portfolio}/activate")
    assert (found["signal"] is not None) is is_made
    assert signals(owner, portfolio) == ([DAY.isoformat()] if is_made else [])
    if is_made:
        (shown,) = owner.get(f"/portfolios/{portfolio}/signals")["signals"]
        assert found["signal"] == shown
        assert (shown["stock_count"], shown["github_committed"]) == (5, True)
        assert found["strategy"]["status"] == "active"
        on.clock_to(DAY, "19:00:00")
        assert signals(owner, portfolio) == [DAY.isoformat()], "09:00 makes it no second time"
        assert owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["is_settled"] is True
        assert submissions(on) == 1


def test_port_13_active_ones_signal_at_nine_drafts_and_paused_ones_do_not(on: Stage, owner: Caller) -> None:
    active, paused = activated(on, owner), activated(on, owner, name="p")
    draft = portfolio_of(owner, pair(on, owner))
    owner.post(f"/portfolios/{paused}/pause")
    on.clock_to(DAY, "08:59:59")
    assert signals(owner, active) == []
    on.clock_to(DAY, "09:00:00")
    assert [signals(owner, each) for each in (active, paused, draft)] == [[DAY.isoformat()], [], []]
    (shown,) = owner.get(f"/portfolios/{active}/signals")["signals"]
    assert shown["submitted_at"] == f"{DAY}T01:00:00Z"
    assert (days(owner, active), days(owner, paused)) == ({DAY.isoformat(): "signalled"}, {})


def test_port_14_the_history_is_newest_first_in_pages(on: Stage, owner: Caller) -> None:
    one, two = pair(on, owner)
    portfolio = portfolio_of(owner, (one, two))
    owner.post(f"/portfolios/{portfolio}/activate")
    for day in DAYS[1:6]:
        on.clock_to(day, "20:00:00")
        assert signals(owner, portfolio)[0] == day.isoformat()
        for factor in (one, two):
            send_values(owner, factor, rising(day))
    whole = owner.get(f"/portfolios/{portfolio}/signals")["signals"]
    assert [each["trade_date"] for each in whole] == [day.isoformat() for day in DAYS[5:0:-1]]
    path = f"/portfolios/{portfolio}/signals"
    pages = [owner.get(path, limit=2, offset=start)["signals"] for start in (0, 2, 4, 6)]
    assert [each for page in pages for each in page] == whole
    assert owner.call("GET", path, limit=201).status_code == 422
    assert all(each["is_settled"] for each in whole)
    strategy = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    of_strategy = owner.get(f"/strategies/{strategy}/signals")["signals"]
    assert [each["signal_hash"] for each in of_strategy] == [each["signal_hash"] for each in whole]
    assert {len(each["signals"]) for each in of_strategy} == {each["stock_count"] for each in whole} == {5}


def test_running_twice_does_nothing_twice(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "09:00:00")
    before = owner.get(f"/portfolios/{portfolio}/signals")
    for _ in "12":
        answer = on.operator.post(JOB, {"date": DAY.isoformat()})
        assert answer["detail"] == {"portfolios": 1, "made": 0, "already": 1, "no_values": 0, "missed": 0}
    on.clock_to(DAY, "20:00:00")
    assert on.operator.post(JOB)["detail"] == {"made": 0, "missed": 0}
    assert (submissions(on), told(owner)) == (1, [])
    assert (
        owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["signal_hash"]
        == before["signals"][0]["signal_hash"]
    )


def test_of_many_who_make_the_same_signal_at_once_one_does(unattested: Stage) -> None:
    owner = unattested.agent()
    portfolio = activated(unattested, owner)
    unattested.clock_to(DAY, "08:00:00")
    generating = unattested.platform.portfolios.generating

    async def together() -> list[Any]:
        return list(await asyncio.gather(*(generating.at_once(portfolio) for _ in range(8))))

    assert owner.runner.run(together()) == [None] * 8
    assert (signals(owner, portfolio), submissions(unattested)) == ([DAY.isoformat()], 1)


def test_port_18_a_member_without_values_means_no_signal_and_one_notice(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "20:00:00")
    first, _ = owner.get(f"/portfolios/{portfolio}")["members"]
    send_values(owner, first["factor_id"], rising(DAY))
    assert told(owner) == []
    on.clock_to(NEXT, "09:00:00")
    assert signals(owner, portfolio) == [DAY.isoformat()]
    (notice,) = told(owner)
    assert notice["title"] == f"No signal of Standing for {NEXT}"
    assert f"no values of two for {DAY}" in notice["message"]
    on.operator.post(JOB)
    assert told(owner) == [notice]
    assert days(owner, portfolio) == {NEXT.isoformat(): "no_values", DAY.isoformat(): "signalled"}
    on.clock_to(NEXT, "19:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    log = on.public().get(f"/public/strategies/{slug}/audit")["audit_log"]
    assert [(each["date"], each["type"]) for each in log] == [
        (NEXT.isoformat(), "HOLD"),
        (DAY.isoformat(), "REBALANCE"),
    ]


def test_values_that_arrive_by_09_15_make_the_signal_and_end_the_notice(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(NEXT, "09:05:00")
    one, two = (each["factor_id"] for each in owner.get(f"/portfolios/{portfolio}")["members"])
    assert (signals(owner, portfolio), len(told(owner))) == ([DAY.isoformat()], 1)
    send_values(owner, one, rising(DAY))
    assert signals(owner, portfolio) == [DAY.isoformat()], "the other is still missing"
    send_values(owner, two, rising(DAY))
    assert signals(owner, portfolio) == [NEXT.isoformat(), DAY.isoformat()]
    assert days(owner, portfolio)[NEXT.isoformat()] == "signalled"
    (notice,) = told(owner)
    assert (notice["is_read"], notice["message"].endswith("A signal was made since.")) == (True, True)
    assert owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["github_committed"] is True


def test_values_that_arrive_after_09_15_make_nothing(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(NEXT, "09:15:00")
    for each in owner.get(f"/portfolios/{portfolio}")["members"]:
        send_values(owner, each["factor_id"], rising(DAY))
    on.operator.post(JOB, {"date": NEXT.isoformat()})
    assert signals(owner, portfolio) == [DAY.isoformat()]
    assert days(owner, portfolio)[NEXT.isoformat()] == "no_values"
    assert len(told(owner)) == 1


def test_an_activation_without_values_says_so_and_nobody_is_told_before_nine(
    on: Stage, owner: Caller
) -> None:
    portfolio = portfolio_of(owner, pair(on, owner, DAYS[0] - timedelta(1)))
    on.clock_to(DAY, "08:00:00")
    found = owner.post(f"/portfolios/{portfolio}/activate")
    assert (found["status"], found["signal"]) == ("active", None)
    assert found["no_signal"] == f"no values of one, two for {BEFORE}"
    assert (told(owner), days(owner, portfolio)) == ([], {})
    on.clock_to(DAY, "09:00:00")
    assert len(told(owner)) == 1


def test_members_without_a_name_in_common_make_no_signal(on: Stage, owner: Caller) -> None:
    one = active_factor(on, owner, {BEFORE: {NAMES[0]: 1.0, NAMES[1]: 2.0}})
    two = active_factor(on, owner, {BEFORE: {NAMES[2]: 1.0, NAMES[3]: 2.0}})
    portfolio = portfolio_of(owner, (one, two))
    owner.post(f"/portfolios/{portfolio}/activate")
    on.clock_to(DAY, "09:00:00")
    assert (signals(owner, portfolio), days(owner, portfolio)) == ([], {DAY.isoformat(): "no_values"})
    assert "every factor" in told(owner)[0]["message"]


def test_a_day_on_which_the_machine_was_off_is_missed_for_good(on: Stage, owner: Caller) -> None:
    portfolio, paused = activated(on, owner), activated(on, owner, name="p")
    owner.post(f"/portfolios/{paused}/pause")
    off_until(on, DAY, "09:15:00")
    for _ in "12":
        assert signals(owner, portfolio) == []
        assert days(owner, portfolio) == {DAY.isoformat(): "missed"}
        (notice,) = told(owner)
        assert "09:15" in notice["message"]
        on.operator.post(JOB, {"date": DAY.isoformat()})
    assert days(owner, paused) == {}
    job = on.operator.get("/admin/jobs")["jobs"][0]
    assert (job["state"], job["detail"]) == ("done", {"made": 0, "missed": 0})


def test_each_day_of_a_longer_downtime_is_missed(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    off_until(on, DAYS[4], "08:00:00")
    assert days(owner, portfolio) == {day.isoformat(): "missed" for day in DAYS[1:4]}
    assert len(told(owner)) == 3


def test_a_machine_that_is_back_by_09_15_makes_the_signal(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    off_until(on, DAY, "09:14:59")
    assert (signals(owner, portfolio), told(owner)) == ([DAY.isoformat()], [])


def test_a_portfolio_that_was_no_portfolio_then_has_missed_nothing(on: Stage, owner: Caller) -> None:
    on.clock_to(DAY, "10:00:00")
    portfolio = activated(on, owner)
    on.operator.post(JOB, {"date": DAY.isoformat()})
    assert (days(owner, portfolio), told(owner)) == ({}, [])


def test_one_portfolio_that_fails_stops_no_other(on: Stage, owner: Caller) -> None:
    broken, other = activated(on, owner), on.agent()
    whole = activated(on, other)
    with on.platform.records.read() as session:
        factor = store.members_of(session, [1])[1][0]
    (file,) = on.platform.factors.spool_folder.glob(f"{factor}-*.values")
    kept = file.read_bytes()
    file.write_bytes(b"\0" * len(kept))
    on.clock_to(DAY, "09:00:00")
    assert (signals(owner, broken), signals(other, whole)) == ([], [DAY.isoformat()])
    assert (days(owner, broken), days(other, whole)) == (
        {DAY.isoformat(): "failed"},
        {DAY.isoformat(): "signalled"},
    )
    assert (len(told(owner)), told(other)) == (1, [])
    job = on.operator.get("/admin/jobs")["jobs"][0]
    assert (job["state"], "1 of 2 portfolios" in job["detail"]["reason"]) == ("failed", True)
    answer = on.operator.call("POST", JOB)
    assert (answer.status_code, "1 of 2 portfolios" in answer.json()["detail"]) == (503, True)
    file.write_bytes(kept)
    assert on.operator.post(JOB)["detail"]["made"] == 1
    assert signals(owner, broken) == [DAY.isoformat()]
    assert told(owner)[0]["message"].endswith("A signal was made since.")


def test_the_job_does_not_keep_the_api_waiting(
    on: Stage, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "08:00:00")
    factors, begun, answered = on.platform.factors, threading.Event(), threading.Event()
    panel_on = factors.panel_on

    def slow(*asked: Any) -> Any:
        begun.set()
        assert answered.wait(60)
        return panel_on(*asked)

    monkeypatch.setattr(factors, "panel_on", slow)

    async def both() -> tuple[int, int]:
        headers = {"Authorization": f"Bearer {on.operator.token}"}
        job = asyncio.ensure_future(owner.http.post(JOB, headers=headers))
        await asyncio.to_thread(begun.wait, 60)
        health = await owner.http.get("/health")
        mine = await owner.http.get("/portfolios", headers={"Authorization": f"Bearer {owner.token}"})
        assert not job.done()
        answered.set()
        return (await job).status_code, health.status_code + mine.status_code

    assert owner.runner.run(both()) == (200, 400)
    assert signals(owner, portfolio) == [DAY.isoformat()]


def test_what_was_worked_out_before_a_change_is_not_stored(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    third = active_factor(on, owner, rising(BEFORE), name="three")
    on.clock_to(DAY, "08:00:00")
    generating = on.platform.portfolios.generating
    with on.platform.records.read() as session:
        row = store.by_id(session, portfolio)
    assert row is not None
    made = generating._work_out(row, DAY)
    owner.post(f"/portfolios/{portfolio}/pause")
    assert owner.runner.run(generating._submitted(row, made)).outcome is None
    owner.post(f"/portfolios/{portfolio}/members", {"factor_id": third})
    with on.platform.records.write() as session:
        store.record_change(session, 1, Status.ACTIVE, on.platform.clock.now())
        session.merge(row)
    assert owner.runner.run(generating._submitted(row, made)).outcome is None
    assert (signals(owner, portfolio), submissions(on)) == ([], 0)
