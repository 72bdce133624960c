"""Every screen of the dashboard on a platform, as pictures and as text: what snapshots are compared with.

    python -m tests.tui.pictures FOLDER --url URL [--theme NAME] [--size 80x24] [--svg] [SCENE ...]

The operator's token: QUANTOS_OPERATOR_TOKEN; the language: QUANTOS_LANG. What a machine has of its own (its disk, its
licence, random ids) is the same in every picture.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import TabbedContent, TabPane

from quantos.client import Call
from tui.app import PLACES, Dashboard
from tui.link import Link
from tui.state import State
from tui.widgets.records import Records

GIB = 2**30
RANDOM = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{0,12}){1,4}|(?<=user_)[0-9a-f]{1,6}|(?<=mf-)[0-9a-f]+|(?<=last4 )\w{1,4}"
    r"|(?<=qgpt_\.\.\.)\w{4}|(?<=qinv_\.\.\.)\w{4}|[0-9a-f]{8,}"
)
"""Ids, hashes and secrets: as long as they are, of the letter x."""

PATIENCE_S = 30.0


class StillLink(Link):
    """The answers of a platform, but for what its machine has of its own."""

    async def ask(self, call: Call[Any]) -> Any:
        answer = await super().ask(call)
        if isinstance(answer, dict) and "disk" in answer:
            answer["disk"] = {"free_bytes": 412 * GIB, "total_bytes": 931 * GIB}
            answer["license"] |= {"until": "2027-01-01T00:00:00Z"}
        if isinstance(answer, dict) and "machine" in answer:
            answer["machine"] |= {"fingerprint": "ab" * 32, "problem": None, "cores": 4, "memory_gb": 16.0}
            answer["used"] |= {"cores": 2}
            answer["message"] = "-"
            for step in answer["steps"]:
                step["reason"] = None
        for setting in answer.get("settings", ()) if isinstance(answer, dict) else ():
            setting["value"] = "/data" if setting["name"] == "data_dir" else setting["value"]
        for load in answer.get("loads", ()) if isinstance(answer, dict) else ():
            load["source"] = Path(load["source"]).name
        for row in answer.get("audit", ()) if isinstance(answer, dict) else ():
            row["target"] = row["target"] and Path(row["target"]).name
        return answer

    async def each(self, call: Call[Any]) -> AsyncIterator[Any]:
        """Accounts are numbered: the edge of a screen cuts ids where nobody tells them from other words."""
        number = 0
        async for item in super().each(call):
            number += 1
            yield {**item, "id": f"{number:0>36}"} if "has_password" in item else item


async def settled(pilot: Pilot[None]) -> None:
    """Until what is shown is loaded, and stays."""
    app, spent, same, before = pilot.app, 0.0, 0, ""
    while same < 2:
        await pilot.pause(0.05)
        spent += 0.05
        now = "\n".join(lines(pilot))
        is_busy = any(not worker.is_finished for worker in app.workers if worker.group == "load")
        same, before = (same + 1, now) if now == before and not is_busy else (0, now)
        if spent > PATIENCE_S:
            raise TimeoutError(before)


def lines(pilot: Pilot[Any]) -> list[str]:
    rendered = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in rendered]


async def opened(pilot: Pilot[None], place: str, table: str) -> None:
    """The first row of a table, opened."""
    await pilot.press(str(PLACES.index(place) + 1))
    await settled(pilot)
    records = pilot.app.screen.query_one(f"#{table}", Records)
    records.focus_table()
    await pilot.press("enter")


async def tabs(pilot: Pilot[None], place: str, shown: Callable[[str], Awaitable[None]]) -> None:
    """A screen, and each of its tabs."""
    await pilot.press(str(PLACES.index(place) + 1))
    await settled(pilot)
    await shown(place)
    for pane in list(pilot.app.screen.query(TabPane))[1:]:
        pilot.app.screen.query_one(TabbedContent).active = str(pane.id)
        await settled(pilot)
        await shown(f"{place}-{str(pane.id).removeprefix('pane-')}")


async def played(pilot: Pilot[None], shown: Callable[[str], Awaitable[None]], scenes: list[str]) -> None:
    """Every scene, in an order in which one leads to the next; only what leads to `scenes`, where any are named."""

    def wanted(*names: str) -> bool:
        return not scenes or any(scene.startswith(name) for scene in scenes for name in names)

    await settled(pilot)
    await shown("today")
    for place in PLACES[1:]:
        if wanted(place):
            await tabs(pilot, place, shown)
    for place in ("strategies", "factors", "portfolios", "runs"):
        if wanted(f"{place}-detail"):
            await opened(pilot, place, place)
            await settled(pilot)
            await shown(f"{place}-detail")
            await pilot.press("escape")
    if wanted("help", "change"):
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("question_mark")
        await settled(pilot)
        await shown("help")
        await pilot.press("escape", "7")
        await settled(pilot)
        await pilot.press("N")
        await settled(pilot)
        await shown("change")
        await pilot.press("escape")


async def pictures(
    app: Dashboard, size: tuple[int, int], folder: Path, *, svg: bool, scenes: list[str]
) -> None:
    app.link = StillLink(app.link.url, os.environ["QUANTOS_OPERATOR_TOKEN"])
    app.link.on_change = app._link_changed
    app.animation_level = "none"

    async with app.run_test(size=size, notifications=False) as pilot:

        async def shown(name: str) -> None:
            if scenes and name not in scenes:
                return
            if svg:
                (folder / f"{name}.svg").write_text(app.export_screenshot(title="quantos tui"))
            text = "\n".join(lines(pilot))
            text = RANDOM.sub(lambda found: "x" * len(found[0]), text)
            (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")

        await played(pilot, shown, scenes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*")
    parser.add_argument("--url", required=True)
    parser.add_argument("--theme", default=State().theme)
    parser.add_argument("--size", default="80x24")
    parser.add_argument("--svg", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, given.size.split("x"))
    app = Dashboard(given.url, os.environ["QUANTOS_OPERATOR_TOKEN"])
    app.state.theme = given.theme
    asyncio.run(pictures(app, (width, height), given.folder, svg=given.svg, scenes=given.scenes))


if __name__ == "__main__":
    main()
