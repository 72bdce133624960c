"""Who reads while days are settled again sees the record as it was, until all of it is new; old packages stay."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.settlement import revisions
from tests.support.platforms import Caller, Stage, made_up
from tests.support.restated import DAYS, A, Bars, C, bars, in_force, restate, write_bars

SLUGS = ("holds-a", "holds-b", "holds-both")


def package(on: Stage, slug: str, day: date, revision: int | None = None) -> dict[str, Any]:
    asked = {"date": day.isoformat()} | ({} if revision is None else {"revision": revision})
    found: dict[str, Any] = on.public().get(f"/public/strategies/{slug}/verify", **asked)
    return found


def bound(on: Stage, revision: int | None = None) -> dict[tuple[str, date], str]:
    """What binds each strategy-day."""
    return {
        (slug, day): package(on, slug, day, revision)["verification"]["settlement_attestation"]["nav_sha256"]
        for slug in SLUGS
        for day in DAYS
    }


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A closes every day 0.05 lower than it was said to, and is quoted so the day after."""
    rows: Bars = {}
    for k, day in enumerate(DAYS):
        level = 10.0 + k / 10
        rows[A, day] = (level, round(level + 0.05, 2), round(level - 0.05, 2) if k else 10.0, 1_000_000)
    return write_bars(tmp_path / "many", rows)


def test_all_is_old_until_it_is_committed(on: Stage, many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, navs, seen = in_force(on), on.navs("holds-a"), []
    record = revisions.record

    def look(*arguments: Any) -> None:
        """Every row is written; the transaction is still open."""
        record(*arguments)
        reader = threading.Thread(target=lambda: seen.append((in_force(on), on.navs("holds-a"))))
        reader.start()
        reader.join()

    monkeypatch.setattr(revisions, "record", look)
    restate(on, DAYS[0], many)
    assert seen == [(before, navs)]
    assert in_force(on) != before


IDENTITY = """
SELECT n.nav = n.cash + held.value FROM nav n JOIN (
    SELECT p.strategy, p.trade_date, n.snapshot, sum(p.shares * b.close) AS value
    FROM position p JOIN nav n USING (strategy, trade_date)
    JOIN snapshot_bar b ON b.snapshot = n.snapshot AND b.instrument = p.instrument GROUP BY ALL
) held USING (strategy, trade_date)
"""


def test_readers_see_one_record_or_the_other(on: Stage, many: Path) -> None:
    settled, over = on.platform.settlement, threading.Event()
    seen: list[tuple[int, ...]] = []

    def navs() -> tuple[int, ...]:
        return tuple(settled.nav_series(1).nav_mills.tolist())

    def read() -> None:
        while not over.is_set():
            with on.platform.series.snapshot() as cursor:
                days = cursor.execute("SELECT count(*) FROM nav").fetchall()
                holds = cursor.execute(IDENTITY).fetchall()
            assert (days, set(holds), len(holds)) == ([(18,)], {(True,)}, 18)
            seen.append(navs())

    before = navs()
    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read) for _ in range(3)]
        try:
            wait(reading, timeout=0.3)
            restate(on, DAYS[0], many)
            wait(reading, timeout=0.3)
        finally:
            over.set()
        for reader in reading:
            reader.result()
    assert set(seen) == {before, navs()}
    assert before != navs()


def test_a_symbol_that_came_with_the_restatement_is_read_before_the_market_is_looked_at_again(
    empty: Stage, agent: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    market, seen = empty.platform.market, []
    market.import_bars(made_up(bars()))
    agent.post("/strategies", {"name": "Early", "slug": "holds-c"})
    empty.submit(agent, "holds-c", DAYS[0], {A: 0.5, C: 0.3})
    empty.clock_to(DAYS[-1], "19:00")
    refresh = market.refresh

    def look() -> None:
        """All is committed; what stands in memory is of before."""
        seen.append(package(empty, "holds-c", DAYS[0]))
        refresh()

    monkeypatch.setattr(market, "refresh", look)
    restate(
        empty,
        DAYS[0],
        write_bars(
            tmp_path, {(C, DAYS[0]): (5.0, 5.0, 5.0, 0), (A, DAYS[0]): (10.05, 10.1, 10.0, 1_000_000)}
        ),
    )
    assert seen == [package(empty, "holds-c", DAYS[0])]
    assert [order["symbol"] for order in seen[0]["verification"]["orders"]] == [A, C]


def test_the_package_of_every_revision_is_bound_as_it_was(on: Stage, many: Path, corrected: Path) -> None:
    first = bound(on)
    restate(on, DAYS[1], corrected)
    second = bound(on)
    assert bound(on, revision=0) == first
    changed = {key for key in first if second[key] != first[key]}
    assert changed == {("holds-a", DAYS[1]), ("holds-a", DAYS[2])}

    restate(on, DAYS[0], many)
    third = bound(on)
    assert bound(on, revision=0) == first
    assert {key: package_of(on, key, 1) for key in changed} == {key: second[key] for key in changed}
    assert {key for key in first if third[key] == first[key]} == {
        *(("holds-b", day) for day in DAYS),
        *(("holds-both", day) for day in DAYS[:2]),
    }


def package_of(on: Stage, key: tuple[str, date], revision: int) -> str:
    found = package(on, *key, revision)
    assert found["revision"] == revision
    return str(found["verification"]["settlement_attestation"]["nav_sha256"])


def test_the_package_of_a_restated_day_says_so_and_why(on: Stage, corrected: Path) -> None:
    old = package(on, "holds-a", DAYS[1])
    restate(on, DAYS[1], corrected)
    new = package(on, "holds-a", DAYS[1])
    navs = [p["verification"]["nav"]["reported_nav"] for p in (old, new)]
    assert new["revision"] == 1
    assert new["restated"]["reason"] == "the exchange corrected the close of 600001"
    assert new["restated"]["revisions"] == [
        {"revision": k, "reported_nav": nav} for k, nav in enumerate(navs)
    ]
    shown = package(on, "holds-a", DAYS[1], revision=0)
    assert shown["verification"] == old["verification"]
    assert "restated" not in package(on, "holds-b", DAYS[1])
