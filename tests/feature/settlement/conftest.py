"""A small platform whose days are settled, to settle them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.platforms import Caller, Stage, stage
from tests.support.restated import DAYS, START, A, Bars, play, write_bars


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
    """A closes the second day at 10.15, not 10.20, which is the third day's reference."""
    rows: Bars = {(A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000), (A, DAYS[2]): (10.2, 10.3, 10.15, 1_000_000)}
    return write_bars(tmp_path / "corrected", rows)
