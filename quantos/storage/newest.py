"""The newest backup that is whole, of those that are known of.

Known are those in the folder that is named; without one, those in the data directory's own folder and those that were
put elsewhere and are still there. None of it asks the stores: they may be what is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zipfile import ZipFile

import orjson

from quantos.storage.backup import FOLDER, places
from quantos.storage.restore import (
    FACTS,
    UNREADABLE,
    BackupDamaged,
    BackupMissing,
    BackupTooNew,
    manifest_of,
    unreadable,
)

T = TypeVar("T")


def first_that_holds(
    directory: Path, folder: Path | None, put: Callable[[Path], T], passed_over: Callable[[Path, str], object]
) -> tuple[Path, T]:
    """What `put` makes of the newest backup that it takes. `passed_over`: told of each that is damaged or too new.

    Raises BackupMissing where there is none, and whatever else `put` raises.
    """
    found = _newest_first(directory, folder, passed_over)
    for file in found:
        try:
            return file, put(file)
        except (BackupDamaged, BackupTooNew) as refusal:
            passed_over(file, refusal.message)
    where = folder or directory / FOLDER
    raise BackupMissing(
        f"none of {len(found)} backups can be restored: name another"
        if found
        else f"no backup is known of in {where}: name one with quantos backup restore FILE"
    )


def _newest_first(
    directory: Path, folder: Path | None, passed_over: Callable[[Path, str], object]
) -> list[Path]:
    inside = folder or directory / FOLDER
    files = {*inside.glob("*.zip"), *(() if folder else places(directory / FOLDER))}
    simulated, dated = _simulated(directory), []
    for file in sorted(
        each for each in files if each.exists()
    ):  # one that was put elsewhere may be gone since
        try:
            with ZipFile(file) as archive:
                said = manifest_of(archive)
        except (BackupDamaged, BackupTooNew) as refusal:
            passed_over(file, refusal.message)
        except UNREADABLE as error:
            passed_over(file, unreadable(file, error).message)
        else:
            if simulated is None or said["simulated"] == simulated:
                dated.append((said["made_at"], file.name, file))
    return [file for *_, file in sorted(dated, reverse=True)]


def _simulated(directory: Path) -> bool | None:
    """Whether the directory is simulated; None where it does not say so any more."""
    try:
        return bool(orjson.loads((directory / FACTS).read_bytes())["simulated"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
