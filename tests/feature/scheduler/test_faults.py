"""A platform killed (SIGKILL) at a step of a job and started again ends its days as one that was left alone does.

Every job is killed at each of its steps within five days, each time in another copy of the platform, on a day that
changes from step to step. With QUANTOS_FAULT_DAYS=243 it is a year instead, each job of each day killed at one step and
compared some days later with the platform that was left alone, as it stood then.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults import ELSEWHERE, state

ROOT = Path(__file__).parents[3]
WINDOW = 5
DAYS = int(os.environ.get("QUANTOS_FAULT_DAYS", WINDOW))
JOBS = [
    "portfolio_signal_generation",
    "attestation_retry",
    "settle_all_active_strategies",
    "daily_evaluation",
    "factor_os_tracking",
    "settlement_watchdog",
]

Case = tuple[str, str, int]


def each_step_once(counted: dict[str, int]) -> list[Case]:
    """Each step of each job, on the last day that has so many or the one before: few days are to be played again."""
    cases: list[Case] = []
    for job in JOBS:
        of_job = {key.split()[1]: count for key, count in counted.items() if key.startswith(f"{job} ")}
        for step in range(1, max(of_job.values()) + 1):
            days = sorted(day for day, count in of_job.items() if count >= step)[-2:]
            cases.append((job, days[0 if step % 4 == 0 else -1], step))
    return cases


def each_day_once(counted: dict[str, int]) -> list[Case]:
    """Each job of each day at one step, which changes from day to day."""
    found = []
    for number, (key, count) in enumerate(sorted(counted.items())):
        job, day = key.split()
        found.append((job, day, number % count + 1))
    return found


@dataclass
class Played:
    """What came of all cases."""

    alone: dict[str, Any]
    fell: dict[Case, bool] = field(default_factory=dict)
    differing: dict[Case, list[str]] = field(default_factory=dict)  # tables, of the cases that have some


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Each case is compared and cleared away as soon as it is played: a year of them would fill a disk."""
    root = tmp_path_factory.mktemp("faults")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.faults", str(root), str(DAYS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    counted = json.loads((root / "steps.json").read_text())
    found = Played(state(root / "alone"))
    undisturbed = {"alone": found.alone}
    for job, day, step in (each_step_once if DAYS == WINDOW else each_day_once)(counted):
        process.stdin.write(f"{job} {day} {step}\n")
        process.stdin.flush()
        name, fell, equals = process.stdout.readline().split()
        assert name == f"{job}-{day}-{step}"
        case = job, day, step
        found.fell[case] = bool(int(fell))
        if equals not in undisturbed:
            undisturbed[equals] = state(root / equals)
        expected = undisturbed[equals]
        here = state(root / name)
        if differing := [table for table, rows in expected.items() if here.get(table) != rows]:
            found.differing[case] = differing
        else:
            shutil.rmtree(root / name)
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()
    return found


def test_a_platform_killed_at_any_step_of_any_job_ends_as_one_left_alone(played: Played) -> None:
    assert played.differing == {}


def test_the_kills_fell_into_every_job(played: Played) -> None:
    fell = played.fell
    assert {job for (job, _, _), killed in fell.items() if killed} == set(JOBS)
    assert sum(fell.values()) >= 0.9 * len(fell), "a step that is not reached says nothing"


def test_the_days_left_alone_have_something_of_everything(played: Played) -> None:
    expected = played.alone
    assert all(count == 1 for *_, count in expected["job_run"])
    assert len(expected["job_run"]) == DAYS * len(JOBS)
    assert len(expected["series.nav"]) == len(expected["series.evaluation"]) == 3 * DAYS
    for table in ("portfolio_day", "factor_os_day", "watch_finding", "notification", "proofs", "signal"):
        assert expected[table], table
    assert ELSEWHERE.keys() <= expected.keys()
