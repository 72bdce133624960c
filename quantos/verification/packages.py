"""Verification packages and the audit log of public strategies, made from what settlement has stored.

A package shows a signal and its nonce: it exists for settled days alone, whose deadline has long passed.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from typing import Any, Final, NamedTuple

import orjson

from quantos.errors import NotFound, Unavailable
from quantos.kit.clock import rfc3339
from quantos.market.service import BENCHMARKS
from quantos.settlement.core.record import DayRecord
from quantos.storage.records import Records
from quantos.strategies.service import Strategies
from quantos.verification.answers import Answers
from quantos.verification.audit import entry
from quantos.verification.benchmarks import Benchmarks
from quantos.verification.binding import Terms, nav_sha256, salt_of, terms_of
from quantos.verification.how_to import how_to_verify
from quantos.verification.marks import Marks
from quantos.verification.package import Beside, GivenSignal, Proof, package
from quantos.verification.ports import Commits, DaySource, MarketSource, Repository
from quantos.verification.reading import Reader, Stored

TERMS_MAX: Final = 10_000
OPEN_MAX: Final = 10_000


class SettledDayNotFound(NotFound):
    """The day is not settled for this strategy, or has no such revision."""

    code = "settled_day_not_found"


class Asked(NamedTuple):
    """A package: of a strategy (its series key) on a day; revision None: the one in force."""

    number: int
    trade_date: date
    revision: int | None


class Packages:
    """The packages of one platform."""

    def __init__(
        self,
        records: Records,
        strategies: Strategies,
        settlement: DaySource,
        market: MarketSource,
        repository: Repository,
        publication: Commits,
        secret: bytes,
        marks: Marks,
    ) -> None:
        """`secret`: of the data directory, for the salts."""
        self._records, self._strategies, self._settlement = records, strategies, settlement
        self._market, self._repository, self._publication = market, repository, publication
        self._secret, self._marks = secret, marks
        self._answers = Answers()
        self._open: set[Asked] = set()  # packages to which a commit may still come: made anew with any change
        self._terms: dict[int, Terms] = {}
        self._benchmarks = Benchmarks(market)
        self._reader = Reader(records, strategies, settlement, market, repository)

    async def package(self, number: int, trade_date: date | None, revision: int | None) -> bytes:
        """The package as JSON; of the latest settled day where none is named. Raises SettledDayNotFound."""
        asked = self._asked(number, trade_date, revision)
        stamp = self._stamp(asked)
        return self._answers.fresh(asked, stamp) or await self._answers.make(
            asked, stamp, lambda: self._made(asked)
        )

    def restatements(self, number: int) -> dict[str, Any]:
        """`restatements` for the track record of a strategy, only where there are any."""
        found = self._settlement.days.restatements(number)
        listed = [{"from": r.from_date, "at": rfc3339(r.at), "reason": r.reason} for r in found]
        return {"restatements": listed} if listed else {}

    async def audit(self, number: int, limit: int, offset: int) -> bytes:
        """A page of the audit log as JSON, newest first."""
        key, stamp = ("audit", number, limit, offset), self._settlement.version(number)
        return self._answers.fresh(key, stamp) or await self._answers.make(
            key, stamp, lambda: self._audit(number, limit, offset)
        )

    # inside

    def _stamp(self, asked: Asked) -> Hashable:
        versions: tuple[Hashable, ...] = (
            self._settlement.version(asked.number),
            self._market.version,
            self._publication.version,
            self._marks.edition,
        )
        return (*versions, self._records.generation) if asked in self._open else versions

    def _asked(self, number: int, trade_date: date | None, revision: int | None) -> Asked:
        last = self._settlement.settled_until(number)
        if last is None or (trade_date is not None and trade_date > last):
            raise _not_settled(trade_date)
        return Asked(number, trade_date or last, revision)

    def _made(self, asked: Asked) -> bytes:
        number, day = asked.number, asked.trade_date
        terms = self._terms_of(number)
        found = self._reader.read(number, day, asked.revision)
        if found is None:
            raise _not_settled(day, asked.revision)
        record, stored = found
        try:
            beside = self._beside(record, terms, stored)
        except OverflowError as error:
            raise SettledDayNotFound(f"{day} has no package: {error}") from None
        awaited = beside.settlement_proof is None or (beside.signal and beside.signal_proof is None)
        if self._repository.configured and awaited and len(self._open) < OPEN_MAX:
            self._open.add(asked)
        else:
            self._open.discard(asked)
        return self._json(record, terms, beside)

    def _json(self, record: DayRecord, terms: Terms, beside: Beside) -> bytes:
        made = package(record, terms, beside)
        made["how_to_verify"] = how_to_verify(terms.slug, record, made, made_up=self._marks.made_up())
        return orjson.dumps({**made, **self._marks.fields()})

    def _beside(self, record: DayRecord, terms: Terms, stored: Stored | None) -> Beside:
        day, salt = record.trade_date, salt_of(self._secret, terms.slug, record.trade_date)
        signal, proof = self._signal(record, stored)
        digest = nav_sha256(record, terms, salt, signal.signal_hash if signal else None)
        return Beside(
            salt,
            digest,
            signal,
            proof,
            self._settlement_proof(record, digest),
            (BENCHMARKS[terms.universe], self._benchmarks.daily_return(terms.universe, day)),
            self._status_salts(terms, day),
        )

    def _status_salts(self, terms: Terms, day: date) -> list[tuple[date, str]]:
        """What unhides the strategy's earlier changes of status: not each of their days has a package."""
        if not self._repository.configured:
            return []
        with self._records.read() as session:
            days = self._strategies.governed_days(session, terms.number, day)
        return [(each, salt_of(self._secret, terms.slug, each)) for each in days]

    def _signal(self, record: DayRecord, stored: Stored | None) -> tuple[GivenSignal | None, Proof | None]:
        """The signal that counted. A day of a paused strategy has none, also where one had been submitted."""
        if not record.rebalanced:
            return None, None
        assert stored is not None, "a settled signal is never deleted"
        row, weights = stored
        signal = GivenSignal(
            row.signals, weights.symbols, row.signal_hash, row.nonce, row.submitted_at, row.deadline
        )
        if row.commit_sha is None:
            return signal, None
        url = self._repository.raw_url("attestations", record.trade_date, row.commit_sha)
        return signal, Proof(row.commit_sha, row.committed_at, url)

    def _settlement_proof(self, record: DayRecord, digest: str) -> Proof | None:
        try:
            commit = self._publication.commit_of(record, digest)
        except Unavailable:
            return None  # the package stands without it; it is looked up again
        if commit is None:
            return None
        url = self._repository.raw_url("settlements", record.trade_date, commit.sha)
        return Proof(commit.sha, commit.committed_at, url)

    def _terms_of(self, number: int) -> Terms:
        found = self._terms.get(number)
        if found is None:
            if len(self._terms) >= TERMS_MAX:
                self._terms.clear()
            with self._records.read() as session:
                (strategy,) = self._strategies.by_numbers(session, [number])
            found = self._terms[number] = terms_of(strategy)
        return found

    def _audit(self, number: int, limit: int, offset: int) -> bytes:
        page, total = self._settlement.days.audited(number, limit, offset)
        return orjson.dumps({"audit_log": [entry(day) for day in page], "total": total})


def _not_settled(trade_date: date | None, revision: int | None = None) -> SettledDayNotFound:
    if trade_date is None:
        return SettledDayNotFound("no day of this strategy is settled yet")
    if revision is None:
        return SettledDayNotFound(f"{trade_date} is not settled: the track record lists the days that are")
    return SettledDayNotFound(f"{trade_date} has no revision {revision}")
