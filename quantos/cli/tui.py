"""`quantos tui`: the operator's dashboard, a program of its own that speaks to a running server."""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from quantos.cli.options import DataDir
from quantos.cli.texts import language, say
from quantos.errors import NotFound

TOKEN = "QUANTOS_OPERATOR_TOKEN"  # noqa: S105 - the name of the variable


class NoServer(NotFound):
    """There is no running server to look at."""

    code = "no_server"


class NoBrowserServer(NotFound):
    """What shows a terminal in a browser is not installed."""

    code = "no_browser_server"


def tui(
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server to look at; default: that of the data directory."),
    ] = None,
    data_dir: DataDir = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Look only: nothing can be changed.")
    ] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Show it in a browser of this machine.")] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Of the page that --serve opens; default: 8001.")
    ] = 8001,
) -> None:
    """Open the operator's dashboard on a running server. The token: QUANTOS_OPERATOR_TOKEN, else it is asked for."""
    found = (url, _given_token()) if url is not None else _of_the_directory(data_dir)
    os.environ["QUANTOS_LANG"] = language()
    os.environ[TOKEN] = found[1]  # not on the command line, where every user of the machine could read it
    program = [sys.executable, "-m", "tui", "--url", found[0], *(["--read-only"] if read_only else [])]
    if serve:
        _serve(program, port)
    else:
        os.execv(sys.executable, program)  # noqa: S606 - our own program


def _serve(program: list[str], port: int) -> None:
    """The dashboard as a page for this machine's own browser: whoever reaches it is the operator."""
    try:
        from textual_serve.server import Server  # noqa: PLC0415 - an extra, and loaded where it is used
    except ImportError:
        raise NoBrowserServer(say("tui.no_browser")) from None
    Server(shlex.join(program), host="127.0.0.1", port=port, title="QuantOS").serve()


def _given_token() -> str:
    return os.environ.get(TOKEN) or getpass.getpass(say("tui.token"))


def _of_the_directory(data_dir: Path | None) -> tuple[str, str]:
    """Raises NoServer, and what the directory itself refuses."""
    from quantos.cli.configuration import load  # noqa: PLC0415 - loaded where it is used
    from quantos.cli.directories import require  # noqa: PLC0415
    from quantos.cli.reach import operator_token  # noqa: PLC0415
    from quantos.storage.directory import running_server  # noqa: PLC0415

    directory = load(data_dir).data_dir
    require(directory)
    url = running_server(directory)
    if url is None:
        raise NoServer(say("tui.no_server", path=directory))
    return url, operator_token(directory)
