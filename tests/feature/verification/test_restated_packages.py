"""Days that were settled again: the package in force, those that stood before, and the record of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.feature.verification import identities
from tests.feature.verification.identities import Package, read
from tests.feature.verification.test_publication import Scene, digests
from tests.support.platforms import Stage
from tests.support.restated import DAYS, REASON, A, Bars, play, restate, write_bars

COSTS = {"commission_rate": 0.0003, "slippage_rate": 0.001}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def on(scene: Scene) -> Iterator[Stage]:
    """Six days of three strategies, attested."""
    with scene.open() as opened:
        yield play(opened, opened.agent(), **COSTS)


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    """A closes the second day at 10.15, not 10.20, which is the third day's reference."""
    rows: Bars = {(A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000), (A, DAYS[2]): (10.2, 10.3, 10.15, 1_000_000)}
    return write_bars(tmp_path / "corrected", rows)


@pytest.fixture
def corrected_later(tmp_path: Path) -> Path:
    """A closes the third day at 10.25, not 10.30, which is the fourth day's reference."""
    rows: Bars = {(A, DAYS[2]): (10.2, 10.25, 10.15, 1_000_000), (A, DAYS[3]): (10.3, 10.4, 10.25, 1_000_000)}
    return write_bars(tmp_path / "later", rows)


def package(on: Stage, day: date, slug: str = "holds-a", **more: Any) -> Package:
    answer = on.public().call("GET", f"/public/strategies/{slug}/verify", date=day.isoformat(), **more)
    assert answer.status_code == 200, answer.text
    return read(answer.content)


def bare(found: Package) -> Package:
    """Without what a restatement adds to every revision of its day."""
    return {name: value for name, value in found.items() if name not in {"restated", "how_to_verify"}}


def shown_navs(found: Package) -> list[tuple[int, float]]:
    return [(each["revision"], float(each["reported_nav"])) for each in found["restated"]["revisions"]]


def test_the_package_in_force_says_what_stood_before_and_why_it_changed(on: Stage, corrected: Path) -> None:
    before = package(on, DAYS[1])
    restate(on, DAYS[1], corrected)
    found = package(on, DAYS[1])
    identities.check(found, package(on, DAYS[0]))
    old, new = (float(each["verification"]["nav"]["reported_nav"]) for each in (before, found))
    assert new < old
    assert found["revision"] == 1
    assert shown_navs(found) == [(0, old), (1, new)]
    restated = found["restated"]
    assert (restated["from"], restated["reason"]) == (str(DAYS[1]), REASON)
    assert restated["at"] == "2024-03-08T11:00:00Z"


def test_what_was_read_ahead_is_not_shown_once_it_was_settled_again(on: Stage, corrected: Path) -> None:
    for day in DAYS[:2]:
        package(on, day)  # from here on the days after are read ahead
    old = package(on, DAYS[1])
    restate(on, DAYS[1], corrected)
    assert package(on, DAYS[0])["revision"] == 0
    assert [package(on, day)["revision"] for day in DAYS[1:]] == [1, 1, 0, 0, 0]
    assert package(on, DAYS[1], revision=0)["verification"] == old["verification"]


def test_an_older_revision_is_shown_as_it_stood(on: Stage, corrected: Path) -> None:
    before = [package(on, day) for day in DAYS]
    restate(on, DAYS[1], corrected)
    for day, old in zip(DAYS[1:3], before[1:3], strict=True):
        again = package(on, day, revision=0)
        assert bare(again) == bare(old)
        assert shown_navs(again) == shown_navs(package(on, day))
    assert (
        on.public()
        .call("GET", "/public/strategies/holds-a/verify", date=str(DAYS[1]), revision=2)
        .status_code
        == 404
    )


def test_days_that_did_not_change_say_nothing(on: Stage, corrected: Path) -> None:
    before = {day: package(on, day) for day in (DAYS[0], *DAYS[3:])}
    other = package(on, DAYS[1], "holds-b")
    restate(on, DAYS[1], corrected)
    assert {day: package(on, day) for day in before} == before
    assert package(on, DAYS[1], "holds-b") == other


def test_each_revision_begins_with_the_holdings_that_it_was_settled_from(
    on: Stage, corrected: Path, corrected_later: Path
) -> None:
    restate(on, DAYS[1], corrected)
    restate(on, DAYS[2], corrected_later)
    second = [package(on, DAYS[1], revision=k) for k in (0, 1)]
    third = [package(on, DAYS[2], revision=k) for k in (0, 1, 2)]
    fourth = [package(on, DAYS[3], revision=k) for k in (0, 1)]
    assert package(on, DAYS[2])["revision"] == 2
    for found, before in (
        *((third[0], second[0]), (third[1], second[1]), (third[2], second[1])),
        *((fourth[0], third[1]), (fourth[1], third[2])),
    ):
        identities.check(found, before)
    assert third[2]["restated"]["from"] == str(DAYS[2])
    assert len({float(each["verification"]["nav"]["reported_nav"]) for each in third[1:]}) == 2


def test_the_public_record_lists_the_restatements_of_the_strategy_alone(on: Stage, corrected: Path) -> None:
    def record(slug: str) -> dict[str, Any]:
        found: dict[str, Any] = on.public().get(f"/public/strategies/{slug}/track-record")
        return found

    assert "restatements" not in record("holds-a")
    restate(on, DAYS[1], corrected)
    found = record("holds-a")
    assert found["restatements"] == [{"from": str(DAYS[1]), "at": "2024-03-08T11:00:00Z", "reason": REASON}]
    assert "restatements" not in record("holds-b")
    navs = [float(package(on, day)["verification"]["nav"]["reported_nav"]) for day in DAYS]
    assert [each["nav"] for each in found["records"]] == pytest.approx([nav / 1_000_000 for nav in navs])
    with_it = {
        e["date"]: e["detail"] for e in on.public().get("/public/strategies/holds-a/audit")["audit_log"]
    }
    said = f"Restated on 2024-03-08 from {DAYS[1]} on: {REASON}."
    assert [day for day, detail in with_it.items() if said in detail] == [str(DAYS[2]), str(DAYS[1])]


def test_the_new_revision_is_committed_beside_the_old_one(on: Stage, scene: Scene, corrected: Path) -> None:
    old = digests(scene.entries())
    restate(on, DAYS[1], corrected)
    new = digests(scene.entries())
    assert [each for each in new if each in old] == old
    added = [each for each in new if each not in old]
    assert added == [
        (str(day), "holds-a", 1, package(on, day)["verification"]["settlement_attestation"]["nav_sha256"])
        for day in DAYS[1:3]
    ]
    assert scene.subjects()[-1] == f"restatement digests {DAYS[1]} to {DAYS[2]}"
    for revision, subject in ((0, f"settlement digests {DAYS[1]}"), (1, scene.subjects()[-1])):
        attested = package(on, DAYS[1], revision=revision)["verification"]["settlement_attestation"]
        assert scene.git("show", "-s", "--format=%s", attested["commit_sha"]).strip() == subject


def test_what_was_superseded_before_it_was_published_is_published_too(scene: Scene, corrected: Path) -> None:
    with scene.open(attested=False) as on:
        play(on, on.agent(), **COSTS)
        restate(on, DAYS[1], corrected)
        wanted = [
            package(on, DAYS[1], revision=k)["verification"]["settlement_attestation"]["nav_sha256"]
            for k in (0, 1)
        ]
    with scene.open():
        found = [each for each in scene.entries()[str(DAYS[1])] if each["strategy_slug"] == "holds-a"]
    assert [(each["revision"], each["nav_sha256"]) for each in found] == list(enumerate(wanted))
