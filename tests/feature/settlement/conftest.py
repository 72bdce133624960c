"""A small platform whose days are settled, to settle them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.platforms import Caller, Stage, stage
from tests.support.restated import START, corrections, play, write_bars


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


@pytest.fixture
def agent(empty: Stage) -> Caller:
    return empty.agent()


@pytest.fixture
def on(empty: Stage, agent: Caller) -> Stage:
    return play(empty, agent)


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    return write_bars(tmp_path / "corrected", corrections())
