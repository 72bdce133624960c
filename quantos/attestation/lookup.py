"""What is read of the repository beside the committer: files of a date, the commit of a digest, the bundle."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from quantos.attestation import failures
from quantos.attestation.core.dayfile import Kind, entries, path_of
from quantos.attestation.core.digests import Commit
from quantos.attestation.core.messages import hashes_in
from quantos.attestation.days import log
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import GitMissing, GitTimedOut
from quantos.attestation.reading import Reading
from quantos.attestation.repository import branch_of, located

DAYS_MAX: Final = 256
BYTES_MAX: Final = 32 * 2**20
BUNDLE_TIMEOUT_S: Final = 600.0
BUNDLE_REST: Final = 20.0
"""A new bundle is made no sooner than after this many times as long as the last one took to make."""


class _Day(NamedTuple):
    """The file of a date as of a blob: the commits that changed it, oldest first, and which of them added what."""

    blob: str
    commits: list[Commit]
    added: dict[str, Commit]


class Lookup:
    """Reads the repository at a path, once it is there. From any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._days: OrderedDict[str, _Day] = OrderedDict()

    def close(self) -> None:
        if self._reading is not None:
            self._reading.close()

    def reading(self) -> Reading | None:
        """None as long as there is no repository."""
        with self._lock:
            if self._reading is None:
                there = located(self._path)
                if there is not None:
                    self._reading = Reading(there.git_dir, branch_of(there.git_dir))
            return self._reading

    def file(self, kind: Kind, trade_date: date) -> bytes | None:
        """Raises NotCommitted."""
        found = self._file(path_of(kind, trade_date))
        return None if found is None else found[1]

    def commit_of(self, kind: Kind, trade_date: date, digest: str) -> Commit | None:
        """The commit that brought a signal's hash or a settlement's `nav_sha256` into the file of its date.

        Raises NotCommitted.
        """
        path = path_of(kind, trade_date)
        found = self._file(path)
        if found is None or digest.encode() not in found[1]:
            return None
        day = self._day(kind, path, found[0])
        commit = day.added.get(digest)
        if commit is None:
            commit = next((each for each in day.commits if self._has(each.sha, path, digest)), None)
            if commit is not None:
                day.added[digest] = commit
        return commit

    def _file(self, path: str) -> tuple[str, bytes] | None:
        reading = self.reading()
        if reading is None:
            return None
        blob = reading.blob(path)
        if blob is None:
            return None
        with self._lock:
            data = self._files.get(blob)
        if data is None:
            data = reading.data(blob)
            self._keep(blob, data)
        return blob, data

    def _keep(self, blob: str, data: bytes) -> None:
        with self._lock:
            self._files[blob] = data
            size = sum(map(len, self._files.values()))
            while size > BYTES_MAX:
                _, dropped = self._files.popitem(last=False)
                size -= len(dropped)

    def _day(self, kind: Kind, path: str, blob: str) -> _Day:
        with self._lock:
            day = self._days.get(path)
        if day is not None and day.blob == blob:
            return day
        reading = self.reading()
        assert reading is not None, "a file was read from it"
        day = _Day(blob, [], {})
        for sha, at, message in log(reading.git, reading.branch, path):
            commit = Commit(sha, at)
            day.commits.append(commit)
            for named in hashes_in(message):
                day.added.setdefault(named, commit)
        if kind == "settlements" and len(day.commits) == 1:
            listed = entries(kind, reading.data(blob))
            day.added.update((str(entry["nav_sha256"]), day.commits[0]) for entry in listed)
        with self._lock:
            self._days[path] = day
            while len(self._days) > DAYS_MAX:
                self._days.popitem(last=False)
        return day

    def _has(self, sha: str, path: str, digest: str) -> bool:
        """Whether a file as of a commit has a digest."""
        reading = self.reading()
        assert reading is not None, "a file was read from it"
        blob = reading.blob(path, sha)
        return blob is not None and digest.encode() in reading.data(blob)


class Bundles:
    """The whole history as one file, made anew when the branch has moved, but not at every call."""

    def __init__(self, lookup: Lookup, folder: Path) -> None:
        self._lookup, self._folder = lookup, folder
        self._lock = threading.Lock()
        self._made: tuple[str, Path] | None = None
        self._not_before = 0.0

    def path(self) -> Path | None:
        """A bundle of the branch as it stands, or stood a moment ago; None before the first commit.

        Raises NotCommitted.
        """
        reading = self._lookup.reading()
        head = None if reading is None else reading.head()
        if reading is None or head is None:
            return None
        with self._lock:
            is_there = self._made is not None and self._made[1].exists()
            if (
                self._made is not None
                and is_there
                and (self._made[0] == head or monotonic() < self._not_before)
            ):
                return self._made[1]
            return self._make(reading, head)

    def write(self, file: Path) -> bool:
        """A bundle of the branch as it stands now; False before the first commit. Raises NotCommitted."""
        reading = self._lookup.reading()
        if reading is None or reading.head() is None:
            return False
        _write_bundle(reading, file)
        return True

    def _make(self, reading: Reading, head: str) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = monotonic()
        new = self._folder / f"attestation-{head}.bundle"
        temporary = self._folder / "attestation.bundle.new"
        _write_bundle(reading, temporary)
        temporary.replace(new)
        kept = {new} | ({self._made[1]} if self._made else set())  # the last one may be on its way to someone
        for old in self._folder.glob("attestation-*.bundle"):
            if old not in kept:
                old.unlink(missing_ok=True)
        self._made = head, new
        self._not_before = monotonic() + BUNDLE_REST * (monotonic() - begun)
        return new


def _write_bundle(reading: Reading, file: Path) -> None:
    """Raises NotCommitted."""
    try:
        ran = reading.git.run(
            "bundle",
            "create",
            "--quiet",
            str(file),
            f"refs/heads/{reading.branch}",
            timeout_s=BUNDLE_TIMEOUT_S,
        )
    except (GitMissing, GitTimedOut) as failed:
        raise NotCommitted(failures.BROKEN, str(failed)) from None
    if ran.code != 0:
        raise NotCommitted(failures.BROKEN, f"git bundle: {ran.err.strip()[:300]}")
