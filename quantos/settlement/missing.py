"""Strategy-days that the watchdog found without a NAV row, each told once and once more when it is mended.

A missing day is noted with an event in the same unit of work: `settlement_missing`. When its NAV row stands
after all, whoever looks first (the end of a run, the next watchdog, the next start) marks it as mended, again
with an event: `settlement_mended`. What stands in the series store decides, not who was there when it was
written, so a kill in between only delays the second event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, SQLModel

from quantos.kit.clock import shanghai
from quantos.market.core.calendar import TradingCalendar
from quantos.settlement import store
from quantos.settlement.plan import Work
from quantos.settlement.tables import SettlementRun
from quantos.storage import events
from quantos.strategies.core.deadlines import SETTLES_AT
from quantos.strategies.service import Strategies, StrategyTerms

NOT_SETTLED: Final = "the settlement of the day has not reached it"
ENDED: Final = {
    "running": "the settlement of the day is under way",
    "failed": "the settlement of the day failed",
    "interrupted": "the settlement of the day was interrupted",
}
"""By the status of the day's run."""

_missing: Final = SQLModel.metadata.tables["missing_nav"]


def watch(
    session: Session, work: Work, trade_date: date, calendar: TradingCalendar, now: datetime
) -> list[str]:
    """Slugs of the strategies of `work`, which is what a run of the day would still have to settle.

    They are written into the latest run of that day, so that the operator sees both in one place. Once the
    day's time has come, the last missing day of each is noted.
    """
    slugs = [terms.slug for terms in work.terms]
    run = store.run_of_day(session, trade_date)
    if run is not None:
        run.detail = {**run.detail, "missing": slugs}
        session.add(run)
    if slugs and now >= shanghai(trade_date, SETTLES_AT):
        days: list[date] = calendar.sessions[work.until].tolist()
        _note(session, list(zip(work.terms, days, strict=True)), run, now)
    return slugs


def _note(
    session: Session, absent: Sequence[tuple[StrategyTerms, date]], run: SettlementRun | None, now: datetime
) -> None:
    """Note those that were not noted before, each with its event."""
    days = {day for _, day in absent}
    query = select(_missing.c.strategy_number, _missing.c.trade_date).where(_missing.c.trade_date.in_(days))
    connection = session.connection()
    known = {(number, day) for number, day in connection.execute(query)}
    fresh = [(terms, day) for terms, day in absent if (terms.number, day) not in known]
    if not fresh:
        return
    rows = [{"strategy_number": terms.number, "trade_date": day, "noted_at": now} for terms, day in fresh]
    connection.execute(insert(_missing), rows)
    why = _reasons(run)
    for terms, day in fresh:
        facts = {**_facts(terms.user_id, terms.number, terms.slug, day), "reason": why(terms.slug)}
        events.note(connection, now, "settlement_missing", facts)


def still_missing(session: Session, limit: int) -> tuple[list[tuple[int, date]], int]:
    """Strategies and days that were found missing and are not mended, oldest first, and how many there are."""
    unmended = _missing.c.mended_at.is_(None)
    query = (
        select(_missing.c.strategy_number, _missing.c.trade_date)
        .where(unmended)
        .order_by(_missing.c.trade_date, _missing.c.strategy_number)
        .limit(limit)
    )
    total = session.execute(select(func.count()).select_from(_missing).where(unmended)).scalar_one()
    return [(number, day) for number, day in session.execute(query)], total


def mend(
    session: Session, strategies: Strategies, settled_until: Callable[[int], date | None], now: datetime
) -> None:
    """Mark those whose NAV row stands by now, each with its event."""
    query = (
        select(_missing.c.strategy_number, _missing.c.trade_date)
        .where(_missing.c.mended_at.is_(None))
        .order_by(_missing.c.trade_date, _missing.c.strategy_number)
    )
    connection = session.connection()
    mended = [
        (number, day)
        for number, day in connection.execute(query)
        if (until := settled_until(number)) is not None and day <= until
    ]
    if not mended:
        return
    named = {each.number: each for each in strategies.by_numbers(session, {number for number, _ in mended})}
    for number, day in mended:
        key = (_missing.c.strategy_number == number, _missing.c.trade_date == day)
        connection.execute(update(_missing).where(*key).values(mended_at=now))
        facts = _facts(named[number].user_id, number, named[number].slug, day)
        events.note(connection, now, "settlement_mended", facts)


def _reasons(run: SettlementRun | None) -> Callable[[str], str]:
    """Why a strategy, by its slug, has no NAV row, as the run of the day tells it."""
    if run is None:
        return lambda _: NOT_SETTLED
    failed: dict[str, str] = {each["slug"]: each["reason"] for each in run.failed}
    otherwise, waiting = ENDED.get(run.status, NOT_SETTLED), run.detail.get("waiting")
    if waiting:
        otherwise = (
            f"the settlement waits for market data of {waiting['trade_date']}:"
            f" {waiting['present']} of {waiting['expected']} instruments are there"
        )
    return lambda slug: failed.get(slug, otherwise)


def _facts(user_id: str, number: int, slug: str, day: date) -> dict[str, Any]:
    return {"user_id": user_id, "strategy": number, "slug": slug, "trade_date": day}
