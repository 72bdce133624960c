"""A settled day in a few numbers, for the audit log. Amounts in mills."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from quantos.settlement.core.record import Restated


@dataclass(slots=True)
class AuditedDay:
    """Counts of orders by result and reason, of corporate actions by kind."""

    trade_date: date
    rebalanced: bool
    turnover: int
    fees: int
    accepted: tuple[str, str] | None  # by whom, why
    filled: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    restated: list[Restated] = field(default_factory=list)
