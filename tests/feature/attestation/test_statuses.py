"""Pauses, resumptions and retirements are committed too: they are why an attested signal may stay unsettled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.support.attested import (
    DAY,
    attested,
    entries,
    everything_in,
    git,
    history,
    receipt,
    strategy,
    subjects,
    until,
)
from tests.support.platforms import Caller, Stage

NEXT, AFTER = date(2024, 1, 3), date(2024, 1, 4)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


def change(agent: Caller, status: str, slug: str = "alpha") -> None:
    assert agent.call("PATCH", f"/strategies/{slug}", {"status": status}).status_code == 200


def statuses(repository: Path, day: date) -> list[tuple[str, str, str]]:
    return [
        (entry["strategy_slug"], entry["status"], entry["changed_at"])
        for entry in entries(repository, day, "statuses")
    ]


def test_a_pause_is_committed_before_it_is_answered(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    on.clock_to(DAY, "08:30")
    change(agent, "paused")
    assert entries(repository, DAY, "statuses") == [
        {
            "strategy_slug": "alpha",
            "change": 1,
            "status": "paused",
            "changed_at": "2024-01-02T00:30:00.000000+00:00",
            "committed_at": "2024-01-02T00:30:00+00:00",
        }
    ]
    assert subjects(repository)[1:] == ["status changes 2024-01-02"]
    assert git(repository, "log", "-1", "--format=%cI") == "2024-01-02T00:30:00+00:00"


@pytest.mark.parametrize(
    ("execution", "time", "governed"),
    [
        ("open", "09:14:59", DAY),
        ("open", "09:15", NEXT),
        ("close", "14:59:59", DAY),
        ("close", "15:00", NEXT),
    ],
)
def test_a_change_stands_in_the_file_of_the_first_day_that_it_governs(
    on: Stage, repository: Path, execution: str, time: str, governed: date
) -> None:
    agent = on.agent()
    strategy(agent, execution_price=execution)
    receipt(agent)
    on.clock_to(DAY, time)
    change(agent, "paused")
    files = git(repository, "ls-tree", "-r", "--name-only", "HEAD", "statuses")
    assert files == f"statuses/{governed}.json"


def test_every_change_of_a_day_is_kept_in_its_order(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    for time, status in (("08:10", "paused"), ("08:20", "active"), ("08:30", "retired")):
        on.clock_to(DAY, time)
        change(agent, status)
    assert [(status, at[11:16]) for _, status, at in statuses(repository, DAY)] == [
        ("paused", "00:10"),
        ("active", "00:20"),
        ("retired", "00:30"),
    ]


def test_a_strategy_without_a_signal_has_nothing_to_explain(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    change(agent, "retired")
    strategy(agent, "beta")
    receipt(agent, "beta")
    assert git(repository, "ls-tree", "-r", "--name-only", "HEAD", "statuses") == ""


def test_the_slug_of_a_private_strategy_is_hidden_by_the_salt_of_the_day(on: Stage, repository: Path) -> None:
    """The salt that the package of the day shows, once the strategy is published."""
    agent = on.agent()
    strategy(agent, "quiet-one", is_public=False)
    receipt(agent, "quiet-one")
    change(agent, "paused", "quiet-one")
    ((name, status, _),) = statuses(repository, DAY)
    assert (len(name), status) == (64, "paused")
    assert b"quiet-one" not in everything_in(repository)
    salt = on.platform.strategies.outbox.salt_of("quiet-one", DAY)
    assert name == hashlib.sha256(f"quiet-one{salt}".encode()).hexdigest()


def test_what_could_not_be_committed_is_committed_later(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    (repository / ".git" / "refs" / "heads" / "main.lock").touch()
    change(agent, "paused")
    assert entries(repository, DAY, "statuses") == []
    assert [alarm["code"] for alarm in on.operator.get("/admin/attestation")["alarms"]] == [
        "repository_locked"
    ]
    (repository / ".git" / "refs" / "heads" / "main.lock").unlink()
    until(lambda: statuses(repository, DAY), "the pause")
    until(lambda: on.operator.get("/admin/attestation")["alarms"] == [], "the end of the alarm")


def test_a_platform_that_lost_its_note_adds_no_change_twice(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        change(agent, "paused")
        before = entries(repository, DAY, "statuses")
    (tmp_path / "data" / "attestation-statuses.json").unlink()
    with attested(tmp_path) as on:
        on.operator.post("/admin/attestation/retry")
        assert entries(repository, DAY, "statuses") == before
        assert subjects(repository)[-1] == "status changes 2024-01-02"


def test_a_note_of_records_that_were_put_back_holds_up_no_change(tmp_path: Path, repository: Path) -> None:
    """The number in it is that of a change which these records never had."""
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        change(agent, "paused")
        change(agent, "active")
        note = tmp_path / "data" / "attestation-statuses.json"
        told = json.loads(note.read_text())
        assert told["number"] == 3
        note.write_text(json.dumps({**told, "number": 4}))
        on.clock_to(DAY, "08:20")
        change(agent, "paused")
        assert len(statuses(repository, DAY)) == 3
        note.write_text(json.dumps({**told, "number": 9}))
        change(agent, "active")
        assert len(statuses(repository, DAY)) == 4


def test_changes_of_before_the_repository_are_committed_to_it(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path, attestation_repo="") as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=AFTER)
        change(agent, "paused")
    with attested(tmp_path) as on:
        until(lambda: statuses(repository, DAY), "the pause of before")
        assert git(repository, "log", "-1", "--format=%s") == "status changes 2024-01-02"


def test_anyone_reads_the_file(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    change(agent, "paused")
    answer = on.public().call("GET", f"/public/statuses/{DAY}.json")
    assert answer.text == git(repository, "show", f"HEAD:statuses/{DAY}.json") + "\n"
    assert on.public().call("GET", f"/public/statuses/{NEXT}.json").status_code == 404


def hashes_of(repository: Path, day: date) -> list[str]:
    return [entry["signal_hash"] for entry in entries(repository, day)]


@pytest.mark.parametrize("status", ["paused", "retired"])
def test_in_deadline_mode_a_signal_that_is_void_is_not_committed(
    tmp_path: Path, repository: Path, status: str
) -> None:
    with attested(tmp_path, attestation_when="deadline") as on:
        agent = on.agent()
        for slug in ("alpha", "beta"):
            strategy(agent, slug)
            receipt(agent, slug)
        on.clock_to(DAY, "09:00")
        change(agent, status)
        on.clock_to(DAY, "09:16")
        assert [entry["strategy_slug"] for entry in entries(repository)] == ["beta"]
        on.operator.post("/admin/attestation/retry")
        assert [entry["strategy_slug"] for entry in entries(repository)] == ["beta"]
        assert on.operator.get("/admin/attestation")["signals"] == {"waiting": 0, "in_commit": 0}
        assert "signals_unattested" not in str(on.operator.get("/admin/overview")["alarms"])
        assert history(agent)[0]["github_committed"] is False


def test_in_deadline_mode_a_signal_counts_again_once_its_strategy_is_resumed(
    tmp_path: Path, repository: Path
) -> None:
    with attested(tmp_path, attestation_when="deadline") as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        on.clock_to(DAY, "09:00")
        change(agent, "paused")
        on.clock_to(DAY, "09:13")
        change(agent, "active")
        on.clock_to(DAY, "09:16")
        assert hashes_of(repository, DAY) == [made["signal_hash"]]


def test_a_late_commit_is_made_of_a_signal_that_counted_though_its_strategy_is_paused_since(
    tmp_path: Path, repository: Path
) -> None:
    """Its deadline passed while the strategy was active: it is settled, so it is attested, late."""
    with attested(tmp_path, attestation_when="deadline") as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        on.platform.scheduler.simulated_clock().move_to(parse_instant("2024-01-02T10:00+08:00"))
        change(agent, "paused")
        on.operator.post("/admin/attestation/retry")
        assert hashes_of(repository, DAY) == [made["signal_hash"]]
