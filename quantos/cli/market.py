"""`quantos market`: load market data, show what there is, fetch what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from quantos.cli.configuration import load
from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json, day_option
from quantos.cli.output import console, print_facts, print_json, print_line, print_table
from quantos.cli.reach import opened_here, reach
from quantos.errors import NotFound, WrongState
from quantos.kit.clock import today
from quantos.storage.directory import running_server

market = Commands(help="Market data.", no_args_is_help=True)


@market.command("import")
def import_market(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A folder or file, CSV or Parquet; docs/market-data.md lists the columns."
        ),
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Load bars, indices, constituents, instruments and corporate actions; every refused row is counted."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise NotFound(f"there is nothing at {path}: name a folder or file of market data")
    with reach(data_dir, create=True) as platform:
        answer = platform.post("/admin/market/import", {"path": str(path)})
    if as_json:
        print_json(answer)
    else:
        print_report(answer)


@market.command()
def fetch(
    symbols: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYMBOL", help="Such as 600519.SH; default: all that are known."),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="baostock (the default), akshare or akshare-eastmoney.")
    ] = "baostock",
    first: Annotated[
        date | None, day_option("--from", "First day; default: the day after the last bar.")
    ] = None,
    last: Annotated[date | None, day_option("--to", "Last day; default: the last one that is over.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Fetch bars from a live source; run it again to go on where it stopped."""
    settings = load(data_dir)
    url = running_server(settings.data_dir)
    if url is not None:
        raise WrongState(
            f"a fetch writes for minutes and needs the directory for itself: stop the server at {url} meanwhile"
        )
    with opened_here(settings) as platform:
        present, known = today(platform.clock), platform.market.last_date()
        begin = first or (known and known + timedelta(days=1))
        if begin is None:
            raise WrongState("no bars are loaded yet: name the first day with --from")
        with fetch_progress(quiet=as_json) as progress:
            report = platform.market.fetch(
                source,
                symbols or (),
                begin,
                last or present - timedelta(days=1),
                settings.data_dir / "fetch.jsonl",
                progress,
            )
    answer = asdict(report)
    if as_json:
        print_json(answer)
    else:
        print_facts((name, len(value) if name == "refused" else value) for name, value in answer.items())
        for symbol, reason in report.refused.items():
            print_line(f"{symbol}: refused: {reason}")


@contextmanager
def fetch_progress(*, quiet: bool) -> Iterator[Callable[[Any], None]]:
    """A bar over symbols, on a terminal."""
    from rich.progress import Progress  # noqa: PLC0415 - loaded where it is used

    screen = console()
    with Progress(console=screen, transient=True, disable=quiet or not screen.is_terminal) as bar:
        task = bar.add_task("fetch")

        def on_symbol(now: Any) -> None:
            bar.update(task, total=now.total, completed=now.done, description=f"{now.symbol} {now.rows} rows")

        yield on_symbol


@market.command()
def status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what is loaded: instruments, spans of dates, gaps, quarantine."""
    with reach(data_dir) as platform:
        answer = platform.get("/admin/market/coverage")
    if as_json:
        print_json(answer)
        return
    print_facts((name, value) for name, value in answer.items() if not _is_table(value))
    for name, value in answer.items():
        if _is_table(value):
            print_line(f"\n{name}")
            print_table(list(value[0]), [list(row.values()) for row in value])


def print_report(answer: dict[str, Any]) -> None:
    """An import's report: one line a file, then what was refused or found odd, with examples."""
    rows = []
    for file in answer["files"]:
        quarantined = sum(file["quarantined"].values())
        verdict = file.get("refused") or file.get("ignored") or ""
        rows.append(
            (
                file["source"],
                file["kind"],
                file["rows"],
                file["stored"],
                file["unchanged"],
                file["changed"],
                quarantined,
                ("refused: " if file.get("refused") else "ignored: " if verdict else "") + verdict,
            )
        )
    print_table(
        ["file", "kind", "rows>", "stored>", "unchanged>", "changed>", "quarantine>", "verdict"], rows
    )
    for file in answer["files"]:
        for reason, count in file["quarantined"].items():
            print_line(f"{file['source']}: {count:,} rows in quarantine: {reason}")
        for found in file["findings"].values():
            examples = f" ({'; '.join(found['examples'][:3])})" if found["examples"] else ""
            print_line(f"{file['source']}: {found['count']:,} x {found['meaning']}{examples}")
        if file["settled"]:
            settled = file["settled"]
            print_line(
                f"{file['source']}: {settled['rows']:,} rows touch {settled['day_count']:,} settled days and were"
                f" not applied: {', '.join(settled['days'][:5])}"
            )
    print_line(f"{answer['rows']:,} rows in {answer['elapsed_s']:.1f} s")


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
