"""A day that waits for market data: which, for what, what to do; the same from every side that tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from quantos.cli.failures import what_waits
from quantos.market.core.bars import Readiness
from quantos.settlement.waiting import waiting_for
from tests.feature.cli.conftest import Said
from tests.support.platforms import made_up, stage
from tests.support.restated import DAYS, START, write_bars

SYMBOLS: Final = tuple(f"60000{k}.SH" for k in range(1, 9))
WAITS: Final = DAYS[1]
"""The clock stands two days later: the day that waits is not the one that was asked for."""


def bars(*symbols: str, price: float = 10.0) -> dict[tuple[str, Any], tuple[float, float, float, int]]:
    return {(symbol, WAITS): (price, price, price, 1000) for symbol in symbols}


def play(folder: Path, rows: dict[tuple[str, Any], tuple[float, float, float, int]]) -> tuple[Path, str]:
    """A directory in which WAITS waits, with only these rows of it imported; and what the alarm says."""
    with stage(folder / "data", START) as on:
        on.platform.market.import_bars(
            made_up({(symbol, DAYS[0]): (10.0, 10.0, 10.0, 1000) for symbol in SYMBOLS})
        )
        if rows:
            file = write_bars(folder / "part", rows)
            on.operator.post("/admin/market/import", {"path": str(file)})
        agent = on.agent()
        agent.post("/strategies", {"name": "one", "slug": "one"})
        on.submit(agent, "one", DAYS[0], {SYMBOLS[0]: 0.5})
        on.clock_to(DAYS[3], "18:20")
        (alarm,) = [
            a for a in on.operator.get("/admin/overview")["alarms"] if a["code"] == "settlement_waits"
        ]
    return folder / "data", alarm["message"]


CASES: Final = [
    ({}, "the whole day is missing, none of 8 instruments that traded the day before has a bar"),
    (
        bars(*SYMBOLS[:6]),
        "6 of 8 instruments that traded the day before have a bar, missing 600007.SH, 600008.SH",
    ),
    (
        bars(*SYMBOLS[:2]),
        f"2 of 8 instruments that traded the day before have a bar, missing {', '.join(SYMBOLS[2:7])} and 1 more",
    ),
]


@pytest.mark.parametrize(("rows", "why"), CASES, ids=["none", "most", "few"])
def test_settle_doctor_and_alarm_name_the_day_that_waits_and_for_what(
    said: Said, tmp_path: Path, rows: dict[tuple[str, Any], tuple[float, float, float, int]], why: str
) -> None:
    data, alarm = play(tmp_path, rows)
    settled = said("settle", "--data-dir", data, COLUMNS="100")
    checks = said("doctor", "--json", "--data-dir", data).json["checks"]
    (problem,) = [check for check in checks if check["check"] == "settlement"]
    assert problem["state"] == "problem"
    assert problem["detail"] == f"{WAITS} waits for market data: {why}"
    assert alarm == f"{problem['detail']}; {problem['remedy']}"
    told = " ".join(settled.out.split())
    assert problem["detail"] in told
    assert f"remedy: {problem['remedy']}" in told
    assert f"quantos market fetch, or quantos market import PATH with bars of {WAITS}" in problem["remedy"]


def test_what_is_said_to_do_ends_the_waiting(said: Said, tmp_path: Path) -> None:
    data, _ = play(tmp_path, {})
    days = {(symbol, day): (10.0, 10.0, 10.0, 1000) for symbol in SYMBOLS for day in DAYS[1:4]}
    assert said("market", "import", write_bars(tmp_path / "rest", days), "--data-dir", data).code == 0
    checks = said("doctor", "--json", "--data-dir", data).json["checks"]
    assert [check["state"] for check in checks if check["check"] == "settlement"] == ["ok"]


def test_rows_of_the_day_that_were_refused_are_pointed_at(said: Said, tmp_path: Path) -> None:
    data, alarm = play(tmp_path, bars(*SYMBOLS, price=10.001))  # no multiple of a share's tick
    where = f"8 rows of {WAITS} came and went into quarantine: GET /api/v1/admin/quarantine?first={WAITS}&last={WAITS}"
    assert where in alarm
    with stage(data, START) as on:
        assert on.operator.get("/admin/quarantine", first=WAITS, last=WAITS)["total"] == 8
    ended = said("settle", "--data-dir", data, QUANTOS_LANG="zh", COLUMNS="100")
    assert "该日有 8 行被拒收进入隔离区" in ended.out.replace("\n", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_day_whose_day_before_has_no_bars_says_so(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    readiness = Readiness(WAITS, ready=False, expected=0, present=0, missing=())
    what, remedy = what_waits(waiting_for(readiness, 0))
    assert {"en": "no bars of the trading day before it", "zh": "前一交易日没有日线"}[language] in what
    assert {"en": "and of the trading day before", "zh": "及前一交易日的日线"}[language] in remedy


@pytest.mark.parametrize(("rows", "why"), CASES[:2], ids=["none", "most"])
def test_in_chinese(
    said: Said, tmp_path: Path, rows: dict[tuple[str, Any], tuple[float, float, float, int]], why: str
) -> None:
    data, _ = play(tmp_path, rows)
    ended = said("settle", "--data-dir", data, QUANTOS_LANG="zh", COLUMNS="100")
    told = ended.out.replace("\n", "")
    assert f"{WAITS} 等待行情：" in told
    assert ("整日缺失" in told) == (not rows)
    assert ("缺 600007.SH、600008.SH" in told) == bool(rows), why
