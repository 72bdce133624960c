"""Strategies that could not be settled: named with what to do, and what is said to do settles them.

`holds-a` fails on the third of six days. Its neighbour `holds-b` is settled on all of them, on none, or only after it.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from quantos.cli.failures import what_failed
from quantos.cli.texts.failures import in_chinese
from tests.feature.cli.conftest import Ended, Run, Said, serving
from tests.support.platforms import Stage, made_up, stage
from tests.support.restated import DAYS, FREE, START, A, B, C, bars, write_bars

FAILED: Final = DAYS[2].isoformat()
ACTIONS: Final = "symbol,ex_date,bonus_per_million,cash_mills_per_million"
BECOMES: Final = {"no_price": f"1000000,0,{C}", "overflow": f"1000000,0,{B}"}
"""A turns into a share without a price; or, in a store that was filled when imports let it in, into minus half a share,
which nobody can hold."""

KINDS: Final = ("unexplained_reference", "no_price", "overflow")
NEIGHBOURS: Final = ("none", "settled", "later")


def play(on: Stage, folder: Path, kind: str, neighbour: str = "settled") -> Stage:
    rows = bars()
    if kind == "unexplained_reference":
        opened, closed, reference, volume = rows[A, DAYS[2]]
        assert reference is not None
        rows[A, DAYS[2]] = (opened, closed, reference + 1, volume)
    on.platform.market.import_bars(made_up(rows))
    if kind in BECOMES:
        action = folder / "corporate_actions.csv"
        action.write_text(f"{ACTIONS},into_symbol\n{A},{FAILED},{BECOMES[kind]}\n")
        on.operator.post("/admin/market/import", {"path": str(action)})
        action.unlink()
    if kind == "overflow":
        with on.platform.series.write() as cursor:
            cursor.execute("UPDATE corporate_action SET bonus_per_million = -500000")
    agent = on.agent()
    for slug in ("holds-a", "holds-b"):
        agent.post("/strategies", {"name": slug, "slug": slug, **FREE})
    on.submit(agent, "holds-a", DAYS[0], {A: 0.5})
    if neighbour == "settled":
        on.submit(agent, "holds-b", DAYS[0], {B: 0.5})
    on.clock_to(DAYS[3], "09:00")
    if neighbour == "later":
        on.submit(agent, "holds-b", DAYS[3], {B: 0.5})
    on.clock_to(DAYS[-1], "19:00")
    return on


@pytest.fixture(scope="module")
def unexplained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unexplained")
    with stage(folder / "data", START) as on:
        play(on, folder, "unexplained_reference")
    return folder / "data"


@pytest.fixture
def data(unexplained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(unexplained, tmp_path / "data")


def one_line(text: str) -> str:
    return " ".join(text.split())


def what_is_asked_for(kind: str, folder: Path) -> Path:
    """The FILE of a remedy."""
    if kind == "no_price":
        return write_bars(folder / "fix", {(C, day): (10.0, 10.0, 10.0, 1000) for day in DAYS[2:]})
    file = folder / "corporate_actions.csv"
    file.write_text(f"{ACTIONS}\n{A},{FAILED},0,0\n")
    return file


def problems(ended: Ended) -> list[dict[str, Any]]:
    return [
        check
        for check in ended.json["checks"]
        if (check["check"], check["state"]) == ("settlement", "problem")
    ]


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_doctor_and_the_alarm_say_to_do_settles_the_strategy(
    said: Said, tmp_path: Path, kind: str, neighbour: str
) -> None:
    with stage(tmp_path / "data", START) as on:
        play(on, tmp_path, kind, neighbour)
        (failed,) = on.platform.settlement.last_daily_run()["failed"]  # type: ignore[index]
        alarm = next(
            each["message"]
            for each in on.operator.get("/admin/overview")["alarms"]
            if each["code"] == "strategies_not_settled"
        )
    where = ("--data-dir", tmp_path / "data")
    (problem,) = problems(said("doctor", "--json", *where))
    assert problem["detail"].startswith(f"holds-a on {FAILED} is not settled: {kind}: ")
    assert alarm.startswith(f"1 strategy-day could not be settled: holds-a on {FAILED}: {kind}: ")
    assert alarm.endswith(problem["remedy"])
    asked_for = problem["remedy"].partition("FILE: ")[2]
    assert (failed["symbol"] in asked_for, FAILED in asked_for) == (True, True)
    command = problem["remedy"].partition(" settles it")[0]
    file = str(what_is_asked_for(kind, tmp_path))
    arguments = [{"FILE": file, "TEXT": "mended"}.get(word, word) for word in shlex.split(command)]
    assert arguments.pop(0) == "quantos"
    assert said(*arguments, *where).code == 0
    assert problems(said("doctor", "--json", *where)) == []
    with stage(tmp_path / "data", START) as on:
        assert len(on.navs("holds-a")) == len(DAYS)
        assert on.operator.get("/admin/overview")["alarms"] == []


@pytest.mark.parametrize("served", [False, True])
def test_settle_names_who_could_not_be_settled_and_leaves_with_1(
    run: Run, home: Path, data: Path, *, served: bool
) -> None:
    server = serving(home, data) if served else None
    try:
        ended = run("settle", data_dir=data, COLUMNS="100")
        as_json = run("settle", "--json", data_dir=data)
    finally:
        if server is not None:
            server.stop()
            assert server.process.stdout is not None
            server.process.stdout.close()
    assert (ended.code, as_json.code) == (1, 1)
    told = one_line(ended.out)
    assert (
        f"holds-a on {FAILED} is not settled: unexplained_reference: {A} has the reference price 11.2" in told
    )
    assert "remedy: quantos market import FILE settles it at once; FILE: a file corporate_actions.csv" in told
    assert ended.err.startswith("quantos: 1 strategy-day could not be settled")
    (failed,) = as_json.json["failures"]
    assert (failed["slug"], failed["trade_date"], failed["symbol"]) == ("holds-a", FAILED, A)
    assert failed["remedy"].startswith("quantos market import FILE")


def test_in_chinese(said: Said, data: Path) -> None:
    ended = said("settle", "--data-dir", data, QUANTOS_LANG="zh", COLUMNS="100")
    assert ended.code == 1
    told = ended.out.replace("\n", "")
    assert f"holds-a 在 {FAILED} 未结算：unexplained_reference：{A} 的参考价为 11.2" in told
    assert "处理办法：quantos market import FILE" in told
    assert f"{A},{FAILED},0,0" in told


@pytest.mark.usefixtures("english")
def test_strategies_that_lack_the_same_are_told_in_one() -> None:
    failed = {
        "slug": "one",
        "trade_date": FAILED,
        "code": "?",
        "symbol": None,
        "reason": "why",
        "remedy": "do",
    }
    told = what_failed([failed, {**failed, "slug": "two"}, {**failed, "trade_date": "2024-03-06"}])
    assert told == [
        (f"one, two on {FAILED} is not settled: why", "do"),
        ("one on 2024-03-06 is not settled: why", "do"),
    ]


def test_a_restatement_or_a_refused_one_hides_nothing(said: Said, data: Path) -> None:
    refused = said(
        "settle", "--restate", "--from", DAYS[-1], "--reason", "x", "--data", data, "--data-dir", data
    )
    assert refused.code == 1
    assert len(problems(said("doctor", "--json", "--data-dir", data))) == 1


def test_a_reason_of_a_kind_without_chinese_words_is_told_as_the_platform_says_it() -> None:
    assert in_chinese({"code": "struck by lightning", "symbol": None}) is None
