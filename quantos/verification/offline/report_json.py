"""The report for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from quantos.verification.core.dated_rules import KNOWN_VERSIONS
from quantos.verification.core.judgement import RepositoryReport, StrategyReport, all_hold
from quantos.verification.core.steps_repository import Punctuality, repeated_hashes, unsigned
from quantos.verification.core.verdict import Finding, Outcome, Verdict
from quantos.verification.offline.report import limits_of, times_of
from quantos.verification.offline.texts import Speaker

Report = StrategyReport | RepositoryReport


def as_json(reports: Sequence[Report], speaker: Speaker, version: str) -> dict[str, Any]:
    """Everything that was checked: {holds, verifier, reports: [{kind, ..., verdicts, not_shown}]}."""
    return {
        "holds": all_hold(reports),
        "verifier": {"version": version, "rules_versions": sorted(KNOWN_VERSIONS)},
        "reports": [
            {
                **(_strategy(report) if isinstance(report, StrategyReport) else _repository(report)),
                "holds": report.holds,
                "verdicts": [_verdict(verdict, speaker) for verdict in report.verdicts],
                "not_shown": [speaker.say(f"limit.{limit}") for limit in limits_of(report)],
            }
            for report in reports
        ],
    }


def _strategy(report: StrategyReport) -> dict[str, Any]:
    days = [package.trade_date for package in report.days]
    return {
        "kind": "strategy" if report.slug else "unreadable",
        "slug": report.slug,
        "first": days[0].isoformat() if days else None,
        "last": days[-1].isoformat() if days else None,
        "days": len(days),
        "superseded": len(report.older),
        "editions": list(report.editions),
        "times": times_of(report),
    }


def _repository(report: RepositoryReport) -> dict[str, Any]:
    history = report.history
    return {
        "kind": "repository",
        "name": report.name,
        "commits": len(history.commits),
        "unsigned": len(unsigned(history)),
        "head": history.head.sha if history.head else None,
        "entries": len(report.timings),
        **{word.value: sum(t.punctuality is word for t in report.timings) for word in Punctuality},
        "imported": sum(timing.bulk for timing in report.timings),
        "judged_leniently": sum(timing.lenient for timing in report.timings),
        "pushed": sum(timing.pushed for timing in report.timings),
        "repeated_hashes": len(repeated_hashes(history)),
        "lines": [
            {
                "date": timing.entry.trade_date.isoformat(),
                "strategy": timing.entry.strategy,
                "signal_hash": timing.entry.digest,
                "commit": timing.entry.first.sha,
                "committed_at": timing.entry.first.at.isoformat(),
                "punctuality": timing.punctuality.value,
                "late_by_s": None if timing.late_by is None else int(timing.late_by.total_seconds()),
                "imported": timing.bulk,
                "judged_leniently": timing.lenient,
                "changes": [change.kind for change in timing.entry.changes],
            }
            for timing in report.timings
        ],
    }


def _verdict(verdict: Verdict, speaker: Speaker) -> dict[str, Any]:
    return {
        "step": verdict.number,
        "name": verdict.name,
        "title": speaker.say(f"step.{verdict.name}"),
        "about": verdict.about,
        "outcome": "not_checked" if verdict.outcome is Outcome.NOT_RUN else verdict.outcome.value,
        "fails": verdict.fails,
        "findings": [_finding(finding, speaker) for finding in verdict.findings],
        "notes": [_finding(finding, speaker) for finding in verdict.notes],
    }


def _finding(finding: Finding, speaker: Speaker) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": speaker.say(f"found.{finding.code}", **finding.facts),
        "facts": {name: _plain(value) for name, value in finding.facts.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, str | int | float | bool | list) or value is None else str(value)
