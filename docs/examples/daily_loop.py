"""An agent's day: equal weights for each of its strategies, before the deadline; the NAV, once it is settled.

    QUANTOS_URL=http://127.0.0.1:8000 QUANTOS_API_KEY=qgpt_... .venv/bin/python docs/examples/daily_loop.py [SYMBOL ...]

Run it at any time and as often as you like: what is done already is not done again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from quantos.client import ApiError, Client, calls, shapes

ANY_DAY = "2024-01-02"
SYMBOLS = ("600519.SH", "000858.SZ", "600036.SH", "000001.SZ")
TOO_LATE = ("deadline_passed", "not_a_trading_day")


def weights(symbols: Sequence[str]) -> list[shapes.SignalLine]:
    """What to hold: here an equal part of nine tenths in each, the rest in cash."""
    return [{"symbol": symbol, "weight": 0.9 / len(symbols)} for symbol in symbols]


def days(send: Client) -> tuple[str, str]:
    """Today, by the platform's clock, which the answer for any day tells, and the next trading day."""
    today = send(calls.read_calendar(date=ANY_DAY))["today"]
    return today, send(calls.read_calendar(date=today))["next_trading_day"]


def day(send: Client, symbols: Sequence[str] = SYMBOLS) -> Iterator[str]:
    """One pass; yields a line for each strategy."""
    today, following = days(send)
    found = send(calls.list_strategies())["strategies"]
    for slug in [each["slug"] for each in found if each["status"] in {"pending", "active"}]:
        try:
            done = submitted(send, slug, today, symbols)
        except ApiError as late:  # the next trading day has its turn
            done = tried(send, slug, following, symbols) if late.named in TOO_LATE else late.detail
        yield f"{slug}: {done}; {settled(send, slug)}"


def submitted(send: Client, slug: str, trade_date: str, symbols: Sequence[str]) -> str:
    """Send the day's signal, unless one is there: also signals of later days may be. Raises ApiError."""
    if any(signal["trade_date"] == trade_date for signal in send.each(calls.list_signals(slug))):
        return f"the signal of {trade_date} is there"
    receipt = send(calls.submit_signal(slug, trade_date=trade_date, signals=weights(symbols)))
    return f"submitted for {trade_date}, hash {receipt['signal_hash'][:12]}"


def tried(send: Client, slug: str, trade_date: str, symbols: Sequence[str]) -> str:
    """The same; a refusal is told, so that the next strategy has its turn."""
    try:
        return submitted(send, slug, trade_date, symbols)
    except ApiError as refused:
        return refused.detail


def settled(send: Client, slug: str) -> str:
    """The last NAV, which stands in the public record."""
    try:
        records = send(calls.get_track_record(slug))["records"]
    except ApiError as private:
        return private.detail
    return f"NAV {records[-1]['nav']:.4f} on {records[-1]['date']}" if records else "nothing is settled yet"


def main() -> None:
    with Client(os.environ["QUANTOS_URL"], os.environ["QUANTOS_API_KEY"]) as send:
        lines = list(day(send, sys.argv[1:] or SYMBOLS))
    if not lines:
        sys.exit(
            "this key's account has no strategy that is pending or active: create one with POST /strategies"
        )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
