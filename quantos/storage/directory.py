"""The data directory: one owner at a time, simulated or live for ever.

Layout:
  directory.json   format, simulated, created_at: written once, at creation
  lock             held (flock) by the process that has the directory open; names the holder
  server.json      the running server's URL, for commands; removed at a clean stop
  records.db       SQLite
  series.duckdb    DuckDB
  factors/         values of factors, rows that series.duckdb names: copied after it, they belong to a backup
  cache/           what can be made again: in no backup
  outbox/          messages that no mail server took
  secrets/         generated keys and the operator's token, mode 0600
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from quantos.errors import NotFound, Unavailable, WrongState
from quantos.kit.clock import SystemClock, rfc3339
from quantos.kit.durable import create_private, sync_folder

FORMAT = 1
NAMED_MAX: Final = 3

NOBODYS: Final = {"lost+found", "lock", "secrets", "demo.unfinished", "license.json"}
"""What a file system, an interrupted first start, a demo that begins and an operator with a licence leave there."""

OF_SYSTEMS: Final = (
    ".DS_Store",
    ".Spotlight-V100",
    ".Trash",
    ".directory.json.",
    ".env",
    ".fseventsd",
    ".nfs",
    ".restoring",
    ".snapshot",
    ".zfs",
)
"""How hidden files begin that file systems, desktops, the platform itself and its settings leave. Any other hidden
file (.git, .bashrc) belongs to somebody."""


class DirectoryLocked(Unavailable):
    code = "directory_locked"


class DirectoryUnusable(Unavailable):
    code = "directory_unusable"


class WrongMode(WrongState):
    code = "wrong_mode"


@dataclass(slots=True)
class DataDirectory:
    """An open data directory. Close it to release the lock."""

    path: Path
    simulated: bool
    _lock: IO[str] | None

    @classmethod
    def open(cls, path: Path, *, simulated: bool | None = None, create: bool = True) -> DataDirectory:
        """Open, or create, and lock.

        `simulated`: what the caller needs; None takes what is there (live for a new one). A folder that holds
        anything of somebody else's is left as it is. Raises DirectoryLocked naming the holder, WrongMode where
        the directory is of the other kind, DirectoryUnusable, NotFound where there is none and `create` is false.
        """
        facts = path / "directory.json"
        if not facts.exists() and not create:
            raise NotFound(
                f"no data directory at {path}: start the platform once, or name another with --data-dir"
            )
        try:
            _check_new(path)
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = _acquire(path)
        except OSError as error:
            raise DirectoryUnusable(
                f"{path} cannot be used as a data directory ({error.strerror}): run as its owner, or name another"
                " with --data-dir"
            ) from error
        try:
            if not facts.exists():
                path.chmod(0o700)  # an empty folder that was there already
                created = rfc3339(SystemClock().now())
                _write_atomically(
                    facts, {"format": FORMAT, "simulated": bool(simulated), "created_at": created}
                )
            found = _checked(_facts(facts), path, simulated)
        except BaseException:
            lock.close()
            raise
        return cls(path, bool(found["simulated"]), lock)

    @staticmethod
    def take(path: Path) -> IO[str]:
        """The lock of a folder, held until it is closed, whatever the folder holds. Raises DirectoryLocked."""
        return _acquire(path)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def secret(self, name: str) -> str:
        """A generated secret of this directory, made on first use, mode 0600."""
        file = self.path / "secrets" / name
        if not file.exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileExistsError):
                create_private(file, secrets.token_urlsafe(48).encode())
        return file.read_text()

    def renew_secret(self, name: str) -> str:
        """Another secret in the place of the one there is; a crash leaves one of the two."""
        self.secret(name)
        file = self.path / "secrets" / name
        fresh = file.with_name(f".{name}.new")
        fresh.unlink(missing_ok=True)
        secret = secrets.token_urlsafe(48)
        create_private(fresh, secret.encode())
        fresh.replace(file)
        sync_folder(file.parent)
        return secret

    def all_secrets(self) -> list[str]:
        """As `secrets_in`."""
        return secrets_in(self.path)

    def announce(self, url: str, at: datetime) -> None:
        """Leave `server.json` so that commands find the running server."""
        _write_atomically(
            self.path / "server.json", {"url": url, "pid": os.getpid(), "started_at": rfc3339(at)}
        )

    def withdraw(self) -> None:
        (self.path / "server.json").unlink(missing_ok=True)


def secrets_in(path: Path) -> list[str]:
    """Every line of every generated secret of a directory, so that they can be kept out of whatever is shown."""
    folder = path / "secrets"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    texts = [file.read_text(errors="replace") for file in files if file.is_file()]
    return [line.strip() for text in texts for line in text.splitlines()]


def running_server(path: Path) -> str | None:
    """The URL of the server that holds this directory, or None: the file may be a killed server's."""
    try:
        announced: dict[str, Any] = json.loads((path / "server.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    held = holder(path)
    return str(announced["url"]) if held and held.startswith(f"process {announced['pid']} ") else None


def holder(path: Path) -> str | None:
    """Who holds the lock of this directory, as it named itself; None where nobody does."""
    try:
        with (path / "lock").open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() or "another process"
    except OSError:
        return None  # there is none, or its opening says what is wrong
    return None


def strangers(path: Path) -> list[str]:
    """What keeps a folder from becoming a new data directory, by name; nothing where it is one already.

    What a file system or an interrupted first start leaves does not.
    """
    names = sorted(file.name for file in path.iterdir()) if path.is_dir() else []
    found = [name for name in names if name not in NOBODYS and not name.startswith(OF_SYSTEMS)]
    return [] if (path / "directory.json").exists() else found  # looked for last: another may be making it


def _check_new(path: Path) -> None:
    """Raises DirectoryUnusable where a folder is no data directory and none is to be made of it."""
    found = strangers(path)
    if "records.db" in found:  # whether stores are simulated is known from directory.json alone
        raise DirectoryUnusable(
            f"{path} has lost its directory.json: restore it from a backup; the stores beside it are not touched"
        )
    if found:
        raise DirectoryUnusable(
            f"{path} is a folder with other things in it ({named(found)}) and no QuantOS data directory: name a"
            " folder that is absent or empty with --data-dir; nothing was changed"
        )


def named(files: list[str]) -> str:
    """The first few names, and that there are more."""
    return ", ".join(files[:NAMED_MAX]) + (", …" if len(files) > NAMED_MAX else "")


def _facts(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
        return {"format": int(found["format"]), "simulated": bool(found["simulated"])}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise DirectoryUnusable(
            f"{file} is damaged: restore it from a backup; the stores beside it are not touched"
        ) from error


def _checked(found: dict[str, Any], path: Path, simulated: bool | None) -> dict[str, Any]:
    if found["format"] > FORMAT:
        raise WrongState(f"{path} was written by a newer version of QuantOS: upgrade before opening it")
    if simulated is not None and found["simulated"] != simulated:
        kind = "simulated" if found["simulated"] else "live"
        raise WrongMode(f"{path} is a {kind} data directory and stays one: name another with --data-dir")
    return found


def _acquire(path: Path) -> IO[str]:
    file = path / "lock"
    lock = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = lock.read().strip() or "another process"
        lock.close()
        raise DirectoryLocked(
            f"{path} is in use by {holder}: stop it first, or name another directory with --data-dir"
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} on {socket.gethostname()}, since {rfc3339(SystemClock().now())}")
    lock.flush()
    return lock


def _write_atomically(file: Path, content: dict[str, Any]) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(file)
    sync_folder(file.parent)
