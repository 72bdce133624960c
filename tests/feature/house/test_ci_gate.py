""".ci/run: its parts in order, and the first failure ends it before the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ["ruff", "mypy", "lint-imports", "shellcheck"]
CONTAINERS = "run -n real="


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which every tool is a program that says its name and succeeds."""
    project = tmp_path / "project"
    for file in ("install.sh", "tests/run", *(f".venv/bin/{tool}" for tool in TOOLS)):
        program(project / file, 0)
    (project / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", project / ".ci/run")
    return project


def program(path: Path, status: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "ran ${{0##*/}} $1 real=$QUANTOS_CI_REAL"\nexit {status}\n')
    path.chmod(0o755)


def ci(project: Path, **more: str) -> tuple[int, list[str]]:
    inherited = {k: v for k, v in os.environ.items() if k not in {"QUANTOS_CI_REAL", "QUANTOS_CONTAINERS"}}
    environment = {**inherited, **more}
    run = subprocess.run(
        ["/bin/bash", ".ci/run"],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ran = [line.removeprefix("ran ") for line in run.stdout.splitlines() if line.startswith("ran ")]
    assert ("Containers left out" in run.stdout) == (run.returncode == 0 and CONTAINERS not in ran)
    return run.returncode, ran


def test_every_part_runs_and_the_tests_come_last(checkout: Path) -> None:
    assert ci(checkout) == (
        0,
        [
            "install.sh --dev real=",
            "ruff check real=",
            "ruff format real=",
            "mypy  real=",
            "lint-imports  real=",
            "shellcheck install.sh real=",
            "run  real=",
        ],
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_a_failing_tool_ends_it_before_the_tests(checkout: Path, tool: str) -> None:
    program(checkout / ".venv/bin" / tool, 3)
    status, ran = ci(checkout)
    assert status == 1
    assert ran[-1].startswith(tool)


def test_failing_tests_fail_it(checkout: Path) -> None:
    program(checkout / "tests/run", 1)
    assert ci(checkout)[0] == 1


def test_with_market_data_beside_it_nothing_may_be_skipped(checkout: Path) -> None:
    (checkout.parent / "shared/market").mkdir(parents=True)
    assert ci(checkout)[1][-1] == "run  real=1"


def test_the_image_is_tested_last_where_it_is_asked_for(checkout: Path) -> None:
    assert ci(checkout, QUANTOS_CONTAINERS="1")[1][-2:] == ["run  real=", CONTAINERS]
    assert CONTAINERS not in ci(checkout, QUANTOS_CONTAINERS="0")[1]
