"""A platform with three settled days, served by a program of its own, and the dashboard on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.backed_up import START, begun, play
from tests.support.platforms import stage
from tests.support.served import Served, served_platform
from tests.tui.world import ENDED, build
from tui.app import Dashboard

STRATEGIES = ("alpha", "beta", "gamma")
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("dashboard") / "data"
    with stage(folder, START) as on:
        agent = begun(on)
        for slug in STRATEGIES[1:]:
            agent.post("/strategies", {"name": slug.capitalize(), "slug": slug})
        play(on, agent, "alpha", 0, 3)
    with served_platform(folder, "2024-03-01T08:00") as running:
        yield running


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A platform where everything has happened."""
    folder: Path = tmp_path_factory.mktemp("world") / "data"
    build(folder)
    with served_platform(folder, ENDED) as running:
        yield running


Script = Callable[[Pilot[None]], Awaitable[None]]


def on_dashboard(
    served: Served, script: Script, size: tuple[int, int] = (100, 30), remembered: Path | None = None
) -> None:
    """Run a script on a dashboard of the served platform."""

    async def run() -> None:
        app = Dashboard(served.url, served.operator_token, remembered=remembered)
        async with app.run_test(size=size, notifications=True) as pilot:
            await script(pilot)

    asyncio.run(run())


def shows(pilot: Pilot[None], text: str) -> bool:
    return any(text in line for line in lines(pilot))


def lines(pilot: Pilot[Any]) -> list[str]:
    """What the screen shows, as text."""
    rendered = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in rendered]


async def until(pilot: Pilot[Any], holds: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds on the screen."""
    spent = 0.0
    while not holds():
        await pilot.pause(0.05)
        spent += 0.05
        assert spent < PATIENCE_S, "\n".join(lines(pilot))
