"""Ways to write attestation commits, beside each other: how long a group of 32 signals takes, durable.

    python -m tests.bench.bench_git_writers [--signals 3200] [--dates 1]

git           git's plumbing, five processes a commit
long-lived    the same as processes that stay: hash-object, mktree, update-ref
dulwich       dulwich's own loose objects and references, each file synced
dulwich-pack  dulwich's packs, one a commit
pygit2        libgit2, synced, where it is installed
platform      what the platform does: dulwich's objects, the files of a group synced together, folders too
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import statistics
import subprocess
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from quantos.attestation.core.dayfile import append, begin, path_of
from quantos.attestation.core.entries import SignalEntry
from quantos.attestation.core.messages import of_signals
from quantos.attestation.git import environment
from quantos.attestation.repository import Change, Repository

GROUP = 32
NOW = datetime(2024, 1, 2, tzinfo=UTC)
NOBODY = "0" * 40


class Writer:
    """Commits one file at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.head = folder, ""
        self.names: dict[str, str] = {}
        seconds = f"{int(NOW.timestamp())} +0000"
        dates = {"GIT_AUTHOR_DATE": seconds, "GIT_COMMITTER_DATE": seconds}
        self.env = environment({"core.looseCompression": "1"}, dates)
        subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], env=self.env, check=True)
        self.open()

    def open(self) -> None:
        """What stays open between commits."""

    def commit(self, name: str, data: bytes, message: str) -> None:
        raise NotImplementedError

    def commit_group(self, changes: list[Change]) -> None:
        for change in changes:
            ((path, data),) = change.files.items()
            self.commit(path.partition("/")[2], data, change.message)

    def close(self) -> None:
        """Ends what was opened."""

    def tree(self) -> str:
        return "".join(f"100644 blob {sha}\t{name}\n" for name, sha in sorted(self.names.items()))


class Spawned(Writer):
    def commit(self, name: str, data: bytes, message: str) -> None:
        self.names[name] = self._git("hash-object", "-w", "--stdin", given=data)
        tree = self._git("mktree", given=self.tree().encode())
        root = self._git("mktree", given=f"040000 tree {tree}\tattestations\n".encode())
        parents = ["-p", self.head] if self.head else []
        new = self._git("commit-tree", root, *parents, given=message.encode())
        self._git("update-ref", "refs/heads/main", new, self.head or NOBODY)
        self.head = new

    def _git(self, *arguments: str, given: bytes = b"") -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        return (
            subprocess.run(command, input=given, env=self.env, check=True, stdout=subprocess.PIPE)
            .stdout.decode()
            .strip()
        )


class LongLived(Writer):
    def open(self) -> None:
        self.blobs = self._stay("hash-object", "-w", "--stdin-paths", "--no-filters")
        self.commits = self._stay("hash-object", "-w", "-t", "commit", "--stdin-paths", "--no-filters")
        self.trees = self._stay("mktree", "--batch", "--missing")
        self.references = self._stay("update-ref", "--stdin")

    def commit(self, name: str, data: bytes, message: str) -> None:
        given = self.folder / ".git" / "given"
        given.write_bytes(data)
        self.names[name] = _ask(self.blobs, f"{given}\n")
        tree = _ask(self.trees, self.tree() + "\n")
        root = _ask(self.trees, f"040000 tree {tree}\tattestations\n\n")
        who = f"QuantOS attestation <attestation@quantos.invalid> {int(NOW.timestamp())} +0000"
        parent = f"parent {self.head}\n" if self.head else ""
        given.write_text(f"tree {root}\n{parent}author {who}\ncommitter {who}\n\n{message}")
        new = _ask(self.commits, f"{given}\n")
        assert _ask(self.references, "start\n") == "start: ok"
        _tell(self.references, f"update refs/heads/main {new} {self.head or NOBODY}\n")
        assert _ask(self.references, "prepare\n") == "prepare: ok"
        assert _ask(self.references, "commit\n") == "commit: ok"
        self.head = new

    def close(self) -> None:
        for process in (self.blobs, self.commits, self.trees, self.references):
            process.communicate()

    def _stay(self, *arguments: str) -> Any:
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env, text=True
        )


class Dulwich(Writer):
    packs = False

    def open(self) -> None:
        from dulwich.object_store import DiskObjectStore  # noqa: PLC0415 - one of several
        from dulwich.objects import Tree  # noqa: PLC0415
        from dulwich.refs import DiskRefsContainer  # noqa: PLC0415

        self.store = DiskObjectStore(
            self.folder / ".git" / "objects", loose_compression_level=1, fsync_object_files=True
        )
        self.references: Any = DiskRefsContainer(self.folder / ".git")
        self.days = Tree()

    def commit(self, name: str, data: bytes, message: str) -> None:
        from dulwich.objects import Blob, Commit, Tree  # noqa: PLC0415

        blob, root, commit = Blob.from_string(data), Tree(), Commit()
        self.days.add(name.encode(), 0o100644, blob.id)
        root.add(b"attestations", 0o040000, self.days.id)
        head: Any = self.head.encode()
        commit.tree, commit.parents = root.id, [head] if head else []
        commit.author = commit.committer = b"QuantOS attestation <attestation@quantos.invalid>"
        commit.author_time = commit.commit_time = int(NOW.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = message.encode()
        made: list[Any] = [blob, self.days, root, commit]
        if self.packs:
            self.store.add_objects([(each, None) for each in made])
        else:
            for each in made:
                self.store.add_object(each)
        assert self.references.set_if_equals(b"refs/heads/main", head or None, commit.id)
        self.head = commit.id.decode()

    def close(self) -> None:
        self.store.close()


class DulwichPacks(Dulwich):
    packs = True


class LibGit2(Writer):
    def open(self) -> None:
        self.pygit2: Any = importlib.import_module("pygit2")
        self.pygit2.option(self.pygit2.enums.Option.ENABLE_FSYNC_GITDIR, True)
        self.repository = self.pygit2.Repository(str(self.folder))
        self.who = self.pygit2.Signature("QuantOS", "attestation@quantos.invalid", int(NOW.timestamp()), 0)
        self.last: Any = None

    def commit(self, name: str, data: bytes, message: str) -> None:
        build = self.repository.TreeBuilder
        days = build(self.last) if self.last else build()
        days.insert(name, self.repository.create_blob(data), 0o100644)
        self.last, root = days.write(), build()
        root.insert("attestations", self.last, 0o040000)
        parents = [self.head] if self.head else []
        self.head = self.repository.create_commit(
            "refs/heads/main", self.who, self.who, message, root.write(), parents
        )


class OfThePlatform(Writer):
    def open(self) -> None:
        self.repository = Repository.open(self.folder)
        self.repository.refresh()

    def commit_group(self, changes: list[Change]) -> None:
        self.repository.commit(changes, NOW)

    def close(self) -> None:
        self.repository.close()


WRITERS: dict[str, type[Writer]] = {
    "git": Spawned,
    "long-lived": LongLived,
    "dulwich": Dulwich,
    "dulwich-pack": DulwichPacks,
    "pygit2": LibGit2,
    "platform": OfThePlatform,
}


def _tell(process: Any, line: str) -> None:
    process.stdin.write(line)
    process.stdin.flush()


def _ask(process: Any, line: str) -> str:
    _tell(process, line)
    return str(process.stdout.readline()).strip()


def measure(name: str, signals: int, dates: int) -> None:
    days = [date(2024, 1, 2) + timedelta(days=n) for n in range(dates)]
    files = {day: begin("attestations", day, NOW) for day in days}
    number, took = 0, []
    with tempfile.TemporaryDirectory() as made:
        writer = WRITERS[name](Path(made) / "repository")
        while number < signals:
            changes = []
            for day in days:
                numbers = range(number, number + GROUP // dates)
                number = numbers.stop
                entries = [
                    SignalEntry(f"s{n}", hashlib.sha256(str(n).encode()).hexdigest(), "hs300", "open")
                    for n in numbers
                ]
                files[day] = append(files[day], [entry.line(NOW) for entry in entries])
                changes.append(Change({path_of("attestations", day): files[day]}, of_signals(day, entries)))
            begun = perf_counter()
            writer.commit_group(changes)
            took.append((perf_counter() - begun) * 1e3)
        writer.close()
        size = sum(f.stat().st_size for f in (Path(made) / "repository" / ".git").rglob("*") if f.is_file())
    worst = statistics.quantiles(took, n=100)[-1]
    print(f"{name:13} median {statistics.median(took):6.1f} ms  p99 {worst:6.1f} ms  {size / 1e6:6.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--signals", type=int, default=3200)
    parser.add_argument("--dates", type=int, default=1, help="trade dates of a group, each a commit")
    arguments = parser.parse_args()
    print(
        f"{arguments.signals} signals, {arguments.dates} commits a group of {GROUP}, load {os.getloadavg()[0]:.1f}"
    )
    for name in WRITERS:
        if name == "pygit2" and importlib.util.find_spec("pygit2") is None:
            print("pygit2        is not installed")
        else:
            measure(name, arguments.signals, arguments.dates)


if __name__ == "__main__":
    main()
