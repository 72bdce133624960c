"""HEAD tells of what anyone may read what GET would answer, without the body."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("head") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        agent = opened.agent()
        agent.post("/strategies", {"name": "Read", "slug": "read"})
        opened.submit(agent, "read", date(2024, 1, 2), {})
        yield opened


@pytest.fixture
def public(on_stage: Stage) -> Caller:
    return on_stage.public()


def told(answer: httpx.Response) -> tuple[int, dict[str, str]]:
    return answer.status_code, dict(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/public/strategies",
        "/public/strategies/read",
        "/public/strategies/read/track-record",
        "/public/strategies/nobody/track-record",
        "/public/strategies/read/backtest",
        "/public/quantos-verify.pyz",
        "/public/attestations/2024-01-02.json",
        "/calendar?month=2024-01",
        "/calendar?month=x",
        "/health",
        "http://platform/docs",
        "http://platform/docs/swagger-ui.css",
        "http://platform/openapi.json",
        "http://platform/llms.txt",
        "http://platform/deploy-kit/install.sh",
        "http://platform/guides/private-deploy",
    ],
)
def test_head_answers_as_get_does_without_the_body(public: Caller, path: str) -> None:
    for _ in range(2):  # as it is made, and as it is kept
        whole, head = public.call("GET", path), public.call("HEAD", path)
        assert told(head) == told(whole)
        assert whole.content or whole.is_redirect
        assert head.content == b""


def test_head_asks_whether_an_answer_has_changed(public: Caller) -> None:
    tag = public.call("HEAD", "/public/strategies").headers["etag"]
    request = public.http.head("/public/strategies", headers={"If-None-Match": tag})
    assert public.runner.run(request).status_code == 304


def test_head_opens_nothing_that_get_does_not(public: Caller) -> None:
    assert public.call("HEAD", "/public/nothing").status_code == 404
    assert public.call("HEAD", "/strategies").status_code in {401, 405}
