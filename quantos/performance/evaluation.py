"""The daily evaluation: the metrics of every strategy's record, kept for each settled day.

Metrics are those of the public performance route, computed by the same functions of the same NAVs and benchmarks.
With each row stands a digest of what it was computed of. Where that has changed since (a day was restated, an
index arrived late), all days of the strategy are evaluated anew; where it has not, only new days are, so that a
second evaluation changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from quantos.kit.money import MILLS_PER_CNY
from quantos.performance import evaluation_store as store
from quantos.performance.core import metrics
from quantos.performance.core.metrics import Series as Curve
from quantos.performance.evaluation_store import Last, Row
from quantos.performance.ports import Dates
from quantos.storage.records import Records
from quantos.storage.series import Series

STRATEGIES_A_TIME: Final = 500
"""Written in one transaction; a kill loses no more."""


class SettledNavs(Protocol):
    """What settlement answers."""

    def settled_strategies(self) -> list[int]: ...

    def navs(self, numbers: Sequence[int], upto: date) -> dict[str, NDArray[Any]]: ...


class StrategiesByNumber(Protocol):
    """What strategies answer."""

    def by_numbers(self, session: Session, numbers: Collection[int]) -> Sequence[Any]: ...


class Evaluation:
    """Metrics of strategies by day."""

    def __init__(
        self,
        records: Records,
        series: Series,
        strategies: StrategiesByNumber,
        settled: SettledNavs,
        benchmark: Callable[[str, Dates], Curve],
    ) -> None:
        """`benchmark`: a universe's daily returns [n] on settled days [n]."""
        self._records, self._series, self._strategies = records, series, strategies
        self._settled, self._benchmark = settled, benchmark
        self._turn = threading.Lock()

    def evaluate(self, upto: date) -> dict[str, int]:
        """Evaluate every settled day up to a day that is not, or no longer rightly, evaluated.

        {strategies, days}: how many of each were written.
        """
        written: list[Row] = []
        strategies = 0
        with self._turn:
            benchmark = self._known_benchmarks()
            numbers = self._settled.settled_strategies()
            for start in range(0, len(numbers), STRATEGIES_A_TIME):
                rows = self._evaluate(numbers[start : start + STRATEGIES_A_TIME], upto, benchmark)
                strategies += len({row.strategy for row in rows})
                written += rows
        return {"strategies": strategies, "days": len(written)}

    def of_day(self, trade_date: date | None, limit: int, offset: int) -> dict[str, Any]:
        """A day's evaluations, by default the last day's: {date, evaluations: [{slug, metrics}], total}."""
        with self._series.read() as cursor:
            day = trade_date or store.last_day(cursor)
            found, total = store.of_day(cursor, day, limit, offset) if day else ([], 0)
        with self._records.read() as session:
            named = self._strategies.by_numbers(session, {row["strategy"] for row in found})
            slugs = {strategy.number: strategy.slug for strategy in named}
        shown = []
        for row in found:
            number = row.pop("strategy")
            row.pop("trade_date")
            shown.append({"slug": slugs[number], "metrics": row})
        return {"date": day, "evaluations": shown, "total": total}

    def _evaluate(
        self, numbers: Sequence[int], upto: date, benchmark: Callable[[str, Dates], Curve]
    ) -> list[Row]:
        with self._series.read() as cursor:
            known = store.last(cursor, numbers, upto)
        with self._records.read() as session:
            strategies = {each.number: each for each in self._strategies.by_numbers(session, numbers)}
        rows: list[Row] = []
        wrong: list[int] = []
        for number, days, navs in _by_strategy(self._settled.navs(numbers, upto)):
            strategy = strategies[number]
            capital = strategy.initial_capital * MILLS_PER_CNY
            curve = metrics.equity_curve(navs, capital), benchmark(strategy.universe, days)
            first = _first_to_do(curve, days, known.get(number))
            if first == 0 and number in known:
                wrong.append(number)
            rows += _rows(number, days, curve, first)
        if rows:
            with self._series.write() as cursor:
                if wrong:
                    store.forget(cursor, wrong, upto)
                store.add(cursor, rows)
        return rows

    def _known_benchmarks(self) -> Callable[[str, Dates], Curve]:
        """As `benchmark`; looked up once for all strategies that began on the same day and have come as far."""
        found: dict[tuple[str, date, date], Curve] = {}

        def returns(universe: str, days: Dates) -> Curve:
            key = universe, days[0].item(), days[-1].item()
            if key not in found:
                found[key] = self._benchmark(universe, days)
            return found[key]

        return returns


def _by_strategy(navs: Mapping[str, NDArray[Any]]) -> Iterator[tuple[int, Dates, NDArray[np.int64]]]:
    """(strategy, its days, its NAVs) of rows that stand one strategy after the other."""
    numbers, starts = np.unique(navs["strategy"], return_index=True)
    ends = [*starts[1:].tolist(), len(navs["strategy"])]
    for number, start, end in zip(numbers.tolist(), starts.tolist(), ends, strict=True):
        yield number, navs["trade_date"][start:end], navs["nav"][start:end]


def _first_to_do(curve: tuple[Curve, Curve], days: Dates, last: Last | None) -> int:
    """The first day that is not evaluated; 0 where what was evaluated was another curve."""
    if last is None:
        return 0
    done = int(np.searchsorted(days, np.datetime64(last.trade_date), side="right"))
    is_same = done == last.days and _number(_digest(curve, done).digest()) == last.source
    return done if is_same else 0


def _rows(number: int, days: Dates, curve: tuple[Curve, Curve], first: int) -> list[Row]:
    """Evaluations of the days from `first` on, each of the record up to it."""
    equity, benchmark = curve
    digest, pairs = _digest(curve, first), _pairs(curve)
    rows = []
    for day in range(first, len(days)):
        digest.update(pairs[day].tobytes())
        measured = metrics.measure(equity[: day + 2], benchmark[: day + 1])
        rows.append(Row(number, days[day], _number(digest.digest()), measured))
    return rows


def _digest(curve: tuple[Curve, Curve], days: int) -> Any:
    """Of the first days of a curve and its benchmark."""
    return sha256(_pairs(curve)[:days].tobytes())


def _pairs(curve: tuple[Curve, Curve]) -> Curve:
    equity, benchmark = curve
    return np.column_stack([equity[1:], benchmark])


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")
