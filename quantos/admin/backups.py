"""Backups: made on demand, and known by the audit rows that they leave."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.clock import Clock, rfc3339
from quantos.kit.routing import Routes
from quantos.kit.web import STORABLE, Answer, ApiModel, Offset, json_response, limit, refusals
from quantos.storage.audit import DONE, Audit, Wanted
from quantos.storage.backup import Backup

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_ACTION: Final = "backup_made"
PATH_MAX: Final = 4096


class BackupToMake(ApiModel):
    """`path`: the file to write, on the server's machine; by default one in the data directory's `backups`."""

    path: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=PATH_MAX), STORABLE] | None,
        Field(examples=["/srv/backups/quantos-2024-01-02.zip"]),
    ] = None


class BackupOut(Answer):
    """A backup that was made here. `sha256`: of the file; `present`: whether it is still there."""

    path: str
    made_at: datetime
    bytes: int
    sha256: str
    files: int
    present: bool


class BackupList(Answer):
    backups: list[BackupOut]
    total: int


class Backups:
    """What an operator asks of backups."""

    def __init__(self, backup: Backup, audit: Audit, clock: Clock) -> None:
        self._backup, self._audit, self._clock = backup, audit, clock

    def make(self, path: str | None) -> dict[str, Any]:
        """As in `BackupOut`. Raises BackupExists, BackupUnderWay, BackupRefused, NoRoom."""
        with self._audit.of(_ACTION, path) as change:
            made_at = self._clock.now().replace(microsecond=0)
            made = self._backup.create(None if path is None else Path(path), made_at)
            change.target = str(made.path)
            change.after = {
                "made_at": rfc3339(made_at),
                "bytes": made.size,
                "sha256": made.sha256,
                "files": len(made.manifest["files"]),
            }
        return _shown(change.target, change.after)

    def made(self, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Newest first, and how many there are."""
        rows, total = self._audit.page(Wanted(action=_ACTION, state=DONE), limit, offset)
        return [_shown(row.target or "", row.after) for row in rows], total

    def last(self) -> datetime | None:
        """When the last one was made."""
        rows, _ = self._audit.page(Wanted(action=_ACTION, state=DONE), 1, 0)
        return rows[0].at if rows else None


def router(backups: Backups, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.post(
        "/admin/backups",
        operation_id="make_backup",
        summary="Back the whole data directory up into one file, while the platform runs",
        status_code=201,
        response_model=BackupOut,
        responses=_MALFORMED
        | refusals(
            s400="the file cannot be written there",
            s409="there is a file of this name, or a backup is being made",
            s503="too little free space",
        ),
    )
    async def make_backup(body: BackupToMake | None = None) -> Response:
        """Both stores as of one instant, the attestation repository, and the secrets: keep the file as safe as them."""
        made = await asyncio.to_thread(backups.make, body.path if body else None)
        return json_response(made, 201)

    @operator.get(
        "/admin/backups",
        operation_id="list_backups",
        summary="The backups that were made here, newest first",
        response_model=BackupList,
        responses=_MALFORMED,
    )
    async def list_backups(limit: int = limit(50), offset: Offset = 0) -> Response:
        """Also those whose file is gone or was moved away since."""
        rows, total = await asyncio.to_thread(backups.made, limit, offset)
        return json_response({"backups": rows, "total": total})

    return operator


def _shown(path: str, made: dict[str, Any]) -> dict[str, Any]:
    return {"path": path, **made, "present": Path(path).is_file()}
