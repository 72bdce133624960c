"""`quantos clock`: durations, and a simulated clock that moves with a server and without one."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from quantos.cli.clock import parse_duration, summed_up
from quantos.kit.clock import parse_instant
from quantos.platform import Platform
from quantos.settings import Settings
from tests.feature.cli.conftest import Run, on_a_terminal, serving


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1d", timedelta(days=1)),
        ("6h30m", timedelta(hours=6, minutes=30)),
        ("2w", timedelta(days=14)),
        ("90m", timedelta(minutes=90)),
        ("1d12h0m5s", timedelta(days=1, hours=12, seconds=5)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "1", "d", "-1d", "0d", "1m1h", "1.5d", "٣d", "9999999999999d", "1d" * 30]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_duration(text)


def test_a_simulated_clock_moves_with_and_without_a_server(home: Path, run: Run, tmp_path: Path) -> None:
    started = serving(home, tmp_path / "data", "--simulate", "2024-01-02T08:00+08:00")
    try:
        moved = run("clock", "set", "2024-01-02T18:50+08:00", "--json", data_dir=tmp_path / "data")
        assert moved.code == 0, moved.err
        assert moved.json["now"] == "2024-01-02T10:50:00Z"
        assert [ran["job"] for ran in moved.json["ran"] if ran["job"].startswith("settle")] == [
            "settle_all_active_strategies",
            "settlement_watchdog",
        ]
        back = run("clock", "set", "2024-01-02T09:00+08:00", data_dir=tmp_path / "data")
        assert back.code == 1
        assert back.err == (
            "quantos: the clock stands at 2024-01-02 18:50 Shanghai and cannot go back to 2024-01-02 09:00\n"
        )
    finally:
        assert started.stop() == 0
        assert started.process.stdout is not None
        started.process.stdout.close()
    shanghai = run("clock", "set", "2024-01-02T18:55", "--json", data_dir=tmp_path / "data")
    assert shanghai.json["now"] == "2024-01-02T10:55:00Z"  # without an offset it is the exchange's time
    offline = run("clock", "advance", "5m", "--json", data_dir=tmp_path / "data")
    assert offline.json["now"] == "2024-01-02T11:00:00Z"
    assert run("clock", "--json", data_dir=tmp_path / "data").json["now"] == "2024-01-02T11:00:00Z"


@pytest.fixture(scope="module")
def simulated(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated directory at rest, in 1991."""
    directory = tmp_path_factory.mktemp("simulated") / "data"
    started = serving(home, directory, "--simulate", "1991-01-02T08:00")
    assert started.stop() == 0
    assert started.process.stdout is not None
    started.process.stdout.close()
    return directory


def test_a_long_move_shows_the_trading_days_and_ctrl_c_ends_it_with_the_way_on(
    home: Path, run: Run, simulated: Path
) -> None:
    with on_a_terminal(home, "clock", "set", "2026-12-01T08:00", "--data-dir", simulated) as terminal:
        terminal.read_until(r"[1-9]\d*/8765 trading days, at 1991-")
        terminal.interrupt()
        ended = terminal.end()
    assert ended.code == 130
    assert "Traceback" not in ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith("quantos: interrupted: the clock stands at 199")
    assert last.endswith("to go on: quantos clock set 2026-12-01T00:00:00Z")
    assert run("clock", "--json", data_dir=simulated).json["now"] < "2020"


@pytest.mark.parametrize(
    ("given", "language", "told"),
    [
        (("set", "2027-01-01T08:00"), "en", "the trading calendar ends on 2026-12-31"),
        (("advance", "2000w"), "zh", "交易日历止于 2026-12-31"),
    ],
)
def test_a_clock_is_not_moved_beyond_the_calendar(
    run: Run, simulated: Path, given: tuple[str, ...], language: str, told: str
) -> None:
    before = run("clock", "--json", data_dir=simulated).json["now"]
    ended = run("clock", *given, data_dir=simulated, QUANTOS_LANG=language)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert "quantos calendar import FILE" in ended.err
    assert run("clock", "--json", data_dir=simulated).json["now"] == before


def test_options_before_the_command_count_too(run: Run, simulated: Path) -> None:
    before = run("clock", "--json", data_dir=simulated).json["now"]
    moved = run("clock", "--data-dir", simulated, "--json", "advance", "1s")
    assert (moved.code, moved.json["simulated"]) == (0, True), moved.err
    assert moved.json["now"] > before


@pytest.mark.usefixtures("english")
def test_many_jobs_are_summed_up_by_how_they_ended() -> None:
    ran = [{"job": "settle", "date": f"2024-01-{day:02}", "state": "done"} for day in range(2, 12)]
    ran[3]["state"] = "waiting"
    assert summed_up(ran) == [
        ("settle", "2024-01-02 … 2024-01-11", "done 9"),
        ("settle", "2024-01-05", "waiting 1"),
    ]


def test_a_live_clock_that_ran_ahead_is_corrected_and_the_platform_opens(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    Platform.open(Settings(data_dir=folder)).close()
    with sqlite3.connect(folder / "records.db") as records:
        records.execute(
            "INSERT INTO platform_state VALUES ('timetable_followed_until', '2199-01-01T00:00:00Z')"
        )
    records.close()
    refused = run("doctor", "--json", data_dir=folder)
    (problem,) = [check for check in refused.json["checks"] if check["check"] == "clock"]
    assert "quantos clock correct" in problem["remedy"]
    assert run("clock", "correct", "--reason", " ", data_dir=folder).code == 1
    corrected = run("clock", "correct", "--reason", "the board's battery", "--json", data_dir=folder)
    assert corrected.code == 0, corrected.err
    assert (corrected.json["lived_until"], corrected.json["jobs_forgotten"]) == ("2199-01-01T00:00:00Z", 0)
    Platform.open(Settings(data_dir=folder)).close()
    again = run("clock", "correct", "--reason", "the board's battery", data_dir=folder)
    assert (again.code, "in step" in again.err) == (1, True)


def test_a_simulated_clock_is_not_corrected(run: Run, tmp_path: Path) -> None:
    Platform.open(
        Settings(data_dir=tmp_path / "data"), simulate=parse_instant("2024-01-02T08:00+08:00")
    ).close()
    assert run("clock", "correct", "--reason", "ahead", data_dir=tmp_path / "data").code == 1
