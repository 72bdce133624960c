"""The daily evaluation: the metrics of every strategy's record, kept for each settled day.

Metrics are those of the public performance route, computed by the same functions of the same NAVs and benchmarks.
With each row stands a digest of what it was computed of. Where that has changed since (a day was restated, an
index arrived late), all days of the strategy are evaluated anew; where it has not, only new days are, so that a
second evaluation changes nothing. Strategies whose records run over the same days are evaluated together, as arrays.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from quantos.kit.money import MILLS_PER_CNY
from quantos.performance import evaluation_store as store
from quantos.performance.core import metrics
from quantos.performance.core.metrics import Series as Curve
from quantos.performance.evaluation_store import Evaluated, Last
from quantos.performance.ports import Dates
from quantos.storage.records import Records
from quantos.storage.series import Series

Ints = NDArray[np.int64]

STRATEGIES_A_TIME: Final = 500
"""Written in one transaction; a kill loses no more."""


class SettledNavs(Protocol):
    """What settlement answers."""

    def settled_strategies(self) -> list[int]: ...

    def navs(self, numbers: Sequence[int], upto: date) -> dict[str, NDArray[Any]]: ...


class StrategiesByNumber(Protocol):
    """What strategies answer."""

    def by_numbers(self, session: Session, numbers: Collection[int]) -> Sequence[Any]: ...

    def measured(self, session: Session, first: int, last: int) -> Mapping[int, Any]: ...


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
        written: list[Evaluated] = []
        with self._turn:
            benchmark = self._known_benchmarks()
            numbers = self._settled.settled_strategies()
            for start in range(0, len(numbers), STRATEGIES_A_TIME):
                written += self._evaluate(numbers[start : start + STRATEGIES_A_TIME], upto, benchmark)
        strategies = {number for each in written for number in each.strategies}
        return {"strategies": len(strategies), "days": sum(len(each.strategies) for each in written)}

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
    ) -> list[Evaluated]:
        with self._series.read() as cursor:
            known = store.last(cursor, numbers, upto)
        with self._records.read() as session:
            strategies = self._strategies.measured(session, numbers[0], numbers[-1])
        written: list[Evaluated] = []
        wrong: list[int] = []
        for universe, record in _records(self._settled.navs(numbers, upto), strategies):
            curves = _Curves.of(record, strategies, benchmark(universe, record.days))
            for first, rows in curves.by_first_to_do(known).items():
                if first == len(record.days):
                    continue
                if first == 0:
                    wrong += [number for number in record.strategies[rows].tolist() if number in known]
                written += curves.evaluated(first, rows)
        if written:
            with self._series.write() as cursor:
                if wrong:
                    store.forget(cursor, wrong, upto)
                store.add(cursor, written)
        return written

    def _known_benchmarks(self) -> Callable[[str, Dates], Curve]:
        """As `benchmark`; looked up once for all strategies that began on the same day and have come as far."""
        found: dict[tuple[str, date, date], Curve] = {}

        def returns(universe: str, days: Dates) -> Curve:
            key = universe, days[0].item(), days[-1].item()
            if key not in found:
                found[key] = self._benchmark(universe, days)
            return found[key]

        return returns


class _Record(NamedTuple):
    """NAVs of strategies that were settled on the same days."""

    strategies: Ints  # [strategy], their numbers
    days: Dates  # [day]
    navs: Ints  # [strategy, day], mills


def _records(
    navs: Mapping[str, NDArray[Any]], strategies: Mapping[int, Any]
) -> Iterator[tuple[str, _Record]]:
    """(universe, record) of rows that stand one strategy after the other, each without a gap between its days."""
    numbers, starts = np.unique(navs["strategy"], return_index=True)
    ends = np.append(starts[1:], len(navs["strategy"]))
    days = navs["trade_date"]
    alike: dict[tuple[str, date, date], list[int]] = defaultdict(list)
    spans = zip(numbers.tolist(), days[starts].tolist(), days[ends - 1].tolist(), strict=True)
    for place, (number, first, last) in enumerate(spans):
        alike[strategies[number].universe, first, last].append(place)
    for (universe, _, _), places in alike.items():
        count = ends[places[0]] - starts[places[0]]
        rows = starts[places][:, None] + np.arange(count)
        yield universe, _Record(numbers[places], days[rows[0]], navs["nav"][rows])


class _Curves(NamedTuple):
    """Curves of one benchmark over the same days."""

    record: _Record
    equity: Curve  # [strategy, day + 1]
    benchmark: Curve  # [day]
    pairs: Curve  # [strategy, day, 2]: what evaluations are computed of

    @classmethod
    def of(cls, record: _Record, strategies: Mapping[int, Any], benchmark: Curve) -> _Curves:
        capital = [strategies[number].initial_capital for number in record.strategies.tolist()]
        equity = metrics.equity_curve(record.navs, np.array(capital)[:, None] * MILLS_PER_CNY)
        pairs = np.stack([equity[:, 1:], np.broadcast_to(benchmark, record.navs.shape)], axis=-1)
        return cls(record, equity, benchmark, pairs)

    def by_first_to_do(self, known: Mapping[int, Last]) -> dict[int, list[int]]:
        """{the first day that is not evaluated: curves}; 0 also for a curve that was another when it was evaluated."""
        found: dict[int, list[int]] = defaultdict(list)
        for row, number in enumerate(self.record.strategies.tolist()):
            last = known.get(number)
            done = 0 if last is None else last.days
            is_same = last is not None and self._is_of(row, last)
            found[done if is_same else 0].append(row)
        return found

    def evaluated(self, first: int, rows: Sequence[int]) -> Iterator[Evaluated]:
        """Of the curves, by day from `first` on: each the evaluation of the record up to the day."""
        numbers, equity = self.record.strategies[rows].tolist(), self.equity[rows]
        digests = [sha256(self.pairs[row, :first].tobytes()) for row in rows]
        for day, trade_date in enumerate(self.record.days.tolist()[first:], first):
            for row, digest in zip(rows, digests, strict=True):
                digest.update(self.pairs[row, day].tobytes())
            sources = [_number(digest.digest()) for digest in digests]
            fractions = metrics.measures(equity[:, : day + 2], self.benchmark[: day + 1])
            yield Evaluated(trade_date, day + 1, numbers, sources, fractions)

    def _is_of(self, row: int, last: Last) -> bool:
        """Whether a strategy's last evaluation was computed of this curve."""
        days = self.record.days
        if last.days > len(days) or days[last.days - 1].item() != last.trade_date:
            return False
        return _number(sha256(self.pairs[row, : last.days].tobytes()).digest()) == last.source


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")
