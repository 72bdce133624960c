"""The day files of signals, as the committer keeps them in memory while a date takes signals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from quantos.attestation import failures
from quantos.attestation.core.dayfile import ForeignFile, begin, entries, path_of
from quantos.attestation.core.entries import Attested, SignalEntry
from quantos.attestation.core.messages import hashes_in
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import Git, GitMissing, GitTimedOut
from quantos.attestation.repository import Repository

DAYS_MAX: Final = 64
BYTES_MAX: Final = 64 * 2**20
LOG_TIMEOUT_S: Final = 120.0


@dataclass(slots=True)
class Day:
    """The file of a date. `commits`: of each hash in it, None where its commit has not been looked up."""

    data: bytes
    commits: dict[str, Attested | None] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    """By published slug."""

    def take_in(self, data: bytes, added: Iterable[SignalEntry], commit: Attested) -> None:
        """The file as it was committed."""
        self.data = data
        for entry in added:
            self.commits[entry.signal_hash] = commit
            self.hashes[entry.strategy_slug] = entry.signal_hash


class Days:
    """The files last used, read from the repository where they are not at hand."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._days: OrderedDict[date, Day] = OrderedDict()

    def forget(self) -> None:
        """The branch was moved by someone else."""
        self._days.clear()

    def of(self, day: date, now: datetime) -> Day:
        """The file of a date, or an empty one that begins now. Raises NotCommitted."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._read(day, now)
        self._days.move_to_end(day)
        return found

    def trim(self) -> None:
        """Keep what is within bounds; the longest unused go."""
        size = sum(len(day.data) for day in self._days.values())
        while self._days and (len(self._days) > DAYS_MAX or size > BYTES_MAX):
            _, dropped = self._days.popitem(last=False)
            size -= len(dropped.data)

    def commit_of(self, day: date, signal_hash: str, now: datetime) -> Attested | None:
        """The commit of a hash that is in the file of a date. Raises NotCommitted."""
        known = self.of(day, now).commits
        if known.get(signal_hash) is None:
            for sha, at, message in log(
                self._repository.git, self._repository.branch, path_of("attestations", day)
            ):
                for named in hashes_in(message):
                    if named in known and known[named] is None:
                        known[named] = Attested(sha, at, None)
        return known.get(signal_hash)

    def _read(self, day: date, now: datetime) -> Day:
        data = self._repository.read(path_of("attestations", day))
        if data is None:
            return Day(begin("attestations", day, now))
        found = Day(data)
        try:
            listed = entries("attestations", data)
        except ForeignFile as foreign:
            raise NotCommitted(
                failures.BROKEN, f"{path_of('attestations', day)} cannot be continued: {foreign}"
            ) from None
        for entry in listed:
            signal_hash = str(entry.get("signal_hash"))
            found.commits[signal_hash] = None
            found.hashes[str(entry.get("strategy_slug"))] = signal_hash
        return found


def log(git: Git, branch: str, path: str) -> list[tuple[str, datetime, str]]:
    """The commits that changed a file, oldest first: id, time, message. Raises NotCommitted."""
    try:
        ran = git.run(
            "log", "--first-parent", "--reverse", "--format=%H %ct%n%B%x00",
            f"refs/heads/{branch}", "--", path,
            timeout_s=LOG_TIMEOUT_S,
        )  # fmt: skip
    except GitMissing as missing:
        raise NotCommitted(failures.NO_GIT, str(missing)) from None
    except GitTimedOut as late:
        raise NotCommitted(failures.BROKEN, str(late)) from None
    if ran.code != 0:
        raise NotCommitted(failures.BROKEN, f"git log: {ran.err.strip()[:300]}")
    found = []
    for each in ran.text.split("\0"):
        header, _, message = each.strip().partition("\n")
        if header:
            sha, seconds = header.split()
            found.append((sha, datetime.fromtimestamp(int(seconds), UTC), message))
    return found
