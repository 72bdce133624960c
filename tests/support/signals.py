"""Signals as the tests write them, and the refusals that they expect."""

from __future__ import annotations

from datetime import date
from typing import Any

MAOTAI, WULIANGYE = ("600519.SH", 0.05), ("000858.SZ", 0.04)
DAY = "2024-01-02"


def post(agent: Any, body: Any, slug: Any = "alpha") -> Any:
    return agent.call("POST", f"/strategies/{slug}/signals", body)


def items(*pairs: Any) -> Any:
    return [{"symbol": symbol, "weight": weight} for symbol, weight in pairs]


def refused(answer: Any, loc: Any) -> None:
    assert answer.status_code == 422, answer.text
    found = answer.json()["detail"]
    assert all(set(item) == {"type", "loc", "msg"} for item in found)
    assert loc in [item["loc"] for item in found]


def settle(site: Any, day: Any) -> None:
    number, (until, _) = 1, dates(day, day)
    site.settlement.until[number] = until


def dates(*days: Any) -> Any:
    return tuple(date.fromisoformat(day) for day in days)


def send_raw(agent: Any, content: Any, content_type: Any = "application/json") -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    return agent.call("POST", "/strategies/alpha/signals", content=content, headers=headers)


GOOD = b'{"trade_date":"2024-01-02","signals":[]}'
