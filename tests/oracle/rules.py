"""The dated rules of settlement.md ("Rules are dated data"), transcribed for the slow ledger.

Every rule is a row (rule, board, first day, last day, value). Nothing here rounds except
`half_up`, and nothing here is a float.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MAIN = "main"
CHINEXT = "chinext"
STAR = "star"
BSE = "bse"
FUND = "fund"
SHARES = (MAIN, CHINEXT, STAR, BSE)

BUY = "BUY"
SELL = "SELL"

FEN = Decimal("0.01")
MILL = Decimal("0.001")
ONE = Decimal(1)


# ---------------------------------------------------------------- exact arithmetic


def floor_ratio(numerator: Decimal, denominator: Decimal) -> int:
    """floor(numerator / denominator), exact; the denominator is positive."""
    whole = int(numerator // denominator)  # Decimal's // cuts towards zero
    if whole * denominator > numerator:
        whole -= 1
    return whole


def half_up(numerator: Decimal, unit: Decimal, denominator: Decimal = ONE) -> Decimal:
    """numerator/denominator rounded half up to the unit: floor(x/unit + 1/2) * unit."""
    steps = floor_ratio(2 * numerator + unit * denominator, 2 * unit * denominator)
    return steps * unit


# ---------------------------------------------------------------- boards and ticks


def board_of(symbol: str) -> str | None:
    """The board of a symbol such as 600519.SH, None for what the table does not know."""
    code, _, exchange = symbol.partition(".")
    if exchange == "SH":
        if code.startswith(("688", "689")):
            return STAR
        if code.startswith("60"):
            return MAIN
        return FUND if code.startswith("5") else None
    if exchange == "SZ":
        if code.startswith("30"):
            return CHINEXT
        if code.startswith("00"):
            return MAIN
        return FUND if code.startswith(("15", "16", "18")) else None
    if exchange == "BJ" and code.startswith(("4", "8", "92")):
        return BSE
    return None


def tick_of(symbol: str) -> Decimal:
    """The price step: 0.001 for funds, 0.01 for everything else."""
    return MILL if board_of(symbol) == FUND else FEN


# ---------------------------------------------------------------- the table


@dataclass(frozen=True)
class Row:
    """One dated rule; `last` None means still in force."""

    rule: str
    board: str
    first: date
    last: date | None
    value: Decimal


START = date(2010, 1, 1)
STAR_START = date(2019, 7, 22)
BSE_START = date(2021, 11, 15)

TABLE: tuple[Row, ...] = (
    # Steps and minima of orders.
    Row("step", MAIN, START, None, Decimal(100)),
    Row("step", CHINEXT, START, None, Decimal(100)),
    Row("step", FUND, START, None, Decimal(100)),
    Row("step", STAR, STAR_START, None, Decimal(1)),
    Row("step", BSE, BSE_START, None, Decimal(1)),
    Row("minimum", MAIN, START, None, Decimal(100)),
    Row("minimum", CHINEXT, START, None, Decimal(100)),
    Row("minimum", FUND, START, None, Decimal(100)),
    Row("minimum", STAR, STAR_START, None, Decimal(200)),
    Row("minimum", BSE, BSE_START, None, Decimal(100)),
    # Ordinary price limits.
    Row("limit", MAIN, START, None, Decimal("0.10")),
    Row("limit", CHINEXT, START, date(2020, 8, 23), Decimal("0.10")),
    Row("limit", CHINEXT, date(2020, 8, 24), None, Decimal("0.20")),
    Row("limit", STAR, STAR_START, None, Decimal("0.20")),
    Row("limit", BSE, BSE_START, None, Decimal("0.30")),
    Row("limit", FUND, START, None, Decimal("0.10")),
    # Risk-warned (ST) shares of the main board; other boards know no ST limit.
    Row("limit_st", MAIN, START, date(2026, 7, 5), Decimal("0.05")),
    Row("limit_st", MAIN, date(2026, 7, 6), None, Decimal("0.10")),
    # Funds tracking ChiNext or STAR follow those boards.
    Row("limit_wide", FUND, START, date(2020, 8, 23), Decimal("0.10")),
    Row("limit_wide", FUND, date(2020, 8, 24), None, Decimal("0.20")),
    # New listings with a special limit on the first day, selected by the list date.
    Row("listing_days", MAIN, START, date(2023, 4, 9), Decimal(1)),
    Row("listing_up", MAIN, START, date(2023, 4, 9), Decimal("0.44")),
    Row("listing_down", MAIN, START, date(2023, 4, 9), Decimal("0.36")),
    Row("listing_days", CHINEXT, START, date(2020, 8, 23), Decimal(1)),
    Row("listing_up", CHINEXT, START, date(2020, 8, 23), Decimal("0.44")),
    Row("listing_down", CHINEXT, START, date(2020, 8, 23), Decimal("0.36")),
    # New listings without limits (no listing_up / listing_down row).
    Row("listing_days", MAIN, date(2023, 4, 10), None, Decimal(5)),
    Row("listing_days", CHINEXT, date(2020, 8, 24), None, Decimal(5)),
    Row("listing_days", STAR, STAR_START, None, Decimal(5)),
    Row("listing_days", BSE, BSE_START, None, Decimal(1)),
    # Stamp duty on sales of shares.
    Row("stamp_duty", MAIN, START, date(2023, 8, 27), Decimal("0.001")),
    Row("stamp_duty", CHINEXT, START, date(2023, 8, 27), Decimal("0.001")),
    Row("stamp_duty", STAR, STAR_START, date(2023, 8, 27), Decimal("0.001")),
    Row("stamp_duty", BSE, BSE_START, date(2023, 8, 27), Decimal("0.001")),
    Row("stamp_duty", MAIN, date(2023, 8, 28), None, Decimal("0.0005")),
    Row("stamp_duty", CHINEXT, date(2023, 8, 28), None, Decimal("0.0005")),
    Row("stamp_duty", STAR, date(2023, 8, 28), None, Decimal("0.0005")),
    Row("stamp_duty", BSE, date(2023, 8, 28), None, Decimal("0.0005")),
    Row("stamp_duty", FUND, START, None, Decimal(0)),
    # Transfer fee on both sides, shares only.
    Row("transfer_fee", MAIN, START, date(2022, 4, 28), Decimal("0.00002")),
    Row("transfer_fee", CHINEXT, START, date(2022, 4, 28), Decimal("0.00002")),
    Row("transfer_fee", STAR, STAR_START, date(2022, 4, 28), Decimal("0.00002")),
    Row("transfer_fee", BSE, BSE_START, date(2022, 4, 28), Decimal("0.000025")),
    Row("transfer_fee", MAIN, date(2022, 4, 29), None, Decimal("0.00001")),
    Row("transfer_fee", CHINEXT, date(2022, 4, 29), None, Decimal("0.00001")),
    Row("transfer_fee", STAR, date(2022, 4, 29), None, Decimal("0.00001")),
    Row("transfer_fee", BSE, date(2022, 4, 29), None, Decimal("0.00001")),
    Row("transfer_fee", FUND, START, None, Decimal(0)),
)


def look_up(rule: str, board: str | None, day: date) -> Decimal | None:
    """The value in force on the day, None where the table has none."""
    for row in TABLE:
        in_force = row.first <= day and (row.last is None or day <= row.last)
        if in_force and (row.rule, row.board) == (rule, board):
            return row.value
    return None


# ---------------------------------------------------------------- what the ledger asks


@dataclass(frozen=True)
class DayRules:
    """The rules of one symbol on one day."""

    step: int
    minimum: int
    stamp_duty: Decimal
    transfer_fee: Decimal


def day_rules(symbol: str, day: date) -> DayRules | None:
    """None is `no_rule`: the board is unknown or the table does not reach the day."""
    board = board_of(symbol)
    step = look_up("step", board, day)
    minimum = look_up("minimum", board, day)
    stamp_duty = look_up("stamp_duty", board, day)
    transfer_fee = look_up("transfer_fee", board, day)
    limit = look_up("limit", board, day)
    if step is None or minimum is None or limit is None:
        return None
    if stamp_duty is None or transfer_fee is None:
        return None
    return DayRules(int(step), int(minimum), stamp_duty, transfer_fee)


@dataclass(frozen=True)
class Limits:
    """The lowest and highest price of the day; None is no limit on that side."""

    lower: Decimal | None
    upper: Decimal | None


NO_LIMITS = Limits(None, None)


def listing_session(list_date: date | None, day: date, sessions: Sequence[date]) -> int | None:
    """1 on the list date, 2 on the next session, ...; None if it cannot be counted."""
    if list_date is None or day < list_date or list_date < sessions[0]:
        return None
    return bisect_right(sessions, day) - bisect_left(sessions, list_date)


def price_limits(
    symbol: str,
    day: date,
    reference: Decimal | None,
    st: bool | None,
    wide_fund: bool,
    list_date: date | None,
    sessions: Sequence[date],
) -> Limits:
    """half_up(reference * (1 ± r)) to the tick, or none for a new listing without limits.

    At least one tick from the reference, and never under one tick.
    """
    board = board_of(symbol)
    up = down = look_up("limit", board, day)
    if wide_fund:
        up = down = look_up("limit_wide", board, day) or up
    if st:
        up = down = look_up("limit_st", board, day) or up
    nth = listing_session(list_date, day, sessions)
    if nth is not None and list_date is not None:
        special = look_up("listing_days", board, list_date)
        if special is not None and nth <= special:
            up = look_up("listing_up", board, list_date)
            down = look_up("listing_down", board, list_date)
    if up is None or down is None or reference is None:
        return NO_LIMITS
    tick = tick_of(symbol)
    if reference == 0:
        return NO_LIMITS
    nearest = half_up(reference, tick)
    lower = min(half_up(reference * (1 - down), tick), nearest - tick)
    return Limits(max(lower, tick), max(half_up(reference * (1 + up), tick), nearest + tick))


# ---------------------------------------------------------------- fees of one order


@dataclass(frozen=True)
class Bill:
    """The amount of an order and each fee on its own, each half up to 0.01."""

    amount: Decimal
    commission: Decimal
    stamp_duty: Decimal
    transfer_fee: Decimal

    @property
    def fees(self) -> Decimal:
        return self.commission + self.stamp_duty + self.transfer_fee


def bill_of(side: str, amount: Decimal, rule: DayRules, commission_rate: Decimal, minimum: Decimal) -> Bill:
    """What a fill of this amount costs besides."""
    commission = half_up(max(commission_rate * amount, minimum), FEN)
    stamp_duty = half_up(rule.stamp_duty * amount, FEN) if side == SELL else Decimal(0)
    return Bill(amount, commission, stamp_duty, half_up(rule.transfer_fee * amount, FEN))
