"""Steps 11 to 13: are the bars ones that a market can have had, as the rules stand?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from quantos.verification.core.dated_rules import board_of
from quantos.verification.core.evidence import DayEvidence, differs
from quantos.verification.core.exact import MILLION, cny
from quantos.verification.core.package import Bar, Package
from quantos.verification.core.verdict import Finding, Judgement, Step, judged

_INFERRED_CASH_PER_CENT: Final = 15
_INFERRED_SHARES_PER_CENT: Final = 70
_OFF_MILLS_MAX: Final = 20
"""How far a reference price may lie from what an announced action makes of the last close: two ticks."""

# 11. The bars say one thing


def bars_consistent(evidence: DayEvidence) -> Judgement:
    """What a bar says of itself fits together: volume, prices, what blocks it, what happened to it."""
    package = evidence.package
    findings = [finding for bar in package.bars for finding in _about_bar(bar, evidence)]
    bars = {bar.symbol: bar for bar in package.bars}
    for order in package.orders:
        bar = bars.get(order.symbol)
        if order.st_unknown != (bar is not None and bar.st_unknown):
            findings.append(
                differs(f"{order.symbol} st_unknown", bar is not None and bar.st_unknown, order.st_unknown)
            )
    return judged(findings)


def _about_bar(bar: Bar, evidence: DayEvidence) -> Iterator[Finding]:
    symbol, traded = bar.symbol, bar.volume > 0 and bar.block != "suspended"
    if bar.block in {"suspended", "no_market_data"} and bar.volume > 0:
        yield Finding("suspended_but_traded", {"symbol": symbol, "block": bar.block, "found": bar.volume})
    if bar.block is None and not (bar.volume and bar.open and bar.close and bar.pre_close):
        yield Finding("not_traded_but_open", {"symbol": symbol})
    if not traded and not bar.open == bar.close == bar.pre_close:
        yield differs(f"{symbol} open and close", cny(bar.pre_close), f"{cny(bar.open)}, {cny(bar.close)}")
    ruled = evidence.rules.rules_of(board_of(symbol), evidence.package.trade_date) is not None
    if (bar.block is None and not ruled) or (bar.block == "no_rule" and ruled):
        yield differs(f"{symbol} block", "no_rule" if not ruled else "another reason, or null", bar.block)
    unexplained = bar.event == "unexplained" or bar.pre_close == 0
    if unexplained != (bar.block == "unexplained_reference") and bar.block in {
        None,
        "unexplained_reference",
        "no_rule",
    }:
        yield differs(
            f"{symbol} block",
            "unexplained_reference" if unexplained else "another reason, or null",
            bar.block,
        )


# 12. The limits are ones that the rules allow


def limits_possible(evidence: DayEvidence) -> Judgement:
    """Upper and lower limit follow from board, date and reference price by some row of the rule table."""
    findings = []
    for bar in evidence.package.bars:
        possible = evidence.rules.possible_limits(
            board_of(bar.symbol),
            evidence.package.trade_date,
            bar.pre_close,
            st_possible=not bar.st_unknown,
        )
        if (bar.lower_limit, bar.upper_limit) not in possible:
            expected = " or ".join(sorted(band(lower, upper) for lower, upper in possible))
            found = band(bar.lower_limit, bar.upper_limit)
            findings.append(
                Finding("limits_impossible", {"symbol": bar.symbol, "expected": expected, "found": found})
            )
    return judged(findings)


def band(lower: int | None, upper: int | None) -> str:
    if lower is None and upper is None:
        return "no limit"
    return f"{'none' if lower is None else cny(lower)} to {'none' if upper is None else cny(upper)}"


# 13. Corporate actions


def events_explained(evidence: DayEvidence) -> Judgement:
    """The gap between the last close and the reference price is what the bar's event says it is."""
    findings, held = [], {symbol for symbol, _ in evidence.package.previous.positions}
    for bar in evidence.package.bars:
        gap, last = (bar.last_close - bar.pre_close) * 100, bar.last_close
        as_cash = 0 < gap <= _INFERRED_CASH_PER_CENT * last
        as_shares = _INFERRED_CASH_PER_CENT * last < gap <= _INFERRED_SHARES_PER_CENT * last
        fits = {
            None: gap == 0 or last == 0,
            "inferred_cash": as_cash,
            "inferred_shares": as_shares,
            "corporate_action": True,
            "unexplained": bar.symbol not in held,
        }[bar.event]
        if not fits:
            code = "unexplained_held" if bar.event == "unexplained" else "event_does_not_fit"
            facts = {"symbol": bar.symbol, "last_close": cny(last), "pre_close": cny(bar.pre_close)}
            findings.append(Finding(code, {**facts, "found": bar.event}))
    return judged(findings, *_beside_the_gap(evidence.package))


def _beside_the_gap(package: Package) -> Iterator[Finding]:
    """Announced actions from which the reference price does not follow: applied all the same, but worth a look."""
    bars = {bar.symbol: bar for bar in package.bars}
    for action in package.corporate_actions:
        bar, bonus, cash = bars.get(action.symbol), action.bonus_per_million, action.cash_mills_per_million
        if (
            bar is None
            or not bar.last_close
            or bonus is None
            or cash is None
            or action.into_symbol is not None
        ):
            continue
        shares = MILLION + bonus
        if abs(bar.pre_close * shares - (bar.last_close * MILLION - cash)) > _OFF_MILLS_MAX * abs(shares):
            facts = {"symbol": bar.symbol, "last_close": cny(bar.last_close), "pre_close": cny(bar.pre_close)}
            yield Finding("action_beside_the_gap", {**facts, "bonus": bonus, "cash": cash})


BARS_STEPS: Final[tuple[Step[DayEvidence], ...]] = (
    Step(11, "bars", bars_consistent),
    Step(12, "limits", limits_possible),
    Step(13, "events", events_explained),
)
