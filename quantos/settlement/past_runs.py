"""Runs that were begun, as the operator sees them."""

from __future__ import annotations

from typing import Any, Final

from quantos.errors import NotFound
from quantos.settlement import store
from quantos.settlement.schemas import run_out
from quantos.storage.records import Records
from quantos.storage.series import Series
from quantos.strategies.service import Strategies

OUTCOMES_MAX: Final = 1000


class RunNotFound(NotFound):
    code = "settlement_run_not_found"


def page(records: Records, limit: int, offset: int) -> list[dict[str, Any]]:
    """Newest first."""
    with records.read() as session:
        return [run_out(run) for run in store.runs(session, limit, offset)]


def last_daily(records: Records) -> dict[str, Any] | None:
    """The newest run of every strategy that was due, as `page` shows it: what it lacks is lacking still."""
    with records.read() as session:
        run = store.last_daily_run(session)
        return None if run is None else run_out(run)


def detail(records: Records, series: Series, strategies: Strategies, run_id: str) -> dict[str, Any]:
    """One run with its strategies' outcomes. Raises RunNotFound."""
    with records.read() as session:
        run = store.run_by_id(session, run_id)
        if run is None or run.number is None:
            raise RunNotFound("there is no settlement run of this id: GET /admin/settlement-runs lists them")
        with series.read() as cursor:
            rows = store.outcomes(cursor, run.number, OUTCOMES_MAX)
        slugs = strategies.slugs(session, {s for s, _, _ in rows})
    outcomes = [
        {"slug": slugs.get(s, str(s)), "trade_date": day, "outcome": "settled" if rebalanced else "held"}
        for s, day, rebalanced in rows
    ]
    return {**run_out(run), "detail": run.detail, "outcomes": outcomes}
