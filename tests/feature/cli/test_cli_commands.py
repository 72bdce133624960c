"""Commands against a running server, against a directory at rest, and against bad input."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from quantos.app import Platform
from quantos.kit.clock import SystemClock, parse_instant
from quantos.kit.masking import masked
from quantos.settings import Settings
from tests.feature.cli.conftest import Run, Said, Serving
from tests.support.platforms import stage

MAKE_NONE = [
    ("invite", "create"),
    ("operator", "token"),
    ("calendar", "status"),
    ("clock",),
    ("clock", "advance", "1d"),
    ("clock", "set", "2024-01-02T08:00"),
    ("job", "list"),
    ("job", "run", "settlement_watchdog"),
    ("market", "status"),
    ("settle",),
]


@pytest.mark.parametrize(
    "command",
    [
        ("job", "list"),
        ("market", "status"),
        ("calendar", "status"),
        ("operator", "token"),
        ("invite", "create"),
        ("settle",),
        ("job", "run", "settlement_watchdog"),
    ],
    ids=" ".join,
)
def test_a_command_asks_the_running_server_and_prints_json(
    server: Serving, run: Run, command: tuple[str, ...]
) -> None:
    ended = run(*command, "--json", data_dir=server.directory)
    assert (ended.code, ended.err) == (0, "")
    assert isinstance(ended.json, dict)


def test_an_invite_code_made_by_the_command_lets_an_account_in(server: Serving, run: Run) -> None:
    code = run("invite", "create", "--max-uses", "1", data_dir=server.directory).out.strip()
    calls = [
        httpx.post(
            f"{server.url}/api/v1/auth/invite", json={"invite_code": code}, trust_env=False
        ).status_code
        for _ in range(2)
    ]
    assert calls == [201, 401]


def test_the_printed_token_is_the_operators(server: Serving, run: Run) -> None:
    token = run("operator", "token", data_dir=server.directory).out.strip()
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server.url}/api/v1/admin/jobs", headers=headers, trust_env=False).status_code == 200


@pytest.mark.parametrize("move", [("advance", "1d"), ("set", "2099-01-01T08:00")])
def test_a_live_clock_is_not_moved(server: Serving, run: Run, move: tuple[str, str]) -> None:
    ended = run("clock", *move, data_dir=server.directory)
    assert ended.code == 1
    assert "is a live data directory: its clock is the world's and is not moved" in ended.err


def test_a_live_clock_is_shown(server: Serving, run: Run) -> None:
    shown = run("clock", data_dir=server.directory)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.endswith("live: the platform's clock is the world's\n")
    now = parse_instant(run("clock", "--json", data_dir=server.directory).json["now"])
    assert abs(now - SystemClock().now()) < timedelta(hours=1)


def test_the_list_of_jobs_tells_when_each_ran_and_for_which_day_where_it_is_another(
    said: Said, tmp_path: Path
) -> None:
    with stage(tmp_path / "data", parse_instant("2024-01-03T20:00+08:00")):
        pass
    for job, day in (("attestation_retry", "2023-12-29"), ("settlement_watchdog", "2024-01-03")):
        assert said("job", "run", job, "--date", day, "--data-dir", tmp_path / "data").code == 0
    lines = said("job", "list", "--data-dir", tmp_path / "data", COLUMNS="80").out.splitlines()
    rows = {line.split()[0]: line for line in lines}
    assert rows["attestation_retry"].split()[3:5] == ["2024-01-03", "20:00"]
    assert rows["for"].split() == ["for", "2023-12-29"]
    assert lines.index(rows["for"]) == lines.index(rows["attestation_retry"]) + 1
    assert rows["settlement_watchdog"].split()[3:5] == ["2024-01-03", "20:00"]


def test_an_unknown_job_is_one_line_on_stderr(server: Serving, run: Run) -> None:
    ended = run("job", "run", "tea_break", data_dir=server.directory)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("quantos: there is no job tea_break: quantos job list")
    assert len(ended.err.splitlines()) == 1


def test_a_settlement_of_a_day_that_has_not_come_is_refused(server: Serving, run: Run) -> None:
    ended = run("settle", "--date", "2199-01-02", data_dir=server.directory)
    assert ended.code == 1
    assert "has not come" in ended.err


def test_a_broken_market_file_is_refused_with_its_reason(server: Serving, run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "bars.parquet"
    broken.write_bytes(b"PAR1 cut off")
    ended = run("market", "import", broken, data_dir=server.directory)
    assert ended.code == 1
    assert "bars.parquet" in ended.err
    assert "Traceback" not in ended.err


def test_a_path_that_is_not_there_is_named(server: Serving, run: Run) -> None:
    ended = run("market", "import", "/nowhere/bars", data_dir=server.directory)
    assert ended.code == 1
    assert "/nowhere/bars" in ended.err


def test_a_calendar_file_names_the_line_that_cannot_be_read(
    server: Serving, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("date,is_open\n2027-01-01,0\n2027-01-32,1\n")
    ended = run("calendar", "import", file, data_dir=server.directory)
    assert ended.code == 1
    assert "line 3" in ended.err


def test_a_calendar_file_extends_the_calendar(server: Serving, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("date,is_open\n2027-01-01,0\n2027-01-02,0\n2027-01-03,0\n2027-01-04,1\n")
    ended = run("calendar", "import", file, "--json", data_dir=server.directory)
    assert ended.code == 0, ended.err
    assert ended.json["calendar"]["last"] == "2027-01-04"


def test_a_command_without_a_server_opens_the_directory_itself(run: Run, tmp_path: Path) -> None:
    Platform.open(Settings(data_dir=tmp_path / "data")).close()
    made = run("invite", "create", "--json", data_dir=tmp_path / "data")
    assert made.code == 0
    assert set(made.json) == {"invite_code"}


@pytest.mark.parametrize("command", MAKE_NONE, ids=" ".join)
def test_a_command_makes_no_directory(said: Said, tmp_path: Path, command: tuple[str, ...]) -> None:
    ended = said(*command, "--data-dir", tmp_path / "typo")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"quantos: there is no data directory at {tmp_path / 'typo'}: name another")
    assert list(tmp_path.iterdir()) == []


def test_a_calendar_is_not_imported_into_a_directory_that_is_not_there(said: Said, tmp_path: Path) -> None:
    (tmp_path / "2027.csv").write_text("date,is_open\n2027-01-01,0\n")
    ended = said("calendar", "import", tmp_path / "2027.csv", "--data-dir", tmp_path / "typo")
    assert ended.code == 1
    assert not (tmp_path / "typo").exists()


def test_a_folder_that_is_no_data_directory_is_left_alone(said: Said, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ended = said("invite", "create", "--data-dir", tmp_path)
    assert ended.code == 1
    assert f"{tmp_path} is a folder, but no QuantOS data directory" in ended.err
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("command", "language", "words"),
    [
        (
            ("serve",),
            "en",
            "is a folder with other things in it (bars.csv) and no QuantOS data directory: name a",
        ),
        (("market", "import", "bars.csv"), "zh", "是已有其他内容（bars.csv）的文件夹，不是 QuantOS 数据目录"),
    ],
)
def test_no_platform_is_made_in_a_folder_with_other_things_in_it(
    run: Run, tmp_path: Path, command: tuple[str, ...], language: str, words: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    (folder / "bars.csv").write_text("date,symbol\n")
    given = [folder / name if name.endswith(".csv") else name for name in command]
    ended = run(*given, data_dir=folder, QUANTOS_LANG=language)
    assert (ended.code, ended.out) == (1, "")
    assert f"{folder} {words}" in ended.err
    assert [file.name for file in folder.iterdir()] == ["bars.csv"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_directory_that_has_lost_its_facts_is_not_taken_for_none(said: Said, tmp_path: Path) -> None:
    (tmp_path / "records.db").touch()
    ended = said("market", "status", "--data-dir", tmp_path)
    assert ended.code == 1
    assert "has lost its directory.json" in ended.err


def test_settings_mask_secrets_and_passwords() -> None:
    assert masked(SecretStr("sk-very-secret")) == "********"
    assert masked("postgresql+psycopg://quantos:hunter2@db.example/quantos") == (
        "postgresql+psycopg://quantos:********@db.example/quantos"
    )


def test_settings_show_numbers_as_they_are_written(run: Run) -> None:
    assert " 134217728 " in run("settings").out


def test_a_setting_that_cannot_be_used_is_named_by_its_variable(run: Run) -> None:
    ended = run("settings", QUANTOS_PORT="eighty")
    assert ended.code == 1
    assert ended.err.startswith("quantos: settings cannot be used: QUANTOS_PORT")
    assert "Traceback" not in ended.err


def test_the_version_is_the_packages(run: Run) -> None:
    from quantos import __version__  # noqa: PLC0415

    assert run("version", "--json").json == {"version": __version__}


def test_debug_shows_where_a_refusal_came_from(run: Run, tmp_path: Path) -> None:
    ended = run("market", "status", "--debug", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "Traceback" in ended.err


def test_an_invite_code_that_has_expired_is_not_made(server: Serving, run: Run) -> None:
    ended = run("invite", "create", "--expires-at", "2020-01-01T08:00", data_dir=server.directory)
    assert (ended.code, ended.out) == (2, "")
    assert "2020-01-01 08:00 Shanghai is past" in ended.err


def test_a_refused_field_is_named_without_its_place_in_the_request(run: Run, tmp_path: Path) -> None:
    platform = Platform.open(Settings(data_dir=tmp_path / "data"), simulate=datetime(2026, 1, 5, tzinfo=UTC))
    platform.start()
    platform.close()
    ended = run("invite", "create", "--max-uses", "1000000000", data_dir=tmp_path / "data")
    assert (ended.code, ended.err) == (1, "quantos: max_uses: must be at most 1000000\n")
