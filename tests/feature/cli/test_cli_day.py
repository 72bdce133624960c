"""`quantos day`: one simulated day, job by job, in words and as JSON; helpful words where there is no such day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from tests.feature.cli.conftest import Run, on_a_terminal
from tests.support.platforms import made_up, stage

JOBS = [
    ("09:00", "portfolio_signal_generation"),
    ("09:10", "attestation_retry"),
    ("18:15", "settle_all_active_strategies"),
    ("18:30", "daily_evaluation"),
    ("18:40", "factor_os_tracking"),
    ("18:45", "settlement_watchdog"),
]
START = parse_instant("2024-01-04T08:00+08:00")
A = "600001.SH"


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    """Thursday morning; one strategy with a signal for the day, bars of that day alone."""
    with stage(tmp_path / "data", START) as on:
        on.platform.market.import_bars(made_up({(A, date(2024, 1, 4)): (10.0, 10.0, 10.0, 1_000_000)}))
        agent = on.agent()
        agent.post("/strategies", {"name": "one", "slug": "one"})
        on.submit(agent, "one", date(2024, 1, 4), {A: 0.5})
    return tmp_path / "data"


def test_a_day_is_told_job_by_job_and_the_next_one_begins(run: Run, simulated: Path) -> None:
    ended = run("day", "2024-01-04", "--json", data_dir=simulated)
    assert ended.code == 0, ended.err
    told = ended.json
    assert (told["date"], told["before"]) == ("2024-01-04", 0)
    assert [(each["time"], each["job"]) for each in told["jobs"]] == JOBS
    did = {each["job"]: each for each in told["jobs"]}
    assert {each["state"] for each in did.values()} == {"done"}
    assert did["settle_all_active_strategies"]["detail"]["settled"] == 1
    assert did["daily_evaluation"]["detail"] == {"strategies": 1, "days": 1}
    assert all(each["took_s"] >= 0 for each in did.values())
    assert run("clock", "--json", data_dir=simulated).json["now"] == "2024-01-04T16:00:00Z"


def test_days_before_it_are_lived_first_and_the_telling_is_chinese_too(home: Path, simulated: Path) -> None:
    with on_a_terminal(home, "day", "2024-01-08", "--data-dir", simulated, QUANTOS_LANG="zh") as terminal:
        ended = terminal.end()
    assert ended.code == 0, ended.err
    assert "先运行了此前各日的 12 个任务" in ended.out
    assert "2024-01-08 结束" in ended.out
    assert "等待" in ended.out, "the day has no bars"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2024-01-03", "is over: the clock stands at 2024-01-04 08:00"),
        ("2024-01-06", "is no trading day: no job runs on it. The next one is 2024-01-08"),
        ("2199-01-04", "lies beyond the trading calendar"),
    ],
)
def test_a_day_that_cannot_be_played_is_refused_in_words(
    run: Run, simulated: Path, day: str, words: str
) -> None:
    ended = run("day", day, data_dir=simulated)
    assert (ended.code, words in " ".join(ended.err.split())) == (1, True), ended.err
    assert run("clock", "--json", data_dir=simulated).json["now"] == "2024-01-04T00:00:00Z"


def test_a_live_directory_has_no_days_to_play(run: Run, tmp_path: Path) -> None:
    Platform.open(Settings(data_dir=tmp_path / "live")).close()
    ended = run("day", "2024-01-04", data_dir=tmp_path / "live")
    assert ended.code == 1
    assert "quantos serve --simulate" in " ".join(ended.err.split())
