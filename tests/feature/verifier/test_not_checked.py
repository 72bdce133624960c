"""A step that has nothing to look at is not checked, says why, and counts neither as passed nor as failed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.feature.verifier.conftest import Record, ask, tell
from tests.feature.verifier.test_tampering import restate
from tests.support.attestations import save, shanghai
from tests.support.tampering import VECTORS

RUN_STEPS = (
    "chain",
    "no_day_missing",
    "closes_continue",
    "same_bars",
    "track_record",
    "history",
    "signatures",
)
OF_A_SIGNAL = ("signal_hash", "symbols_hash", "weights", "deadline", "in_time")


def one_day(record: Record, day: str = "2024-01-04") -> Path:
    record.packages = [record.day(day)]
    return save(record.packages, record.folder / "one")


def test_one_day_alone_has_no_chain(record: Record) -> None:
    answer = ask(one_day(record), "--attestations", record.repository.path)
    assert (answer.code, answer.failed) == (0, {})
    assert answer.not_checked == {
        "chain": {"one_day"},
        "no_day_missing": {"one_day"},
        "closes_continue": {"one_day"},
        "same_bars": {"no_common_day"},
        "track_record": {"no_track_record"},
        "signatures": {"no_keys"},
    }


def test_without_a_repository_its_history_is_not_checked(record: Record) -> None:
    answer = ask(one_day(record), "--allow-unattested")
    assert answer.code == 0
    assert answer.not_checked["history"] == answer.not_checked["signatures"] == {"no_repository"}


def test_days_that_follow_one_another_are_checked(record: Record) -> None:
    answer = record.verify()
    assert {"chain", "no_day_missing", "closes_continue"}.isdisjoint(answer.not_checked)
    assert answer.not_checked["same_bars"] == {"no_common_day"}


def test_a_hold_day_has_no_signal_to_check(record: Record) -> None:
    answer = ask(one_day(record, "2024-01-05"), "--attestations", record.repository.path)
    assert answer.code == 0
    assert all(answer.not_checked[step] == {"hold_day"} for step in OF_A_SIGNAL)
    assert "attested" not in answer.not_checked


def test_a_repository_without_a_key_says_that_no_signature_was_checked(record: Record) -> None:
    answer = ask(record.repository.path)
    assert (answer.code, answer.not_checked) == (0, {"all_signed": {"no_keys"}})


def test_the_screen_says_not_checked_and_why_and_counts_them_apart(record: Record) -> None:
    _, text = tell(one_day(record), "--attestations", record.repository.path, "--lang", "en")
    rows = {line.split()[1]: line for line in text.splitlines() if re.match(r" \S +\d+  \S", line)}
    assert all(rows[number].endswith("not checked") for number in ("20", "21", "22", "23", "24", "26"))
    assert "20, 21, 22  one day alone was given" in text
    assert text.rstrip().splitlines()[-1] == "VERIFIED: all 20 checks hold; 6 not checked"


def test_nothing_that_was_not_checked_turns_a_failure_into_a_pass(record: Record) -> None:
    record.day("2024-01-05")["verification"]["nav"]["cash"] += 1
    code, text = tell(one_day(record, "2024-01-05"), "--attestations", record.repository.path, "--lang", "en")
    assert code == 1
    assert text.rstrip().splitlines()[-1].startswith("NOT VERIFIED: ")


HIDDEN = "ab" * 32


def notes(record: Record) -> list[str]:
    return [code for code in record.verify().notes("attested") if code == "hidden_on_hold_day"]


def test_a_hold_day_with_hidden_entries_is_noted(record: Record) -> None:
    record.repository.signal("2024-01-05", HIDDEN, "cd" * 32, "open", shanghai("2024-01-04", "21:00"))
    answer = record.verify()
    assert "attested" not in answer.failed
    assert notes(record) == ["hidden_on_hold_day"]
    record.repository.signal("2024-01-09", HIDDEN, "ef" * 32, "open", shanghai("2024-01-04", "21:00"))
    record.repository.signal("2024-01-08", "beta", "0f" * 32, "open", shanghai("2024-01-04", "21:00"))
    assert notes(record) == ["hidden_on_hold_day"]


def test_a_pause_explains_hidden_entries_of_a_hold_day(record: Record) -> None:
    record.repository.signal("2024-01-05", HIDDEN, "cd" * 32, "open", shanghai("2024-01-04", "21:00"))
    at = shanghai("2024-01-05", "09:00")
    entry = {"strategy_slug": "alpha", "change": 1, "status": "paused", "changed_at": at.isoformat()}
    record.repository.write("statuses/2024-01-05.json", {"date": "2024-01-05", "changes": [entry]})
    record.repository.commit(at, "status changes 2024-01-05")
    assert notes(record) == []


def test_of_a_package_that_says_that_nothing_was_committed_no_repository_is_asked_for() -> None:
    """Of a platform without one there is none that anyone could give."""
    answer = ask(VECTORS / "honest.json")
    assert answer.code == 1
    steps = ("attested", "in_time", "digest_committed")
    assert answer.codes == {step: ["nothing_committed"] for step in steps}
    assert "the package says of itself that nothing of this day was committed" in answer.failed["attested"][0]
    assert ask(VECTORS / "honest.json", "--allow-unattested").code == 0


def test_a_superseded_revision_that_was_not_given_is_noted(record: Record) -> None:
    """A folder is what somebody chose to keep: nobody withheld it."""
    restate(record)
    del record.packages[-2]
    answer = record.verify()
    assert answer.code == 0
    assert answer.notes("chain") == ["revision_not_given"]
