"""The report for people: a table of the checks, what does not hold and why, what nobody can tell, the verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from quantos.verification.core.judgement import RepositoryReport, StrategyReport
from quantos.verification.core.steps_repository import Punctuality, Timing, unsigned
from quantos.verification.core.verdict import Finding, Outcome, Verdict
from quantos.verification.offline.terminal import Terminal, cut, width_of
from quantos.verification.offline.texts import Speaker, short

FINDINGS_SHOWN: Final = 5
STRATEGIES_SHOWN: Final = 40
_COLOURS: Final = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.NOT_CHECKED: "yellow",
    Outcome.ALLOWED: "cyan",
    Outcome.NOT_RUN: "dim",
}
_MARKS: Final = {
    Outcome.PASSED: ("✓", "+"),
    Outcome.FAILED: ("✗", "x"),
    Outcome.NOT_CHECKED: ("?", "?"),
    Outcome.ALLOWED: ("~", "~"),
    Outcome.NOT_RUN: ("·", "-"),
}
_QUIET_NOTES: Final = frozenset({"hold_day", "pushed", "self_dated", "digest_dated"})


def times_of(report: StrategyReport) -> dict[str, int]:
    """How many signals there are, and how strong their times: {signals, pushed, self_dated}."""
    signals = sum(package.signal is not None for package in report.days)
    codes = [
        note.code
        for verdict in report.verdicts
        if verdict.name == "in_time" and verdict.outcome is Outcome.PASSED
        for note in verdict.notes
    ]
    return {"signals": signals, "pushed": codes.count("pushed"), "self_dated": codes.count("self_dated")}


def limits_of(report: StrategyReport | RepositoryReport) -> list[str]:
    """What the checks of this report cannot show, whatever they found."""
    if isinstance(report, RepositoryReport):
        unchecked = [] if report.history.signatures else ["unsigned"]
        pushed = all(timing.pushed for timing in report.timings)
        return [*([] if pushed else ["self_dated"]), *unchecked, "signals", "other_strategies", "hidden"]
    if not report.days:
        return []
    times = times_of(report)
    limits = ["bars", "list_dates", "benchmark"]
    if not report.attested:
        limits.append("unattested")
    elif times["pushed"] < times["signals"]:
        limits.append("self_dated")
    if report.days[0].previous.date is not None:
        limits.append("previous")
    if not report.record:
        limits.append("whole_record")
    return [*limits, "other_strategies"]


class ReportWriter:
    """Writes reports to a terminal in one language."""

    def __init__(self, terminal: Terminal, speaker: Speaker) -> None:
        self._terminal, self._speaker = terminal, speaker

    def write(self, reports: Sequence[StrategyReport | RepositoryReport]) -> None:
        """All reports, the verdict last."""
        for report in reports:
            if isinstance(report, RepositoryReport):
                self._repository(report)
            else:
                self._strategy(report)
        self._verdict([verdict for report in reports for verdict in report.verdicts])

    def _say(self, key: str, **values: Any) -> str:
        return self._speaker.say(key, **values)

    # What was checked

    def _strategy(self, report: StrategyReport) -> None:
        self._title(report.slug or self._say("screen.files"))
        if report.days:
            facts = {"first": report.days[0].trade_date, "last": report.days[-1].trade_date}
            key = "screen.span" if len(report.days) > 1 else "screen.one_day"
            self._terminal.paragraph(self._say(key, **facts, count=len(report.days)))
        if report.older:
            self._terminal.paragraph(self._say("screen.older", count=len(report.older)))
        for edition in report.editions:
            name = self._speaker.name("screen.edition", edition)
            self._terminal.paragraph(self._say("screen.edition", name=name))
        self._steps(report.verdicts)
        self._details(report.verdicts, named=True)
        if report.days:
            self._times(report)
            self._limits(limits_of(report))

    def _repository(self, report: RepositoryReport) -> None:
        history = report.history
        self._title(f"{report.name} ({self._say('screen.repository')})")
        commits = list(history.commits.values())
        if commits:
            first, last = min(c.at for c in commits).date(), max(c.at for c in commits).date()
            facts = {"count": len(commits), "first": first, "last": last, "head": short(commits[-1].sha)}
            self._terminal.paragraph(self._say("screen.commits", **facts))
        else:
            self._terminal.paragraph(self._say("screen.empty"))
        self._table(report.timings)
        self._signed(report)
        self._steps(report.verdicts)
        self._details(report.verdicts, named=False)
        self._limits(limits_of(report))

    def _title(self, text: str) -> None:
        self._terminal.line()
        self._terminal.paragraph(text, colour="bold")

    # Steps

    def _steps(self, verdicts: Sequence[Verdict]) -> None:
        """One row a step, over all days."""
        grouped: dict[tuple[int, str], list[Verdict]] = defaultdict(list)
        for verdict in verdicts:
            grouped[verdict.number, verdict.name].append(verdict)
        many = any(len(found) > 1 for found in grouped.values())
        right = max((width_of(self._outcome(found, many)) for found in grouped.values()), default=0)
        self._terminal.line()
        for (number, name), found in sorted(grouped.items()):
            outcome = _worst(found)
            mark = self._terminal.mark(*_MARKS[outcome])
            room = self._terminal.width - right - 9
            title = cut(self._say(f"step.{name}"), room)
            tail = self._outcome(found, many)
            gap = " " * (room - width_of(title) + 2 + right - width_of(tail))
            painted = self._terminal.paint(f"{mark} {number:>2}", _COLOURS[outcome])
            self._terminal.line(f" {painted}  {title}{gap}{tail}")

    def _outcome(self, found: Sequence[Verdict], many: bool) -> str:
        run = [verdict for verdict in found if verdict.outcome is not Outcome.NOT_RUN]
        passed = sum(verdict.outcome is Outcome.PASSED for verdict in run)
        if not run:
            return self._say("screen.not_run")
        if many and len(found) > 1:
            key = "screen.all" if passed == len(run) else "screen.some"
            return self._say(key, count=len(run), passed=passed)
        findings = sum(len(verdict.findings) for verdict in found)
        return self._say("screen.count", count=findings) if findings > 1 else ""

    # Findings

    def _details(self, verdicts: Sequence[Verdict], *, named: bool) -> None:
        """`named`: each finding says which day it is of."""
        allowed = [v for v in verdicts if v.outcome is Outcome.ALLOWED]
        self._section("screen.failed", [v for v in verdicts if v.fails], named, means=True)
        self._section("screen.allowed", allowed, named, means=False)
        self._not_run([v for v in verdicts if v.outcome is Outcome.NOT_RUN])
        notes = [(v.about, note) for v in verdicts for note in v.notes if note.code not in _QUIET_NOTES]
        if notes:
            self._heading("screen.notes")
            self._findings(notes, named)

    def _not_run(self, verdicts: Sequence[Verdict]) -> None:
        """Each reason once, with the steps that it is the reason of."""
        steps: dict[str, set[int]] = defaultdict(set)
        days: dict[str, set[str]] = defaultdict(set)
        for verdict in verdicts:
            for finding in verdict.findings:
                steps[self._text(finding)].add(verdict.number)
                days[self._text(finding)].add(verdict.about)
        if not steps:
            return
        self._heading("screen.not_run_heading")
        for text, numbers in sorted(steps.items(), key=lambda item: min(item[1])):
            named = ", ".join(map(str, sorted(numbers)))
            self._terminal.paragraph(f"{named}  {text}{self._days(len(days[text]))}", 1, hang=2, colour="dim")

    def _days(self, count: int) -> str:
        return self._say("screen.of_days", count=count) if count > 1 else ""

    def _section(self, heading: str, verdicts: Iterable[Verdict], named: bool, *, means: bool) -> None:
        grouped: dict[tuple[int, str], list[tuple[str, Finding]]] = defaultdict(list)
        worst: dict[tuple[int, str], Outcome] = {}
        for verdict in verdicts:
            key = (verdict.number, verdict.name)
            grouped[key] += [(verdict.about, finding) for finding in verdict.findings]
            worst[key] = verdict.outcome if worst.get(key) is not Outcome.FAILED else Outcome.FAILED
        if not grouped:
            return
        self._heading(heading)
        for (number, name), found in sorted(grouped.items()):
            mark = self._terminal.mark(*_MARKS[worst[number, name]])
            title = f"{mark} {number:>2}  {self._say(f'step.{name}')}"
            self._terminal.paragraph(title, 1, colour=_COLOURS[worst[number, name]])
            self._findings(found, named)
            if means:
                self._terminal.paragraph(
                    self._say("screen.means", text=self._say(f"means.{name}")), 7, colour="dim"
                )

    def _findings(self, found: Sequence[tuple[str, Finding]], named: bool) -> None:
        """The first of them; one text that stands for several days is said once."""
        days: dict[str, list[str]] = {}
        for about, finding in found:
            days.setdefault(self._text(finding), []).append(about)
        for text, abouts in list(days.items())[:FINDINGS_SHOWN]:
            prefix = f"{abouts[0]}  " if named and abouts[0] not in text else ""
            more = self._more_days(len(abouts) - 1)
            self._terminal.paragraph(f"{prefix}{text}{more}", 7, hang=2)
        self._rest(len(days) - FINDINGS_SHOWN)

    def _more_days(self, count: int) -> str:
        if count > 1:
            return self._say("screen.more_days", count=count)
        return self._say("screen.one_more_day") if count else ""

    def _text(self, finding: Finding) -> str:
        facts = {
            name: short(value) if isinstance(value, str) else value for name, value in finding.facts.items()
        }
        return self._say(f"found.{finding.code}", **facts)

    def _rest(self, count: int) -> None:
        if count > 0:
            self._terminal.paragraph(self._say("screen.more", count=count), 7, colour="dim")

    def _heading(self, key: str) -> None:
        self._terminal.line()
        self._terminal.paragraph(self._say(key), colour="bold")

    # A repository's entries

    def _table(self, timings: Sequence[Timing]) -> None:
        """Entries by strategy, those with the most first."""
        by_strategy: dict[str, list[Timing]] = defaultdict(list)
        for timing in timings:
            by_strategy[timing.entry.strategy].append(timing)
        if not by_strategy:
            return
        numbers = ("entries", "in_time", "late", "imported", "unknown", "changed")
        heads = [self._say(f"table.{name}") for name in numbers]
        latest = self._say("table.worst")
        widths = [max(width_of(head), 5) for head in heads]
        tail = max(width_of(latest), 11)
        name_width = max(12, self._terminal.width - sum(widths) - tail - 2 * (len(heads) + 1))
        name_width = min(name_width, max(width_of(name) for name in [*by_strategy, "x" * 16]))
        self._terminal.line()

        def row(name: str, cells: Sequence[str], last: str, colour: str = "") -> None:
            fixed = [(text, -width) for text, width in zip(cells, widths, strict=True)]
            self._terminal.columns([(cut(name, name_width), name_width), *fixed, (last, -tail)], colour)

        row(self._say("table.strategy"), heads, latest, "bold")
        ordered = sorted(by_strategy.items(), key=lambda item: (-len(item[1]), item[0]))
        for name, found in ordered[:STRATEGIES_SHOWN]:
            row(name, [str(count) for count in _counts(found)], self._latest(found))
        rest = [timing for _, found in ordered[STRATEGIES_SHOWN:] for timing in found]
        if rest:
            others = self._say("table.others", count=len(ordered) - STRATEGIES_SHOWN)
            row(others, [str(count) for count in _counts(rest)], self._latest(rest))
        row(self._say("table.sum"), [str(count) for count in _counts(timings)], self._latest(timings), "bold")
        lenient = sum(timing.lenient for timing in timings)
        if any(timing.bulk for timing in timings):
            self._terminal.paragraph(self._say("table.bulk"), colour="dim")
        if lenient:
            self._terminal.paragraph(self._say("table.lenient", count=lenient), colour="dim")

    def _latest(self, timings: Iterable[Timing]) -> str:
        late = [timing.late_by for timing in timings if timing.late_by is not None]
        return self._speaker.duration(max(late)) if late else ""

    def _signed(self, report: RepositoryReport) -> None:
        total, without = len(report.history.commits), len(unsigned(report.history))
        if report.history.signatures is None and total > without:
            self._terminal.paragraph(
                self._say("table.signed", count=total - without, total=total), colour="dim"
            )
        if without and total:
            self._terminal.paragraph(self._say("table.unsigned", count=without, total=total), colour="dim")

    # The end

    def _times(self, report: StrategyReport) -> None:
        times = times_of(report)
        self._heading("screen.time")
        if not times["signals"]:
            self._terminal.paragraph(self._say("screen.time_dark"), 1)
            return
        if not times["pushed"] + times["self_dated"]:
            self._terminal.paragraph(self._say("screen.time_none"), 1)
            return
        facts = {"pushed": times["pushed"], "self_dated": times["self_dated"], "count": times["signals"]}
        self._terminal.paragraph(self._say("screen.time_of_days", **facts), 1)
        for strength in ("pushed", "self_dated"):
            if times[strength]:
                self._terminal.paragraph(self._say(f"screen.time_{strength}"), 1, colour="dim")

    def _limits(self, limits: Sequence[str]) -> None:
        self._heading("screen.limits")
        for limit in limits:
            self._terminal.paragraph(f"- {self._say(f'limit.{limit}')}", 1, hang=2, colour="dim")

    def _verdict(self, verdicts: Sequence[Verdict]) -> None:
        run = [verdict for verdict in verdicts if verdict.outcome is not Outcome.NOT_RUN]
        failed = sum(verdict.fails for verdict in run)
        allowed = sum(verdict.outcome is Outcome.ALLOWED for verdict in verdicts)
        key = "screen.not_verified" if failed else "screen.verified_allowed" if allowed else "screen.verified"
        colour = "red" if failed else "yellow" if allowed else "green"
        facts = {"failed": failed, "allowed": allowed, "count": len(run)}
        skipped = len(verdicts) - len(run)
        rest = self._say("screen.skipped", count=skipped) if skipped else ""
        self._terminal.line()
        self._terminal.paragraph(self._say(key, **facts) + rest, colour=colour)


def _counts(timings: Sequence[Timing]) -> list[int]:
    return [
        len(timings),
        sum(t.punctuality is Punctuality.IN_TIME for t in timings),
        sum(t.punctuality is Punctuality.LATE and not t.bulk for t in timings),
        sum(t.bulk for t in timings),
        sum(t.punctuality is Punctuality.UNKNOWN for t in timings),
        sum(bool(t.entry.changes) for t in timings),
    ]


def _worst(verdicts: Iterable[Verdict]) -> Outcome:
    found = {verdict.outcome for verdict in verdicts}
    order = (Outcome.FAILED, Outcome.NOT_CHECKED, Outcome.ALLOWED, Outcome.PASSED, Outcome.NOT_RUN)
    return next(outcome for outcome in order if outcome in found)
