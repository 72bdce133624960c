"""What goes into the slow ledger, what comes out, and the market of one day (step 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from . import rules
from .rules import half_up

ZERO = Decimal(0)
MILLION = 1_000_000


# ---------------------------------------------------------------- input


@dataclass(frozen=True)
class Bar:
    """One instrument-day: raw CNY per share, volume in shares (0: suspended)."""

    open: Decimal
    close: Decimal
    pre_close: Decimal | None
    volume: int
    adj_factor: Decimal | None
    is_st: bool | None


@dataclass(frozen=True)
class Instrument:
    """`wide_fund`: a fund tracking ChiNext or STAR, 20 % limit."""

    symbol: str
    list_date: date | None
    delist_date: date | None
    wide_fund: bool = False


@dataclass(frozen=True)
class CorporateAction:
    """Per million shares: bonus shares and mills of cash; `into_symbol` makes it a swap."""

    symbol: str
    ex_date: date
    bonus_per_million: int
    cash_mills_per_million: int
    into_symbol: str | None = None


@dataclass(frozen=True)
class Terms:
    """What the strategy and the platform set; `execution` is "open" or "close"."""

    initial_capital: int
    execution: str
    commission_rate: Decimal
    slippage_rate: Decimal
    minimum_commission: Decimal = Decimal(0)


# ---------------------------------------------------------------- output


@dataclass(frozen=True)
class Order:
    """`result`: filled, cut or refused; `reason` says why it is not filled in full."""

    symbol: str
    side: str
    quantity: int
    filled: int
    result: str
    reason: str | None
    price: Decimal | None
    amount: Decimal
    commission: Decimal
    stamp_duty: Decimal
    transfer_fee: Decimal


@dataclass(frozen=True)
class Event:
    """A corporate action on a position; `kind`: row, inferred_dividend or inferred_bonus."""

    symbol: str
    kind: str
    shares_before: int
    shares_after: int
    cash: Decimal


@dataclass(frozen=True)
class DayResult:
    """The day after its close; `stuck`: it waits for an unexplained reference."""

    trade_date: date
    action: str
    nav: Decimal
    cash: Decimal
    positions: dict[str, int]
    closes: dict[str, Decimal]
    orders: list[Order]
    events: list[Event]
    stuck: bool


# ---------------------------------------------------------------- the market on one day


@dataclass(frozen=True)
class Quote:
    """One instrument on one day: close[t-1], the reference, p and c."""

    last: Decimal | None
    reference: Decimal | None
    price: Decimal
    close: Decimal
    factor: Decimal | None
    traded: bool
    st: bool | None
    rows: tuple[CorporateAction, ...]
    has_row: bool
    row_before: bool


def ex_adjusted(close: Decimal, rows: Sequence[CorporateAction], tick: Decimal) -> Decimal:
    """Step 1: a carried close over a day without a bar, (close - d) / (1 + k)."""
    if not rows or any(row.into_symbol for row in rows):
        return close
    shares = MILLION + sum(row.bonus_per_million for row in rows)
    if shares <= 0:
        return close
    cash = Decimal(sum(row.cash_mills_per_million for row in rows)) * rules.MILL
    return max(ZERO, half_up(close * MILLION - cash, tick, Decimal(shares)))


def reference_of(
    bar: Bar, before: Quote | None, rows: Sequence[CorporateAction], tick: Decimal
) -> Decimal | None:
    """Step 1: pre_close; else close[t-1] * adj[t-1] / adj[t]; else the last close, ex-adjusted."""
    if bar.pre_close is not None:
        return bar.pre_close
    if bar.volume == 0:
        return bar.close
    if before is None:
        return None
    if before.factor is not None and bar.adj_factor is not None and before.factor != bar.adj_factor:
        return half_up(before.close * before.factor, tick, bar.adj_factor)
    return ex_adjusted(before.close, rows, tick)


def quote_of(
    symbol: str,
    bar: Bar | None,
    before: Quote | None,
    rows: tuple[CorporateAction, ...],
    execution: str,
) -> Quote | None:
    """The quote of the day from the bar and the quote of the session before."""
    tick = rules.tick_of(symbol)
    last = None if before is None else before.close
    if bar is None:
        if before is None:
            return None
        carried = ex_adjusted(before.close, rows, tick)
        factor = None if rows else before.factor
        return Quote(last, carried, carried, carried, factor, False, None, rows, False, before.has_row)
    reference = reference_of(bar, before, rows, tick)
    if bar.volume > 0:
        price = bar.open if execution == "open" else bar.close
        close = bar.close
    else:
        price = close = bar.close if reference is None else reference
    traded = bar.volume > 0
    row_before = before is None or before.has_row
    return Quote(last, reference, price, close, bar.adj_factor, traded, bar.is_st, rows, True, row_before)


def event_kind(quote: Quote) -> str:
    """Step 1: row, none, inferred_dividend, inferred_bonus or unexplained."""
    if quote.reference is None:
        return "unexplained"
    if quote.rows:
        return "row"
    if quote.traded and quote.reference == 0:
        return "unexplained"
    if quote.last is None or quote.reference == quote.last:
        return "none"
    if not quote.row_before:
        return "unexplained"
    drop = quote.last - quote.reference  # gap = drop / last
    if drop > 0 and drop * 100 <= quote.last * 15:
        return "inferred_dividend"
    if drop > 0 and drop * 100 <= quote.last * 70:
        return "inferred_bonus"
    return "unexplained"
