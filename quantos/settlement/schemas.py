"""API shapes of backfilled signals, and of runs."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from quantos.errors import Invalid
from quantos.kit.clock import rfc3339
from quantos.kit.findings import said_as
from quantos.kit.web import Answer, ApiModel, Date
from quantos.market.core.symbols import SYMBOL_PATTERN, SYMBOL_WORDS
from quantos.settlement.tables import SettlementRun, kind_of
from quantos.strategies.core import signal
from quantos.strategies.core.signal import SIGNALS_MAX, TargetWeight

DATES_MAX: Final = 500


class BackfilledTarget(ApiModel):
    symbol: Annotated[str, Field(pattern=said_as(SYMBOL_PATTERN.pattern, SYMBOL_WORDS))]
    weight: Annotated[float, Field(gt=0, le=1)]


class BackfilledDay(ApiModel):
    """The signal of one trade date; an empty one is all cash."""

    trade_date: Date
    signals: Annotated[list[BackfilledTarget], Field(max_length=SIGNALS_MAX)]


class BackfillNew(ApiModel):
    """Body of `POST /admin/strategies/{slug}/backfill`; each trade date once."""

    signals: Annotated[list[BackfilledDay], Field(min_length=1, max_length=DATES_MAX)]

    def texts(self) -> dict[date, str]:
        """The signals as they are stored, by trade date. Raises Invalid as for a submitted signal (SIG-02 to 05)."""
        found: dict[date, str] = {}
        for place, day in enumerate(self.signals):
            if day.trade_date in found:
                raise Invalid(("body", "signals", place, "trade_date"), "the trade date stands twice")
            targets = [TargetWeight(target.symbol, target.weight) for target in day.signals]
            try:
                signal.check(targets)
            except Invalid as error:
                (item,) = error.items
                raise Invalid(("body", "signals", place, *item["loc"][1:]), item["msg"]) from None
            found[day.trade_date] = signal.encode(targets)
        return found


class BackfillAccepted(Answer):
    accepted: Annotated[int, Field(description="Signals taken.")]


class BackfillRemoved(Answer):
    deleted: Literal[True]
    signals_removed: int


def run_out(run: SettlementRun) -> dict[str, Any]:
    """A run as the operator sees it."""
    return {
        "id": run.id,
        "kind": kind_of(run),
        "date": run.trade_date,
        "status": run.status,
        "started": rfc3339(run.started_at),
        "finished": rfc3339(run.finished_at) if run.finished_at else None,
        "settled": run.settled,
        "held": run.held,
        "failed": run.failed,
        "waiting": run.detail.get("waiting"),
    }
