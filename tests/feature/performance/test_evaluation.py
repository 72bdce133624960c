"""SETTLE-01, PUB-10: the daily evaluation keeps, for each strategy and settled day, what the public route showed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.restated import DAYS, START, bars, corrections, play, restate, write_bars

SLUGS = ("holds-a", "holds-b", "holds-both")
JOB = "/admin/jobs/daily_evaluation/run"


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def index(on: Stage, folder: Path, *days: date) -> None:
    """The CSI 500 goes up by one per cent on each second day."""
    file = folder / "index_daily.csv"
    lines = ["symbol,date,close"]
    lines += [f"000905.SH,{day},{5000 * 1.01 ** (k // 2):.4f}" for k, day in enumerate(days)]
    file.write_text("\n".join(lines) + "\n")
    on.platform.market.import_path(file)


def kept(on: Stage, day: date | None = None) -> dict[str, dict[str, Any]]:
    found = on.operator.get("/admin/evaluations", **({"date": day.isoformat()} if day else {}))
    return {each["slug"]: each["metrics"] for each in found["evaluations"]}


def public(on: Stage) -> dict[str, dict[str, Any]]:
    return {slug: on.public().get(f"/public/strategies/{slug}/performance")["metrics"] for slug in SLUGS}


def started(on: Stage, agent: Caller) -> None:
    """Three strategies; nothing is settled yet."""
    for slug, symbol in zip(SLUGS, ("600001.SH", "600002.SH", "600002.SH"), strict=True):
        agent.post("/strategies", {"name": slug, "slug": slug, "universe": "csi500"})
        on.submit(agent, slug, DAYS[0], {symbol: 0.5})


def test_what_is_kept_of_a_day_is_what_the_public_route_showed_on_its_evening(
    on: Stage, agent: Caller, tmp_path: Path
) -> None:
    on.platform.market.import_bars(made_up(bars()))
    index(on, tmp_path, *DAYS)
    started(on, agent)
    shown = {}
    for day in DAYS:
        on.clock_to(day, "19:00")
        shown[day] = public(on)
    assert shown[DAYS[-1]]["holds-a"]["trading_days"] == len(DAYS)
    assert shown[DAYS[-1]]["holds-a"]["excess_sharpe"] is not None
    assert {day: kept(on, day) for day in DAYS} == shown
    assert kept(on) == shown[DAYS[-1]], "without a date it is the last day's"


def test_a_day_is_evaluated_at_18_30_and_not_before(on: Stage, agent: Caller) -> None:
    on.platform.market.import_bars(made_up(bars()))
    started(on, agent)
    on.clock_to(DAYS[0], "18:29")
    assert on.operator.get("/admin/evaluations") == {"date": None, "evaluations": [], "total": 0}
    on.clock_to(DAYS[0], "18:30")
    assert sorted(kept(on, DAYS[0])) == list(SLUGS)


def test_a_second_evaluation_writes_nothing(on: Stage, agent: Caller) -> None:
    play(on, agent)
    before = kept(on)
    assert on.operator.post(JOB)["detail"] == {"strategies": 0, "days": 0}
    assert kept(on) == before
    assert on.operator.get("/admin/evaluations")["total"] == 3


def test_an_index_that_arrives_late_is_taken_in(on: Stage, agent: Caller, tmp_path: Path) -> None:
    on.platform.market.import_bars(made_up(bars()))
    started(on, agent)
    on.clock_to(DAYS[-1], "19:00")
    assert kept(on)["holds-a"]["benchmark_return"] is None
    index(on, tmp_path, *DAYS)
    assert kept(on)["holds-a"]["benchmark_return"] == pytest.approx(1.01**2 - 1)
    assert kept(on) == public(on)
    assert kept(on, DAYS[1])["holds-a"]["trading_days"] == 2


def test_days_that_were_restated_are_evaluated_anew(on: Stage, agent: Caller, tmp_path: Path) -> None:
    play(on, agent)
    before = kept(on, DAYS[1])
    restate(on, DAYS[1], write_bars(tmp_path / "corrected", corrections()))
    assert kept(on, DAYS[1])["holds-a"] != before["holds-a"]
    assert kept(on, DAYS[1])["holds-b"] == before["holds-b"]
    assert kept(on) == public(on)


def test_what_is_settled_late_at_night_is_evaluated_at_once(on: Stage, agent: Caller) -> None:
    known = {key: row for key, row in bars().items() if key[1] == DAYS[0]}
    on.platform.market.import_bars(made_up(known))
    started(on, agent)
    on.clock_to(DAYS[1], "20:00")
    assert kept(on, DAYS[1]) == {}
    on.platform.market.import_bars(made_up({k: row for k, row in bars().items() if k[1] == DAYS[1]}))
    assert kept(on, DAYS[1]) == public(on)


def test_it_is_the_operators(on: Stage, agent: Caller) -> None:
    assert on.public().call("GET", "/admin/evaluations").status_code == 401
    assert agent.call("GET", "/admin/evaluations").status_code == 403
