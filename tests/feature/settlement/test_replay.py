"""A span of days settled inside one transaction: the rows of the daily run, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.ledger import Book
from quantos.settlement.days import session_of
from quantos.settlement.plan import Work
from quantos.settlement.replay import CannotReplay, Replay, replay
from tests.support.platforms import Stage, made_up, stage

A, B, NEVER_LISTED = "600001.SH", "600002.SH", "600003.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 12))
SHIFT = 100
"""What the replayed rows' keys are shifted by, to stand beside those of the daily run."""

TABLES = {
    "nav": "trade_date, nav, cash, turnover, fees, stale, rebalanced, snapshot",
    "position": "trade_date, instrument, shares",
    "trade_order": "trade_date, instrument, quantity, filled, price, commission, transfer_fee, reason",
    "position_event": "trade_date, instrument, kind, shares_before, shares_after, cash",
}


def bars() -> dict[tuple[str, date], tuple[float, float, float | None, int]]:
    """A goes up a cent a day; B falls, and pays what looks like a dividend on the fifth day."""
    rows: dict[tuple[str, date], tuple[float, float, float | None, int]] = {}
    for k, day in enumerate(DAYS):
        rows[A, day] = (10.0 + k / 100, 10.01 + k / 100, 10.0 + k / 100, 1_000_000)
        opened = 20.0 - k / 10 - (0.5 if k >= 4 else 0.0)
        rows[B, day] = (opened, opened - 0.1, opened, 1_000_000)
    return rows


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    """Two strategies, settled day by day; the second begins on the third day."""
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(bars()))
        agent = opened.agent()
        for slug, execution in (("one", "open"), ("two", "close")):
            agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution})
        opened.submit(agent, "one", DAYS[0], {A: 0.4, B: 0.5})
        opened.clock_to(DAYS[2], "09:00")
        opened.submit(agent, "two", DAYS[2], {B: 0.9, NEVER_LISTED: 0.1})
        opened.clock_to(DAYS[4], "09:00")
        opened.submit(agent, "one", DAYS[4], {A: 0.9})
        opened.clock_to(DAYS[-1], "19:00")
        yield opened


def todo(on: Stage) -> Replay:
    """The whole record of both strategies, under shifted keys."""
    platform, calendar = on.platform, on.platform.market.calendar
    with platform.records.read() as session:
        terms = [t._replace(number=t.number + SHIFT) for t in platform.strategies.due(session, DAYS[-1])]
    first = np.array([session_of(calendar, t.first_date) for t in terms])
    last = np.full(len(terms), session_of(calendar, DAYS[-1]))

    def signals_on(day: date, numbers: Sequence[int]) -> Mapping[int, ExactWeights]:
        with platform.records.read() as session:
            found = platform.strategies.signals_on(session, day, [n - SHIFT for n in numbers])
        return {n + SHIFT: weights for n, weights in found.items()}

    capital = np.array([t.initial_capital * 1000 for t in terms], np.int64)
    return Replay(Work(terms, first, last), Book.empty(capital), signals_on, 0, 0, platform.clock.now())


def rows(on: Stage, number: int) -> dict[str, list[Any]]:
    with on.platform.series.read() as cursor:
        return {
            table: cursor.execute(
                f"SELECT {columns} FROM {table} WHERE strategy = ? ORDER BY ALL", [number]
            ).fetchall()
            for table, columns in TABLES.items()
        }


def test_a_replay_writes_the_rows_of_the_daily_run(on_stage: Stage) -> None:
    with on_stage.platform.series.write() as cursor:
        replay(cursor, on_stage.platform.market, todo(on_stage))
    for number, days in ((1, 8), (2, 6)):
        daily = rows(on_stage, number)
        assert rows(on_stage, number + SHIFT) == daily
        assert [len(daily["nav"]), len(daily["position_event"])] == [days, 1]


def test_a_replay_tells_no_event_stream(on_stage: Stage) -> None:
    def events() -> int:
        with on_stage.platform.series.read() as cursor:
            ((count,),) = cursor.execute("SELECT count(*) FROM event").fetchall()
            return int(count)

    before = events()
    with on_stage.platform.series.write() as cursor:
        replay(cursor, on_stage.platform.market, todo(on_stage))
    assert events() == before


def test_a_replay_that_meets_a_day_without_data_leaves_nothing(on_stage: Stage) -> None:
    beyond = shipped_calendar().next_after(DAYS[-1])
    work = todo(on_stage)
    work.work.until[:] = session_of(on_stage.platform.market.calendar, beyond)
    with pytest.raises(CannotReplay, match=rf"{beyond} .* 0 of 2 .*{A}, {B}"):
        with on_stage.platform.series.write() as cursor:
            replay(cursor, on_stage.platform.market, work)
    assert rows(on_stage, 1 + SHIFT) == {table: [] for table in TABLES}


def test_a_replay_tells_of_each_day_in_order(on_stage: Stage) -> None:
    told: list[tuple[date, int]] = []
    with on_stage.platform.series.write() as cursor:
        work = todo(on_stage)
        replay(
            cursor,
            on_stage.platform.market,
            work,
            lambda day: told.append((day.trade_date, len(day.numbers))),
        )
    assert told == [(day, 1 if day < DAYS[2] else 2) for day in DAYS]
    assert (work.work.settled, work.work.held) == (3, 11)
