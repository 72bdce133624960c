"""Attestation as the rest of the platform sees it.

Where no repository is configured nothing of it is imported, started or written; every signal is answered with
`repo_not_configured` and recorded all the same.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from quantos.attestation import failures
from quantos.attestation.core.batches import Intake, When, intake
from quantos.attestation.core.dayfile import Kind, path_of
from quantos.attestation.core.digests import Commit, DigestConflict, SettlementDigest, SettlementsCommitted
from quantos.attestation.core.entries import Attested, Placed, without_commit
from quantos.attestation.core.statuses import StatusChanged
from quantos.attestation.failures import NotCommitted
from quantos.attestation.ports import Claimed, Outbox, Outstanding, Publishing
from quantos.attestation.terms import Terms
from quantos.errors import NotFound, Unavailable, WrongState
from quantos.kit.clock import Clock

if TYPE_CHECKING:
    from quantos.attestation.engine import Engine

__all__ = [
    "Attestation",
    "Attested",
    "Claimed",
    "Commit",
    "DigestConflict",
    "Outstanding",
    "Placed",
    "SettlementDigest",
    "SettlementsCommitted",
    "StatusChanged",
    "Terms",
    "When",
    "generate_key",
    "signing_key",
]

ANSWER_S_MAX: Final = 15.0
"""How long a submission waits for its commit before it is answered that this is pending."""

PUBLIC_ROUTE: Final = "/api/v1/public"


class NoRepository(NotFound):
    code = "attestation_not_configured"


class NotAttested(NotFound):
    code = "attestation_not_found"


class NothingToAcknowledge(WrongState):
    code = "nothing_to_acknowledge"


class RepositoryUnavailable(Unavailable):
    code = "attestation_unavailable"


class RepositoryInTheWay(WrongState):
    """A backup's repository cannot be put where another one is."""

    code = "attestation_repository_in_the_way"


class KeyUnusable(WrongState):
    code = "attestation_key_unusable"


class Attestation:
    """The attestation repository of this platform."""

    def __init__(self, terms: Terms, clock: Clock, data_dir: Path) -> None:
        self._terms, self._clock, self._data_dir = terms, clock, data_dir
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._starter: threading.Thread | None = None
        self.outbox: Outbox | None = None
        """Plugged in by the feature that stores signals."""
        self.publish: Callable[[], Publishing] | None = None
        """Hands over what settled days have left; plugged in by the feature that makes their digests."""
        self.more_alarms: Callable[[], list[dict[str, str]]] = list
        """What that feature has found wrong with the repository."""
        self.acknowledging: dict[str, Callable[[], int]] = {
            failures.OTHERWISE: lambda: 0 if self.outbox is None else self.outbox.acknowledge()
        }
        """By the code of an alarm that nothing may end: what takes it as known; that feature adds its own."""

    @property
    def configured(self) -> bool:
        """Whether there is a repository."""
        return bool(self._terms.repo)

    def do_not_wait_for_the_disk(self) -> None:
        """Of a directory that is played and thrown away: a power cut may cost it. To be called before anything else."""
        assert self._engine is None, "nothing was committed yet"
        self._terms = replace(self._terms, synced=False)

    def start(self) -> None:
        """Take up what an earlier process left over, in the background: nobody waits for it."""
        if self.configured:
            self._starter = threading.Thread(target=self._start, name="attestation-start", daemon=True)
            self._starter.start()

    def close(self) -> None:
        """Commit what has arrived, and end."""
        if self._starter is not None:
            self._starter.join()
        if self._engine is not None:
            self._engine.close()

    # signals

    def intake(self, deadline: datetime) -> Intake | None:
        """What becomes of a signal that is stored now; None without a repository."""
        if not self.configured:
            return None
        return intake(self._terms.when, deadline, self._clock.now(), timedelta(seconds=self._terms.lead_s))

    async def look_at(self, trade_date: date) -> None:
        """Before a signal of that date is stored: learn what the repository has of it. Once for each date."""
        if not self.configured:
            return
        engine = self._engine
        if engine is None:
            engine = await asyncio.to_thread(self._opened_once)
        if not engine.earlier.knows(trade_date):
            await asyncio.to_thread(engine.earlier.look, trade_date)

    def is_taken(self, slug: str, trade_date: date) -> bool:
        """Whether the repository had an entry of that name for a date that was looked at."""
        return self._engine is not None and self._engine.earlier.has(slug, trade_date)

    async def attest(self, signal: Placed, taken: Intake | None) -> Attested:
        """The commit of a signal that was stored with that intake, or why there is none yet."""
        if taken is None:
            return without_commit(failures.REPO_NOT_CONFIGURED)
        if taken is Intake.WAITING:
            return without_commit(failures.BATCHED)
        engine = self._engine
        if engine is None:
            engine = await asyncio.to_thread(self._opened_once)
        future: asyncio.Future[Attested] = asyncio.wrap_future(engine.committer.put(signal))
        done, _ = await asyncio.wait({future}, timeout=ANSWER_S_MAX)
        if not done:
            return without_commit(failures.PENDING)
        try:
            return future.result()
        except NotCommitted as refusal:
            return without_commit(refusal.reason)

    async def attest_statuses(self) -> None:
        """Commit the changes of status that are stored; what cannot be is committed later. Never raises."""
        if not self.configured:
            return
        committer = (await asyncio.to_thread(self._opened_once)).committer
        future = asyncio.wrap_future(committer.call(committer.sweep_statuses))
        done, _ = await asyncio.wait({future}, timeout=ANSWER_S_MAX)
        for each in done:
            each.exception()  # the platform is stopping: the next start commits it

    def attest_due(self, *, late_too: bool) -> dict[str, Any]:
        """Commit what is outstanding and due: {committed, left, reason}. For jobs, in a thread of theirs."""
        if not self.configured:
            return {"committed": 0, "left": 0, "reason": failures.REPO_NOT_CONFIGURED}
        committer = self._running.committer
        return committer.call(lambda: committer.sweep(late_too=late_too)).result()._asdict()

    def is_batch_due(self, instant: datetime) -> bool:
        """In deadline mode: whether a signal's batch begins at that instant or before it."""
        if not self.configured or self._terms.when is not When.DEADLINE or self.outbox is None:
            return False
        return self.outbox.is_due(self._running.window_at(instant))

    # settlements

    def commit_settlements(
        self, entries_by_date: Mapping[date, Sequence[SettlementDigest]]
    ) -> SettlementsCommitted:
        """Commit the digests of settled strategy-days: one commit for the call, more where there are very many.

        Idempotent: an entry that is there already (the same `nav_sha256`, which binds all else) is not doubled.
        Called from any thread but the event loop's; returns once the commits are durable, or with the reason why
        there are none, and then the same call may be made again. Raises DigestConflict where a strategy-day and
        revision is there with another digest; the other entries are committed all the same.
        """
        if not self.configured:
            return SettlementsCommitted((), 0, 0, failures.REPO_NOT_CONFIGURED)
        try:
            return self._running.commit_settlements(entries_by_date)
        except NotCommitted as refusal:
            return SettlementsCommitted((), 0, 0, refusal.reason)

    @property
    def version(self) -> int:
        """Changes with every commit: what was looked up before may be out of date."""
        return 0 if self._engine is None else self._engine.committer.version

    def settlement_commit(self, trade_date: date, nav_sha256: str) -> Commit | None:
        """The commit that brought a settlement digest into the repository; None where there is none.

        Raises RepositoryUnavailable where the repository cannot be read.
        """
        if not self.configured:
            return None
        try:
            return self._running.lookup.commit_of("settlements", trade_date, nav_sha256)
        except NotCommitted as refusal:
            raise RepositoryUnavailable(
                f"the attestation repository cannot be read: {refusal.reason}"
            ) from None

    # for anyone

    def raw_url(self, kind: Kind, trade_date: date, sha: str) -> str | None:
        """Where anyone reads the file of a date as of a commit; None without a repository."""
        if not self.configured:
            return None
        base = self._terms.raw_url or self._github_raw or PUBLIC_ROUTE
        return f"{base.rstrip('/').replace('{sha}', sha)}/{path_of(kind, trade_date)}"

    def file(self, kind: Kind, trade_date: date) -> bytes:
        """The file of a date at the head of the repository, byte for byte. Raises NoRepository, NotAttested."""
        self._require()
        try:
            found = self._running.lookup.file(kind, trade_date)
        except NotCommitted as refusal:
            raise RepositoryUnavailable(
                f"the attestation repository cannot be read: {refusal.reason}"
            ) from None
        if found is None:
            raise NotAttested(f"the repository has no {path_of(kind, trade_date)}")
        return found

    def bundle(self) -> Path:
        """A file with the whole history as a git bundle. Raises NoRepository, NotAttested."""
        self._require()
        try:
            found = self._running.bundles.path()
        except NotCommitted as refusal:
            raise RepositoryUnavailable(f"the bundle cannot be made: {refusal.reason}") from None
        if found is None:
            raise NotAttested("nothing has been attested yet")
        return found

    # for the operator

    def write_bundle(self, file: Path) -> bool:
        """The whole history as it stands now, for a backup; False where there is none.

        Raises RepositoryUnavailable where it cannot be read.
        """
        if not self.configured:
            return False
        try:
            return self._running.bundles.write(file)
        except NotCommitted as refusal:
            raise RepositoryUnavailable(
                f"the attestation repository cannot be read ({refusal.reason}): see quantos attestation status"
            ) from None

    def status(self, *, check_remote: bool = False) -> dict[str, Any]:
        """How it stands, in plain values. `check_remote`: ask it, which takes as long as it takes."""
        if not self.configured:
            return {"configured": False, "alarms": []}
        return {**self._running.status(check_remote=check_remote), "alarms": self.alarms()}

    def alarms(self) -> list[dict[str, str]]:
        """What an operator must look at: [{code, message}]."""
        return [*self._running.alarms(), *self.more_alarms()] if self.configured else []

    def acknowledge(self, code: str) -> int:
        """What the alarm names now is known and told no more: how many things; another one raises it again.

        Raises NoRepository, NothingToAcknowledge.
        """
        self._require()
        known = self.acknowledging[code]()
        if not known:
            raise NothingToAcknowledge(f"no alarm {code} stands: there is nothing to acknowledge")
        return known

    def retry(self) -> dict[str, Any]:
        """Commit everything outstanding, push, and say how it went. Raises NoRepository."""
        self._require()
        swept = self.attest_due(late_too=True)
        published = None if self.publish is None else self.publish()
        digests = published and {"committed": published.digests, "reason": published.reason}
        pushed = self._running.keeper.push_now().result()
        push = None if pushed is None else {"state": pushed.state, "detail": pushed.detail}
        return {**swept, "digests": digests, "push": push}

    def keep(self) -> None:
        """Push and pack in the background."""
        if self._engine is not None:
            self._engine.keeper.push_now()

    # inside

    def _start(self) -> None:
        self._running.committer.start()

    def _require(self) -> None:
        if not self.configured:
            raise NoRepository("this platform attests nothing: QUANTOS_ATTESTATION_REPO is not set")

    @cached_property
    def _github_raw(self) -> str | None:
        from quantos.attestation.remote import Remote  # noqa: PLC0415 - only with a repository

        return Remote.parse(self._terms.remote).github_raw

    @property
    def _running(self) -> Engine:
        return self._opened_once()

    def _opened_once(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._opened()
        return self._engine

    def _opened(self) -> Engine:
        from quantos.attestation.engine import Engine  # noqa: PLC0415 - git's formats, only with a repository

        assert self.outbox is not None, "the store of signals is plugged in"
        return Engine(self._terms, self._clock, self._data_dir, self.outbox)


def signing_key(setting: str, data_dir: Path) -> dict[str, str] | None:
    """The key that signs commits: {kind, key, published, file}; None where there is none. Raises KeyUnusable.

    `published`: what anyone needs to check signatures, as it stands in `file` of the repository.
    """
    from quantos.attestation.signing import key_path, signer_of  # noqa: PLC0415 - cryptography takes its time

    try:
        signer = signer_of(setting, key_path(data_dir))
    except NotCommitted as refusal:
        raise KeyUnusable(f"the signing key cannot be used: {refusal}") from None
    if signer is None:
        return None
    return {"kind": signer.kind, "key": signer.name, "published": signer.published, "file": signer.file}


def generate_key(data_dir: Path) -> None:
    """A key of the data directory's own. Raises KeyThere where there is one."""
    from quantos.attestation.signing import generate, key_path  # noqa: PLC0415 - as above

    generate(key_path(data_dir))


def is_to_be_restored(repository: Path, bundle: Path) -> bool:
    """Whether a backup's bundle is to be put there; False where what it holds is there already.

    Raises RepositoryInTheWay where something else is.
    """
    from quantos.attestation import bundled  # noqa: PLC0415 - git's formats, only with a repository

    try:
        return bundled.check(repository, bundle)
    except NotCommitted as refusal:
        raise RepositoryInTheWay(str(refusal)) from None


def restore_repository(repository: Path, bundle: Path) -> None:
    """Make the repository from a backup's bundle. Raises RepositoryInTheWay."""
    from quantos.attestation import bundled  # noqa: PLC0415 - as above

    try:
        bundled.put(repository, bundle)
    except NotCommitted as refusal:
        raise RepositoryInTheWay(str(refusal)) from None
