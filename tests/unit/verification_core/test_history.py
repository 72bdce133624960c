"""What a repository's history says of its entries; commits here are made up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from quantos.verification.core.history import Commit, Entry, FileChange, History
from quantos.verification.core.receipts import Receipt, read_reflog, received
from quantos.verification.core.steps_repository import (
    REPOSITORY_STEPS,
    Punctuality,
    all_in_time,
    digests_kept,
    hashes_unique,
    on_trading_days,
    readable,
    times_and_history,
    timing_of,
    timings,
    unchanged,
)
from quantos.verification.core.verdict import (
    Finding,
    Outcome,
    Step,
    Waiver,
    failed,
    not_checked,
    passed,
    verify,
)

DAY = date(2024, 1, 2)
PATH = f"attestations/{DAY}.json"
EARLY = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


class Line:
    """A history under construction, one commit after the other."""

    def __init__(self) -> None:
        self.history = History()

    def commit(self, at: datetime, *changes: tuple[str, Any]) -> Commit:
        place = len(self.history.commits)
        commit = Commit(f"{place:040x}", at, place)
        files = [
            FileChange(path, content if isinstance(content, bytes | None) else json.dumps(content).encode())
            for path, content in changes
        ]
        self.history.add(commit, files)
        return commit


def day_file(*entries: dict[str, Any], day: date = DAY) -> dict[str, Any]:
    return {"date": day.isoformat(), "attested_at": EARLY.isoformat(), "strategies": list(entries)}


def entry(slug: str, digest: str = "a" * 64, price: str | None = "open", **other: Any) -> dict[str, Any]:
    found = {"strategy_slug": slug, "signal_hash": digest, "attested_at": EARLY.isoformat(), **other}
    return found if price is None else {**found, "execution_price": price}


@pytest.fixture
def line() -> Line:
    return Line()


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_an_entry_counts_from_the_first_commit_that_shows_it(line: Line) -> None:
    first = line.commit(EARLY, (PATH, day_file(entry("alpha"))))
    line.commit(EARLY + timedelta(minutes=5), (PATH, day_file(entry("alpha"), entry("beta", "b" * 64))))
    assert line.history.signals[DAY]["alpha"].first == first
    assert unchanged(line.history).outcome is Outcome.PASSED


def test_a_hash_that_is_exchanged_counts_from_its_own_commit(line: Line) -> None:
    line.commit(EARLY, (PATH, day_file(entry("alpha"))))
    second = line.commit(EARLY + timedelta(hours=8), (PATH, day_file(entry("alpha", "b" * 64))))
    found = line.history.signals[DAY]["alpha"]
    assert (found.digest, found.first) == ("b" * 64, second)
    assert codes(unchanged(line.history).findings) == ["line_replaced"]
    assert codes(all_in_time(line.history).findings) == ["entry_late"]


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (entry("alpha", attested_at="2024-01-02T00:00:00+00:00"), "line_redated"),
        (entry("alpha", universe="csi500"), "line_edited"),
    ],
)
def test_an_entry_that_is_edited_keeps_its_time_and_shows(
    line: Line, after: dict[str, Any], code: str
) -> None:
    first = line.commit(EARLY, (PATH, day_file(entry("alpha"))))
    line.commit(EARLY + timedelta(days=9), (PATH, day_file(after)))
    assert line.history.signals[DAY]["alpha"].first == first
    assert codes(unchanged(line.history).findings) == [code]


@pytest.mark.parametrize("content", [day_file(), None], ids=["the line", "the file"])
def test_what_is_taken_away_shows(line: Line, content: Any) -> None:
    line.commit(EARLY, (PATH, day_file(entry("alpha"))))
    line.commit(EARLY + timedelta(days=9), (PATH, content))
    assert not line.history.signals[DAY]["alpha"].present
    assert codes(unchanged(line.history).findings) == ["line_removed"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (PATH, b"not json"),
        (PATH, b'{"date": "2024-01-02", "date": "2024-01-02", "strategies": []}'),
        (PATH, {"date": "2024-01-02"}),
        (PATH, {"date": "2024-01-03", "strategies": []}),
        (PATH, {"date": "2024-01-02", "strategies": [7]}),
        (PATH, day_file({"strategy_slug": "alpha"})),
        (PATH, day_file(entry("alpha"), entry("alpha"))),
        ("attestations/yesterday.json", {"strategies": []}),
        ("settlements/2024-01-02.json", {"date": "2024-01-02", "settlements": [{"strategy_slug": "a"}]}),
    ],
)
def test_a_file_that_cannot_be_read_as_what_it_is_named_is_named(line: Line, path: str, content: Any) -> None:
    line.commit(EARLY, (path, content))
    assert codes(readable(line.history).findings) == ["file_unreadable"]


def test_other_files_are_let_be(line: Line) -> None:
    line.commit(EARLY, ("README.md", b"hello"), ("attestations/.gitkeep", b""))
    assert readable(line.history).outcome is Outcome.PASSED


def test_older_forms_are_read(line: Line) -> None:
    """`strategy_id`, the algorithm's name before the hash, shorter hashes, no execution price."""
    older = {"strategy_id": "old", "model_id": "m", "signal_hash": "sha256:" + "c" * 64}
    short = {"strategy_slug": "short", "signal_hash": "07b55b358972408c"}
    line.commit(EARLY, (PATH, day_file(older, short)))
    assert {name: found.digest for name, found in line.history.signals[DAY].items()} == {
        "old": "c" * 64,
        "short": "07b55b358972408c",
    }


@pytest.mark.parametrize(
    ("price", "at", "expected"),
    [
        ("open", "01:14:59", (Punctuality.IN_TIME, None)),
        ("open", "01:15:00", (Punctuality.LATE, timedelta(0))),
        ("close", "06:59:59", (Punctuality.IN_TIME, None)),
        ("close", "08:46:46", (Punctuality.LATE, timedelta(hours=1, minutes=46, seconds=46))),
        (None, "01:14:59", (Punctuality.IN_TIME, None)),
        (None, "01:15:00", (Punctuality.UNKNOWN, None)),
        (None, "06:59:59", (Punctuality.UNKNOWN, None)),
        (None, "10:00:00", (Punctuality.LATE, timedelta(hours=3))),
    ],
)
def test_punctuality(line: Line, price: str | None, at: str, expected: tuple[Punctuality, timedelta]) -> None:
    """Without a price nobody can tell between the two deadlines; after both it is late by the later one."""
    line.commit(
        datetime.fromisoformat(f"2024-01-02T{at}+00:00"), (PATH, day_file(entry("alpha", price=price)))
    )
    timing = timing_of(line.history.signals[DAY]["alpha"])
    assert (timing.punctuality, timing.late_by) == expected
    assert timing.lenient == (price is None)


def test_a_commit_that_brings_late_entries_of_several_dates_is_an_import(line: Line) -> None:
    other = date(2024, 1, 3)
    late = EARLY + timedelta(days=40)
    line.commit(
        late,
        (PATH, day_file(entry("alpha"))),
        (f"attestations/{other}.json", day_file(entry("alpha", "b" * 64), day=other)),
    )
    line.commit(
        late, ("attestations/2024-01-04.json", day_file(entry("alpha", "c" * 64), day=date(2024, 1, 4)))
    )
    assert [timing.bulk for timing in timings(line.history)] == [True, True, False]
    imported, late_one = all_in_time(line.history).findings
    assert (imported.code, imported.facts["count"], imported.facts["claiming"]) == (
        "imported_afterwards",
        2,
        2,
    )
    assert late_one.code == "entry_late"


def test_entries_of_a_closed_day_show(line: Line) -> None:
    closed = date(2024, 1, 1)
    line.commit(EARLY, (f"attestations/{closed}.json", day_file(entry("alpha"), day=closed)))
    assert codes(on_trading_days(line.history).findings) == ["entries_on_a_closed_day"]


def test_a_hash_under_two_strategies_stands_before_one_under_two_dates(line: Line) -> None:
    other = date(2024, 1, 3)
    line.commit(EARLY, (PATH, day_file(entry("alpha"), entry("beta", "b" * 64), entry("gamma", "b" * 64))))
    line.commit(EARLY, (f"attestations/{other}.json", day_file(entry("alpha"), day=other)))
    assert codes(hashes_unique(line.history).findings) == ["hash_of_several", "hash_of_several_dates"]


def test_a_commit_that_is_older_than_the_one_before_it_shows(line: Line) -> None:
    line.commit(EARLY)
    line.commit(EARLY - timedelta(minutes=1))
    assert times_and_history(line.history).outcome is Outcome.PASSED  # a clock may be set
    line.commit(EARLY - timedelta(hours=1))
    assert codes(times_and_history(line.history).findings) == ["time_goes_back"]


def digest(revision: int, value: str = "d" * 64) -> dict[str, Any]:
    return {"strategy_slug": "alpha", "revision": revision, "nav_sha256": value}


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([[digest(0)], [digest(0), digest(1)]], []),
        ([[digest(0)], [digest(0, "e" * 64)]], ["digest_replaced"]),
        ([[digest(0)], []], ["digest_removed"]),
        ([[digest(1)]], ["revision_missing"]),
    ],
)
def test_settlement_digests_are_only_added(line: Line, versions: list[Any], expected: list[str]) -> None:
    at = EARLY + timedelta(hours=10)
    for settlements in versions:
        line.commit(at, (f"settlements/{DAY}.json", {"date": str(DAY), "settlements": settlements}))
    assert codes(digests_kept(line.history).findings) == expected


def test_a_digest_before_its_day_was_settled_shows(line: Line) -> None:
    at = datetime(2024, 1, 2, 10, 14, 59, tzinfo=UTC)  # 18:14:59 in Shanghai
    line.commit(at, (f"settlements/{DAY}.json", {"date": str(DAY), "settlements": [digest(0)]}))
    assert codes(digests_kept(line.history).findings) == ["digest_too_early"]


# Receipts

NAMES = [f"{n:040x}" for n in range(1, 6)]


def log(old: str, new: str, seconds: int, message: str = "push") -> str:
    return f"{old} {new} host <host@example> {seconds} +0800\t{message}"


def test_a_push_is_a_receipt_of_every_commit_that_came_with_it() -> None:
    text = "\n".join([log("0" * 40, NAMES[1], 100), log(NAMES[1], NAMES[3], 200)])
    arrived, lost = received(NAMES, read_reflog(text))
    seconds = {sha: int(at.timestamp()) for sha, at in arrived.items()}
    assert seconds == {NAMES[0]: 100, NAMES[1]: 100, NAMES[2]: 200, NAMES[3]: 200}
    assert lost == []


def test_what_was_written_on_the_host_itself_is_no_receipt() -> None:
    text = log("0" * 40, NAMES[1], 100, "commit (initial): signal attestation")
    assert received(NAMES, read_reflog(text)) == ({}, [])


def test_a_log_that_begins_later_says_nothing_of_what_was_there() -> None:
    arrived, _ = received(NAMES, read_reflog(log(NAMES[1], NAMES[2], 300)))
    assert list(arrived) == [NAMES[2]]


def test_a_commit_that_the_log_names_and_the_history_lost_is_a_rewriting() -> None:
    gone = "f" * 40
    text = "\n".join([log("0" * 40, gone, 100), log(gone, NAMES[2], 200)])
    arrived, lost = received(NAMES, read_reflog(text))
    assert lost == [gone]
    assert set(arrived) == set(NAMES[:3])


def test_lines_of_another_form_are_let_be() -> None:
    assert read_reflog("nonsense\n\n" + log(NAMES[0], NAMES[1], 1)) == [
        Receipt(NAMES[0], NAMES[1], datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), True)
    ]


# Policies


def test_a_policy_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="proves nothing"):
        verify([], None, "nothing")


@pytest.mark.parametrize(
    ("judgement", "waived", "outcome"),
    [
        (passed(), (), Outcome.PASSED),
        (failed(Finding("late")), (Waiver.UNATTESTED,), Outcome.FAILED),
        (failed(Finding("late", waiver=Waiver.UNATTESTED)), (), Outcome.FAILED),
        (failed(Finding("late", waiver=Waiver.UNATTESTED)), (Waiver.UNATTESTED,), Outcome.ALLOWED),
        (
            failed(Finding("late", waiver=Waiver.UNATTESTED), Finding("x")),
            (Waiver.UNATTESTED,),
            Outcome.FAILED,
        ),
        (not_checked(Finding("none", waiver=Waiver.UNATTESTED)), (Waiver.SIMULATED,), Outcome.NOT_CHECKED),
    ],
)
def test_only_what_was_waived_is_allowed(
    judgement: Any, waived: tuple[Waiver, ...], outcome: Outcome
) -> None:
    (verdict,) = verify([Step(1, "step", lambda _: judgement)], None, "it", waived)
    assert verdict.outcome is outcome
    assert verdict.holds == (outcome in {Outcome.PASSED, Outcome.ALLOWED})
    assert verdict.fails == (outcome in {Outcome.FAILED, Outcome.NOT_CHECKED})


def test_signatures_are_judged_where_keys_were_given(line: Line) -> None:
    line.commit(EARLY)
    *_, last = verify(REPOSITORY_STEPS, line.history, "repo")
    assert (last.outcome, codes(last.findings)) == (Outcome.NOT_RUN, ["no_keys"])
    line.history.signatures = {f"{0:040x}": "B"}
    *_, last = verify(REPOSITORY_STEPS, line.history, "repo")
    assert codes(last.findings) == ["signature_bad"]


def test_an_entry_says_its_texts_alone() -> None:
    commit = Commit("0" * 40, EARLY, 0)
    found = Entry(DAY, "alpha", "a", {"execution_price": 7}, commit, None)
    assert found.text("execution_price") is None
