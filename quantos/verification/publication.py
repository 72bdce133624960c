"""The digests of settled days on their way into the attestation repository.

What is published is what is stored: after each run the strategy-days that the runs since the last publication
have written, superseded ones too. A process that is killed between the two stores, a repository that cannot be
written, or none at all, delay it to the next run; nothing of it ever fails a settlement. A mark in the series
store says up to which run all is published, with one digest as witness: a repository that does not know the
witness is another one, and everything is handed to it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from quantos.attestation.service import Commit, DigestConflict, SettlementDigest
from quantos.errors import NotFound, QuantosError
from quantos.kit.clock import Clock
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.record import DayRecord
from quantos.settlement.core.unpublished import DayCommit, Mark, Unpublished
from quantos.storage.records import Records
from quantos.strategies.service import Strategies
from quantos.verification import contradictions
from quantos.verification.binding import hidden_slug, nav_sha256, salt_of, terms_of
from quantos.verification.contradictions import Contradiction, Contradictions
from quantos.verification.ports import Repository

STRATEGY_DAYS_MAX: Final = 20_000
DAYS_MAX: Final = 200
"""Handed over together, in one commit: about 7 MB of digests."""

logger = logging.getLogger(__name__)


class SettledRuns(Protocol):
    """What settlement has stored of its runs."""

    def last_run(self) -> int: ...

    def of_runs(self, after: int, upto: int) -> Sequence[Unpublished]: ...

    def read(
        self, trade_date: date, signals: Mapping[int, ExactWeights | None], revision: int | None = None
    ) -> list[DayRecord]: ...

    def published(self) -> Mark | None: ...

    def commits(self) -> Sequence[DayCommit]: ...

    def note_published(self, commits: Sequence[DayCommit], mark: Mark | None) -> None: ...

    def forget_commits(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Published:
    """How a publication ended. `reason`: why digests are left for the next one; None where none are."""

    digests: int
    reason: str | None


class _Made(NamedTuple):
    """A digest, and of which strategy it is."""

    number: int
    slug: str
    digest: SettlementDigest


class Publication:
    """Hands digests over, one publication at a time; on any thread but the event loop's."""

    def __init__(
        self,
        records: Records,
        strategies: Strategies,
        settled: SettledRuns,
        repository: Repository,
        clock: Clock,
        secret: bytes,
        data_dir: Path,
    ) -> None:
        self._records, self._strategies, self._settled = records, strategies, settled
        self._repository, self._clock, self._secret = repository, clock, secret
        self._turn = threading.Lock()
        self._ended = settled.last_run()  # nothing runs yet
        repository.publish = self.catch_up
        self._contradictions = Contradictions(data_dir)
        repository.more_alarms = self._contradictions.alarms
        repository.acknowledging[contradictions.CODE] = self._contradictions.acknowledge
        self.version = 0
        """Grows with every publication: which digests are committed may have changed."""
        self._commits: dict[date, list[DayCommit]] = {}
        self._mark: Mark | None = None
        if repository.configured:
            self._keep(settled.commits())
        self._stopping = threading.Event()
        self._catching_up: threading.Thread | None = None

    def commit_of(self, record: DayRecord, digest: str) -> Commit | None:
        """The commit of a day's digest. What was not noted is looked up in the repository.

        Raises Unavailable where that cannot be read.
        """
        for commit in self._commits.get(record.trade_date, ()):
            if commit.after_run < record.run <= commit.run:
                return Commit(commit.sha, commit.committed_at)
        return self._repository.settlement_commit(record.trade_date, digest)

    def start(self) -> None:
        """Complete what a killed process left; live in a thread of its own, for it may be much."""
        if self._clock.simulated:
            self.catch_up()
        elif self._repository.configured:
            self._catching_up = threading.Thread(target=self.catch_up, name="publication", daemon=True)
            self._catching_up.start()

    def stop(self) -> None:
        """Wait for what is being handed over; the next start completes the rest."""
        self._stopping.set()
        if self._catching_up is not None:
            self._catching_up.join()

    def after_run(self, run: int) -> None:
        """A run has ended, and so has every one before it. Never raises: settled is settled."""
        self._ended = max(self._ended, run)
        self.catch_up()

    def catch_up(self) -> Published:
        """Publish whatever the ended runs have left. Never raises."""
        if not self._repository.configured:
            return Published(0, "repo_not_configured")
        try:
            with self._turn:
                self._hold_again()
                return self._publish(self._ended)
        except QuantosError as refusal:
            logger.error("digests of settled days are not committed: %s", refusal.message)  # noqa: TRY400 - named
            return Published(0, refusal.message)
        except Exception as error:
            logger.exception("digests of settled days could not be committed; the next run tries again")
            return Published(0, f"{type(error).__name__}: the log has the details")

    def _hold_again(self) -> None:
        """What contradicted the repository, against the repository as both stand now."""
        days = list(self._contradictions.days())
        if not days:
            return
        made = [each for day in days for each in self._digests(*day)]
        reason, _, contrary = self._commit(made)
        if reason is None:
            self._contradictions.replace(contrary)

    def _publish(self, upto: int) -> Published:
        mark = self._mark = self._mark or self._settled.published()
        if mark is not None and not self._is_there(mark.trade_date, mark.nav_sha256):
            logger.warning(
                "the attestation repository does not know what was committed: all is handed to it again"
            )
            mark = self._mark = None
            self._settled.forget_commits()
            self._commits = {}
        after = mark.run if mark else 0
        if upto <= after:
            return Published(0, None)
        count, witness = 0, None
        parts = list(_parts(self._settled.of_runs(after, upto)))
        for number, part in enumerate(parts, 1):
            made: list[_Made] = []
            for day in part:
                if self._stopping.is_set():
                    return Published(count, "stopping")
                made += self._digests(*day)
            digests = [each.digest for each in made]
            reason, commit, contrary = self._commit(made)
            self._contradictions.add(contrary)
            if reason is not None:
                return Published(count, reason)
            count, witness = count + len(digests), self._witness(digests) or witness
            mark = None
            if witness is not None and number == len(parts):  # with the last of them all is published
                mark = Mark(upto, witness.trade_date, witness.nav_sha256, self._clock.now())
            days = sorted({digest.trade_date for digest in digests})
            noted = [DayCommit(after, upto, day, commit.sha, commit.committed_at) for day in days if commit]
            self._note(noted, mark)
        return Published(count, None)

    def _note(self, noted: Sequence[DayCommit], mark: Mark | None) -> None:
        """Keep the commits of digests, none where they are of several: those are looked up when asked for."""
        if noted or mark is not None:
            self._settled.note_published(noted, mark)
            self._keep(noted)
            self._mark = mark or self._mark
        self.version += 1

    def _keep(self, commits: Sequence[DayCommit]) -> None:
        for commit in commits:
            self._commits.setdefault(commit.trade_date, []).append(commit)

    def _witness(self, digests: Sequence[SettlementDigest]) -> SettlementDigest | None:
        """One that is in the repository; where another digest stood in its place, it is not."""
        return next((d for d in reversed(digests) if self._is_there(d.trade_date, d.nav_sha256)), None)

    def _is_there(self, trade_date: date, nav_sha256: str) -> bool:
        """Whether the repository has the digest; by which commit is a far longer question."""
        try:
            return nav_sha256.encode() in self._repository.file("settlements", trade_date)
        except NotFound:
            return False

    def _commit(self, made: Sequence[_Made]) -> tuple[str | None, Commit | None, list[Contradiction]]:
        """(why they are not committed, the one commit that brought them all, those that stand there otherwise)."""
        by_date: dict[date, list[SettlementDigest]] = {}
        for _, _, digest in made:
            by_date.setdefault(digest.trade_date, []).append(digest)
        try:
            done = self._repository.commit_settlements(by_date)
        except DigestConflict as conflict:  # of those that stand otherwise, to try again would change nothing
            logger.error("%s", conflict.message)  # noqa: TRY400 - a named fact
            return conflict.reason, None, _contradictions(made, frozenset(conflict.digests))
        together = len(done.commits) == 1 and done.added == len(made)
        return done.reason, done.commits[0] if together else None, []

    def _digests(self, trade_date: date, revision: int | None, numbers: Sequence[int]) -> Iterator[_Made]:
        """The digests of a day of some strategies."""
        with self._records.read() as session:
            strategies = {s.number: s for s in self._strategies.by_numbers(session, numbers)}
            stored = self._strategies.signals_stored(session, trade_date, numbers)
        signals = {n: stored[n][1] if n in stored else None for n in numbers}
        for record in self._settled.read(trade_date, signals, revision):
            strategy = strategies[record.strategy]
            digest = self._digest(record, strategy, stored[record.strategy][0] if record.rebalanced else None)
            if digest is not None:
                yield _Made(record.strategy, strategy.slug, digest)

    def _digest(self, record: DayRecord, strategy: Any, signal: Any) -> SettlementDigest | None:
        terms = terms_of(strategy)
        salt = salt_of(self._secret, terms.slug, record.trade_date)
        try:
            bound = nav_sha256(record, terms, salt, signal.signal_hash if signal else None)
        except OverflowError as error:
            logger.error("no digest of %s on %s: %s", terms.slug, record.trade_date, error)  # noqa: TRY400 - a named fact
            return None
        return SettlementDigest(
            record.trade_date,
            terms.slug if strategy.is_public else hidden_slug(terms.slug, salt),
            record.revision,
            bound,
            record.decided.sha256,
            record.decided.rules_version,
        )


def _contradictions(made: Sequence[_Made], contrary: Collection[SettlementDigest]) -> list[Contradiction]:
    return [
        Contradiction(digest.trade_date, digest.revision, number, slug)
        for number, slug, digest in made
        if digest in contrary
    ]


def _parts(days: Sequence[Unpublished]) -> Iterator[list[Unpublished]]:
    """The days in their order, in parts of a bounded size."""
    part: list[Unpublished] = []
    size = 0
    for day in days:
        full = len(part) >= DAYS_MAX or size + len(day.strategies) > STRATEGY_DAYS_MAX
        if part and full:
            yield part
            part, size = [], 0
        part.append(day)
        size += len(day.strategies)
    if part:
        yield part
