"""A day that waits for market data: which, for what, and what the operator does about it."""

from __future__ import annotations

from typing import Any, Final

from quantos.market.core.bars import Readiness

NAMED_MAX: Final = 5


def waiting_for(readiness: Readiness, quarantined: int) -> dict[str, Any]:
    """What an unready day still needs, as a run keeps it. `quarantined`: rows of the day that were refused.

    {trade_date, expected, present, missing, quarantined, reason, remedy}; `missing` names the first 50 symbols.
    """
    return {
        "trade_date": readiness.trade_date.isoformat(),
        "expected": readiness.expected,
        "present": readiness.present,
        "missing": list(readiness.missing),
        "quarantined": quarantined,
        "reason": _reason(readiness),
        "remedy": _remedy(readiness, quarantined),
    }


def _reason(readiness: Readiness) -> str:
    expected, present = readiness.expected, readiness.present
    if not expected:
        return "there are no bars of the trading day before it, by which it is known what must be there"
    if not present:
        return (
            f"the whole day is missing, none of {_instruments(expected)} that traded the day before has a bar"
        )
    named = ", ".join(readiness.missing[:NAMED_MAX])
    more = expected - present - min(len(readiness.missing), NAMED_MAX)
    beyond = f" and {more:,} more" if more else ""
    return f"{present:,} of {_instruments(expected)} that traded the day before have a bar, missing {named}{beyond}"


def _remedy(readiness: Readiness, quarantined: int) -> str:
    day = readiness.trade_date
    what = f"bars of {day}" if readiness.expected else f"bars of {day} and of the trading day before"
    told = f"quantos market fetch, or quantos market import PATH with {what}: it is settled at once"
    if quarantined:
        rows = f"{quarantined:,} row" + ("" if quarantined == 1 else "s")
        told += (
            f"; {rows} of {day} came and went into quarantine: GET /api/v1/admin/quarantine?first={day}&last={day}"
            " says why"
        )
    return f"{told}; where there are no more, POST /api/v1/admin/market/accept settles the day without them"


def _instruments(count: int) -> str:
    return f"{count:,} instrument" + ("" if count == 1 else "s")
