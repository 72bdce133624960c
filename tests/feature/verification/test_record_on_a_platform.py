"""The public record of a whole platform: real settlement, real market, the operator's clock."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.verification.core.documents import read_json
from quantos.verification.core.package_reader import read_package
from quantos.verification.schemas import Universe
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 8))
FREE = {"commission_rate": 0, "slippage_rate": 0, "initial_capital": 100_000}
# half of 100,000 at 10.00: 5,000 shares, and a transfer fee of 0.001 % of 50,000: 0.50
CLOSES = [10.0, 10.5, 10.29, 10.29, 10.5, 10.6]
NAVS = [99_999.5, 102_499.5, 101_449.5, 101_449.5, 102_499.5, 102_999.5]


def bars() -> dict[tuple[str, date], tuple[float, float, float | None, int]]:
    before = [10.0, *CLOSES]
    return {(A, day): (before[k], CLOSES[k], before[k], 1_000_000) for k, day in enumerate(DAYS)}


def index_file(folder: Path, closes: dict[date, float]) -> Path:
    file = folder / "index_daily.csv"
    with file.open("w") as out:
        rows = csv.writer(out)
        rows.writerow(["symbol", "trade_date", "close"])
        rows.writerows(["000300.SH", day.isoformat(), close] for day, close in closes.items())
    return file


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        opened.platform.market.import_bars(made_up(bars()))
        yield opened


@pytest.fixture
def agent(on_stage: Stage) -> Caller:
    caller = on_stage.agent()
    caller.post("/strategies", {"name": "One", "slug": "one", **FREE})
    on_stage.submit(caller, "one", DAYS[0], {A: 0.5})
    return caller


def record(on_stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on_stage.public().get("/public/strategies/one/track-record")
    return found


@pytest.mark.usefixtures("agent")
def test_the_record_grows_day_by_day_with_settlement(on_stage: Stage) -> None:
    for count, day in enumerate(DAYS):
        on_stage.clock_to(day, "18:14")
        assert len(record(on_stage)["records"]) == count
        on_stage.clock_to(day, "18:15")
        assert len(record(on_stage)["records"]) == count + 1
    found = record(on_stage)
    assert [day["nav"] for day in found["records"]] == pytest.approx(
        [nav / 100_000 for nav in NAVS], abs=1e-12
    )
    assert [day["date"] for day in found["records"]] == [day.isoformat() for day in DAYS]
    assert found["simulated"] is True


@pytest.mark.usefixtures("agent")
def test_a_record_all_in_cash_is_read_day_by_day(on_stage: Stage) -> None:
    owner = on_stage.agent()
    owner.post("/strategies", {"name": "Cash", "slug": "cash", **FREE})
    on_stage.submit(owner, "cash", DAYS[0], {})
    on_stage.clock_to(DAYS[-1], "19:00")
    for day in DAYS:
        package = on_stage.public().get("/public/strategies/cash/verify", date=str(day))
        assert package["verification"]["positions"] == []


@pytest.mark.parametrize("universe", get_args(Universe))
def test_the_packages_of_every_universe_are_of_the_verifiers_form(on_stage: Stage, universe: str) -> None:
    owner = on_stage.agent()
    owner.post("/strategies", {"name": "Held", "slug": "held-against", "universe": universe, **FREE})
    on_stage.submit(owner, "held-against", DAYS[0], {A: 0.5})
    on_stage.clock_to(DAYS[0], "19:00")
    answer = on_stage.public().call("GET", "/public/strategies/held-against/verify", date=str(DAYS[0]))
    assert read_package(read_json(answer.content)).slug == "held-against"


@pytest.mark.usefixtures("agent")
def test_a_benchmark_imported_after_the_settlement_shows_in_the_record(
    on_stage: Stage, tmp_path: Path
) -> None:
    on_stage.clock_to(DAYS[1], "19:00")
    assert [day["benchmark_return"] for day in record(on_stage)["records"]] == [None, None]
    closes = {date(2024, 2, 29): 3500.0, DAYS[0]: 3535.0, DAYS[1]: 3499.65}
    on_stage.operator.post("/admin/market/import", {"path": str(index_file(tmp_path, closes))})
    found = [day["benchmark_return"] for day in record(on_stage)["records"]]
    assert found == pytest.approx([0.01, -0.01])
    metrics = on_stage.public().get("/public/strategies/one/performance")["metrics"]
    assert metrics["benchmark_return"] == pytest.approx(1.01 * 0.99 - 1)
    assert metrics["excess_return"] == pytest.approx(0.024995 + 0.0001)


def test_a_delisted_holding_is_marked_with_its_share_wherever_the_nav_is_shown(tmp_path: Path) -> None:
    # A trades on two days and is delisted on the third; B goes on.
    rows = {(s, d): bar for (s, d), bar in bars().items() if d < DAYS[2]}
    rows |= {(B, day): (5.0, 5.0, 5.0, 1_000_000) for day in DAYS}
    with stage(tmp_path / "data", START) as on:
        market = on.platform.market
        market.import_bars(made_up(rows))
        gone = {"list_date": pa.array([None], pa.date32()), "delist_date": pa.array([DAYS[2]], pa.date32())}
        market.import_table("instruments", "gone.csv", pa.table({"symbol": [A], **gone}))
        caller = on.agent()
        caller.post("/strategies", {"name": "One", "slug": "one", **FREE})
        on.submit(caller, "one", DAYS[0], {A: 0.5})
        on.clock_to(DAYS[3], "19:00")
        market.accept(DAYS[2], "A was delisted", "operator")
        share = pytest.approx(5_000 * 10.5 / 102_499.5)
        assert [day.get("stale") for day in record(on)["records"]] == [None, None, share, share]
        (listed,) = on.public().get("/public/strategies")["strategies"]
        assert listed["stale"] == share
    with stage(tmp_path / "data", START) as again:
        assert again.public().get("/public/strategies")["strategies"] == [listed]


def test_the_record_of_a_retired_strategy_ends_and_stays(on_stage: Stage, agent: Caller) -> None:
    on_stage.clock_to(DAYS[1], "19:00")
    assert agent.call("DELETE", "/strategies/one").status_code == 200
    on_stage.clock_to(DAYS[3], "19:00")
    assert len(record(on_stage)["records"]) == 2
    (listed,) = on_stage.public().get("/public/strategies")["strategies"]
    assert (listed["status"], listed["trading_days"], listed["nav"]) == ("retired", 2, 102_499.5)


def test_a_pause_hides_nothing(on_stage: Stage, agent: Caller) -> None:
    on_stage.clock_to(DAYS[1], "19:00")
    assert agent.call("PATCH", "/strategies/one", {"status": "paused"}).status_code == 200
    on_stage.clock_to(DAYS[4], "19:00")
    assert len(record(on_stage)["records"]) == 2
    assert agent.call("PATCH", "/strategies/one", {"status": "active"}).status_code == 200
    assert [day["nav"] for day in record(on_stage)["records"]] == pytest.approx(
        [nav / 100_000 for nav in NAVS[:5]]
    )


@pytest.mark.usefixtures("agent")
def test_a_restarted_platform_goes_on_at_its_time_with_its_record(tmp_path: Path, on_stage: Stage) -> None:
    on_stage.clock_to(DAYS[2], "19:00")
    before = record(on_stage)
    on_stage.platform.close()
    with stage(tmp_path / "data", START) as again:
        assert again.operator.get("/admin/clock")["now"] == "2024-03-05T11:00:00Z"
        assert record(again) == before
        again.clock_to(DAYS[3], "19:00")
        assert len(record(again)["records"]) == 4
