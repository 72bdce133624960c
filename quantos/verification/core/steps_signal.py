"""Steps 2 to 10: is it a record, and was the signal fixed before its deadline?"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from quantos.verification.core import trading_days
from quantos.verification.core.dated_rules import COVERED_FROM, TABLES
from quantos.verification.core.digests import signal_hash, symbols_hash
from quantos.verification.core.evidence import DayEvidence, differs
from quantos.verification.core.history import VOID, Commit, Entry
from quantos.verification.core.package import SignalAttestation
from quantos.verification.core.verdict import (
    Finding,
    Judgement,
    Step,
    Waiver,
    failed,
    judged,
    not_checked,
    not_run,
    passed,
)

SUM_MAX: Final = Decimal("1.000000001")
_HIDDEN: Final = re.compile("[0-9a-f]{64}")
"""No slug is as long."""
_HOLD: Final = Finding("hold_day")


def real_record(evidence: DayEvidence) -> Judgement:
    """Neither a replay with hindsight nor made-up prices."""
    history = evidence.history
    marks = {
        "simulated": evidence.package.simulated,
        "synthetic": evidence.package.synthetic,
        "times_simulated": history is not None and history.simulated and not evidence.package.simulated,
    }
    return judged([Finding(mark, waiver=Waiver.SIMULATED) for mark, holds in marks.items() if holds])


def known_rules(evidence: DayEvidence) -> Judgement:
    """The rule table that settled the day is one that this verifier has, of this release or of an earlier one."""
    package = evidence.package
    if package.rules_version not in TABLES:
        facts = {"expected": ", ".join(sorted(TABLES)), "found": package.rules_version}
        return failed(Finding("rules_unknown", facts))
    if package.trade_date < COVERED_FROM:
        return failed(Finding("rules_do_not_reach", {"expected": COVERED_FROM, "found": package.trade_date}))
    return passed()


def trading_day(evidence: DayEvidence) -> Judgement:
    """The exchange traded on the date, and the day before it in the package is the trading day before."""
    package = evidence.package
    if not trading_days.is_known(package.trade_date):
        return not_checked(
            Finding("calendar_ends", {"found": package.trade_date, "expected": trading_days.LAST})
        )
    if not trading_days.is_trading_day(package.trade_date):
        return failed(Finding("not_a_trading_day", {"found": package.trade_date}))
    before, expected = package.previous.date, trading_days.back_by(package.trade_date, 1)
    if before is not None and before != expected:
        return failed(differs("previous.date", expected, before))
    return passed()


def hash_recomputes(evidence: DayEvidence) -> Judgement:
    """The commitment is to this slug, date, signal and nonce."""
    package, signal = evidence.package, evidence.package.signal
    if signal is None:
        return not_run(_HOLD)
    expected = signal_hash(package.slug, package.trade_date, signal.signals, signal.nonce)
    if expected != signal.signal_hash:
        return failed(Finding("hash_differs", {"expected": expected, "found": signal.signal_hash}))
    return passed()


def symbols_hash_recomputes(evidence: DayEvidence) -> Judgement:
    signal = evidence.package.signal
    if signal is None:
        return not_run(_HOLD)
    expected = symbols_hash(symbol for symbol, _ in signal.signals)
    return judged(
        [] if expected == signal.symbols_hash else [differs("symbols_hash", expected, signal.symbols_hash)]
    )


def weights_valid(evidence: DayEvidence) -> Judgement:
    """Each weight in (0, 1], no symbol twice, no leverage."""
    signal = evidence.package.signal
    if signal is None:
        return not_run(_HOLD)
    findings, seen = [], set()
    for symbol, weight in signal.signals:
        if not 0 < weight <= 1:
            findings.append(Finding("weight_out_of_range", {"symbol": symbol, "found": weight}))
        if symbol in seen:
            findings.append(Finding("symbol_twice", {"symbol": symbol}))
        seen.add(symbol)
    total = sum((Decimal(repr(weight)) for _, weight in signal.signals), Decimal(0))
    if total > SUM_MAX:
        findings.append(Finding("leverage", {"found": total}))
    return judged(findings)


def deadline_stated(evidence: DayEvidence) -> Judgement:
    """The deadline is the one that date and execution price give, and the submission lies before it."""
    package, signal = evidence.package, evidence.package.signal
    if signal is None:
        return not_run(_HOLD)
    expected = trading_days.deadline(package.trade_date, package.settings.execution_price)
    findings = [] if signal.deadline == expected else [differs("deadline", expected, signal.deadline)]
    if signal.submitted_at >= expected:
        facts = {"expected": expected, "found": signal.submitted_at}
        findings.append(Finding("submitted_late", facts))
    return judged(findings)


def attested(evidence: DayEvidence) -> Judgement:
    """The day's file of the repository carries the signal's hash for the strategy, and always has."""
    package, history = evidence.package, evidence.history
    if history is None:
        return not_checked(evidence.unattested)
    entry = history.signal(package.trade_date, evidence.attested_names)
    if package.signal is None:
        if entry is not None and entry.present:
            return _left_out(evidence, entry)
        return passed(_HOLD, *_perhaps_hidden(evidence))
    if entry is None:
        return _no_entry(evidence, package.signal)
    findings = [
        Finding(
            f"entry_{change.kind}",
            {
                "commit": change.commit.sha,
                "at": change.commit.at,
                "found": change.after or "",
                "expected": change.before,
            },
        )
        for change in entry.changes
    ]
    if entry.present and entry.digest != package.signal.signal_hash:
        owner = next(
            (
                other.strategy
                for other in history.signals[package.trade_date].values()
                if other.digest == package.signal.signal_hash
            ),
            None,
        )
        facts = {"expected": package.signal.signal_hash, "found": entry.digest}
        findings.append(
            Finding("hash_of_another", {**facts, "owner": owner})
            if owner
            else Finding("entry_differs", facts)
        )
    stated = entry.text("execution_price")
    if stated is not None and stated != package.settings.execution_price:
        findings.append(differs("execution_price", package.settings.execution_price, stated))
    findings += _void(evidence, package.signal)
    return judged(findings, *([] if entry.strategy == package.slug else [Finding("hidden_entry")]))


def _perhaps_hidden(evidence: DayEvidence) -> list[Finding]:
    """On a hold day, entries that may be the strategy's under a hidden name, where nothing explains them."""
    package, history = evidence.package, evidence.history
    assert history is not None
    told = history.status_before(evidence.deadline, evidence.status_names, told_before=True)
    if told is not None and told.digest in VOID:
        return []
    hidden = [
        name
        for name, entry in history.signals.get(package.trade_date, {}).items()
        if entry.present and _HIDDEN.fullmatch(name) and name not in evidence.accounted
    ]
    return [Finding("hidden_on_hold_day", {"count": len(hidden)})] if hidden else []


def _left_out(evidence: DayEvidence, entry: Entry) -> Judgement:
    """A signal was committed and the day held: only a pause or a retirement that was told in time explains that."""
    history, deadline = evidence.history, evidence.deadline
    assert history is not None
    told = history.status_before(deadline, evidence.status_names, told_before=True)
    last = history.status_before(deadline, evidence.status_names)
    if told is not None and told is last and told.digest in VOID and told.present and not told.changes:
        facts = {"status": told.digest, "found": told.text("changed_at"), "committed": told.first.at}
        return passed(_HOLD, Finding("hold_explained", {**facts, "commit": told.first.sha}))
    if last is not None and last.digest in VOID:
        code = "status_changed" if last.changes else "status_late"
        facts = {"found": entry.digest, "status": last.digest, "at": last.first.at}
        return failed(Finding(code, {**facts, "expected": deadline, "commit": last.first.sha}))
    return failed(Finding("signal_left_out", {"found": entry.digest, "commit": entry.first.sha}))


def _void(evidence: DayEvidence, signal: SignalAttestation) -> list[Finding]:
    """A signal that was settled though it had been told, before its deadline, that the strategy's do not count."""
    history, deadline = evidence.history, evidence.deadline
    assert history is not None
    told = history.status_before(deadline, evidence.status_names, told_before=True)
    if told is None or told.digest not in VOID:
        return []
    facts = {"status": told.digest, "found": told.text("changed_at"), "commit": told.first.sha}
    last = history.status_before(deadline, evidence.status_names)
    if last is None or last.digest in VOID:
        return [Finding("settled_though_void", facts)]
    waiver = Waiver.UNATTESTED if signal.in_time is False else None
    return [Finding("resumed_late", {**facts, "at": last.first.at, "expected": deadline}, waiver)]


def _no_entry(evidence: DayEvidence, signal: SignalAttestation) -> Judgement:
    package, history = evidence.package, evidence.history
    assert history is not None
    facts = {"found": package.trade_date, "expected": signal.signal_hash}
    owner = next(
        (
            entry.strategy
            for entry in history.signals.get(package.trade_date, {}).values()
            if entry.digest == signal.signal_hash
        ),
        None,
    )
    if owner:
        return failed(
            Finding("hash_of_another", {"expected": signal.signal_hash, "found": "", "owner": owner})
        )
    if signal.committed:
        return failed(Finding("claimed_entry_missing", facts))
    return failed(Finding("never_committed", facts, Waiver.UNATTESTED))


def committed_in_time(evidence: DayEvidence) -> Judgement:
    """The commit exists, says when, and lies before the deadline; the package says the same of it."""
    package, signal, history = evidence.package, evidence.package.signal, evidence.history
    if signal is None:
        return not_run(_HOLD)
    if history is None:
        return not_checked(evidence.unattested)
    if signal.commit_sha is not None and signal.commit_sha not in history.commits:
        return failed(
            Finding("commit_unknown", {"found": signal.commit_sha, "expected": _head(history.head)})
        )
    entry = history.signal(package.trade_date, evidence.attested_names)
    if entry is None or entry.digest != signal.signal_hash:
        return not_checked(
            Finding("no_entry_to_date", waiver=None if signal.committed else Waiver.UNATTESTED)
        )
    return _judged_time(evidence, signal, entry)


def _judged_time(evidence: DayEvidence, signal: SignalAttestation, entry: Entry) -> Judgement:
    package = evidence.package
    deadline, commit = (
        trading_days.deadline(package.trade_date, package.settings.execution_price),
        entry.first,
    )
    findings = []
    if signal.commit_sha is not None and signal.commit_sha != commit.sha:
        findings.append(differs("commit_sha", commit.sha, signal.commit_sha))
    if signal.committed_at is not None and signal.committed_at.replace(microsecond=0) != commit.at:
        findings.append(differs("committed_at", commit.at, signal.committed_at))
    in_time = commit.at < deadline
    if signal.in_time is not None and signal.in_time != in_time:
        findings.append(differs("in_time", in_time, signal.in_time))
    if not in_time:
        admitted = signal.in_time is False
        facts = {"expected": deadline, "found": commit.at, "late_by": commit.at - deadline}
        findings.append(Finding("commit_late", facts, Waiver.UNATTESTED if admitted else None))
    return judged(findings, strength(commit, deadline))


def strength(commit: Commit, deadline: datetime) -> Finding:
    """How strong a time is: `pushed` where a remote's own log has the commit before the deadline."""
    if commit.received_at is not None and commit.received_at < deadline:
        return Finding("pushed", {"found": commit.received_at})
    if commit.received_at is not None:
        return Finding("self_dated", {"found": commit.at, "received": commit.received_at})
    return Finding("self_dated", {"found": commit.at})


def _head(head: Commit | None) -> str:
    return head.sha if head else "an empty repository"


SIGNAL_STEPS: Final[tuple[Step[DayEvidence], ...]] = (
    Step(2, "real_record", real_record),
    Step(3, "known_rules", known_rules),
    Step(4, "trading_day", trading_day),
    Step(5, "signal_hash", hash_recomputes),
    Step(6, "symbols_hash", symbols_hash_recomputes),
    Step(7, "weights", weights_valid),
    Step(8, "deadline", deadline_stated),
    Step(9, "attested", attested),
    Step(10, "in_time", committed_in_time),
)
