"""A platform where everything has happened: strategies, factors, a portfolio, tickets, requests, refused rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, NAMES, SESSIONS, load
from tests.feature.portfolios.made import manager as new_manager
from tests.support.platforms import Stage, stage

DAYS = SESSIONS[150:155]
"""The trading days that are played, with a signal on each."""

ENDED = f"{DAYS[-1]}T19:30"


def build(folder: Path) -> None:
    """Play it into a data directory, and leave."""
    with stage(folder, parse_instant(f"{LAST}T20:00+08:00")) as on:
        load(on.platform.market)
        agent = on.agent()
        for slug in ("alpha", "beta"):
            agent.post("/strategies", {"name": slug.capitalize(), "slug": slug})
        agent.call("PATCH", "/strategies/alpha", {"is_public": True})
        manager = new_manager(on)
        manager.started(manager.pair())
        agent.post(
            "/tickets", {"title": "Bars of Tuesday", "category": "data", "description": "Where are they?"}
        )
        agent.post("/deploy/license-request", {"customer": "Meridian", "fingerprint": "ab" * 32})
        for number, day in enumerate(DAYS):
            on.clock_to(day, "08:30:00")
            for each, slug in enumerate(("alpha", "beta")):
                chosen = {NAMES[(number + 3 * each + k) % len(NAMES)]: 0.3 for k in range(3)}
                on.submit(agent, slug, day, chosen)
            on.clock_to(day, "19:00:00")
        refuse_a_row(folder, on, DAYS[-1])


def refuse_a_row(folder: Path, on: Stage, day: date) -> None:
    """An import of which one row is quarantined."""
    file = folder.parent / "refused.csv"
    file.write_text(
        f"symbol,trade_date,open,high,low,close,pre_close,volume\n600000.SH,{day},10,9,11,10,10,1000\n",
        encoding="utf-8",
    )
    on.operator.post("/admin/market/import", {"path": str(file)})
