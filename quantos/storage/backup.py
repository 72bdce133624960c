"""A backup: the whole data directory in one file, taken while the platform runs.

The file is a ZIP with the manifest as its last member:

    directory.json  records.db  series.duckdb  secrets/...  and whatever else the directory holds
    attestation.bundle      the attestation repository, where there is one
    manifest.json           what the file is, and the size and SHA-256 of every member

Both stores are as of one instant: while the series store is copied nothing is written to it, and the copy of the
records store is one consistent reading made meanwhile, beside whoever writes there. The attestation repository is
read afterwards, so every commit that the stores speak of is in it. The file appears under its name only when it is
whole and on disk; what a kill leaves behind bears no name of a backup, and the next backup removes it.

It holds the directory's secrets: mode 0600, and to be kept as the directory itself is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from quantos.errors import Conflict, Unavailable, WrongState
from quantos.kit.clock import rfc3339
from quantos.kit.durable import create_private, sync_folder
from quantos.storage.directory import DataDirectory
from quantos.storage.records import Records
from quantos.storage.series import Series

FORMAT: Final = 1
KIND: Final = "quantos-backup"
MANIFEST: Final = "manifest.json"
RECORDS, SERIES, BUNDLE = "records.db", "series.duckdb", "attestation.bundle"
FOLDER: Final = "backups"
IMAGES: Final = "images"
PLACES: Final = "elsewhere.json"
PLACES_MAX: Final = 400
KEPT: Final = "before-restore-"
LEFT_OUT: Final = frozenset({"lock", "server.json", "cache", FOLDER, IMAGES})
"""Of the data directory: what belongs to a running process, what is made again, the backups themselves and images
that are served. What an earlier restore has kept (`KEPT`) is left out too: it was data of another time."""

CHUNK: Final = 2**20
LEVEL: Final = 1
ROOM: Final = 1.1
PART: Final = ".quantos-backup-"
STAGING: Final = ".staging"

Bundle = Callable[[Path], bool]
"""Writes the attestation repository to a file as a git bundle; False where there is nothing to write."""


class BackupExists(Conflict):
    """A backup never takes the place of a file."""

    code = "backup_exists"


class BackupUnderWay(Conflict):
    """One backup at a time."""

    code = "backup_under_way"


class BackupRefused(WrongState):
    """The place named for it cannot take it."""

    code = "backup_refused"


class NoRoom(Unavailable):
    code = "backup_no_room"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made. `sha256`: of the file."""

    path: Path
    size: int
    sha256: str
    manifest: dict[str, Any]


class Backup:
    """Makes backups of an open data directory."""

    def __init__(
        self, directory: DataDirectory, records: Records, series: Series, bundle: Bundle, version: str
    ) -> None:
        """`version`: of the platform, for the manifest."""
        self._directory, self._records, self._series = directory, records, series
        self._bundle, self._version = bundle, version
        self._making = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where backups go that are made without naming a file."""
        return self._directory.path / FOLDER

    def create(self, target: Path | None, at: datetime) -> Made:
        """A backup as `target`, or in the directory's own folder under the instant's name.

        Raises BackupExists, BackupUnderWay, BackupRefused, NoRoom; then there is no file.
        """
        if not self._making.acquire(blocking=False):
            raise BackupUnderWay("a backup is being made: wait for it")
        try:
            target = target or self._unnamed(at)
            _check_target(target)
            with _removed(self._directory.path / FOLDER / STAGING) as staging:
                self._stage(staging, target)
                made = _packed(staging, target, self._facts(staging, at))
            self._remember(target)
        except OSError as error:
            raise BackupRefused(
                f"the backup cannot be written ({error.strerror}): nothing was left"
            ) from error
        finally:
            self._making.release()
        return made

    def _remember(self, target: Path) -> None:
        """Where a backup was put, so that the newest is found though the stores no longer open."""
        if target.parent != self.folder:
            file = self.folder / PLACES
            before = [place for place in places(self.folder) if place != target]
            text = orjson.dumps([str(place) for place in [*before, target][-PLACES_MAX:]])
            fresh = file.with_name(f".{PLACES}.new")
            fresh.unlink(missing_ok=True)
            create_private(fresh, text)
            fresh.replace(file)
            sync_folder(self.folder)

    def _unnamed(self, at: datetime) -> Path:
        """A name that is free: a simulated clock may stand still."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        name = f"quantos-{at:%Y%m%dT%H%M%SZ}"
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        return next(path for each in names if not (path := self.folder / f"{each}.zip").exists())

    def _stage(self, staging: Path, target: Path) -> None:
        """Copies of everything, as of one instant."""
        members = [each for each in sorted(self._directory.path.iterdir()) if _belongs(each)]
        _check_room(staging, target, sum(map(_size, members)))
        with self._series.standing_still():
            for each in members:
                if each.name == SERIES:
                    self._series.fold()
                if each.name == RECORDS:
                    self._records.copy_to(staging / RECORDS)
                else:
                    _copy(each, staging)
            wal = self._directory.path / f"{SERIES}.wal"
            if wal.exists():  # it could not be folded in; both together are the store
                _copy(wal, staging)
        self._bundle(staging / BUNDLE)

    def _facts(self, staging: Path, at: datetime) -> dict[str, Any]:
        return {
            "kind": KIND,
            "format": FORMAT,
            "version": self._version,
            "made_at": rfc3339(at),
            "simulated": self._directory.simulated,
            "attestation": (staging / BUNDLE).exists(),
        }


def places(folder: Path) -> list[Path]:
    """Of the backups that were put elsewhere, the oldest first; of a file that cannot be read, none."""
    try:
        return [Path(text) for text in orjson.loads((folder / PLACES).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _belongs(entry: Path) -> bool:
    name = entry.name
    is_companion = name.startswith((f"{RECORDS}-", f"{SERIES}."))  # of an open store; `.wal` is taken apart
    return not (name in LEFT_OUT or name.startswith((".", KEPT)) or is_companion)


def _check_target(target: Path) -> None:
    if not target.is_absolute():
        raise BackupRefused("a backup is named by its whole path")
    if target.exists() or target.is_symlink():
        raise BackupExists("there is a file of this name already: name another")
    if not target.parent.is_dir():
        raise BackupRefused("there is no folder for this file: make it first, or name another")


def _check_room(staging: Path, target: Path, size: int) -> None:
    """The copies, and beside them the file, which is smaller."""
    same = staging.stat().st_dev == target.parent.stat().st_dev
    for folder, needed in ((staging, size * (2 if same else 1)), (target.parent, size)):
        free = shutil.disk_usage(folder).free
        if free < needed * ROOM:
            raise NoRoom(
                f"a backup needs {needed * ROOM / 2**30:.1f} GiB of free space and there are {free / 2**30:.1f}: free"
                " some, or name a file on another disk"
            )


def _size(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else (entry,)
    return sum(file.stat().st_size for file in files if file.is_file())


def _copy(source: Path, folder: Path) -> None:
    """By another process: to close a file here would take DuckDB's lock off it."""
    done = subprocess.run(  # noqa: S603 - cp, with paths of our own
        ["cp", "-R", "-p", "--", str(source), str(folder)],  # noqa: S607 - the system's own
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        raise BackupRefused(
            f"{source.name} could not be copied: free disk space, and look at its owner and mode"
        )


@contextmanager
def _removed(folder: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards. One that a killed process left is removed first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _packed(staging: Path, target: Path, facts: dict[str, Any]) -> Made:
    """The archive under its name, whole and on disk."""
    remove_left_parts(target.parent)
    part = target.parent / f"{PART}{secrets.token_hex(8)}.part"
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX)  # it is being written: not to be removed
            manifest = _write(staging, out, facts)
            out.flush()
            os.fsync(out.fileno())
            size, digest = out.tell(), _digest(out)
            try:
                os.link(part, target)
            except FileExistsError:
                raise BackupExists("there is a file of this name already: name another") from None
            sync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
    return Made(target, size, digest, manifest)


def _write(staging: Path, out: IO[bytes], facts: dict[str, Any]) -> dict[str, Any]:
    files = []
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for file in sorted(staging.rglob("*")):
            if file.is_file():
                name = file.relative_to(staging).as_posix()
                files.append({"name": name, **_add(archive, name, file)})
        manifest = {**facts, "files": files}
        archive.writestr(_info(MANIFEST, 0o600), orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    out.seek(0, os.SEEK_END)
    return manifest


def _add(archive: ZipFile, name: str, file: Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with (
        file.open("rb") as source,
        archive.open(_info(name, file.stat().st_mode & 0o777), "w", force_zip64=True) as to,
    ):
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            to.write(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _info(name: str, mode: int) -> ZipInfo:
    info = ZipInfo(name)
    info.compress_type, info.external_attr = ZIP_DEFLATED, mode << 16
    return info


def _digest(out: IO[bytes]) -> str:
    out.seek(0)
    return hashlib.file_digest(out, "sha256").hexdigest()  # type: ignore[arg-type]


def remove_left_parts(folder: Path) -> None:
    """What killed backups left in a folder; one that is being written is locked, and stays."""
    for part in folder.glob(f"{PART}*.part"):
        with suppress(OSError), part.open("rb") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)
