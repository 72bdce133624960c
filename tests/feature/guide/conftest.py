"""The platform on the day of the guide's examples, Thursday 14 May 2026, at seven in the morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.market.service import Market
from tests.support.platforms import Caller, Stage, made_up, stage

TODAY = date(2026, 5, 14)
PRICES = {"600519.SH": 1500.0, "000858.SZ": 130.0}


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    settings = {"attestation_repo": str(tmp_path / "attestation")}
    with stage(tmp_path / "data", parse_instant("2026-05-14T07:00+08:00"), **settings) as opened:
        load_bars(opened.platform.market)
        yield opened


@pytest.fixture
def unattested(tmp_path: Path) -> Iterator[Stage]:
    """Without a repository: signals stay as they are until their deadline."""
    with stage(tmp_path / "data", parse_instant("2026-05-14T07:00+08:00")) as opened:
        load_bars(opened.platform.market)
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


def load_bars(market: Market) -> None:
    """Two shares over three weeks, at prices that do not move."""
    sessions = shipped_calendar().between(TODAY - timedelta(14), TODAY + timedelta(8))
    market.import_bars(
        made_up({(s, day): (price, price, price, 100_000) for s, price in PRICES.items() for day in sessions})
    )
