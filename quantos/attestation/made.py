"""The last commit that this platform made, kept in its data directory: a repository that loses it is found out.

A branch without what was committed is never continued: every entry of before would be gone for good. The commit is
written down after the branch was moved and not synced: after a kill or a power cut it may be an earlier one, which
is part of the same history, or none.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

from quantos.attestation import failures
from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import BRANCH, Repository, located

FILE: Final = "attestation-head.json"


class LastMade:
    """Of one repository, by its path: another one begins anew."""

    def __init__(self, folder: Path, path: Path) -> None:
        self._file, self._path = folder / FILE, path
        self._judged: tuple[str | None] | None = (
            None  # the head of which it is known whether it has the commit
        )
        self._lost: str | None = None

    def check_there(self) -> None:
        """Before a repository is opened, or made. Raises NotCommitted where there was one."""
        known = self._read()
        if known is not None and located(self._path) is None:
            raise _lost(f"{self._path} is gone", known, BRANCH)

    def check(self, repository: Repository) -> None:
        """As it was seen last. Raises NotCommitted where it has lost the commit."""
        if self._judged != (repository.seen,):
            known = self._read()
            self._lost = None if known is None or repository.has_commit(known) else known
            self._judged = (repository.seen,)
        if self._lost is not None:
            raise _lost(f"the branch {repository.branch} is another one", self._lost, repository.branch)

    def write(self, sha: str) -> None:
        """Of the branch as it stands now. What cannot be written is left: it guards, and decides nothing."""
        self._judged = (sha,)
        temporary = self._file.with_name(f".{FILE}.new")
        with suppress(OSError):
            temporary.write_bytes(orjson.dumps({"repository": str(self._path), "head": sha}))
            temporary.replace(self._file)

    def _read(self) -> str | None:
        try:
            found = orjson.loads(self._file.read_bytes())
            return str(found["head"]) if found["repository"] == str(self._path) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _lost(what: str, known: str, branch: str) -> NotCommitted:
    return NotCommitted(
        failures.LOST,
        f"{what}: it no longer has commit {known}, which this platform made. Put it back (a clone of the remote, or"
        f" `git update-ref refs/heads/{branch} {known}`), or name another folder to begin anew",
    )
