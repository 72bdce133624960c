"""`quantos market`: load market data, show what there is, fetch what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_facts, print_json, print_line, print_table
from quantos.cli.reach import reach

market = typer.Typer(help="Market data.", no_args_is_help=True)


@market.command("import")
def import_market(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A folder or file: bars, indices, constituents; CSV or Parquet."),
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Load bars, indices, constituents, instruments and corporate actions; every refused row is counted."""
    with reach(data_dir, create=True) as platform:
        answer = platform.post("/admin/market/import", {"path": str(path.expanduser().absolute())})
    if as_json:
        print_json(answer)
    else:
        print_report(answer)


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
