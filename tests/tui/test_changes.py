"""Changes: each asks once, says what it will do, and shows its row of the audit trail; none while one only reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from quantos.client import Client, calls
from tests.support.served import Served
from tests.tui.conftest import on_dashboard, shows, until
from tests.tui.test_screens import WIDE, open_first


@pytest.fixture
def operator(world: Served) -> Iterator[Client]:
    with Client(world.url, world.operator_token) as client:
        yield client


def test_an_invite_is_made_after_one_question_and_its_row_is_shown(world: Served, operator: Client) -> None:
    before = operator(calls.list_invites())["total"]

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7")
        await until(pilot, lambda: shows(pilot, "@"))
        await pilot.press("N")
        await until(pilot, lambda: shows(pilot, "Whoever has the code may register"))
        assert operator(calls.list_invites())["total"] == before
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "invite created"))
        assert shows(pilot, "Invite code: ")
        await pilot.press("enter")

    on_dashboard(world, script, WIDE)
    assert operator(calls.list_invites())["total"] == before + 1


def test_escape_changes_nothing(world: Served, operator: Client) -> None:
    before = operator(calls.list_audit())["total"]

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7")
        await until(pilot, lambda: shows(pilot, "@"))
        await pilot.press("D")
        await until(pilot, lambda: shows(pilot, "Disable an account"))
        await pilot.press("escape")
        await until(pilot, lambda: not shows(pilot, "Disable an account"))

    on_dashboard(world, script, WIDE)
    assert operator(calls.list_audit())["total"] == before


def test_nothing_is_asked_while_one_only_reads(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7")
        await until(pilot, lambda: shows(pilot, "@"))
        await pilot.press("w")
        await until(pilot, lambda: shows(pilot, "read only"))
        await pilot.press("N")
        await until(pilot, lambda: shows(pilot, "press w to allow"))
        assert not shows(pilot, "Whoever has the code")

    on_dashboard(world, script, WIDE)


def test_a_portfolio_is_paused_and_resumed(world: Served, operator: Client) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await open_first(pilot, "4", "portfolios")
        await until(pilot, lambda: shows(pilot, "50.0%"))
        for key, action, status in (("P", "pause", "paused"), ("R", "resume", "active")):
            await pilot.press(key)
            await until(pilot, lambda action=action: shows(pilot, f"{action.capitalize()} momentum"))
            await pilot.press("enter")
            await until(pilot, lambda status=status: shows(pilot, f"after: status {status}"))
            assert operator(calls.list_all_portfolios())["portfolios"][0]["status"] == status
            await pilot.press("enter")
            await until(pilot, lambda: not shows(pilot, "Audit row"))

    on_dashboard(world, script, WIDE)


def test_a_refusal_stands_in_the_question_and_nothing_is_lost(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("6")
        await until(pilot, lambda: shows(pilot, "whole to"))
        await pilot.press("I")
        await until(pilot, lambda: shows(pilot, "Path"))
        pilot.app.screen.query_one(Input).value = "/nowhere/at/all"
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "/nowhere/at/all") and shows(pilot, ": "))
        await until(pilot, lambda: shows(pilot, "market_path_not_found"))
        assert pilot.app.screen.query_one(Input).value == "/nowhere/at/all"

    on_dashboard(world, script, WIDE)


def test_a_job_is_run_again(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await until(pilot, lambda: shows(pilot, "✓ done"))
        await pilot.press("R")
        await until(pilot, lambda: shows(pilot, "Run again: settlement"))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "job run"))

    on_dashboard(world, script, WIDE)


def test_a_ticket_is_answered(world: Served, operator: Client) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7")
        pilot.app.screen.visit_tab("tickets")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, "Bars of Tuesday"))
        await pilot.press("A")
        await until(pilot, lambda: shows(pilot, "is told: Bars of Tuesday"))
        await pilot.press(*"here", "enter", "enter")
        await until(pilot, lambda: shows(pilot, "ticket changed"))

    on_dashboard(world, script, WIDE)
    ticket = operator(calls.list_all_tickets())["tickets"][0]
    assert (ticket["admin_reply"], ticket["status"]) == ("here", "resolved")
