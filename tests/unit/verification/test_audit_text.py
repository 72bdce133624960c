"""One line of the audit log for each kind of day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from quantos.settlement.core.audited import AuditedDay
from quantos.settlement.core.record import Restated
from quantos.verification.audit import entry

DAY = date(2024, 1, 3)


def day(*, rebalanced: bool = True, turnover: int = 0, fees: int = 0) -> AuditedDay:
    return AuditedDay(DAY, rebalanced, turnover, fees, None)


def test_a_hold_day_says_so() -> None:
    assert entry(day(rebalanced=False)) == {
        "date": DAY,
        "type": "HOLD",
        "detail": "No signal: nothing was traded.",
    }


def test_a_rebalance_counts_its_orders_by_result_and_reason() -> None:
    found = day(turnover=98_000_000, fees=123_450)
    found.filled, found.cut, found.refused = 9, {"insufficient_cash": 1}, {"limit_up": 2, "suspended": 1}
    assert entry(found) == {
        "date": DAY,
        "type": "REBALANCE",
        "detail": (
            "13 orders: 9 filled, 1 cut (1 insufficient_cash), 3 refused (2 limit_up, 1 suspended)."
            " Turnover 98,000.00 CNY, fees 123.45 CNY."
        ),
    }


def test_one_order_is_one_order_and_mills_are_shown_where_there_are_any() -> None:
    found = day(turnover=1_234_567, fees=0)
    found.filled = 1
    assert entry(found)["detail"] == "1 order: 1 filled. Turnover 1,234.567 CNY, fees 0.00 CNY."


def test_a_signal_that_asked_for_nothing_new_is_a_rebalance_without_orders() -> None:
    assert entry(day())["detail"] == (
        "A signal that made no order: no target is a whole lot away from what was held."
    )


def test_corporate_actions_acceptance_and_restatements_are_told() -> None:
    found = day(rebalanced=False)
    found.actions = {"corporate_action": 1, "inferred_cash": 3}
    found.accepted = ("operator", "the source was down")
    at = datetime(2024, 1, 31, 20, tzinfo=UTC)  # the next morning in Shanghai
    found.restated = [Restated(date(2024, 1, 2), at, "a wrong close")]
    assert entry(found)["detail"] == (
        "No signal: nothing was traded. Corporate actions: 1 corporate_action, 3 inferred_cash."
        " Market data accepted by operator: the source was down."
        " Restated on 2024-02-01 from 2024-01-02 on: a wrong close."
    )
