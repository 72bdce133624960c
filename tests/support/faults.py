"""Five days of a whole platform that is killed at a step of a job, started again, and compared with one left alone.

    python -m tests.support.faults FOLDER

makes a small platform in FOLDER, plays its days once undisturbed, and then once for each line of standard input,
`JOB DAY STEP`: killed (SIGKILL, by itself) at that step, started again, played on for AFTER days. It answers each line
with the name of the folder, whether the kill fell, and the folder of the undisturbed platform at the same time. A step is a durable write, just before and just after it: a commit of
the records store or of the series store, or a commit to the attestation repository. Each play is a process of its own,
forked from one that has everything imported.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx

from quantos.app import Platform, build_app
from quantos.attestation.repository import Repository
from quantos.kit.clock import parse_instant, shanghai
from quantos.market.core.calendar import shipped_calendar
from quantos.scheduler.service import Scheduler
from quantos.settings import Settings
from quantos.storage import series
from quantos.storage.records import Records
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.portfolios import active_factor, portfolio_of, send_values

START: Final = parse_instant("2024-01-02T08:00+08:00")
EARLIER: Final = date(2023, 12, 29)
DAYS: Final = shipped_calendar().between(date(2024, 1, 2), date(2024, 12, 31))
EVENING: Final = time(19)
SYMBOLS: Final = [f"60000{k}.SH" for k in range(1, 8)]


AFTER: Final = 4
"""Days that are played after the one of a kill, as far as there are so many: what is to be mended is mended by then."""


def price(symbol: int, day: int) -> float:
    return round(10.0 + symbol + ((symbol + 3) * (day + 2) % 7) / 50, 2)


def values(day: int, factor: int) -> dict[str, float]:
    return {symbol: float((k * (factor + 2) + day) % 7) + k / 10 for k, symbol in enumerate(SYMBOLS)}


def prepare(folder: Path, days: int) -> None:
    """Two strategies with signals on most days, a portfolio of two factors, and bars of all days but one."""
    rows = {}
    for number, day in enumerate([EARLIER, *DAYS[:days]]):
        for k, symbol in enumerate(SYMBOLS):
            now, before = price(k, number), price(k, number - 1) if number else None
            rows[symbol, day] = (now, now, before, 1_000_000)
    with playing(folder) as on:
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        (folder / "key").write_text(agent.token)
        for slug in ("plain", "closing"):
            execution = "open" if slug == "plain" else "close"
            agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution})
            for number, day in enumerate(DAYS[:days]):
                if number % 3 != 1:
                    chosen = [SYMBOLS[(number + k) % 7] for k in range(3)]
                    on.submit(agent, slug, day, dict.fromkeys(chosen, 0.3))
        factors = [
            active_factor(on, agent, {EARLIER: values(0, each)}, name=f"factor {each}") for each in range(2)
        ]
        (folder / "factors").write_text("\n".join(factors))
        agent.post(f"/portfolios/{portfolio_of(agent, factors)}/activate")


@contextmanager
def playing(folder: Path) -> Iterator[Stage]:
    with stage(folder / "data", START, attestation_repo=str(folder / "proofs")) as on:
        yield on


def play(folder: Path, days: int) -> None:
    """Live the days from where the clock stands; in the evening, but the last, the owner uploads the day's values."""
    settings = Settings(data_dir=folder / "data", attestation_repo=str(folder / "proofs"))
    platform = Platform.open(settings, simulate=START)
    try:
        platform.start()
        for number, day in enumerate(DAYS[:days], start=1):
            if platform.clock.now() < shanghai(day, EVENING):
                platform.scheduler.advance_to(shanghai(day, EVENING))
            if number < days and platform.clock.now() == shanghai(day, EVENING):
                upload(platform, folder, day, number)
    finally:
        platform.close()


def upload(platform: Platform, folder: Path, day: date, number: int) -> None:
    """The values of a day, over the API, as often as they are asked for."""
    with asyncio.Runner() as runner:
        transport = httpx.ASGITransport(build_app(platform))
        http = httpx.AsyncClient(transport=transport, base_url="http://platform/api/v1", timeout=None)
        agent = Caller(runner, http, (folder / "key").read_text())
        for each, factor in enumerate((folder / "factors").read_text().split()):
            send_values(agent, factor, {day: values(number, each)})
        runner.run(http.aclose())


# ---------------------------------------------------------------- steps


class Steps:
    """Counts the durable steps of each job and day (until the next one begins), and kills the process at one of them."""

    def __init__(self, fault: tuple[str, str, int] | None) -> None:
        self._fault, self._job = fault, ("", "")
        self.counted: Counter[tuple[str, str]] = Counter()

    def begin(self, job: str, day: date) -> None:
        self._job = job, day.isoformat()

    def step(self) -> None:
        self.counted[self._job] += 1
        if self._fault is not None and (*self._job, self.counted[self._job]) == self._fault:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """A step before and after each call."""
        real = getattr(owner, name)

        def both(*arguments: Any, **named: Any) -> Any:
            self.step()
            done = real(*arguments, **named)
            self.step()
            return done

        setattr(owner, name, both)

    def before(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def both(*arguments: Any) -> Any:
            self.step()
            return real(*arguments)

        setattr(owner, name, both)

    def plug(self) -> None:
        real = Scheduler._begin

        def begun(scheduler: Any, turn: Any, *rest: Any, **named: Any) -> int:
            self.begin(turn.due.job, turn.due.trade_date)
            return real(scheduler, turn, *rest, **named)

        Scheduler._begin = begun  # type: ignore[assignment, method-assign]
        self.before(Records, "_see_whether_noted")
        self.before(Records, "_committed")
        self.around(series, "_commit")
        self.around(Repository, "commit")


# ---------------------------------------------------------------- what is compared

LEFT_OUT: Final[dict[str, set[str]]] = {
    "api_key": {"last_used_at"},
    "event": {"sequence"},
    "notification": {"number", "id", "event"},
    "signal": {"id", "nonce", "signal_hash", "commit_sha", "committed_at"},
    "settlement_run": {"number", "id"},
    "nav": {"run", "snapshot"},
}
"""Random, numbers that count attempts, or (when a key was last used) written a while later. Signals that the platform
makes have a nonce of their own."""

ELSEWHERE: Final = {
    "job_run": "SELECT job, trade_date, count(*) FROM job_run WHERE state = 'done' GROUP BY job, trade_date",
    "event": (
        "SELECT CASE WHEN kind = 'values_arrived' THEN '' ELSE at END, kind, payload FROM event"
        " WHERE kind NOT IN ('run_started', 'run_finished', 'job_failed')"
    ),
    "watch_finding": "SELECT kind, subject, trade_date, facts, noted_at, mended_at IS NULL FROM watch_finding",
    "settlement_run": "SELECT DISTINCT trade_date FROM settlement_run WHERE status = 'done'",
    "event_reader": "SELECT name FROM event_reader",
    "sqlite_sequence": "SELECT 1",
}
"""Where an interrupted run leaves a trace: every job of every day is done once, and nothing is told twice. When a
finding is over is said by whoever looks first, also a restart."""

IN_SERIES: Final = {
    "event": "SELECT kind, payload->>'trade_date', payload->>'strategies' FROM event",
    "publication": "SELECT trade_date FROM publication",
    "settlement_commit": "SELECT 1",
}
"""Digests bind the signals that the platform makes, nonce and all. Which commit brought them is a note that a kill may
cost: it is looked up in the repository then."""


def state(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, and every line of the attestation repository."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with sqlite3.connect(folder / "data" / "records.db") as records:
        tables = [name for (name,) in records.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in records.execute(f"PRAGMA table_info({table})")]
            found[table] = sorted(records.execute(_query(table, columns, ELSEWHERE)).fetchall(), key=repr)
    records.close()
    with duckdb.connect(str(folder / "data" / "series.duckdb"), read_only=True) as stored:
        for (table,) in stored.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            columns = [row[0] for row in stored.execute(f"DESCRIBE {table}").fetchall()]
            rows = stored.execute(_query(table, columns, IN_SERIES)).fetchall()
            found[f"series.{table}"] = sorted(rows, key=repr)
    found["proofs"] = sorted(_proofs(folder / "proofs"), key=repr)
    return found


def _query(table: str, columns: list[str], others: dict[str, str]) -> str:
    kept = [f'"{name}"' for name in columns if name not in LEFT_OUT.get(table, set())]
    return others.get(table, f'SELECT {", ".join(kept)} FROM "{table}"')


def _proofs(repository: Path) -> Iterator[tuple[Any, ...]]:
    """(file, strategy, entry); where a nonce of the platform enters the entry, without it."""
    for kind, name in (("attestations", "strategies"), ("settlements", "settlements")):
        for file in sorted((repository / kind).glob("*.json")):
            for entry in json.loads(file.read_text())[name]:
                slug = entry["strategy_slug"]
                yield kind, file.name, slug, "" if slug.startswith("mf-") else json.dumps(entry)


# ---------------------------------------------------------------- processes


def forked(work: Callable[[], object]) -> int:
    """The signal that ended a process of its own which does the work; 0 where it did it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
            raise
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the platform did not play its days"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def undisturbed(root: Path, days: int) -> None:
    """Play all days, keep the platform as it stood each morning, and count the steps of each job and day."""
    steps = Steps(None)
    steps.plug()
    play(root / "alone", days)
    counted = {" ".join(key): count for key, count in steps.counted.items() if key[0]}
    (root / "steps.json").write_text(json.dumps(counted))


def mornings(root: Path, days: int) -> None:
    """The platform as it stands each morning, to begin a play from there."""
    for number in range(days):
        here, after = root / f"morning-{number}", root / f"morning-{number + 1}"
        if number + 1 < days:
            shutil.copytree(here, after)
            forked(lambda after=after, number=number: play(after, number + 1))  # type: ignore[misc]


def killed(root: Path, days: int, job: str, day: str, step: int) -> tuple[str, bool, str]:
    """A play that is killed there and started again, in a folder of its own; whether the kill fell; what it equals."""
    number = [each.isoformat() for each in DAYS].index(day)
    until = min(number + 1 + AFTER, days)
    folder = root / f"{job}-{day}-{step}"
    shutil.copytree(root / f"morning-{number}", folder)

    def faulty() -> None:
        Steps((job, day, step)).plug()
        play(folder, until)

    fell = forked(faulty) == signal.SIGKILL
    forked(lambda: play(folder, until))
    return folder.name, fell, "alone" if until == days else f"morning-{until}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    root, days = Path(sys.argv[1]), int(sys.argv[2])
    (root / "morning-0").mkdir(parents=True)
    prepare(root / "morning-0", days)
    shutil.copytree(root / "morning-0", root / "warm")
    play(
        root / "warm", 2
    )  # here, not in a process of its own: what it loads and compiles is there for all others
    shutil.copytree(root / "morning-0", root / "alone")
    forked(lambda: undisturbed(root, days))
    mornings(root, days)
    _say("ready")
    for line in sys.stdin:
        job, day, step = line.split()
        name, fell, equals = killed(root, days, job, day, int(step))
        _say(f"{name} {int(fell)} {equals}")


if __name__ == "__main__":
    main()
