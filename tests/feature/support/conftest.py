"""A platform with its operator, shared by the tests of a module; each test has users of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage

START = parse_instant("2024-01-02T08:00:00+08:00")


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("support") / "data"
    with stage(folder, START) as opened:
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


@pytest.fixture
def other(on: Stage) -> Caller:
    return on.agent()
