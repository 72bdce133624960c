"""The dashboard in a real browser: `quantos tui --serve`, its page in headless Chromium, driven by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.feature.cli.conftest import environment
from tests.support.served import ROOT, Served

PATIENCE_S = 60.0


@contextmanager
def running(command: list[str], home: Path, **variables: str) -> Iterator[None]:
    program = subprocess.Popen(
        command,
        env=environment(home, **variables),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        program.terminate()
        program.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


class Page:
    """A page of the browser, and what its WebSockets brought."""

    def __init__(self, session: aiohttp.ClientSession, socket_: aiohttp.ClientWebSocketResponse) -> None:
        self._session, self._socket, self._number = session, socket_, 0
        self.came = b""

    async def send(self, method: str, **params: Any) -> None:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})

    async def until(self, wanted: bytes) -> None:
        """Until the terminal was sent it."""
        deadline = time.monotonic() + PATIENCE_S
        while wanted not in self.came:
            message = await self._socket.receive(timeout=max(0.1, deadline - time.monotonic()))
            found = json.loads(message.data)
            if found.get("method") == "Network.webSocketFrameReceived":
                frame = found["params"]["response"]
                is_binary = frame["opcode"] == 2
                data = frame["payloadData"]
                self.came += base64.b64decode(data) if is_binary else data.encode()

    async def press(self, key: str) -> None:
        self.came = b""
        await self.send("Runtime.evaluate", expression="document.querySelector('textarea').focus()")
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=f"Digit{key}",
                windowsVirtualKeyCode=ord(key),
                **text,
            )


async def _page(session: aiohttp.ClientSession, debugging: int) -> Page:
    async with session.get(f"http://127.0.0.1:{debugging}/json/list") as answer:
        tabs = await answer.json(content_type=None)
    url = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    return Page(session, await session.ws_connect(url, max_msg_size=0))


async def _looked_at(debugging: int, address: str) -> None:
    async with aiohttp.ClientSession() as session:
        page = await _page(session, debugging)
        await page.send("Network.enable")
        await page.send("Page.enable")
        await page.send("Page.navigate", url=address)
        await page.until(b"trading day")
        await page.press("2")
        await page.until(b"alpha")
        await page.press("5")
        await page.until(b"Restate")


def test_a_browser_shows_today_and_answers_keys(served: Served, tmp_path: Path) -> None:
    port, debugging = free_port(), free_port()
    serve = [sys.executable, "-m", "quantos.cli", "tui", "--url", served.url, "--serve", "--port", str(port)]
    browser = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,800",
        f"--user-data-dir={tmp_path / 'profile'}", f"--remote-debugging-port={debugging}", "about:blank",
    ]  # fmt: skip
    with (
        running(serve, tmp_path, QUANTOS_OPERATOR_TOKEN=served.operator_token, PYTHONWARNINGS="default"),
        running(browser, tmp_path),
    ):
        listens(port)
        listens(debugging)
        asyncio.run(_looked_at(debugging, f"http://127.0.0.1:{port}/"))
