"""`quantos tui`: the operator's dashboard, a program of its own that speaks to a running server."""

from __future__ import annotations

import getpass
import os
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


def tui(
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server to look at; default: that of the data directory."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Open the operator's dashboard on a running server. The token: QUANTOS_OPERATOR_TOKEN, else it is asked for."""
    found = (url, _given_token()) if url is not None else _of_the_directory(data_dir)
    os.environ["QUANTOS_LANG"] = language()
    os.environ[TOKEN] = found[1]  # not on the command line, where every user of the machine could read it
    os.execv(sys.executable, [sys.executable, "-m", "tui", "--url", found[0]])  # noqa: S606 - our own program


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
