"""`ETag` and `If-None-Match` on what anyone may read, and on nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.kit.clock import parse_instant
from quantos.kit.etags import EntityTags, is_known
from tests.support.platforms import Caller, Stage, stage

PATHS = (
    "/public/strategies",
    "/public/strategies?universe=hs300&limit=1",
    "/public/strategies/tagged/track-record",
    "/public/strategies/tagged/performance",
    "/public/strategies/tagged/audit",
    "/calendar?month=2024-01",
    "/calendar?date=2024-01-02",
    "/public/quantos-verify.pyz",
)


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("tags") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        agent = opened.agent()
        agent.post("/strategies", {"name": "Tagged", "slug": "tagged"})
        opened.submit(agent, "tagged", date(2024, 1, 2), {})
        yield opened


def get(on_stage: Stage, path: str, tag: str | None = None, caller: Caller | None = None) -> httpx.Response:
    caller = caller or on_stage.public()
    headers = {} if tag is None else {"If-None-Match": tag}
    if caller.token:
        headers["Authorization"] = f"Bearer {caller.token}"
    return caller.runner.run(caller.http.get(path, headers=headers))


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_the_caller_has_is_304_without_a_body(on_stage: Stage, path: str) -> None:
    whole = get(on_stage, path)
    assert whole.status_code == 200
    tag = whole.headers["etag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 20
    again = get(on_stage, path, tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-length" not in again.headers


@pytest.mark.parametrize("path", PATHS)
def test_without_the_header_or_with_another_tag_the_whole_is_sent(on_stage: Stage, path: str) -> None:
    whole = get(on_stage, path)
    for tag in (None, '"another"', whole.headers["etag"].strip('"'), ""):
        answer = get(on_stage, path, tag)
        assert (answer.status_code, answer.content) == (200, whole.content)
        assert answer.headers["etag"] == whole.headers["etag"]
        assert answer.headers["content-type"] == whole.headers["content-type"]


def test_what_has_changed_has_another_tag(on_stage: Stage) -> None:
    path = "/public/strategies"
    before = get(on_stage, path).headers["etag"]
    agent = on_stage.agent()
    agent.post("/strategies", {"name": "Tagged, too", "slug": "tagged-too"})
    on_stage.submit(agent, "tagged-too", date(2024, 1, 2), {})
    changed = get(on_stage, path, before)
    assert changed.status_code == 200
    assert changed.headers["etag"] != before


def test_different_answers_have_different_tags(on_stage: Stage) -> None:
    answers = [get(on_stage, path) for path in PATHS]
    tags = {answer.headers["etag"]: answer.content for answer in answers}
    assert len(tags) == len({answer.content for answer in answers}) >= len(PATHS) - 1


def test_a_refusal_has_no_tag_and_is_sent_whole(on_stage: Stage) -> None:
    for path in ("/public/strategies/nothing/track-record", "/calendar", "/public/strategies?limit=0"):
        answer = get(on_stage, path, "*")
        assert answer.status_code in {400, 404, 422}
        assert "etag" not in answer.headers
        assert answer.json()["detail"]


def test_what_belongs_to_a_user_has_none(on_stage: Stage) -> None:
    agent = on_stage.agent()
    for path in ("/auth/me", "/strategies", "/health"):
        answer = get(on_stage, path, "*", agent)
        assert answer.status_code == 200
        assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b",W/"a" , "c"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        (None, False),
    ],
)
def test_a_list_of_tags_is_compared_weakly(header: str | None, known: bool) -> None:
    assert is_known('"a"', header) is known


def test_an_answer_in_pieces_is_passed_on_piece_by_piece() -> None:
    sent: list[Any] = []
    pieces = [
        {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]},
        {"type": "http.response.body", "body": b"one", "more_body": True},
        {"type": "http.response.body", "body": b"two", "more_body": False},
    ]

    async def app(_: Any, __: Any, send: Any) -> None:
        for piece in pieces:
            await send(piece)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "method": "GET", "path": "/p/x", "headers": [(b"if-none-match", b"*")]}
    asyncio.run(EntityTags(app, "/p/")(scope, None, send))  # type: ignore[arg-type]
    assert sent == pieces
