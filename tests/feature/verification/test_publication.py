"""Digests of settled days in the attestation repository: each once, whatever happens in between."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import SystemClock, parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.verification.service import Publication
from tests.support.platforms import Caller, Stage, made_up, stage

A, B = "600001.SH", "600002.SH"
START = parse_instant("2024-03-01T08:00+08:00")
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 8))
FREE = {"commission_rate": 0, "slippage_rate": 0}
Entries = dict[str, list[dict[str, Any]]]


class Scene:
    """A platform that is opened again and again on one data directory, and its repository."""

    def __init__(self, folder: Path) -> None:
        self.data, self.repo = folder / "data", folder / "attestation"
        self.start = START

    def open(self, *, attested: bool = True) -> AbstractContextManager[Stage]:
        return stage(self.data, self.start, **({"attestation_repo": str(self.repo)} if attested else {}))

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.repo), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def entries(self) -> Entries:
        """What the head of the repository says of each day."""
        paths = self.git("ls-tree", "-r", "--name-only", "HEAD").split()
        found = {}
        for path in paths:
            if path.startswith("settlements/"):
                file = json.loads(self.git("show", f"HEAD:{path}"))
                assert path == f"settlements/{file['date']}.json"
                found[file["date"]] = file["settlements"]
        return found

    def subjects(self) -> list[str]:
        """Of the commits of digests, oldest first."""
        lines = self.git("log", "--reverse", "--format=%s").splitlines()
        return [line for line in lines if "digests" in line]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def begin(on: Stage, *slugs: str, public: bool = True) -> Caller:
    """Strategies that hold A from the first day on."""
    rows = {(s, day): (10.0, 10.1, 10.0, 1_000_000) for s in (A, B) for day in DAYS[:1]}
    rows |= {(s, day): (10.1, 10.1, 10.1, 1_000_000) for s in (A, B) for day in DAYS[1:]}
    on.platform.market.import_bars(made_up(rows))
    agent = on.agent()
    for slug in slugs:
        agent.post("/strategies", {"name": slug, "slug": slug, "is_public": public, **FREE})
        on.submit(agent, slug, DAYS[0], {A: 0.5})
    return agent


def package(on: Stage, slug: str, day: date, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = on.public().get(f"/public/strategies/{slug}/verify", date=day.isoformat(), **more)
    return found


def digests(entries: Entries) -> list[tuple[str, str, int, str]]:
    return [
        (day, each["strategy_slug"], each["revision"], each["nav_sha256"])
        for day, found in entries.items()
        for each in found
    ]


def expected(on: Stage, slugs: tuple[str, ...], days: list[date]) -> list[tuple[str, str, int, str]]:
    """From the packages themselves."""
    return [
        (str(day), slug, 0, package(on, slug, day)["verification"]["settlement_attestation"]["nav_sha256"])
        for day in days
        for slug in slugs
    ]


def test_each_settled_day_is_committed_with_the_digest_of_its_package(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one", "two")
        on.clock_to(DAYS[2], "19:00")
        wanted = expected(on, ("one", "two"), DAYS[:3])
        found = scene.entries()
        assert digests(found) == wanted
        shown = package(on, "one", DAYS[1])
    assert scene.subjects() == [f"settlement digests {day}" for day in DAYS[:3]]
    (entry, _) = found[str(DAYS[1])]
    assert entry["snapshot_sha256"] == shown["data_provenance"]["snapshot_sha256"]
    assert entry["rules_version"] == shown["data_provenance"]["rules_version"]
    attested = shown["verification"]["settlement_attestation"]
    assert attested["committed"] is True
    assert attested["committed_at"] == "2024-03-04T10:15:00Z"
    assert scene.git("show", "-s", "--format=%s", attested["commit_sha"]).strip() == (
        f"settlement digests {DAYS[1]}"
    )
    assert scene.git("show", "-s", "--format=%ct", attested["commit_sha"]).strip() == "1709547300"


def test_settling_again_commits_nothing(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[1], "19:00")
        head = scene.git("rev-parse", "HEAD")
        on.operator.post("/admin/jobs/settle_all_active_strategies/run", {"date": str(DAYS[1])})
        on.operator.post("/admin/jobs/attestation_retry/run", {"date": str(DAYS[1])})
        assert scene.git("rev-parse", "HEAD") == head
    with scene.open():
        assert scene.git("rev-parse", "HEAD") == head


def test_a_strategy_that_is_not_public_is_hidden_by_its_salt_and_shown_once_it_is_public(
    scene: Scene,
) -> None:
    with scene.open() as on:
        agent = begin(on, "quiet", public=False)
        on.clock_to(DAYS[0], "19:00")
        (entry,) = scene.entries()[str(DAYS[0])]
        assert "quiet" not in scene.git("log", "-p", "--format=%B")
        assert agent.call("PATCH", "/strategies/quiet", {"is_public": True}).status_code == 200
        attested = package(on, "quiet", DAYS[0])["verification"]["settlement_attestation"]
    assert entry["strategy_slug"] == hashlib.sha256(f"quiet{attested['salt']}".encode()).hexdigest()
    assert entry["nav_sha256"] == attested["nav_sha256"]
    assert attested["committed"] is True


def test_days_settled_without_a_repository_are_committed_once_there_is_one(scene: Scene) -> None:
    with scene.open(attested=False) as on:
        begin(on, "one", "two")
        on.clock_to(DAYS[3], "19:00")
        attested = package(on, "one", DAYS[0])["verification"]["settlement_attestation"]
        assert attested["committed"] is False
        assert [attested[name] for name in ("raw_url", "commit_sha", "committed_at")] == [None] * 3
    with scene.open() as on:
        assert digests(scene.entries()) == expected(on, ("one", "two"), DAYS[:4])
        assert scene.subjects() == [f"settlement digests {DAYS[0]} to {DAYS[3]}"]
        for day in DAYS[:4]:
            assert package(on, "two", day)["verification"]["settlement_attestation"]["committed"] is True


def test_another_repository_gets_everything_again(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[2], "19:00")
        wanted = expected(on, ("one",), DAYS[:3])
        package(on, "one", DAYS[0])
    scene.repo = scene.repo.with_name("another")
    with scene.open() as on:
        assert digests(scene.entries()) == wanted
        sha = package(on, "one", DAYS[0])["verification"]["settlement_attestation"]["commit_sha"]
        assert sha == scene.git("rev-parse", "HEAD").strip()


def test_a_repository_that_is_gone_is_not_made_anew(scene: Scene) -> None:
    """Its signals cannot be committed in time again: whoever wants to begin anew says so by another folder."""
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[2], "19:00")
    shutil.rmtree(scene.repo)
    with scene.open() as on:
        on.clock_to(DAYS[3], "19:00")
        assert len(on.navs("one")) == 4
        assert [alarm["code"] for alarm in on.platform.attestation.alarms()] == ["repository_history_lost"]
    assert not scene.repo.exists()


@contextmanager
def unwritable(repo: Path) -> Iterator[None]:
    """A lock that a killed git left behind on the branch."""
    (branch,) = (repo / ".git" / "refs" / "heads").iterdir()
    lock = branch.with_name(f"{branch.name}.lock")
    lock.touch()
    try:
        yield
    finally:
        lock.unlink()


def test_a_repository_that_cannot_be_written_fails_no_settlement_and_is_tried_again(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[0], "19:00")
        with unwritable(scene.repo):
            (ran,) = [
                job for job in on.clock_to(DAYS[1], "18:16") if job["job"] == "settle_all_active_strategies"
            ]
            assert ran["state"] == "done"
            assert len(on.navs("one")) == 2
            attested = package(on, "one", DAYS[1])["verification"]["settlement_attestation"]
            assert attested["committed"] is False
            assert set(scene.entries()) == {str(DAYS[0])}
        on.clock_to(DAYS[2], "09:11")  # attestation_retry
        assert digests(scene.entries()) == expected(on, ("one",), DAYS[:2])
        attested = package(on, "one", DAYS[1])["verification"]["settlement_attestation"]
        assert attested["committed"] is True


def test_a_retry_by_hand_hands_over_what_is_left(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[0], "19:00")
        with unwritable(scene.repo):
            on.clock_to(DAYS[1], "18:16")
            left = on.operator.post("/admin/attestation/retry")["digests"]
            assert left == {"committed": 0, "reason": "repository_locked"}
        done = on.operator.post("/admin/attestation/retry")["digests"]
        assert done == {"committed": 1, "reason": None}
        assert digests(scene.entries()) == expected(on, ("one",), DAYS[:2])


def test_a_contradiction_does_not_lose_the_digests_beside_it(scene: Scene) -> None:
    """Another digest of `one` stands in the repository, and the branch is locked when `two` is to be added."""
    with scene.open() as on:
        begin(on, "one", "two")
        on.clock_to(DAYS[0], "19:00")
        line = {"strategy_slug": "one", "revision": 0, "nav_sha256": "00" * 32}
        scene.git("reset", "-q")
        file = scene.repo / "settlements" / f"{DAYS[1]}.json"
        file.write_text(json.dumps({"date": str(DAYS[1]), "settlements": [line]}))
        scene.git("add", "settlements")
        scene.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "by hand")
        with unwritable(scene.repo):
            on.clock_to(DAYS[1], "19:00")
        on.clock_to(DAYS[2], "09:11")  # attestation_retry
        assert [entry["strategy_slug"] for entry in scene.entries()[str(DAYS[1])]] == ["one", "two"]


def test_a_package_shows_the_commit_as_soon_as_there_is_one(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        publish, on.platform.settlement.after_run = on.platform.settlement.after_run, lambda _: None
        on.clock_to(DAYS[0], "19:00")
        for _ in range(3):  # as it is made, and as it is kept
            assert package(on, "one", DAYS[0])["verification"]["settlement_attestation"]["committed"] is False
        publish(1)
        assert package(on, "one", DAYS[0])["verification"]["settlement_attestation"]["committed"] is True


def test_what_a_process_left_between_the_settlement_and_the_commit_is_completed_at_the_next_start(
    scene: Scene,
) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[0], "19:00")
        on.platform.settlement.after_run = lambda _: None  # the process is gone
        on.clock_to(DAYS[2], "19:00")
        assert set(scene.entries()) == {str(DAYS[0])}
    with scene.open() as on:
        assert digests(scene.entries()) == expected(on, ("one",), DAYS[:3])


def test_a_live_platform_completes_it_in_a_thread_of_its_own(scene: Scene, tmp_path: Path) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.platform.settlement.after_run = lambda _: None
        on.clock_to(DAYS[1], "19:00")
        wanted = expected(on, ("one",), DAYS[:2])
        p = on.platform
        salts = p.directory.secret("salts").encode()
        live = Publication(
            p.records, p.strategies, p.settlement.days, p.attestation, SystemClock(), salts, tmp_path
        )
        live.start()
        assert live._catching_up is not None
        live._catching_up.join()
        live.stop()
        assert digests(scene.entries()) == wanted
        assert live.catch_up().reason is None


def test_what_a_process_left_between_the_commit_and_its_mark_is_committed_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[0], "19:00")
        monkeypatch.setattr(on.platform.settlement.days, "note_published", lambda *_: None)  # it is gone
        on.clock_to(DAYS[2], "19:00")
        assert len(scene.entries()) == 3
    monkeypatch.undo()
    with scene.open() as on:
        assert digests(scene.entries()) == expected(on, ("one",), DAYS[:3])
        assert scene.subjects() == [f"settlement digests {day}" for day in DAYS[:3]]
        for day in DAYS[:3]:
            sha = package(on, "one", day)["verification"]["settlement_attestation"]["commit_sha"]
            assert scene.git("show", "-s", "--format=%s", sha).strip() == f"settlement digests {day}"


def test_backfilled_days_are_never_committed(scene: Scene) -> None:
    with scene.open() as on:
        begin(on, "one")
        on.clock_to(DAYS[3], "08:00")
        agent = on.agent()
        agent.post("/strategies", {"name": "late", "slug": "late", **FREE})
        on.submit(agent, "late", DAYS[3], {A: 0.5})
        signals = [{"trade_date": str(DAYS[0]), "signals": [{"symbol": B, "weight": 0.5}]}]
        on.operator.post("/admin/strategies/late/backfill", {"signals": signals})
        on.clock_to(DAYS[3], "19:00")
        named = [(day, slug) for day, slug, _, _ in digests(scene.entries())]
        assert named == [*((str(day), "one") for day in DAYS[:4]), (str(DAYS[3]), "late")]


def test_days_filled_in_after_a_pause_are_committed(scene: Scene) -> None:
    with scene.open() as on:
        agent = begin(on, "one")
        on.clock_to(DAYS[0], "19:00")
        assert agent.call("PATCH", "/strategies/one", {"status": "paused"}).status_code == 200
        on.clock_to(DAYS[3], "20:00")
        assert len(scene.entries()) == 1
        assert agent.call("PATCH", "/strategies/one", {"status": "active"}).status_code == 200
        assert digests(scene.entries()) == expected(on, ("one",), DAYS[:4])
