"""Which data directories a command may work on. Only `serve`, `demo`, `market import` and `market fetch` make one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from quantos.cli.texts import say
from quantos.errors import NotFound
from quantos.storage.directory import DirectoryUnusable, named, strangers

FACTS = "directory.json"


class NoDataDirectory(NotFound):
    """The folder named is no data directory, and the command makes none."""

    code = "no_data_directory"


def require(path: Path) -> None:
    """Raises NoDataDirectory where there is none: a misspelt name is not made into a new platform."""
    if is_there(path):
        return
    if (path / "records.db").exists():
        key = "directory.lost"
    elif path.is_dir():
        key = "directory.other"
    else:
        key = "directory.none"
    raise NoDataDirectory(say(key, path=path))


def require_room(path: Path) -> None:
    """Raises DirectoryUnusable where a folder is no data directory and holds anything, so that none is made of it."""
    try:
        found = strangers(path)
    except OSError:
        return  # said at the opening
    if "records.db" in found:
        raise DirectoryUnusable(say("directory.lost", path=path))
    if found:
        raise DirectoryUnusable(say("directory.taken", path=path, found=named(found)))


def is_there(path: Path) -> bool:
    return (path / FACTS).exists()


def is_live(path: Path) -> bool:
    """Whether the directory is known to run in the world's time; what cannot be read is left to the platform."""
    try:
        return json.loads((path / FACTS).read_text())["simulated"] is False
    except (OSError, ValueError, KeyError, TypeError):
        return False


def say_that_it_was_made(path: Path) -> None:
    sys.stderr.write(f"quantos: {say('directory.made', path=path)}\n")
