"""Writes down what the application answers while tests run: `-p tests.plugins.recorded_answers`.

One line for each answer in JSON that is no refusal, in the file of QUANTOS_RECORDED: `[method, path, status, body]`.
`tests.docs.examples` makes the examples of the API's description of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import httpx
import orjson

BYTES_MAX: Final = 400_000
_into: Final = Path(os.environ["QUANTOS_RECORDED"])
_answer: Final = httpx.ASGITransport.handle_async_request


def _write(line: bytes) -> None:
    with _into.open("ab") as file:
        file.write(line)


async def _recorded(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    answer = await _answer(transport, request)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    if not (answer.is_success and is_json and request.url.path != "/openapi.json"):
        return answer
    body = await answer.aread()
    if 0 < len(body) < BYTES_MAX:
        line = orjson.dumps([request.method, request.url.path, answer.status_code, orjson.loads(body)])
        _write(line + b"\n")
    return answer


httpx.ASGITransport.handle_async_request = _recorded  # type: ignore[method-assign, assignment]
