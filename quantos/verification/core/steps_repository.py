"""What an attestation repository proves by itself, of this platform or of any in the same form.

An entry is in time when the first commit that shows its hash lies before its deadline. Where an entry does not
say at which price it executes, 09:15 and 15:00 both are possible: before the first it is in time, from the
second on it is late, between them nobody can tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from quantos.verification.core import trading_days
from quantos.verification.core.history import Commit, Entry, History
from quantos.verification.core.steps_run import judged_history, judged_signatures
from quantos.verification.core.steps_signal import strength
from quantos.verification.core.verdict import Finding, Judgement, Step, Waiver, judged

BULK_DATES_MIN: Final = 2
"""A commit that brings late entries of so many trade dates is an import after the fact."""


class Punctuality(StrEnum):
    IN_TIME = "in_time"
    LATE = "late"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Timing:
    """When an entry was first committed, against its deadline. `lenient`: it does not say at which price."""

    entry: Entry
    punctuality: Punctuality
    late_by: timedelta | None
    lenient: bool
    pushed: bool
    bulk: bool = False


def timing_of(entry: Entry) -> Timing:
    """Judge one entry."""
    stated, at = entry.text("execution_price"), entry.first.at
    lenient = stated not in {"open", "close"}
    earliest = trading_days.deadline(entry.trade_date, "open" if lenient else str(stated))
    latest = trading_days.deadline(entry.trade_date, "close" if lenient else str(stated))
    pushed = strength(entry.first, earliest).code == "pushed"
    if at < earliest:
        return Timing(entry, Punctuality.IN_TIME, None, lenient, pushed)
    if at < latest:
        return Timing(entry, Punctuality.UNKNOWN, None, lenient, pushed)
    return Timing(entry, Punctuality.LATE, at - latest, lenient, pushed=False)


def timings(history: History) -> list[Timing]:
    """Every entry in order of its trade date, with the imports after the fact marked."""
    found = [timing_of(entry) for entry in entries(history)]
    late_dates: dict[str, set[date]] = defaultdict(set)
    for timing in found:
        if timing.punctuality is Punctuality.LATE:
            late_dates[timing.entry.first.sha].add(timing.entry.trade_date)
    bulk = {sha for sha, dates in late_dates.items() if len(dates) >= BULK_DATES_MIN}
    return [
        Timing(t.entry, t.punctuality, t.late_by, t.lenient, t.pushed, bulk=True)
        if t.punctuality is Punctuality.LATE and t.entry.first.sha in bulk
        else t
        for t in found
    ]


def entries(history: History) -> list[Entry]:
    """The signals' entries by trade date, then strategy."""
    days = sorted(history.signals.items())
    return [entry for _, lines in days for _, entry in sorted(lines.items())]


def digests(history: History) -> Iterator[tuple[date, str, int, Entry]]:
    """The settlement digests: (trade date, strategy, revision, entry)."""
    for day, lines in sorted(history.digests.items()):
        for (strategy, revision), entry in sorted(lines.items()):
            yield day, strategy, revision, entry


def claims_to_be_in_time(entry: Entry) -> bool:
    """Whether the time that the entry gives itself lies before its deadline, whatever its commit says."""
    stated = entry.text("execution_price")
    deadline = trading_days.deadline(entry.trade_date, "open" if stated == "open" else "close")
    return entry.claimed is not None and entry.claimed < deadline


@dataclass(frozen=True, slots=True)
class RepeatedHash:
    """One hash under several strategies, or under several dates of one."""

    digest: str
    entries: tuple[Entry, ...]

    @property
    def strategies(self) -> list[str]:
        return sorted({entry.strategy for entry in self.entries})


def repeated_hashes(history: History) -> list[RepeatedHash]:
    by_digest: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(history):
        by_digest[entry.digest].append(entry)
    repeated = [RepeatedHash(digest, tuple(found)) for digest, found in by_digest.items() if len(found) > 1]
    return sorted(repeated, key=lambda found: -len(found.strategies))


# The steps


def readable(history: History) -> Judgement:
    """Every file of every commit can be read as what its path says it is."""
    facts = [{"path": p.path, "commit": p.commit.sha, "found": p.reason} for p in history.problems]
    return judged([Finding("file_unreadable", fact) for fact in facts])


def on_trading_days(history: History) -> Judgement:
    """Every trade date is a day on which the exchange traded."""
    closed = [
        (day, lines)
        for day, lines in sorted(history.signals.items())
        if trading_days.is_known(day) and not trading_days.is_trading_day(day)
    ]
    return judged(
        [Finding("entries_on_a_closed_day", {"found": day, "count": len(lines)}) for day, lines in closed]
    )


def all_in_time(history: History) -> Judgement:
    """Every entry was committed before its deadline."""
    found = timings(history)
    findings = []
    for sha, count in Counter(t.entry.first.sha for t in found if t.bulk).items():
        of_it = [t for t in found if t.bulk and t.entry.first.sha == sha]
        days = sorted({t.entry.trade_date for t in of_it})
        facts = {
            "commit": sha,
            "at": of_it[0].entry.first.at,
            "count": count,
            "first": days[0],
            "last": days[-1],
        }
        facts["claiming"] = sum(claims_to_be_in_time(t.entry) for t in of_it)
        findings.append(Finding("imported_afterwards", facts))
    for timing in found:
        entry = timing.entry
        facts = {"date": entry.trade_date, "strategy": entry.strategy, "found": entry.first.at}
        if timing.punctuality is Punctuality.LATE and not timing.bulk:
            findings.append(Finding("entry_late", {**facts, "late_by": timing.late_by}))
        elif timing.punctuality is Punctuality.UNKNOWN:
            findings.append(Finding("entry_time_unknown", facts))
    return judged(findings)


def unchanged(history: History) -> Judgement:
    """No entry was changed or taken away after it had been committed."""
    findings = []
    statuses = [entry for _, lines in sorted(history.statuses.items()) for entry in lines.values()]
    for entry in [*entries(history), *statuses]:
        for change in entry.changes:
            facts = {
                "date": entry.trade_date,
                "strategy": entry.strategy,
                "commit": change.commit.sha,
                "at": change.commit.at,
                "expected": change.before,
                "found": change.after or "",
            }
            findings.append(Finding(f"line_{change.kind}", facts))
    return judged(findings)


def hashes_unique(history: History) -> Judgement:
    """No hash stands twice: a commitment binds one strategy and one date."""
    findings = []
    for repeated in repeated_hashes(history):
        dates = [entry.trade_date for entry in repeated.entries]
        facts = {"found": repeated.digest, "strategies": ", ".join(repeated.strategies)}
        span = {"count": len(dates), "first": min(dates), "last": max(dates)}
        code = "hash_of_several" if len(repeated.strategies) > 1 else "hash_of_several_dates"
        findings.append(Finding(code, {**facts, **span}))
    return judged(findings)


def digests_kept(history: History) -> Judgement:
    """Settlement digests were only added, revision after revision, and none before its day was settled."""
    findings, revisions = [], defaultdict(list)
    for day, strategy, revision, entry in digests(history):
        revisions[day, strategy].append(revision)
        facts = {"date": day, "strategy": strategy, "revision": revision}
        findings += [
            Finding(f"digest_{change.kind}", {**facts, "commit": change.commit.sha, "at": change.commit.at})
            for change in entry.changes
        ]
        if entry.first.at < trading_days.shanghai(day, trading_days.SETTLES_AT):
            findings.append(Finding("digest_too_early", {**facts, "found": entry.first.at}))
    for (day, strategy), numbers in revisions.items():
        if numbers != list(range(len(numbers))):
            findings.append(
                Finding("revision_missing", {"date": day, "strategy": strategy, "found": numbers})
            )
    return judged(findings)


def times_and_history(history: History) -> Judgement:
    """The history was added to and nothing else."""
    return judged_history(history)


def all_signed(history: History) -> Judgement:
    """Every commit is signed by a key that was given."""
    return judged_signatures(history, list(history.commits))


def real_times(history: History) -> Judgement:
    """Its commit times are those of a clock, and were not chosen."""
    return judged([Finding("times_simulated", waiver=Waiver.SIMULATED)] if history.simulated else [])


def unsigned(history: History) -> list[Commit]:
    """Commits that carry no signature at all."""
    return [commit for commit in history.commits.values() if not commit.signed]


REPOSITORY_STEPS: Final[tuple[Step[History], ...]] = (
    Step(1, "readable", readable),
    Step(2, "on_trading_days", on_trading_days),
    Step(3, "all_in_time", all_in_time),
    Step(4, "unchanged", unchanged),
    Step(5, "hashes_unique", hashes_unique),
    Step(6, "digests_kept", digests_kept),
    Step(7, "history", times_and_history),
    Step(8, "real_times", real_times),
    Step(9, "all_signed", all_signed),
)
