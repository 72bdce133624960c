"""Where the demo plays: a simulated data directory of its own, the platform in this process, HTTP on loopback.

A directory that holds anything is never touched: the past cannot be played twice in one directory. Without a name
given the demo makes one in the user's data folder. One that ends early takes away what it made, unless it had
begun to play where it was told to; what a kill left behind the next demo takes away, by the lock that nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from quantos.cli.serve import bind, url_of, uvicorn_config
from quantos.cli.texts import say
from quantos.errors import Conflict, QuantosError, Unavailable

if TYPE_CHECKING:
    import httpx

    from quantos.app import Platform
    from quantos.settings import Settings

API = "/api/v1"
START_S_MAX = 30
HOST: Final = "127.0.0.1"
UNFINISHED: Final = "demo.unfinished"
"""A file that a demo holds locked in its directory until everything is played."""


class DirectoryTaken(Conflict):
    code = "demo_directory_taken"


class NotServed(Unavailable):
    code = "demo_not_served"


class DemoRefused(QuantosError):
    """The platform refused a call of the demo."""

    code = "demo_refused"


@dataclass(slots=True)
class Place:
    """The directory of one demo. `begun`: strategies play in it; `removed`: it was taken away at an early end."""

    path: Path
    named: bool
    begun: bool = False
    finished: bool = False
    removed: bool = False
    swept: int = 0
    earlier: int = 0
    _mark: IO[str] | None = field(default=None, repr=False)

    def finish(self) -> None:
        """Everything is played: from now on the directory is kept."""
        self.finished = True
        (self.path / UNFINISHED).unlink(missing_ok=True)
        self._let_go()

    def leave(self) -> None:
        """Take away what was made and not finished, unless it had begun where it was told to."""
        if not self.finished and not (self.named and self.begun):
            shutil.rmtree(self.path, ignore_errors=True)
            self.removed = True
        self._let_go()

    def _let_go(self) -> None:
        if self._mark is not None:
            self._mark.close()
            self._mark = None

    def mark(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mark = (self.path / UNFINISHED).open("w")
        fcntl.flock(self._mark, fcntl.LOCK_EX)


def place(given: Path | None, parent: Path) -> Place:
    """An empty directory: the one named, or a new one below `parent`. Raises DirectoryTaken."""
    if given is not None:
        if given.is_dir() and any(given.iterdir()):
            raise DirectoryTaken(say("demo.taken", path=given))
        here = Place(given, named=True)
    else:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        swept, earlier = _swept(parent)
        here = Place(
            Path(tempfile.mkdtemp(prefix="run-", dir=parent)), named=False, swept=swept, earlier=earlier
        )
    here.mark()
    return here


def _swept(parent: Path) -> tuple[int, int]:
    """How many directories of demos that were killed have been taken away, and how many finished ones there are."""
    removed = kept = 0
    for folder in parent.glob("run-*"):
        try:
            with (folder / UNFINISHED).open() as mark:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        except BlockingIOError:
            continue  # a demo that plays now
        except FileNotFoundError:
            kept += (folder / "directory.json").exists()
    return removed, kept


def repository(directory: Path) -> Path:
    """Where a demo attests its signals."""
    return directory / "attestations"


def settings_of(settings: Settings, directory: Path) -> Settings:
    """The operator's settings on a directory of the demo's own: nothing it does reaches what is real.

    Signals are attested in a repository beside the stores, which no remote knows.
    """
    fields = type(settings).model_fields
    real = {name: fields[name].get_default() for name in fields if name.startswith("attestation_")}
    own = {"data_dir": directory, "attestation_repo": str(repository(directory))}
    return settings.model_copy(update={**real, **own})


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
    platform.attestation.do_not_wait_for_the_disk()


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
