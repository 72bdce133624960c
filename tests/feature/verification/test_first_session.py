"""A record that begins with the calendar's first session: nothing is known of the day before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import pytest

from quantos.market.core.calendar import TradingCalendar
from quantos.performance.service import Performance
from tests.feature.verification.conftest import Navs

DAYS = np.array(["2024-01-02", "2024-01-03"], "datetime64[D]")


class Market:
    calendar = TradingCalendar(DAYS, date(2024, 1, 2), date(2024, 1, 3))

    def benchmark(self, universe: str, first: date, last: date) -> Mapping[date, float]:
        assert (universe, first, last) == ("hs300", date(2024, 1, 2), date(2024, 1, 3))
        return {first: 100.0, last: 101.0}


class Settlement:
    def nav_series(self, number: int) -> Navs:
        assert number == 7
        return Navs(DAYS, np.array([100_000_000, 102_000_000], np.int64), np.zeros(2, np.int64))

    def backfilled(self, number: int) -> Navs:
        raise NotImplementedError


@dataclass
class Terms:
    number: int | None = 7
    initial_capital: int = 100_000
    universe: str = "hs300"


def test_the_first_benchmark_return_is_unknown_and_the_next_one_known() -> None:
    performance = Performance(Market(), Settlement(), cast("Any", None))  # of claims nothing is asked
    first, second = performance.track_record(Terms())
    assert np.isnan(first["benchmark_return"])
    assert second["benchmark_return"] == pytest.approx(0.01)
    assert performance.performance(Terms())["metrics"]["excess_return"] == pytest.approx(0.01)
