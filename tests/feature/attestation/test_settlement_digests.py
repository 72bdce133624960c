"""Digests of settlements in the repository: committed once, looked up, contradicted loudly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quantos.attestation.service import Attestation, DigestConflict, SettlementDigest
from tests.support.attested import DAY, attested, bare, entries, git, receipt, strategy, subjects, until
from tests.support.platforms import Stage

NEXT = date(2024, 1, 3)
AT = datetime(2024, 1, 2, 0, 0, tzinfo=UTC)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path) as made:
        yield made


@pytest.fixture
def attestation(on: Stage) -> Attestation:
    return on.platform.attestation


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


def digest(slug: str = "alpha", day: date = DAY, revision: int = 0) -> SettlementDigest:
    nav = hashlib.sha256(f"{slug} {day} {revision}".encode()).hexdigest()
    return SettlementDigest(day, slug, revision, nav, "55" * 32, "rules-1")


def test_a_run_is_one_commit_of_all_its_dates(attestation: Attestation, repository: Path) -> None:
    done = attestation.commit_settlements(
        {NEXT: [digest("alpha", NEXT)], DAY: [digest("alpha"), digest("beta")]}
    )
    (commit,) = done.commits
    assert (done.added, done.present, done.reason) == (3, 0, None)
    assert commit.sha == git(repository, "rev-parse", "HEAD")
    assert commit.committed_at == AT
    assert subjects(repository) == ["settlement digests 2024-01-02 to 2024-01-03"]
    assert entries(repository, NEXT, "settlements") == [
        {
            "strategy_slug": "alpha",
            "revision": 0,
            "nav_sha256": digest("alpha", NEXT).nav_sha256,
            "snapshot_sha256": "55" * 32,
            "rules_version": "rules-1",
            "committed_at": "2024-01-02T00:00:00+00:00",
        }
    ]


def test_what_is_there_is_not_doubled(attestation: Attestation, repository: Path) -> None:
    given = {DAY: [digest("alpha"), digest("beta")]}
    attestation.commit_settlements(given)
    again = attestation.commit_settlements({DAY: [*given[DAY], digest("gamma")]})
    assert (again.added, again.present) == (1, 2)
    assert attestation.commit_settlements(given).commits == ()
    assert [entry["strategy_slug"] for entry in entries(repository, DAY, "settlements")] == [
        "alpha",
        "beta",
        "gamma",
    ]
    assert len(subjects(repository)) == 2


def test_a_restatement_says_so_and_keeps_what_was(attestation: Attestation, repository: Path) -> None:
    attestation.commit_settlements({DAY: [digest()]})
    attestation.commit_settlements({DAY: [digest(revision=1)]})
    assert subjects(repository)[-1] == "restatement digests 2024-01-02"
    assert [entry["revision"] for entry in entries(repository, DAY, "settlements")] == [0, 1]


def test_another_digest_of_the_same_day_is_refused_and_the_others_are_committed(
    attestation: Attestation, repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    attestation.commit_settlements({DAY: [digest()]})
    other = replace(digest(), nav_sha256="00" * 32)
    with pytest.raises(DigestConflict, match="alpha 2024-01-02 r0"):
        attestation.commit_settlements({DAY: [other, digest("beta")]})
    assert "contradict" in caplog.text
    assert [entry["nav_sha256"] for entry in entries(repository, DAY, "settlements")] == [
        digest().nav_sha256,
        digest("beta").nav_sha256,
    ]


def test_a_repository_that_cannot_be_written_is_a_reason_and_the_call_can_be_repeated(
    attestation: Attestation, repository: Path
) -> None:
    attestation.commit_settlements({DAY: [digest("beta")]})
    lock = repository / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    failed = attestation.commit_settlements({DAY: [digest()]})
    assert (failed.commits, failed.reason) == ((), "repository_locked")
    lock.unlink()
    assert attestation.commit_settlements({DAY: [digest()]}).added == 1


def test_a_contradiction_does_not_hide_that_the_others_are_not_committed(
    attestation: Attestation, repository: Path
) -> None:
    attestation.commit_settlements({DAY: [digest()]})
    (repository / ".git" / "refs" / "heads" / "main.lock").touch()
    other = replace(digest(), nav_sha256="00" * 32)
    with pytest.raises(DigestConflict) as contradicted:
        attestation.commit_settlements({DAY: [other, digest("beta")]})
    assert contradicted.value.reason == "repository_locked"
    assert contradicted.value.digests == [other]


@pytest.mark.parametrize(
    "damaged",
    [
        "not json",
        '{"date": "2024-01-02", "settlements": [{"revision": "x"}]}',
        '{"settlements": [], "more": 1}',
    ],
)
def test_a_day_whose_file_cannot_be_continued_holds_up_no_other(
    attestation: Attestation, repository: Path, damaged: str
) -> None:
    attestation.commit_settlements({DAY: [digest()]})
    by_hand(repository, f"settlements/{DAY}.json", damaged)
    done = attestation.commit_settlements({DAY: [digest("beta")], NEXT: [digest("beta", NEXT)]})
    assert (done.added, done.reason) == (1, "repository_broken")
    assert len(entries(repository, NEXT, "settlements")) == 1
    (alarm,) = attestation.alarms()
    assert f"settlements/{DAY}.json" in alarm["message"]


def by_hand(repository: Path, file: str, content: str) -> None:
    git(repository, "reset", "-q")
    (repository / file).write_text(content)
    git(repository, "add", file)
    git(repository, "commit", "-q", "-m", "by hand")


def test_without_a_repository_nothing_is_committed(tmp_path: Path) -> None:
    with attested(tmp_path, attestation_repo="") as on:
        done = on.platform.attestation.commit_settlements({DAY: [digest()]})
        assert (done.commits, done.reason) == ((), "repo_not_configured")
        assert on.platform.attestation.settlement_commit(DAY, digest().nav_sha256) is None
        assert on.platform.attestation.raw_url("attestations", DAY, "a" * 40) is None
        assert on.platform.attestation.version == 0


def test_very_many_digests_go_into_bounded_commits(attestation: Attestation, repository: Path) -> None:
    days = [DAY + timedelta(days=n) for n in range(260)]
    done = attestation.commit_settlements({day: [digest("alpha", day)] for day in days})
    assert (len(done.commits), done.added) == (2, 260)
    assert len(subjects(repository)) == 2


def test_the_commit_of_a_digest_is_found(attestation: Attestation, on: Stage) -> None:
    first = attestation.commit_settlements({DAY: [digest()]}).commits[0]
    assert attestation.settlement_commit(DAY, digest().nav_sha256) == first
    assert attestation.settlement_commit(DAY, digest("beta").nav_sha256) is None
    assert attestation.settlement_commit(NEXT, digest().nav_sha256) is None
    second = attestation.commit_settlements({DAY: [digest("beta")]}).commits[0]
    on.clock_to(DAY, "20:00")
    third = attestation.commit_settlements({DAY: [digest(revision=1)]}).commits[0]
    assert attestation.settlement_commit(DAY, digest().nav_sha256) == first
    assert attestation.settlement_commit(DAY, digest("beta").nav_sha256) == second
    assert attestation.settlement_commit(DAY, digest(revision=1).nav_sha256) == third


def test_the_version_changes_with_every_commit(attestation: Attestation) -> None:
    seen = {attestation.version}
    for slug in ("alpha", "beta", "gamma"):
        attestation.commit_settlements({DAY: [digest(slug)]})
        seen.add(attestation.version)
    assert len(seen) == 4


def test_lookups_work_while_the_repository_is_packed(
    attestation: Attestation, on: Stage, repository: Path
) -> None:
    first = attestation.commit_settlements({DAY: [digest()]}).commits[0]
    assert attestation.settlement_commit(DAY, digest().nav_sha256) == first
    git(repository, "gc", "-q", "--prune=now")
    assert attestation.settlement_commit(DAY, digest().nav_sha256) == first
    second = attestation.commit_settlements({DAY: [digest("beta")]}).commits[0]
    git(repository, "repack", "-adq")
    assert attestation.settlement_commit(DAY, digest("beta").nav_sha256) == second
    assert on.public().call("GET", f"/public/settlements/{DAY}.json").status_code == 200


def test_the_raw_address_is_githubs_where_the_remote_is_there(tmp_path: Path) -> None:
    sha = "ab" * 20
    given = [
        ("https://token1234567@github.com/o/r.git", "", f"https://raw.githubusercontent.com/o/r/{sha}"),
        ("", "https://x.org/raw/{sha}/", f"https://x.org/raw/{sha}"),
        ("https://github.com/o/r", "https://x.org/files", "https://x.org/files"),
        ("", "", "/api/v1/public"),
    ]
    for remote, raw, expected in given:
        with attested(tmp_path, attestation_remote=remote, attestation_raw_url=raw) as on:
            found = on.platform.attestation.raw_url("settlements", DAY, sha)
        assert found == f"{expected}/settlements/2024-01-02.json"


def test_digests_and_signals_of_the_same_moment_are_all_there(
    attestation: Attestation, on: Stage, repository: Path, tmp_path: Path
) -> None:
    agent = on.agent()
    strategy(agent)
    done = [attestation.commit_settlements({DAY: [digest(f"s{n}")]}) for n in range(3)]
    receipt(agent)
    assert all(each.reason is None for each in done)
    assert len(entries(repository, DAY, "settlements")) == 3
    assert len(entries(repository)) == 1


def test_digests_are_pushed(tmp_path: Path) -> None:
    remote = bare(tmp_path / "remote.git")
    with attested(tmp_path, attestation_remote=str(remote)) as on:
        on.platform.attestation.commit_settlements({DAY: [digest()]})
        until(lambda: git(remote, "rev-parse", "-q", "--verify", "main", check=False), "the push")
    assert len(entries(remote, DAY, "settlements")) == 1
