"""The shipped closed weekdays against two calendars that are not ours.

`python tests/unit/market/test_closed_weekdays.py` prints the lines as exchange_calendars knows them.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from quantos.market.core import closed_weekdays
from quantos.market.core.calendar import shipped_calendar


def lines_of_exchange_calendars() -> str:
    import exchange_calendars  # noqa: PLC0415 - a second of start-up, for this one test

    first, last = closed_weekdays.FIRST, closed_weekdays.LAST
    sessions = exchange_calendars.get_calendar("XSHG", start=first, end=last).sessions
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    weekdays = days[np.is_busday(days)]
    closed = np.setdiff1d(weekdays, sessions.to_numpy().astype("datetime64[D]"))
    years: dict[str, list[str]] = {}
    for day in closed.astype(str):
        years.setdefault(day[:4], []).append(day[5:7] + day[8:10])
    return "".join(f"{year} {' '.join(days)}\n" for year, days in years.items())


@pytest.mark.filterwarnings("ignore::DeprecationWarning:exchange_calendars", "ignore:Series.values")
def test_the_closed_weekdays_are_those_of_exchange_calendars() -> None:
    assert lines_of_exchange_calendars() == closed_weekdays.CLOSED_WEEKDAYS


def test_every_day_is_open_or_closed_as_in_the_shared_calendar(shared_market: Path) -> None:
    rows = pq.read_table(shared_market / "trading_calendar.parquet").to_pylist()
    calendar = shipped_calendar()
    assert [row["date"] for row in rows if calendar.is_trading_day(row["date"]) != row["is_open"]] == []
    assert (rows[0]["date"], rows[-1]["date"]) == (calendar.first, calendar.last)


def test_no_session_lies_at_a_weekend() -> None:
    assert all(day.weekday() < 5 for day in shipped_calendar().sessions.astype(object))


def test_it_has_8797_sessions_from_1990_12_19_to_2026_12_31() -> None:
    calendar = shipped_calendar()
    assert len(calendar.sessions) == 8797
    assert (calendar.first, calendar.last) == (date(1990, 12, 19), date(2026, 12, 31))


if __name__ == "__main__":
    print(lines_of_exchange_calendars(), end="")  # noqa: T201 - the purpose of running it
