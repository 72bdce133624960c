"""Notifications of events, made afterwards from what is stored.

Features leave events in the log of the records store; nobody calls support. Here the log is read on from the
place up to which it was told, and what an event tells its owner is written together with the new place, in one
unit of work: each event is told once, whatever is killed in between, and what was left is told at the next
start. A thread does this as soon as it is woken by a commit. Whoever reads notifications first has the rest
told (`caught_up`), so nobody who has been answered a change misses the notice of it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from quantos.errors import QuantosError
from quantos.kit.ids import new_id
from quantos.storage import events
from quantos.storage.events import Event
from quantos.storage.records import Records
from quantos.support import store
from quantos.support.core import notices
from quantos.support.core.notices import Ending
from quantos.support.core.texts import Language
from quantos.support.tables import Notification

READER: Final = "notifications"
EVENTS_A_UNIT: Final = 100
"""About 30 ms of the only writer, so that requests wait no longer."""

logger = logging.getLogger(__name__)


class Follower:
    """Follows the event log; one reader of it at a time."""

    def __init__(self, records: Records, language: Language) -> None:
        self._records, self._language = records, language
        self._turn = threading.Lock()
        self._woken = threading.Event()
        self._noted, self._told = 1, 0  # wake-ups, and how many of them are dealt with; a start counts as one
        self._seen: int | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None
        records.listen(self._wake, notices.RULES)

    def start(self) -> None:
        """Tell what was left, and from now on what comes, in a thread."""
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
        self._thread.start()
        self._woken.set()

    def stop(self) -> None:
        """Wait for what is being told; the next start tells the rest."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    async def caught_up(self) -> None:
        """Return once everything committed so far is told; or could not be, which the log says."""
        if self._told < self._noted:
            await asyncio.to_thread(self.follow)

    def follow(self) -> None:
        """Tell everything committed so far. Never raises: what cannot be written now is told later."""
        with self._turn:
            noted = self._noted
            try:
                while self._tell_some():
                    if self._stopping:
                        return
            except (QuantosError, SQLAlchemyError) as error:
                logger.error("notifications are not written yet: %s", error)  # noqa: TRY400 - named
                return
            self._told = noted

    def _wake(self) -> None:
        self._noted += 1  # one commit at a time
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.wait()
            self._woken.clear()
            if self._told < self._noted:
                self.follow()

    def _tell_some(self) -> bool:
        """Tell the next events of the log; whether there were any."""
        with self._records.read() as session:
            if self._seen is None:
                self._seen = events.place(session, READER)
            found = events.after(session, self._seen, EVENTS_A_UNIT, notices.RULES)
            newest = events.last(session)
        if found:
            newest = found[-1].sequence
            with self._records.write() as session:
                for event in found:
                    self._tell(session, event)
                events.move(session, READER, newest)
        self._seen = newest  # what lies between is nobody's news, and is not read again
        return bool(found)

    def _tell(self, session: Session, event: Event) -> None:
        """One event that cannot be told must not keep back those after it."""
        try:
            with session.begin_nested():  # PostgreSQL would refuse everything after a failed statement
                self._write(session, event)
        except (KeyError, TypeError, IntegrityError):
            logger.exception("event %s (%s) cannot be told", event.id, event.kind)

    def _write(self, session: Session, event: Event) -> None:
        news = notices.of_event(event.kind, event.payload, self._language)
        if isinstance(news, Ending):
            store.end_notification(session, news.subject, f" {news.addition}")
        elif news is not None:
            row = Notification(
                id=new_id(),
                user_id=news.user_id,
                kind=event.kind,
                title=news.title,
                message=news.message,
                subject=news.subject,
                event=event.id,
                created_at=event.at,
            )
            store.add_notification(session, row)
