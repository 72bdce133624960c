"""An agent's day: equal weights for each of its strategies, before the deadline; the NAV, once it is settled.

    QUANTOS_URL=http://127.0.0.1:8000 QUANTOS_API_KEY=qgpt_... python docs/examples/daily_loop.py

Run it at any time and as often as you like: what is done already is not done again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from quantos.client import ApiError, Client, calls, shapes

SHANGHAI = ZoneInfo("Asia/Shanghai")
SYMBOLS = ("600519.SH", "000858.SZ", "600036.SH", "000001.SZ")


def weights() -> list[shapes.SignalLine]:
    """What to hold: here a quarter of nine tenths in each, the rest in cash."""
    return [{"symbol": symbol, "weight": 0.9 / len(SYMBOLS)} for symbol in SYMBOLS]


def day(send: Client) -> Iterator[str]:
    """One pass; yields a line for each strategy."""
    today = send(calls.read_calendar(date=datetime.now(SHANGHAI).date()))[
        "today"
    ]  # by the platform's clock, not by ours
    for strategy in send(calls.list_strategies())["strategies"]:
        if strategy["status"] in {"pending", "active"}:
            yield f"{strategy['slug']}: {submitted(send, strategy, today)}; {settled(send, strategy['slug'])}"


def submitted(send: Client, strategy: shapes.StrategyOut, today: str) -> str:
    """Send the day's signal, unless one is there: also signals of later days may be."""
    if any(signal["trade_date"] == today for signal in send.each(calls.list_signals(strategy["slug"]))):
        return f"the signal of {today} is there"
    try:
        receipt = send(calls.submit_signal(strategy["slug"], trade_date=today, signals=weights()))
    except (
        ApiError
    ) as refused:  # the deadline has passed, the day is closed, ...: the next strategy has its turn
        return refused.detail
    return f"submitted for {today}, hash {receipt['signal_hash'][:12]}"


def settled(send: Client, slug: str) -> str:
    """The last NAV."""
    records = send(calls.get_track_record(slug))["records"]
    return f"NAV {records[-1]['nav']:.4f} on {records[-1]['date']}" if records else "nothing is settled yet"


def main() -> None:
    with Client(os.environ["QUANTOS_URL"], os.environ["QUANTOS_API_KEY"]) as send:
        for line in day(send):
            print(line)


if __name__ == "__main__":
    main()
