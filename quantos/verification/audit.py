"""The audit log: what became of each settled day, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantos.kit.clock import SHANGHAI
from quantos.kit.money import MILLS_PER_CNY
from quantos.settlement.core.audited import AuditedDay


def entry(day: AuditedDay) -> dict[str, Any]:
    """{date, type: REBALANCE or HOLD, detail}."""
    return {
        "date": day.trade_date,
        "type": "REBALANCE" if day.rebalanced else "HOLD",
        "detail": " ".join(f"{sentence}." for sentence in _sentences(day)),
    }


def _sentences(day: AuditedDay) -> Iterator[str]:
    if day.rebalanced:
        yield _orders(day)
        if day.turnover:
            yield f"Turnover {_money(day.turnover)}, fees {_money(day.fees)}"
    else:
        yield "No signal: nothing was traded"
    if day.actions:
        yield f"Corporate actions: {_counted(day.actions)}"
    if day.accepted is not None:
        by, reason = day.accepted
        yield f"Market data accepted by {by}: {reason}"
    for restated in day.restated:
        yield f"Restated on {restated.at.astimezone(SHANGHAI):%Y-%m-%d} from {restated.from_date} on: {restated.reason}"


def _orders(day: AuditedDay) -> str:
    cut, refused = sum(day.cut.values()), sum(day.refused.values())
    count = day.filled + cut + refused
    if not count:
        return "A signal that made no order: no target is a whole lot away from what was held"
    results = [f"{day.filled} filled"] if day.filled else []
    results += [f"{cut} cut ({_counted(day.cut)})"] if cut else []
    results += [f"{refused} refused ({_counted(day.refused)})"] if refused else []
    return f"{count} order{'s' if count > 1 else ''}: {', '.join(results)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _money(mills: int) -> str:
    """CNY with as many decimals as there are, at least 2: `1,234.50 CNY`."""
    whole, rest = divmod(mills, MILLS_PER_CNY)
    return f"{whole:,}.{rest:03d}".removesuffix("0") + " CNY"
