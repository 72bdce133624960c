"""One simulated year on real data, every job every day, then the same year once more.

    python -m tests.bench.bench_year [--days N]

20 active factors of the CSI 500, whose values arrive each evening; 10 portfolios of three of them, which signal at
09:00; 50 strategies of users with 50 holdings each, rebalanced every fifth day; one attestation repository. Everything
goes the way of users and the operator: uploads and signals over the API, the days by moving the clock. The second play
starts from a copy of the directory as it was before the first day: signals and NAVs must come out byte for byte. It
prints what each part took; the mark is a year under three minutes on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import os
import resource
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import duckdb
import httpx
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import text as sql

from quantos.accounts.schemas import UserChange
from quantos.kit.clock import parse_instant
from quantos.market.service import BENCHMARKS
from tests.bench.bench_factors_real import market_folder, send, stream, volumes
from tests.support.adjusted import adjusted_closes
from tests.support.platforms import Caller, Stage, stage
from tests.support.portfolios import portfolio_of

START: Final = parse_instant("2024-01-02T08:00+08:00")
FIRST, BEFORE, LAST = (np.datetime64(day) for day in ("2023-01-03", "2023-12-29", "2024-12-31"))
UNIVERSE: Final = "csi500"
WINDOWS: Final = (5, 10, 20, 40, 60)
STRATEGIES, HOLDINGS, REBALANCED_EVERY = 50, 50, 5
PORTFOLIOS, MEMBERS = 10, 3
FILES: Final = ("instruments", "bars_stock_2023_2026_all", "index_members_spells", "index_daily")

Panel = NDArray[np.float64]


def factors_of(price: Panel, volume: Panel) -> dict[str, Panel]:
    """Momentum, volatility, volume and the largest return, each over five windows [day, instrument]."""
    ret = np.full_like(price, np.nan)
    ret[1:] = price[1:] / price[:-1] - 1

    def over(panel: Panel, days: int, statistic: Any) -> Panel:
        found = np.full_like(panel, np.nan)
        view = np.lib.stride_tricks.sliding_window_view(panel, days, axis=0)
        for row in range(len(view)):
            found[row + days - 1] = statistic(view[row], axis=-1)
        return found

    made = {}
    for days in WINDOWS:
        made[f"momentum {days}"] = price / np.roll(price, days, axis=0) - 1
        made[f"momentum {days}"][:days] = np.nan
        made[f"volatility {days}"] = over(ret, days, np.std)
        made[f"volume {days}"] = over(volume, days, np.mean)
        made[f"largest {days}"] = over(ret, days, np.max)
    return made


def prepare(root: Path) -> dict[str, Any]:
    """The platform on the morning of the first day, and the values that will arrive."""
    with playing(root) as on:
        market = on.platform.market
        for name in FILES:
            begun = perf_counter()
            market.import_path(market_folder() / f"{name}.parquet")
            print(f"import {name}: {perf_counter() - begun:.1f} s", flush=True)
        sessions = market.calendar.sessions
        sessions = sessions[(sessions >= FIRST) & (sessions <= LAST)]
        symbols = market.instruments().symbols
        members = market.ever_members(BENCHMARKS[UNIVERSE])
        inside = np.array([symbol in members for symbol in symbols])
        price = adjusted_closes(market, sessions)
        panels = factors_of(price, volumes(on, sessions, len(symbols)))
        of_sample = sessions <= BEFORE
        agent = on.agent()
        (root / "key").write_text(agent.token)
        on.operator.call(
            "PATCH",
            f"/admin/users/{agent.get('/auth/me')['id']}",
            UserChange(tier="licensed").model_dump(exclude_unset=True),
        )
        names = tuple(np.array(symbols)[inside].tolist())
        factors = []
        for number, (name, panel) in enumerate(panels.items()):
            factor = agent.post("/factors", {"name": name, "universe": UNIVERSE})["id"]
            send(
                agent,
                f"/factors/{factor}/values",
                stream(sessions[of_sample], names, panel[of_sample][:, inside]),
            )
            factors.append(factor)
            activate(on, factor, 0.02 + number / 1000)
        for number in range(PORTFOLIOS):
            chosen = [factors[(number * 2 + k * 7) % len(factors)] for k in range(MEMBERS)]
            weighting = "equal" if number % 2 else "ic_weighted"
            fields = {"name": f"Year {number}", "universe": UNIVERSE, "top_n": 50, "weighting": weighting}
            agent.post(f"/portfolios/{portfolio_of(agent, chosen, **fields)}/activate")
    later = sessions[~of_sample]
    return {
        "factors": factors,
        "days": later.astype(object).tolist(),
        "symbols": names,
        "panels": [panel[~of_sample][:, inside] for panel in panels.values()],
        "traded": np.isfinite(price[~of_sample][:, inside]),
        "users": users(root, STRATEGIES),
    }


def activate(on: Stage, factor: str, ic: float) -> None:
    """Without a verdict: what is measured is the year, not the factors."""
    with on.platform.records.write() as session:
        session.execute(
            sql(
                "UPDATE factor SET status = 'active', ic_mean = :ic, ic_ir = :ir, last_in_sample = :day WHERE id = :id"
            ),
            {"ic": ic, "ir": ic * 10, "day": str(BEFORE), "id": factor},
        )


def users(root: Path, count: int) -> list[tuple[str, str]]:
    """(key, slug) of strategies, ten of each user's."""
    found = []
    with playing(root) as on:
        agent = Caller(on.operator.runner, on.operator.http)
        for number in range(count):
            if number % 10 == 0:
                agent = on.agent()
                user = agent.get("/auth/me")["id"]
                on.operator.call("PATCH", f"/admin/users/{user}", {"tier": "licensed"})
            slug = f"year-{number}"
            execution = "close" if number % 2 else "open"
            agent.post(
                "/strategies",
                {"name": slug, "slug": slug, "execution_price": execution, "universe": UNIVERSE},
            )
            found.append((agent.token, slug))
    return found


def playing(root: Path) -> Any:
    return stage(root / "data", START, attestation_repo=str(root / "proofs"))


def play(root: Path, given: dict[str, Any], days: int) -> dict[str, float]:
    """Live the days; seconds by part."""
    took: dict[str, float] = defaultdict(float)
    choose = np.random.default_rng(24)
    begun = perf_counter()
    with playing(root) as on:
        took["start"] = perf_counter() - begun
        owner = Caller(on.operator.runner, on.operator.http, (root / "key").read_text())
        agents = [(Caller(on.operator.runner, on.operator.http, key), slug) for key, slug in given["users"]]
        for number, day in enumerate(given["days"][:days]):
            at = perf_counter()
            if number:
                on.clock_to(day, "08:30")
            known, chosen = np.flatnonzero(given["traded"][max(number - 1, 0)]), {}
            for k, (_, slug) in enumerate(agents):
                if (number + k) % REBALANCED_EVERY == 0:
                    names = choose.choice(known, HOLDINGS, replace=False).tolist()
                    chosen[slug] = [given["symbols"][i] for i in names]
            submit(agents, chosen, day)
            took["signals of users"] += perf_counter() - at
            for ran in on.clock_to(day, "19:00"):
                took[f"job {ran['job']}"] += ran["took_s"]
                assert ran["state"] == "done", ran
            at = perf_counter()
            upload(owner, given, number, day)
            took["values of factors"] += perf_counter() - at
    took["in all"] = perf_counter() - begun
    return took


def upload(owner: Caller, given: dict[str, Any], number: int, day: date) -> None:
    """The day's values of all factors at a time."""
    symbols, panels = np.array(given["symbols"]), given["panels"]

    async def all_of_them() -> list[httpx.Response]:
        calls = [
            owner.http.post(
                f"/factors/{factor}/values",
                content=one_day(day, symbols, panel[number]),
                headers={
                    "Authorization": f"Bearer {owner.token}",
                    "Content-Type": "application/vnd.apache.arrow.stream",
                },
            )
            for factor, panel in zip(given["factors"], panels, strict=True)
        ]
        return list(await asyncio.gather(*calls))

    for answer in owner.runner.run(all_of_them()):
        assert answer.is_success, answer.text


def one_day(day: date, symbols: Any, values: Panel) -> bytes:
    """A long Arrow stream: date, symbol, value."""
    valued = np.isfinite(values)
    table = pa.table(
        {
            "date": pa.array(np.full(valued.sum(), np.datetime64(day, "D"))),
            "symbol": pa.array(symbols[valued].tolist()),
            "value": pa.array(values[valued]),
        }
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def submit(agents: Sequence[tuple[Caller, str]], signals: Mapping[str, Sequence[str]], day: date) -> None:
    """The signals of a morning, all at a time: equal weights of the names given by slug."""

    async def all_of_them() -> list[httpx.Response]:
        calls = [
            agent.http.post(
                f"/strategies/{slug}/signals",
                json={
                    "trade_date": day.isoformat(),
                    "signals": [{"symbol": symbol, "weight": 0.019} for symbol in signals[slug]],
                },
                headers={"Authorization": f"Bearer {agent.token}"},
            )
            for agent, slug in agents
            if slug in signals
        ]
        return list(await asyncio.gather(*calls))

    for answer in agents[0][0].runner.run(all_of_them()):
        assert answer.is_success, answer.text


def digest(root: Path) -> dict[str, str]:
    """SHA-256 of every signal's content and of every NAV row, in order."""
    with sqlite3.connect(root / "data" / "records.db") as records:
        signals = records.execute(
            "SELECT strategy_number, trade_date, signals FROM signal ORDER BY 1, 2"
        ).fetchall()
    records.close()
    with duckdb.connect(str(root / "data" / "series.duckdb"), read_only=True) as series:
        navs = series.execute(
            "SELECT strategy, trade_date, nav, cash, turnover, fees, stale, rebalanced FROM nav ORDER BY 1, 2"
        ).fetchall()
    print(f"{len(signals):,} signals, {len(navs):,} NAVs", flush=True)
    rows = {"signals": signals, "NAVs": navs}
    return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=400, help="Fewer than the year has.")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        first.mkdir()
        begun = perf_counter()
        given = prepare(first)
        print(f"prepared in {perf_counter() - begun:.0f} s", flush=True)
        shutil.copytree(first, second)
        days = min(asked.days, len(given["days"]))
        digests = []
        for name, root in (("the year", first), ("the same again", second)):
            processor = resource.getrusage(resource.RUSAGE_SELF)
            took = play(root, given, days)
            used = resource.getrusage(resource.RUSAGE_SELF)
            cpu = used.ru_utime + used.ru_stime - processor.ru_utime - processor.ru_stime
            print(f"{name}: {days} days, {took['in all']:.1f} s, {cpu:.1f} s of processor time", flush=True)
            for part, seconds in sorted(took.items(), key=lambda each: -each[1]):
                print(f"  {part}: {seconds:.2f} s, {1000 * seconds / days:.1f} ms a day", flush=True)
            digests.append(digest(root))
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
        assert digests[0] == digests[1], "a replay is the same to the byte"
        print(f"the replay is the same to the byte: {digests[0]}; {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
