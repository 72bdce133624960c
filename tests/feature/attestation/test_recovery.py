"""Killed at any moment and started again: every acknowledged signal is there, attested once, never doubled."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.attestation import repository as repository_module
from quantos.attestation.made import FILE as HEAD_FILE
from quantos.kit.durable import sync_folder
from tests.feature.cli.conftest import Serving, environment, serving
from tests.support.attested import (
    DAY,
    MAOTAI,
    attested,
    bare,
    body,
    entries,
    git,
    hashes,
    history,
    receipt,
    strategy,
    subjects,
    until,
)
from tests.support.platforms import Caller, Stage

KILLS = 4
CLIENTS = 8
PER_LIFE = 60
NEXT = date(2024, 1, 3)


def forget_commits(on: Stage) -> None:
    """As if the process had been killed after its commits and before they were noted."""
    with on.platform.records.write() as session:
        session.connection().exec_driver_sql(
            "UPDATE signal SET commit_sha = NULL, committed_at = NULL, attestation = 'claimed'"
        )


def unmake(repository: Path) -> None:
    """As if the kill had come before the last commit: neither the branch nor the platform knows of it."""
    git(repository, "update-ref", "refs/heads/main", "HEAD~1")
    (repository.parent / "data" / HEAD_FILE).unlink()


def again(on: Stage, token: str) -> Caller:
    agent = on.public()
    agent.token = token
    return agent


def row(on: Stage, day: date = DAY) -> Any:
    with on.platform.records.read() as session:
        return on.platform.strategies.signal_on(session, 1, day)


def test_a_commit_that_was_not_noted_is_found_again_with_its_own_time(tmp_path: Path) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        forget_commits(on)
        token = agent.token
    with attested(tmp_path) as on:
        agent = again(on, token)
        on.clock_to(NEXT, "12:00")
        until(lambda: history(agent)[0]["github_committed"], "the mark")
        assert row(on).commit_sha == made["attestation"]["sha"]
        assert row(on).committed_at == row(on).submitted_at
        assert row(on).in_time is True
    assert hashes(tmp_path / "attestation") == [made["signal_hash"]]
    assert len(subjects(tmp_path / "attestation")) == 1


def test_what_was_claimed_and_not_committed_is_committed(tmp_path: Path) -> None:
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        made = receipt(agent)
        forget_commits(on)
        token = agent.token
    unmake(repository)
    with attested(tmp_path) as on:
        agent = again(on, token)
        until(lambda: all(shown["github_committed"] for shown in history(agent)), "the commit")
    assert entries(repository)[0]["signal_hash"] == made["signal_hash"]
    assert len(subjects(repository)) == 2


def test_an_object_that_was_half_written_when_the_kill_came_is_written_again(tmp_path: Path) -> None:
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        receipt(agent)
        forget_commits(on)
        token = agent.token
    objects = repository / ".git" / "objects"
    made = git(repository, "rev-parse", "HEAD", "HEAD:attestations/2024-01-02.json").split()
    unmake(repository)
    for sha in made:  # the clock stands still: the very same objects are made again
        file = objects / sha[:2] / sha[2:]
        file.rename(file.with_name(file.name + ".lock"))
    with attested(tmp_path) as on:
        agent = again(on, token)
        until(lambda: all(shown["github_committed"] for shown in history(agent)), "the commit")
    assert git(repository, "rev-parse", "HEAD", "HEAD:attestations/2024-01-02.json").split() == made
    assert git(repository, "fsck", "--strict") == ""


def test_while_it_is_not_known_whether_a_signal_is_in_git_it_cannot_be_replaced(tmp_path: Path) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        forget_commits(on)
        token = agent.token
    with attested(tmp_path, attestation_repo=str(tmp_path / "gone" / "\0")) as on:
        agent = again(on, token)
        assert on.operator.call("POST", "/admin/attestation/retry").status_code == 200
        answer = agent.call("POST", "/strategies/alpha/signals", body(DAY, MAOTAI))
        assert answer.status_code == 409
    assert hashes(tmp_path / "attestation") == [made["signal_hash"]]


def test_nor_while_the_file_of_its_day_cannot_be_read(tmp_path: Path) -> None:
    """Killed between commit and note, and the object of the file is damaged when the platform comes back."""
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        forget_commits(on)
        token = agent.token
    blob = git(repository, "rev-parse", f"HEAD:attestations/{DAY}.json")
    file = repository / ".git" / "objects" / blob[:2] / blob[2:]
    content = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(b"")
    with attested(tmp_path) as on:
        agent = again(on, token)
        assert on.operator.post("/admin/attestation/retry")["reason"] == "repository_broken"
        answer = agent.call("POST", "/strategies/alpha/signals", body(DAY, {"600519.SH": 0.9}))
        assert answer.status_code == 409
        file.write_bytes(content)
        on.operator.post("/admin/attestation/retry")
        assert history(agent)[0]["github_committed"]
    assert hashes(repository) == [made["signal_hash"]]


def test_an_object_that_is_locked_while_the_platform_runs_is_written_again(tmp_path: Path) -> None:
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        receipt(agent)
        forget_commits(on)
        made = git(repository, "rev-parse", "HEAD:attestations/2024-01-02.json")
        unmake(repository)
        file = repository / ".git" / "objects" / made[:2] / made[2:]
        file.rename(file.with_name(file.name + ".lock"))
        assert on.platform.attestation.attest_due(late_too=True)["committed"] == 2
    assert git(repository, "rev-parse", "HEAD:attestations/2024-01-02.json") == made
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""


def test_a_signal_of_which_it_is_not_known_whether_it_is_in_git_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch was moved, and the disk failed before that was certain."""
    broken: list[Path] = []

    def failing(folder: Path) -> None:
        if folder.name == "heads" and len(broken) < 1:
            broken.append(folder)
            raise OSError(5, "Input/output error", str(folder))
        sync_folder(folder)

    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        monkeypatch.setattr(repository_module, "sync_folder", failing)
        made = receipt(agent)
        assert made["attestation"] == {"committed": False, "reason": "repository_broken"}
        answer = agent.call("POST", "/strategies/alpha/signals", body(DAY, {"600519.SH": 0.9}))
        assert answer.status_code == 409
        until(lambda: all(shown["github_committed"] for shown in history(agent)), "the mark")
    assert [entry["signal_hash"] for entry in entries(tmp_path / "attestation")] == [made["signal_hash"]]


def test_what_was_left_over_is_committed_late_at_a_start(tmp_path: Path) -> None:
    """After the morning's retry and the deadline, and before the next morning."""
    repository = tmp_path / "attestation"
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent, execution_price="close")
        receipt(agent, day=NEXT)
        on.clock_to(DAY, "10:00")
        lock = repository / ".git" / "refs" / "heads" / "main.lock"
        lock.touch()
        assert receipt(agent)["github_committed"] is False
        on.clock_to(DAY, "15:30")
        token = agent.token
    lock.unlink()
    with attested(tmp_path) as on:
        agent = again(on, token)
        until(lambda: all(shown["github_committed"] for shown in history(agent)), "the commit")
        assert row(on).in_time is False


@dataclass
class Told:
    """What clients were told: (slug, date) to the receipt."""

    receipts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def submit_until_killed(
    server: Serving, token: str, wanted: Sequence[tuple[str, date]], told: Told, chance: random.Random
) -> None:
    """Clients submit what is wanted; the server is killed in the middle of it, once some have been answered."""
    enough = len(told.receipts) + chance.randrange(1, PER_LIFE // 2)
    headers = {"Authorization": f"Bearer {token}"}

    def submit(key: tuple[str, date]) -> None:
        slug, day = key
        with suppress(httpx.TransportError):
            answer = httpx.post(
                f"{server.url}/api/v1/strategies/{slug}/signals",
                json=body(day, MAOTAI),
                headers=headers,
                trust_env=False,
                timeout=60,
            )
            if answer.status_code == 201:
                with told.lock:
                    told.receipts[slug, day.isoformat()] = answer.json()

    with ThreadPoolExecutor(CLIENTS) as pool:
        for key in wanted:
            pool.submit(submit, key)
        until(lambda: len(told.receipts) >= enough, "answers")
        time.sleep(chance.uniform(0.0, 0.05))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()


def serve(home: Path) -> Serving:
    return serving(home, home / "data", "--simulate", "2024-01-02T08:00+08:00")


@pytest.mark.parametrize("seed", range(KILLS))
def test_every_acknowledged_signal_is_there_and_attested_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    repository, remote = tmp_path / "attestation", bare(tmp_path / "remote.git")
    chance = random.Random(seed)
    with attested(tmp_path, attestation_repo="") as on:
        agent = on.agent()
        slugs = [strategy(agent, f"alpha-{n}", is_public=n != 1) for n in range(3)]
        days = on.platform.market.calendar.between(DAY, date(2024, 12, 31))
        token = agent.token
    variables = {"QUANTOS_ATTESTATION_REPO": str(repository), "QUANTOS_ATTESTATION_REMOTE": str(remote)}
    monkeypatch.setattr(
        "tests.feature.cli.conftest.environment", lambda home: {**environment(home), **variables}
    )
    wanted = [(slug, day) for day in days for slug in slugs]
    told = Told()
    for life in range(2):
        server = serve(tmp_path)
        part = wanted[life * PER_LIFE : (life + 1) * PER_LIFE]
        submit_until_killed(server, token, part, told, chance)
        if server.process.stdout is not None:
            server.process.stdout.close()
    with attested(tmp_path, attestation_remote=str(remote)) as on:
        agent = again(on, token)
        rows = until(lambda: _all_attested(agent, slugs), "every mark")
        until(lambda: git(remote, "rev-parse", "main", check=False) == git(repository, "rev-parse", "main"))
    kept = {(slug, shown["trade_date"]): shown["signal_hash"] for slug, shown in rows}
    for key, made in told.receipts.items():
        assert kept[key] == made["signal_hash"]
        if made["attestation"]["committed"]:
            assert git(repository, "merge-base", "--is-ancestor", made["attestation"]["sha"], "main") == ""
    assert sorted(hashes(repository)) == sorted(kept.values())
    assert len(kept) >= len(told.receipts) >= 2
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""


def _all_attested(agent: Caller, slugs: Sequence[str]) -> list[tuple[str, dict[str, Any]]] | None:
    rows = [(slug, shown) for slug in slugs for shown in history(agent, slug)]
    return rows if all(shown["github_committed"] for _, shown in rows) else None
