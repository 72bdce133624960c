"""The committer: one thread that alone writes to the repository.

Signals that have arrived while a commit was made share the next one. A signal comes here claimed (it can be
neither replaced nor deleted), and leaves either committed and marked, or released. What is in the repository
already is never written again: its commit is looked up and marked, so a kill at any point is made good by
claiming once more.

What fails is tried again, after 1, 2, 4, ... seconds while its deadline lies ahead; later by `attestation_retry`,
by hand, or at the next start.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, NamedTuple, TypeVar

from quantos.attestation import failures
from quantos.attestation.core import messages
from quantos.attestation.core.backoff import COMMIT_MAX_S, delay_s
from quantos.attestation.core.batches import When, due, next_batch
from quantos.attestation.core.dayfile import LIST
from quantos.attestation.core.entries import Attested, Placed, commit_time, without_commit
from quantos.attestation.core.simulated import MARK, TEXT, is_of_other_mode
from quantos.attestation.days import Days
from quantos.attestation.failures import NotCommitted
from quantos.attestation.made import LastMade
from quantos.attestation.planning import Addition, plan
from quantos.attestation.ports import Outbox
from quantos.attestation.repository import Change, Repository
from quantos.attestation.signing import Signer, key_path, signer_of
from quantos.attestation.statuses import LastNoted, commit_statuses
from quantos.attestation.terms import Terms
from quantos.kit.clock import Clock

GROUP_MAX: Final = 1000
GATHER_FROM_S: Final = 0.01
GATHER_SHARE: Final = 0.5
GATHER_S_MAX: Final = 0.05
"""Where a commit takes long (a large file, a slow disk) the next one waits half as long for company: those who were
just answered come back at once, and one commit for all is cheaper than two for a half each. One client alone is
never waited with: nobody came while its last signal was committed."""
IDLE_S: Final = 60.0
"""How often to look for claimed signals that nobody waits for any more, and for a batch."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Swept(NamedTuple):
    """What an attempt at outstanding signals came to."""

    committed: int
    left: int
    reason: str | None


class Failure(NamedTuple):
    """The last failed attempt, until one succeeds."""

    reason: str
    detail: str
    since: datetime
    of_signals: bool


class _Item(NamedTuple):
    signal: Placed
    future: Future[Attested]


class _Call(NamedTuple):
    work: Callable[[], Any]
    future: Future[Any]


class Committer:
    """Commits what it is given. Its thread starts with the first use."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        outbox: Outbox,
        terms: Terms,
        *,
        data_dir: Path,
        on_commit: Callable[[Repository], None],
    ) -> None:
        self._path, self._clock, self._outbox, self._synced = path, clock, outbox, terms.synced
        self._when, self._lead = terms.when, timedelta(seconds=terms.lead_s)
        self._signing_key, self._own_key = terms.signing_key, key_path(data_dir)
        self._made, self._on_commit = LastMade(data_dir, path), on_commit
        self._noted = LastNoted(data_dir, path)
        self._judged: tuple[str | None] | None = (
            None  # the head of which it is known whether history was lost
        )
        self._lost: str | None = None  # what it has lost
        self._inbox: queue.SimpleQueue[_Item | _Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._repository: Repository | None = None
        self._days: Days | None = None
        self._is_recovered = False
        self._signer: tuple[Any, Signer | None] | None = None
        self._failures = 0
        self._retry_at: float | None = None
        self._took_s, self._group = 0.0, 0
        self._idle_at = monotonic() + IDLE_S
        is_timed = self._when is When.DEADLINE and not clock.simulated
        self._batch_at = next_batch(clock.now(), self._lead) if is_timed else None
        self._doubtful: set[str] = set()
        self.failure: Failure | None = None
        self.version = 0

    # from any thread

    def start(self) -> None:
        """Begin, with what was left over from before."""
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="attestation-committer", daemon=True)
                self._thread.start()

    def put(self, signal: Placed) -> Future[Attested]:
        """A claimed signal."""
        return self._enqueue(_Item(signal, Future()))

    def call(self, work: Callable[[], T]) -> Future[T]:
        """Run `work` in the committer's thread, after what has arrived before it."""
        return self._enqueue(_Call(work, Future()))

    def stop(self) -> None:
        """Commit what has arrived, and end."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        if thread is not None:
            self._inbox.put(None)
            thread.join()

    def close(self) -> None:
        """After `stop`, and after everyone else who uses the repository has ended."""
        if self._repository is not None:
            self._repository.close()

    def _enqueue(self, task: Any) -> Future[Any]:
        self.start()
        with self._lock:
            if self._stopped:
                task.future.set_exception(NotCommitted(failures.STOPPING, "the platform is stopping"))
            else:
                self._inbox.put(task)
        return task.future  # type: ignore[no-any-return]

    # within its thread

    def sweep(self, *, late_too: bool) -> Swept:
        """Attempt every outstanding signal that is due. `late_too`: those whose deadline has passed as well."""
        self.sweep_statuses()
        window = due(self._when, self._clock.now(), self._lead, late_too=late_too)
        committed = 0
        while self._outbox.is_due(window):
            try:
                self.repository()  # nothing is claimed that cannot be committed
            except NotCommitted as refusal:
                self.failed(refusal)
                return Swept(committed, self._outbox.outstanding().waiting, refusal.reason)
            fresh, before = self._outbox.claim(window, GROUP_MAX)
            self._doubtful.update(signal.signal_hash for signal in before)
            outcomes = self._attest([*before, *fresh])
            reasons = [outcome.reason for outcome in outcomes.values() if outcome.sha is None]
            committed += len(outcomes) - len(reasons)
            if reasons or self._retry_at is not None:
                return Swept(committed, len(reasons), reasons[0] if reasons else None)
        return Swept(committed, 0, None)

    def sweep_statuses(self) -> None:
        """Commit the changes of status that are not committed yet: at once, whatever the mode."""
        try:
            commit_statuses(self, self._outbox, self._noted, self._clock.now())
        except Exception as error:  # noqa: BLE001 - kept for the operator, and tried again
            refusal = error if isinstance(error, NotCommitted) else _unforeseen(error)
            self.failed(refusal, of_signals=False)

    def repository(self) -> Repository:
        """The repository, opened and as it stands now. Raises NotCommitted."""
        if self._repository is None:
            self._made.check_there()
            self._repository = Repository.open(self._path, synced=self._synced)
            self._days = Days(self._repository)
            self._repository.clear_left_locks()
            self._on_commit(self._repository)
        if self._repository.refresh() and self._days is not None:
            self._days.forget()
        self._check_mode(self._repository)
        self._made.check(self._repository)
        return self._repository

    def _check_mode(self, repository: Repository) -> None:
        has_records = any(repository.has(kind) for kind in LIST)
        simulated, marked = self._clock.simulated, repository.has(MARK)
        if is_of_other_mode(simulated=simulated, marked=marked, has_records=has_records):
            kinds = ("a simulated", "a live") if simulated else ("a live", "a simulated")
            raise NotCommitted(
                failures.OTHER_MODE,
                f"{kinds[0]} platform does not write to {kinds[1]} one's repository: name another folder",
            )

    def commit(self, changes: Sequence[Change], now: datetime) -> list[str]:
        """Commit files, signed where there is a key. To be called after `repository`. Raises NotCommitted."""
        repository, signer = self._repository, self._signer_now()
        assert repository is not None, "it was looked at before"
        sign = None if signer is None else signer.sign
        first = [] if signer is None else _publication(repository, signer)
        if self._clock.simulated and not repository.has(MARK):
            [*first, *changes][0].files[MARK] = TEXT
        shas = repository.commit([*first, *changes], now, sign)
        self.version += 1
        self._made.write(shas[-1])
        self._on_commit(repository)
        return shas[len(first) :]

    def failed(self, refusal: NotCommitted, *, of_signals: bool = True) -> None:
        """Remember a failure for the operator, and try again after a while."""
        self._failures += 1
        self._retry_at = monotonic() + delay_s(self._failures, COMMIT_MAX_S)
        if self.failure is None or self.failure.reason != refusal.reason:
            logger.error("the attestation is not committed: %s (%s)", refusal, refusal.reason)
        since = self._clock.now() if self.failure is None else self.failure.since
        self.failure = Failure(refusal.reason, str(refusal), since, of_signals)

    def succeeded(self) -> None:
        """A commit was made: whatever failed before is over."""
        if self._failures:
            self._failures, self.failure = 0, None
            self._retry_at = monotonic()  # what else is outstanding comes next

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._recover()
            items, calls, is_last = self._collect()
            try:
                if items:
                    self._answer(items)
                for call in calls:
                    _do(call)
                if self._is_time() and not is_last:
                    self._look()
            except Exception as error:  # noqa: BLE001 - whatever it was, the thread goes on; signals stay claimed
                self.failed(_unforeseen(error))

    def _recover(self) -> None:
        """Once, as soon as the repository can be read: what an earlier process left claimed or waiting."""
        if self._is_recovered or (self._retry_at is not None and monotonic() < self._retry_at):
            return
        try:
            self.repository()
            self._outbox.adopt(self._clock.now())
            self._is_recovered, self._retry_at = True, None
            self.sweep(late_too=True)
        except Exception as error:  # noqa: BLE001 - kept for the operator, and tried again
            self.failed(error if isinstance(error, NotCommitted) else _unforeseen(error))

    def _collect(self) -> tuple[list[_Item], list[_Call], bool]:
        """What has arrived, waiting for it no longer than until there is something to look after."""
        items: list[_Item] = []
        calls: list[_Call] = []
        with suppress(queue.Empty):
            is_alone = self._group <= 1 and self._inbox.empty()
            task = self._inbox.get(timeout=self._wait_s())
            if self._took_s > GATHER_FROM_S and not is_alone:
                sleep(min(self._took_s * GATHER_SHARE, GATHER_S_MAX))
            while task is not None:
                if isinstance(task, _Item):
                    items.append(task)
                else:
                    calls.append(task)
                if len(items) >= GROUP_MAX:
                    return items, calls, False
                task = self._inbox.get_nowait()
            return items, calls, True
        return items, calls, False

    def _wait_s(self) -> float:
        """How long nothing needs to be looked after."""
        wait_s = self._idle_at - monotonic()
        if self._retry_at is not None:
            wait_s = self._retry_at - monotonic()
        if self._batch_at is not None:
            wait_s = min(wait_s, (self._batch_at - self._clock.now()).total_seconds())
        return min(max(wait_s, 0.001), IDLE_S)

    def _is_time(self) -> bool:
        if self._batch_at is not None and self._clock.now() >= self._batch_at:
            return True
        return monotonic() >= (self._idle_at if self._retry_at is None else self._retry_at)

    def _look(self) -> None:
        """Try what is outstanding."""
        self._idle_at, self._retry_at = monotonic() + IDLE_S, None
        if self._when is When.DEADLINE and not self._clock.simulated:
            self._batch_at = next_batch(self._clock.now(), self._lead)
        try:
            if self._is_recovered:
                self.sweep(late_too=False)
            if self.failure is not None and self.failure.of_signals and not any(self._outbox.outstanding()):
                self.succeeded()  # what could not be committed was withdrawn
        except Exception as error:  # noqa: BLE001 - kept for the operator, and tried again
            self.failed(_unforeseen(error))

    def _answer(self, items: Sequence[_Item]) -> None:
        begun = monotonic()
        outcomes = self._attest([item.signal for item in items])
        self._took_s, self._group = monotonic() - begun, len(items)
        for item in items:
            with suppress(InvalidStateError):  # whoever waited has gone away
                item.future.set_result(outcomes[item.signal])

    def _attest(self, signals: Sequence[Placed]) -> dict[Placed, Attested]:
        """Commit and mark, or release: every signal has its outcome afterwards."""
        try:
            self.repository()
            assert self._days is not None, "it comes with the repository"
            now = self._clock.now()
            planned = plan(self._days, signals, now)
        except Exception as error:  # noqa: BLE001 - told to everyone who waits, and to the operator
            return self._refuse(signals, error)
        outcomes = dict(planned.refused)
        if outcomes:
            self._note(partial(self._outbox.release, list(outcomes), again=False))
        if planned.additions:
            outcomes.update(self._commit_new(planned.additions, now))
        if planned.present:
            outcomes.update(self._look_up(planned.present, now))
        attested = [(signal, outcome) for signal, outcome in outcomes.items() if outcome.sha is not None]
        if attested and self._note(partial(self._outbox.mark, attested)):
            self.succeeded()
        for group, refusal in planned.failed:
            outcomes.update(self._refuse(group, refusal))
        self._days.trim()
        return outcomes

    def _commit_new(self, additions: Sequence[Addition], now: datetime) -> dict[Placed, Attested]:
        """One commit for each date."""
        signals = [signal for addition in additions for signal in addition.entries]
        self._doubtful.difference_update(signal.signal_hash for signal in signals)  # their files lack them
        try:
            shas = self.commit([addition.change for addition in additions], now)
        except Exception as error:  # noqa: BLE001 - told to everyone who waits, and to the operator
            if not isinstance(error, NotCommitted) or not error.is_certain:
                self._doubtful.update(signal.signal_hash for signal in signals)
            return self._refuse(signals, error)
        outcomes: dict[Placed, Attested] = {}
        for addition, sha in zip(additions, shas, strict=True):
            attested = Attested(sha, commit_time(now), None)
            addition.take_in(attested)
            outcomes.update(dict.fromkeys(addition.entries, attested))
        return outcomes

    def _look_up(self, present: Sequence[Placed], now: datetime) -> dict[Placed, Attested]:
        """The commits of signals that are in the repository already."""
        assert self._days is not None, "it comes with the repository"
        outcomes: dict[Placed, Attested] = {}
        try:
            for signal in present:
                found = self._days.commit_of(signal.trade_date, signal.signal_hash, now)
                outcomes[signal] = found or without_commit(failures.BROKEN)
                self._doubtful.discard(signal.signal_hash)
        except Exception as error:  # noqa: BLE001 - told to everyone who waits, and to the operator
            refusal = error if isinstance(error, NotCommitted) else _unforeseen(error)
            self.failed(refusal)
            return dict.fromkeys(present, without_commit(refusal.reason))
        return outcomes

    def _refuse(self, signals: Sequence[Placed], error: Exception) -> dict[Placed, Attested]:
        """The outcome of a failed attempt: those that are certainly not in git can be replaced again."""
        refusal = error if isinstance(error, NotCommitted) else _unforeseen(error)
        self.failed(refusal)
        certain = [signal for signal in signals if signal.signal_hash not in self._doubtful]
        if certain:
            self._note(partial(self._outbox.release, certain, again=True))
        return dict.fromkeys(signals, without_commit(refusal.reason))

    def _note(self, work: Callable[[], None]) -> bool:
        """In the records. Where that fails the signals stay claimed: the next look finds them, and their commits."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - kept for the operator, and tried again
            self.failed(NotCommitted(failures.RECORDS, str(error)))
            return False
        return True

    def _signer_now(self) -> Signer | None:
        """The key's signer, loaded anew when the key has changed. Raises NotCommitted."""
        path = self._own_key
        state = (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None
        if self._signer is None or self._signer[0] != state:
            self._signer = state, signer_of(self._signing_key, path)
        return self._signer[1]


def _do(call: _Call) -> None:
    try:
        result = call.work()
    except BaseException as error:  # noqa: BLE001 - handed to the one who waits for it
        call.future.set_exception(error)
    else:
        call.future.set_result(result)


def _unforeseen(error: Exception) -> NotCommitted:
    logger.error("an attestation failed", exc_info=error)
    return NotCommitted(failures.BROKEN, f"{type(error).__name__}: {error}")


def _publication(repository: Repository, signer: Signer) -> list[Change]:
    """The commit that publishes the key, where it is not published yet; keys of before stay."""
    there = (repository.read(signer.file) or b"").decode(errors="replace")
    if signer.published in there:
        return []
    return [Change({signer.file: (there + signer.published).encode()}, messages.of_key())]
