"""A commit that fails: the signal is recorded, the answer says why, and it is committed as soon as that is possible."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest

from quantos.attestation import failures
from quantos.strategies.tables import SignalRow
from tests.support.attested import (
    DAY,
    MAOTAI,
    WULIANGYE,
    attested,
    body,
    entries,
    everything_in,
    git,
    hashes,
    history,
    post,
    receipt,
    strategy,
    until,
)
from tests.support.platforms import Caller, Stage

ROOT = Path(__file__).parents[3]
NEXT = date(2024, 1, 3)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


@contextmanager
def locked(repository: Path) -> Iterator[None]:
    """As a git that was killed while it moved the branch leaves it."""
    lock = repository / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


@contextmanager
def taken_away(repository: Path) -> Iterator[None]:
    """The folder is gone (a disk that is not mounted), and comes back."""
    elsewhere = repository.with_name("elsewhere")
    repository.rename(elsewhere)
    try:
        yield
    finally:
        shutil.rmtree(repository, ignore_errors=True)
        elsewhere.rename(repository)


@contextmanager
def without_objects(repository: Path) -> Iterator[None]:
    """A damaged repository: the newest commit cannot be read."""
    sha = git(repository, "rev-parse", "HEAD")
    broken = repository / ".git" / "refs" / "heads" / "main"
    broken.write_text("0" * 39 + "1\n")
    try:
        yield
    finally:
        broken.write_text(sha + "\n")


TROUBLES = {
    "repository_locked": locked,
    "repository_broken": without_objects,
}


@pytest.mark.parametrize("reason", TROUBLES)
def test_att_07_a_failed_commit_is_told_and_retried_until_it_succeeds(
    on: Stage, repository: Path, reason: str
) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    with TROUBLES[reason](repository):
        made = receipt(agent)
        assert made["github_committed"] is False
        assert made["attestation"] == {"committed": False, "reason": reason}
        assert history(agent)[0]["github_committed"] is False
        (alarm,) = on.operator.get("/admin/attestation")["alarms"]
        assert alarm["code"] == reason
    until(lambda: history(agent)[0]["github_committed"], "the retry")
    assert made["signal_hash"] in hashes(repository)
    assert on.operator.get("/admin/attestation")["alarms"] == []


def test_att_07_a_repository_that_is_not_there_for_a_while(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    with taken_away(repository):
        assert receipt(agent)["attestation"]["committed"] is False
    until(lambda: history(agent)[0]["github_committed"], "the retry")
    assert len(hashes(repository)) == 2


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with attested(tmp_path, attestation_repo=str(other)) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        (alarm,) = on.operator.get("/admin/attestation")["alarms"]
    assert made["attestation"] == {"committed": False, "reason": "repository_broken"}
    assert "name another folder" in alarm["message"]
    assert [file.name for file in other.iterdir()] == ["thesis.txt"]


def test_a_second_platform_on_the_same_repository_is_refused(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        with attested(tmp_path / "second", attestation_repo=str(repository)) as second:
            other = second.agent()
            strategy(other, "beta")
            made = receipt(other, "beta")
        assert made["attestation"] == {"committed": False, "reason": "repository_in_use"}
    assert len(hashes(repository)) == 1


def test_sig_12_a_signal_whose_commit_failed_can_be_replaced_and_deleted(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta", day=NEXT)
    with locked(repository):
        first = receipt(agent)["signal_hash"]
        second = receipt(agent, weights=WULIANGYE)
        assert (second["replaced"], second["attestation"]["reason"]) == (True, "repository_locked")
        receipt(agent, "beta")
        assert agent.call("DELETE", f"/strategies/beta/signals/{DAY}").status_code == 200
    until(lambda: history(agent)[0]["github_committed"], "the retry")
    assert [entry["signal_hash"] for entry in entries(repository)] == [second["signal_hash"]]
    assert first.encode() not in git(repository, "log", "--format=%B").encode()


def test_while_a_commit_is_under_way_the_signal_can_be_neither_replaced_nor_deleted(
    on: Stage, repository: Path
) -> None:
    agent = on.agent()
    strategy(agent)
    committer = on.platform.attestation._running.committer
    may_go_on = threading.Event()
    held = committer.call(lambda: may_go_on.wait(60))
    answer, replaced, deleted = agent.runner.run(_while_it_is_held(agent, may_go_on))
    assert held.result() is True
    assert (replaced.status_code, deleted.status_code, answer.status_code) == (409, 400, 201)
    assert "being attested" in replaced.json()["detail"]
    assert "being attested" in deleted.json()["detail"]
    assert hashes(repository) == [answer.json()["signal_hash"]]


async def _while_it_is_held(agent: Caller, may_go_on: threading.Event) -> list[httpx.Response]:
    """The answers to a submission, and to a replacement and a deletion before its commit is made."""
    headers = {"Authorization": f"Bearer {agent.token}"}
    path = "/strategies/alpha/signals"
    first = asyncio.create_task(agent.http.post(path, json=body(DAY, MAOTAI), headers=headers))
    while not (await agent.http.get(path, headers=headers)).json()["signals"]:  # noqa: ASYNC110 - over HTTP
        await asyncio.sleep(0.01)
    second = await agent.http.post(path, json=body(DAY, WULIANGYE), headers=headers)
    third = await agent.http.delete(f"{path}/{DAY}", headers=headers)
    may_go_on.set()
    return [await first, second, third]


def stored(on: Stage, slug: str, day: date = DAY) -> SignalRow:
    """The row of a signal."""
    with on.platform.records.read() as session:
        number = on.platform.strategies.by_slug(session, slug).number
        assert number is not None
        found = on.platform.strategies.signal_on(session, number, day)
        assert found is not None
        return found


def test_att_07_attestation_retry_commits_late_and_it_is_seen_that_it_was(
    on: Stage, repository: Path
) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    with locked(repository):
        receipt(agent)
        on.clock_to(DAY, "09:30")  # the job of 09:10 and each of its retries
    on.clock_to(NEXT, "09:05")
    assert history(agent)[0]["github_committed"] is False
    ran = on.clock_to(NEXT, "09:10")
    assert ("attestation_retry", "2024-01-03", "done") in [(it["job"], it["date"], it["state"]) for it in ran]
    assert history(agent)[0]["github_committed"] is True
    assert git(repository, "log", "-1", "--format=%cI") == "2024-01-03T01:10:00+00:00"
    assert [stored(on, slug).in_time for slug in ("alpha", "beta")] == [False, True]
    assert stored(on, "alpha").commit_sha == git(repository, "rev-parse", "HEAD")


def test_after_the_deadline_nothing_is_retried_before_the_next_morning(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent, day=NEXT)
    with locked(repository):
        receipt(agent)
        on.clock_to(DAY, "09:15")
    assert on.platform.attestation.attest_due(late_too=False)["committed"] == 0
    assert on.operator.post("/admin/attestation/retry")["committed"] == 1


def test_a_job_that_cannot_commit_everything_says_so(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    with locked(repository):
        receipt(agent)
        answer = on.operator.call("POST", "/admin/jobs/attestation_retry/run")
    assert answer.status_code == 503
    assert "repository_locked" in answer.json()["detail"]


def test_a_lock_that_a_kill_has_left_is_removed_at_the_next_start(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        token = agent.token
    for name in ("refs/heads/main.lock", "index.lock"):
        (repository / ".git" / name).touch()
    with attested(tmp_path) as on:
        agent = on.public()
        agent.token = token
        made = receipt(agent)
    assert made["github_committed"] is True


def test_a_lock_that_stands_unchanged_for_a_minute_is_taken_for_a_killed_ones(
    on: Stage, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    monkeypatch.setattr("quantos.attestation.repository.LOCK_LEFT_S", 1.5)
    with locked(repository):
        assert receipt(agent)["attestation"]["reason"] == "repository_locked"
        until(lambda: history(agent)[0]["github_committed"], "the retry after the lock is gone")


def test_a_commit_by_hand_in_between_is_kept_and_built_upon(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    until(lambda: git(repository, "status", "--porcelain") == "", "a clean folder")
    (repository / "README.md").write_text("ours\n")
    until(lambda: "README" in git(repository, "add", "-v", "README.md", check=False), "the index is free")
    git(repository, "commit", "-qm", "by hand")
    receipt(agent)
    assert git(repository, "show", "HEAD:README.md") == "ours"
    assert len(entries(repository)) == 2
    assert git(repository, "fsck", "--strict") == ""


def test_a_date_whose_file_cannot_be_continued_holds_up_no_other(on: Stage, repository: Path) -> None:
    """Two signals wait for a commit; the file of the first one's date was spoilt by hand meanwhile."""
    agent = on.agent()
    strategy(agent)
    receipt(agent, day=date(2024, 1, 5))
    lock = repository / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    for day in (DAY, NEXT):
        assert not receipt(agent, day=day)["github_committed"]
    (repository / "attestations" / f"{DAY}.json").write_text("spoilt")
    lock.unlink()
    git(repository, "reset", "-q")
    git(repository, "add", "attestations")
    git(repository, "commit", "-q", "-m", "by hand")
    done = on.operator.post("/admin/attestation/retry")
    assert done["reason"] == "repository_broken"
    assert {h["trade_date"]: h["github_committed"] for h in history(agent)} == {
        "2024-01-05": True,
        NEXT.isoformat(): True,
        DAY.isoformat(): False,
    }
    (alarm,) = on.operator.get("/admin/attestation")["alarms"]
    assert f"attestations/{DAY}.json" in alarm["message"]


DISK_FULL = """
import resource, signal, sys
from datetime import date, timedelta
from pathlib import Path
from tests.support.attested import DAY, attested, receipt, strategy, hashes, history
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
with attested(folder) as on:
    agent = on.agent()
    strategy(agent)
    print(receipt(agent, day=DAY)["attestation"]["committed"])
    day = next(d for d in on.platform.market.calendar.between(DAY + timedelta(days=1), date(2024, 2, 1)))
    objects = on.platform.attestation._running.committer._repository._store
    write = objects.add_object
    def filled(each):  # the disk is full while git writes, and only then
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
        try:
            write(each)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    objects.add_object = filled
    print(receipt(agent, day=day)["attestation"])
    objects.add_object = write
    print(on.operator.post("/admin/attestation/retry")["committed"], len(hashes(folder / "attestation")))
    print(all(shown["github_committed"] for shown in history(agent)))
"""


def test_att_07_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "True",
        "{'committed': False, 'reason': 'disk_full'}",
        "1 2",
        "True",
    ]
    assert git(tmp_path / "attestation", "fsck", "--strict") == ""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (28, "disk_full"),
        (122, "disk_full"),
        (27, "disk_full"),
        (13, "repository_read_only"),
        (30, "repository_read_only"),
        (5, "repository_broken"),
    ],
)
def test_what_the_system_refuses_has_a_reason(number: int, reason: str) -> None:
    assert failures.of_the_system(OSError(number, "no", "/x")).reason == reason


def test_no_reason_shows_a_path_to_an_agent(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    strategy(agent, "beta")
    receipt(agent, "beta")
    for trouble in TROUBLES.values():
        with trouble(repository):
            assert str(repository) not in post(agent).text
    assert everything_in(repository)
