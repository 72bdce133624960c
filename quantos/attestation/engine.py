"""Everything that runs for a configured repository: the committer, the keeper, and those who read beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from quantos.attestation.committer import Committer
from quantos.attestation.core.batches import Window, due
from quantos.attestation.core.digests import SettlementDigest, SettlementsCommitted
from quantos.attestation.core.push import ALARMING, PushState
from quantos.attestation.earlier import Earlier
from quantos.attestation.failures import OTHERWISE, NotCommitted
from quantos.attestation.git import Git, GitMissing, GitTimedOut
from quantos.attestation.keeper import Keeper
from quantos.attestation.lookup import Bundles, Lookup
from quantos.attestation.ports import Outbox
from quantos.attestation.reading import Reading
from quantos.attestation.remote import Remote, reach, tracking
from quantos.attestation.repository import BRANCH, located
from quantos.attestation.settlements import commit_settlements
from quantos.attestation.signing import key_path, signer_of
from quantos.attestation.terms import Terms
from quantos.kit.clock import Clock, rfc3339

COUNT_TIMEOUT_S: Final = 30.0
NAMED_MAX: Final = 5
UNPUSHED_ALARM: Final = 3
"""Failed pushes in a row after which an operator is told."""


class Engine:
    """Opened with the first use of a configured attestation."""

    def __init__(self, terms: Terms, clock: Clock, data_dir: Path, outbox: Outbox) -> None:
        self._terms, self._clock, self._outbox = terms, clock, outbox
        self._path = Path(terms.repo).expanduser().absolute()
        self._own_key = key_path(data_dir)
        self._lead = timedelta(seconds=terms.lead_s)
        self._remote = Remote.parse(terms.remote) if terms.remote else None
        self.keeper = Keeper(clock, self._remote, terms.push_timeout_s)
        self.committer = Committer(
            self._path,
            clock,
            outbox,
            terms,
            data_dir=data_dir,
            on_commit=self.keeper.wake,
        )
        there = located(self._path)
        if there is not None:
            self.keeper.recall(there.git_dir)
        self.lookup = Lookup(self._path)
        self.earlier = Earlier(self.lookup)
        self.bundles = Bundles(self.lookup, data_dir / "cache")

    def close(self) -> None:
        self.committer.stop()
        self.keeper.stop()
        self.lookup.close()
        self.committer.close()

    def window_at(self, instant: datetime) -> Window:
        """What a batch at that instant takes."""
        return due(self._terms.when, instant, self._lead, late_too=False)

    def commit_settlements(
        self, entries_by_date: Mapping[date, Sequence[SettlementDigest]]
    ) -> SettlementsCommitted:
        """In the committer's thread. Raises DigestConflict, NotCommitted."""
        work = self.committer.call(lambda: commit_settlements(self.committer, self._clock, entries_by_date))
        return work.result()

    def status(self, *, check_remote: bool) -> dict[str, Any]:
        """How it stands, in plain values."""
        reading, head = self._stands_at()
        outstanding = self._outbox.outstanding()
        return {
            "configured": True,
            "repository": str(self._path),
            "branch": None if reading is None else reading.branch,
            "when": self._terms.when.value,
            "lead_s": self._terms.lead_s,
            "head": head,
            "signing": self._signing(),
            "signals": {"waiting": outstanding.waiting, "in_commit": outstanding.claimed},
            "remote": self._remote_status(reading, head, check_remote=check_remote),
            "alarms": self.alarms(),
        }

    def _stands_at(self) -> tuple[Reading | None, str | None]:
        """What can be read of the repository; the alarms say what is wrong where nothing can."""
        reading = head = None
        with suppress(NotCommitted):
            reading = self.lookup.reading()
            head = None if reading is None else reading.head()
        return reading, head

    def alarms(self) -> list[dict[str, str]]:
        """What an operator must look at."""
        found = []
        failure = self.committer.failure
        if failure is not None:
            since = rfc3339(failure.since.replace(microsecond=0))
            found.append(
                {"code": failure.reason, "message": f"not committed since {since}: {failure.detail}"}
            )
        refused, named = self._outbox.refused(NAMED_MAX)
        if refused:
            found.append({"code": OTHERWISE, "message": _otherwise(refused, named)})
        pushed = self.keeper.pushed
        if pushed.state in ALARMING or (pushed.failures >= UNPUSHED_ALARM and pushed.state is not None):
            found.append({"code": str(pushed.state), "message": f"not pushed: {pushed.detail}"})
        return found

    def _remote_status(
        self, reading: Reading | None, head: str | None, *, check_remote: bool
    ) -> dict[str, Any] | None:
        if self._remote is None:
            return None
        pushed = self.keeper.pushed
        found: dict[str, Any] = {
            "url": self._remote.shown,
            "unpushed": 0 if reading is None or head is None else self._unpushed(reading),
            "last_push": None if pushed.at is None else rfc3339(pushed.at),
            "pushed_head": pushed.sha,
            "state": pushed.state,
            "detail": pushed.detail,
            "failures": pushed.failures,
        }
        if check_remote:
            found["check"] = self._check(reading)
        return found

    def _unpushed(self, reading: Reading) -> int | None:
        """Commits that the remote does not have, as far as is known here."""
        branch = f"refs/heads/{reading.branch}"
        try:
            known = reading.git.run(
                "rev-parse", "-q", "--verify", tracking(reading.branch), timeout_s=COUNT_TIMEOUT_S
            )
            span = f"{tracking(reading.branch)}..{branch}" if known.code == 0 else branch
            ran = reading.git.run("rev-list", "--count", span, timeout_s=COUNT_TIMEOUT_S)
        except (GitMissing, GitTimedOut):
            return None
        return int(ran.text) if ran.code == 0 else None

    def _check(self, reading: Reading | None) -> dict[str, Any]:
        assert self._remote is not None, "there is one to check"
        git = Git(None, self._own_key.parent.parent) if reading is None else reading.git
        branch = BRANCH if reading is None else reading.branch
        outcome, head = reach(git, self._remote, branch, self._terms.push_timeout_s)
        state = "reachable" if outcome.state is PushState.PUSHED else str(outcome.state)
        return {"state": state, "detail": outcome.detail, "head": head}

    def _signing(self) -> dict[str, Any]:
        try:
            signer = signer_of(self._terms.signing_key, self._own_key)
        except NotCommitted as refusal:
            return {"kind": None, "key": None, "problem": str(refusal)}
        if signer is None:
            return {"kind": None, "key": None, "problem": None}
        return {"kind": signer.kind, "key": signer.name, "problem": None}


def _otherwise(count: int, named: Sequence[tuple[str, date]]) -> str:
    days = ", ".join(f"{slug} for {day}" for slug, day in named)
    return (
        f"{count:,} {'signal is' if count == 1 else 'signals are'} in the repository with another hash ({days}): what was"
        " published stays, and their days do not verify. Restore the backup that was made last, or tell publicly what"
        f" was lost and end the alarm with quantos attestation acknowledge {OTHERWISE}"
    )
