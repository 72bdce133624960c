"""The server is gone: on every screen, and at any moment of a change. What was there stays, and says of when it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from quantos.client import Client, calls
from tests.support.served import Served
from tests.tui.conftest import lines, shows, until
from tests.tui.gate import Gate, gate_to
from tests.tui.pictures import opened, settled
from tests.tui.test_screens import WIDE
from tui.app import Dashboard

Act = Callable[[Pilot[None], Gate], Awaitable[None]]

SCENES = {
    "today": ("1", "", "Jobs of the day"),
    "strategies": ("2", "", "alpha"),
    "factors": ("3", "", "drift"),
    "portfolios": ("4", "", "momentum"),
    "runs": ("5", "", "✓ done"),
    "market": ("6", "", "whole to"),
    "people": ("7", "", "@"),
    "appliance": ("8", "", "Attestation"),
    "board": ("9", "", "alpha"),
    "a strategy": ("2", "strategies", "Orders"),
    "a factor": ("3", "factors", "Attempts"),
    "a portfolio": ("4", "portfolios", "50.0%"),
    "a run": ("5", "runs", "settled,"),
}
"""The key of a screen, the table whose first row is opened, and what then stands there."""


def through_a_gate(served: Served, act: Act) -> None:
    async def run() -> None:
        async with gate_to(served.url) as gate:
            app = Dashboard(gate.url, served.operator_token)
            async with app.run_test(size=WIDE, notifications=True) as pilot:
                await until(pilot, lambda: shows(pilot, "trading day"))
                await act(pilot, gate)

    asyncio.run(run())


@pytest.mark.parametrize("scene", SCENES)
def test_what_was_there_stays_greyed_until_the_server_is_back(world: Served, scene: str) -> None:
    key, table, said = SCENES[scene]

    async def act(pilot: Pilot[None], gate: Gate) -> None:
        if table:
            await opened(pilot, table, table)
        else:
            await pilot.press(key)
        await until(pilot, lambda: shows(pilot, said))
        await gate.shut()
        await pilot.press("r")
        await until(pilot, lambda: shows(pilot, "does not answer since"))
        assert shows(pilot, said)
        assert pilot.app.screen.has_class("stale")
        await gate.open()
        await until(pilot, lambda: not shows(pilot, "does not answer since"))
        assert not pilot.app.screen.has_class("stale")
        assert shows(pilot, said)

    through_a_gate(world, act)


def test_a_screen_that_is_opened_without_a_server_fills_when_it_is_back(world: Served) -> None:
    async def act(pilot: Pilot[None], gate: Gate) -> None:
        await gate.shut()
        await pilot.press("3")
        await until(pilot, lambda: shows(pilot, "does not answer since"))
        await gate.open()
        await until(pilot, lambda: shows(pilot, "drift"))

    through_a_gate(world, act)


def test_a_change_without_a_server_says_so_and_changes_nothing(world: Served) -> None:
    with Client(world.url, world.operator_token) as operator:
        before = operator(calls.list_invites())["total"]

        async def act(pilot: Pilot[None], gate: Gate) -> None:
            await pilot.press("7")
            await until(pilot, lambda: shows(pilot, "@"))
            await pilot.press("N")
            await until(pilot, lambda: shows(pilot, "Whoever has the code"))
            await gate.shut()
            await pilot.press("enter")
            await until(pilot, lambda: shows(pilot, "Whether it was done is not known"))
            await pilot.press("escape")
            await gate.open()

        through_a_gate(world, act)
        assert operator(calls.list_invites())["total"] == before


@pytest.mark.parametrize(
    ("key", "press", "asks"),
    [
        ("7", ["N"], "Whoever has the code"),
        ("8", ["K"], "consistent copy"),
        ("5", ["R"], "Run again"),
    ],
)
def test_a_change_whose_answer_is_lost_is_not_told_as_done(
    world: Served, key: str, press: list[str], asks: str
) -> None:
    async def act(pilot: Pilot[None], gate: Gate) -> None:
        await pilot.press(key)
        await settled(pilot)
        await pilot.press(*press)
        await until(pilot, lambda: shows(pilot, asks))
        gate.loses_answers = True
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "Whether it was done is not known"))
        assert not shows(pilot, "Audit row")
        gate.loses_answers = False
        await pilot.press("escape")
        await until(pilot, lambda: not shows(pilot, "does not answer since"))

    through_a_gate(world, act)


def test_the_verifier_that_cannot_reach_the_record_refutes_nothing(world: Served) -> None:
    async def act(pilot: Pilot[None], gate: Gate) -> None:
        await opened(pilot, "strategies", "strategies")
        await until(pilot, lambda: shows(pilot, "Orders"))
        await gate.shut()
        await pilot.press("v")
        await until(pilot, lambda: shows(pilot, "Could not be checked"))
        assert not any("Not verified" in line for line in lines(pilot))

    through_a_gate(world, act)


def test_the_palette_without_a_server_still_has_the_keys(world: Served, tmp_path: Path) -> None:
    async def act(pilot: Pilot[None], gate: Gate) -> None:
        await gate.shut()
        await pilot.press("colon", *"factors")
        await until(pilot, lambda: shows(pilot, "key 3"))

    through_a_gate(world, act)
