"""Markets and strategies by chance, for the properties of the ledger.

Everything comes from one `random.Random`, so that Hypothesis can hand in its own and shrink what it finds.
Prices are whole ticks. What happens to an instrument on a day is one of the `_MOVES`; the dates lie around
the days on which rules changed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.oracle.ledger import Bar, CorporateAction, Instrument, Terms
from tests.support.worlds import Strategy, Weights, World

STARTS = (
    date(2015, 7, 6),
    date(2019, 7, 17),  # STAR opens on the 22nd
    date(2020, 8, 20),  # ChiNext 20 % from the 24th
    date(2021, 11, 11),  # Beijing opens on the 15th
    date(2022, 4, 26),  # transfer fee halved on the 29th
    date(2023, 4, 6),  # new listings on the main board free from the 10th
    date(2023, 8, 24),  # stamp duty halved on the 28th
    date(2024, 3, 4),
    date(2026, 7, 1),  # ST 10 % from the 6th
)
SYMBOLS = (
    *("600001.SH", "000002.SZ", "601003.SH"),
    *("300004.SZ", "301005.SZ"),
    *("688006.SH", "689007.SH"),
    *("920008.BJ", "430009.BJ"),
    *("510010.SH", "159011.SZ", "588012.SH"),
    "900913.SH",  # no board, no rule
)
WIDE = {"159011.SZ", "588012.SH"}
LIMITS_PER_CENT = (5, 10, 20, 30)

_MOVES = {
    "walk": 24,
    "still": 4,
    "limit_up": 4,
    "limit_down": 4,
    "opens_at_a_limit": 3,
    "suspended": 4,
    "suspended_ex": 1,
    "missing": 4,
    "dividend": 3,
    "bonus": 2,
    "unexplained": 1,
    "row": 3,
    "row_without_bar": 2,
    "zero_row": 1,
    "swap": 1,
    "cash_out": 1,
}


@dataclass(frozen=True)
class Case:
    """A market and strategies that settle on `days` of it."""

    world: World
    strategies: tuple[Strategy, ...]
    days: tuple[date, ...]


def cases(strategies: int = 1, moves: Mapping[str, int] | None = None) -> st.SearchStrategy[Case]:
    """Cases with up to this many strategies; `moves` weighs what may happen in their markets."""
    return st.randoms(use_true_random=False).map(lambda rng: case_of(rng, strategies, moves))


def case_of(rng: random.Random, strategies: int = 1, moves: Mapping[str, int] | None = None) -> Case:
    world = _market(rng, moves if moves is not None else _MOVES)
    days = tuple(world.sessions[rng.randint(0, 2) :])
    minimum = Decimal(rng.choice(["0", "0", "5", "0.01"]))
    chosen = tuple(
        Strategy(_terms(rng, minimum), _signals(rng, world, days)) for _ in range(rng.randint(1, strategies))
    )
    return Case(world, chosen, days)


# ---------------------------------------------------------------- the market


@dataclass
class _Path:
    """One instrument on its way through the sessions; prices in ticks."""

    symbol: str
    tick: Decimal
    close: int
    source: str  # what the data say of reference prices: "pre_close", "factor", "nothing"
    st: bool | None
    factor: Decimal = Decimal(1)
    listed: bool = True
    gone: bool = False
    bars: dict[date, Bar] = field(default_factory=dict)

    def bar(
        self, rng: random.Random, day: date, reference: int, opened: int, closed: int, volume: int
    ) -> None:
        """Trade at these prices; the factor moves as the reference does, as a rule."""
        if reference != self.close and rng.randint(0, 9) > 0:
            self.factor = (self.factor * self.close / reference).quantize(Decimal("0.000001"))
            self.factor = max(self.factor, Decimal("0.000001"))
        known = self.source == "pre_close" or (self.source == "factor" and rng.randint(0, 9) == 0)
        self.bars[day] = Bar(
            max(opened, 1) * self.tick,
            max(closed, 1) * self.tick,
            reference * self.tick if known else None,
            volume,
            None if self.source == "nothing" else self.factor,
            self.st,
        )
        self.close = max(closed, 1)


def _market(rng: random.Random, moves: Mapping[str, int]) -> World:
    sessions = _weekdays(rng.choice(STARTS), rng.randint(4, 15))
    symbols = rng.sample(SYMBOLS, rng.randint(3, 8))
    listed = {s: _instrument(rng, s, sessions) for s in symbols}
    paths = [_path(rng, s) for s in symbols]
    kinds = [kind for kind, weight in moves.items() for _ in range(weight)]
    actions: list[CorporateAction] = []
    for number, day in enumerate(sessions):
        known = [path for path in paths if path.bars]
        for path in paths:
            born = listed[path.symbol].list_date
            if path.gone or (born is not None and day < born and rng.randint(0, 9) > 0):
                continue
            rows = _move(rng, path, day, rng.choice(kinds), known if rng.randint(0, 5) else paths)
            actions += rows
            delisted = listed[path.symbol].delist_date
            if delisted is not None and number + 1 < len(sessions) and sessions[number + 1] >= delisted:
                path.gone = rng.randint(0, 4) > 0
    bars = {day: {path.symbol: path.bars[day] for path in paths if day in path.bars} for day in sessions}
    return World(sessions, bars, listed, actions)


def _weekdays(first: date, count: int) -> list[date]:
    days = (first + timedelta(days=n) for n in range(2 * count + 4))
    return [day for day in days if day.weekday() < 5][:count]


def _instrument(rng: random.Random, symbol: str, sessions: list[date]) -> Instrument:
    born = rng.choice([None, None, date(2014, 7, 1), rng.choice(sessions), rng.choice(sessions)])
    gone = rng.choice([None, None, None, None, rng.choice(sessions)])
    return Instrument(symbol, born, gone, symbol in WIDE)


def _path(rng: random.Random, symbol: str) -> _Path:
    fund = symbol in {"510010.SH", "159011.SZ", "588012.SH"}
    low, high = rng.choice([(1, 60), (100, 5_000), (100, 5_000), (1_000, 1_000), (20_000, 300_000)])
    source = rng.choice(["pre_close", "pre_close", "factor", "nothing"])
    tick = Decimal("0.001") if fund else Decimal("0.01")
    return _Path(symbol, tick, rng.randint(low, high), source, rng.choice([None, False, False, True]))


def _move(rng: random.Random, path: _Path, day: date, kind: str, known: list[_Path]) -> list[CorporateAction]:
    """Let one thing happen to an instrument; returns the corporate-action rows it left."""
    last = path.close
    if not path.bars and kind not in {"missing", "walk", "limit_up", "still"}:
        kind = "still"
    if kind == "missing":
        return []
    if kind == "suspended":
        path.bar(rng, day, last, last, last, 0)
        return []
    if kind == "suspended_ex":
        reference = _less(rng, last, 1, 60)
        path.bar(rng, day, reference, reference, reference, 0)
        return []
    if kind in {"row", "row_without_bar", "zero_row", "swap", "cash_out"}:
        return _row_move(rng, path, day, kind, known)
    reference = {
        "dividend": lambda: rng.choice([_less(rng, last, 1, 15), last - last * 15 // 100]),
        "bonus": lambda: rng.choice([_less(rng, last, 15, 70), last - last * 70 // 100]),
        "unexplained": lambda: rng.choice([last + rng.randint(1, 9), max(last * 29 // 100, 1)]),
    }.get(kind, lambda: last)()
    opened, closed = _prices(rng, reference, kind)
    path.bar(rng, day, reference, opened, closed, rng.choice([1, 10**6]))
    return []


def _row_move(
    rng: random.Random, path: _Path, day: date, kind: str, known: list[_Path]
) -> list[CorporateAction]:
    last, tick = path.close, int(path.tick * 1000)
    others = [other for other in known if other is not path]
    if kind == "swap" and others:
        path.gone = True
        ratio = rng.choice([0, 133_900, 1_000_000, rng.randint(1, 3_000_000)])
        into = rng.choice(others).symbol
        return [CorporateAction(path.symbol, day, ratio, rng.choice([0, 0, 500_000_000]), into)]
    if kind == "cash_out":
        path.gone = True
        return [CorporateAction(path.symbol, day, -1_000_000, rng.choice([0, last * tick * 1_000_000]))]
    if kind == "zero_row":
        reference = rng.choice([last + rng.randint(1, 9), max(last * 20 // 100, 1)])
        opened, closed = _prices(rng, reference, "walk")
        path.bar(rng, day, reference, opened, closed, 10**6)
        return [CorporateAction(path.symbol, day, 0, 0)]
    bonus = rng.choice([0, 333_333, 1_000_000, -500_000, rng.randint(-900_000, 2_000_000)])
    most = last * tick * 1_100_000
    cash = rng.choice([0, 200_000_000, 1, rng.randint(0, most)])
    if kind == "row":
        fitting = (last * tick * 1_000_000 - cash) / ((1_000_000 + bonus) * tick)
        reference = rng.choice([max(math.floor(fitting + 0.5), 1), last, last + 1])
        opened, closed = _prices(rng, reference, "walk")
        path.bar(rng, day, reference, opened, closed, rng.choice([0, 10**6, 10**6]))
    return [CorporateAction(path.symbol, day, bonus, cash)]


def _less(rng: random.Random, price: int, low: int, high: int) -> int:
    return max(price - price * rng.randint(low, high) // 100, 1)


def _prices(rng: random.Random, reference: int, kind: str) -> tuple[int, int]:
    rate = rng.choice(LIMITS_PER_CENT)
    upper = max((2 * reference * (100 + rate) + 100) // 200, reference + 1)
    lower = max(min((2 * reference * (100 - rate) + 100) // 200, reference - 1), 1)
    if kind == "still":
        return reference, reference
    if kind == "limit_up":
        return upper + rng.choice([0, 0, 1, -1]), upper
    if kind == "limit_down":
        return lower + rng.choice([0, 0, 1, -1]), lower
    closed = max(reference + reference * rng.randint(-9, 9) // 100, 1)
    if kind == "opens_at_a_limit":
        return rng.choice([upper, lower]), closed
    return max(reference + reference * rng.randint(-12, 12) // 100, 1), closed


# ---------------------------------------------------------------- the strategies


def _terms(rng: random.Random, minimum: Decimal) -> Terms:
    capital = rng.choice([100_000, 100_000, 1_000_000, 12_345_678, 100_000_000, rng.randint(9, 3000)])
    return Terms(capital, rng.choice(["open", "close"]), _rate(rng), _rate(rng), minimum)


def _rate(rng: random.Random) -> Decimal:
    units = rng.choice([0, 30_000, 200_000, 5_000_000, rng.randint(0, 5_000_000), rng.randint(0, 5_000_000)])
    return Decimal(units) / 10**8


def _signals(rng: random.Random, world: World, days: tuple[date, ...]) -> dict[date, Weights]:
    signals: dict[date, Weights] = {}
    for day in days:
        kind = rng.randint(0, 9)
        if kind == 0:
            signals[day] = {}
        elif kind < 7:
            names = rng.sample(list(world.instruments), rng.randint(1, len(world.instruments)))
            signals[day] = dict(zip(names, _weights(rng, len(names)), strict=True))
    return signals


def _weights(rng: random.Random, count: int) -> list[Decimal]:
    """Weights that sum to at most 1, each the shortest decimal of a double."""
    style = rng.randint(0, 6)
    if style == 0:
        values = [1 / count] * count
    elif style == 1:
        cents = [rng.randint(1, 100 // count) for _ in range(count)]
        values = [c / 100 for c in cents]
    elif style == 2:
        values = [rng.choice([1e-7, 3e-5, 1e-4, 5e-324, 1e-17, 1e-3]) for _ in range(count)]
    elif style == 3:  # neighbouring doubles: the order of buys hangs on the last digit
        base = rng.randint(1, 999) / 1000 / count
        values = [base]
        for _ in range(count - 1):
            values.append(rng.choice([values[-1], math.nextafter(values[-1], 0.0)]))
    else:
        raw = [rng.randint(1, 2**53) for _ in range(count)]
        total = sum(raw) * rng.choice([1.0, 1.0, 1.01, 3.0])
        values = [r / total for r in raw]
        if style == 4:
            values = [max(math.floor(v * 10**4) / 10**4, 1e-4) for v in values]
            values = [v if sum(values) <= 1 else v / 2 for v in values]
    return [Decimal(repr(v)) for v in values]
