"""What the platform may do: evaluation, licence, grace, restriction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import Circumstances, State, Verdict, verify
from licensing.document import parse
from quantos.license.core.entitlement import (
    EVALUATION,
    GRACE,
    Entitlement,
    Memory,
    Mode,
    Why,
    entitle,
    told_the_time,
)
from tests.unit.licensing.makers import HERE, ISSUED, KEYS, MACHINE, STRANGER, licence, public

START = ISSUED + timedelta(hours=1)
NEW = Memory(first_seen=START, highest_seen=START)
LICENSED = replace(NEW, licensed=True)
EXPIRY = datetime(2027, 11, 21, 16, 0, tzinfo=UTC)  # midnight in Shanghai
SECOND = timedelta(seconds=1)


def judged(now: datetime, content: bytes | None = None, *, fingerprint: str = MACHINE) -> Verdict:
    return verify(content or licence(), KEYS, Circumstances(fingerprint, now))


def at(now: datetime, memory: Memory, verdict: Verdict | None) -> Entitlement:
    return entitle(verdict, memory, now)[0]


def test_without_a_licence_everything_works_for_thirty_days() -> None:
    last = START + EVALUATION - SECOND
    found = at(last, NEW, None)
    assert (found.mode, found.edition, found.until) == (Mode.EVALUATION, "evaluation", START + EVALUATION)
    assert found.accepts_submissions
    ended = at(last + SECOND, NEW, None)
    assert (ended.mode, ended.accepts_submissions) == (Mode.RESTRICTED, False)
    assert "2026-12-21" in ended.reasons[0]


def test_a_clock_set_back_does_not_lengthen_the_evaluation() -> None:
    _, memory = entitle(None, NEW, START + EVALUATION)
    assert at(START + SECOND, memory, None).mode is Mode.RESTRICTED


def test_a_licence_that_holds_brings_its_edition_and_limits() -> None:
    found, memory = entitle(judged(HERE.now), NEW, HERE.now)
    assert (found.mode, found.edition, found.until) == (Mode.LICENSED, "standard", EXPIRY)
    assert (found.max_cores, found.max_memory_gb, found.reasons) == (8, None, ())
    assert memory.licensed


def test_what_a_test_key_signed_reads_test() -> None:
    keys = (public(STRANGER, test=True),)
    verdict = verify(licence(STRANGER), keys, HERE)
    assert at(HERE.now, NEW, verdict).edition == "test"


def test_an_expired_licence_has_fourteen_days_of_grace_from_its_end_whenever_it_is_noticed() -> None:
    for now, mode in [
        (EXPIRY - SECOND, Mode.LICENSED),
        (EXPIRY, Mode.GRACE),
        (EXPIRY + GRACE - SECOND, Mode.GRACE),
        (EXPIRY + GRACE, Mode.RESTRICTED),
    ]:
        found = at(now, LICENSED, judged(now))
        assert found.mode is mode, now
        if mode is Mode.GRACE:
            assert found.until == EXPIRY + GRACE
            assert "2027-11-21" in found.reasons[0]


def test_a_restored_machine_has_fourteen_days_from_when_it_is_noticed() -> None:
    now = HERE.now
    elsewhere = judged(now, fingerprint="ee" * 32)
    found, memory = entitle(elsewhere, LICENSED, now)
    assert (found.mode, found.until) == (Mode.GRACE, now + GRACE)
    later = now + GRACE
    assert at(later, memory, judged(later, fingerprint="ee" * 32)).mode is Mode.RESTRICTED


def test_a_removed_licence_counts_as_expired_and_not_as_none() -> None:
    now = START + timedelta(days=3)
    found, memory = entitle(None, LICENSED, now)
    assert (found.mode, found.until) == (Mode.GRACE, now + GRACE)
    assert at(now + GRACE, memory, None).mode is Mode.RESTRICTED


def test_a_licence_of_another_machine_is_no_way_back_to_the_evaluation() -> None:
    now = START + timedelta(days=1)
    _, memory = entitle(judged(now, fingerprint="ee" * 32), NEW, now)
    late = now + GRACE
    assert at(late, memory, judged(late, fingerprint="ee" * 32)).mode is Mode.RESTRICTED


def test_a_renewal_ends_the_grace_at_once() -> None:
    now = EXPIRY + timedelta(days=20)
    restricted, memory = entitle(judged(now), LICENSED, now)
    assert restricted.mode is Mode.RESTRICTED
    renewed = licence(expires=EXPIRY.date().replace(year=2028))
    found, memory = entitle(judged(now, renewed), memory, now)
    assert found.mode is Mode.LICENSED
    assert memory.failing_since is None


def test_a_tampered_licence_restricts_at_once_with_the_reason() -> None:
    for memory in (NEW, LICENSED):
        found = at(HERE.now, memory, judged(HERE.now, b"{}"))
        assert (found.mode, found.accepts_submissions) == (Mode.RESTRICTED, False)
        assert "no license.json" in found.reasons[0]


def test_taking_a_tampered_licence_away_gives_back_what_was() -> None:
    _, memory = entitle(judged(HERE.now, b"{}"), NEW, START + SECOND)
    assert at(START + 2 * SECOND, memory, None).mode is Mode.EVALUATION


def test_in_grace_the_limits_go_on_to_hold() -> None:
    assert at(EXPIRY, LICENSED, judged(EXPIRY)).max_cores == 8


@given(days=st.lists(st.integers(-400, 800), min_size=1, max_size=12), gone=st.booleans())
def test_however_the_clock_runs_no_more_than_grace_follows_the_end(days: list[int], gone: bool) -> None:
    memory = LICENSED
    for day in [390, *days]:
        now = EXPIRY + timedelta(days=day)
        verdict = (
            None
            if gone
            else verify(licence(), KEYS, Circumstances(MACHINE, now, highest_seen=memory.highest_seen))
        )
        found, memory = entitle(verdict, memory, now)
        assert memory.highest_seen >= now
        if not gone:
            assert found.mode is Mode.RESTRICTED


@pytest.mark.parametrize("mode", list(Mode))
def test_only_the_restricted_mode_takes_nothing_in(mode: Mode) -> None:
    assert Entitlement(mode, Why.NONE, "standard", None).accepts_submissions == (mode is not Mode.RESTRICTED)


def test_an_expired_licence_that_is_taken_away_brings_no_evaluation_back() -> None:
    """Also where none has ever held here."""
    now = EXPIRY + timedelta(days=1)
    fresh = replace(NEW, first_seen=now, highest_seen=now)
    _, memory = entitle(judged(now), fresh, now)
    gone = at(now, memory, None)
    assert (gone.mode, gone.why, gone.until) == (Mode.GRACE, Why.REMOVED, EXPIRY + GRACE)


@pytest.mark.parametrize(
    ("edition", "mark"),
    [("standard", None), ("test", "test"), ("evaluation", "evaluation"), ("none", "none")],
)
def test_every_edition_but_the_standard_one_is_marked(edition: str, mark: str | None) -> None:
    assert Entitlement(Mode.GRACE, Why.EXPIRED, edition, None).mark == mark


def test_each_verdict_has_its_word() -> None:
    assert {state.value for state in State} | {"none", "removed"} == {why.value for why in Why}


AHEAD = replace(LICENSED, highest_seen=datetime(2099, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("issued", "known", "corrected"),
    [
        (HERE.now - timedelta(days=7), None, True),
        (HERE.now - timedelta(days=7, seconds=1), None, False),
        (HERE.now + timedelta(hours=20), None, True),
        (HERE.now - timedelta(days=1), HERE.now - timedelta(days=2), True),
        (HERE.now - timedelta(days=1), HERE.now - timedelta(days=1), False),
        (HERE.now - timedelta(days=1), HERE.now, False),
    ],
)
def test_a_clock_that_ran_ahead_is_set_right_by_a_licence_just_issued_and_once(
    issued: datetime, known: datetime | None, corrected: bool
) -> None:
    memory = replace(AHEAD, newest_issue=known)
    told = told_the_time(memory, parse(licence(created_at=issued)), HERE.now)
    assert (told.highest_seen == HERE.now) == corrected
    assert told_the_time(told, parse(licence(created_at=issued)), HERE.now) == told


def test_a_clock_that_is_right_is_left_alone() -> None:
    memory = replace(LICENSED, highest_seen=HERE.now - timedelta(days=3))
    told = told_the_time(memory, parse(licence(created_at=HERE.now)), HERE.now)
    assert told == replace(memory, newest_issue=HERE.now)
