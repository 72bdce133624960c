"""A series store of which one sync of the log fails, in a process of its own: what each use of it came to.

python -m tests.support.failed_sync FOLDER
"""

from __future__ import annotations

import errno
import json
import os
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quantos.storage.series import Series, SeriesUnavailable
from tests.simulation.syscalls import SYNCS, Listener, watched


def use(folder: Path, ready: socket.socket) -> dict[str, Any]:
    """The third write is the one whose sync fails."""
    series = Series(folder / "series.duckdb")
    series.limit(threads=1, memory_gib=0.5)
    with series.write() as cursor:
        cursor.execute("CREATE TABLE kept (n INTEGER)")
        cursor.execute("INSERT INTO kept VALUES (1)")

    def write(number: int) -> str:
        with series.write() as cursor:
            cursor.execute("INSERT INTO kept VALUES (?)", [number])
        return "stored"

    def read() -> Any:
        with series.read() as cursor:
            return [n for (n,) in cursor.execute("SELECT n FROM kept ORDER BY n").fetchall()]

    def limit() -> Any:
        with series.read() as cursor:
            found = cursor.execute("SELECT current_setting('memory_limit')").fetchone()
        return None if found is None else found[0]

    ready.send(b"x")
    said = {"failed": _outcome(lambda: write(2)), "read": _outcome(read), "limit": _outcome(limit)}
    said |= {"again": _outcome(lambda: write(3)), "in the end": _outcome(read)}
    series.close()
    return said


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except SeriesUnavailable as refusal:
        return f"refused: {refusal.message}"


def main() -> None:
    folder = Path(sys.argv[1])
    ours, its = socket.socketpair()
    child = os.fork()
    if child == 0:
        socket.send_fds(its, [b"x"], [watched()])
        sys.stdout.write(json.dumps(use(folder, its)))
        sys.stdout.flush()
        os._exit(0)
    its.close()
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    ours.setblocking(False)
    listener, poll = Listener(descriptors[0]), select.poll()
    poll.register(descriptors[0], select.POLLIN)
    is_ready = has_failed = False
    while poll.poll()[0][1] & select.POLLIN:
        call = listener.receive()
        if call is None:
            continue
        is_ready = is_ready or _is_there(ours)
        if is_ready and not has_failed and call.name in SYNCS and call.path().endswith(".wal"):
            has_failed = True
            listener.fail(call, errno.EIO)
        else:
            listener.go_on(call)
    os.waitpid(child, 0)


def _is_there(end: socket.socket) -> bool:
    try:
        return bool(end.recv(1))
    except BlockingIOError:
        return False


if __name__ == "__main__":
    main()
