"""Steps 20 to 26: do the days of a strategy join, and is the repository that carries them whole?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from quantos.verification.core import trading_days
from quantos.verification.core.evidence import DayEvidence, RecordRow, RunEvidence, differs, salts_of
from quantos.verification.core.exact import cny
from quantos.verification.core.history import History
from quantos.verification.core.package import Bar, Benchmark, Package
from quantos.verification.core.steps_books import is_close
from quantos.verification.core.verdict import Finding, Judgement, Step, Waiver, judged, not_checked, not_run

CLOCK_STEP_MAX: Final = timedelta(minutes=1)
"""How far a clock may be set back between two commits before that is a finding."""

_ONE_DAY: Final = Finding("one_day")
_MARKS: Final = {
    "simulated": Finding("simulated_throughout"),
    "synthetic": Finding("synthetic_throughout"),
}

GOOD: Final = "G"
"""git's word for a signature that is good and by a key that was given."""


def chain_holds(run: RunEvidence) -> Judgement:
    """Each day begins with what the day before ended with, under the same terms."""
    findings: list[Finding] = []
    for before, after in pairwise(run.packages):
        if after.previous.date == before.trade_date or after.previous.date is None:
            findings += _joins(before, after)
    findings += _revisions_agree(run)
    withheld = list(_revisions_lacking(run))
    findings += withheld if run.record is not None else []
    first = run.packages[0]
    notes = (
        [] if first.previous.date is None else [Finding("begins_in_the_middle", {"found": first.trade_date})]
    )
    notes += withheld if run.record is None else []
    if len(run.packages) == 1 and not run.older and not findings:
        return not_run(_ONE_DAY, *notes)
    return judged(findings, *notes)


def _joins(before: Package, after: Package) -> Iterator[Finding]:
    day = f"{after.trade_date} previous"
    if after.previous.date is None:
        yield differs(f"{day}.date", before.trade_date, None)
        return
    if after.previous.nav != before.nav.reported_nav:
        yield differs(f"{day}.nav", cny(before.nav.reported_nav), cny(after.previous.nav or 0))
    if after.previous.cash != before.nav.cash:
        yield differs(f"{day}.cash", cny(before.nav.cash), cny(after.previous.cash))
    held = {position.symbol: position.quantity for position in before.positions}
    taken = dict(after.previous.positions)
    for symbol in sorted(held.keys() | taken.keys()):
        if held.get(symbol, 0) != taken.get(symbol, 0):
            yield differs(f"{day} {symbol}", held.get(symbol, 0), taken.get(symbol, 0))
    for name in ("initial_capital", "execution_price", "commission_e8", "slippage_e8"):
        one, other = getattr(before.settings, name), getattr(after.settings, name)
        if one != other:
            yield differs(f"{after.trade_date} settings.{name}", one, other)


def _revisions_agree(run: RunEvidence) -> Iterator[Finding]:
    """What a restated day says of the revisions before it is what they say of themselves."""
    in_force = {package.trade_date: package for package in run.packages}
    for package in run.older:
        now = in_force[package.trade_date].restated
        told = None if now is None else dict(now.revisions).get(package.revision)
        if told != package.nav.reported_nav:
            what = f"{package.trade_date} NAV of revision {package.revision}"
            yield differs(what, cny(package.nav.reported_nav), None if told is None else cny(told))


def _revisions_lacking(run: RunEvidence) -> Iterator[Finding]:
    """Older revisions of restated days without their packages; whoever publishes the record has to show them."""
    code = "revision_not_given" if run.record is None else "revision_withheld"
    given = {(package.trade_date, package.revision) for package in run.older}
    for package in run.packages:
        for revision in range(package.revision):
            if (package.trade_date, revision) not in given:
                yield Finding(code, {"found": package.trade_date, "revision": revision})


def no_day_missing(run: RunEvidence) -> Judgement:
    """Every trading day from the first to the last has its package."""
    if len(run.packages) == 1:
        return not_run(_ONE_DAY)
    days = [package.trade_date for package in run.packages]
    if not trading_days.is_known(days[0]) or not trading_days.is_known(days[-1]):
        facts = {"found": days[-1], "expected": trading_days.LAST}
        return not_checked(Finding("calendar_ends", facts))
    missing = sorted(set(trading_days.trading_days(days[0], days[-1])) - set(days))
    return judged([Finding("day_missing", {"found": day}) for day in missing])


def closes_continue(run: RunEvidence) -> Judgement:
    """The last close that a day starts from is the close that the day before ended with.

    Data that arrive late can move a last close; where money was made of the gap, that is a finding, else a note.
    """
    if len(run.packages) == 1:
        return not_run(_ONE_DAY)
    findings: list[Finding] = []
    notes: list[Finding] = []
    for before, after in pairwise(run.packages):
        closes = {bar.symbol: bar.close for bar in before.bars}
        held = {symbol for symbol, _ in after.previous.positions}
        for bar in after.bars:
            close = closes.get(bar.symbol)
            if close is None or close == bar.last_close or after.previous.date != before.trade_date:
                continue
            found = differs(f"{after.trade_date} {bar.symbol} last_close", cny(close), cny(bar.last_close))
            inferred = bar.event in {"inferred_cash", "inferred_shares"} and bar.symbol in held
            (findings if inferred else notes).append(found)
    return judged(findings, *notes)


def same_bars(run: RunEvidence) -> Judgement:
    """One symbol has one bar on one date, in every package of the same snapshot, whichever strategy's it is."""
    if len({package.trade_date for package in run.everything}) == len(run.everything):
        return not_run(Finding("no_common_day"))
    seen: dict[tuple[date, str], tuple[Package, Bar]] = {}
    findings: list[Finding] = []
    notes: list[Finding] = []
    for package in run.everything:
        for bar in package.bars:
            first, known = seen.setdefault((package.trade_date, bar.symbol), (package, bar))
            if known == bar:
                continue
            facts = {
                "date": package.trade_date,
                "symbol": bar.symbol,
                "one": first.slug,
                "other": package.slug,
            }
            same = first.snapshot_sha256 == package.snapshot_sha256
            (findings if same else notes).append(Finding("bars_differ", facts))
    return judged(findings, *notes)


def record_agrees(run: RunEvidence) -> Judgement:
    """The public track record shows the packages' days, each with the NAV and the returns that they prove.

    The benchmark beside them has to be the packages' too; neither of the two is bound by a digest.
    That the days are simulated or synthetic is step 2's; here the record has to say the same of itself.
    """
    if run.record is None:
        return not_run(Finding("no_track_record"))
    record = {row.date: row for row in run.record.rows}
    packages = {package.trade_date: package for package in run.packages}
    findings = [
        Finding("record_without_package", {"found": d}) for d in sorted(record.keys() - packages.keys())
    ]
    findings += [
        Finding("package_without_record", {"found": d}) for d in sorted(packages.keys() - record.keys())
    ]
    for day in sorted(packages.keys() & record.keys()):
        findings += _about_row(record[day], packages[day])
    findings += _left_out(run, record)
    notes = []
    for mark, throughout in _MARKS.items():
        marked = [getattr(package, mark) for package in run.packages]
        if getattr(run.record, mark) != all(marked) or all(marked) != any(marked):
            findings.append(Finding("mark_differs", {"what": mark}, Waiver.SIMULATED))
        elif all(marked):
            notes.append(throughout)
    return judged(findings, *notes)


def _left_out(run: RunEvidence, record: Mapping[date, RecordRow]) -> Iterator[Finding]:
    """The record begins where the strategy did, and no day is missing that was once settled under its name."""
    first = run.packages[0]
    if first.previous.date is not None and first.trade_date == min(record, default=None):
        yield Finding("record_begins_in_the_middle", {"found": first.trade_date})
    if run.history is None:
        return
    for day, digests in sorted(run.history.digests.items()):
        entry = next((e for (name, _), e in digests.items() if name == first.slug), None)
        if entry is not None and day not in record:
            yield Finding("settled_not_shown", {"found": day, "commit": entry.first.sha})


def _about_row(row: RecordRow, package: Package) -> Iterator[Finding]:
    nav, capital = package.nav.reported_nav, package.settings.initial_capital
    before = capital if package.previous.nav is None else package.previous.nav
    level = nav / capital if capital else 0.0
    expected = (
        ("nav", level, row.nav),
        ("cumulative_return", level - 1, row.cumulative_return),
        ("daily_return", nav / before - 1 if before else None, row.daily_return),
    )
    for name, right, shown in expected:
        if not (right is shown if right is None or shown is None else is_close(shown, right)):
            yield differs(f"{row.date} {name}", None if right is None else f"{right:.9f}", shown)
    if row.benchmark is not None and not _same_return(row.benchmark, package.benchmark):
        one, other = package.benchmark.daily_return, row.benchmark.daily_return
        yield differs(f"{row.date} benchmark_return", one, other)


def _same_return(one: Benchmark, other: Benchmark) -> bool:
    if one.daily_return is None or other.daily_return is None:
        return one == other
    return is_close(one.daily_return, other.daily_return)


def history_whole(run: RunEvidence) -> Judgement:
    """The repository's history was added to and nothing else."""
    if run.history is None:
        return not_run(run.no_history)
    return judged_history(run.history)


def judged_history(history: History) -> Judgement:
    """Nothing that was once seen is gone, and no commit is dated before the one that it follows."""
    findings = [Finding("history_rewritten", {"found": sha}) for sha in history.rewritten]
    for commit, parent in history.goes_back:
        if parent.at - commit.at > CLOCK_STEP_MAX:
            facts = {"commit": commit.sha, "found": commit.at, "expected": parent.at}
            findings.append(Finding("time_goes_back", facts))
    return judged(findings)


def signatures_good(run: RunEvidence) -> Judgement:
    """Every commit that brought an entry of this strategy is signed by a key that was given."""
    if run.history is None:
        return not_run(run.no_history)
    return judged_signatures(run.history, list(dict.fromkeys(_commits_used(run.history, run.packages))))


def _commits_used(history: History, packages: Sequence[Package]) -> Iterator[str]:
    salts = salts_of(packages)
    for package in packages:
        evidence = DayEvidence(package, history, salts=salts)
        told = history.status_before(evidence.deadline, evidence.status_names, told_before=True)
        if told is not None:
            yield told.first.sha
        entry = history.signal(package.trade_date, evidence.attested_names)
        if entry is not None:
            yield entry.first.sha
        for digest in history.revisions(package.trade_date, evidence.settled_names).values():
            yield digest.first.sha


def judged_signatures(history: History, commits: Sequence[str]) -> Judgement:
    """What git says of the commits' signatures."""
    if history.signatures is None:
        return not_run(Finding("no_keys"))
    statuses = history.signatures
    return judged(
        [
            Finding(_SIGNATURES.get(statuses.get(sha, "E"), "signature_unchecked"), {"commit": sha})
            for sha in commits
            if statuses.get(sha) != GOOD
        ]
    )


_SIGNATURES: Final = {
    "B": "signature_bad",
    "U": "signature_of_unknown_key",
    "X": "signature_expired",
    "Y": "signature_expired",
    "R": "signature_revoked",
    "N": "signature_missing",
}

RUN_STEPS: Final[tuple[Step[RunEvidence], ...]] = (
    Step(20, "chain", chain_holds),
    Step(21, "no_day_missing", no_day_missing),
    Step(22, "closes_continue", closes_continue),
    Step(23, "same_bars", same_bars),
    Step(24, "track_record", record_agrees),
    Step(25, "history", history_whole),
    Step(26, "signatures", signatures_good),
)
