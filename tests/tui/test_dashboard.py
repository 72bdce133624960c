"""The dashboard against a real server: what it shows, what keys do, what happens when the server goes."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from quantos.client import Client, calls
from tests.support.served import Served, served_platform
from tests.tui.conftest import STRATEGIES, lines, on_dashboard, shows, until
from tui.app import THEMES
from tui.link import Link
from tui.screens.today import Today
from tui.widgets.records import Records


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_the_first_screen_says_whether_today_is_all_right(served: Served, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "2024-03-05  19:00:00 Shanghai"))
        assert shows(pilot, "trading day 2024-03-05")
        assert shows(pilot, "simulated time")
        assert shows(pilot, "1 active")
        assert shows(pilot, "to 2024-03-29")
        await until(pilot, lambda: shows(pilot, "03-05 18:15"))
        jobs = [line for line in lines(pilot) if "✓" in line and "03-05 18:15" in line]
        assert len(jobs) == 1
        assert "03-06 18:15" in jobs[0]

    on_dashboard(served, script, size)


def test_alarms_stand_on_the_first_screen_with_what_to_do(tmp_path: Path) -> None:
    with served_platform(tmp_path / "data", "2024-03-04T19:00") as empty:

        async def script(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: shows(pilot, "✗ data_missing"))
            assert shows(pilot, "market")

        on_dashboard(empty, script)


def test_a_key_leads_to_each_screen_and_back(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await until(pilot, lambda: all(shows(pilot, slug) for slug in STRATEGIES))
        await pilot.press("5")
        await until(pilot, lambda: shows(pilot, "2024-03-05") and shows(pilot, "✓ done"))
        assert not shows(pilot, "Beta")
        await pilot.press("1")
        await until(pilot, lambda: shows(pilot, "Jobs of the day"))

    on_dashboard(served, script)


def test_a_table_is_sorted_by_the_column_under_the_cursor(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        await pilot.press("s")
        assert _slugs(table) == ["gamma", "beta", "alpha"]
        await pilot.press("s")
        assert _slugs(table) == ["alpha", "beta", "gamma"]

    on_dashboard(served, script)


def test_the_filter_is_fuzzy_and_escape_takes_it_away(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        await pilot.press("slash", "g", "m", "a")
        assert _slugs(table) == ["gamma"]
        assert shows(pilot, "1 of 3")
        await pilot.press("escape")
        assert len(_slugs(table)) == len(STRATEGIES)
        assert not table.query_one(Input).display

    on_dashboard(served, script)


def test_a_pasted_filter_filters_and_does_nothing_else(served: Served) -> None:
    """All keys are there before the first of them is looked at; `q` would quit, and Enter open a strategy."""

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        keys = (("slash", "/"), ("g", "g"), ("m", "m"), ("q", "q"), ("backspace", None), ("enter", None))
        for key, character in keys:
            pilot.app.post_message(Key(key, character))
        await until(pilot, lambda: shows(pilot, "1 of 3"))
        assert _slugs(table) == ["gamma"]
        assert pilot.app.screen.query_one(Records) is table
        await until(pilot, lambda: table.table.has_focus)

    on_dashboard(served, script)


def test_a_pasted_jump_jumps(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        for key in "fg":
            pilot.app.post_message(Key(key, key))
        await until(pilot, lambda: table.selected is not None and table.selected["slug"] == "gamma")

    on_dashboard(served, script)


def test_the_row_under_the_cursor_stays_when_new_rows_come(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        await pilot.press("down")
        before = table.selected
        assert before is not None
        records = [*table._records]
        table.show([{**records[0], "slug": "aaa"}, {**records[2], "slug": "aab"}, *records])
        assert table.table.row_count == len(STRATEGIES) + 2
        assert table.selected == before

    on_dashboard(served, script)


def test_shown_rows_are_exported_with_their_whole_values(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        await pilot.press("slash", "b", "e", "t", "a", "enter", "e")
        await pilot.press("e")

    on_dashboard(served, script)
    first, second = sorted(tmp_path.iterdir(), key=lambda file: file.name)
    assert (first.name, second.name) == ("quantos-strategies-2.csv", "quantos-strategies.csv")
    rows = list(csv.DictReader(second.read_text().splitlines()))
    assert [row["slug"] for row in rows] == ["beta"]
    assert rows[0]["is_public"] == "True"


def test_a_cell_is_copied_as_it_is_shown(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        table = pilot.app.screen.query_one(Records)
        await until(pilot, lambda: table.table.row_count == len(STRATEGIES))
        await pilot.press("y")
        assert pilot.app.clipboard in STRATEGIES

    on_dashboard(served, script)


def see_the_clock_move(served: Served, before: str, after: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, f"{before}  19:00:00"))
        with Client(served.url, served.operator_token) as operator:
            await asyncio.to_thread(operator, calls.move_clock(now=f"{after}T19:00:00+08:00"))
        await until(pilot, lambda: shows(pilot, f"{after}  19:00:00"))

    on_dashboard(served, script)


def test_what_happens_on_the_platform_is_seen_without_a_key(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the event stream alone: the next poll is an hour away."""
    monkeypatch.setattr(Today, "POLL_S", 3600.0)
    see_the_clock_move(served, "2024-03-05", "2024-03-06")


def test_without_the_stream_it_is_seen_by_asking_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Link, "follow", cut)
    see_the_clock_move(served, "2024-03-06", "2024-03-07")


def test_a_server_that_goes_leaves_its_last_data_and_one_that_comes_back_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    async def script(pilot: Pilot[None], stop: Callable[[], Any]) -> None:
        await until(pilot, lambda: shows(pilot, "trading day"))
        await asyncio.to_thread(stop)
        await until(pilot, lambda: shows(pilot, "does not answer since"))
        assert shows(pilot, "trading day")
        with served_platform(folder, "2024-03-04T19:00", port=port):
            await until(pilot, lambda: shows(pilot, "answers again"))
            await until(pilot, lambda: not shows(pilot, "does not answer since"))

    with ExitStack() as running:
        served = running.enter_context(served_platform(folder, "2024-03-04T19:00"))
        port = int(served.url.rpartition(":")[2])
        on_dashboard(served, lambda pilot: script(pilot, running.close))


def test_every_theme_shows_the_screen(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "trading day"))
        seen = set()
        for _ in THEMES:
            await pilot.press("t")
            seen.add(pilot.app.theme)
            assert shows(pilot, "trading day")
        assert seen == set(THEMES)

    on_dashboard(served, script)


def test_a_refusal_is_told_by_its_code(served: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "invalid_token: "))

    on_dashboard(Served(served.url, "a-token-that-nobody-gave"), script)


def _slugs(table: Records) -> list[str]:
    return [table.table.cells(row)[0].plain for row in range(table.table.row_count)]
