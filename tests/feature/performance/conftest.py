"""A platform on the day of a strategy's activation, and its owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.performance.claiming import ACTIVATED
from tests.support.platforms import Caller, Stage, stage


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", parse_instant(f"{ACTIVATED}T08:00+08:00")) as opened:
        yield opened


@pytest.fixture
def agent(on_stage: Stage) -> Caller:
    """The owner of `one`, active from this day on, without costs."""
    caller = on_stage.agent()
    free = {"commission_rate": 0, "slippage_rate": 0, "initial_capital": 100_000}
    caller.post("/strategies", {"name": "One", "slug": "one", **free})
    on_stage.submit(caller, "one", ACTIVATED, {})
    return caller
