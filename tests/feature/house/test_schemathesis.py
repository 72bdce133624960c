"""The API keeps what its description says: thousands of requests made from it, as a user and as the operator.

Every check of schemathesis, on a platform that is served: no 500, no status, header or shape that is not described, no
invalid request accepted, no valid one refused but for the state of things, no guarded operation without credentials.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.served import Served, served_platform

HERE = Path(__file__).parent / "schemathesis"
ENDLESS_OR_FOREIGN = "follow_events|move_clock"
"""An answer without an end; a step that could run the jobs of a thousand years."""

CASES_MIN = 1_500


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_platform(tmp_path_factory.mktemp("described") / "data") as running:
        yield running


def held_against(served: Served, token: str, folder: Path, *options: str) -> str:
    """The report of a run. Fails with it where anything was found."""
    program = Path(sys.executable).parent / "schemathesis"
    command = [
        str(program), "--config-file", str(HERE / "schemathesis.toml"), "run", f"{served.url}/openapi.json",
        "-H", f"Authorization: Bearer {token}", "--seed", "20260514", "--no-color",
        "--phases", "examples,coverage,fuzzing", *options,
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "COLUMNS": "160"}
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stdout[-12_000:] + ran.stderr[-2_000:]
    return ran.stdout


def cases(report: str) -> int:
    found = re.search(r"(\d+) generated", report)
    assert found is not None, report
    return int(found.group(1))


def test_the_description_holds_for_a_user(served: Served, tmp_path: Path) -> None:
    report = held_against(
        served, served.agent_token(), tmp_path, "--exclude-path-regex", "/admin/", "--max-examples", "25"
    )
    assert cases(report) >= CASES_MIN


def test_the_description_holds_for_the_operator(served: Served, tmp_path: Path) -> None:
    report = held_against(
        served, served.operator_token, tmp_path, "--include-path-regex", "/admin/",
        "--exclude-operation-id-regex", ENDLESS_OR_FOREIGN, "--max-examples", "25",
    )  # fmt: skip
    assert cases(report) >= CASES_MIN


def test_a_departure_from_the_description_is_found(served: Served, tmp_path: Path) -> None:
    """The gate bites: the same run against a description that leaves out a status."""
    document = tmp_path / "openapi.json"
    with served.client() as anyone:
        text = anyone.get("/openapi.json").text
    document.write_text(text.replace('"404":', '"418":'))
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(document), "--url", served.url]
    ran = subprocess.run(
        [*command, "--include-operation-id", "get_track_record", "--no-color", "--max-examples", "3"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Undocumented status code" in ran.stdout
