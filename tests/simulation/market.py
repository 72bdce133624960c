"""The market of a seed: nine names on several boards, their bars as the exchange says them at last, and its files.

Prices are in ticks of 0.01 CNY (0.001 for the fund). There are suspensions, days that open or close at a limit, a
dividend that only the reference price tells of, and one with a row of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

from tests.oracle.ledger import Bar, CorporateAction, Instrument

BEFORE: Final = date(2023, 12, 29)
DAYS: Final = tuple(
    date.fromisoformat(f"2024-{day}")
    for day in [
        "01-02",
        "01-03",
        "01-04",
        "01-05",
        "01-08",
        "01-09",
        "01-10",
        "01-11",
        "01-12",
        "01-15",
        "01-16",
        "01-17",
        "01-18",
        "01-19",
        "01-22",
        "01-23",
        "01-24",
        "01-25",
        "01-26",
        "01-29",
        "01-30",
        "01-31",
        "02-01",
    ]
)
"""Trading days of the exchange, written down: no calendar of the platform's is asked. Twenty are played; the others
are where signals for later days lie, and where the end is looked at."""

NAMES: Final = {
    "000001.SZ": ("9.39", "0.1"),
    "002415.SZ": ("33.10", "0.1"),
    "300750.SZ": ("160.10", "0.2"),
    "510300.SH": ("3.512", "0.1"),
    "600000.SH": ("6.62", "0.1"),
    "600519.SH": ("1715.00", "0.1"),
    "601318.SH": ("40.25", "0.1"),
    "688981.SH": ("52.30", "0.2"),
    "920002.BJ": ("21.40", "0.3"),
}
"""First close and the share by which a price may move in a day."""

Bars = dict[date, dict[str, Bar]]


@dataclass
class Market:
    """`bars`: as they are first told; `corrected`: those that a correction replaces, by its number."""

    bars: Bars
    actions: list[CorporateAction]
    corrections: dict[int, Bars] = field(default_factory=dict)

    def as_of(self, corrections: Iterable[int]) -> Bars:
        """The bars where these corrections have been made."""
        bars = {day: dict(rows) for day, rows in self.bars.items()}
        for number in corrections:
            for day, rows in self.corrections[number].items():
                bars[day].update(rows)
        return bars


INSTRUMENTS: Final = {symbol: Instrument(symbol, None, None) for symbol in NAMES}


def tick_of(symbol: str) -> Decimal:
    return Decimal("0.001") if symbol.startswith("5") else Decimal("0.01")


def market(draw: random.Random) -> Market:
    """Every day of BEFORE and DAYS."""
    bars: Bars = {day: {} for day in (BEFORE, *DAYS)}
    actions: list[CorporateAction] = []
    row_at = draw.choice(DAYS[3:15]), draw.choice(list(NAMES))
    gap_at = draw.choice(DAYS[3:15]), draw.choice(list(NAMES))
    for symbol, (first, limit) in NAMES.items():
        tick, close = tick_of(symbol), Decimal(first)
        for day in bars:
            reference = close
            if row_at == (day, symbol):
                reference = _near(close * Decimal("0.97"), tick)
                cash = int((close - reference) * 1000 * 1_000_000)
                actions.append(CorporateAction(symbol, day, 0, cash))
            elif gap_at == (day, symbol):
                reference = _near(close * Decimal("0.95"), tick)
            bar = _day(draw, reference, Decimal(limit), tick, calm=day == BEFORE)
            bars[day][symbol] = bar
            close = bar.close
    return Market(bars, actions)


def _day(draw: random.Random, reference: Decimal, limit: Decimal, tick: Decimal, *, calm: bool) -> Bar:
    upper, lower = _near(reference * (1 + limit), tick), _near(reference * (1 - limit), tick)
    kind = 1.0 if calm else draw.random()
    if kind < 0.04:
        return Bar(reference, reference, reference, 0, None, None)
    opened = _near(reference * Decimal(str(round(draw.uniform(0.97, 1.03), 4))), tick)
    closed = _near(reference * Decimal(str(round(draw.uniform(0.96, 1.04), 4))), tick)
    if kind < 0.07:
        opened = draw.choice((upper, lower))
    elif kind < 0.10:
        closed = draw.choice((upper, lower))
    elif kind < 0.12:
        opened = closed = upper
    return Bar(
        min(max(opened, lower), upper), min(max(closed, lower), upper), reference, 1_000_000, None, None
    )


def corrected(market: Market, draw: random.Random, day: date, following: date) -> Bars:
    """One name closed that day at another price by a tick or some, which is the next day's reference."""
    standing = [
        symbol
        for symbol, bar in market.bars[day].items()
        if bar.volume and market.bars[following][symbol].volume
        and market.bars[following][symbol].pre_close == bar.close
    ]  # fmt: skip
    symbol = draw.choice(standing)
    first, second = market.bars[day][symbol], market.bars[following][symbol]
    close = first.close - tick_of(symbol) * draw.randint(1, 3)
    return {
        day: {symbol: Bar(first.open, close, first.pre_close, first.volume, None, None)},
        following: {symbol: Bar(second.open, second.close, close, second.volume, None, None)},
    }


def write_bars(file: Path, bars: Mapping[date, Mapping[str, Bar]]) -> None:
    lines = ["symbol,date,open,high,low,close,pre_close,volume"]
    for day, rows in sorted(bars.items()):
        for symbol, bar in sorted(rows.items()):
            high, low = max(bar.open, bar.close), min(bar.open, bar.close)
            lines.append(f"{symbol},{day},{bar.open},{high},{low},{bar.close},{bar.pre_close},{bar.volume}")
    file.write_text("\n".join(lines) + "\n")


def write_actions(file: Path, actions: Iterable[CorporateAction]) -> None:
    lines = ["symbol,ex_date,bonus_per_million,cash_mills_per_million"]
    lines += [f"{a.symbol},{a.ex_date},{a.bonus_per_million},{a.cash_mills_per_million}" for a in actions]
    file.write_text("\n".join(lines) + "\n")


def _near(price: Decimal, tick: Decimal) -> Decimal:
    return (price / tick).quantize(Decimal(1), ROUND_HALF_UP) * tick
