"""Commands against a running server, against a directory at rest, and against bad input."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from quantos.cli.settings_command import masked
from tests.feature.cli.conftest import Run, Serving

LIVE_ONLY = "only a simulated one has a clock to move"


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


def test_a_live_clock_is_not_moved(server: Serving, run: Run) -> None:
    ended = run("clock", "advance", "1d", data_dir=server.directory)
    assert ended.code == 1
    assert LIVE_ONLY in ended.err


def test_an_unknown_job_is_one_line_on_stderr(server: Serving, run: Run) -> None:
    ended = run("job", "run", "tea_break", data_dir=server.directory)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("quantos: there is no job tea_break")
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
    made = run("invite", "create", "--json", data_dir=tmp_path / "data")
    assert made.code == 0
    assert set(made.json) == {"invite_code"}


def test_a_command_does_not_make_a_directory_to_ask_it(run: Run, tmp_path: Path) -> None:
    ended = run("market", "status", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "no data directory" in ended.err
    assert not (tmp_path / "data").exists()


def test_settings_mask_secrets_and_passwords() -> None:
    assert masked(SecretStr("sk-very-secret")) == "********"
    assert masked("postgresql+psycopg://quantos:hunter2@db.example/quantos") == (
        "postgresql+psycopg://quantos:********@db.example/quantos"
    )


def test_settings_show_numbers_as_they_are_written(run: Run) -> None:
    assert " 67108864 " in run("settings").out


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
