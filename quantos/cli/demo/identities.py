"""What must hold of a track record, checked from the public answers alone.

Plain arithmetic over the JSON, with none of the platform's own formulas: Python's `statistics`, 252 days a year.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

DAYS_A_YEAR: Final = 252
TOLERANCE: Final = 1e-9
MILL: Final = 0.0005

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One identity: how many values were compared, how many differ, and the largest difference."""

    key: str
    compared: int
    differing: int
    largest: float

    @property
    def holds(self) -> bool:
        return self.compared > 0 and self.differing == 0


def returns_follow_from_navs(records: Sequence[Record]) -> Check:
    """daily_return[t] = nav[t] / nav[t-1] - 1, the first against 1.0; cumulative_return = nav - 1."""
    pairs = []
    before = 1.0
    for record in records:
        pairs.append((record["daily_return"], record["nav"] / before - 1))
        pairs.append((record["cumulative_return"], record["nav"] - 1))
        before = record["nav"]
    return _compare("demo.check.returns", pairs)


def no_day_is_missing(records: Sequence[Record], sessions: Sequence[str]) -> Check:
    """Every trading day from the first record to the last, once, in order."""
    dates = [record["date"] for record in records]
    due = [day for day in sessions if dates and dates[0] <= day <= dates[-1]]
    differing = len(set(dates) ^ set(due)) + (dates != sorted(dates))
    return Check("demo.check.days", len(due), differing, float(differing))


def money_is_the_record_times_capital(listed: Record, records: Sequence[Record], capital: int) -> Check:
    """The list's NAV in CNY is the record's last one times the initial capital, to the mill."""
    expected = records[-1]["nav"] * capital
    difference = abs(listed["nav"] - expected)
    return Check("demo.check.money", 1, int(difference > MILL), difference)


def metrics_follow_from_records(metrics: Record, records: Sequence[Record]) -> Check:
    """Every metric of `performance`, computed anew from the track record."""
    expected = metrics_of(records)
    return _compare("demo.check.metrics", [(metrics[name], value) for name, value in expected.items()])


def metrics_of(records: Sequence[Record]) -> dict[str, float | None]:
    """PUB-10, from the daily values."""
    daily = [record["daily_return"] for record in records]
    n, total = len(daily), records[-1]["nav"] - 1
    annual = (1 + total) ** (DAYS_A_YEAR / n) - 1
    drawdown = _max_drawdown([record["nav"] for record in records])
    benchmark = [record["benchmark_return"] for record in records]
    expected: dict[str, float | None] = {
        "total_return": total,
        "annual_return": annual,
        "volatility": statistics.stdev(daily) * math.sqrt(DAYS_A_YEAR) if n > 1 else None,
        "sharpe": _sharpe(daily),
        "max_drawdown": drawdown,
        "calmar": annual / drawdown if drawdown else None,
        "trading_days": n,
    }
    if None not in benchmark:
        growth = math.prod(1 + value for value in benchmark) - 1
        expected["benchmark_return"] = growth
        expected["excess_return"] = total - growth
        expected["excess_sharpe"] = _sharpe([a - b for a, b in zip(daily, benchmark, strict=True)])
    return expected


def _sharpe(daily: Sequence[float]) -> float | None:
    deviation = statistics.stdev(daily) if len(daily) > 1 else 0.0
    return statistics.fmean(daily) / deviation * math.sqrt(DAYS_A_YEAR) if deviation > 0 else None


def _max_drawdown(navs: Sequence[float]) -> float:
    peak, worst = 1.0, 0.0
    for nav in navs:
        peak = max(peak, nav)
        worst = max(worst, 1 - nav / peak)
    return worst


def _compare(key: str, pairs: Sequence[tuple[float | None, float | None]]) -> Check:
    differences = [_difference(found, expected) for found, expected in pairs]
    return Check(key, len(pairs), sum(d > TOLERANCE for d in differences), max(differences, default=0.0))


def _difference(found: float | None, expected: float | None) -> float:
    if found is None or expected is None:
        return 0.0 if found is expected else math.inf
    return abs(found - expected)


def together(checks: Sequence[Check]) -> list[Check]:
    """Checks of several strategies as one per identity, in the order of their first."""
    merged: dict[str, Check] = {}
    for check in checks:
        before = merged.get(check.key, Check(check.key, 0, 0, 0.0))
        merged[check.key] = Check(
            check.key,
            before.compared + check.compared,
            before.differing + check.differing,
            max(before.largest, check.largest),
        )
    return list(merged.values())
