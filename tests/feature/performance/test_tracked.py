"""CLAIM-16 to CLAIM-20 and CLAIM-23: a claim against the days that the platform settled from backfilled signals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from quantos.market.core.calendar import shipped_calendar
from tests.feature.performance.claiming import ACTIVATED, BEFORE, put
from tests.support.platforms import Caller, Stage, made_up

A = "600001.SH"
ROOT = math.sqrt(252)
DAY_BEFORE = shipped_calendar().previous_before(BEFORE[0])
LEVELS = [10.0, 10.2, 10.1, 10.4, 10.3, 10.6, 10.5, 10.9, 10.7]
approx = pytest.approx


@pytest.fixture(autouse=True)
def backfilled(on_stage: Stage, agent: Caller) -> list[float]:
    """Nine days of the strategy, all of it in A; their daily returns."""
    assert agent.token
    days = [*BEFORE, ACTIVATED]
    closes = [*LEVELS, 10.8]
    opens = [10.0, *closes]
    on_stage.platform.market.import_bars(
        made_up({(A, day): (opens[k], closes[k], opens[k], 1_000_000) for k, day in enumerate(days)})
    )
    backfill(on_stage, BEFORE[0], 0.9)
    records = on_stage.public().get("/public/strategies/one/track-record")["backfilled"]["records"]
    return [record["daily_return"] for record in records]


def backfill(on: Stage, day: date, weight: float) -> None:
    signal = {"trade_date": day.isoformat(), "signals": [{"symbol": A, "weight": weight}]}
    on.operator.post("/admin/strategies/one/backfill", {"signals": [signal]})


def compounded(first: date, days: Sequence[date], returns: Sequence[float]) -> list[tuple[str, float]]:
    """A claim that has these returns on these days."""
    points = [(first.isoformat(), 1_000_000.0)]
    for day, change in zip(days, returns, strict=True):
        points.append((day.isoformat(), points[-1][1] * (1 + change)))
    return points


def tracking(on: Stage) -> dict[str, Any] | None:
    """The same in both public answers."""
    public = on.public()
    claimed = public.get("/public/strategies/one/claimed")
    beside = public.get("/public/strategies/one/track-record")["claimed"]
    found: dict[str, Any] | None = claimed.get("tracking")
    assert found == beside.get("tracking")
    return found


def test_claim_16_to_18_the_numbers_are_those_of_the_common_days(
    on_stage: Stage, agent: Caller, backfilled: list[float]
) -> None:
    claimed = [0.01, 0.015, -0.02, 0.03, 0.0, 0.02, -0.01, 0.05, -0.03]
    put(agent, compounded(DAY_BEFORE, BEFORE, claimed))
    differences = [mine - theirs for mine, theirs in zip(backfilled, claimed, strict=True)]
    assert tracking(on_stage) == {
        "tracking_diff_annualized": approx(statistics.fmean(differences) * 252, rel=1e-9),
        "tracking_error_annualized": approx(statistics.stdev(differences) * ROOT, rel=1e-9),
        "correlation": approx(statistics.correlation(backfilled, claimed), rel=1e-9),
        "overlap_days": 9,
        "verdict": "moderate_divergence",
    }


def test_claim_16_the_first_record_and_those_after_a_gap_are_not_common(
    on_stage: Stage, agent: Caller, backfilled: list[float]
) -> None:
    days = [BEFORE[k] for k in (0, 1, 2, 3, 5, 6, 7, 8)]  # the fifth day is missing
    put(agent, [(day.isoformat(), 100.0 + k) for k, day in enumerate(days)])
    found = tracking(on_stage)
    assert found is not None
    claimed = [(100.0 + k) / (99.0 + k) - 1 for k in (1, 2, 3, 5, 6, 7)]
    platform = [backfilled[k] for k in (1, 2, 3, 6, 7, 8)]
    assert found["overlap_days"] == 6
    differences = [mine - theirs for mine, theirs in zip(platform, claimed, strict=True)]
    assert found["tracking_diff_annualized"] == approx(statistics.fmean(differences) * 252, rel=1e-9)


def test_claim_19_a_claim_that_holds_is_consistent(
    on_stage: Stage, agent: Caller, backfilled: list[float]
) -> None:
    put(agent, compounded(DAY_BEFORE, BEFORE, backfilled))
    found = tracking(on_stage)
    assert found is not None
    assert found["verdict"] == "consistent"
    assert found["tracking_error_annualized"] == approx(0.0, abs=1e-9)
    assert found["correlation"] == approx(1.0)


def test_claim_19_a_claim_that_does_not_hold_diverges(on_stage: Stage, agent: Caller) -> None:
    put(agent, compounded(DAY_BEFORE, BEFORE, [0.05, -0.04, 0.06, -0.05, 0.04, -0.03, 0.05, -0.06, 0.04]))
    found = tracking(on_stage)
    assert found is not None
    assert found["verdict"] == "significant_divergence"


@pytest.mark.parametrize(("records", "overlap"), [(5, None), (6, 5), (9, 8)])
def test_claim_20_four_common_days_are_not_measured(
    on_stage: Stage, agent: Caller, records: int, overlap: int | None
) -> None:
    put(agent, [(day.isoformat(), 100.0 + k) for k, day in enumerate(BEFORE[-records:])])
    found = tracking(on_stage)
    assert (None if found is None else found["overlap_days"]) == overlap


def test_claim_20_without_backfilled_days_nothing_is_common(on_stage: Stage) -> None:
    other = on_stage.agent()
    other.post("/strategies", {"name": "Two", "slug": "two"})
    on_stage.submit(other, "two", ACTIVATED, {A: 0.5})
    put(other, [(day.isoformat(), 100.0 + k) for k, day in enumerate(BEFORE)], "two")
    on_stage.clock_to(ACTIVATED, "19:00")
    assert "tracking" not in on_stage.public().get("/public/strategies/two/claimed")


def test_claim_23_tracking_follows_each_upload_backfill_and_settlement(
    on_stage: Stage, agent: Caller, backfilled: list[float]
) -> None:
    put(agent, compounded(DAY_BEFORE, BEFORE, [0.05, -0.04, 0.06, -0.05, 0.04, -0.03, 0.05, -0.06, 0.04]))
    far = tracking(on_stage)
    put(agent, compounded(DAY_BEFORE, BEFORE, backfilled))
    near = tracking(on_stage)
    assert far is not None and near is not None
    assert near["tracking_error_annualized"] < far["tracking_error_annualized"]

    backfill(on_stage, BEFORE[4], 0.0001)  # less than a lot: all is sold
    sold = tracking(on_stage)
    assert sold is not None
    assert sold["tracking_error_annualized"] > near["tracking_error_annualized"]

    on_stage.clock_to(ACTIVATED, "19:00")
    assert len(on_stage.public().get("/public/strategies/one/track-record")["records"]) == 1
    assert tracking(on_stage) == sold


def test_a_tracked_claim_of_a_replay_says_so_and_a_claim_alone_is_nobodys_replay(
    on_stage: Stage, agent: Caller, backfilled: list[float]
) -> None:
    put(agent, compounded(DAY_BEFORE, BEFORE, backfilled))
    assert on_stage.public().get("/public/strategies/one/claimed")["simulated"] is True
    put(agent, [("2023-01-03", 1.0), ("2023-01-04", 1.1)])
    assert set(on_stage.public().get("/public/strategies/one/claimed")) == {"meta", "records"}


def test_rankings_and_metrics_do_not_know_of_backfilled_days(on_stage: Stage) -> None:
    public = on_stage.public()
    assert public.get("/public/strategies/one/performance")["metrics"]["trading_days"] == 0
    (listed,) = public.get("/public/strategies")["strategies"]
    assert (listed["trading_days"], listed["nav"], listed["latest_date"]) == (0, None, None)
