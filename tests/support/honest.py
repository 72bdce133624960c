"""A small honest market, the same each time: six names, ten days, something of everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tests.oracle.ledger import Bar, CorporateAction, Instrument, Terms
from tests.support.packages import Package, packages_of
from tests.support.worlds import Strategy, Weights, World

DAYS = tuple(
    date.fromisoformat(f"2024-{day}")
    for day in ("01-02", "01-03", "01-04", "01-05", "01-08", "01-09", "01-10", "01-11", "01-12", "01-15")
)
_OPENS = {
    "000001.SZ": 9.39,
    "300750.SZ": 160.10,
    "510300.SH": 3.512,
    "600519.SH": 1715.00,
    "688981.SH": 52.30,
    "920002.BJ": 21.40,
}
_MOVES = (0.011, -0.014, 0.006, 0.019, -0.022, 0.004, -0.009, 0.015, 0.002, -0.006)

Price = Decimal


def honest_world() -> World:
    """A dividend on 2024-01-08, a bonus announced on 2024-01-10, a suspension on 2024-01-11."""
    bars: dict[date, dict[str, Bar]] = {day: {} for day in DAYS}
    for number, (symbol, start) in enumerate(_OPENS.items()):
        tick = Decimal("0.001") if symbol.startswith("51") else Decimal("0.01")
        close = _tick(start, tick)
        for place, day in enumerate(DAYS):
            reference = close
            if (symbol, str(day)) == ("000001.SZ", "2024-01-08"):
                reference = close - Decimal("0.25")
            if (symbol, str(day)) == ("300750.SZ", "2024-01-10"):
                reference = _tick(float(close / Decimal("1.3")), tick)
            move = _MOVES[(place + number) % len(_MOVES)]
            opened = _tick(float(reference) * (1 + move / 3), tick)
            close = _tick(float(reference) * (1 + move), tick)
            traded = (symbol, str(day)) != ("600519.SH", "2024-01-11")
            if not traded:
                opened = close = reference
            bars[day][symbol] = Bar(opened, close, reference, 1_000_000 * traded, None, False)
    actions = [CorporateAction("300750.SZ", date(2024, 1, 10), 300_000, 0)]
    return World(DAYS, bars, {s: Instrument(s, None, None) for s in _OPENS}, actions)


def honest_packages(slug: str = "alpha", execution: str = "open") -> list[Package]:
    """Ten settled days: five rebalanced, five held."""
    return settled_world(honest_world(), slug, execution)


def settled_world(world: World, slug: str = "alpha", execution: str = "open") -> list[Package]:
    """The strategy on a market of these days."""
    terms = Terms(1_000_000, execution, Decimal("0.0003"), Decimal("0.002"))
    weights: Mapping[str, Weights] = {
        "2024-01-02": _weights(("000001.SZ", "0.2"), ("300750.SZ", "0.3"), ("510300.SH", "0.25")),
        "2024-01-04": _weights(("000001.SZ", "0.15"), ("300750.SZ", "0.3"), ("600519.SH", "0.35")),
        "2024-01-09": _weights(("300750.SZ", "0.4"), ("600519.SH", "0.35"), ("688981.SH", "0.2")),
        "2024-01-11": _weights(("300750.SZ", "0.2"), ("688981.SH", "0.3"), ("920002.BJ", "0.1")),
        "2024-01-15": _weights(("510300.SH", "0.5"), ("688981.SH", "0.25")),
    }
    signals = {date.fromisoformat(day): signal for day, signal in weights.items()}
    return list(packages_of(world, Strategy(terms, signals), DAYS, slug))


def _weights(*pairs: tuple[str, str]) -> Weights:
    return {symbol: Decimal(weight) for symbol, weight in pairs}


def _tick(price: float, tick: Decimal) -> Decimal:
    return Decimal(repr(price)).quantize(tick)
