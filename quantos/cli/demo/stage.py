"""Where the demo plays: a simulated data directory of its own, the platform in this process, HTTP on loopback.

A directory that exists is never touched: the past cannot be played twice in one directory.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantos.cli.serve import bind, url_of, uvicorn_config
from quantos.cli.texts import say
from quantos.errors import Conflict, QuantosError, Unavailable

if TYPE_CHECKING:
    import httpx

    from quantos.app import Platform
    from quantos.settings import Settings

API = "/api/v1"
START_S_MAX = 30


class DirectoryTaken(Conflict):
    code = "demo_directory_taken"


class NotServed(Unavailable):
    code = "demo_not_served"


class DemoRefused(QuantosError):
    """The platform refused a call of the demo."""

    code = "demo_refused"


def new_directory(given: Path | None, default: Path) -> Path:
    """An empty directory for the demo. Raises DirectoryTaken."""
    if given is None:
        parent = default / "demo"
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    if (given / "directory.json").exists() or (given.is_dir() and any(given.iterdir())):
        raise DirectoryTaken(say("demo.taken", path=given))
    return given


@dataclass(slots=True)
class Http:
    """The platform over HTTP, as one caller."""

    client: httpx.Client
    calls: int = 0

    def get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Any) -> Any:
        return self._send("POST", path, json=body)

    def _send(self, method: str, path: str, **options: Any) -> Any:
        self.calls += 1
        response = self.client.request(method, API + path, **options)
        if not response.is_success:
            raise DemoRefused(f"{method} {API}{path}: {response.status_code} {response.text[:300]}")
        return response.json()


@contextmanager
def callers(url: str) -> Iterator[Any]:
    """A function that makes a caller for a bearer token (none: a stranger)."""
    import httpx  # noqa: PLC0415 - loaded where it is used

    with contextlib.ExitStack() as open_clients:

        def caller(token: str | None = None) -> Http:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False)
            return Http(open_clients.enter_context(client))

        yield caller


@contextmanager
def opened(settings: Settings, start: datetime) -> Iterator[Platform]:
    """The platform on a new simulated directory; its clock stands at `start`."""
    from quantos.app import Platform  # noqa: PLC0415 - loaded where it is used

    platform = Platform.open(settings, simulate=start)
    _do_not_wait_for_the_disk(platform)
    try:
        yield platform
    finally:
        platform.directory.withdraw()
        platform.close()


def _do_not_wait_for_the_disk(platform: Platform) -> None:
    """Thousands of commits in a row, of a directory that is played and thrown away: none of them is synced.

    The writer has one connection; it keeps what is set here. The database stays whole, also after a kill.
    """
    connection = platform.records.engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA synchronous=NORMAL")
    finally:
        connection.close()


@contextmanager
def served(platform: Platform, host: str, port: int) -> Iterator[str]:
    """Serve the platform from a thread; its URL. Ends cleanly with the context."""
    import uvicorn  # noqa: PLC0415 - loaded where it is used

    from quantos.app import build_app  # noqa: PLC0415

    listening = bind(host, port)
    url = url_of(host, listening)
    server = uvicorn.Server(uvicorn_config(build_app(platform)))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="demo-server", daemon=True
    )
    thread.start()
    try:
        _wait_until_started(server, thread)
        platform.directory.announce(url, platform.clock.now())
        yield url
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_started(server: Any, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(START_S_MAX * 100):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise NotServed("the demo's server did not start: run quantos doctor")
