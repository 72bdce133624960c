"""Strategy-days that could not be settled: which, why, and what the operator does about each.

What helps is always data: a corporate-action row, a bar, a corrected row. How they come in depends on whether days
around are settled already: an import changes no settled day, a restatement does.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from quantos.kit.money import cny
from quantos.settlement import store
from quantos.settlement.core import facts as column
from quantos.settlement.core.day import MarketDay, Roster
from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Settled

UNEXPLAINED: Final = "unexplained_reference"
NO_PRICE: Final = "no_price"
OVERFLOW: Final = "overflow"

Failure = dict[str, Any]


def failure(slug: str, settled: Settled, s: int, day: MarketDay, roster: Roster) -> Failure:
    """Why the strategy in row `s` could not be settled: {slug, trade_date, code, symbol, reference, last_close, reason}.

    `symbol` and the two prices in CNY are null where the reason has none.
    """
    i = int(settled.waits_for[s])
    symbol = roster.symbols[i] if i >= 0 else None
    reference = last_close = None
    if settled.status[s] != Status.WAITING:
        code, what = OVERFLOW, "an amount left the range of the ledger"
        what += f", by a corporate action of {symbol}" if symbol else ""
    elif day.facts[i, column.CLOSE] == 0:
        code, what = NO_PRICE, f"a holding becomes {symbol}, which has no price yet"
    else:
        reference, last_close = (cny(int(day.facts[i, k])) for k in (column.REFERENCE, column.LAST_CLOSE))
        code = UNEXPLAINED
        what = f"{symbol} has the reference price {reference} after a last close of {last_close}"
    return {
        "slug": slug,
        "trade_date": day.trade_date.isoformat(),
        "code": code,
        "symbol": symbol,
        "reference": reference,
        "last_close": last_close,
        "reason": f"{code}: {what}",
    }


def needed(failed: Failure) -> str:
    """The file that lets the day be settled."""
    symbol, day = failed["symbol"], failed["trade_date"]
    if failed["code"] == UNEXPLAINED:
        return (
            "a file corporate_actions.csv of two lines, symbol,ex_date,bonus_per_million,cash_mills_per_million and"
            f" {symbol},{day},0,0 (zeros where nothing happened, else the new shares and the mills of cash that a"
            f" million shares get); or, where the reference price is wrong, a file with the bar of {symbol} on {day} and"
            " its right pre_close"
        )
    if failed["code"] == NO_PRICE:
        return f"a file with a bar of {symbol} on {day}"
    if symbol:
        return f"a file corporate_actions.csv with the corrected row of {symbol} on {day}"
    return f"a file with the corrected bars or corporate actions of {day}"


def with_remedies(cursor: store.Cursor, failed: list[Failure]) -> list[Failure]:
    """Each with `restate_from` and `remedy`, as the settled days stand.

    `restate_from`: the first day of the restatement that takes its data in; null where an import does.
    """
    days = {each["trade_date"] for each in failed}
    settled = {day: store.settled_up_to(cursor, date.fromisoformat(day)) for day in days}
    return [_with_remedy(each, settled[each["trade_date"]]) for each in failed]


def _with_remedy(failed: Failure, settled: date | None) -> Failure:
    """`settled`: the last settled day up to the failed one, where there are settled days on both sides of it."""
    day, file = failed["trade_date"], needed(failed)
    # Whoever was settled on a day whose reference is unexplained was settled without it: its row is still taken.
    if settled is None or (failed["code"] == UNEXPLAINED and settled.isoformat() == day):
        remedy = f"quantos market import FILE settles it at once; FILE: {file}"
        return {**failed, "restate_from": None, "remedy": remedy}
    remedy = (
        f"quantos settle --restate --from {settled} --reason TEXT --data FILE settles it, for the settled days around"
        f" it take nothing from an import; FILE: {file}"
    )
    return {**failed, "restate_from": settled.isoformat(), "remedy": remedy}
