"""`quantos doctor`: one problem at a time; a sound directory is looked at in test_cli_demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.feature.cli.conftest import Run


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["state"] for check in answer["checks"]}


def test_a_missing_directory_is_a_problem_with_a_remedy(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--json", data_dir=tmp_path / "none")
    assert ended.code == 1
    (problem,) = [check for check in ended.json["checks"] if check["state"] == "problem"]
    assert problem["check"] == "directory"
    assert "quantos serve" in problem["remedy"]


def test_a_new_live_directory_has_no_data(run: Run, tmp_path: Path) -> None:
    assert run("operator", "token", data_dir=tmp_path / "data").code == 0
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert states(ended.json)["data"] == "problem"
    assert states(ended.json)["lock"] == "ok"


def test_a_secret_that_others_can_read_is_a_problem(run: Run, tmp_path: Path) -> None:
    run("operator", "token", data_dir=tmp_path / "data")
    (tmp_path / "data" / "secrets" / "operator-token").chmod(0o644)
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert states(ended.json)["secrets"] == "problem"


@pytest.mark.parametrize("file", ["records.db", "series.duckdb"])
def test_a_store_that_does_not_open_is_the_finding(run: Run, tmp_path: Path, file: str) -> None:
    run("operator", "token", data_dir=tmp_path / "data")
    (tmp_path / "data" / file).write_bytes(b"this is no database" * 100)
    ended = run("doctor", "--json", data_dir=tmp_path / "data")
    assert ended.code == 1, ended.err
    assert states(ended.json)["stores"] == "problem"
    assert "Traceback" not in ended.err


def test_the_doctor_speaks_chinese(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", data_dir=tmp_path / "none", QUANTOS_LANG="zh")
    assert "处理办法" in ended.out
