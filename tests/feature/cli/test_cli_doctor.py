"""`quantos doctor`: one problem at a time; a sound directory is looked at in test_cli_demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings
from tests.feature.cli.conftest import Run


def made(folder: Path, simulate: datetime | None = None) -> Path:
    """A new data directory, with its operator's token."""
    platform = Platform.open(Settings(data_dir=folder / "data"), simulate=simulate)
    platform.accounts.operator_token()
    if simulate is not None:
        platform.start()  # from now on the directory knows where its clock stands
    platform.close()
    return folder / "data"


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["state"] for check in answer["checks"]}


def test_a_missing_directory_is_a_problem_with_a_remedy(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--json", data_dir=tmp_path / "none")
    assert ended.code == 1
    (problem,) = [check for check in ended.json["checks"] if check["state"] == "problem"]
    assert problem["check"] == "directory"
    assert "quantos serve" in problem["remedy"]


def test_a_new_live_directory_has_no_data(run: Run, tmp_path: Path) -> None:
    made(tmp_path)
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert states(ended.json)["data"] == "problem"
    assert states(ended.json)["lock"] == "ok"


def test_a_secret_that_others_can_read_is_a_problem(run: Run, tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "data" / "secrets" / "operator-token").chmod(0o644)
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert states(ended.json)["secrets"] == "problem"


@pytest.mark.parametrize("file", ["records.db", "series.duckdb"])
def test_a_store_that_does_not_open_is_the_finding(run: Run, tmp_path: Path, file: str) -> None:
    made(tmp_path)
    (tmp_path / "data" / file).write_bytes(b"this is no database" * 100)
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert ended.code == 1, ended.err
    assert states(ended.json)["stores"] == "problem"
    assert "Traceback" not in ended.err


def test_a_directory_that_cannot_be_taken_needs_no_restoring(run: Run, tmp_path: Path) -> None:
    """Nothing says that it is damaged: whoever restored it would lose what is there."""
    made(tmp_path)
    (tmp_path / "data" / "lock").unlink()
    (tmp_path / "data" / "lock").mkdir()
    ended = run("doctor", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "run as its owner, or name another with --data-dir" in " ".join(ended.out.split())
    assert "restore" not in ended.out


def test_the_doctor_speaks_chinese(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", data_dir=tmp_path / "none", QUANTOS_LANG="zh")
    assert "处理办法" in ended.out


BARS = """\
symbol,date,open,high,low,close,volume,pre_close
600519.SH,2026-04-29,10.00,10.00,10.00,10.00,100,10.00
600519.SH,2026-04-30,10.00,10.00,10.00,10.00,100,10.00
"""
"""The last two trading days before a holiday; the next one is 2026-05-06."""


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A simulated directory with bars of two days, its clock some days before them."""
    folder = tmp_path_factory.mktemp("dated")
    directory = made(folder, datetime(2026, 4, 20, tzinfo=UTC))
    (folder / "bars.csv").write_text(BARS)
    assert run("market", "import", folder / "bars.csv", data_dir=directory).code == 0
    return directory


def moved(directory: Path, now: str) -> None:
    """The clock, also beyond the calendar, where the command does not move it."""
    platform = Platform.open(Settings(data_dir=directory), simulate=datetime(2026, 4, 20, tzinfo=UTC))
    try:
        platform.scheduler.advance_to(parse_instant(f"{now}:00+08:00"))
    finally:
        platform.close()


@pytest.mark.parametrize(
    ("now", "state", "detail"),
    [
        ("2026-04-20T12:00", "note", "bars begin on 2026-04-29; the last trading day that is over by the platform's clock is 2026-04-17"),
        ("2026-04-30T18:14", "ok", "bars to 2026-04-30, beyond 2026-04-29, the last trading day that is over by the simulated clock"),
        ("2026-04-30T18:15", "ok", "bars to 2026-04-30, the last trading day that is over by the platform's clock"),
        ("2026-05-06T18:14", "ok", "bars to 2026-04-30, the last trading day that is over by the platform's clock"),
        ("2026-05-07T18:15", "problem", "is 2026-05-07; missing trading days: 2"),
        ("2027-02-01T08:00", "note", "the calendar does not know the weeks before 2027-02-01"),
    ],
)  # fmt: skip
def test_bars_are_compared_with_the_platforms_day(
    run: Run, dated: Path, now: str, state: str, detail: str
) -> None:
    moved(dated, now)
    found = {check["check"]: check for check in run("doctor", "--json", data_dir=dated).json["checks"]}
    assert found["data"]["state"] == state
    assert detail in found["data"]["detail"]


def test_a_calendar_that_has_ended_is_never_days_ahead(run: Run, dated: Path) -> None:
    moved(dated, "2027-03-01T08:00")
    found = {check["check"]: check for check in run("doctor", "--json", data_dir=dated).json["checks"]}
    assert found["calendar"]["state"] == "problem"
    assert found["calendar"]["detail"] == "ended on 2026-12-31, 60 days before the platform's day"
