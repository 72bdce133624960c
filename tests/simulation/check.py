"""What is looked at after the last day, by programs that the platform has no part in: sqlite, DuckDB, git, the slow ledger."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import rfc8785

from tests.oracle import ledger as slow
from tests.simulation.market import BEFORE, DAYS, INSTRUMENTS, NAMES
from tests.simulation.model import Findings, Model, Order, Strategy, wall_clock
from tests.simulation.plan import PLAYED, Fault, Plan

END: Final = datetime(2024, 1, 30, 20)  # noqa: DTZ001 - Shanghai's wall clock, as in the model
"""Where the clock stands in the end."""

RETRIES: Final = 3
"""So many attempts follow one of a job that has failed."""

JOBS: Final = {
    "portfolio_signal_generation": "09:00",
    "attestation_retry": "09:10",
    "settle_all_active_strategies": "18:15",
    "daily_evaluation": "18:30",
    "factor_os_tracking": "18:40",
    "settlement_watchdog": "18:45",
}


def everything(folder: Path, plan: Plan, model: Model, fell: list[Fault]) -> Findings:
    """`fell`: where a disk failed for longer than a moment, a job may have failed for good, and is recorded so."""
    found: Findings = []
    lasting = any(fault.lasts > RETRIES and fault.file != "records.db" for fault in fell)
    with sqlite3.connect(folder / "data" / "records.db") as records:
        found += _whole(records)
        found += _jobs(records, {"done", "skipped", *(["failed"] if lasting else [])})
        found += _signals(records, model)
        numbers = dict(records.execute("SELECT slug, number FROM strategy").fetchall())
        rows = records.execute("SELECT signal_hash, deadline FROM signal").fetchall()
    records.close()
    with duckdb.connect(str(folder / "data" / "series.duckdb"), read_only=True) as series:
        found += _restatements(series, model)
        for slug, strategy in model.strategies.items():
            found += _record(series, plan, model, strategy, numbers[slug])
        found += _once(series)
    if plan.attested:
        found += _attested(folder / "proofs", model, {row[0] for row in rows})
        if plan.remote:
            found += _pushed(folder)
    return found


# ---------------------------------------------------------------- records


def _whole(records: sqlite3.Connection) -> Findings:
    said = [row[0] for row in records.execute("PRAGMA integrity_check").fetchall()]
    loose = records.execute("PRAGMA foreign_key_check").fetchall()
    found = [] if said == ["ok"] else [f"the records store is damaged: {said[:3]}"]
    return found + ([f"rows of the records store refer to nothing: {loose[:3]}"] if loose else [])


def _jobs(records: sqlite3.Connection, ends: set[str]) -> Findings:
    """Each job of each day has come to its end; a settlement may have been left waiting for data."""
    ended = Counter(
        (job, day)
        for job, day, state in records.execute("SELECT job, trade_date, state FROM job_run").fetchall()
        if state in ends or (state, job) == ("waiting", "settle_all_active_strategies")
    )
    found = []
    for day in DAYS[: PLAYED + 1]:
        found += [f"{job} of {day} was never done" for job in JOBS if not ended[job, str(day)]]
    running = records.execute("SELECT count(*) FROM job_run WHERE state = 'running'").fetchone()[0]
    return found + ([f"{running} runs of jobs have no end"] if running else [])


def _signals(records: sqlite3.Connection, model: Model) -> Findings:
    """What is stored is what the model knows, and its hash binds it."""
    found: Findings = []
    stored = records.execute(
        "SELECT s.slug, g.trade_date, g.signals, g.nonce, g.signal_hash FROM signal g"
        " JOIN strategy s ON s.number = g.strategy_number"
    ).fetchall()
    known = {
        (slug, str(day)): standing
        for slug, strategy in model.strategies.items()
        for day, standing in strategy.signals.items()
    }
    if {(slug, day) for slug, day, *_ in stored} != known.keys():
        found.append("the signals stored are not those that were acknowledged")
    for slug, day, signals, nonce, signal_hash in stored:
        listed = sorted(
            ({"symbol": s, "weight": w} for s, w in _pairs(signals)), key=lambda e: str(e["symbol"])
        )
        bound = {"slug": slug, "trade_date": day, "signals": listed, "nonce": nonce}
        if hashlib.sha256(rfc8785.dumps(bound)).hexdigest() != signal_hash:
            found.append(f"the hash of {slug} for {day} does not bind it")
        standing = known.get((slug, day))
        if standing is not None and standing.hash not in {None, signal_hash}:
            found.append(f"{slug} for {day} has another hash than the one acknowledged")
    return found


def _pairs(text: str) -> Iterator[tuple[str, float]]:
    for each in json.loads(text):
        yield (each["symbol"], each["weight"]) if isinstance(each, dict) else (each[0], each[1])


# ---------------------------------------------------------------- the ledger


def _restatements(series: duckdb.DuckDBPyConnection, model: Model) -> Findings:
    """A correction that was acknowledged stands; one whose answer was lost stands or does not."""
    stands = Counter(reason for (reason,) in series.execute("SELECT reason FROM restatement").fetchall())
    found = []
    for number, acknowledged in model.restated.items():
        count = stands[f"correction {number}"]
        if count > 1 or (acknowledged is not None and count != int(acknowledged)):
            found.append(f"correction {number} stands {count} times, acknowledged: {acknowledged}")
        model.restated[number] = count > 0
    return found


def last_settled(strategy: Strategy) -> date:
    """The last day that is settled by END: of a strategy that does not run, the last before it stopped."""
    days = DAYS[: PLAYED + 1]
    if strategy.status == "active":
        return days[-1]
    stopped = [at for at, status in strategy.changes if status != "active"]
    at = strategy.changes[-1][0]
    if strategy.status == "retired" and len(strategy.changes) > 1 and strategy.changes[-2][1] == "paused":
        at = stopped[-1]  # the days of the pause are filled in
    return max((day for day in days if strategy.deadline(day) <= at), default=BEFORE)


def settled_days(strategy: Strategy) -> list[date]:
    """From its first effective signal on, every trading day."""
    first = min(strategy.effective(END), default=None)
    return [] if first is None else [day for day in DAYS if first <= day <= last_settled(strategy)]


def _record(
    series: duckdb.DuckDBPyConnection, plan: Plan, model: Model, strategy: Strategy, number: int
) -> Findings:
    """Every settled day, as the slow ledger has it, to the mill."""
    slug = strategy.plan.slug
    effective = {day: s.weights for day, s in strategy.effective(END).items()}
    rows = series.execute(
        "SELECT trade_date, nav, cash, fees FROM nav WHERE strategy = ? ORDER BY trade_date", [number]
    ).fetchall()
    days = settled_days(strategy)
    if [row[0] for row in rows] != days:
        return [f"{slug} is settled on {[str(r[0]) for r in rows]}, right is {[str(d) for d in days]}"]
    if not days:
        return []
    weights = {day: {s: Decimal(repr(w)) for s, w in each} for day, each in effective.items()}
    terms = slow.Terms(
        strategy.plan.capital, strategy.plan.execution, Decimal(strategy.plan.commission),
        Decimal(strategy.plan.slippage),
    )  # fmt: skip
    bars = plan.market.as_of(n for n, stands in model.restated.items() if stands)
    right = slow.settle(days, bars, INSTRUMENTS, (BEFORE, *DAYS), weights, terms, plan.market.actions)
    positions: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, symbol, shares in series.execute(
        "SELECT p.trade_date, i.symbol, p.shares FROM position p JOIN instrument i ON i.number = p.instrument"
        " WHERE p.strategy = ?",
        [number],
    ).fetchall():
        positions[day][symbol] = shares
    found = []
    for (day, nav, cash, fees), result in zip(rows, right, strict=True):
        paid = sum((o.commission + o.stamp_duty + o.transfer_fee for o in result.orders), Decimal(0))
        ours = (nav, cash, fees, positions[day])
        its = (int(result.nav * 1000), int(result.cash * 1000), int(paid * 1000), result.positions)
        if ours != its:
            found.append(f"{slug} on {day}: nav, cash, fees, shares are {ours}, the slow ledger has {its}")
            break
    return found


def _once(series: duckdb.DuckDBPyConnection) -> Findings:
    """No strategy-day stands twice, and no row belongs to a day that is not settled."""
    found = []
    for table in ("nav", "position", "trade_order"):
        columns = "strategy, trade_date" + ("" if table == "nav" else ", instrument")
        twice = series.execute(f"SELECT {columns} FROM {table} GROUP BY ALL HAVING count(*) > 1").fetchall()
        if twice:
            found.append(f"rows of {table} stand twice: {twice[:3]}")
        orphans = series.execute(
            f"SELECT t.strategy, t.trade_date FROM {table} t ANTI JOIN nav n USING (strategy, trade_date)"
        ).fetchall()
        if orphans:
            found.append(f"rows of {table} belong to no settled day: {orphans[:3]}")
    return found


# ---------------------------------------------------------------- the attestation repository


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def _entries(repository: Path, kind: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(date, entry) of every file of a kind, as of the head."""
    listed = _git(repository, "ls-tree", "-r", "--name-only", "HEAD", f"{kind}/").stdout.split()
    for file in listed:
        shown = json.loads(_git(repository, "show", f"HEAD:{file}").stdout)
        for entry in shown[name]:
            yield Path(file).stem, entry


def attested_at(repository: Path) -> dict[str, datetime]:
    """Of every signal in the repository, by its hash; on Shanghai's wall clock."""
    entries = _entries(repository, "attestations", "strategies")
    return {entry["signal_hash"]: wall_clock(entry["attested_at"]) for _, entry in entries}


def _attested(repository: Path, model: Model, stored: set[str]) -> Findings:
    signals = {
        s.hash: (slug, strategy, day, s)
        for slug, strategy in model.strategies.items()
        for day, s in strategy.signals.items()
    }
    if not (repository / ".git").exists():
        return ["there is no attestation repository"] if signals else []
    checked = _git(repository, "fsck", "--connectivity-only")
    found = (
        [] if checked.returncode == 0 else [f"the attestation repository is damaged: {checked.stderr[:300]}"]
    )
    entries = list(_entries(repository, "attestations", "strategies"))
    count = Counter(entry["signal_hash"] for _, entry in entries)
    for day, entry in entries:
        if entry["signal_hash"] not in stored:
            found.append(f"the repository has an entry for {day} that no signal explains: {entry}")
        elif (known := signals.get(entry["signal_hash"])) is not None:
            slug, strategy, of, standing = known
            if day != str(of):
                found.append(f"{slug} for {of} stands in the file of {day}")
            at = wall_clock(entry["attested_at"])
            if standing.was_committed_in_time and at >= strategy.deadline(of):
                found.append(f"{slug} for {of} was acknowledged as attested, but its entry is of {at}")
            if strategy.plan.is_public != (entry["strategy_slug"] == slug):
                found.append(f"{slug} stands in the repository as {entry['strategy_slug']}")
    for signal_hash, (slug, strategy, of, _) in signals.items():
        wanted = of in strategy.effective(END)  # where the strategy was paused, nobody waits for it
        if count[signal_hash] > 1 or (wanted and count[signal_hash] == 0):
            found.append(f"{slug} for {of} stands {count[signal_hash]} times in the repository")
    return found


def _pushed(folder: Path) -> Findings:
    ours = _git(folder / "proofs", "rev-parse", "HEAD").stdout
    its = _git(folder / "remote.git", "rev-parse", "refs/heads/main").stdout
    return [] if ours == its else ["the remote does not have what the repository has"]


# ---------------------------------------------------------------- what nobody may see


def public_calls(model: Model) -> list[Order]:
    """What anyone can ask."""
    paths = ["/public/strategies"]
    for slug in model.strategies:
        paths += [
            f"/public/strategies/{slug}/{what}" for what in ("track-record", "performance", "verify", "audit")
        ]
    near = [day for day in DAYS if abs((day - model.now.date()).days) <= 3]
    paths += [f"/public/attestations/{day}.json" for day in near]
    return [{"do": "call", "who": "", "method": "GET", "path": path, "body": None} for path in paths]


def hidden_things(model: Model, hidden: dict[str, Any], answers: list[dict[str, Any]]) -> Findings:
    """Nonces of signals whose deadline lies ahead, anywhere; symbols in the repository."""
    texts = {f"an answer ({number})": json.dumps(answer["body"]) for number, answer in enumerate(answers)}
    texts |= {"the log": hidden["log"]} | hidden["written"]
    found = []
    for slug, day, nonce in hidden["nonces"]:
        strategy = model.strategies[slug]
        if model.now < strategy.deadline(date.fromisoformat(day)):
            found += [
                f"the nonce of {slug} for {day} stands in {place}"
                for place, text in texts.items()
                if nonce in text
            ]
    symbol = re.compile("|".join(map(re.escape, NAMES)))
    attestations = {name: text for name, text in hidden["written"].items() if name.startswith("attestations")}
    found += [f"{name} names a symbol" for name, text in attestations.items() if symbol.search(text)]
    return found
