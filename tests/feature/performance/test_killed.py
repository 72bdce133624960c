"""Killed at any moment, a claim and a backfill are wholly the one before or wholly the one under way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up, stage

ROOT = Path(__file__).parents[3]
KILLS = 4
A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 2, 1), date(2024, 3, 1))  # the last one is of the activation

WRITE_ON = """
import asyncio, sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from quantos.accounts.service import Caller
from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.performance.core.claims import Curve
from quantos.settings import Settings

folder, user, start, first = sys.argv[1:]
platform = Platform.open(Settings(data_dir=Path(folder)), simulate=parse_instant(start))
caller, begin = Caller(user, "free"), date.fromisoformat(first)

def claim(turn):
    count = (3, 5000)[turn % 2]
    days = np.array([date(2024, 2, 29) - timedelta(k) for k in range(count)][::-1], "datetime64[D]")
    return Curve(days, np.array([1.0] * (count - 1) + [2.0 + turn]))

async def write():
    turn = 0
    while True:
        print("begin", turn, flush=True)
        await platform.claims.upload(caller, "one", claim(turn))
        print("claimed", turn, flush=True)
        symbol = ("600001.SH", "600002.SH")[turn % 2]
        text = '[{"symbol":"%s","weight":0.5}]' % symbol
        await asyncio.to_thread(platform.settlement.backfill, "one", {begin: text})
        print("backfilled", turn, flush=True)
        turn += 1

asyncio.run(write())
"""
"""Claims and backfills in turn, each acknowledged on standard output."""


def prepare(folder: Path) -> tuple[str, str]:
    """A strategy activated on the last of the days; its owner's id and key."""
    with stage(folder, START) as on:
        rows = {}
        for k, day in enumerate(DAYS):
            for symbol, first, step in ((A, 10.0, 0.1), (B, 20.0, -0.1)):
                opened = round(first + k * step, 2)
                rows[symbol, day] = (opened, round(opened + step, 2), opened, 1_000_000)
        on.platform.market.import_bars(made_up(rows))
        caller = on.agent()
        caller.post("/strategies", {"name": "One", "slug": "one", "slippage_rate": 0})
        on.submit(caller, "one", DAYS[-1], {})
        return caller.get("/auth/me")["id"], caller.token


def turn_of(lines: Sequence[str], what: str) -> int:
    return max((int(line.split()[1]) for line in lines if line.startswith(f"{what} ")), default=-1)


def standing(on: Stage, token: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    claim = Caller(on.operator.runner, on.operator.http, token).get("/strategies/one/claimed")
    return claim, on.public().get("/public/strategies/one/track-record")["backfilled"]["records"]


def test_a_kill_leaves_whole_claims_and_whole_backfilled_curves(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    user, token = prepare(folder)
    curves: list[list[dict[str, Any]]] = []
    with stage(folder, START) as on:  # what the two backfills come to, undisturbed
        for symbol in (A, B):
            body = {"trade_date": DAYS[0].isoformat(), "signals": [{"symbol": symbol, "weight": 0.5}]}
            on.operator.post("/admin/strategies/one/backfill", {"signals": [body]})
            record = on.public().get("/public/strategies/one/track-record")
            curves.append(record["backfilled"]["records"])
    assert curves[0] != curves[1]
    assert [len(curve) for curve in curves] == [len(DAYS) - 1] * 2

    moment = random.Random(5)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE_ON, str(folder), user, START.isoformat(), DAYS[0].isoformat()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("backfilled"):
            lines.append(process.stdout.readline())
            assert lines[-1], process.communicate()[1]
        time.sleep(moment.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines()  # communicate would lose what readline has read ahead
        process.communicate()
        claimed, backfilled, begun = (turn_of(lines, what) for what in ("claimed", "backfilled", "begin"))
        with stage(folder, START) as on:
            claim, curve = standing(on, token)
        last = claim["records"][-1]["nav"] - 2
        assert last in {claimed, begun}, "the last acknowledged claim, or the one under way"
        assert claim["meta"]["data_points"] == len(claim["records"]) == (3, 5000)[int(last) % 2]
        assert curve in [curves[turn % 2] for turn in {backfilled, backfilled + 1} if turn <= begun]
