"""The history of an attestation repository: which entry stood in which commit first, and what became of it.

Commits come in the order of the first-parent line, oldest first; an entry counts from the first of them that
shows it. An entry is named by its trade date and its strategy, a settlement digest by its revision too, a change
of status by its instant. What a later commit changes or takes away is kept as a change: a repository only ever grows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from quantos.verification.core.documents import NotJson, read_json
from quantos.verification.core.fields import parsed_date, parsed_instant

FOLDERS: Final = ("attestations", "settlements", "statuses")
SIMULATED: Final = "SIMULATED"
"""The file at the root by which a simulated platform says that its commit times were chosen."""
PATH: Final = re.compile(rf"({'|'.join(FOLDERS)})/([^/]+)\.json")
_HASH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Commit:
    """`at`: the time that the commit gives itself. `received_at`: when a remote's own log says it came."""

    sha: str
    at: datetime
    place: int
    received_at: datetime | None = None
    signed: bool = False


class FileChange(NamedTuple):
    """A file as a commit leaves it; None: deleted."""

    path: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was there and is no longer so. kind: replaced, redated, edited, removed.

    doubled: it stands twice in one file, so that each reader may take it as he likes.
    """

    kind: str
    commit: Commit
    before: str
    after: str | None


@dataclass(slots=True)
class Entry:
    """A line of a day's file.

    first: the first commit that shows it with its present hash; claimed: the time that it, or else its file,
    gave itself when it first stood there.
    """

    trade_date: date
    strategy: str
    digest: str
    content: Mapping[str, Any]
    first: Commit
    claimed: datetime | None
    present: bool = True
    changes: list[Change] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """A text field of the entry as it stands."""
        value = self.content.get(name)
        return value if isinstance(value, str) else None


class Fault(StrEnum):
    """How a file is not of its kind; the shell has the words."""

    NAME = "name"
    DATE = "date"
    LIST = "list"
    ENTRY = "entry"
    DOUBLED = "doubled"


class Problem(NamedTuple):
    """A file that could not be read as one of its kind, in a commit. reason: a Fault, else why it is no JSON."""

    path: str
    commit: Commit
    reason: str


class _Line(NamedTuple):
    """What a file says in one of its lines."""

    digest: str
    content: Mapping[str, Any]
    claimed: datetime | None
    other: str | None
    """The hash of another line of the same key."""


DigestKey = tuple[str, int]
"""(strategy, revision)"""

StatusKey = tuple[str, datetime, int]
"""(strategy, the instant that it was changed at, its place in the strategy's log)"""

VOID: Final = frozenset({"paused", "retired"})
"""In these a strategy's signals do not count."""


@dataclass(slots=True)
class History:
    """What a repository holds.

    goes_back: (commit, the latest one before it) where the commit is the older of the two by its own time.
    rewritten: commits that somebody has seen in this history and that are no longer there.
    simulated: some commit has the mark of a simulated platform.
    signatures: git's word on each commit's signature (`%G?`), where keys were given.
    """

    commits: dict[str, Commit] = field(default_factory=dict)
    signals: dict[date, dict[str, Entry]] = field(default_factory=dict)
    digests: dict[date, dict[DigestKey, Entry]] = field(default_factory=dict)
    statuses: dict[date, dict[StatusKey, Entry]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    goes_back: list[tuple[Commit, Commit]] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    simulated: bool = False
    signatures: dict[str, str] | None = None
    _latest: Commit | None = None

    @property
    def head(self) -> Commit | None:
        return next(reversed(self.commits.values()), None)

    def signal(self, trade_date: date, names: Iterable[str]) -> Entry | None:
        """The entry of a strategy under any of its names."""
        found = (self.signals.get(trade_date, {}).get(name) for name in names)
        return next((entry for entry in found if entry is not None), None)

    def revisions(self, trade_date: date, names: Sequence[str]) -> dict[int, Entry]:
        """The settlement digests of a strategy-day by revision."""
        return {
            revision: entry
            for (name, revision), entry in self.digests.get(trade_date, {}).items()
            if name in names
        }

    def status_before(
        self, deadline: datetime, names: Callable[[date], Sequence[str]], *, told_before: bool = False
    ) -> Entry | None:
        """A strategy's last change of status before a deadline; `names`: its names in the file of a date.

        `told_before`: of the changes that were committed before the deadline.
        """
        found: list[tuple[datetime, int, Entry]] = []
        for day, lines in self.statuses.items():
            known = names(day)
            for (name, changed_at, place), entry in lines.items():
                told = entry.first.at < deadline or not told_before
                if changed_at < deadline and told and name in known:
                    found.append((changed_at, place, entry))
        return max(found, key=lambda one: one[:2])[2] if found else None

    def add(self, commit: Commit, changes: Iterable[FileChange]) -> None:
        """Take the next commit of the line."""
        if self._latest is None or commit.at >= self._latest.at:
            self._latest = commit
        else:
            self.goes_back.append((commit, self._latest))
        self.commits[commit.sha] = commit
        for path, content in changes:
            match = PATH.fullmatch(path)
            if match is None:
                continue
            day = parsed_date(match[2])
            if day is None:
                self.problems.append(Problem(path, commit, Fault.NAME))
            else:
                known, lines, read = self._kinds()[match[1]]
                found = self._read(path, commit, content, day, lines, read)
                _fold(known.setdefault(day, {}), found, commit, day)

    def _kinds(self) -> dict[str, tuple[dict[date, Any], str, Any]]:
        """By folder: what is known of it, the list in its files, what reads a line."""
        return {
            "attestations": (self.signals, "strategies", _signal_of),
            "settlements": (self.digests, "settlements", _digest_of),
            "statuses": (self.statuses, "changes", _status_of),
        }

    def _read(
        self, path: str, commit: Commit, content: bytes | None, day: date, lines: str, read: Any
    ) -> dict[Any, _Line]:
        """The lines of a file by their keys; what cannot be read is a problem."""
        if content is None:
            return {}
        try:
            document = read_json(content)
        except NotJson as error:
            self.problems.append(Problem(path, commit, str(error)))
            return {}
        entries = document.get(lines) if isinstance(document, dict) else None
        if not isinstance(entries, list):
            self.problems.append(Problem(path, commit, Fault.LIST))
            return {}
        if document.get("date") != day.isoformat():
            self.problems.append(Problem(path, commit, Fault.DATE))
        found: dict[Any, _Line] = {}
        for entry in entries:
            key_and_hash = read(entry) if isinstance(entry, dict) else None
            if key_and_hash is None:
                self.problems.append(Problem(path, commit, Fault.ENTRY))
                continue
            key, digest = key_and_hash
            other = found.get(key)
            if other is not None:
                self.problems.append(Problem(path, commit, Fault.DOUBLED))
            claimed = entry.get("attested_at", document.get("attested_at"))
            at = parsed_instant(claimed) if isinstance(claimed, str) else None
            found[key] = _Line(digest, entry, at, None if other is None else other.digest)
        return found


def _signal_of(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """The key and the hash of a line, older forms included: `strategy_id`, a hash with its algorithm's name."""
    name = entry.get("strategy_slug", entry.get("strategy_id"))
    digest = entry.get("signal_hash")
    if not isinstance(name, str) or not isinstance(digest, str) or not 0 < len(digest) <= _HASH_MAX:
        return None
    return name, digest.removeprefix("sha256:").lower()


def _digest_of(entry: Mapping[str, Any]) -> tuple[DigestKey, str] | None:
    name, revision, digest = entry.get("strategy_slug"), entry.get("revision"), entry.get("nav_sha256")
    if not isinstance(name, str) or not isinstance(digest, str) or not 0 < len(digest) <= _HASH_MAX:
        return None
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < 0:
        return None
    return (name, revision), digest


def _status_of(entry: Mapping[str, Any]) -> tuple[StatusKey, str] | None:
    name, place, status, at = (entry.get(x) for x in ("strategy_slug", "change", "status", "changed_at"))
    changed_at = parsed_instant(at) if isinstance(at, str) else None
    if not isinstance(name, str) or changed_at is None or status not in {*VOID, "active"}:
        return None
    if not isinstance(place, int) or isinstance(place, bool) or place < 1:
        return None
    return (name, changed_at, place), status


def _fold(known: dict[Any, Entry], found: Mapping[Any, _Line], commit: Commit, day: date) -> None:
    """Bring what is known of a day up to a new version of its file."""
    for key, (digest, content, claimed, other) in found.items():
        entry = known.get(key)
        if entry is None:
            strategy = key if isinstance(key, str) else key[0]
            entry = known[key] = Entry(day, strategy, digest, content, commit, claimed)
        if other is not None and all(change.kind != "doubled" for change in entry.changes):
            entry.changes.append(Change("doubled", commit, other, digest))
        if entry.digest != digest:
            entry.changes.append(Change("replaced", commit, entry.digest, digest))
            entry.digest, entry.first = digest, commit
        elif entry.content != content:
            before, after = entry.content.get("attested_at"), content.get("attested_at")
            kind = "redated" if before != after else "edited"
            entry.changes.append(Change(kind, commit, str(before), str(after)))
        entry.content, entry.present = content, True
    for key, entry in known.items():
        if entry.present and key not in found:
            entry.changes.append(Change("removed", commit, entry.digest, None))
            entry.present = False
