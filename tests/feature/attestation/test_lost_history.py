"""A repository that loses what the platform had committed is never continued, and is found out at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.support.attested import (
    attested,
    entries,
    git,
    history,
    post,
    receipt,
    strategy,
    subjects,
    until,
)
from tests.support.platforms import Caller, Stage

DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
LOST = {"committed": False, "reason": "repository_history_lost"}


def with_its_branch_deleted(repository: Path) -> None:
    (repository / ".git" / "refs" / "heads" / "main").unlink()


def with_its_branch_emptied(repository: Path) -> None:
    """As a power cut may leave a file."""
    (repository / ".git" / "refs" / "heads" / "main").write_bytes(b"")


def set_back(repository: Path) -> None:
    git(repository, "reset", "-q", "--hard", "HEAD~1")


def amended(repository: Path) -> None:
    git(repository, "commit", "-q", "--amend", "-m", "another")


def taken_away(repository: Path) -> None:
    shutil.rmtree(repository)


def with_another_in_its_place(repository: Path) -> None:
    shutil.rmtree(repository)
    repository.mkdir()
    git(repository, "init", "-q")
    (repository / "SIMULATED").write_text("another\n")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "another")


LOSSES = [
    with_its_branch_deleted,
    with_its_branch_emptied,
    set_back,
    amended,
    taken_away,
    with_another_in_its_place,
]


def begun(on: Stage, days: list[date]) -> Caller:
    agent = on.agent()
    strategy(agent)
    for day in days:
        assert receipt(agent, day=day)["github_committed"]
    return agent


def alarms(on: Stage) -> list[str]:
    return [alarm["code"] for alarm in on.operator.get("/admin/attestation")["alarms"]]


@pytest.mark.parametrize("loss", LOSSES)
def test_att_04_under_a_running_platform(tmp_path: Path, loss: Callable[[Path], None]) -> None:
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = begun(on, DAYS[:3])
        copy = shutil.copytree(repository, tmp_path / "copy")
        loss(repository)
        assert post(agent, day=DAYS[3]).json()["attestation"] == LOST
        assert alarms(on) == ["repository_history_lost"]
    assert subjects(copy) == [f"signal attestation {day} — alpha" for day in DAYS[:3]]


@pytest.mark.parametrize("loss", LOSSES)
def test_att_04_while_it_was_down(tmp_path: Path, loss: Callable[[Path], None]) -> None:
    with attested(tmp_path) as on:
        agent = begun(on, DAYS[:3])
    loss(tmp_path / "attestation")
    with attested(tmp_path) as on:
        agent = replace(agent, http=on.operator.http, runner=on.operator.runner)
        assert post(agent, day=DAYS[3]).json()["attestation"] == LOST
        assert alarms(on) == ["repository_history_lost"]


def test_once_the_branch_is_put_back_all_goes_on(tmp_path: Path) -> None:
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = begun(on, DAYS[:2])
        head = git(repository, "rev-parse", "HEAD")
        set_back(repository)
        post(agent, day=DAYS[2])
        git(repository, "update-ref", "refs/heads/main", head)
        until(lambda: all(each["github_committed"] for each in history(agent)), "the commit")
        assert alarms(on) == []
    assert [len(entries(repository, day)) for day in DAYS[:3]] == [1, 1, 1]


def test_another_folder_begins_anew(tmp_path: Path) -> None:
    with attested(tmp_path) as on:
        agent = begun(on, DAYS[:2])
    with attested(tmp_path, attestation_repo=str(tmp_path / "another")) as on:
        agent = replace(agent, http=on.operator.http, runner=on.operator.runner)
        assert receipt(agent, day=DAYS[2])["github_committed"]
        assert alarms(on) == []


def test_a_commit_of_the_operators_on_top_loses_nothing(tmp_path: Path) -> None:
    """Two, of which the second takes the first back: what the platform made is still there."""
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = begun(on, DAYS[:2])
    (repository / "README").write_text("hello")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "hello")
    git(repository, "commit", "-q", "--amend", "-m", "hello again")
    with attested(tmp_path) as on:
        agent = replace(agent, http=on.operator.http, runner=on.operator.runner)
        assert receipt(agent, day=DAYS[2])["github_committed"]
        assert alarms(on) == []


def test_a_restored_data_directory_finds_what_was_committed_since(tmp_path: Path) -> None:
    """What it knows of is older than the branch."""
    with attested(tmp_path) as on:
        begun(on, DAYS[:2])
        known = (tmp_path / "data" / "attestation-head.json").read_bytes()
        receipt(_again(on), "beta", day=DAYS[2])
    (tmp_path / "data" / "attestation-head.json").write_bytes(known)
    with attested(tmp_path) as on:
        assert receipt(_again(on, "gamma"), "gamma", day=DAYS[3])["github_committed"]


def _again(on: Stage, slug: str = "beta") -> Caller:
    agent = on.agent()
    strategy(agent, slug)
    return agent
