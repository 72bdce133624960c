"""A platform with an attestation repository on the small market, on the evening of its 150th session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, load
from tests.feature.portfolios.made import Manager
from tests.feature.portfolios.made import manager as new_manager
from tests.support.platforms import Stage, stage


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    settings = {"attestation_repo": str(tmp_path / "attestation")}
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00"), **settings) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture
def manager(on_stage: Stage) -> Manager:
    return new_manager(on_stage)
