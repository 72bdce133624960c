"""Platforms with an attestation repository: on the small market after 150 sessions, and on a quiet month."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, load
from tests.feature.portfolios.made import Manager
from tests.feature.portfolios.made import manager as new_manager
from tests.feature.portfolios.quiet import BEFORE, DAYS, NAMES
from tests.support.platforms import Caller, Stage, made_up, stage


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    settings = {"attestation_repo": str(tmp_path / "attestation")}
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00"), **settings) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture
def manager(on_stage: Stage) -> Manager:
    return new_manager(on_stage)


@pytest.fixture
def unattested(tmp_path: Path) -> Iterator[Stage]:
    """Without a repository: a signal could be replaced until its deadline."""
    with stage(tmp_path / "data", parse_instant(f"{BEFORE}T20:00+08:00")) as opened:
        yield opened


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """On the evening before DAY, with bars of a month at prices that do not move."""
    settings = {"attestation_repo": str(tmp_path / "attestation")}
    with stage(tmp_path / "data", parse_instant(f"{BEFORE}T20:00+08:00"), **settings) as opened:
        bars = {(name, day): (10.0, 10.0, 10.0, 1_000_000) for name in NAMES for day in DAYS}
        opened.platform.market.import_bars(made_up(bars))
        yield opened


@pytest.fixture
def owner(on: Stage) -> Caller:
    return on.agent()
