"""Deadline mode: signals are committed together shortly before their deadline, and replaceable until then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from quantos.attestation.committer import Committer
from quantos.attestation.core.batches import When
from quantos.attestation.terms import Terms
from quantos.kit.clock import parse_instant
from tests.support.attested import (
    DAY,
    WULIANGYE,
    NothingDue,
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
from tests.support.platforms import Stage

NEXT = date(2024, 1, 3)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path, attestation_when="deadline") as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


def test_a_signal_waits_and_says_so(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    made = receipt(agent)
    assert made["github_committed"] is False
    assert made["attestation"] == {"committed": False, "reason": "batched_before_deadline"}
    assert entries(repository) == []
    assert on.operator.get("/admin/attestation")["signals"] == {"waiting": 1, "in_commit": 0}


def test_until_its_batch_it_can_be_replaced_and_deleted(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta"):
        strategy(agent, slug)
        receipt(agent, slug)
    on.clock_to(DAY, "09:13:59")
    replaced = receipt(agent, weights=WULIANGYE)
    assert replaced["replaced"] is True
    assert agent.call("DELETE", f"/strategies/beta/signals/{DAY}").status_code == 200
    on.clock_to(DAY, "09:15")
    assert [entry["signal_hash"] for entry in entries(repository)] == [replaced["signal_hash"]]


def test_a_batch_is_one_commit_a_minute_before_the_deadline(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug, execution in (("alpha", "open"), ("beta", "open"), ("gamma", "close")):
        strategy(agent, slug, execution_price=execution)
        receipt(agent, slug)
    receipt(agent, day=NEXT)
    on.clock_to(DAY, "09:15")
    assert subjects(repository) == ["signal attestation 2024-01-02 — 2 strategies"]
    assert git(repository, "log", "-1", "--format=%cI") == "2024-01-02T01:14:00+00:00"
    on.clock_to(DAY, "15:00")
    assert subjects(repository)[1:] == ["signal attestation 2024-01-02 — gamma"]
    assert git(repository, "log", "-1", "--format=%cI") == "2024-01-02T06:59:00+00:00"
    on.clock_to(NEXT, "15:00")
    assert subjects(repository)[2:] == ["signal attestation 2024-01-03 — alpha"]
    assert all(shown["github_committed"] for shown in history(agent))


def test_the_lead_is_a_setting(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path, attestation_when="deadline", attestation_lead_s=600) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        on.clock_to(DAY, "09:15")
    assert git(repository, "log", "-1", "--format=%cI") == "2024-01-02T01:05:00+00:00"


def test_what_comes_after_the_batch_is_committed_at_once_and_stays(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    on.clock_to(DAY, "09:14:30")
    assert receipt(agent)["github_committed"] is True
    assert post(agent, weights=WULIANGYE).status_code == 409
    assert len(entries(repository)) == 1


def test_after_its_batch_a_signal_is_attested_for_its_owner(on: Stage) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    on.clock_to(DAY, "09:14")
    assert post(agent, weights=WULIANGYE).status_code == 409
    assert agent.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 400


def test_the_retry_of_the_morning_leaves_signals_that_are_not_due(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    ran = on.clock_to(DAY, "09:10")
    assert ("attestation_retry", "2024-01-02", "done") in [(it["job"], it["date"], it["state"]) for it in ran]
    assert entries(repository) == []


def test_batches_are_no_jobs_of_the_public_list(on: Stage) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    ran = on.clock_to(DAY, "20:00")
    assert len(on.operator.get("/admin/jobs")["jobs"]) == 6
    assert "attestation_batch" not in str(ran)
    assert entries(on_repository(on))


def on_repository(on: Stage) -> Path:
    return Path(on.platform.settings.attestation_repo)


def test_the_clock_does_not_stop_where_nothing_waits(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[datetime] = []
    clock = on.platform.scheduler.simulated_clock()
    move = clock.move_to

    def watched(instant: datetime) -> None:
        steps.append(instant)
        move(instant)

    monkeypatch.setattr(clock, "move_to", watched)
    on.clock_to(DAY, "12:00")
    assert steps
    assert parse_instant("2024-01-02T09:14+08:00") not in steps


def test_a_batch_that_was_missed_while_the_platform_was_down_is_made_at_the_start(
    tmp_path: Path, repository: Path
) -> None:
    with attested(tmp_path, attestation_when="deadline") as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        on.platform.scheduler.simulated_clock().move_to(parse_instant("2024-01-02T10:00+08:00"))
        with on.platform.records.write() as session:
            session.connection().exec_driver_sql(
                "UPDATE platform_state SET value = '2024-01-02T02:00:00Z' WHERE key = 'simulated_now'"
            )
    with attested(tmp_path, attestation_when="deadline") as on:
        on.clock_to(DAY, "10:01")
        assert len(entries(repository)) == 1
        assert git(repository, "log", "-1", "--format=%cI") == "2024-01-02T02:00:00+00:00"


@dataclass
class LiveClock:
    """Runs on from an instant of the past."""

    start: datetime
    begun: float = field(default_factory=monotonic)
    simulated: bool = False

    def now(self) -> datetime:
        return self.start + timedelta(seconds=monotonic() - self.begun)


@pytest.mark.parametrize(("time", "deadline"), [("09:13:58", "09:15"), ("14:58:58", "15:00")])
def test_live_the_committer_keeps_the_time_of_a_batch_itself(
    tmp_path: Path, time: str, deadline: str
) -> None:
    """Whatever the scheduler's thread is busy with."""
    outbox = NothingDue()
    committer = Committer(
        tmp_path / "attestation",
        LiveClock(parse_instant(f"2024-01-02T{time}+08:00")),
        outbox,
        Terms(when=When.DEADLINE),
        data_dir=tmp_path,
        on_commit=lambda _: None,
    )
    committer.start()
    ends = parse_instant(f"2024-01-02T{deadline}+08:00")
    try:
        until(
            lambda: any(w.after and w.after < ends <= (w.until or w.after) for w in outbox.windows), "a batch"
        )
    finally:
        committer.stop()
        committer.close()
