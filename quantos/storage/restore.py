"""A backup file, checked and put back. Nothing here needs a platform: a bare machine can do both.

To verify is to read everything: the form of the archive, every member's size and SHA-256, and then the stores
themselves, which are unpacked and opened. To restore is to verify first, so that a damaged file never takes the
place of anything.

A directory that is there gives way only when asked to (`force`), and not while anybody uses it; what it held is
kept beside what comes, in a folder `before-restore-...` of its own. The facts of the directory (directory.json)
are moved out first and in last: killed in between, it is no data directory, and opens for nobody, until the
restore is run again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

import duckdb
import orjson

from quantos.errors import Conflict, NotFound, WrongState
from quantos.kit.durable import sync_folder
from quantos.storage.backup import CHUNK, FOLDER, FORMAT, IMAGES, KEPT, KIND, MANIFEST, RECORDS, SERIES
from quantos.storage.confined import CONFINED
from quantos.storage.damage import read_all_series
from quantos.storage.directory import DataDirectory

FACTS: Final = "directory.json"
UNPACKED: Final = ".restoring"
MANIFEST_BYTES_MAX: Final = 64 * 2**20
UNREADABLE: Final = (BadZipFile, OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError)
"""What an archive that is none, or is cut off, gives when it is read."""


class BackupDamaged(WrongState):
    """The file is no backup, or not as it was made."""

    code = "backup_damaged"


class BackupTooNew(WrongState):
    code = "backup_too_new"


class BackupMissing(NotFound):
    code = "backup_missing"


class DirectoryNotEmpty(Conflict):
    """A restore takes the place of a directory only when asked to."""

    code = "directory_not_empty"


@dataclass(frozen=True, slots=True)
class Verified:
    """A backup that is as it was made. `users`, `strategies`, `navs`, `last_settled`: what its stores hold."""

    manifest: dict[str, Any]
    users: int
    strategies: int
    navs: int
    last_settled: str | None


def verify(file: Path) -> Verified:
    """Read and check everything. Raises BackupMissing, BackupDamaged, BackupTooNew."""
    with tempfile.TemporaryDirectory(prefix="quantos-verify-", dir=_roomy(file)) as folder:
        return unpack(file, Path(folder))


def unreadable(file: Path, error: BaseException) -> BackupDamaged:
    """What one of `UNREADABLE` means."""
    return BackupDamaged(f"{file.name} is damaged ({type(error).__name__}): use another backup")


def unpack(file: Path, folder: Path) -> Verified:
    """Unpack into an empty folder, checking all of it. Raises BackupMissing, BackupDamaged, BackupTooNew."""
    if not file.is_file():
        raise BackupMissing(f"there is no file {file}")
    try:
        with ZipFile(file) as archive:
            manifest = manifest_of(archive)
            expected = {each["name"]: each for each in manifest["files"]}
            members = {info.filename: info for info in archive.infolist() if info.filename != MANIFEST}
            _same_names(expected.keys(), list(members), len(archive.infolist()))
            for name, info in members.items():
                _unpack_one(archive, info, folder, expected[name])
    except UNREADABLE as error:
        raise unreadable(file, error) from error
    return _opened(folder, manifest)


def restore(
    file: Path,
    directory: Path,
    *,
    force: bool,
    at: datetime,
    check: Callable[[Path], object] = lambda _: None,
) -> tuple[Verified, Path | None]:
    """Put a backup in the place of a data directory; what was checked, and where what it replaced is kept.

    `check`: called with the unpacked folder. Raises DirectoryNotEmpty without `force`, DirectoryLocked while the
    directory is in use, and what `check` and `unpack` raise; then the directory is as it was.
    """
    there = _entries(directory)
    if there and not force:
        raise DirectoryNotEmpty(
            f"{directory} is not empty: name another with --data-dir, or put the backup in its place with --force,"
            " which keeps what is there in a folder beside"
        )
    with _made(directory), _held(directory), _fresh(directory / UNPACKED) as unpacked:
        verified = unpack(file, unpacked)
        check(unpacked)
        kept = directory / f"{KEPT}{at:%Y%m%dT%H%M%SZ}" if there else None
        if kept is not None:
            kept.mkdir(mode=0o700, exist_ok=True)
            _move(_ordered(there, first=FACTS), kept)
        coming = [entry for entry in sorted(unpacked.iterdir()) if not entry.name.startswith(KEPT)]
        _move(_ordered(coming, last=FACTS), directory)
    return verified, kept


def _entries(directory: Path) -> list[Path]:
    """What a restore would take the place of: not what earlier restores kept, nor the backups."""
    if not directory.exists():
        return []
    left = {UNPACKED, "lock", FOLDER, IMAGES}
    return [
        entry
        for entry in sorted(directory.iterdir())
        if entry.name not in left and not entry.name.startswith(KEPT)
    ]


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Nobody else has the directory open. Raises DirectoryLocked. What fails leaves no lock that was not there."""
    file = directory / "lock"
    new = not file.exists()
    lock = DataDirectory.take(directory)
    try:
        yield
    except BaseException:
        if new:
            file.unlink(missing_ok=True)
        raise
    finally:
        lock.close()


@contextmanager
def _made(directory: Path) -> Iterator[None]:
    """The directory is there; what fails takes away the folders that were made for it."""
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # somebody put something there
            for folder in made:
                folder.rmdir()
        raise


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ordered(entries: list[Path], *, first: str = "", last: str = "") -> list[Path]:
    return sorted(entries, key=lambda entry: (entry.name != first, entry.name == last))


def _move(entries: list[Path], folder: Path) -> None:
    """Each by a rename, in order, synced one after the other."""
    for entry in entries:
        entry.rename(folder / entry.name)
        for synced in (folder, entry.parent):
            sync_folder(synced)


def manifest_of(archive: ZipFile) -> dict[str, Any]:
    """What a backup says of itself, before anything of it is checked. Raises BackupDamaged, BackupTooNew."""
    info = archive.getinfo(MANIFEST)
    if info.file_size > MANIFEST_BYTES_MAX:
        raise BackupDamaged("the manifest is larger than any: use another backup")
    found: dict[str, Any] = orjson.loads(archive.read(info))
    if found.get("kind") != KIND:
        raise BackupDamaged("the file is no backup of QuantOS")
    if found["format"] > FORMAT:
        raise BackupTooNew("the backup was made by a newer version of QuantOS: upgrade first")
    return found


def _same_names(expected: Any, found: list[str], count: int) -> None:
    if set(expected) != set(found) or count != len(found) + 1:
        raise BackupDamaged("the backup does not hold the files that its manifest names: use another")
    for name in found:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or name != str(path):
            raise BackupDamaged("the backup names a file outside of itself: use another")


def _unpack_one(archive: ZipFile, info: ZipInfo, folder: Path, expected: dict[str, Any]) -> None:
    to = folder / info.filename
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    mode = (info.external_attr >> 16) & 0o700 or 0o600
    with (
        archive.open(info) as source,
        os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out,
    ):
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > expected["bytes"]:
                break
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if size != expected["bytes"] or digest.hexdigest() != expected["sha256"]:
        raise BackupDamaged(f"{info.filename} in the backup is not as it was made: use another")


def _opened(folder: Path, manifest: dict[str, Any]) -> Verified:
    """The stores answer, and are whole."""
    try:
        facts = orjson.loads((folder / FACTS).read_bytes())
        if facts["simulated"] != manifest["simulated"]:
            raise BackupDamaged("the backup disagrees with itself on whether it is simulated: use another")
        users, strategies = _records(folder / RECORDS)
        navs, last = _series(folder / SERIES)
    except (OSError, ValueError, KeyError, sqlite3.Error, duckdb.Error) as error:
        raise BackupDamaged(
            f"a store in the backup does not open ({type(error).__name__}): use another"
        ) from error
    return Verified(manifest, users, strategies, navs, last)


def _records(file: Path) -> tuple[int, int]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        checked = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        if checked != ["ok"] or connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise BackupDamaged("the records store in the backup is damaged: use another")
        users = connection.execute('SELECT count(*) FROM "user"').fetchone()[0]
        strategies = connection.execute("SELECT count(*) FROM strategy").fetchone()[0]
        return int(users), int(strategies)
    finally:
        connection.close()


def _series(file: Path) -> tuple[int, str | None]:
    is_folded = not file.with_name(f"{file.name}.wal").exists()
    with duckdb.connect(str(file), read_only=is_folded, config=CONFINED) as connection:
        read_all_series(connection)
        row = connection.execute("SELECT count(*), max(trade_date)::VARCHAR FROM nav").fetchone()
        assert row is not None, "an aggregate has a row"
        return int(row[0]), row[1]


def _roomy(file: Path) -> Path | None:
    """Where a copy of everything has its place: beside the file, where that can be written."""
    folder = file.parent
    with suppress(OSError):
        return folder if os.access(folder, os.W_OK) else None
    return None
