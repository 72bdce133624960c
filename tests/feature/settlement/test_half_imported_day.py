"""A day of which only half the real file has arrived."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from quantos.kit.clock import parse_instant
from tests.support.platforms import stage
from tests.support.real import LATE

FIRST, HALF = date(2024, 3, 4), date(2024, 3, 5)
HELD = "600519.SH"


def part(folder: Path, target: Path, where: str) -> Path:
    source = folder / f"{LATE}.parquet"
    duckdb.execute(f"COPY (SELECT * FROM '{source}' WHERE {where}) TO '{target}' (FORMAT parquet)")
    return target


def test_a_half_imported_day_waits_names_what_is_missing_and_is_settled_when_the_rest_arrives(
    tmp_path: Path, shared_market: Path
) -> None:
    with stage(tmp_path / "data", parse_instant("2024-03-04T08:00+08:00")) as on:
        whole = part(shared_market, tmp_path / "first.parquet", f"date = '{FIRST}'")
        half = part(shared_market, tmp_path / "half.parquet", f"date = '{HALF}' AND symbol < '300'")
        rest = part(shared_market, tmp_path / "rest.parquet", f"date = '{HALF}' AND symbol >= '300'")
        on.platform.market.import_path(whole)
        on.platform.market.import_path(half)
        agent = on.agent()
        agent.post("/strategies", {"name": "One", "slug": "one"})
        on.submit(agent, "one", FIRST, {HELD: 0.9})
        on.clock_to(HALF, "20:00")

        assert len(on.navs("one")) == 1
        (newest, *_) = on.operator.get("/admin/settlement-runs")["settlement_runs"]
        assert newest["status"] == "waiting_for_data"
        waiting = on.operator.get(f"/admin/settlement-runs/{newest['id']}")["detail"]["waiting"]
        assert waiting["trade_date"] == str(HALF)
        assert waiting["present"] < 0.5 * waiting["expected"]
        assert all(symbol >= "300" for symbol in waiting["missing"])

        on.platform.market.import_path(rest)
        assert len(on.navs("one")) == 2
        (newest, *_) = on.operator.get("/admin/settlement-runs")["settlement_runs"]
        assert newest["status"] == "done"
