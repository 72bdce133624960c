"""A disk that is nearly full: what is large is refused early and by name, signals and settlement go on.

The disk is the machine's own; the reserve is set higher than what is free on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from quantos.app import build_app
from quantos.errors import QuantosError
from quantos.kit.clock import parse_instant
from quantos.kit.routing import API, stores_much
from quantos.storage.room import SMALL_FILES_MAX, DiskNearlyFull, Room
from tests.docs.documents import leaves
from tests.support import restated
from tests.support.platforms import Caller, Stage, made_up, stage

DAYS: Final = [date(2024, 1, 2), date(2024, 1, 3)]
START: Final = parse_instant("2024-01-02T08:00+08:00")
SYMBOL: Final = "600001.SH"
MORE_THAN_THERE_IS_MB: Final = 10**9
UPLOADS: Final = {
    "upload_factor_values",
    "upload_claim",
    "backfill_strategy",
    "create_research_backtest",
    "copilot_save_strategy",
}
"""With the import of files larger than a day's, all that may take more room than a person writes."""


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    """A platform that was in order until now, and whose disk is nearly full from here on."""
    folder = tmp_path / "data"
    with stage(folder, START) as before:
        bars = {(SYMBOL, day): (10.0, 10.0, 10.0, 1_000_000) for day in DAYS}
        before.platform.market.import_bars(made_up(bars))
        agent = before.agent()
        agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
        before.submit(agent, "alpha", DAYS[0], {SYMBOL: 0.5})
        agent.post("/factors", {"name": "Momentum", "universe": "hs300"})
        (tmp_path / "key").write_text(agent.token)
    with stage(folder, START, disk_free_mb_min=MORE_THAN_THERE_IS_MB) as opened:
        yield opened


@pytest.fixture
def agent(on: Stage, tmp_path: Path) -> Caller:
    return Caller(on.operator.runner, on.operator.http, (tmp_path / "key").read_text())


def refused(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (503, "disk_nearly_full"), (
        answer.text
    )
    (said,) = answer.json().values()
    return str(said)


def test_every_upload_is_refused_before_it_is_read_and_nothing_else_is(on: Stage, agent: Caller) -> None:
    changing = {
        (method, path): (route.operation_id, stores_much(route.endpoint))
        for path, route in leaves(build_app(on.platform).router)
        for method in route.methods or ()
    }
    assert {name for name, marked in changing.values() if marked} == UPLOADS
    for (method, path), (name, _) in changing.items():
        if name in UPLOADS:
            caller = on.operator if "/admin/" in path else agent
            filled = "/".join("nothing" if part.startswith("{") else part for part in path.split("/"))
            answer = caller.call(
                method,
                filled.removeprefix(API) if filled.startswith(API) else f"http://platform{filled}",
                {"not": "read"},
            )
            assert refused(answer).endswith(
                "uploads are refused until the operator makes room, signals and settlement go on"
            )


def test_nothing_of_a_refused_upload_is_stored(on: Stage, agent: Caller) -> None:
    (factor,) = agent.get("/factors")["factors"]
    data = [{"date": "2024-01-02", "values": {SYMBOL: 1.0}}]
    before = on.platform.records.generation
    refused(agent.call("POST", f"/factors/{factor['id']}/values", {"data": data}))
    curve = {"records": [{"date": "2023-01-03", "nav": 1.0}, {"date": "2023-01-04", "nav": 1.1}]}
    refused(agent.call("PUT", "/strategies/alpha/claimed", curve))
    assert on.platform.records.generation == before
    assert agent.get(f"/factors/{factor['id']}/values/status")["total_days"] == 0
    assert agent.call("GET", "/strategies/alpha/claimed").status_code == 404


def test_signals_settlement_and_whatever_is_small_go_on(on: Stage, agent: Caller, tmp_path: Path) -> None:
    agent.post("/strategies", {"name": "beta", "slug": "beta"})
    on.clock_to(DAYS[1], "08:30")
    on.submit(agent, "alpha", DAYS[1], {SYMBOL: 0.25})
    ran = on.clock_to(DAYS[1], "19:00")
    assert {each["state"] for each in ran} == {"done"}
    assert len(on.navs("alpha")) == 2
    corrected = restated.write_bars(tmp_path / "bars", {(SYMBOL, date(2024, 1, 4)): (10.0, 11.0, 10.0, 5000)})
    on.operator.post("/admin/market/import", {"path": str(corrected)})
    assert on.operator.get("/admin/overview")["data"]["last_date"] == "2024-01-04"


def test_an_import_larger_than_a_day_is_refused_before_it_is_read(on: Stage, tmp_path: Path) -> None:
    large = tmp_path / "years.csv"
    with large.open("wb") as file:
        file.truncate(SMALL_FILES_MAX + 1)
    said = refused(on.operator.call("POST", "/admin/market/import", {"path": str(large)}))
    assert said.endswith("files of up to 16 MiB in all, such as the bars of a day, are imported")
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("one.csv", "two.csv"):
        with (folder / name).open("wb") as file:
            file.truncate(SMALL_FILES_MAX // 2 + 1)
    with pytest.raises(DiskNearlyFull):
        on.platform.room.admit_files(folder)


def test_it_is_told_to_the_operator_and_to_whatever_sends_requests(on: Stage) -> None:
    def root(path: str) -> Any:
        answer = on.public().call("GET", f"http://platform{path}")
        assert answer.status_code == 200
        return answer

    (alarm,) = on.operator.get("/admin/overview")["alarms"]
    assert alarm["code"] == "uploads_refused"
    assert "free at least 976562.50 GiB" in alarm["message"]
    said = root("/readyz").json()
    assert (said["status"], said["reasons"]) == ("ready", [])
    assert "is nearly full" in said["limited"][0]
    assert 'quantos_alarm{code="uploads_refused"} 1.0' in root("/metrics").text


def test_a_disk_with_room_and_a_platform_without_a_reserve_take_everything(tmp_path: Path) -> None:
    assert Room(tmp_path, 1).refused() is None
    assert Room(tmp_path / "not there", 0).refused() is None
    try:
        Room(tmp_path, 0).admit_files(tmp_path / "not there")
    except QuantosError:
        pytest.fail("without a reserve nothing is refused")
