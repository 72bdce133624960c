"""Backtests in turn: no more than there is room for, and none where they cannot be confined."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from tests.feature.research.conftest import DAYS, SYMBOL, prices
from tests.feature.research.test_backtest import HOLD
from tests.support.platforms import made_up, stage

LOOP: Final = "import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n    def next(self):\n        while True:\n            pass\n"
WITHOUT: Final = """\
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
line = lambda code, value, yes=0, no=0: struct.pack("HBBI", code, yes, no, value)
lines = line(0x20, 0) + line(0x15, int(sys.argv[1]), 0, 1) + line(0x06, 0x00050026) + line(0x06, 0x7FFF0000)
text = ctypes.create_string_buffer(lines, len(lines))
head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(text)), 16)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.c_ulong(ctypes.addressof(head)), 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-I", "-m", "strategy_worker", sys.argv[2]])
"""
"""Starts the program on a kernel without one system call: it fails with ENOSYS."""


def test_a_full_queue_is_429_with_retry_after_and_others_are_answered(tmp_path: Path) -> None:
    start = parse_instant("2024-01-02T08:00:00+08:00")
    limits: dict[str, Any] = {"backtests_at_once": 1, "backtests_waiting_max": 1, "backtest_wall_s_max": 4}
    with stage(tmp_path / "data", start, **limits) as on:
        rows = {(SYMBOL, day): row for day, row in zip(DAYS, prices(), strict=True)}
        on.platform.market.import_bars(made_up(rows))

        async def together() -> tuple[list[httpx.Response], httpx.Response]:
            transport = httpx.ASGITransport(build_app(on.platform))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://platform", timeout=None
            ) as http:
                body = {"strategy_code": LOOP, "ticker": SYMBOL}
                running = [asyncio.ensure_future(http.post("/backtest", json=body)) for _ in range(3)]
                await asyncio.sleep(0)
                healthy = await http.get("/api/v1/health")
                assert not all(one.done() for one in running)
                ended = await asyncio.gather(*running)
                after = await http.post("/backtest", json={**body, "strategy_code": HOLD})
                assert after.status_code == 200, after.text
                return ended, healthy

        answers, healthy = on.operator.runner.run(together())
    assert healthy.status_code == 200
    assert sorted(answer.status_code for answer in answers) == [400, 400, 429]
    (full,) = [answer for answer in answers if answer.status_code == 429]
    assert int(full.headers["Retry-After"]) > 0
    assert full.json().keys() == {"error"}


@pytest.mark.parametrize(
    ("call", "words"), [(444, "Landlock does not answer"), (157, "a signal at the parent's death")]
)
def test_where_the_kernel_cannot_confine_the_program_says_why_and_runs_nothing(call: int, words: str) -> None:
    """The numbers are of x86_64: landlock_create_ruleset, prctl."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        command = [sys.executable, "-c", WITHOUT, str(call), str(theirs.fileno())]
        with subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL) as program:
            said = json.loads(ours.recv(4096))
            assert program.wait(30) == 0
    assert said["ready"] is False
    assert words in said["reason"]
