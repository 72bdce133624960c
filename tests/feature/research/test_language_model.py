"""A language model, played by a server on this machine that speaks its protocol."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.research.model import LanguageModel, ModelFailed
from tests.feature.research.conftest import ask
from tests.feature.research.test_backtest import CROSS, HOLD
from tests.support.platforms import stage


def said(content: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


class Endpoint:
    """Answers in turn with (status, body), the last again and again; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.wait_s = 0.0

    def next(self) -> tuple[int, bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def endpoint() -> Iterator[tuple[Endpoint, str]]:
    played = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            played.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            played.keys.append(self.headers["Authorization"])
            time.sleep(played.wait_s)
            status, body = played.next()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield played, f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def code_of(url: str, timeout_s: float = 20.0) -> str:
    return asyncio.run(LanguageModel(url, "k3y", "small", timeout_s).code("hold shares"))


@pytest.mark.parametrize("answer", [HOLD, f"Here it is:\n```python\n{HOLD}```\nGood luck", f"```\n{HOLD}```"])
def test_its_code_is_taken_with_and_without_a_fence(endpoint: tuple[Endpoint, str], answer: str) -> None:
    played, url = endpoint
    played.answers = [(200, said(answer))]
    assert code_of(url) == HOLD
    assert played.keys == ["Bearer k3y"]
    assert (played.asked[0]["model"], played.asked[0]["messages"][-1]["content"]) == ("small", "hold shares")


def test_unsafe_code_goes_back_once_with_the_findings(endpoint: tuple[Endpoint, str]) -> None:
    played, url = endpoint
    played.answers = [(200, said("import os\n" + HOLD)), (200, said(CROSS))]
    assert code_of(url) == CROSS
    assert "import of os is not allowed" in played.asked[1]["messages"][-1]["content"]


def test_code_that_is_unsafe_again_is_none(endpoint: tuple[Endpoint, str]) -> None:
    played, url = endpoint
    played.answers = [(200, said("import os\n" + HOLD))]
    with pytest.raises(ModelFailed, match="refused twice, for import"):
        code_of(url)
    assert len(played.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"oops", "status 500"),
        (401, b"{}", "status 401"),
        (200, b"<html>", "none of chat completions"),
        (200, b"{}", "none of chat completions"),
        (200, said(None), "none of chat completions"),
        (200, b'{"choices": []}', "none of chat completions"),
        (200, b"x" * (2**20 + 1), "too large"),
    ],
)
def test_another_answer_is_none(endpoint: tuple[Endpoint, str], status: int, body: bytes, words: str) -> None:
    played, url = endpoint
    played.answers = [(status, body)]
    with pytest.raises(ModelFailed, match=words):
        code_of(url)


def test_a_slow_endpoint_is_given_up(endpoint: tuple[Endpoint, str]) -> None:
    played, url = endpoint
    played.answers, played.wait_s = [(200, said(HOLD))], 1.0
    with pytest.raises(ModelFailed, match=r"did not answer within 0\.2 seconds"):
        code_of(url, 0.2)


def test_nobody_there_is_none() -> None:
    with pytest.raises(ModelFailed, match="ConnectError"):
        code_of("http://127.0.0.1:9/v1")


def test_cop_09_where_it_fails_the_code_is_written_by_keywords_and_says_so(
    endpoint: tuple[Endpoint, str], tmp_path: Path
) -> None:
    played, url = endpoint
    played.answers = [(200, said(HOLD)), (503, b"")]
    start = parse_instant("2024-01-02T08:00:00+08:00")
    with stage(tmp_path / "data", start, llm_base_url=url, llm_api_key="s3cret", llm_model="small") as on:
        body = {"user_prompt": "Buy when RSI is below 30"}
        first, second = (
            ask(on.public(), "POST", "/generate", body).json()["generated_code"] for _ in range(2)
        )
    assert first == HOLD
    assert second.startswith(
        "# Written by keywords, not by the language model: it answered with status 503\n"
    )
    assert "RSI_Safe" in second
