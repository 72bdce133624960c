"""The local repository: reads and writes it in this process, through dulwich.

The platform is its only writer. A group of commits is durable before anyone hears of it, in this order: objects
(synced), their folders (synced), the branch (compared, swapped, synced). A kill at any point leaves the branch
at the old or at the new commit, never between.

What a kill leaves behind are lock files. Nobody but the committer locks the branch for longer than a moment, so
one that stands unchanged was left by a process that is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO, Final, NamedTuple, TypeVar

from dulwich.file import FileLocked, GitFile
from dulwich.objects import ZERO_SHA, Blob, Commit, ObjectID, ShaFile, Tree
from dulwich.refs import DiskRefsContainer

from quantos.attestation import failures
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import AUTHOR, EMAIL, Git
from quantos.attestation.reading import as_failures, head_of, head_text, open_store, ref_of
from quantos.kit.durable import sync_folder

BRANCH: Final = "main"
LOCK_LEFT_S: Final = 60.0
"""A lock that stands unchanged for so long was left by a process that is gone."""
SETTLE_S: Final = 1.0
SYNC_TOGETHER: Final = 8

_FILE, _FOLDER = 0o100644, 0o040000
_IDENTITY: Final = f"{AUTHOR} <{EMAIL}>".encode()

T = TypeVar("T", bound=ShaFile)
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """One commit to be: whole files by their paths (`folder/name`, or `name` at the root), and the message."""

    files: dict[str, bytes]
    message: str


class Located(NamedTuple):
    """Where a repository keeps its own files, and those it shows, if any."""

    git_dir: Path
    work_tree: Path | None


@dataclass(slots=True)
class Loose:
    """What was written since the objects were packed last. `size`: bytes before compression."""

    objects: int
    size: int


class Repository:
    """A repository that is open. One writer; readers take `Reading`. `synced`: as in the terms."""

    def __init__(self, git_dir: Path, work_tree: Path | None, *, synced: bool = True) -> None:
        self.git_dir, self.work_tree, self._synced = git_dir, work_tree, synced
        self.branch = branch_of(git_dir)
        self.git = Git(git_dir)
        self._ref = ref_of(self.branch)
        self._refs = DiskRefsContainer(git_dir)
        self._store = open_store(git_dir, synced=synced)
        self._head: ObjectID | None = None
        self._root = Tree()
        self._folders: dict[str, Tree] = {}
        self._seen_lock: tuple[int, int, float] | None = None
        self.loose = Loose(0, 0)
        self._pool = ThreadPoolExecutor(SYNC_TOGETHER, "attestation-sync")
        self._in_use = _taken(git_dir)

    @classmethod
    def open(cls, path: Path, *, synced: bool = True) -> Repository:
        """Open it; where there is none, create it (branch main). Raises NotCommitted."""
        with as_failures():
            there = located(path)
            if there is None:
                if path.exists() and (not path.is_dir() or any(path.iterdir())):
                    raise NotCommitted(
                        failures.BROKEN, f"{path} is neither empty nor a git repository: name another folder"
                    )
                _create(path)
                there = Located(path / ".git", path)
            return cls(there.git_dir, there.work_tree, synced=synced)

    def close(self) -> None:
        self.git.stop()
        self._pool.shutdown()
        self._store.close()
        self._in_use.close()

    def head(self) -> str | None:
        """The commit at which the branch stands; None before the first. Raises NotCommitted."""
        return head_text(self._refs, self._ref)

    def refresh(self) -> bool:
        """Look whether the branch was moved by someone else; what was read before is forgotten then."""
        present = head_of(self._refs, self._ref)
        if present == self._head:
            return False
        with as_failures():
            self._root = Tree() if present is None else self._tree_of(present)
        self._folders.clear()
        self._head = present
        return True

    @property
    def seen(self) -> str | None:
        """The commit last seen."""
        return None if self._head is None else self._head.decode()

    def has_commit(self, sha: str) -> bool:
        """Whether the history of the commit last seen has that one. Raises NotCommitted."""
        wanted, todo, known = sha.encode(), [self._head] if self._head else [], set[ObjectID]()
        with as_failures():
            while todo:
                commit = todo.pop()
                if commit == wanted:
                    return True
                if commit not in known:
                    known.add(commit)
                    todo += self._get(commit, Commit).parents
        return False

    def read(self, path: str) -> bytes | None:
        """A file as of the commit last seen. Raises NotCommitted."""
        folder, _, name = path.rpartition("/")
        with as_failures():
            tree = self._folder(folder) if folder else self._root
            if name.encode() not in tree:
                return None
            return self._get(tree[name.encode()][1], Blob).as_raw_string()

    def has(self, name: str) -> bool:
        """Whether something of that name stands at the root, as of the commit last seen."""
        return name.encode() in self._root

    def commit(self, changes: Sequence[Change], at: datetime, sign: Sign | None = None) -> list[str]:
        """One commit per change on top of each other, the branch moved once. Their ids. Raises NotCommitted.

        To be called after `refresh`: a branch that has moved since is found and nothing is changed.
        """
        assert changes, "there is something to commit"
        root, folders = _copy(self._root), dict(self._folders)
        made: list[ShaFile] = []
        shas: list[ObjectID] = []
        parent = self._head
        with as_failures():
            for change in changes:
                made += self._put_in(root, folders, change.files)
                commit = _commit(root.id, parent, change.message, at, sign)
                made.append(commit)
                parent = commit.id
                shas.append(commit.id)
            self._write(list({each.id: each for each in made}.values()))
        self._move(shas[-1])
        self._head, self._root, self._folders = shas[-1], root, folders
        for change in changes:
            self._check_out(change.files)
        return [sha.decode() for sha in shas]

    def clear_left_locks(self) -> None:
        """At the start, as the only platform on this repository: what a kill left behind goes."""
        left = {lock: _identity(lock) for lock in self._locks()}
        if left:
            threading.Event().wait(SETTLE_S)  # time for a git of the operator's to finish
        for lock, before in left.items():
            if before is not None and _identity(lock) == before:
                lock.unlink(missing_ok=True)

    # inside

    def _put_in(self, root: Tree, folders: dict[str, Tree], files: dict[str, bytes]) -> list[ShaFile]:
        """The objects of a change; `root` and `folders` are brought up to it."""
        made: list[ShaFile] = []
        touched: dict[str, Tree] = {}
        for path, data in files.items():
            folder, _, name = path.rpartition("/")
            blob = Blob.from_string(data)
            made.append(blob)
            if not folder:
                root.add(name.encode(), _FILE, blob.id)
                continue
            if folder not in touched:
                touched[folder] = _copy(folders.get(folder) or self._folder(folder))
            touched[folder].add(name.encode(), _FILE, blob.id)
        for folder, tree in touched.items():
            root.add(folder.encode(), _FOLDER, tree.id)
            folders[folder] = tree
            made.append(tree)
        made.append(_copy(root))
        return made

    def _folder(self, name: str) -> Tree:
        if name not in self._folders:
            key = name.encode()
            self._folders[name] = self._get(self._root[key][1], Tree) if key in self._root else Tree()
        return self._folders[name]

    def _tree_of(self, commit: ObjectID) -> Tree:
        return self._get(self._get(commit, Commit).tree, Tree)

    def _get(self, sha: ObjectID, kind: type[T]) -> T:
        try:
            found = self._store[sha]
        except KeyError:  # packed between a look at the packs and one at the loose objects
            found = self._store[sha]
        if not isinstance(found, kind):
            raise NotCommitted(failures.BROKEN, f"{sha.decode()} is no {kind.__name__.lower()}")
        return found

    def _write(self, made: Sequence[ShaFile]) -> None:
        """Objects on disk, and their folders. All at a time: what waits together is synced by the disk in one go."""
        objects = self.git_dir / "objects"
        folders = {objects, *(objects / each.id[:2].decode() for each in made)}
        if self._synced:
            list(self._pool.map(self._add, made))
            list(self._pool.map(sync_folder, folders))
        else:
            for each in made:
                self._add(each)
        self.loose.objects += len(made)
        self.loose.size += sum(each.raw_length() for each in made)

    def _add(self, each: ShaFile) -> None:
        try:
            self._store.add_object(each)
        except FileLocked as left:  # a kill came while this very object was written
            Path(os.fsdecode(left.lockfilename)).unlink(missing_ok=True)
            self._store.add_object(each)

    def _move(self, new: ObjectID) -> None:
        """Move the branch to a commit whose objects are on disk."""
        try:
            if self._synced:
                moved = self._refs.set_if_equals(self._ref, self._head or ZERO_SHA, new)
                sync_folder(self.git_dir / "refs" / "heads")
            else:
                moved = self._set_unsynced(new)
        except FileLocked as locked:
            self._take_up(Path(os.fsdecode(locked.lockfilename)))
            raise NotCommitted(
                failures.LOCKED,
                f"{os.fsdecode(locked.lockfilename)} exists: another git is at work, or was killed",
            ) from None
        except Exception as error:
            refusal = (
                failures.of_the_system(error)
                if isinstance(error, OSError)
                else NotCommitted(failures.BROKEN, repr(error))
            )
            raise NotCommitted(
                refusal.reason, str(refusal), is_certain=self._stands_elsewhere(new)
            ) from error

        if not moved:
            raise NotCommitted(failures.LOCKED, f"{self.branch} was moved by another program")

    def _set_unsynced(self, new: ObjectID) -> bool:
        """As the library's `set_if_equals`, which waits for the disk."""
        with GitFile(self._refs.refpath(self._ref), "wb", fsync=False) as branch:
            if (self._refs.read_ref(self._ref) or ZERO_SHA) != (self._head or ZERO_SHA):
                branch.abort()
                return False
            branch.write(new + b"\n")
        return True

    def _stands_elsewhere(self, new: ObjectID) -> bool:
        """Whether the branch certainly does not stand at the commit."""
        try:
            return self.head() != new.decode()
        except NotCommitted:
            return False

    def _take_up(self, lock: Path) -> None:
        """Remember a lock that is in the way, and remove it once it has been left for long enough."""
        now, found = monotonic(), _identity(lock)
        if found is None:
            return
        if self._seen_lock is None or self._seen_lock[:2] != found:
            self._seen_lock = (*found, now)
        elif now - self._seen_lock[2] >= LOCK_LEFT_S:
            lock.unlink(missing_ok=True)
            self._seen_lock = None

    def _check_out(self, files: dict[str, bytes]) -> None:
        """The files for whoever opens the folder. The commit stands without them: what fails is left to git."""
        if self.work_tree is None:
            return
        for path, data in files.items():
            with suppress(OSError):
                file = self.work_tree / path
                file.parent.mkdir(exist_ok=True)
                temporary = file.with_name(f".{file.name}.new")
                temporary.write_bytes(data)
                temporary.replace(file)

    def _locks(self) -> Iterator[Path]:
        for name in (f"refs/heads/{self.branch}.lock", "HEAD.lock", "index.lock", "packed-refs.lock"):
            lock = self.git_dir / name
            if lock.exists():
                yield lock


def _copy(tree: Tree) -> Tree:
    copied = tree.copy()
    assert isinstance(copied, Tree), "a copy is of its kind"
    return copied


def _commit(tree: ObjectID, parent: ObjectID | None, message: str, at: datetime, sign: Sign | None) -> Commit:
    commit = Commit()
    commit.tree = tree
    commit.parents = [] if parent is None else [parent]
    commit.author = commit.committer = _IDENTITY
    commit.author_time = commit.commit_time = int(at.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = message.encode()
    if sign is not None:
        commit.gpgsig = sign(commit.as_raw_string()).rstrip(b"\n")
    return commit


def located(path: Path) -> Located | None:
    """The repository at a path, with a working folder or bare; None where there is none."""
    if (path / ".git" / "HEAD").is_file():
        return Located(path / ".git", path)
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        return Located(path, None)
    return None


def branch_of(git_dir: Path) -> str:
    text = (git_dir / "HEAD").read_text().strip()
    if not text.startswith("ref: refs/heads/"):
        raise NotCommitted(failures.BROKEN, f"{git_dir}: HEAD names no branch; check one out")
    return text.removeprefix("ref: refs/heads/")


def _taken(git_dir: Path) -> IO[str]:
    """The mark that this platform writes here, held until it is closed."""
    mark = os.fdopen(os.open(git_dir / "quantos.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        mark.close()
        raise NotCommitted(
            failures.IN_USE, f"another platform writes to {git_dir}: each needs a repository of its own"
        ) from None
    return mark


def _create(path: Path) -> None:
    """A new repository, there as a whole or not at all."""
    from dulwich.repo import Repo  # noqa: PLC0415 - only where one is created

    new = path.with_name(f".{path.name}.quantos-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    Repo.init(str(new), default_branch=BRANCH.encode()).close()
    for folder, _, _ in os.walk(new):
        sync_folder(Path(folder))
    new.replace(path)
    sync_folder(path.parent)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
