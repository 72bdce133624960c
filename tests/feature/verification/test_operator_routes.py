"""What the public reads of public strategies, the operator reads of all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.backed_up import DAYS, START, begun, play
from tests.support.platforms import Caller, Stage, stage


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Caller]]:
    with stage(tmp_path_factory.mktemp("operator") / "data", START) as opened:
        agent = begun(opened)
        agent.post("/strategies", {"name": "Beta", "slug": "beta"})
        play(opened, agent, "alpha", 0, 3)
        yield opened, agent


@pytest.mark.parametrize("part", ["track-record", "performance", "audit", "verify"])
def test_a_private_strategy_is_read_as_a_public_one(on: tuple[Stage, Caller], part: str) -> None:
    opened, agent = on
    private = opened.operator.get(f"/admin/strategies/alpha/{part}")
    agent.call("PATCH", "/strategies/alpha", {"is_public": True})
    public = agent.get(f"/public/strategies/alpha/{part}")
    agent.call("PATCH", "/strategies/alpha", {"is_public": False})
    assert private == public
    assert agent.call("GET", f"/public/strategies/alpha/{part}").status_code == 404


def test_standings_tell_the_last_day_and_the_last_signal(on: tuple[Stage, Caller]) -> None:
    opened, _ = on
    alpha, beta = opened.operator.get("/admin/standings")["standings"]
    assert (alpha["slug"], beta["slug"]) == ("alpha", "beta")
    last = opened.operator.get("/admin/strategies/alpha/track-record")["records"][-1]
    assert (alpha["latest_date"], alpha["trading_days"]) == (last["date"], 3)
    assert alpha["daily_return"] == last["daily_return"]
    assert alpha["last_signal"] == str(DAYS[2])
    assert alpha["attested"] is False
    assert (beta["latest_date"], beta["last_signal"], beta["attested"]) == (None, None, None)


def test_signals_are_read_as_their_owner_reads_them(on: tuple[Stage, Caller]) -> None:
    opened, agent = on
    assert opened.operator.get("/admin/strategies/alpha/signals") == agent.get("/strategies/alpha/signals")


def test_a_strategy_that_is_not_there_is_404(on: tuple[Stage, Caller]) -> None:
    opened, _ = on
    for part in ("track-record", "performance", "audit", "verify", "signals"):
        assert opened.operator.call("GET", f"/admin/strategies/nobody/{part}").status_code == 404


def test_a_month_tells_how_many_of_its_days_have_bars(on: tuple[Stage, Caller]) -> None:
    opened, _ = on
    months = opened.operator.get("/admin/market/months")["months"]
    assert months == [{"month": "2024-03", "sessions": 21, "days": 21, "bars": 84}]
