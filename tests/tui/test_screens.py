"""Every screen against a platform where everything has happened: what it shows, and where its keys lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from quantos.client import Client, calls
from tests.support.served import Served
from tests.tui.conftest import on_dashboard, shows, until
from tests.tui.world import DAYS
from tui.app import PLACES
from tui.colors import COLORS, GREEN, RED
from tui.widgets.records import Records

WIDE = (150, 45)
FIRST, LAST = str(DAYS[0]), str(DAYS[-1])


@pytest.mark.parametrize("size", [(80, 24), WIDE])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2", "alpha"),
        ("3", "drift"),
        ("4", "momentum_value"),
        ("5", LAST),
        ("6", "30 instruments"),
        ("7", "@"),
        ("8", "evaluation"),
    ],
)
def test_a_number_leads_to_each_screen(world: Served, key: str, said: str, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await until(pilot, lambda: shows(pilot, said))

    on_dashboard(world, script, size)


def test_a_strategy_shows_its_curve_metrics_and_the_orders_of_its_last_day(world: Served) -> None:
    with Client(world.url, world.operator_token) as operator:
        performance = operator(calls.get_any_performance("alpha"))["metrics"]
        package = operator(calls.get_any_verification_package("alpha"))

    async def script(pilot: Pilot[None]) -> None:
        await open_first(pilot, "2", "strategies")
        await until(pilot, lambda: shows(pilot, f"orders and positions of {LAST}"))
        total = performance["total_return"]
        assert total is not None
        assert shows(pilot, f"{total * 100:+.2f}%")
        assert shows(pilot, "NAV and benchmark")
        for order in package["verification"]["orders"]:
            assert shows(pilot, order["symbol"])
        await pilot.press("comma")
        await until(pilot, lambda: shows(pilot, f"orders and positions of {DAYS[-2]}"))
        await pilot.press("full_stop")
        await until(pilot, lambda: shows(pilot, f"orders and positions of {LAST}"))
        await pilot.press("escape")
        await until(pilot, lambda: shows(pilot, "Last signal"))

    on_dashboard(world, script, WIDE)


def test_a_day_of_the_audit_opens_its_orders(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await open_first(pilot, "2", "strategies")
        await until(pilot, lambda: shows(pilot, f"orders and positions of {LAST}"))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: shows(pilot, FIRST))
        await pilot.press("end", "enter")
        await until(pilot, lambda: shows(pilot, "orders and positions of"))

    on_dashboard(world, script, WIDE)


def test_a_factor_shows_ic_decay_fifths_years_and_correlations(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await open_first(pilot, "3", "factors")
        await until(pilot, lambda: shows(pilot, "Mean IC of 20 days"))
        for said in ("IC of each day", "Growth of the fifths", "Decay", "Correlations", "Years", "Attempts"):
            await until(pilot, lambda said=said: shows(pilot, said))
        assert shows(pilot, "2024")

    on_dashboard(world, script, (150, 50))


def test_a_portfolio_shows_members_with_weights_and_explains_a_signal(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await open_first(pilot, "4", "portfolios")
        await until(pilot, lambda: shows(pilot, "50.0%"))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: shows(pilot, FIRST))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "Below the cut"))

    on_dashboard(world, script, WIDE)


def test_a_run_shows_what_became_of_each_strategy(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        runs = pilot.app.screen.query_one("#runs", Records)
        await until(pilot, lambda: runs.table.row_count > 0)
        rows = [number for number, run in enumerate(runs.placed) if (run["settled"], run["held"]) == (2, 1)]
        runs.table.move_to(rows[0])
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "2 settled, 1 held, 0 failed"))
        assert shows(pilot, "alpha")

    on_dashboard(world, script, WIDE)


def test_refused_rows_stand_with_their_reason(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("6")
        await until(pilot, lambda: shows(pilot, "whole to"))
        assert shows(pilot, "high below low 1")
        pilot.app.screen.visit_tab("quarantine")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, "high is below low"))

    on_dashboard(world, script, WIDE)


def test_a_ticket_is_opened_in_full(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7")
        pilot.app.screen.visit_tab("tickets")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, "Bars of Tuesday"))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "Where are they?"))

    on_dashboard(world, script, WIDE)


def test_the_palette_leads_to_a_thing_by_its_name(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "trading day"))
        await pilot.press("colon", *"alpha")
        await until(pilot, lambda: shows(pilot, "Strategy: alpha"))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "Strategies > alpha"))

    on_dashboard(world, script, WIDE)


def test_a_bookmark_leads_back_also_in_another_session(world: Served, tmp_path: Path) -> None:
    remembered = tmp_path / "dashboard.json"

    async def mark(pilot: Pilot[None]) -> None:
        await open_first(pilot, "3", "factors")
        await until(pilot, lambda: shows(pilot, "Factors > "))
        await pilot.press("m")
        await until(pilot, lambda: shows(pilot, "Bookmark set"))

    async def follow(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "trading day"))
        await pilot.press("apostrophe", "enter")
        await until(pilot, lambda: shows(pilot, "Factors > "))

    on_dashboard(world, mark, WIDE, remembered)
    on_dashboard(world, follow, WIDE, remembered)


def test_a_rise_is_red_where_the_operator_wants_it(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "Movers"))
        assert (COLORS.up, COLORS.down) == (GREEN, RED)
        await pilot.press("u")
        assert (COLORS.up, COLORS.down) == (RED, GREEN)

    on_dashboard(world, script, WIDE)


def test_a_letter_jumps_to_the_row_that_begins_with_it(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await until(pilot, lambda: shows(pilot, "alpha"))
        await pilot.press("f", "m")
        chosen = pilot.app.screen.query_one(Records).selected
        assert chosen is not None
        assert chosen["slug"].startswith("mf-")

    on_dashboard(world, script, WIDE)


def test_every_screen_speaks_chinese(world: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTOS_LANG", "zh")

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shows(pilot, "当日涨跌"))
        for key, said in zip("234567", ("回撤", "换手", "成员", "用时", "日历已知至", "昵称"), strict=True):
            await pilot.press(key)
            await until(pilot, lambda said=said: shows(pilot, said))

    on_dashboard(world, script, WIDE)
    assert len(PLACES) == len("123456789")


async def open_first(pilot: Pilot[None], key: str, table: str) -> None:
    """Go to a screen and open its first row."""
    await pilot.press(key)
    records = pilot.app.screen.query_one(f"#{table}", Records)
    await until(pilot, lambda: records.table.row_count > 0)
    await pilot.press("enter")
