"""What the watchdog looks for at 18:45, beside the NAVs that settlement itself looks after.

    data_missing        the day has too few bars to be settled             ended by  data_arrived
    signal_unattested   a signal's deadline has passed without its commit   ended by  signal_attested
    values_missing      an active portfolio has a member without values of the day, of which the next trading day's
                        signal is made                                      ended by  values_arrived

Each finding is noted once, with its event in the same unit of work, and once more when it is mended: whoever looks
first after that (the end of any job, of a settlement or of an import, the next start) says so. Values that have not
come by the deadline of their signal are no finding any longer: that day was missed, which the portfolio tells itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

from sqlmodel import Session

from quantos.kit.clock import Clock
from quantos.market.core.bars import Readiness
from quantos.market.core.calendar import CalendarEnds, TradingCalendar
from quantos.scheduler import store
from quantos.scheduler.tables import WatchFinding
from quantos.storage.events import note
from quantos.storage.records import Records
from quantos.strategies.core.deadlines import Execution

WATCHDOG: Final = "settlement_watchdog"
DATA, SIGNAL, VALUES = "data_missing", "signal_unattested", "values_missing"
ENDS: Final = {DATA: "data_arrived", SIGNAL: "signal_attested", VALUES: "values_arrived"}
"""The event that ends a finding, by its kind, which is that of its own event."""

logger = logging.getLogger(__name__)


class Finding(NamedTuple):
    """What is amiss. `subject` tells it from others of its kind and day; `facts`: of its event, beside the day."""

    kind: str
    subject: str
    trade_date: date
    facts: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, date]:
        return self.kind, self.subject, self.trade_date


class MarketWatched(Protocol):
    """What the market answers."""

    @property
    def calendar(self) -> TradingCalendar: ...

    def last_date(self) -> date | None: ...

    @property
    def version(self) -> int: ...

    def readiness(self, day: date) -> Readiness: ...


class SignalsWatched(Protocol):
    """What strategies answer: {user_id, strategy, slug, trade_date} of each."""

    def overdue_signals(self) -> Sequence[Mapping[str, Any]]: ...


class PortfoliosWatched(Protocol):
    """What portfolios answer: {user_id, portfolio_id, name, factors (names)} of each active one that lacks values."""

    def without_values(self, day: date) -> Sequence[Mapping[str, Any]]: ...


class Watchdog:
    """Looks, notes, and looks again."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        market: MarketWatched,
        signals: SignalsWatched,
        portfolios: PortfoliosWatched | None = None,
    ) -> None:
        self._records, self._clock, self._market = records, clock, market
        self._signals, self._portfolios = signals, portfolios
        self._turn = threading.Lock()
        self._asked: tuple[int, dict[date, list[Finding]]] = (-1, {})

    def look(self, trade_date: date) -> dict[str, list[str]]:
        """Note what is amiss of a day that is over, and what is mended: {data, unattested, without_values}."""
        with self._turn:
            found = [*self._data(trade_date), *self._unattested(), *self._values(trade_date)]
            with self._records.read() as session:
                known = store.noted(session, [each.trade_date for each in found])
            fresh = [each for each in found if each.key not in known]
            if fresh:
                with self._records.write() as session:
                    for each in fresh:
                        self._note(session, each)
        self.look_again()
        return {
            "data": [str(each.trade_date) for each in found if each.kind == DATA],
            "unattested": [each.facts["slug"] for each in found if each.kind == SIGNAL],
            "without_values": [each.facts["name"] for each in found if each.kind == VALUES],
        }

    def look_again(self) -> None:
        """End the findings that are mended. Never raises: the next look does it."""
        try:
            with self._turn:
                self._mend()
        except Exception:
            logger.exception("what the watchdog found could not be looked at again; the next look tries")

    def standing(self, kind: str) -> list[Mapping[str, Any]]:
        """The facts of the findings of a kind that are not mended, oldest first, with their `trade_date`."""
        with self._records.read() as session:
            return [
                {**each.facts, "trade_date": each.trade_date}
                for each in store.open_findings(session)
                if each.kind == kind
            ]

    def lacking_values(self) -> list[Mapping[str, Any]]:
        """Portfolios that lack values of a day, for the overview."""
        return self.standing(VALUES)

    # what is amiss

    def _data(self, day: date) -> list[Finding]:
        """Asked of a day once for each state of the market: days without bars may stand open for years."""
        version, asked = self._asked
        if version != self._market.version:
            version, asked = self._asked = self._market.version, {}
        if day not in asked:
            asked[day] = self._lacking(day)
        return asked[day]

    def _lacking(self, day: date) -> list[Finding]:
        if self._market.last_date() is None or (found := self._market.readiness(day)).ready:
            return []
        return [Finding(DATA, "", day, {"present": found.present, "expected": found.expected})]

    def _unattested(self) -> Iterable[Finding]:
        for each in self._signals.overdue_signals():
            yield Finding(SIGNAL, str(each["strategy"]), each["trade_date"], each)

    def _values(self, day: date) -> Iterable[Finding]:
        if self._portfolios is None or self._is_past(day):
            return
        for each in self._portfolios.without_values(day):
            yield Finding(VALUES, each["portfolio_id"], day, each)

    def _is_past(self, day: date) -> bool:
        """Whether the signal that is made of a day's values can no longer be made."""
        try:
            following = self._market.calendar.next_after(day)
        except CalendarEnds:
            return True
        return self._clock.now() >= Execution.OPEN.deadline(following)

    # what is stored

    def _note(self, session: Session, finding: Finding) -> None:
        now, facts = self._clock.now(), _plain(finding.facts)
        row = WatchFinding(
            kind=finding.kind,
            subject=finding.subject,
            trade_date=finding.trade_date,
            facts=facts,
            noted_at=now,
        )
        session.add(row)
        session.flush()
        note(session.connection(), now, finding.kind, {**facts, "trade_date": finding.trade_date})

    def _mend(self) -> None:
        with self._records.read() as session:
            standing = store.open_findings(session)
        if not standing:
            return
        amiss = {each.key for each in self._still(standing)}
        over = [each for each in standing if (each.kind, each.subject, each.trade_date) not in amiss]
        if not over:
            return
        now = self._clock.now()
        with self._records.write() as session:
            for each in over:
                store.end_finding(session, each, now)
                if each.kind == VALUES and self._is_past(each.trade_date):
                    continue
                said = {**each.facts, "trade_date": each.trade_date}
                note(session.connection(), now, ENDS[each.kind], said)

    def _still(self, standing: Sequence[WatchFinding]) -> Iterable[Finding]:
        for kind, looked in ((DATA, self._data), (VALUES, self._values)):
            for day in sorted({each.trade_date for each in standing if each.kind == kind}):
                yield from looked(day)
        if any(each.kind == SIGNAL for each in standing):
            yield from self._unattested()


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "trade_date"}
