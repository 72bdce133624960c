"""Steps 14 to 16: do trades, fees, shares, cash and NAV add up?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from quantos.verification.core.dated_rules import board_of
from quantos.verification.core.evidence import DayEvidence, differs
from quantos.verification.core.exact import CENT, RATE_UNIT, cny, fee, half_up
from quantos.verification.core.package import Bar, Order, Package, Trade
from quantos.verification.core.steps_bars import band
from quantos.verification.core.verdict import Finding, Judgement, Step, judged

TOLERANCE: Final = 1e-9
"""Of the doubles for people: weights and returns."""

# 14. Orders, trades and fees


def trades_consistent(evidence: DayEvidence) -> Judgement:
    """Each fill has its order, its amount and the fees that the rates give; none lies outside the limits."""
    package = evidence.package
    filled = [order for order in package.orders if order.filled]
    bars = {bar.symbol: bar for bar in package.bars}
    findings: list[Finding] = []
    for order, trade in zip_longest(filled, package.trades):
        if order is None or trade is None:
            code, symbol = ("trade_missing", order.symbol) if order else ("trade_without_order", trade.symbol)
            findings.append(Finding(code, {"symbol": symbol}))
        else:
            findings += _about_trade(evidence, order, trade, bars.get(trade.symbol))
    return judged(findings)


def _about_trade(evidence: DayEvidence, order: Order, trade: Trade, bar: Bar | None) -> Iterator[Finding]:
    package = evidence.package
    ordered, traded = (order.symbol, order.side, order.filled), (trade.symbol, trade.side, trade.quantity)
    if ordered != traded:
        yield differs("trades", "{1} {2} {0}".format(*ordered), "{1} {2} {0}".format(*traded))
        return
    name = f"{trade.symbol} {trade.side}"
    notional = trade.quantity * trade.price
    if trade.amount != notional:
        yield differs(f"{name} amount (quantity * price)", cny(notional), cny(trade.amount))
    rules, settings = (
        evidence.rules.rules_of(board_of(trade.symbol), package.trade_date),
        package.settings,
    )
    if rules is None:
        yield Finding("traded_without_rules", {"symbol": trade.symbol})
        return
    commission = max(notional * settings.commission_e8, settings.minimum_commission * RATE_UNIT)
    owed = {
        "commission": half_up(commission, RATE_UNIT, CENT),
        "stamp_duty": fee(notional, rules.stamp_duty) if trade.side == "SELL" else 0,
        "transfer_fee": fee(notional, rules.transfer_fee),
    }
    for fee_name, expected in owed.items():
        if getattr(trade, fee_name) != expected:
            yield differs(f"{name} {fee_name}", cny(expected), cny(getattr(trade, fee_name)))
    if bar is None:
        yield Finding("traded_without_bar", {"symbol": trade.symbol})
    elif (bar.upper_limit is not None and trade.price > bar.upper_limit) or trade.price < (
        bar.lower_limit or 0
    ):
        yield differs(f"{name} price", band(bar.lower_limit, bar.upper_limit), cny(trade.price))


# 15. Shares and cash


def books_balance(evidence: DayEvidence) -> Judgement:
    """Previous shares and cash, corporate actions and trades add up to the positions and the cash."""
    package = evidence.package
    shares, cash, findings = dict(package.previous.positions), package.previous.cash, []
    for action in package.corporate_actions:
        before = shares.get(action.symbol, 0)
        if action.quantity_before != before:
            findings.append(differs(f"{action.symbol} quantity_before", before, action.quantity_before))
        shares[action.symbol] = before + action.quantity_after - action.quantity_before
        cash += action.cash
    for trade in package.trades:
        sign = 1 if trade.side == "BUY" else -1
        shares[trade.symbol] = shares.get(trade.symbol, 0) + sign * trade.quantity
        cash -= sign * trade.amount + trade.fees
    reported = {held.symbol: held.quantity for held in package.positions}
    for symbol in sorted(shares.keys() | reported.keys()):
        expected, found = shares.get(symbol, 0), reported.get(symbol, 0)
        if expected != found:
            findings.append(differs(f"{symbol} quantity", expected, found))
    findings += [
        Finding("empty_position", {"symbol": symbol}) for symbol, count in reported.items() if not count
    ]
    if package.nav.cash != cash:
        findings.append(differs("cash", cny(cash), cny(package.nav.cash)))
    if package.nav.cash < 0:
        findings.append(Finding("cash_below_zero", {"cash": cny(package.nav.cash)}))
    return judged(findings)


# 16. The NAV


def nav_adds_up(evidence: DayEvidence) -> Judgement:
    """Market values are shares times close; with the cash they are the NAV, and the returns follow from it."""
    package, nav = evidence.package, evidence.package.nav
    closes = {bar.symbol: bar.close for bar in package.bars}
    findings = []
    for held in package.positions:
        if held.close != closes.get(held.symbol, 0):
            findings.append(differs(f"{held.symbol} close", cny(closes.get(held.symbol, 0)), cny(held.close)))
        if held.market_value != held.quantity * held.close:
            expected = cny(held.quantity * held.close)
            findings.append(differs(f"{held.symbol} market_value", expected, cny(held.market_value)))
        findings += _ratio(f"{held.symbol} weight", held.market_value, nav.reported_nav, held.weight)
    value = sum(held.market_value for held in package.positions)
    if nav.positions_value != value:
        findings.append(differs("positions_value", cny(value), cny(nav.positions_value)))
    if nav.reported_nav != value + nav.cash:
        findings.append(differs("reported_nav", cny(value + nav.cash), cny(nav.reported_nav)))
    return judged(findings + _returns(package))


def _returns(package: Package) -> list[Finding]:
    previous, nav, capital = package.previous, package.nav, package.settings.initial_capital
    before = capital if previous.nav is None else previous.nav
    findings = _ratio("daily_return", nav.reported_nav, before, nav.daily_return, less=1)
    findings += _ratio("cumulative_return", nav.reported_nav, capital, nav.cumulative_return, less=1)
    if (previous.date is None) != (previous.nav is None):
        findings.append(differs("previous.nav", None, previous.nav))
    if previous.date is None and (previous.cash != capital or previous.positions):
        findings.append(differs("previous.cash on the first day", cny(capital), cny(previous.cash)))
    return findings


def _ratio(what: str, part: int, whole: int, found: float | None, less: int = 0) -> list[Finding]:
    """part / whole - less, within the tolerance of doubles; nothing where the whole is 0."""
    if whole == 0:
        return [] if found is None or less == 0 else [differs(what, None, found)]
    expected = part / whole - less
    if found is None or not is_close(found, expected):
        return [differs(what, f"{expected:.9f}", found)]
    return []


def is_close(found: float, expected: float) -> bool:
    """Whether two doubles for people show the same."""
    return abs(found - expected) <= TOLERANCE * max(1.0, abs(expected))


BOOKS_STEPS: Final[tuple[Step[DayEvidence], ...]] = (
    Step(14, "trades", trades_consistent),
    Step(15, "books", books_balance),
    Step(16, "nav", nav_adds_up),
)
