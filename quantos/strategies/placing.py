"""Taking in a signal, replacing it, withdrawing it; and its attestation.

A signal that goes into the attestation repository is *claimed* in the same unit of work that stores it (or, in
deadline mode, that begins its batch). From then on it can be neither replaced nor deleted, until its commit has
certainly failed: whatever is in the repository, or may be, is the signal that is stored here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.attestation.core.batches import Intake
from quantos.attestation.service import Attestation, Attested, Placed
from quantos.kit.clock import Clock, rfc3339
from quantos.kit.ids import new_id, new_nonce
from quantos.market.service import Market
from quantos.storage import events
from quantos.storage.records import Records
from quantos.storage.types import instant_text
from quantos.strategies import store
from quantos.strategies.core import signal as signals
from quantos.strategies.core.deadlines import Execution, check_deadline, check_not_settling, check_trade_date
from quantos.strategies.core.doubts import Recent, doubts
from quantos.strategies.core.status import TAKE_SIGNALS, Status, status_at
from quantos.strategies.owned import is_slug, not_found, number_of, own
from quantos.strategies.refusals import (
    SignalByHand,
    SignalIrreplaceable,
    SignalLocked,
    SignalNotFound,
    TakesNoSignals,
)
from quantos.strategies.schemas import Submission

Alongside = Callable[[Connection], None]
"""Stores what belongs to a signal, in its unit of work."""

RECENT_SESSIONS: Final = 10
"""On none of these a symbol has a bar: whoever checks a signal is told."""

_ATTESTED: Final = {Intake.CLAIMED: "at_submission", Intake.WAITING: "before_deadline"}


class Placing:
    """Signals on their way into the store and out of it. `is_past`: whether a strategy's date is settled."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: Market,
        attestation: Attestation,
        is_past: Callable[[int, date], bool],
    ) -> None:
        self._records, self._clock, self._market = records, clock, market
        self._attestation, self._is_past = attestation, is_past

    async def submit(
        self,
        caller: Caller,
        slug: str,
        submission: Submission,
        received: datetime,
        made: Alongside | None = None,
    ) -> dict[str, Any]:
        """Store a signal, or replace the one of its date, and attest it: the receipt.

        `made`: of a signal that the strategy's portfolio has made, which replaces none; what is stored with it.
        """
        signals.check(submission.signals)
        if not is_slug(slug):
            raise not_found()
        trade_date, nonce = submission.trade_date, new_nonce()
        values: dict[str, Any] = {
            "id": new_id(),
            "signals": signals.encode(submission.signals),
            "nonce": nonce,
            "signal_hash": signals.signal_hash(slug, trade_date.isoformat(), submission.signals, nonce),
            "submitted_at": instant_text(received),
        }

        def work(connection: Connection) -> tuple[Placed, bool]:
            placed = self._place(connection, caller, slug, trade_date, received, values, by_hand=made is None)
            if made is not None:
                made(connection)
            return placed

        await self._attestation.look_at(trade_date)
        # a caller that goes away does not take the attestation with it
        placed, replaced, attested = await asyncio.shield(self._store_and_attest(work, values))
        return {
            "id": values["id"],
            "trade_date": trade_date,
            "signal_hash": placed.signal_hash,
            "submitted_at": rfc3339(received),
            "is_settled": False,
            "github_committed": attested.sha is not None,
            "attestation": _shown(attested),
            "replaced": replaced,
        }

    async def validate(
        self, caller: Caller, slug: str, submission: Submission, received: datetime
    ) -> dict[str, Any]:
        """All checks of a submission, and what it would store; nothing is stored. Raises what `submit` raises."""
        signals.check(submission.signals)
        if not is_slug(slug):
            raise not_found()
        await self._attestation.look_at(submission.trade_date)
        with self._records.read() as session:
            slot, deadline = self._admitted(
                session.connection(), caller, slug, submission.trade_date, received
            )
        taken = self._attestation.intake(deadline)
        return {
            "valid": True,
            "trade_date": submission.trade_date,
            "deadline": rfc3339(deadline),
            "signals": [{"symbol": each.symbol, "weight": each.weight} for each in submission.signals],
            "cash_weight": signals.cash_weight([each.weight for each in submission.signals]),
            "would_replace": slot.signal_id is not None,
            "would_activate": slot.status == Status.PENDING,
            "would_attest": None if taken is None else _ATTESTED[taken],
            "warnings": await asyncio.to_thread(self._doubts, submission),
        }

    def _doubts(self, submission: Submission) -> list[dict[str, Any]]:
        symbols = [each.symbol for each in submission.signals]
        known = self._market.instruments().number_of.keys()
        found = self._market.with_bars(symbols, submission.trade_date, RECENT_SESSIONS) if known else None
        return doubts(symbols, known, None if found is None else Recent(found[0], RECENT_SESSIONS, found[1]))

    async def _store_and_attest(
        self, work: Callable[[Connection], tuple[Placed, bool]], values: dict[str, Any]
    ) -> tuple[Placed, bool, Attested]:
        placed, replaced = await self._records.commit_prepared(work)
        taken = values["attestation"]
        return placed, replaced, await self._attestation.attest(placed, taken and Intake(taken))

    def _place(
        self,
        connection: Connection,
        caller: Caller,
        slug: str,
        trade_date: date,
        received: datetime,
        values: dict[str, Any],
        *,
        by_hand: bool,
    ) -> tuple[Placed, bool]:
        day = trade_date.isoformat()
        slot, deadline = self._admitted(connection, caller, slug, trade_date, received, by_hand=by_hand)
        taken = self._attestation.intake(deadline)
        values |= {"deadline": instant_text(deadline), "attestation": None if taken is None else taken.value}
        if slot.signal_id is None:
            store.add_signal(connection, slot.number, day, values)
        else:
            values["id"] = slot.signal_id
            store.replace_signal(connection, slot.number, day, values)
        if slot.status == Status.PENDING:
            store.activate(connection, slot.number, received)
        elif values["submitted_at"] < (slot.activated_at or ""):
            store.activate_earlier(connection, slot.number, received)
        said = {"slug": slug, "trade_date": day, "replaced": slot.signal_id is not None}
        events.note(connection, received, "signal_submitted", said)
        placed = Placed(
            number=slot.number,
            slug=slug,
            universe=slot.universe,
            execution_price=slot.execution_price,
            is_public=bool(slot.is_public),
            trade_date=trade_date,
            signal_hash=values["signal_hash"],
            nonce=values["nonce"],
            deadline=deadline,
        )
        return placed, slot.signal_id is not None

    def _admitted(
        self,
        connection: Connection,
        caller: Caller,
        slug: str,
        trade_date: date,
        received: datetime,
        *,
        by_hand: bool = True,
    ) -> tuple[store.Slot, datetime]:
        """Its place and deadline, where the signal is taken now."""
        slot = store.slot(connection, slug, caller.user_id, trade_date.isoformat())
        if slot is None:
            raise not_found()
        if by_hand and slot.portfolio_id is not None:
            raise SignalByHand("the strategy's portfolio makes its signals: none are taken by hand")
        if slot.status not in TAKE_SIGNALS:
            raise TakesNoSignals(
                f"strategy status is {slot.status}: only pending and active ones take signals"
            )
        check_trade_date(trade_date, self._market.calendar)
        deadline = check_deadline(Execution(slot.execution_price), trade_date, received)
        now = self._clock.now()
        check_not_settling(trade_date, now)
        if now >= deadline and status_at(store.log_of(connection, slot.number), deadline) is Status.PAUSED:
            raise TakesNoSignals("strategy status was paused at the deadline: the signal would not count")
        if slot.signal_id is not None and not by_hand:
            raise SignalIrreplaceable(f"there is a signal for {trade_date} already")
        if slot.signal_id is not None:
            self._check_replaceable(slot, trade_date)
        if self._attestation.is_taken(slug, trade_date):
            raise SignalIrreplaceable(
                f"the signal for {trade_date} is attested and cannot be replaced: the attestation repository has one that"
                " these records do not know"
            )
        return slot, deadline

    def _check_replaceable(self, slot: store.Slot, trade_date: date) -> None:
        if slot.commit_sha is not None:
            what = "attested"
        elif slot.attestation == Intake.CLAIMED:
            what = "being attested"
        elif self._is_past(slot.number, trade_date):
            what = "settled"
        else:
            return
        raise SignalIrreplaceable(f"the signal for {trade_date} is {what} and cannot be replaced")

    async def withdraw(self, caller: Caller, slug: str, trade_date: date) -> dict[str, Any]:
        """Delete the signal of a date. Raises SignalNotFound; SignalLocked, DeadlinePassed."""
        received = self._clock.now()
        await self._attestation.look_at(trade_date)

        def work(session: Session) -> None:
            strategy = own(session, caller, slug)
            number = number_of(strategy)
            found = store.signal_of(session, number, trade_date)
            if found is None:
                raise SignalNotFound(f"{slug} has no signal for {trade_date}")
            if self._is_past(number, trade_date):
                raise SignalLocked("settled signals are immutable")
            if found.commit_sha is not None:
                raise SignalLocked("attested signals cannot be deleted")
            if found.attestation == Intake.CLAIMED:
                raise SignalLocked("the signal is being attested: attested signals cannot be deleted")
            if self._attestation.is_taken(slug, trade_date):
                raise SignalLocked("attested signals cannot be deleted: the repository has one of that date")
            check_deadline(Execution(strategy.execution_price), trade_date, received)
            check_not_settling(trade_date, self._clock.now())
            store.delete_signal(session, number, trade_date)
            said = {"slug": slug, "trade_date": trade_date}
            events.note(session.connection(), received, "signal_withdrawn", said)

        await self._records.commit(work)
        return {"deleted": True}


def _shown(attested: Attested) -> dict[str, Any]:
    if attested.sha is None:
        return {"committed": False, "reason": attested.reason}
    return {"committed": True, "sha": attested.sha}
