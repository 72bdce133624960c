"""A platform that has outlived its calendar: strategies can still be resumed and retired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import made_up, stage

LAST = date(2026, 12, 31)
"""The last day that the shipped calendar knows."""


@pytest.mark.parametrize("status", ["active", "retired"])
def test_a_pause_ends_although_the_calendar_has_ended(tmp_path: Path, status: str) -> None:
    with stage(tmp_path / "data", parse_instant("2026-12-30T08:00+08:00")) as on_stage:
        days = (date(2026, 12, 30), LAST)
        on_stage.platform.market.import_bars(
            made_up({("600001.SH", day): (10.0, 10.0, 10.0, 100) for day in days})
        )
        agent = on_stage.agent()
        agent.post("/strategies", {"name": "One", "slug": "one"})
        on_stage.submit(agent, "one", days[0], {})
        on_stage.clock_to(days[0], "19:00")
        assert agent.call("PATCH", "/strategies/one", {"status": "paused"}).status_code == 200
        on_stage.clock_to(date(2027, 1, 4), "08:00")
        assert agent.call("PATCH", "/strategies/one", {"status": status}).status_code == 200
        assert on_stage.navs("one") == [1_000_000.0, 1_000_000.0]
