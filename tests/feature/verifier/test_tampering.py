"""Each defect is caught, by the step that it belongs to and with a message that says what was expected and found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.settlement.core.rules_table import RULES
from quantos.verification.core import dated_rules
from quantos.verification.core.dated_rules import RuleTable
from tests.feature.verifier.conftest import Record, ask
from tests.oracle.ledger import CorporateAction
from tests.support.attestations import Repository, attest, before_deadline, save, shanghai
from tests.support.honest import honest_packages, honest_world, settled_world
from tests.support.packages import seal
from tests.support.tampering import DEFECTS, VECTORS, content, honest, price_changed_everywhere

CAUGHT = {
    "one-weight-changed": ("signal_hash", "the hash of slug, date, signals and nonce as shown"),
    "nonce-that-does-not-fit": ("signal_hash", "the hash of slug, date, signals and nonce as shown"),
    "hash-of-another-strategy": ("signal_hash", "the hash of slug, date, signals and nonce as shown"),
    "price-changed-in-a-trade-alone": ("settled_again", "(000001.SZ) price: expected 9.130, found 9.140"),
    "amount-that-is-not-quantity-times-price": (
        "trades",
        "300750.SZ BUY amount (quantity * price): expected",
    ),
    "one-share-more-in-a-position": ("books", "300750.SZ quantity: expected 2500, found 2501"),
    "one-fee-a-cent-lower": ("trades", "000001.SZ SELL transfer_fee: expected 1.460, found 1.450"),
    "cash-out-of-nothing": ("books", "cash: expected 59063.080, found 60063.080"),
    "limit-that-the-rules-do-not-allow": ("limits", "688981.SH: limits 41.400 to 74.520; the rules allow"),
    "suspended-share-that-was-sold": ("bars", "marked suspended with a volume of 1000000"),
    "order-left-out": ("settled_again", "order 2 (600519.SH) symbol: expected 600519.SH, found 688981.SH"),
    "day-under-another-date": ("nav_digest", "the digest of the package as shown"),
    "day-on-which-the-exchange-was-closed": ("trading_day", "the exchange was closed on 2024-01-13"),
    "leverage": ("weights", "the weights sum to 2.7, more than 1"),
    "submitted-after-the-deadline": ("deadline", "not before the deadline 2024-01-09 09:15:00 +08:00"),
    "deadline-an-hour-later": ("deadline", "expected 2024-01-09 09:15:00 +08:00, found 2024-01-09 10:15:00"),
    "rules-of-another-version": ("known_rules", "the package was settled by rules-2031.1-0123456789ab"),
    "simulated": ("real_record", "a simulation with hindsight"),
    "synthetic": ("real_record", "nobody traded it"),
    "money-with-four-decimals": ("format", "with at most 3 decimals, found 59063.0804"),
}
"""Defects that a package shows by itself."""

OF_THE_REPOSITORY = {"dividend-out-of-nothing", "price-changed-everywhere"}
"""Defects that hold together: only the day before, or the committed digest, tells."""


def test_the_stored_vectors_are_what_their_makers_make() -> None:
    """`python -m tests.support.tampering` writes them anew."""
    stored = {path.stem: path.read_text() for path in VECTORS.glob("*.json")}
    assert stored == {"honest": content(honest())} | {name: content(make()) for name, make in DEFECTS.items()}


def test_every_vector_has_its_test() -> None:
    assert set(DEFECTS) == set(CAUGHT) | OF_THE_REPOSITORY


def test_an_honest_package_holds() -> None:
    answer = ask(VECTORS / "honest.json", "--allow-unattested")
    assert (answer.code, answer.failed) == (0, {})


@pytest.mark.parametrize("name", CAUGHT)
def test_a_defect_is_caught_in_the_package_alone(name: str) -> None:
    step, message = CAUGHT[name]
    answer = ask(VECTORS / f"{name}.json", "--allow-unattested")
    assert answer.code == 1
    assert any(message in found for found in answer.failed[step]), answer.failed


@pytest.mark.parametrize("name", sorted(OF_THE_REPOSITORY))
def test_a_defect_that_holds_together_needs_more_than_the_package(name: str) -> None:
    assert ask(VECTORS / f"{name}.json", "--allow-unattested").code == 0


# The whole record


def test_an_honest_record_holds(record: Record) -> None:
    answer = record.verify()
    assert (answer.code, answer.failed) == (0, {})
    (part,) = answer.report["reports"]
    assert (part["first"], part["last"], part["days"]) == ("2024-01-02", "2024-01-15", 10)
    assert part["times"] == {"signals": 5, "pushed": 0, "self_dated": 5}


def test_one_price_changed_in_bars_trades_and_nav_together_is_caught_by_the_committed_digest(
    record: Record,
) -> None:
    """The package agrees with itself in every field; what was committed at the settlement does not."""
    better = price_changed_everywhere()
    proofs = {
        name: record.packages[-1]["verification"][name]
        for name in ("signal_attestation", "settlement_attestation")
    }
    digest = better["verification"]["settlement_attestation"]["nav_sha256"]
    better["verification"] |= proofs
    better["verification"]["settlement_attestation"] |= {"nav_sha256": digest}
    record.packages[-1] = better
    answer = record.verify()
    assert list(answer.failed) == ["digest_committed"]
    assert "changed after it was settled: nav_sha256 was committed as" in answer.failed["digest_committed"][0]


def test_a_dividend_out_of_nothing_is_caught_by_the_day_before(record: Record) -> None:
    record.packages[3] = DEFECTS["dividend-out-of-nothing"]()
    answer = record.verify("--allow-unattested")
    assert answer.code == 1
    assert answer.failed["closes_continue"] == [
        "2024-01-05 000001.SZ last_close: expected 9.420, found 9.920"
    ]
    assert "chain" in answer.failed


def test_a_missing_day_is_named(record: Record) -> None:
    del record.packages[4]
    answer = record.verify()
    assert answer.failed == {"no_day_missing": ["2024-01-08 is a trading day and has no package"]}


def test_the_first_and_the_last_day_may_be_missing_and_the_report_says_what_that_leaves_open(
    record: Record,
) -> None:
    del record.packages[0]
    answer = record.verify()
    assert answer.code == 0
    assert answer.notes("chain") == ["begins_in_the_middle"]
    (part,) = answer.report["reports"]
    assert "that the day before ended so: a folder of all days shows it" in part["not_shown"]
    assert any("the strategy's public URL shows it" in limit for limit in part["not_shown"])


def test_a_day_of_another_record_in_its_place_is_caught(record: Record) -> None:
    """A package of a strategy with the same slug that bought at the close: consistent, but not this record's."""
    from tests.support.honest import honest_packages  # noqa: PLC0415 - for this test alone

    record.packages[4] = honest_packages(execution="close")[4]
    answer = record.verify()
    assert "2024-01-08 previous.cash" in " ".join(answer.failed["chain"])
    assert "2024-01-08 settings.execution_price: expected open, found close" in answer.failed["chain"]
    assert "digest_committed" in answer.failed


def test_two_days_that_changed_places_are_caught(record: Record) -> None:
    one, other = record.packages[5], record.packages[7]
    one["trade_date"], other["trade_date"] = other["trade_date"], one["trade_date"]
    for package in (one, other):
        package["verification"]["nav"]["date"] = package["trade_date"]
    answer = record.verify()
    assert {"signal_hash", "nav_digest", "attested", "digest_committed"} <= set(answer.failed)


def test_a_hash_of_another_strategy_is_told_from_a_changed_one(record: Record) -> None:
    """Beta's hash stands in the same file; alpha's package shows it as its own."""
    body = record.day("2024-01-15")["verification"]["signal_attestation"]
    other = "b" * 64
    record.repository.signal("2024-01-15", "beta", other, "open", shanghai("2024-01-15", "18:30"))
    body["signal_hash"] = other
    answer = record.verify()
    assert f"the hash {other} was committed for another strategy, beta" in answer.failed["attested"][0]


def test_a_hash_that_was_never_committed_is_told_from_one_that_the_package_claims(record: Record) -> None:
    package = record.day("2024-01-15")
    signal = package["verification"]["signal_attestation"]
    signal["nonce"] = "1" * 32
    seal(package)
    answer = record.verify("--allow-unattested")
    assert answer.codes["attested"] == ["entry_differs"]


# The repository


def test_a_commit_after_the_deadline_is_late_and_by_how_much(tmp_path: Path) -> None:
    from tests.support.attestations import Repository, attest, save  # noqa: PLC0415
    from tests.support.honest import honest_packages  # noqa: PLC0415

    packages, repository = honest_packages()[:3], Repository(tmp_path / "repository")
    attest(packages[:2], repository)
    late = packages[2]
    signal = late["verification"]["signal_attestation"]
    at = shanghai("2024-01-04", "11:25:30")
    sha = repository.signal("2024-01-04", "alpha", signal["signal_hash"], "open", at)
    repository.settlement(late, shanghai("2024-01-04", "18:20"))
    claimed = {"github_committed": True, "commit_sha": sha, "committed_at": at.isoformat()}
    signal |= {**claimed, "in_time": True}
    folder = tmp_path / "packages"
    answer = ask(save(packages, folder), "--attestations", repository.path)
    assert answer.failed["in_time"] == [
        "2024-01-04 in_time: expected false, found true",
        "2024-01-04 committed at 2024-01-04 11:25:30 +08:00, 2 h 10 min after the deadline 2024-01-04 09:15:00 +08:00",
    ]
    signal["in_time"] = False  # the platform admits it
    assert ask(save(packages, folder), "--attestations", repository.path).codes == {
        "in_time": ["commit_late"]
    }
    allowed = ask(folder, "--attestations", repository.path, "--allow-unattested")
    assert (allowed.code, allowed.failed) == (0, {})


def test_a_commit_at_the_deadline_itself_is_late(record: Record) -> None:
    package = record.day("2024-01-15")
    answer = record.verify()
    assert answer.code == 0
    at = before_deadline(package, minutes=0)
    record.repository.git("reset", "--quiet", "--hard", f"{_commit_of(package)}^")
    signal = package["verification"]["signal_attestation"]
    sha = record.repository.signal("2024-01-15", "alpha", signal["signal_hash"], "open", at)
    signal |= {"commit_sha": sha, "committed_at": at.isoformat(), "in_time": False}
    settled = record.repository.settlement(package, shanghai("2024-01-15", "18:15:03"))
    package["verification"]["settlement_attestation"]["commit_sha"] = settled
    assert record.verify().codes == {"in_time": ["commit_late"]}


def _commit_of(package: Any) -> str:
    return str(package["verification"]["signal_attestation"]["commit_sha"])


def test_a_rewritten_history_lacks_the_commits_that_the_packages_name(record: Record) -> None:
    """The last commits are made anew, with the same content and times but another author."""
    record.repository.git(
        "-c",
        "user.name=Other",
        "rebase",
        "--quiet",
        "--root",
        "--exec",
        "git commit --amend --no-edit --reset-author",
    )
    answer = record.verify()
    assert "the history was rewritten, or this is another repository" in answer.failed["in_time"][0]
    assert "the history was rewritten, or this is another repository" in answer.failed["digest_committed"][0]


def test_an_entry_that_was_exchanged_afterwards_is_caught_though_the_package_follows(record: Record) -> None:
    package = record.day("2024-01-15")
    signal = package["verification"]["signal_attestation"]
    signal["nonce"] = "2" * 32
    seal(package)
    name = "attestations/2024-01-15.json"
    file = record.repository.read(name)
    file["strategies"][0]["signal_hash"] = signal["signal_hash"]
    record.repository.write(name, file)
    sha = record.repository.commit(before_deadline(package, minutes=1), "nothing to see")
    signal["commit_sha"] = sha
    answer = record.verify()
    assert "the entry was changed after it had been committed" in answer.failed["attested"][0]


def test_an_entry_that_was_taken_away_is_caught(record: Record) -> None:
    record.repository.write("attestations/2024-01-15.json", {"date": "2024-01-15", "strategies": []})
    record.repository.commit(shanghai("2024-01-16", "09:00"), "tidy")
    assert "the entry was taken away again in commit" in record.verify().failed["attested"][0]


def test_a_committed_signal_that_was_not_settled_is_caught(record: Record) -> None:
    """A hold day for which a signal was committed: it looked bad and was left out."""
    record.repository.signal("2024-01-12", "alpha", "c" * 64, "open", shanghai("2024-01-12", "09:00"))
    message = record.verify("--allow-unattested").failed["attested"][0]
    assert "was committed for this day" in message
    assert "a signal was left out" in message


def test_a_digest_that_was_exchanged_afterwards_is_caught(record: Record) -> None:
    package = record.day("2024-01-15")
    name = "settlements/2024-01-15.json"
    file = record.repository.read(name)
    file["settlements"][0]["nav_sha256"] = "d" * 64
    record.repository.write(name, file)
    record.repository.commit(shanghai("2024-01-16", "09:00"), "settlement digests")
    messages = record.verify().failed["digest_committed"]
    assert "the entry was changed after it had been committed" in messages[0]
    assert package["verification"]["settlement_attestation"]["nav_sha256"] in messages[0]


def test_a_day_that_was_settled_again_in_silence_is_caught(record: Record) -> None:
    """Revision 1 is published, its digest was never committed; nor does revision 0 match."""
    package = record.packages[-1]
    package["revision"] = 1
    seal(package)
    answer = record.verify()
    assert "no digest of revision 1" not in str(answer.failed)  # it claims one
    assert "the repository has none for revision 1" in str(answer.failed["digest_committed"])


def test_a_restated_day_without_its_first_digest_was_changed_in_silence(record: Record) -> None:
    package = restate(record)
    file = record.repository.read("settlements/2024-01-15.json")
    record.repository.git("reset", "--quiet", "--hard", "HEAD~2")
    del file["settlements"][0]
    record.repository.write("settlements/2024-01-15.json", file)
    sha = record.repository.commit(shanghai("2024-01-16", "09:00"), "restatement digests 2024-01-15")
    package["verification"]["settlement_attestation"]["commit_sha"] = sha
    record.packages = [*record.packages[:-2], package]
    assert record.verify().failed["digest_committed"] == [
        "2024-01-15 r1 revision 0 of the day was never committed: the day was changed in silence"
    ]


def test_a_restated_day_that_lies_about_what_was_before_is_caught(record: Record) -> None:
    """The loss of the first revision made small, in every package of the day."""
    after = restate(record)
    before = next(p for p in record.packages if p["trade_date"] == "2024-01-15" and p["revision"] == 0)
    told = after["restated"]["revisions"][0]
    told["reported_nav"] += 1
    nav = before["verification"]["nav"]["reported_nav"]
    failed = record.verify().failed
    assert failed["chain"] == [f"2024-01-15 NAV of revision 0: expected {nav:.3f}, found {nav + 1:.3f}"]
    assert failed["digest_committed"] == [
        f"2024-01-15 restated.revisions, its own: expected {nav:.3f}, found {nav + 1:.3f}"
    ]


def test_a_bar_that_traded_had_market_data(record: Record) -> None:
    """A reason to refuse an order that nobody can check, were it not for the volume."""
    package = record.day("2024-01-09")
    package["data_provenance"]["bars"][0]["block"] = "no_market_data"
    seal(package)
    message = "marked no_market_data with a volume of 1000000"
    assert any(message in found for found in record.verify().failed["bars"])


@pytest.mark.parametrize(
    ("field", "value"), [("commit_sha", "another"), ("committed_at", "2024-01-09T10:15:02+00:00")]
)
def test_a_digest_whose_commit_is_named_wrongly_is_caught(record: Record, field: str, value: str) -> None:
    """Another commit of the same repository, or another second."""
    package = record.day("2024-01-09")["verification"]
    other = package["signal_attestation"]["commit_sha"]
    package["settlement_attestation"][field] = other if value == "another" else value
    (message,) = record.verify().failed["digest_committed"]
    assert message.startswith(f"2024-01-09 {field}: expected ")


def test_an_announced_action_that_the_price_does_not_follow_is_noted(record: Record) -> None:
    """Ten per cent of the close paid out for nothing: the terms bind, so only whoever looks it up can tell."""
    world = honest_world()
    action = CorporateAction("000001.SZ", date(2024, 1, 5), 0, 900_000_000)
    packages = settled_world(replace(world, actions=[*world.actions, action]))
    answer = ask(save(packages, record.folder / "p"), "--allow-unattested")
    assert (answer.code, answer.notes("events")) == (0, ["action_beside_the_gap"])
    assert ask(save(honest_packages(), record.folder / "q"), "--allow-unattested").notes("events") == []


def settled_by(record: Record, day: str, version: str) -> None:
    package = record.day(day)
    package["data_provenance"]["rules_version"] = version
    seal(package)


def test_a_day_is_judged_by_the_table_that_settled_it(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two earlier releases: one whose rules were the same, and one whose transfer fee was twice as high."""
    doubled = [replace(row, value=2 * row.value) if row.rule == "transfer_fee" else row for row in RULES]
    monkeypatch.setitem(dated_rules.TABLES, "rules-same", RuleTable(RULES))
    monkeypatch.setitem(dated_rules.TABLES, "rules-doubled", RuleTable(doubled))
    settled_by(record, "2024-01-09", "rules-same")
    settled_by(record, "2024-01-11", "rules-doubled")
    failed = record.verify("--allow-unattested").failed
    assert "known_rules" not in failed
    assert {message[:10] for message in failed["trades"] + failed["settled_again"]} == {"2024-01-11"}
    assert any(" transfer_fee: expected " in told for told in failed["trades"])


def restate(record: Record) -> Any:
    """The last day settled again in the open: both revisions published and committed."""
    before, after = record.packages[-1], json.loads(json.dumps(price_changed_everywhere()))
    revisions = [
        {"revision": n, "reported_nav": p["verification"]["nav"]["reported_nav"]}
        for n, p in enumerate((before, after))
    ]
    told = {
        "from": "2024-01-15",
        "at": "2024-01-16T01:00:00+00:00",
        "reason": "corrected",
        "revisions": revisions,
    }
    before["restated"] = after["restated"] = told
    after["revision"] = 1
    after["data_provenance"]["snapshot_sha256"] = "5" * 64  # corrected bars
    after["verification"]["signal_attestation"] = before["verification"]["signal_attestation"]
    seal(after)
    at = shanghai("2024-01-16", "09:00")
    sha = record.repository.settlement(after, at)
    after["verification"]["settlement_attestation"] |= {
        "committed": True,
        "commit_sha": sha,
        "committed_at": at.isoformat(),
    }
    record.packages.append(after)
    return after


def test_a_day_that_was_settled_again_in_the_open_holds(record: Record) -> None:
    restate(record)
    answer = record.verify()
    assert (answer.code, answer.failed) == (0, {})
    assert answer.report["reports"][0]["superseded"] == 1


def test_a_superseded_package_alone_does_not_pass_for_the_record(record: Record) -> None:
    """The repository knows of revision 1; the package of revision 0 does not speak of it."""
    restate(record)
    record.packages.pop()
    del record.packages[-1]["restated"]
    assert record.verify().failed["digest_committed"] == [
        "2024-01-15 the repository has revisions up to 1, the package speaks of revisions up to 0"
    ]


def test_without_a_repository_nothing_is_attested(record: Record) -> None:
    answer = ask(save([record.day("2024-01-09")], record.folder / "packages"))
    assert answer.code == 1
    assert set(answer.failed) == {"attested", "in_time", "digest_committed"}
    assert "no attestation repository was given" in answer.failed["attested"][0]


def test_an_entry_of_another_execution_price_is_caught(tmp_path: Path) -> None:
    """15:00 instead of 09:15 would be nearly six hours more to look at the market."""
    (package, *_), repository = honest_packages(), Repository(tmp_path / "repository")
    settings = package["data_provenance"]["settings"]
    settings["execution_price"] = "close"
    attest([package], repository)
    settings["execution_price"] = "open"
    answer = ask(save([package], tmp_path / "packages"), "--attestations", repository.path)
    assert answer.failed == {"attested": ["2024-01-02 execution_price: expected open, found close"]}


def test_a_private_strategys_hidden_names_are_found(tmp_path: Path) -> None:
    """Its entries carry the hash of slug and nonce, its digests that of slug and salt."""
    import hashlib  # noqa: PLC0415

    package, repository = honest_packages()[0], Repository(tmp_path / "repository")
    body = package["verification"]
    signal = body["signal_attestation"]
    hidden = hashlib.sha256(("alpha" + signal["nonce"]).encode()).hexdigest()
    repository.signal("2024-01-02", hidden, signal["signal_hash"], "open", before_deadline(package))
    salted = hashlib.sha256(("alpha" + body["settlement_attestation"]["salt"]).encode()).hexdigest()
    repository.settlement({**package, "slug": salted}, shanghai("2024-01-02", "18:20"))
    answer = ask(save([package], tmp_path / "packages"), "--attestations", repository.path)
    assert (answer.code, answer.failed) == (0, {})
