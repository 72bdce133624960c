"""Committing changes of status, in the committer's thread.

Up to which change all are committed is noted in the data directory, with the instant of that change. The note
guards nothing and decides nothing: where it is lost, or the records were put back to a time before it, all changes
are held against the repository again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from quantos.attestation import failures
from quantos.attestation.core import messages
from quantos.attestation.core.dayfile import ForeignFile, append, begin, entries, path_of
from quantos.attestation.core.entries import commit_time
from quantos.attestation.core.statuses import Noted, StatusChanged, missing
from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import Change
from quantos.kit.clock import parse_instant, rfc3339

if TYPE_CHECKING:
    from quantos.attestation.committer import Committer
    from quantos.attestation.ports import Outbox

FILE: Final = "attestation-statuses.json"


class LastNoted:
    """The last change of which all before are committed, of one repository, by its path."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self._file, self._repository = folder / FILE, str(repository)

    def read(self) -> Noted | None:
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = orjson.loads(self._file.read_bytes())
            if found["repository"] == self._repository:
                return Noted(int(found["number"]), parse_instant(found["changed_at"]))
        return None

    def write(self, change: StatusChanged) -> None:
        """What cannot be written is left."""
        content = {
            "repository": self._repository,
            "number": change.number,
            "changed_at": rfc3339(change.changed_at),
        }
        temporary = self._file.with_name(f".{FILE}.new")
        with suppress(OSError):
            temporary.write_bytes(orjson.dumps(content))
            temporary.replace(self._file)


def commit_statuses(committer: Committer, outbox: Outbox, noted: LastNoted, now: datetime) -> None:
    """Commit every change that is not committed, in one commit. Raises NotCommitted.

    Changes of a day whose file cannot be continued are left out, and then raised.
    """
    changes = outbox.statuses(noted.read())
    if not changes:
        return
    files, refusal = _continued(committer, changes, now)
    if files:
        dates = sorted(files)
        named = {path_of("statuses", day): files[day] for day in dates}
        committer.commit([Change(named, messages.of_statuses(dates))], now)
        committer.succeeded()
    if refusal is not None:
        raise refusal
    noted.write(changes[-1])


def _continued(
    committer: Committer, changes: Sequence[StatusChanged], now: datetime
) -> tuple[dict[date, bytes], NotCommitted | None]:
    """The files that get more entries, by their dates, and why others could not be continued."""
    repository, at = committer.repository(), commit_time(now)
    files: dict[date, bytes] = {}
    refusal: NotCommitted | None = None
    for day in sorted({change.trade_date for change in changes}):
        path = path_of("statuses", day)
        data = repository.read(path) or begin("statuses", day, now)
        try:
            there = entries("statuses", data)
            new = missing(there, [change for change in changes if change.trade_date == day])
            if new:
                files[day] = append(data, [change.line(at) for change in new])
        except ForeignFile as foreign:
            refusal = NotCommitted(failures.BROKEN, f"{path} cannot be continued: {foreign}")
    return files, refusal
