"""Why something is not committed: a stable code, and words for the operator."""

from __future__ import annotations

import errno
from typing import Final

REPO_NOT_CONFIGURED: Final = "repo_not_configured"
BATCHED: Final = "batched_before_deadline"
"""Not yet: in deadline mode signals are committed together shortly before their deadline."""
PENDING: Final = "commit_pending"
"""Not yet: the commit is under way and takes long; the signal is neither lost nor replaceable."""
STOPPING: Final = "platform_stopping"
DISK_FULL: Final = "disk_full"
READ_ONLY: Final = "repository_read_only"
LOCKED: Final = "repository_locked"
IN_USE: Final = "repository_in_use"
BROKEN: Final = "repository_broken"
SIGNING: Final = "signing_failed"
RECORDS: Final = "records_unavailable"
NO_GIT: Final = "git_not_installed"
OTHER_MODE: Final = "repository_of_other_mode"
"""A live platform never writes to a simulated one's repository, nor the other way round."""
LOST: Final = "repository_history_lost"
"""What this platform had committed is gone from the branch: it is put back, never written anew."""
OTHERWISE: Final = "attested_otherwise"
"""The repository holds another hash of this strategy for this date: it stays, and no second one is added."""


class NotCommitted(Exception):
    """Nothing was committed. `reason` is for programs, the text for the operator.

    `is_certain` is False where it could not be seen whether the branch was moved: it may be in the repository.
    """

    def __init__(self, reason: str, detail: str, *, is_certain: bool = True) -> None:
        super().__init__(detail)
        self.reason, self.is_certain = reason, is_certain


_BY_ERRNO: Final = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: DISK_FULL,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EROFS: READ_ONLY,
}


def of_the_system(error: OSError) -> NotCommitted:
    """What the system refused, and where."""
    where = f"{error.filename}: " if error.filename else ""
    return NotCommitted(_BY_ERRNO.get(error.errno or 0, BROKEN), f"{where}{error.strerror or error}")
