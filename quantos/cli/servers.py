"""The server of a data directory, as commands find it: the one that answers, or that is about to."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from quantos.cli.texts import say
from quantos.storage.directory import holder, running_server

STARTS_S_MAX: Final = 20
LOOK_EVERY_S: Final = 0.1


def server_of(path: Path) -> str | None:
    """The URL of the server that holds this directory, or None.

    Where a process holds it that has announced nothing, it may be a server that is starting: it is waited for, and
    so is its end where it is another command.
    """
    url = running_server(path)
    if url is None and (held := holder(path)) is not None:
        sys.stderr.write(f"quantos: {say('server.awaited', path=path, holder=held)}\n")
        until = time.monotonic() + STARTS_S_MAX
        while url is None and holder(path) is not None and time.monotonic() < until:
            time.sleep(LOOK_EVERY_S)
            url = running_server(path)
    return url
