"""What the series store of this process says: a day order by order, and sums over every settled day.

These facts are read beside the public API, straight from the tables that settlement wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from quantos.settlement.core.facts import Reason
from quantos.storage.series import Series


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of the explained day; money in mills."""

    symbol: str
    name: str
    quantity: int  # bought > 0, sold < 0
    filled: int  # shares, whatever the side
    price: int
    reference: int
    upper: int
    lower: int
    commission: int
    stamp_duty: int
    transfer_fee: int
    reason: Reason = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Day:
    """A strategy-day; money in mills."""

    trade_date: date
    cash_before: int
    bought: int
    sold: int
    fees: int
    event_cash: int
    cash: int
    nav: int
    positions: int = field(kw_only=True)
    orders: tuple[OrderLine, ...] = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Sums:
    """Over all strategy-days: how many there are, and how many break an identity."""

    strategy_days: int
    orders: int
    filled: int
    nav_breaks: int  # cash + sum of shares * close differs from the NAV
    cash_breaks: int  # the change of cash differs from sales - buys - fees + corporate actions
    fee_breaks: int  # the fees of the orders differ from those of the day
    negative: int  # cash or shares below zero
    results: dict[Reason, int]


_NAV_BREAKS: Final = """
SELECT count(*) FROM nav n LEFT JOIN (
    SELECT p.strategy, p.trade_date, sum(p.shares::HUGEINT * c.close) AS held
    FROM position p JOIN nav n USING (strategy, trade_date)
    JOIN snapshot_bar c ON c.snapshot = n.snapshot AND c.instrument = p.instrument
    GROUP BY ALL
) USING (strategy, trade_date)
WHERE n.cash + coalesce(held, 0) != n.nav
"""

_CASH: Final = """
SELECT n.strategy, n.trade_date,
    lag(n.cash, 1, ?::BIGINT) OVER (PARTITION BY n.strategy ORDER BY n.trade_date) AS before,
    coalesce(o.bought, 0) AS bought, coalesce(o.sold, 0) AS sold, coalesce(o.fees, 0) AS fees,
    coalesce(e.cash, 0) AS event_cash, n.cash AS cash, n.fees AS stated_fees, n.nav AS nav,
    coalesce(o.outcomes, 0) AS outcomes, coalesce(o.orders, 0) AS orders
FROM nav n
LEFT JOIN (
    SELECT strategy, trade_date,
        sum(CASE WHEN quantity > 0 THEN filled * price::BIGINT ELSE 0 END) AS bought,
        sum(CASE WHEN quantity < 0 THEN filled * price::BIGINT ELSE 0 END) AS sold,
        sum(commission + stamp_duty + transfer_fee) AS fees,
        count(DISTINCT reason) AS outcomes, count(*) AS orders
    FROM trade_order GROUP BY ALL
) o USING (strategy, trade_date)
LEFT JOIN (SELECT strategy, trade_date, sum(cash) AS cash FROM position_event GROUP BY ALL) e
    USING (strategy, trade_date)
"""

_CASH_BREAKS: Final = f"""
SELECT count(*) FILTER (cash - before != sold - bought - fees + event_cash), count(*) FILTER (fees != stated_fees)
FROM ({_CASH})
"""  # noqa: S608 - a query of our own


def sums(series: Series, initial_cash: int) -> Sums:
    """Every strategy-day of the store, each strategy having started with `initial_cash` mills."""
    with series.read() as cursor:
        (days,) = cursor.execute("SELECT count(*) FROM nav").fetchone() or (0,)
        (nav_breaks,) = cursor.execute(_NAV_BREAKS).fetchone() or (0,)
        cash_breaks, fee_breaks = cursor.execute(_CASH_BREAKS, [initial_cash]).fetchone() or (0, 0)
        (negative,) = cursor.execute(
            "SELECT (SELECT count(*) FROM nav WHERE cash < 0) + (SELECT count(*) FROM position WHERE shares < 0)"
        ).fetchone() or (0,)
        results = cursor.execute(
            "SELECT reason, count(*) FROM trade_order GROUP BY ALL ORDER BY 1"
        ).fetchall()
        (filled,) = cursor.execute("SELECT count(*) FROM trade_order WHERE filled != 0").fetchone() or (0,)
    counts = {Reason(reason): count for reason, count in results}
    return Sums(days, sum(counts.values()), filled, nav_breaks, cash_breaks, fee_breaks, negative, counts)


def stale_shares(series: Series) -> dict[int, float]:
    """Of each strategy that ends with delisted shares, kept at their last close: their part of its NAV."""
    with series.read() as cursor:
        return dict(
            cursor.execute(
                "SELECT strategy, arg_max(stale / nav, trade_date) AS part FROM nav GROUP BY strategy"
                " HAVING part > 0 ORDER BY strategy"
            ).fetchall()
        )


def telling_day(series: Series, number: int, initial_cash: int, orders_max: int) -> date | None:
    """The day of a strategy on which most different things happened to not too many orders."""
    with series.read() as cursor:
        found = cursor.execute(
            f"SELECT trade_date FROM ({_CASH}) WHERE strategy = ? AND orders <= ?"  # noqa: S608 - a query of our own
            " ORDER BY outcomes DESC, (event_cash != 0) DESC, orders DESC, trade_date LIMIT 1",
            [initial_cash, number, orders_max],
        ).fetchone()
    return found[0] if found else None


def explained(series: Series, number: int, day: date, initial_cash: int) -> Day:
    """One strategy-day with its orders: sales first, then buys, each in the order of their size."""
    with series.read() as cursor:
        row = cursor.execute(
            f"SELECT before, bought, sold, fees, event_cash, cash, nav FROM ({_CASH})"  # noqa: S608
            " WHERE strategy = ? AND trade_date = ?",
            [initial_cash, number, day],
        ).fetchone()
        assert row is not None, "a telling day is a settled day"
        orders = cursor.execute(
            "SELECT coalesce(i.symbol, u.symbol), coalesce(i.name, ''), o.quantity, o.filled, o.price,"
            " coalesce(b.reference, 0), coalesce(b.upper, -1), coalesce(b.lower, -1),"
            " o.commission, o.stamp_duty, o.transfer_fee, o.reason"
            " FROM trade_order o JOIN nav n USING (strategy, trade_date)"
            " LEFT JOIN instrument i ON i.number = o.instrument"
            " LEFT JOIN unknown_symbol u ON u.number = o.instrument"
            " LEFT JOIN snapshot_bar b ON b.snapshot = n.snapshot AND b.instrument = o.instrument"
            " WHERE o.strategy = ? AND o.trade_date = ?"
            " ORDER BY o.quantity >= 0, abs(o.quantity * b.reference) DESC, 1",
            [number, day],
        ).fetchall()
        (positions,) = cursor.execute(
            "SELECT count(*) FROM position WHERE strategy = ? AND trade_date = ?", [number, day]
        ).fetchone() or (0,)
    return Day(day, *row, positions=positions, orders=tuple(_line(*order) for order in orders))


def _line(*row: Any) -> OrderLine:
    *values, reason = row
    return OrderLine(*values, reason=Reason(reason))
