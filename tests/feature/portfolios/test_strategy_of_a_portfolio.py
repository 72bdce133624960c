"""PORT-12, PORT-15 to PORT-17, PORT-19: a portfolio and its strategy keep step, and what the strategy holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.feature.portfolios.quiet import (
    BEFORE,
    DAY,
    DAYS,
    NAMES,
    NEXT,
    activated,
    days,
    off_until,
    rising,
    signals,
    told,
)
from tests.support.platforms import Caller, Stage
from tests.support.portfolios import active_factor, portfolio_of, send_values


def test_port_19_no_signal_is_taken_by_hand(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    body = {"trade_date": DAY.isoformat(), "signals": [{"symbol": NAMES[0], "weight": 0.5}]}
    for query in ({}, {"validate_only": "true"}):
        answer = owner.call("POST", f"/strategies/{slug}/signals", body, **query)
        assert (answer.status_code, "by hand" in answer.json()["detail"]) == (400, True)
    assert owner.get(f"/strategies/{slug}")["status"] == "pending"


@pytest.mark.parametrize("has_signal", [True, False])
def test_port_19_retiring_the_strategy_pauses_the_portfolio_for_good(
    on: Stage, owner: Caller, has_signal: bool
) -> None:
    portfolio = activated(on, owner)
    if has_signal:
        on.clock_to(DAY, "09:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    assert owner.call("DELETE", f"/strategies/{slug}").status_code == 200
    found = owner.get(f"/portfolios/{portfolio}")
    assert (found["status"], found["strategy"]) == ("paused", {"slug": slug, "status": "retired"})
    assert owner.call("POST", f"/portfolios/{portfolio}/resume").status_code == 400
    assert owner.get(f"/portfolios/{portfolio}") == found
    on.clock_to(NEXT, "09:00:00")
    assert signals(owner, portfolio) == ([DAY.isoformat()] if has_signal else [])
    assert owner.call("DELETE", f"/portfolios/{portfolio}").status_code == 200


def test_port_12_the_strategy_follows_and_a_pause_leaves_no_gap(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "20:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    assert owner.post(f"/portfolios/{portfolio}/pause")["strategy"]["status"] == "paused"
    on.clock_to(DAYS[4], "20:00:00")
    assert (signals(owner, portfolio), told(owner)) == ([DAY.isoformat()], [])
    assert len(on.navs(slug)) == 1
    assert owner.post(f"/portfolios/{portfolio}/resume")["strategy"]["status"] == "active"
    assert len(on.navs(slug)) == 4
    for each in owner.get(f"/portfolios/{portfolio}")["members"]:
        send_values(owner, each["factor_id"], rising(DAYS[4]))
    on.clock_to(DAYS[5], "20:00:00")
    assert signals(owner, portfolio) == [DAYS[5].isoformat(), DAY.isoformat()]
    owner.post(f"/portfolios/{portfolio}/pause")
    assert owner.call("DELETE", f"/portfolios/{portfolio}").status_code == 200
    record = on.public().get(f"/public/strategies/{slug}/track-record")["records"]
    assert [each["date"] for each in record] == [day.isoformat() for day in DAYS[1:6]]


def test_a_pause_before_the_deadline_takes_the_days_signal_back_from_settlement(
    on: Stage, owner: Caller
) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "09:10:00")
    owner.post(f"/portfolios/{portfolio}/pause")
    on.clock_to(DAY, "20:00:00")
    (shown,) = owner.get(f"/portfolios/{portfolio}/signals")["signals"]
    assert shown["is_settled"] is False


def test_a_strategy_paused_and_resumed_by_hand_takes_its_portfolio_along(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "20:00:00")
    found = owner.get(f"/portfolios/{portfolio}")
    path = f"/strategies/{found['strategy']['slug']}"
    assert owner.call("PATCH", path, {"status": "paused"}).status_code == 200
    assert owner.get(f"/portfolios/{portfolio}")["status"] == "paused"
    owner.call("DELETE", f"/portfolios/{portfolio}/members/{found['members'][0]['factor_id']}")
    refused = owner.call("PATCH", path, {"status": "active"})
    assert (refused.status_code, "member factors" in refused.json()["detail"]) == (400, True)
    assert owner.get(path)["status"] == "paused"
    owner.post(f"/portfolios/{portfolio}/members", {"factor_id": found["members"][0]["factor_id"]})
    assert owner.call("PATCH", path, {"status": "active"}).status_code == 200
    assert owner.get(f"/portfolios/{portfolio}")["status"] == "active"


def test_resuming_before_09_15_makes_the_days_signal(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner)
    owner.post(f"/portfolios/{portfolio}/pause")
    on.clock_to(DAY, "09:05:00")
    found = owner.post(f"/portfolios/{portfolio}/resume")
    assert (found["signal"]["trade_date"], found["strategy"]["status"]) == (DAY.isoformat(), "active")
    on.clock_to(DAY, "19:00:00")
    assert owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["is_settled"] is True


def test_resuming_the_strategy_by_hand_before_09_15_makes_the_days_signal_too(
    on: Stage, owner: Caller
) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "20:00:00")
    found = owner.get(f"/portfolios/{portfolio}")
    path = f"/strategies/{found['strategy']['slug']}"
    for each in found["members"]:
        send_values(owner, each["factor_id"], rising(DAY))
    owner.call("PATCH", path, {"status": "paused"})
    on.clock_to(NEXT, "09:05:00")
    assert signals(owner, portfolio) == [DAY.isoformat()], "a paused one has none at nine"
    assert owner.call("PATCH", path, {"status": "active"}).status_code == 200
    assert signals(owner, portfolio) == [NEXT.isoformat(), DAY.isoformat()]
    assert days(owner, portfolio)[NEXT.isoformat()] == "signalled"
    on.clock_to(NEXT, "19:00:00")
    assert owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["is_settled"] is True


def test_a_pause_and_a_resumption_between_nine_and_09_15_leave_the_days_signal_as_it_was(
    on: Stage, owner: Caller
) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAY, "09:05:00")
    before = owner.get(f"/portfolios/{portfolio}/signals")
    owner.post(f"/portfolios/{portfolio}/pause")
    on.clock_to(DAY, "09:10:00")
    owner.post(f"/portfolios/{portfolio}/resume")
    assert owner.get(f"/portfolios/{portfolio}/signals") == before
    assert len(before["signals"]) == 1
    on.clock_to(DAY, "19:00:00")
    assert owner.get(f"/portfolios/{portfolio}/signals")["signals"][0]["is_settled"] is True


@pytest.mark.parametrize("by_strategy", [False, True])
def test_resuming_on_a_closed_day_makes_nothing_before_the_next_trading_days_job(
    on: Stage, owner: Caller, by_strategy: bool
) -> None:
    portfolio = activated(on, owner)
    on.clock_to(DAYS[5], "20:00:00")
    owner.post(f"/portfolios/{portfolio}/pause")
    found = owner.get(f"/portfolios/{portfolio}")
    for each in found["members"]:
        send_values(owner, each["factor_id"], rising(DAYS[5]))
    on.clock_to(DAYS[5] + timedelta(1), "09:05:00")
    made = signals(owner, portfolio)
    if by_strategy:
        owner.call("PATCH", f"/strategies/{found['strategy']['slug']}", {"status": "active"})
    else:
        assert owner.post(f"/portfolios/{portfolio}/resume")["signal"] is None
    assert signals(owner, portfolio) == made
    on.clock_to(DAYS[6], "09:01:00")
    assert signals(owner, portfolio) == [DAYS[6].isoformat(), *made]


def test_resuming_after_a_downtime_over_the_deadline_makes_and_misses_nothing(
    on: Stage, owner: Caller
) -> None:
    portfolio = activated(on, owner)
    owner.post(f"/portfolios/{portfolio}/pause")
    off_until(on, DAY, "09:20:00")
    found = owner.post(f"/portfolios/{portfolio}/resume")
    assert (found["signal"], found["no_signal"]) == (None, None)
    on.clock_to(DAY, "20:00:00")
    assert (signals(owner, portfolio), days(owner, portfolio), told(owner)) == ([], {}, [])
    for each in found["members"]:
        send_values(owner, each["factor_id"], rising(DAY))
    on.clock_to(NEXT, "09:01:00")
    assert signals(owner, portfolio) == [NEXT.isoformat()]


def test_the_portfolio_of_a_disabled_account_signals_as_long_as_it_has_values(
    on: Stage, owner: Caller
) -> None:
    """AUTH-24 refuses calls; PORT-13 and the record go on: an account is not a way to end a record."""
    portfolio = activated(on, owner)
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    user = owner.get("/auth/me")["id"]
    on.operator.call("PATCH", f"/admin/users/{user}", {"disabled": True})
    assert owner.call("POST", f"/portfolios/{portfolio}/pause").status_code == 403
    on.clock_to(NEXT, "20:00:00")
    assert len(on.navs(slug)) == 2, "the second day is held: nobody can send its values"
    on.operator.call("PATCH", f"/admin/users/{user}", {"disabled": False})
    assert signals(owner, portfolio) == [DAY.isoformat()]
    assert days(owner, portfolio) == {DAY.isoformat(): "signalled", NEXT.isoformat(): "no_values"}


def test_port_15_16_a_negative_ic_and_the_weighting_decide(on: Stage, owner: Caller) -> None:
    """The second factor outweighs the first, and is traded the other way round: the lowest of it come first."""
    one = active_factor(on, owner, rising(BEFORE), ic_mean=0.03, ic_ir=0.2)
    two = active_factor(on, owner, rising(BEFORE), ic_mean=-0.05, ic_ir=-0.6)
    equal = portfolio_of(owner, (one, two))
    weighted = portfolio_of(owner, (one, two), weighting="ic_weighted")
    on.clock_to(DAY, "08:00:00")
    for portfolio, expected in ((equal, NAMES[:5]), (weighted, NAMES[:5])):
        slug = owner.post(f"/portfolios/{portfolio}/activate")["strategy"]["slug"]
        (signal,) = owner.get(f"/strategies/{slug}/signals")["signals"]
        assert signal["signals"] == [{"symbol": name, "weight": 0.2} for name in expected]


def test_port_17_fewer_names_than_top_n_leave_cash(on: Stage, owner: Caller) -> None:
    portfolio = activated(on, owner, top_n=50)
    on.clock_to(DAY, "19:00:00")
    slug = owner.get(f"/portfolios/{portfolio}")["strategy"]["slug"]
    (signal,) = owner.get(f"/strategies/{slug}/signals")["signals"]
    assert signal["signals"] == [{"symbol": name, "weight": 0.02} for name in NAMES[::-1]]
    package = on.public().get(f"/public/strategies/{slug}/verify")["verification"]
    assert package["nav"]["cash"] > 0.8 * package["nav"]["reported_nav"]
