"""Settings: who set them, and what looks like one and is none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantos.cli.configuration import unknown_variables
from quantos.settings import Settings
from tests.feature.cli.conftest import Run, Said

KNOWN = ["QUANTOS_PORT", "QUANTOS_DATA_DIR", "QUANTOS_LANG"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("QUANTOS_PROT", "QUANTOS_PORT"),
        ("QUANTOS_DATADIR", "QUANTOS_DATA_DIR"),
        ("quantos_langs", "QUANTOS_LANG"),
        ("QUANTOS_COFFEE", ""),
    ],
)
def test_a_variable_that_is_no_setting_is_found_with_the_nearest_one(name: str, meant: str) -> None:
    assert unknown_variables([name], KNOWN) == {name: meant}


@pytest.mark.parametrize(
    "name", ["QUANTOS_PORT", "quantos_port", "QUANTOS_SHARED", "QUANTOS_CI_REAL", "PORT", "MY_QUANTOS_PORT"]
)
def test_what_means_something_is_not_warned_of(name: str) -> None:
    assert unknown_variables([name], KNOWN) == {}


def test_an_unknown_variable_is_named_once_on_stderr_and_is_no_error(run: Run, tmp_path: Path) -> None:
    others = {"QUANTOS_SHARED": "/nowhere", "QUANTOS_URL": "http://127.0.0.1:8000"}  # of the tests, of agents
    ended = run("doctor", "--json", data_dir=tmp_path / "none", QUANTOS_PROT="8001", **others)
    assert ended.err == "quantos: QUANTOS_PROT is no setting and does nothing; is QUANTOS_PORT meant?\n"
    assert ended.json["checks"][0] == {
        "check": "settings",
        "state": "ok",
        "detail": "every setting can be used",
        "remedy": "",
    }


def test_an_env_file_is_looked_at_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("QUANTOS_PORT=8123\nQUANTOS_HOTS=127.0.0.1\n")
    monkeypatch.chdir(tmp_path)
    ended = run("settings")
    assert "QUANTOS_PORT = 8123  (from .env)\n" in ended.out
    assert "is QUANTOS_HOST meant?" in ended.err


def test_a_data_directory_that_nobody_named_is_the_default(run: Run, tmp_path: Path) -> None:
    listed = {row["name"]: row for row in run("settings", "--json").json["settings"]}
    assert listed["data_dir"]["given"] is False
    assert "(default)" in run("settings").out.splitlines()[0]
    named = run("settings", data_dir=tmp_path).out.splitlines()[0]
    assert named == f"QUANTOS_DATA_DIR = {tmp_path}  (from the command line)"
    by_variable = run("settings", QUANTOS_DATA_DIR="~/here").out.splitlines()[0]
    assert by_variable.endswith("/here  (from the environment)")
    assert "~" not in by_variable


def test_the_language_of_the_env_file_is_spoken(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("QUANTOS_LANG=zh\n")
    monkeypatch.chdir(tmp_path)
    assert "默认值" in run("settings", QUANTOS_LANG="").out


def test_a_minimum_commission_is_in_whole_fen(run: Run, tmp_path: Path) -> None:
    ended = run("settings", data_dir=tmp_path, QUANTOS_MINIMUM_COMMISSION="0.005")
    assert ended.code != 0
    assert "no more than 2 decimal places" in ended.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "QUANTOS_PORT: must be a whole number, written in digits alone"),
        ("ATTESTATION_WHEN", "later", "QUANTOS_ATTESTATION_WHEN: must be one of 'submission' or 'deadline'"),
        ("SERIES_MEMORY_LIMIT", "lots", "must be an amount of memory, such as 2GB or 512MiB"),
        ("SERIES_MEMORY_LIMIT", "80%", "must be an amount of memory, such as 2GB or 512MiB"),
        (
            "ATTESTATION_REMOTE",
            "http://[bad",
            "QUANTOS_ATTESTATION_REMOTE: must be a path, user@host:path, or a URL",
        ),
        ("ATTESTATION_REMOTE", "https://host:99999/x", "QUANTOS_ATTESTATION_REMOTE: must be a path"),
        ("ATTESTATION_REMOTE", "ext::sh://x", "QUANTOS_ATTESTATION_REMOTE: must be a path"),
    ],
)
def test_a_value_that_does_not_fit_is_named_in_plain_words(
    run: Run, tmp_path: Path, name: str, value: str, said: str
) -> None:
    ended = run("settings", data_dir=tmp_path, **{f"QUANTOS_{name}": value})
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "abc", "设置无法使用：QUANTOS_PORT：须为整数，只用数字书写"),
        ("PORT", "70000", "设置无法使用：QUANTOS_PORT：不得大于 65535"),
        ("ATTESTATION_WHEN", "later", "QUANTOS_ATTESTATION_WHEN：须为 'submission' 或 'deadline' 之一"),
        ("SERIES_MEMORY_LIMIT", "lots", "QUANTOS_SERIES_MEMORY_LIMIT：须为内存大小，例如 2GB 或 512MiB"),
        ("ATTESTATION_REMOTE", "http://[bad", "QUANTOS_ATTESTATION_REMOTE：须为路径、user@host:path 或网址"),
        ("MINIMUM_COMMISSION", "0.005", "QUANTOS_MINIMUM_COMMISSION：小数不得超过 2 位"),
        ("MINIMUM_COMMISSION", "free", "QUANTOS_MINIMUM_COMMISSION：须为数字"),
        ("RATE_LIMIT", "many", "QUANTOS_RATE_LIMIT：须符合格式 ^"),
    ],
)
def test_why_a_value_does_not_fit_is_said_in_chinese_too(
    said: Said, name: str, value: str, reason: str
) -> None:
    ended = said("settings", QUANTOS_LANG="zh", **{f"QUANTOS_{name}": value})
    assert (ended.code, ended.out) == (1, "")
    assert reason in ended.err


@pytest.mark.parametrize(
    "command", [("version",), ("verify", "/nowhere"), ("settings",), ("serve",), ("-h",)]
)
@pytest.mark.parametrize("value", ["fr", "zh_CN", "english"])
def test_a_language_that_there_is_not_stops_every_command(
    said: Said, command: tuple[str, ...], value: str
) -> None:
    ended = said(*command, QUANTOS_LANG=value, LANG="en_US.UTF-8")
    assert (ended.code, ended.out) == (1, "")
    wrong = "设置无法使用：QUANTOS_LANG：须为 'en' 或 'zh' 之一，或留空"
    if value != "zh_CN":
        wrong = "settings cannot be used: QUANTOS_LANG: must be one of 'en' or 'zh', or empty"
    assert ended.err == f"quantos: {wrong}\n"


def test_the_doctor_finds_a_language_that_there_is_not(said: Said, tmp_path: Path) -> None:
    ended = said("doctor", "--data-dir", tmp_path / "none", QUANTOS_LANG="fr", LANG="zh_CN.UTF-8")
    assert ended.code == 1
    assert "设置无法使用：QUANTOS_LANG：须为" in ended.out


@pytest.mark.parametrize("name", ["LANG", "LC_ALL", "LC_MESSAGES"])
@pytest.mark.parametrize("value", ["C", "POSIX", "de_DE.UTF-8", "fr", ""])
def test_a_language_of_the_system_is_never_an_error(said: Said, name: str, value: str) -> None:
    ended = said("version", QUANTOS_LANG="", **{name: value})
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("value", ["2GB", "512MiB", "1.5 gb", "2G"])
def test_an_amount_of_memory_is_written_as_duckdb_reads_it(value: str) -> None:
    settings = Settings(series_memory_limit=value)
    duckdb.connect(config={"memory_limit": settings.series_memory_limit}).close()
