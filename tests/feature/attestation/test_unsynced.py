"""A repository takes its commits by the same rules, whether it waits for the disk or, as the demo's, does not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import Change, Repository

AT = datetime(2024, 1, 2, 8, tzinfo=UTC)


def change(name: str) -> Change:
    return Change({f"{name}.txt": name.encode()}, f"add {name}")


def git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(path), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "attestations"


@pytest.fixture(params=[True, False], ids=["synced", "unsynced"])
def repository(path: Path, request: pytest.FixtureRequest) -> Iterator[Repository]:
    opened = Repository.open(path, synced=request.param)
    opened.refresh()
    yield opened
    opened.close()


def test_its_commits_stand_on_top_of_each_other(repository: Repository, path: Path) -> None:
    first = repository.commit([change("one")], AT)
    later = repository.commit([change("two"), change("three")], AT)
    assert git(path, "log", "--format=%H", "main").split() == [*reversed(later), *first]
    assert git(path, "fsck", "--strict") == ""
    assert git(path, "show", "main:two.txt") == "two"


def test_a_branch_that_another_program_moved_is_left_where_it_is(repository: Repository, path: Path) -> None:
    (first,) = repository.commit([change("one")], AT)
    git(path, "-c", "user.name=o", "-c", "user.email=o@o", "commit", "--allow-empty", "-m", "theirs")
    theirs = git(path, "rev-parse", "main")
    with pytest.raises(NotCommitted, match="moved by another program"):
        repository.commit([change("two")], AT)
    assert git(path, "rev-parse", "main") == theirs != first
    assert not (path / ".git" / "refs" / "heads" / "main.lock").exists()


def test_a_branch_that_is_locked_is_not_moved(repository: Repository, path: Path) -> None:
    (first,) = repository.commit([change("one")], AT)
    lock = path / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    with pytest.raises(NotCommitted, match="another git is at work"):
        repository.commit([change("two")], AT)
    lock.unlink()
    assert git(path, "rev-parse", "main") == first


@pytest.mark.parametrize("synced", [True, False])
def test_only_a_synced_one_waits_for_the_disk(
    path: Path, synced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    opened = Repository.open(path, synced=synced)
    opened.refresh()
    opened.commit([change("one")], AT)
    monkeypatch.setattr(os, "fsync", waited.append)
    opened.commit([change("two")], AT)
    monkeypatch.undo()
    opened.close()
    assert bool(waited) is synced
