"""`quantos clock`: durations, and a simulated clock that moves with a server and without one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import typer

from quantos.cli.clock import parse_duration
from tests.feature.cli.conftest import Run, serving


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
        assert [ran["job"] for ran in moved.json["ran"]] == [
            "settle_all_active_strategies",
            "settlement_watchdog",
        ]
        back = run("clock", "set", "2024-01-02T09:00+08:00", data_dir=tmp_path / "data")
        assert back.code == 1
        assert "cannot go back" in back.err
    finally:
        assert started.stop() == 0
        assert started.process.stdout is not None
        started.process.stdout.close()
    shanghai = run("clock", "set", "2024-01-02T18:55", "--json", data_dir=tmp_path / "data")
    assert shanghai.json["now"] == "2024-01-02T10:55:00Z"  # without an offset it is the exchange's time
    offline = run("clock", "advance", "5m", "--json", data_dir=tmp_path / "data")
    assert offline.json["now"] == "2024-01-02T11:00:00Z"
    assert run("clock", "--json", data_dir=tmp_path / "data").json["now"] == "2024-01-02T11:00:00Z"
