"""`quantos calendar`: how far the trading calendar is known, and its extension without a new release."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from quantos.cli.help import Commands
from quantos.cli.market_tables import print_calendar
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_json, print_text
from quantos.cli.reach import reach
from quantos.cli.texts import say
from quantos.errors import WrongState

calendar = Commands(help="The trading calendar.", no_args_is_help=True)

DATE_COLUMNS: Final = ("date", "trade_date", "cal_date", "calendar_date", "日期")
OPEN_COLUMNS: Final = ("is_open", "is_trading_day", "open")
TRUE: Final = {"1", "true", "yes", "y"}
FALSE: Final = {"0", "false", "no", "n"}


class CalendarFileRefused(WrongState):
    code = "calendar_file_refused"


@calendar.command("import")
def import_calendar(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV with the columns date (2027-01-04) and is_open (1 or 0), a line for every day of the calendar.",
        ),
    ],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Extend or correct the trading calendar from FILE; settled days stay as they are."""
    days = read_days(file)
    with reach(data_dir) as platform:
        body = {"days": [{"date": day.isoformat(), "is_open": is_open} for day, is_open in days.items()]}
        answer = platform.post("/admin/calendar", body)
    if as_json:
        print_json(answer)
        return
    report = answer["report"]
    counts = {name: f"{report[name]:,}" for name in ("rows", "stored", "unchanged")}
    print_text(say("calendar.imported", **counts))
    print_calendar(answer["calendar"])


@calendar.command()
def status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show from when to when the calendar is known."""
    with reach(data_dir) as platform:
        found = platform.get("/admin/market/coverage")["calendar"]
    if as_json:
        print_json(found)
    else:
        print_calendar(found)


def read_days(file: Path) -> dict[date, bool]:
    """Every day of a CSV file with whether it is open. Raises CalendarFileRefused with the line at fault."""
    import csv  # noqa: PLC0415 - loaded where it is used

    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            names = {name.strip().lower(): name for name in reader.fieldnames or ()}
            day_name = next((names[name] for name in DATE_COLUMNS if name in names), None)
            open_name = next((names[name] for name in OPEN_COLUMNS if name in names), None)
            if day_name is None or open_name is None:
                raise CalendarFileRefused(
                    f"{file.name}: the first line must name the columns date and is_open, nothing was imported"
                )
            return dict(_day(row[day_name], row[open_name], file, reader.line_num) for row in reader)
    except (UnicodeDecodeError, csv.Error):
        raise CalendarFileRefused(f"{file.name} is no CSV text file in UTF-8: nothing was imported") from None


def _day(day: str | None, is_open: str | None, file: Path, line: int) -> tuple[date, bool]:
    try:
        found = date.fromisoformat((day or "").strip())
    except ValueError:
        raise CalendarFileRefused(
            f"{file.name}, line {line}: the date is not written YYYY-MM-DD, nothing was imported"
        ) from None
    word = (is_open or "").strip().lower()
    if word not in TRUE | FALSE:
        raise CalendarFileRefused(
            f"{file.name}, line {line}: is_open is neither 1 nor 0, nothing was imported"
        )
    return found, word in TRUE
