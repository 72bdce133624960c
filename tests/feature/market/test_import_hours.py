"""Bars of days that are not over: refused on a live market, taken on a simulated one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quantos.kit.clock import SimulatedClock, SystemClock, parse_instant
from quantos.market.service import Market
from quantos.storage.series import Series
from tests.feature.market.test_import_bars import DAYS, A, only

from .conftest import Write, bar


def test_a_live_market_has_no_bars_of_the_future(series: Series, write: Write) -> None:
    market = Market(series, SystemClock())
    future = market.calendar.sessions[-1].astype(object)
    rows = [bar(A, DAYS[0])] + ([bar(A, str(future))] if future > datetime.now(UTC).date() else [])
    report = only(market, write("bars.parquet", rows))
    assert report.quarantined == ({"future_day": 1} if len(rows) > 1 else {})


@pytest.mark.parametrize(("at", "taken"), [("15:29:59", 1), ("15:30:00", 2)])
def test_a_live_market_takes_no_bars_of_a_session_under_way(
    series: Series, write: Write, at: str, taken: int
) -> None:
    """What a quote site says of today before the close would pass for the whole day at 18:15."""

    class StandingClock:
        simulated = False

        def now(self) -> datetime:
            return parse_instant(f"{DAYS[1]}T{at}+08:00")

    market = Market(series, StandingClock())
    report = only(market, write("bars.parquet", [bar(A, day) for day in DAYS[:3]]))
    assert (report.stored, report.quarantined) == (taken, {"future_day": 3 - taken})


def test_a_simulated_market_may_know_the_future(market: Market, write: Write) -> None:
    assert isinstance(market.clock, SimulatedClock)
    assert only(market, write("bars.parquet", [bar(A, "2026-05-08")])).stored == 1
