"""Months of the trading calendar, side by side. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from rich.text import Text

WIDE = 22
"""Columns of a month and the blanks beside it."""


def months_around(day: date, before: int, after: int) -> list[str]:
    """`2024-03`, of so many months before and after that of a day, in order."""
    first = day.year * 12 + day.month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(first - before, first + after + 1)]


def month_lines(month: str, trading: Collection[str], today: str, heads: str) -> list[Text]:
    """Eight lines of a month, Monday first: trading days bright, the others dim, today turned round.

    `heads`: the letters of the seven days, two columns each.
    """
    first = date.fromisoformat(f"{month}-01")
    lines = [Text(month, "bold"), Text(heads, "dim")]
    at = first - timedelta(days=first.weekday())
    for _ in range(6):
        line = Text()
        for _ in range(7):
            inside = at.month == first.month
            style = "bold" if str(at) in trading else "dim strike"
            line.append(
                f"{at.day:>2}" if inside else "  ",
                style + (" reverse" if str(at) == today else "") if inside else "",
            )
            line.append(" ")
            at += timedelta(days=1)
        lines.append(line)
    return lines


def side_by_side(months: Sequence[Sequence[Text]], width: int) -> Text:
    """As many months in a row as there is room for."""
    across = max(1, width // (WIDE + 1))
    found = Text()
    for start in range(0, len(months), across):
        row = months[start : start + across]
        for number in range(len(row[0])):
            for month in row:
                line = month[number].copy()
                line.pad_right(max(0, WIDE - line.cell_len))
                found.append_text(line).append(" ")
            found.append("\n")
    return found
