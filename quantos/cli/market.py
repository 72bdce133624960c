"""`quantos market`: load market data, show what there is, fetch what is missing."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quantos.cli import directories
from quantos.cli.attend import attended
from quantos.cli.configuration import load
from quantos.cli.fetching import Wanted, fetched_here, fetched_through, print_fetched
from quantos.cli.help import Commands
from quantos.cli.interruption import Interrupted
from quantos.cli.market_tables import print_coverage, print_report
from quantos.cli.options import DataDir, Json, day_option
from quantos.cli.output import print_json
from quantos.cli.progress import spinning
from quantos.cli.reach import Reach, opened_here, reach
from quantos.cli.servers import server_of
from quantos.cli.texts import say, word
from quantos.errors import NotFound

market = Commands(help="Market data: import, fetch, see what is there.", no_args_is_help=True)

SOURCES: Final = ("baostock", "akshare", "akshare-eastmoney")


def _source(text: str) -> str:
    if text not in SOURCES:
        raise typer.BadParameter(say("fetch.no_source", text=text, sources=", ".join(SOURCES)))
    return text


class _Stopped(Exception):
    """Ctrl-C came: the import ends with the stage under way."""


@dataclass(slots=True)
class _Import:
    """An import that goes on in this process: where it is, and whether it shall stop."""

    path: Path
    stopping: bool = False
    sources: list[str] = field(default_factory=list)
    stage: str = ""
    rows: int = 0

    def on_stage(self, source: str, stage: str, rows: int) -> None:
        if source not in self.sources[-1:]:
            self.sources.append(source)
        self.stage, self.rows = stage, rows
        if self.stopping:
            raise _Stopped

    def shown(self) -> str:
        if not self.sources:
            return say("import.begins", path=self.path.name)
        stage, number = word("import", self.stage), len(self.sources)
        if not self.rows:
            return say("import.stage", number=number, source=self.sources[-1], stage=stage)
        rows = f"{self.rows:,}"
        return say("import.rows", number=number, source=self.sources[-1], stage=stage, rows=rows)


@market.command("import")
def import_market(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A folder or file, CSV or Parquet; /guides/market-data lists the columns."
        ),
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Load bars, indices, constituents, instruments and corporate actions; every refused row is counted."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise NotFound(say("import.no_path", path=path))
    with reach(data_dir, create=True) as platform:
        answer, interrupted = _imported(platform, path)
    if as_json:
        print_json(answer)
    else:
        print_report(answer)
    if interrupted:
        raise Interrupted(say("import.interrupted_late"))


def _imported(platform: Reach, path: Path) -> tuple[Any, bool]:
    """The import's report, and whether Ctrl-C came when it was too late to stop."""
    here = _Import(path)

    def stop() -> None:
        if platform.url is not None:
            raise Interrupted(say("import.server_goes_on", url=platform.url))
        here.stopping = True
        sys.stderr.write(f"\nquantos: {say('interrupted.stopping')}\n")

    with spinning() as show:

        def look() -> None:
            show(here.shown() if platform.url is None else say("import.by_server", path=path.name))

        try:
            return attended(lambda: platform.import_market(path, here.on_stage), look=look, stop=stop)
        except _Stopped:
            *done, source = here.sources
            raise Interrupted(say("import.interrupted", done=len(done), source=source)) from None


@market.command()
def fetch(
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYMBOL", help="Such as 600519.SH; default: all that are known."),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            metavar="SOURCE", parser=_source, help="baostock (the default), akshare or akshare-eastmoney."
        ),
    ] = "baostock",
    first: Annotated[
        date | None,
        day_option("--from", "First day, such as 2024-01-02; default: the day after the last bar."),
    ] = None,
    last: Annotated[
        date | None,
        day_option("--to", "Last day; default: the last trading day; today counts from 15:30 on."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Fetch bars from a live source, also while the server runs; run it again to go on where it stopped."""
    settings = load(data_dir)
    wanted = Wanted(source, tuple(symbols or ()), first, last)
    if server_of(settings.data_dir) is None:
        if not directories.is_there(settings.data_dir) and not (symbols and first):
            raise NotFound(say("fetch.new", path=settings.data_dir))
        with opened_here(settings, create=True) as platform:
            done = fetched_here(platform.market, settings.data_dir, wanted)
    else:
        with reach(data_dir) as server:
            done = fetched_through(server, settings.data_dir.absolute(), wanted)
    if as_json:
        print_json(done.as_dict())
    else:
        print_fetched(done)


@market.command()
def status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what is loaded: instruments, spans of dates, gaps, quarantine."""
    with reach(data_dir) as platform:
        answer = platform.get("/admin/market/coverage")
    if as_json:
        print_json(answer)
    else:
        print_coverage(answer)
