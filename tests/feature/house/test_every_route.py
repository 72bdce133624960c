"""Of every route that the whole application describes: who may call it, and what odd paths give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage

PUBLIC: Final = (
    "/auth/invite",
    "/auth/login",
    "/auth/refresh",
    "/calendar",
    "/health",
    "/public/",
    "/license/",
)
ODD: Final = ("%00", "%ff%fe", "%0a", "%F0%9F%98%80", "x" * 3000, "'%20or%201=1", "9" * 40, "2024-02-30")


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("routes") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    return on_stage.agent()


def routes(on_stage: Stage) -> list[tuple[str, str]]:
    """(method, path below the API's prefix) of every described route."""
    paths = on_stage.operator.runner.run(on_stage.operator.http.get("http://platform/openapi.json")).json()[
        "paths"
    ]
    found = [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/v1/")
    ]
    assert len(found) > 30
    return found


def test_sec_02_without_credentials_every_route_that_is_not_public_is_401(on_stage: Stage) -> None:
    nobody = on_stage.public()
    answers = {
        (method, path): nobody.call(method, path).status_code
        for method, path in routes(on_stage)
        if not path.startswith(PUBLIC)
    }
    assert set(answers.values()) == {401}, answers


def test_ops_02_every_operators_route_is_403_for_a_user(on_stage: Stage, agent: Caller) -> None:
    answers = {
        (method, path): agent.call(method, path).status_code
        for method, path in routes(on_stage)
        if path.startswith("/admin/")
    }
    assert set(answers.values()) == {403}, answers


@pytest.mark.parametrize("odd", ODD)
def test_err_03_no_odd_path_gives_500(on_stage: Stage, agent: Caller, odd: str) -> None:
    for method, path in routes(on_stage):
        if "{" in path:
            caller = on_stage.operator if path.startswith("/admin/") else agent
            filled = "/".join(odd if part.startswith("{") else part for part in path.split("/"))
            answer = caller.call(method, filled)
            assert 400 <= answer.status_code < 500, (method, filled, answer.text)
            assert set(answer.json()) == {"detail"}
