"""The story itself: an agent joins, submits a year of signals and is settled, all through the HTTP API.

Each day is one call of the operator, who moves the simulated clock to the evening; the jobs of the day run at
their own times on the way. The agent submits the next day's signals in that evening, before their deadlines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from quantos.cli.demo import identities
from quantos.cli.demo.agents import AGENTS, Agent, Order
from quantos.cli.demo.identities import Check
from quantos.cli.demo.market import Doubtful
from quantos.cli.demo.stage import Http
from quantos.cli.texts import say
from quantos.kit.clock import rfc3339, shanghai

EVENING: Final = time(19, 0)
AFTER_CLOSE: Final = time(16, 0)
CAPITAL_CNY: Final = 10_000_000
SLIPPAGE: Final = 0.001
UNIVERSE: Final = "hs300"
NAVS_EVERY: Final = 10
STATEMENTS_MAX: Final = 20
SETTLEMENT: Final = "settle_all_active_strategies"


@dataclass(frozen=True, slots=True)
class Joined:
    """The agent's account."""

    nickname: str
    api_key: str


@dataclass(slots=True)
class Played:
    """What the year was."""

    days: int = 0
    signals: int = 0
    jobs: int = 0
    statements: list[str] = field(default_factory=list)  # of the operator, where settlement needed a word


@dataclass(frozen=True, slots=True)
class Record:
    """A strategy's public answers."""

    agent: Agent
    listed: dict[str, Any]
    track: dict[str, Any]
    metrics: dict[str, Any]

    @property
    def records(self) -> list[dict[str, Any]]:
        return list(self.track["records"])


@dataclass(slots=True)
class Cast:
    """The callers of the story."""

    operator: Http
    stranger: Http
    agent: Http = field(init=False)

    @property
    def calls(self) -> int:
        return self.operator.calls + self.stranger.calls + self.agent.calls


def evening(day: date) -> datetime:
    """When the agent submits for the next day."""
    return shanghai(day, EVENING)


def join(cast: Cast, caller: Callable[[str], Http]) -> Joined:
    """Invite, account, API key."""
    code = cast.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    account = cast.stranger.post("/auth/invite", {"invite_code": code})
    key = caller(account["access_token"]).post("/billing/api-keys", {"name": "demo"})["api_key"]
    cast.agent = caller(key)
    return Joined(account["user"]["nickname"], key)


def create(cast: Cast, agents: Sequence[Agent] = AGENTS) -> list[dict[str, Any]]:
    """The strategies, as the API answered."""
    return [
        cast.agent.post(
            "/strategies",
            {
                "slug": agent.slug,
                "name": agent.name,
                "universe": UNIVERSE,
                "execution_price": agent.execution_price,
                "initial_capital": CAPITAL_CNY,
                "slippage_rate": SLIPPAGE,
            },
        )
        for agent in agents
    ]


def accept(cast: Cast, doubt: Doubtful) -> str:
    """The operator lets a doubtful day settle, in the open; what was said."""
    said = say("demo.accepted", day=doubt.day, present=f"{doubt.present:,}", expected=f"{doubt.expected:,}")
    cast.operator.post("/admin/market/accept", {"date": doubt.day.isoformat(), "reason": said})
    return said


def play(
    cast: Cast,
    days: Sequence[date],
    signals: dict[str, list[Order]],
    on_day: Callable[[date, dict[str, float]], None],
    folder: Path,
    doubtful: Mapping[date, Doubtful] | None = None,
) -> Played:
    """Day by day: submit for the day, then move the clock to its evening. `on_day` gets the NAVs now and then.

    A doubtful day is accepted once its bars are there, before it is settled.

    A strategy that waits for a word about a reference price gets it from the operator; the days it missed are
    settled then, in order. `folder` takes the operator's files.
    """
    played = Played()
    navs: dict[str, float] = {}
    for k, day in enumerate(days):
        for slug, orders in signals.items():
            cast.agent.post(
                f"/strategies/{slug}/signals", {"trade_date": day.isoformat(), "signals": orders[k]}
            )
            played.signals += 1
        if doubtful and day in doubtful:
            seen = cast.operator.post("/admin/clock", {"now": rfc3339(shanghai(day, AFTER_CLOSE))})
            played.jobs += len(seen.get("ran", ()))
            played.statements.append(accept(cast, doubtful[day]))
        moved = cast.operator.post("/admin/clock", {"now": rfc3339(evening(day))})
        played.jobs += len(moved.get("ran", ()))
        played.days += 1
        if k % NAVS_EVERY == 0 or k == len(days) - 1:
            played.statements += explain_references(cast, folder)
            listed = cast.stranger.get("/public/strategies", limit=200)["strategies"]
            navs = {row["slug"]: row["nav"] for row in listed if row["nav"] is not None}
        on_day(day, navs)
    return played


def explain_references(cast: Cast, folder: Path) -> list[str]:
    """Settlement waits where a holding's reference follows from nothing: state a row of zeros, settle again."""
    said: list[str] = []
    for _ in range(STATEMENTS_MAX):
        run = cast.operator.get("/admin/settlement-runs", limit=1)["settlement_runs"][0]
        waiting = {(failure["trade_date"], _symbol_in(failure["reason"])) for failure in run["failed"]}
        rows = sorted((day, symbol) for day, symbol in waiting if symbol)
        if not rows:
            break
        file = folder / f"corporate-actions-{run['date']}-{len(said)}.csv"
        lines = [f"{symbol},{day},0,0,stated by the operator of the demo" for day, symbol in rows]
        file.write_text(
            "\n".join(["symbol,ex_date,bonus_per_million,cash_mills_per_million,note", *lines, ""])
        )
        cast.operator.post("/admin/market/import", {"path": str(file)})
        cast.operator.post(f"/admin/jobs/{SETTLEMENT}/run", {})
        said += [say("demo.stated", day=day, symbol=symbol) for day, symbol in rows]
    return said


def _symbol_in(reason: str) -> str | None:
    """The instrument that a failure for want of an explanation names."""
    found = re.match(r"unexplained_reference: (\d{6}\.(?:SH|SZ|BJ)) ", reason)
    return found[1] if found else None


def records(cast: Cast, agents: Sequence[Agent] = AGENTS) -> list[Record]:
    """What anyone can read of the strategies."""
    listed = {row["slug"]: row for row in cast.stranger.get("/public/strategies", limit=200)["strategies"]}
    found = []
    for agent in agents:
        base = f"/public/strategies/{agent.slug}"
        track, performance = (
            cast.stranger.get(f"{base}/track-record"),
            cast.stranger.get(f"{base}/performance"),
        )
        found.append(Record(agent, listed[agent.slug], track, performance["metrics"]))
    return found


def sessions_of(cast: Cast, first: date, last: date) -> list[str]:
    """Trading days as the public calendar gives them, month by month."""
    found: list[str] = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        found += cast.stranger.get("/calendar", month=f"{year}-{month:02d}")["trading_days"]
        year, month = year + month // 12, month % 12 + 1
    return found


def public_checks(found: Sequence[Record], sessions: Sequence[str]) -> list[Check]:
    """The identities of all track records, from public answers alone."""
    checks = []
    for record in found:
        rows = record.records
        marked = record.track.get("simulated") is True
        checks += [
            identities.returns_follow_from_navs(rows),
            identities.no_day_is_missing(rows, sessions),
            identities.money_is_the_record_times_capital(record.listed, rows, CAPITAL_CNY),
            identities.metrics_follow_from_records(record.metrics, rows),
            Check("demo.check.simulated", 1, int(not marked), float(not marked)),
        ]
    return identities.together(checks)


def operator_checks(cast: Cast, played: Played) -> list[Check]:
    """Every accepted signal settled, no run failed, from the operator's API."""
    settled = troubled = offset = 0
    while runs := cast.operator.get("/admin/settlement-runs", limit=200, offset=offset)["settlement_runs"]:
        settled += sum(run["settled"] for run in runs)
        troubled += sum(run["status"] != "done" for run in runs)
        offset += len(runs)
    differing = abs(settled - played.signals) + troubled
    return [Check("demo.check.settled", played.signals, differing, float(differing))]
