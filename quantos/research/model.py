"""A language model behind any endpoint that speaks OpenAI's chat completions: code for a prompt.

Its answer is judged as anyone's code is. What is refused goes back once with the findings; after that, or where the
endpoint fails, is slow or answers something else, there is no code of it.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

import orjson

from quantos.errors import QuantosError
from quantos.research.core import policy

TIMEOUT_S: Final = 60.0
ANSWER_BYTES_MAX: Final = 2**20
REPAIRS_MAX: Final = 1
FENCED: Final = re.compile(r"```(?:python|py)?[ \t]*\r?\n(.*?)```", re.DOTALL)
INSTRUCTIONS: Final = (
    "Write one trading strategy for backtrader as the user describes it: Python with a single subclass of bt.Strategy named"
    " Strategy, long or flat, on self.data, daily bars, orders in lots of 100 shares. Import nothing but "
    + ", ".join(policy.ALLOWED_MODULES)
    + ". No files, no network, no dunder attributes, no getattr with computed names. Answer with the code alone."
)


class ModelFailed(QuantosError):
    """The language model gave no code that may run."""

    status, code = 503, "language_model_failed"


class LanguageModel:
    """One endpoint. `base_url`: what `/chat/completions` is added to."""

    def __init__(self, base_url: str, api_key: str, model: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._model, self._timeout_s = model, timeout_s

    async def code(self, prompt: str) -> str:
        """Code that the policy admits. Raises ModelFailed, with a reason that repeats nothing of the answer."""
        messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": prompt}]
        found: list[policy.Finding] = []
        for _ in range(1 + REPAIRS_MAX):
            answer = await self._complete(messages)
            code = _code_in(answer)
            found = policy.findings(code)
            if not found:
                return code
            refused = "\n".join(map(str, found))
            messages += [
                {"role": "assistant", "content": answer},
                {
                    "role": "user",
                    "content": f"That code is refused:\n{refused}\nAnswer with the whole code, mended.",
                },
            ]
        raise ModelFailed(f"its code was refused twice, for {found[0].rule}")

    async def _complete(self, messages: list[dict[str, str]]) -> str:
        import httpx  # noqa: PLC0415 (a tenth of a second, and most platforms have no model)

        body = {"model": self._model, "messages": messages, "temperature": 0, "stream": False}
        try:
            async with asyncio.timeout(self._timeout_s), httpx.AsyncClient(timeout=self._timeout_s) as client:
                async with client.stream("POST", self._url, json=body, headers=self._headers) as response:
                    text = await _bounded(response)
        except TimeoutError:
            raise ModelFailed(f"it did not answer within {self._timeout_s:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ModelFailed(f"it cannot be asked: {type(error).__name__}") from None
        if response.status_code != 200:
            raise ModelFailed(f"it answered with status {response.status_code}")
        return _content(text)


async def _bounded(response: Any) -> bytes:
    text = bytearray()
    async for part in response.aiter_bytes():
        text += part
        if len(text) > ANSWER_BYTES_MAX:
            raise ModelFailed("its answer is too large")
    return bytes(text)


def _content(text: bytes) -> str:
    try:
        content = orjson.loads(text)["choices"][0]["message"]["content"]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        content = None
    if not isinstance(content, str):
        raise ModelFailed("its answer is none of chat completions")
    return content


def _code_in(answer: str) -> str:
    """What stands in the first fence; all of it where there is none."""
    fenced = FENCED.search(answer)
    return (fenced[1] if fenced else answer).strip() + "\n"
