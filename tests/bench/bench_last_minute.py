"""The last minute before a deadline: a thousand strategies submit at once, attested, over HTTP, with a disk that syncs.

    python tests/bench/bench_last_minute.py [--strategies 1000] [--connections 100] [--over 60]

The first day all of them arrive within `--over` seconds, the second day all at the same instant, both in time; the third
day the clock passes 09:15 while they arrive. Afterwards every answer is
compared with what is stored: what was acknowledged is there as it was sent, what was refused is not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.served import Served, served_platform

DAYS: Final = ("2024-01-02", "2024-01-03", "2024-01-04")
NAMES: Final = 50
PER_AGENT: Final = 20


class Sent(NamedTuple):
    slug: str
    token: str
    status: int
    detail: str
    seconds: float


def body(day: str, number: int) -> dict[str, Any]:
    weights = [
        {"symbol": f"{600000 + k:06d}.SH", "weight": (1 + (number + k) % 7) / 500} for k in range(NAMES)
    ]
    return {"trade_date": day, "signals": weights}


async def prepared(served: Served, http: httpx.AsyncClient, strategies: int) -> list[tuple[str, str]]:
    """(slug, token) of each strategy."""
    operator = {"Authorization": f"Bearer {served.operator_token}"}
    tokens = [await asyncio.to_thread(served.agent_token) for _ in range(-(-strategies // PER_AGENT))]
    users = (await http.get("/api/v1/admin/users?limit=200", headers=operator)).json()["users"]
    for user in users:
        await http.patch(f"/api/v1/admin/users/{user['id']}", json={"tier": "licensed"}, headers=operator)
    made = []
    for number in range(strategies):
        slug, token = f"s-{number:04d}", tokens[number // PER_AGENT]
        created = {"name": slug, "slug": slug}
        answer = await http.post(
            "/api/v1/strategies", json=created, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 201, answer.text
        made.append((slug, token))
    return made


async def submitted(
    http: httpx.AsyncClient, day: str, who: list[tuple[str, str]], over_s: float
) -> list[Sent]:
    dice = random.Random(7)

    async def one(number: int, slug: str, token: str) -> Sent:
        await asyncio.sleep(dice.uniform(0, over_s))
        begun = time.perf_counter()
        answer = await http.post(
            f"/api/v1/strategies/{slug}/signals",
            json=body(day, number),
            headers={"Authorization": f"Bearer {token}"},
        )
        detail = "" if answer.is_success else str(answer.json()["detail"])
        return Sent(slug, token, answer.status_code, detail, time.perf_counter() - begun)

    return await asyncio.gather(*(one(number, *each) for number, each in enumerate(who)))


async def stored(http: httpx.AsyncClient, day: str, sent: list[Sent]) -> tuple[int, int]:
    """How many acknowledged signals are missing or other than sent, and how many refused ones are stored."""
    lost = kept = 0
    for number, each in enumerate(sent):
        answer = await http.get(
            f"/api/v1/strategies/{each.slug}/signals", headers={"Authorization": f"Bearer {each.token}"}
        )
        found = [signal["signals"] for signal in answer.json()["signals"] if signal["trade_date"] == day]
        if each.status == 201:
            lost += found != [body(day, number)["signals"]]
        else:
            kept += bool(found)
    return lost, kept


async def clock_to(http: httpx.AsyncClient, served: Served, instant: str, after_s: float = 0) -> None:
    await asyncio.sleep(after_s)
    operator = {"Authorization": f"Bearer {served.operator_token}"}
    answer = await http.post("/api/v1/admin/clock", json={"now": f"{instant}+08:00"}, headers=operator)
    assert answer.status_code == 200, answer.text


def tell(name: str, sent: list[Sent], lost: int, kept: int) -> None:
    taken = [each.seconds for each in sent if each.status == 201]
    refused = [each for each in sent if each.status != 201]
    reasons = sorted({f"{each.status} {each.detail[:80]}" for each in refused})
    p50, p99 = np.percentile([each.seconds for each in sent], [50, 99])
    print(
        f"{name}: {len(sent)} sent, {len(taken)} acknowledged, {len(refused)} refused, {lost} lost, {kept} stored though"
        f" refused; p50 {p50:.3f} s, p99 {p99:.3f} s, max {max(each.seconds for each in sent):.3f} s"
    )
    for reason in reasons:
        print(f"  {reason}")


async def measure(served: Served, strategies: int, connections: int, over_s: float) -> None:
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=None, limits=limits) as http:
        who = await prepared(served, http, strategies)
        await clock_to(http, served, f"{DAYS[0]}T09:14:00")
        sent = await submitted(http, DAYS[0], who, over_s)
        tell(f"within {over_s:.0f} s", sent, *await stored(http, DAYS[0], sent))
        await clock_to(http, served, f"{DAYS[1]}T09:14:00")
        begun = time.perf_counter()
        sent = await submitted(http, DAYS[1], who, 0)
        whole = time.perf_counter() - begun
        tell(f"at once, {whole:.1f} s in all", sent, *await stored(http, DAYS[1], sent))
        await clock_to(http, served, f"{DAYS[2]}T09:14:00")
        sent, _ = await asyncio.gather(
            submitted(http, DAYS[2], who, 0), clock_to(http, served, f"{DAYS[2]}T09:15:00", whole / 3)
        )
        tell("over the deadline", sent, *await stored(http, DAYS[2], sent))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--over", type=float, default=60, help="seconds within which they arrive")
    parser.add_argument("--dir", help="folder for the temporary data directory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as folder:
        variables = {"QUANTOS_ATTESTATION_REPO": str(Path(folder) / "attestation")}
        with served_platform(Path(folder) / "data", f"{DAYS[0]}T08:00", variables=variables) as served:
            asyncio.run(measure(served, given.strategies, given.connections, given.over))


if __name__ == "__main__":
    main()
