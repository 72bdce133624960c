"""A platform on the made-up market, on the evening of its 150th session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, Owner, load
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import Stage, stage


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture
def owner(on_stage: Stage) -> Owner:
    return new_owner(on_stage)
