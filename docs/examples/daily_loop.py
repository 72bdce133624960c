"""An agent's day: equal weights for its strategy, before the deadline; the NAV, once it is settled.

    QUANTOS_URL=http://127.0.0.1:8000 QUANTOS_API_KEY=qgpt_... .venv/bin/python docs/examples/daily_loop.py [SLUG] [SYMBOL ...]

SLUG may be left out where the account has one strategy that is pending or active. Run it at any time and as often as
you like: what is done already is not done again. What cannot be done is told in one line, and the exit code is 1.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from quantos.client import ApiError, Client, ClientError, Unreachable, calls, refusals, shapes

ANY_DAY = "2024-01-02"
SYMBOLS = ("600519.SH", "000858.SZ", "600036.SH", "000001.SZ")
TOO_LATE = ("deadline_passed", "not_a_trading_day")
SYMBOL = re.compile(r"\d{6}\.(SH|SZ|BJ)", re.IGNORECASE)
USAGE = "usage: daily_loop.py [SLUG] [SYMBOL ...], with QUANTOS_URL and QUANTOS_API_KEY in the environment"


class Stop(Exception):
    """Why nothing was submitted, in one line."""


def weights(symbols: Sequence[str]) -> list[shapes.SignalLine]:
    """What to hold: here an equal part of nine tenths in each, the rest in cash."""
    return [{"symbol": symbol, "weight": 0.9 / len(symbols)} for symbol in symbols]


def days(send: Client) -> tuple[str, str]:
    """Today, by the platform's clock, which the answer for any day tells, and the next trading day."""
    today = send(calls.read_calendar(date=ANY_DAY))["today"]
    return today, send(calls.read_calendar(date=today))["next_trading_day"]


def chosen(send: Client, slug: str | None) -> str:
    """The strategy to submit for: the one that is named, or the only one. Raises Stop, ApiError."""
    if slug is not None:
        return send(calls.get_strategy(slug))["slug"]
    found = [
        each["slug"] for each in send.each(calls.list_strategies()) if each["status"] in {"pending", "active"}
    ]
    if not found:
        raise Stop(
            "this key's account has no strategy that is pending or active: create one with POST /strategies"
        )
    if len(found) > 1:
        raise Stop(f"this key's account has several strategies, name one: {', '.join(found)}")
    return found[0]


def day(send: Client, slug: str | None = None, symbols: Sequence[str] = SYMBOLS) -> str:
    """One pass, in a line. Raises Stop, and ClientError where nothing was submitted."""
    slug = chosen(send, slug)
    today, following = days(send)
    try:
        done = submitted(send, slug, today, symbols)
    except ApiError as late:  # the next trading day has its turn
        if late.named not in TOO_LATE:
            raise
        done = submitted(send, slug, following, symbols)
    return f"{slug}: {done}; {settled(send, slug)}"


def submitted(send: Client, slug: str, trade_date: str, symbols: Sequence[str]) -> str:
    """Send the day's signal, unless one is there: also signals of later days may be. Raises ApiError."""
    if any(signal["trade_date"] == trade_date for signal in send.each(calls.list_signals(slug))):
        return f"the signal of {trade_date} is there"
    receipt = send(calls.submit_signal(slug, trade_date=trade_date, signals=weights(symbols)))
    return f"submitted for {trade_date}, hash {receipt['signal_hash'][:12]}"


def settled(send: Client, slug: str) -> str:
    """The last NAV, which stands in the public record."""
    try:
        records = send(calls.get_track_record(slug))["records"]
    except ApiError as private:
        return private.detail
    return f"NAV {records[-1]['nav']:.4f} on {records[-1]['date']}" if records else "nothing is settled yet"


def arguments(given: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The slug, if one is named, and the symbols."""
    slug, symbols = (given[0], given[1:]) if given and not SYMBOL.fullmatch(given[0]) else (None, given)
    return slug, symbols or SYMBOLS


def main() -> None:
    url, key = (os.environ.get(name, "").strip() for name in ("QUANTOS_URL", "QUANTOS_API_KEY"))
    if not url.startswith(("http://", "https://")) or not key.isascii() or not key:
        sys.exit(USAGE)
    try:
        with Client(url, key) as send:
            print(day(send, *arguments(sys.argv[1:])))
    except refusals.InvalidToken as refused:
        sys.exit(f"{url} does not take this key (QUANTOS_API_KEY): {refused.detail}")
    except ApiError as refused:
        told = "; ".join(f"{'.'.join(map(str, each.loc[1:]))} {each.msg}" for each in refused.findings)
        sys.exit(f"refused: {told or refused.detail}")
    except Unreachable as silent:
        sys.exit(f"no answer from {url} (QUANTOS_URL): is quantos serve running there? {silent}")
    except (ClientError, Stop) as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
