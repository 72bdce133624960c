"""The table that draws only what is in view."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.tui.conftest import lines, shows
from tui.widgets.columns import Column, width_of
from tui.widgets.grid import Grid
from tui.widgets.records import Records

MANY = 10_000
SIZE = (60, 20)


class Counting:
    """Shows a value, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, value: Any) -> Text:
        self.asked += 1
        return Text(str(value))


def on_table(
    columns: tuple[Column, ...], count: int, script: Callable[[Pilot[None]], Awaitable[None]]
) -> None:
    records = [
        {"slug": f"row-{n:05}", "name": f"上证{n}", "nav": n * 1.5, "owner": "x" * 30} for n in range(count)
    ]

    class Shown(App[None]):
        CSS_PATH = Path(__file__).parents[2] / "tui" / "styles" / "dashboard.tcss"

        def compose(self) -> ComposeResult:
            yield Records(columns, "slug", "nothing here", id="rows")

        def on_mount(self) -> None:
            self.query_one(Records).show(records)
            self.query_one(Records).focus_table()

    async def run() -> None:
        async with Shown().run_test(size=SIZE) as pilot:
            await pilot.pause()
            await script(pilot)

    asyncio.run(run())


@pytest.fixture
def columns() -> tuple[Column, ...]:
    return (
        Column("slug", lambda of: of["slug"]),
        Column("name", lambda of: of["name"]),
        Column("nav", lambda of: of["nav"], right=True),
        Column("owner", lambda of: of["owner"]),
    )


def test_ten_thousand_rows_draw_no_more_than_a_screen_of_them() -> None:
    shown = Counting()
    columns = (Column("slug", lambda of: of["slug"], shown), Column("name", lambda of: of["name"], shown))

    async def script(pilot: Pilot[None]) -> None:
        before = shown.asked
        await pilot.press("pagedown")
        assert 0 < shown.asked - before <= 3 * SIZE[1]
        await pilot.press("end")
        await pilot.pause()
        assert shows(pilot, f"row-{MANY - 1:05}")
        assert shown.asked < 12 * SIZE[1]

    on_table(columns, MANY, script)


def test_a_cursor_that_moves_within_the_view_draws_two_lines() -> None:
    shown = Counting()
    columns = (Column("slug", lambda of: of["slug"], shown), Column("name", lambda of: of["name"]))

    async def script(pilot: Pilot[None]) -> None:
        before = shown.asked
        await pilot.press("down")
        await pilot.pause()
        assert 0 < shown.asked - before <= 2

    on_table(columns, MANY, script)


def test_the_first_column_and_the_heading_stay(columns: tuple[Column, ...]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("end", "right", "right", "right")
        await pilot.pause()
        found = lines(pilot)
        assert "Strategy" in found[0]
        assert "Owner" in found[0]
        assert f"row-{MANY - 1:05}" in next(line for line in found if "xxx" in line and "9999" in line)
        assert not any("上证" in line for line in found)

    on_table(columns, MANY, script)


def test_columns_stand_under_their_headings_also_in_chinese(columns: tuple[Column, ...]) -> None:
    from rich.cells import cell_len  # noqa: PLC0415

    async def script(pilot: Pilot[None]) -> None:
        found = lines(pilot)
        heading = cell_len(found[0][: found[0].index("NAV") + 3])
        for row, line in enumerate(found[1:4]):
            figure = f"{row * 1.5}"
            assert cell_len(line[: line.index(figure) + len(figure)]) == heading

    on_table(columns, 5, script)


def test_a_click_sets_the_cursor_and_a_second_opens(columns: tuple[Column, ...]) -> None:
    opened = list[Any]()

    async def script(pilot: Pilot[None]) -> None:
        grid = pilot.app.query_one(Grid)
        grid.action_choose = lambda: opened.append(grid.cursor_row)  # type: ignore[method-assign]
        await pilot.click(Grid, offset=(3, 4))
        assert (grid.cursor_row, opened) == (3, [])
        await pilot.click(Grid, offset=(3, 4))
        assert opened == [3]

    on_table(columns, 50, script)


def test_a_click_on_a_heading_sorts(columns: tuple[Column, ...]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        grid = pilot.app.query_one(Grid)
        await pilot.click(Grid, offset=(3, 0))
        await pilot.pause()
        assert grid.cells(0)[0].plain == "row-00049"
        assert "▼" in lines(pilot)[0]

    on_table(columns, 50, script)


def test_what_is_in_view_stays_when_rows_come_above(columns: tuple[Column, ...]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        records, grid = pilot.app.query_one(Records), pilot.app.query_one(Grid)
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        before, chosen = lines(pilot)[1], records.selected
        records.show(
            [{"slug": f"new-{n}", "name": "", "nav": 0, "owner": ""} for n in range(7)] + list(records.placed)
        )
        await pilot.pause()
        assert lines(pilot)[1] == before
        assert records.selected == chosen
        assert grid.row_count == 207

    on_table(columns, 200, script)


@pytest.mark.parametrize(
    ("values", "wide"),
    [(["a", "bbb", None], 3), ([1, 22222, 3], 5), ([-100, 5], 4), (["中文", "abc"], 4), ([], 0), ([None], 0)],
)
def test_a_column_is_as_wide_as_its_widest_value(values: list[Any], wide: int) -> None:
    column = Column("slug", lambda of: of["v"])
    assert width_of(column, [{"v": value} for value in values]) == wide


def test_a_long_column_is_measured_by_its_longest_text() -> None:
    column = Column("slug", lambda of: of["v"])
    assert width_of(column, [{"v": "x" * (n % 97)} for n in range(1000)]) == 96
