"""`quantos market quarantine`: the rows that imports refused."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Any, Final

import typer

from quantos.cli.layout import listed, screen_width
from quantos.cli.market_tables import kind_of, meaning
from quantos.cli.options import DataDir, Json, day_option, number_option
from quantos.cli.output import print_json, print_line, print_text, shown
from quantos.cli.reach import Reach, reach
from quantos.cli.texts import say
from quantos.errors import WrongState

KINDS: Final = ("bars", "indices", "constituents", "instruments", "corporate_actions", "calendar")
PAGE: Final = 200
ON_SCREEN: Final = 50
TO_PROGRAMS: Final = 10_000
COLUMNS: Final = ("load", "source", "kind", "symbol", "trade_date", "reason", "meaning", "row")

UNTOLD: Final = ("is_st", "trade_status")
"""Columns in which -1 stands for a row that does not say."""


class FormUnclear(WrongState):
    code = "quarantine_form_unclear"


def _kind(text: str) -> str:
    if text not in KINDS:
        raise typer.BadParameter(say("quarantine.no_kind", text=text, kinds=", ".join(KINDS)))
    return text


def _reason(text: str) -> str:
    from quantos.market.core.reasons import Refusal  # noqa: PLC0415 - --help needs no market

    if text not in set(Refusal):
        raise typer.BadParameter(say("quarantine.no_reason", text=text, reasons=", ".join(Refusal)))
    return text


def quarantine(
    kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            parser=_kind,
            help="Only of files that held this: bars, indices, constituents, instruments, corporate_actions or calendar.",
        ),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(metavar="SYMBOL", help="Only of this symbol, such as 600519.SH.")
    ] = None,
    day: Annotated[date | None, day_option("--date", "Only of this day.")] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", parser=_reason, help="Only those refused for this reason, such as off_tick."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        number_option("--limit", 1, "Rows to show at the most; default: 50, as JSON or CSV 10000."),
    ] = None,
    data_dir: DataDir = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    as_json: Json = False,
) -> None:
    """Show the rows that imports refused, as they came, with the reason of each."""
    if as_csv and as_json:
        raise FormUnclear(say("quarantine.one_form"))
    wanted = {"kind": kind, "symbol": symbol, "first": day, "last": day, "reason": reason}
    most = limit or (TO_PROGRAMS if as_csv or as_json else ON_SCREEN)
    with reach(data_dir) as platform:
        found = _found(platform, wanted, most)
        in_all = found["total"] or _count(platform)
    if as_json:
        print_json(found)
    elif as_csv:
        _print_csv(found["quarantine"])
    else:
        _print(found, in_all)
    if (as_csv or as_json) and found["total"] > len(found["quarantine"]):
        counts = {"shown": f"{len(found['quarantine']):,}", "total": f"{found['total']:,}"}
        sys.stderr.write(f"quantos: {say('quarantine.more', **counts)}\n")


def _found(platform: Reach, wanted: dict[str, Any], most: int) -> dict[str, Any]:
    """As GET /admin/quarantine answers, with `most` rows instead of a page's."""
    rows: list[dict[str, Any]] = []
    while True:
        page = platform.get(
            "/admin/quarantine", **wanted, limit=min(PAGE, most - len(rows)), offset=len(rows)
        )
        rows += page["quarantine"]
        if not page["quarantine"] or len(rows) >= min(page["total"], most):
            return {**page, "quarantine": rows}


def _count(platform: Reach) -> int:
    return int(platform.get("/admin/quarantine", limit=1)["total"])


def _print(found: dict[str, Any], in_all: int) -> None:
    rows: list[dict[str, Any]] = found["quarantine"]
    if not rows:
        print_text(say("quarantine.none_such", total=f"{in_all:,}") if in_all else say("quarantine.none"))
        return
    for (load, source, kind), of_file in groupby(rows, lambda row: (row["load"], row["source"], row["kind"])):
        print_text(say("quarantine.of_file", source=source, kind=kind_of(kind), load=load))
        for line in listed([_told(row) for row in of_file], screen_width()):
            print_line(line)
        print_line("")
    counts = {"shown": f"{len(rows):,}", "total": f"{found['total']:,}"}
    print_text(say("quarantine.more" if len(rows) < found["total"] else "quarantine.total", **counts))


def _told(row: dict[str, Any]) -> tuple[str, str]:
    """What row it is, and why it was refused with what it held."""
    named = shown(" ".join(filter(None, (row["symbol"], row["trade_date"]))))
    return named, f"{meaning(row['reason'])}{say('colon')}{_cells(row['row'])}"


def _cells(row: Any) -> str:
    """What stood in the row, not rounded; what it did not say is left out."""
    if not isinstance(row, dict):
        return shown(row)
    unsaid = {name for name in UNTOLD if row.get(name) == -1}
    return ", ".join(f"{name} {row[name]}" for name in row if row[name] is not None and name not in unsaid)


def _print_csv(rows: Sequence[dict[str, Any]]) -> None:
    """The row itself is JSON in its cell."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for row in rows:
        told = {**row, "meaning": meaning(row["reason"]), "row": json.dumps(row["row"], ensure_ascii=False)}
        out.writerow([told[name] for name in COLUMNS])
