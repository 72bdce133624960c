"""SETTLE-19, NOTIF-06: what is amiss of a day is noted once at 18:45, and once more when it is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.scheduler.watchdog import ENDS
from quantos.storage import events
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
KINDS = {*ENDS, *ENDS.values()}


def quiet(*days: date) -> Mapping[tuple[str, date], tuple[float, float, float, int]]:
    return {(s, d): (p, p, p, 1_000_000) for s, p in ((A, 10.0), (B, 20.0)) for d in days}


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(quiet(DAYS[0])))
        yield opened


def owner(on: Stage) -> Caller:
    caller = on.agent()
    caller.post("/strategies", {"name": "one", "slug": "one"})
    on.submit(caller, "one", DAYS[0], {A: 0.5})
    return caller


def told(on: Stage) -> list[tuple[str, str]]:
    """(kind, day) of everything that the watchdog noted, in order."""
    with on.platform.records.read() as session:
        return [(event.kind, event.payload["trade_date"]) for event in events.after(session, 0, 1000, KINDS)]


def notices(caller: Caller, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get("/notifications")["notifications"]
    return [each for each in found if each["type"] == kind]


def watch(on: Stage, day: date) -> dict[str, Any]:
    run = on.operator.post("/admin/jobs/settlement_watchdog/run", {"date": day.isoformat()})
    detail: dict[str, Any] = run["detail"]
    return detail


# missing data


def test_a_day_without_bars_is_noted_once_and_again_when_they_arrive(on: Stage) -> None:
    on.clock_to(DAYS[1], "18:44")
    assert told(on) == []
    on.clock_to(DAYS[1], "18:45")
    assert told(on) == [("data_missing", str(DAYS[1]))]
    assert watch(on, DAYS[1])["data"] == [str(DAYS[1])]
    assert told(on) == [("data_missing", str(DAYS[1]))]
    on.platform.market.import_bars(made_up(quiet(DAYS[1])))
    assert told(on) == [("data_missing", str(DAYS[1])), ("data_arrived", str(DAYS[1]))]
    assert watch(on, DAYS[1])["data"] == []
    assert len(told(on)) == 2


def test_a_day_that_the_operator_accepts_is_no_longer_amiss(on: Stage) -> None:
    on.platform.market.import_bars(made_up({k: v for k, v in quiet(DAYS[1]).items() if k[0] == A}))
    on.clock_to(DAYS[1], "18:45")
    assert told(on) == [("data_missing", str(DAYS[1]))]
    on.operator.post("/admin/market/accept", {"date": str(DAYS[1]), "reason": "B was not traded"})
    assert told(on)[1:] == [("data_arrived", str(DAYS[1]))]


def test_a_platform_without_any_bars_is_not_told_so_each_day(tmp_path: Path) -> None:
    with stage(tmp_path / "empty", START) as on:
        on.clock_to(DAYS[2], "20:00")
        assert told(on) == []


# unattested signals


@pytest.fixture
def barred(tmp_path: Path) -> Iterator[tuple[Stage, Path]]:
    """A platform whose attestation repository cannot be written."""
    repository = tmp_path / "proofs"
    repository.mkdir()
    (repository / "in-the-way").write_text("no repository\n")
    with stage(tmp_path / "data", START, attestation_repo=str(repository)) as opened:
        opened.platform.market.import_bars(made_up(quiet(*DAYS[:3])))
        yield opened, repository


def test_a_signal_without_its_commit_is_told_to_its_owner_until_it_is_attested(
    barred: tuple[Stage, Path],
) -> None:
    on, repository = barred
    agent = owner(on)
    on.clock_to(DAYS[0], "18:44")
    assert notices(agent, "signal_unattested") == []
    on.clock_to(DAYS[1], "08:00")
    (notice,) = notices(agent, "signal_unattested")
    assert "one" in notice["title"]
    assert not notice["is_read"]
    watch(on, DAYS[0])
    assert len(notices(agent, "signal_unattested")) == 1
    (repository / "in-the-way").unlink()
    on.clock_to(DAYS[1], "09:30")
    (notice,) = notices(agent, "signal_unattested")
    assert notice["is_read"]
    assert notice["message"].endswith("Attested since.")
    assert told(on) == [("signal_unattested", str(DAYS[0])), ("signal_attested", str(DAYS[0]))]


# portfolios without values


class Portfolios:
    """Portfolios whose values a test takes away and gives back."""

    def __init__(self, user_id: str) -> None:
        self.user_id, self.lacking = user_id, set[date]()

    def without_values(self, day: date) -> list[dict[str, Any]]:
        found = {"user_id": self.user_id, "portfolio_id": "p1", "name": "Blend", "factors": ["Value"]}
        return [found] if day in self.lacking else []


@pytest.fixture
def blend(on: Stage) -> tuple[Caller, Portfolios]:
    on.platform.market.import_bars(made_up(quiet(*DAYS[1:5])))
    agent = owner(on)
    portfolios = Portfolios(agent.get("/auth/me")["id"])
    on.platform.unattended.watchdog._portfolios = portfolios
    return agent, portfolios


def test_a_portfolio_without_values_of_the_day_is_told_once_and_when_they_come(
    on: Stage, blend: tuple[Caller, Portfolios]
) -> None:
    agent, portfolios = blend
    portfolios.lacking = {DAYS[0]}
    on.clock_to(DAYS[0], "18:45")
    assert watch(on, DAYS[0])["without_values"] == ["Blend"]
    (notice,) = notices(agent, "values_missing")
    assert "Value" in notice["message"]
    (alarm,) = [each for each in overview(on)["alarms"] if each["code"] == "values_missing"]
    assert "Blend of 2024-03-01" in alarm["message"]
    portfolios.lacking = set()
    on.clock_to(DAYS[1], "09:10")
    assert told(on) == [("values_missing", str(DAYS[0])), ("values_arrived", str(DAYS[0]))]
    assert notices(agent, "values_missing")[0]["is_read"]
    assert "values_missing" not in [each["code"] for each in overview(on)["alarms"]]


def test_values_that_did_not_come_by_the_deadline_are_no_finding_any_longer(
    on: Stage, blend: tuple[Caller, Portfolios]
) -> None:
    _, portfolios = blend
    portfolios.lacking = {DAYS[0]}
    on.clock_to(DAYS[1], "09:14")
    assert [each["trade_date"] for each in on.platform.unattended.watchdog.standing("values_missing")] == [
        DAYS[0]
    ]
    on.clock_to(DAYS[1], "18:20")
    assert on.platform.unattended.watchdog.standing("values_missing") == []
    assert told(on) == [("values_missing", str(DAYS[0]))], "the missed day is told by the portfolio itself"


def overview(on: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on.operator.get("/admin/overview")
    return found


# a restart


def test_what_was_mended_while_the_platform_was_off_is_noted_at_its_start(tmp_path: Path) -> None:
    repository = tmp_path / "proofs"
    repository.mkdir()
    (repository / "in-the-way").write_text("no repository\n")
    with stage(tmp_path / "data", START, attestation_repo=str(repository)) as on:
        on.platform.market.import_bars(made_up(quiet(*DAYS[:3])))
        owner(on)
        on.clock_to(DAYS[0], "20:00")
        assert told(on) == [("signal_unattested", str(DAYS[0]))]
    (repository / "in-the-way").unlink()
    with stage(tmp_path / "data", START, attestation_repo=str(repository)) as on:
        on.operator.post("/admin/attestation/retry")
        on.clock_to(DAYS[1], "09:00")
        assert told(on)[1:] == [("signal_attested", str(DAYS[0]))]
    with stage(tmp_path / "data", START, attestation_repo=str(repository)) as on:
        assert len(told(on)) == 2
