"""A platform with a few settled days, for backups of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up

START = parse_instant("2024-03-01T08:00:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
SYMBOLS = tuple(f"60000{k}.SH" for k in range(1, 5))


def bars(on: Stage) -> None:
    """Prices that move, each in its own way, without corporate actions."""
    prices = {}
    for number, symbol in enumerate(SYMBOLS):
        last = 10.0 + number
        for k, day in enumerate(DAYS):
            close = round(last * (1 + ((7 * k + 3 * number) % 9 - 4) / 200), 2)
            prices[symbol, day] = (last, close, last, 10_000_000)
            last = close
    on.platform.market.import_bars(made_up(prices))


def play(on: Stage, agent: Caller, slug: str, first: int, last: int) -> None:
    """Submit a signal on each of these days and settle it."""
    for k in range(first, last):
        on.clock_to(DAYS[k], "08:30:00")
        on.submit(agent, slug, DAYS[k], {SYMBOLS[k % 4]: 0.6, SYMBOLS[(k + 1) % 4]: 0.3})
        on.clock_to(DAYS[k], "19:00:00")


def begun(on: Stage, slug: str = "alpha") -> Caller:
    """An agent with a strategy."""
    bars(on)
    agent = on.agent()
    agent.post("/strategies", {"name": slug, "slug": slug})
    return agent


def rows(on: Stage, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of tables of the series store."""
    with on.platform.series.read() as cursor:
        return {table: cursor.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in tables}


def back_up(on: Stage, file: Path) -> dict[str, Any]:
    made: dict[str, Any] = on.operator.post("/admin/backups", {"path": str(file)})
    return made


SETTLED = ("nav", "position", "trade_order", "snapshot", "snapshot_bar")
