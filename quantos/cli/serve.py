"""`quantos serve`: the whole platform in one process.

The port is bound before anything is announced, so `server.json` never names a server that cannot be reached.
"""

from __future__ import annotations

import errno
import gc
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantos.cli import directories, logs
from quantos.cli.configuration import load
from quantos.cli.license_command import standing_line
from quantos.cli.options import DataDir, instant_option, port_option
from quantos.cli.output import in_shanghai, print_line
from quantos.cli.texts import say
from quantos.errors import Unavailable

if TYPE_CHECKING:
    from fastapi import FastAPI

    from quantos.app import Platform

GRACE_S = 10
SWITCH_S = 0.0005
"""A request asks for the interpreter several times, and waits this long each time while a job computes."""

BACKLOG = 2048
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_asked_to_stop = threading.Event()


class PortUnavailable(Unavailable):
    code = "port_unavailable"


def serve(
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Address to listen on; default: QUANTOS_HOST, else 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        port_option("Port to listen on; 0 takes a free one; default: QUANTOS_PORT, else 8000."),
    ] = None,
    data_dir: DataDir = None,
    simulate: Annotated[
        datetime | None,
        instant_option(
            "--simulate",
            "Run a simulated directory; a new one starts at this time, such as 2024-01-02T08:00 (Shanghai).",
        ),
    ] = None,
) -> None:
    """Run the platform: API, scheduler and background work, until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _leave)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a second one would spin for 0.1 s, and never be used
    settings = load(data_dir, host=host, port=port)
    logs.of_a_server(settings.log_format)
    directories.require_room(settings.data_dir)
    from quantos.app import Platform, build_app  # noqa: PLC0415 - loaded where it is used
    from quantos.kit.heap import Heap  # noqa: PLC0415

    # A directory that is there is opened first: its holder is the better message. A new one is made only once
    # the port is ours, so that a refused start leaves nothing behind.
    early = None if settings.data_dir.exists() else bind(settings.host, settings.port)
    new = not directories.is_there(settings.data_dir)
    platform = Platform.open(settings, simulate=simulate)
    logs.without_secrets(platform.operations.log.redact)
    try:
        listening = early or bind(settings.host, settings.port)
        url = url_of(settings.host, listening)
        warn_of_exposure(listening, settings.published)
        app = build_app(platform)
        sys.setswitchinterval(SWITCH_S)
        Heap()
        gc.enable()  # which the command line has disabled
        run(
            app,
            listening,
            lambda: _announce(platform, url, shown_url(settings.published, url), new=new),
            platform.start,
            when_asked_to_stop=platform.wind_down,
        )
    finally:
        platform.directory.withdraw()
        platform.close()
    print_line(("\n" if sys.stdout.isatty() else "") + say("serve.stopping"))  # a terminal has written ^C


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortUnavailable with what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PortUnavailable(say("serve.no_address", host=host, reason=reason)) from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            message = say("serve.in_use", host=host, port=port)
        elif error.errno == errno.EACCES:
            message = say("serve.no_permission", port=port)
        else:
            message = say("serve.no_address", host=host, reason=error.strerror)
        raise PortUnavailable(message) from None
    return listening


def url_of(host: str, listening: socket.socket) -> str:
    """The URL by which this machine reaches the socket."""
    return _url(host, listening.getsockname()[1])


def shown_url(published: str, url: str) -> str:
    """Where people find the platform: in a container where its host publishes the port, as far as that is known."""
    return _url(address_of(published), published.rpartition(":")[2]) if published else url


def _url(host: str, port: int | str) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def warn_of_exposure(listening: socket.socket, published: str = "") -> None:
    """Whoever can be reached from beyond this machine is told that nothing is encrypted.

    `published`: where the host of a container publishes the port; in a container that decides who reaches it, and not
    the address inside. Where it is not known, that is said.
    """
    inside = str(listening.getsockname()[0]).partition("%")[0]
    address = address_of(published) if published else inside
    if ipaddress.ip_address(inside).is_loopback or ipaddress.ip_address(address).is_loopback:
        return
    key = "serve.in_container" if not published and is_container() else "serve.exposed"
    sys.stderr.write(f"quantos: {say(key, address=address)}\n")


def address_of(published: str) -> str:
    """Of ADDRESS:PORT, without the brackets of IPv6."""
    return published.rpartition(":")[0].removeprefix("[").removesuffix("]")


def is_container() -> bool:
    """Whether an engine runs this process in a container of its own."""
    return any(mark.exists() for mark in CONTAINER_MARKS)


def run(
    app: FastAPI,
    listening: socket.socket,
    *when_ready: Callable[[], None],
    when_asked_to_stop: Callable[[], None],
) -> None:
    """Serve until a signal asks to stop; requests under way are finished first."""
    import uvicorn  # noqa: PLC0415 - loaded where it is used

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            if _asked_to_stop.is_set():
                self.should_exit = True
                listening.close()
                return
            await super().startup(sockets)
            for act in when_ready:
                act()

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """A signal ends the loop and nothing else: the process leaves with exit code 0."""
            before = {
                which: signal.signal(which, self._on_signal) for which in (signal.SIGINT, signal.SIGTERM)
            }
            try:
                yield
            finally:
                for which, handler in before.items():
                    signal.signal(which, handler)

        def _on_signal(self, which: int, frame: Any) -> None:
            when_asked_to_stop()
            self.handle_exit(which, frame)

    Server(uvicorn_config(app)).run(sockets=[listening])


def uvicorn_config(app: FastAPI) -> Any:
    """How uvicorn runs here: no access log, errors on stderr."""
    import uvicorn  # noqa: PLC0415

    from quantos.kit.wire import JsonRefusals  # noqa: PLC0415

    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=JsonRefusals,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )


def _leave(*_: Any) -> None:
    """Asked to stop while starting: what is open is closed on the way out.

    It is remembered too: a library that is being imported may swallow any exception.
    """
    _asked_to_stop.set()
    raise SystemExit(0)


def _announce(platform: Platform, url: str, shown: str, *, new: bool) -> None:
    """`url`: for commands beside the server; `shown`: for people."""
    from quantos import __version__  # noqa: PLC0415
    from quantos.kit.clock import rfc3339  # noqa: PLC0415

    platform.directory.announce(url, platform.clock.now())
    print_line(say("serve.ready", version=__version__, url=shown))
    if new:
        kind = "simulated" if platform.directory.simulated else "live"
        print_line(say(f"serve.made.{kind}", path=platform.directory.path))
    standing = platform.own_license.in_short()
    if standing["mode"] != "licensed":
        print_line(standing_line(standing))
    if platform.clock.simulated:
        print_line(say("serve.simulated", now=in_shanghai(rfc3339(platform.clock.now()))))
    if platform.market.is_synthetic:
        print_line(say("serve.synthetic"))
