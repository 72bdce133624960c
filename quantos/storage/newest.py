"""The newest backup that is whole, of those that are known of.

Known are those in the folder that is named; without one, those in the data directory's own folder and those that were
put elsewhere and are still there. None of it asks the stores: they may be what is damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

import orjson

from quantos.storage.backup import FOLDER, places
from quantos.storage.restore import FACTS, BackupDamaged, BackupMissing, BackupTooNew, manifest_of

T = TypeVar("T")


def first_that_holds(
    directory: Path, folder: Path | None, put: Callable[[Path], T], passed_over: Callable[[Path, str], object]
) -> tuple[Path, T]:
    """What `put` makes of the newest backup that it takes. `passed_over`: told of each that is damaged or too new.

    Raises BackupMissing where there is none, and whatever else `put` raises.
    """
    found = _newest_first(directory, folder)
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


def _newest_first(directory: Path, folder: Path | None) -> list[Path]:
    inside = folder or directory / FOLDER
    files = {*inside.glob("*.zip"), *(() if folder else places(directory / FOLDER))}
    simulated = _simulated(directory)
    dated = [
        (manifest["made_at"], file.name, file)
        for file in files
        for manifest in _manifests(file)
        if simulated is None or manifest["simulated"] == simulated
    ]
    return [file for *_, file in sorted(dated, reverse=True)]


def _manifests(file: Path) -> Iterator[dict[str, object]]:
    """One, or none of a file that is no backup at all."""
    try:
        with ZipFile(file) as archive:
            yield manifest_of(archive)
    except (
        BackupDamaged,
        BackupTooNew,
        BadZipFile,
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        NotImplementedError,
    ):
        return


def _simulated(directory: Path) -> bool | None:
    """Whether the directory is simulated; None where it does not say so any more."""
    try:
        return bool(orjson.loads((directory / FACTS).read_bytes())["simulated"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
