"""A day held although its signal was committed: only a pause that was told before the deadline explains it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.feature.verifier.conftest import Record, ask
from tests.support.attestations import Repository, shanghai

HELD = "2024-01-05"
"""A hold day of the honest record, and a Friday; the day after it is Monday the 8th."""
MONDAY = "2024-01-08"
SETTLED = "2024-01-09"
"""Rebalanced."""


def change(
    repository: Repository,
    status: str,
    changed_at: datetime,
    committed_at: datetime | None = None,
    *,
    day: str = HELD,
    slug: str = "alpha",
    place: int = 1,
) -> None:
    """Commit a change of status as the platform does."""
    at = committed_at or changed_at
    name = f"statuses/{day}.json"
    file = repository.read(name) or {"date": day, "changes": []}
    entry = {"strategy_slug": slug, "change": place, "status": status, "changed_at": changed_at.isoformat()}
    file["changes"].append({**entry, "committed_at": at.isoformat()})
    repository.write(name, file)
    repository.commit(at, f"status changes {day}")


@pytest.fixture
def held(record: Record) -> Record:
    """A signal was committed for a day that held, at nine the evening before."""
    record.repository.signal(HELD, "alpha", "ab" * 32, "open", shanghai("2024-01-04", "21:00"))
    return record


def codes(record: Record, day: str = HELD, *options: str) -> list[str]:
    """What step 9 finds wrong with a day."""
    verdicts = record.verify(*options).report["reports"][0]["verdicts"]
    (found,) = [v for v in verdicts if v["name"] == "attested" and v["about"] == day]
    return [finding["code"] for finding in found["findings"]]


def test_without_a_status_the_signal_was_left_out(held: Record) -> None:
    assert codes(held) == ["signal_left_out"]


@pytest.mark.parametrize("status", ["paused", "retired"])
def test_a_pause_told_before_the_deadline_explains_it(held: Record, status: str) -> None:
    change(held.repository, status, shanghai(HELD, "09:00"))
    assert codes(held) == []
    assert held.verify().notes("attested").count("hold_explained") == 1


def test_a_pause_at_the_deadline_comes_too_late(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:15"))
    assert codes(held) == ["signal_left_out"]


def test_a_pause_that_is_told_afterwards_explains_nothing(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:00"), shanghai(HELD, "18:00"))
    assert codes(held) == ["status_late"]


def test_a_pause_of_another_strategy_explains_nothing(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:00"), slug="beta")
    assert codes(held) == ["signal_left_out"]


def test_a_pause_that_had_ended_explains_nothing(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "08:00"))
    change(held.repository, "active", shanghai(HELD, "08:30"), place=2)
    assert codes(held) == ["signal_left_out"]


def test_of_changes_of_one_instant_the_last_in_the_log_counts(held: Record) -> None:
    for place, status in ((3, "paused"), (2, "active"), (1, "paused")):
        change(held.repository, status, shanghai(HELD, "08:00"), place=place)
    assert codes(held) == []


def test_a_pause_explains_the_days_after_it_too(held: Record) -> None:
    held.repository.signal(MONDAY, "alpha", "cd" * 32, "open", shanghai("2024-01-04", "21:30"))
    change(held.repository, "paused", shanghai(HELD, "09:00"))
    change(held.repository, "active", shanghai(SETTLED, "08:00"), day=SETTLED, place=2)
    assert [codes(held, day) for day in (HELD, MONDAY, SETTLED)] == [[], [], []]


def test_a_pause_that_was_changed_afterwards_explains_nothing(held: Record) -> None:
    change(held.repository, "active", shanghai(HELD, "09:00"))
    name = f"statuses/{HELD}.json"
    file = held.repository.read(name)
    file["changes"][0]["status"] = "paused"
    held.repository.write(name, file)
    held.repository.commit(shanghai(HELD, "09:05"), "changed")
    assert codes(held) == ["status_changed"]
    assert "line_replaced" in ask(held.repository.path).codes["unchanged"]


def test_a_pause_that_was_taken_away_explains_nothing(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:00"))
    held.repository.write(f"statuses/{HELD}.json", {"date": HELD, "changes": []})
    held.repository.commit(shanghai(HELD, "09:05"), "taken away")
    assert codes(held) == ["status_changed"]


def test_a_pause_that_is_told_once_is_no_choice_for_every_day_after_it(held: Record) -> None:
    """Who may hold a day of a pause cannot settle another one of the same pause."""
    change(held.repository, "paused", shanghai(HELD, "09:00"))
    assert codes(held) == []
    assert codes(held, SETTLED) == ["settled_though_void"]


def test_nor_does_a_resumption_told_after_the_deadline_help(held: Record) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:00"))
    resumed = shanghai(SETTLED, "08:00"), shanghai(SETTLED, "18:00")
    change(held.repository, "active", *resumed, day=SETTLED, place=2)
    assert codes(held, SETTLED) == ["resumed_late"]
    assert "resumed_late" in held.verify("--allow-unattested").codes["attested"]
    assert codes(held, "2024-01-11") == []


def test_a_hidden_name_is_known_by_the_salt_of_its_day(held: Record) -> None:
    salt = held.day(HELD)["verification"]["settlement_attestation"]["salt"]
    hidden = hashlib.sha256(f"alpha{salt}".encode()).hexdigest()
    held.repository.signal(MONDAY, "alpha", "cd" * 32, "open", shanghai("2024-01-04", "21:30"))
    change(held.repository, "paused", shanghai(HELD, "09:00"), slug=hidden)
    change(held.repository, "active", shanghai(SETTLED, "08:00"), day=SETTLED, place=2)
    assert [codes(held, day) for day in (HELD, MONDAY, SETTLED)] == [[], [], []]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.pop("changed_at"),
        lambda entry: entry.update(status="asleep"),
        lambda entry: entry.update(change=0),
        lambda entry: entry.update(change=True),
        lambda entry: entry.update(strategy_slug=None),
    ],
)
def test_a_line_that_is_no_change_of_status_cannot_be_read(
    held: Record, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    change(held.repository, "paused", shanghai(HELD, "09:00"))
    file = held.repository.read(f"statuses/{HELD}.json")
    spoil(file["changes"][0])
    held.repository.write(f"statuses/{HELD}.json", file)
    held.repository.commit(shanghai(HELD, "09:05"), "spoiled")
    assert "file_unreadable" in ask(held.repository.path).codes["readable"]
