"""Small markets for the examples worked out by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal as D

from .ledger import Bar, CorporateAction, DayResult, Instrument, Order, Terms, settle

A = "600000.SH"
B = "600001.SH"
STAR = "688001.SH"
FUND = "510300.SH"
BSE = "920001.BJ"
PER_SHARE = 1_000_000_000  # 1 CNY of cash a share, in mills per million shares

Bars = Mapping[str, Bar]
Signal = Mapping[str, D]
Action = tuple[str, int, int, int, str | None]  # symbol, index of the day, bonus, cash, into


def weekdays(first: date, count: int) -> list[date]:
    found: list[date] = []
    while len(found) < count:
        if first.weekday() < 5:
            found.append(first)
        first += timedelta(days=1)
    return found


def bar(
    pre: str | None,
    open_: str,
    close: str | None = None,
    *,
    volume: int = 10**6,
    adj: str | None = None,
    st: bool | None = False,
) -> Bar:
    return Bar(
        open=D(open_),
        close=D(close if close is not None else open_),
        pre_close=None if pre is None else D(pre),
        volume=volume,
        adj_factor=None if adj is None else D(adj),
        is_st=st,
    )


def run(
    market: Sequence[Bars],
    signals: Sequence[Signal | None],
    *,
    first: date = date(2024, 3, 4),
    capital: int = 100_000,
    execution: str = "open",
    commission: str = "0",
    slippage: str = "0",
    minimum: str = "0",
    listed: Sequence[Instrument] = (),
    actions: Sequence[Action] = (),
    before: int = 0,
) -> list[DayResult]:
    """One entry of `market` and `signals` per weekday; `actions` name the day by its index."""
    days = weekdays(first, len(market))
    return settle(
        days[before:],
        dict(zip(days, market, strict=True)),
        {one.symbol: one for one in listed},
        days,
        {day: s for day, s in zip(days[before:], signals, strict=True) if s is not None},
        Terms(capital, execution, D(commission), D(slippage), D(minimum)),
        [CorporateAction(s, days[n], bonus, cash, into) for s, n, bonus, cash, into in actions],
    )


def brief(order: Order) -> tuple[str, str, int, int, str, str | None]:
    return (order.symbol, order.side, order.quantity, order.filled, order.result, order.reason)


def holding_1000(second: Bars, signal: Signal | None = None, actions: Sequence[Action] = ()) -> DayResult:
    """Day 2 of a strategy that bought 1,000 at 10.00 on day 1.

    Day 1: 0.1 * 100,000 / 10.00 = 1,000 shares, transfer fee 10,000 * 0.00001 = 0.10,
    cash 89,999.90.
    """
    market = [{A: bar("10.00", "10.00")}, second]
    return run(market, [{A: D("0.1")}, signal], actions=actions)[1]
