"""Reading the repository in this process, beside the one who writes to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from dulwich.file import FileLocked
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID
from dulwich.refs import DiskRefsContainer, Ref

from quantos.attestation import failures
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import Git

T = TypeVar("T")
COMPRESSION: Final = 1
"""Of loose objects: packing compresses them well later, off the path of a submission."""


class Reading:
    """Reads files of the branch's newest commit, from any thread, beside the writer."""

    def __init__(self, git_dir: Path, branch: str) -> None:
        self._ref = ref_of(branch)
        self._refs = DiskRefsContainer(git_dir)
        self._lock = threading.Lock()
        self._store = open_store(git_dir)
        self.git, self.branch = Git(git_dir), branch

    def head(self) -> str | None:
        """Raises NotCommitted."""
        return head_text(self._refs, self._ref)

    def blob(self, path: str, commit: str | None = None) -> str | None:
        """The object id of a file, at the head or as of a commit; None where there is none. Raises NotCommitted."""
        start = commit or self.head()
        return None if start is None else self._looked_up(lambda: self._find(start, path))

    def data(self, blob: str) -> bytes:
        """The bytes of a file. Raises NotCommitted."""
        found: bytes = self._looked_up(lambda: self._object(blob).as_raw_string())
        return found

    def close(self) -> None:
        self.git.stop()
        self._store.close()

    def _looked_up(self, look: Callable[[], T]) -> T:
        with self._lock, as_failures():
            try:
                return look()
            except KeyError:  # packed between a look at the packs and one at the loose objects
                return look()

    def _find(self, commit: str, path: str) -> str | None:
        sha: ObjectID = self._object(commit).tree
        for part in path.split("/"):
            tree: Any = self._store[sha]
            if part.encode() not in tree:
                return None
            sha = tree[part.encode()][1]
        return sha.decode()

    def _object(self, sha: str) -> Any:
        return self._store[ObjectID(sha.encode())]


def ref_of(branch: str) -> Ref:
    return Ref(f"refs/heads/{branch}".encode())


def head_of(refs: DiskRefsContainer, ref: Ref) -> ObjectID | None:
    """Where a branch stands. Raises NotCommitted."""
    with as_failures():
        found = refs.read_loose_ref(ref) or refs.get_packed_refs().get(ref)
    return None if found is None else ObjectID(found)


def head_text(refs: DiskRefsContainer, ref: Ref) -> str | None:
    """The same as text; None before the first commit."""
    found = head_of(refs, ref)
    return None if found is None else found.decode()


def open_store(git_dir: Path, *, synced: bool = True) -> DiskObjectStore:
    return DiskObjectStore(
        git_dir / "objects", loose_compression_level=COMPRESSION, fsync_object_files=synced
    )


@contextmanager
def as_failures() -> Iterator[None]:
    """What goes wrong in a repository, as NotCommitted."""
    try:
        yield
    except FileLocked as locked:
        name = os.fsdecode(locked.lockfilename)
        raise NotCommitted(failures.LOCKED, f"{name} exists: another git is at work, or was killed") from None
    except OSError as error:
        raise failures.of_the_system(error) from error
    except KeyError as missing:
        raise NotCommitted(failures.BROKEN, f"an object is missing: {missing}") from missing
    except NotCommitted:
        raise
    except Exception as error:  # a damaged repository shows itself in many ways
        raise NotCommitted(failures.BROKEN, f"{type(error).__name__}: {error}") from error
