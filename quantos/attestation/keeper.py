"""The keeper: one thread for what is off the path of a submission.

It pushes what has been committed, many commits at a time; brings the index of the working folder up to the
branch; and packs loose objects when nothing else goes on. Nothing that it does, and no way in which it fails,
delays or undoes a commit. A push is never forced.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

import orjson

from quantos.attestation.core.backoff import PUSH_MAX_S, delay_s
from quantos.attestation.core.push import ALARMING, PushOutcome, PushState
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import GitMissing, GitStopped, GitTimedOut
from quantos.attestation.remote import Remote, push
from quantos.attestation.repository import Loose, Repository
from quantos.kit.clock import Clock, parse_instant, rfc3339

PUSH_SPACING_S: Final = 1.0
INDEX_QUIET_S: Final = 1.0
INDEX_SPACING_S: Final = 15.0
"""The index follows once nothing has come for a moment, and now and then while much comes."""
QUIET_S: Final = 5.0
LOOSE_OBJECTS_MAX: Final = 2000
LOOSE_BYTES_MAX: Final = 64 * 2**20
PACK_TIMEOUT_S: Final = 600.0
INDEX_TIMEOUT_S: Final = 60.0
_ALONE: Final = {"pack.threads": "1"}
STATE_FILE: Final = "quantos-push.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What is known of a remote. `sha`: what was pushed last, at `at`; `state`, `detail`: of the last attempt."""

    remote: str = ""
    sha: str | None = None
    at: datetime | None = None
    state: str | None = None
    detail: str = ""
    failures: int = 0


class Keeper:
    """Pushes and packs. Its thread starts with the first commit that it hears of."""

    def __init__(self, clock: Clock, remote: Remote | None, push_timeout_s: float) -> None:
        self._clock, self._remote, self._push_timeout_s = clock, remote, push_timeout_s
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._repository: Repository | None = None
        self._waiting: list[Future[PushOutcome | None]] = []
        self._next_push = 0.0
        self._pack_at: float | None = None
        self._indexed: str | None = None
        self._woken_at = self._indexed_at = monotonic()
        self.pushed = Pushed("" if remote is None else remote.shown)

    # from any thread

    def wake(self, repository: Repository) -> None:
        """Something was committed."""
        with self._lock:
            if self._repository is None:
                self._repository = repository
                self.recall(repository.git_dir)
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="attestation-keeper", daemon=True)
                self._thread.start()
        self._woken_at = monotonic()
        self._woken.set()

    def recall(self, git_dir: Path) -> None:
        """What was known of this remote when the platform last ran."""
        stored = _stored(git_dir / STATE_FILE)
        if stored.remote == self.pushed.remote:
            self.pushed = stored

    def push_now(self) -> Future[PushOutcome | None]:
        """An attempt at once, whatever failed before; None where there is no remote, or nothing to push to it."""
        future: Future[PushOutcome | None] = Future()
        with self._lock:
            if self._thread is None or self._remote is None:
                future.set_result(None)
            else:
                self._waiting.append(future)
        self._woken.set()
        return future

    def stop(self) -> None:
        """End, and whatever git runs with it; the next start goes on."""
        with self._lock:
            self._stopping = True
            thread, repository = self._thread, self._repository
        if repository is not None:
            repository.git.stop()
        self._woken.set()
        if thread is not None:
            thread.join()

    # within its thread

    def _run(self) -> None:
        assert self._repository is not None, "it was woken with one"
        while not self._stopping:
            for work in (self._index, self._push, self._pack):
                try:
                    work(self._repository)
                except Exception:
                    logger.exception("the attestation's housekeeping failed; it is tried again")
            self._woken.wait(self._wait_s())
            self._woken.clear()
        with self._lock:
            for future in self._waiting:
                future.set_result(None)
            self._waiting.clear()

    def _wait_s(self) -> float | None:
        push_at = self._next_push if self._is_behind() else None
        index_at = self._index_at if self._is_stale() else None
        times = [at for at in (self._pack_at, push_at, index_at) if at is not None]
        return max(min(times) - monotonic(), 0.01) if times else None

    def _is_behind(self) -> bool:
        if self._remote is None or self._repository is None:
            return False
        with suppress(NotCommitted):
            return self._repository.head() not in {None, self.pushed.sha} or self.pushed.failures > 0
        return False

    @property
    def _index_at(self) -> float:
        return min(self._woken_at + INDEX_QUIET_S, self._indexed_at + INDEX_SPACING_S)

    def _is_stale(self) -> bool:
        """Whether the index is behind the branch."""
        if self._repository is None or self._repository.work_tree is None:
            return False
        with suppress(NotCommitted):
            return self._repository.head() not in {None, self._indexed}
        return False

    def _push(self, repository: Repository) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if self._remote is None or not (waiting or (self._is_behind() and monotonic() >= self._next_push)):
            return
        outcome: PushOutcome | None = None
        try:
            head = repository.head()
            if head is not None:
                outcome = push(repository.git, self._remote, repository.branch, self._push_timeout_s)
            if outcome is not None and not self._stopping:
                self._take(repository, head, outcome)
        finally:
            for future in waiting:
                future.set_result(outcome)

    def _take(self, repository: Repository, head: str | None, outcome: PushOutcome) -> None:
        """Remember how a push ended, and say so where that is new."""
        before = self.pushed
        if outcome.state is PushState.PUSHED:
            self.pushed = Pushed(before.remote, head, self._clock.now(), outcome.state)
            self._next_push = monotonic() + PUSH_SPACING_S
        else:
            count = before.failures + 1
            self.pushed = replace(before, state=outcome.state, detail=outcome.detail, failures=count)
            self._next_push = monotonic() + delay_s(count, PUSH_MAX_S)
            if before.state != outcome.state:
                level = logging.ERROR if outcome.state in ALARMING else logging.WARNING
                logger.log(level, "the attestation is not pushed: %s (%s)", outcome.detail, outcome.state)
        _store_state(repository.git_dir / STATE_FILE, self.pushed)

    def _index(self, repository: Repository) -> None:
        """The index of the working folder, so that `git status` there is clean. Files were written with the commit."""
        if monotonic() < self._index_at or not self._is_stale():
            return
        head = repository.head()
        self._indexed_at = monotonic()
        try:
            ran = repository.git.run("read-tree", "HEAD", timeout_s=INDEX_TIMEOUT_S)
            repository.git.run(
                "update-index", "-q", "--refresh", timeout_s=INDEX_TIMEOUT_S, work_tree=repository.work_tree
            )
        except (GitMissing, GitTimedOut):
            return
        if ran.code == 0:
            self._indexed = head

    def _pack(self, repository: Repository) -> None:
        """Pack when there is much to pack and nothing has come for a moment, or when there is very much."""
        loose = repository.loose
        share = max(loose.objects / LOOSE_OBJECTS_MAX, loose.size / LOOSE_BYTES_MAX)
        if share < 1.0:
            return
        now = monotonic()
        if share < 8.0 and (self._pack_at is None or now < self._pack_at):
            self._pack_at = now + QUIET_S
            return
        self._pack_at = None
        pack(repository)


def pack(repository: Repository) -> bool:
    """Loose objects into a pack, packs of like size into one; and what makes looking up a file's history quick."""
    repository.loose = Loose(0, 0)
    try:
        packed = repository.git.run(
            "repack", "-d", "-q", "--geometric=2", timeout_s=PACK_TIMEOUT_S, config=_ALONE, is_patient=True
        )
        repository.git.run(
            "commit-graph",
            "write",
            "--reachable",
            "--changed-paths",
            timeout_s=PACK_TIMEOUT_S,
            is_patient=True,
        )
    except GitStopped:
        return False
    except (GitMissing, GitTimedOut) as failed:
        logger.warning("the attestation repository was not packed: %s", failed)
        return False
    return packed.code == 0


def _stored(file: Path) -> Pushed:
    try:
        found = orjson.loads(file.read_bytes())
        return Pushed(**{**found, "at": found["at"] and parse_instant(found["at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return Pushed()


def _store_state(file: Path, pushed: Pushed) -> None:
    at = None if pushed.at is None else rfc3339(pushed.at)
    temporary = file.with_name(f".{file.name}.new")
    with suppress(OSError):
        temporary.write_bytes(orjson.dumps({**asdict(pushed), "at": at}))
        temporary.replace(file)
