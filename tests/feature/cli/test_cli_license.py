"""`quantos license`: what holds, installing, the fingerprint; with a server and without one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from quantos.app import Platform
from quantos.settings import Settings
from tests.feature.cli.conftest import Ended, Run, Serving
from tests.feature.license.asking import HERE, PUBLIC_PEM
from tests.unit.licensing.makers import licence

TRUST = {"QUANTOS_TEST_VENDOR_KEY": PUBLIC_PEM}


def for_this_machine(**changed: Any) -> bytes:
    issued = datetime(2024, 1, 1, tzinfo=UTC)
    return licence(**{"fingerprint": HERE, "created_at": issued, "expires": date(2999, 1, 1), **changed})


def said(ended: Ended) -> str:
    return re.sub(r"\s+", " ", ended.out)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    data_dir = tmp_path / "data"
    Platform.open(Settings(data_dir=data_dir)).close()
    return data_dir


def test_the_running_server_is_asked(server: Serving, run: Run, tmp_path: Path) -> None:
    ended = run("license", "status", data_dir=server.directory)
    assert (ended.code, ended.err) == (0, "")
    assert "Evaluation until" in ended.out
    assert HERE in ended.out
    file = tmp_path / "license.json"
    file.write_bytes(for_this_machine())
    refused = run("license", "install", str(file), data_dir=server.directory)
    assert (refused.code, refused.out) == (1, "")
    assert "not accepted here" in refused.err
    assert not (server.directory / "license.json").exists()


def test_a_licence_is_installed_and_shown(run: Run, directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "license.json"
    file.write_bytes(for_this_machine())
    ended = run("license", "install", str(file), data_dir=directory, **TRUST)
    assert (ended.code, ended.err) == (0, "")
    assert "Licensed: edition test, until 2999-01-02 00:00 (Shanghai)." in said(ended)
    assert "Acme 量化 Corp" in ended.out
    assert (directory / "license.json").read_bytes() == file.read_bytes()
    found = run("license", "status", "--json", data_dir=directory, **TRUST).json
    assert (found["mode"], found["edition"], found["used"]["memory_gb"]) == ("licensed", "test", None)


@pytest.mark.parametrize(
    ("changed", "english", "chinese"),
    [
        ({"fingerprint": "ee" * 32}, "Grace until", "宽限期"),
        ({"fingerprint": "ee" * 32}, f"this one is {HERE}", f"本机为 {HERE}"),
        ({"expires": date(2024, 2, 1)}, "its last day was 2024-02-01", "最后有效日为 2024-02-01"),
        (
            {"expires": date(2024, 2, 1)},
            "Restricted, because the licence has expired",
            "受限，原因：许可证已到期",
        ),
        ({"created_at": datetime(2999, 1, 1, tzinfo=UTC)}, "set the clock right", "请校准时钟"),
    ],
)
def test_each_reason_is_told_with_its_remedy_in_the_readers_language(
    run: Run, directory: Path, changed: dict[str, Any], english: str, chinese: str
) -> None:
    (directory / "license.json").write_bytes(for_this_machine(**changed))
    for language, expected in (("en", english), ("zh", chinese)):
        ended = run("license", "status", data_dir=directory, QUANTOS_LANG=language, **TRUST)
        assert ended.code == 0
        assert expected in said(ended)
        assert "quantos license install FILE" in said(ended)


def test_the_doctor_finds_a_restricted_platform_and_says_what_to_do(run: Run, directory: Path) -> None:
    (directory / "license.json").write_bytes(for_this_machine().replace(b'"max_cores": 8', b'"max_cores": 9'))
    ended = run("doctor", "--json", data_dir=directory, **TRUST)
    (found,) = [check for check in ended.json["checks"] if check["check"] == "license"]
    assert (ended.code, found["state"]) == (1, "problem")
    assert "license.json is not as the vendor signed it" in found["detail"]
    assert "quantos license install FILE" in found["remedy"]


def test_a_key_that_cannot_be_read_is_named(run: Run, directory: Path) -> None:
    for language, words in (("en", "a key that should be accepted"), ("zh", "应接受的密钥无法读取")):
        settings = {"QUANTOS_TEST_VENDOR_KEY": "/nowhere.pem", "QUANTOS_LANG": language}
        ended = run("license", "status", data_dir=directory, **settings)
        assert ended.code == 0
        assert words in said(ended)
        assert "/nowhere.pem" in ended.out


def test_a_file_that_is_not_there_is_named(run: Run, directory: Path) -> None:
    ended = run("license", "install", "/nowhere/license.json", data_dir=directory)
    assert (ended.code, ended.out) == (1, "")
    assert "/nowhere/license.json cannot be read: No such file or directory" in ended.err


def test_the_fingerprint_is_the_one_that_licences_are_held_against(run: Run) -> None:
    assert run("license", "fingerprint").out == f"{HERE}\n"
    assert run("license", "fingerprint", "--json").json == {"fingerprint": HERE}
