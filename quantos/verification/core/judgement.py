"""Whole verdicts: of one package, of a strategy's run of packages, of a repository."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from quantos.verification.core.digests import sha256_hex
from quantos.verification.core.evidence import (
    NO_REPOSITORY,
    DayEvidence,
    RecordRow,
    RunEvidence,
    TrackRecord,
    salts_of,
)
from quantos.verification.core.fields import MISSING, Fields, Malformed
from quantos.verification.core.history import History
from quantos.verification.core.package import Benchmark, Package
from quantos.verification.core.package_reader import read_package
from quantos.verification.core.steps_bars import BARS_STEPS
from quantos.verification.core.steps_books import BOOKS_STEPS
from quantos.verification.core.steps_repository import REPOSITORY_STEPS, Timing, timings
from quantos.verification.core.steps_run import RUN_STEPS
from quantos.verification.core.steps_settled import SETTLED_STEPS
from quantos.verification.core.steps_signal import SIGNAL_STEPS
from quantos.verification.core.verdict import Finding, Outcome, Step, Verdict, Waiver, verify

FORMAT: Final = (1, "format")
DAY_STEPS: Final[tuple[Step[DayEvidence], ...]] = (
    *SIGNAL_STEPS,
    *BARS_STEPS,
    *BOOKS_STEPS,
    *SETTLED_STEPS,
)


@dataclass(frozen=True, slots=True)
class Given:
    """A document and where it came from; `package` None: it is none, and `fault` says why."""

    name: str
    package: Package | None
    fault: Malformed | None = None


@dataclass(frozen=True, slots=True)
class StrategyReport:
    """What came of a strategy's packages. `days`: those in force, ascending; `older`: superseded revisions.

    `editions`: what the platform said of its own, in the packages and the record; empty: of a standard one.
    """

    slug: str
    days: tuple[Package, ...]
    older: tuple[Package, ...]
    verdicts: tuple[Verdict, ...]
    attested: bool
    record: bool
    editions: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not any(verdict.fails for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class RepositoryReport:
    """What came of an attestation repository."""

    name: str
    history: History
    timings: tuple[Timing, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        return not any(verdict.fails for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Attestations:
    """The repository that packages are held against; None and why, where there is none."""

    history: History | None = None
    missing: Finding = NO_REPOSITORY


def read_given(name: str, document: Any) -> Given:
    """A document as a package, or why it is none."""
    try:
        return Given(name, read_package(document))
    except Malformed as fault:
        return Given(name, None, fault)


def judge_packages(
    given: Sequence[Given],
    attestations: Attestations,
    records: Mapping[str, TrackRecord],
    waived: Collection[Waiver],
    own: Mapping[str, Attestations] | None = None,
) -> list[StrategyReport]:
    """One report for each strategy, and one without a name for the documents that are no packages.

    `own`: the repository that came with a strategy's packages; the others are held against `attestations`.
    """
    repositories = own or {}
    packages: dict[str, list[tuple[str, Package]]] = defaultdict(list)
    for one in given:
        if one.package is not None:
            packages[one.package.slug].append((one.name, one.package))
    everything = [package for found in packages.values() for package in _in_force(found).values()]
    accounted = _accounted(package for found in packages.values() for _, package in found)
    reports = [
        _judge_strategy(
            slug,
            found,
            everything,
            accounted,
            repositories.get(slug, attestations),
            records.get(slug),
            waived,
        )
        for slug, found in sorted(packages.items())
    ]
    faults = [_fault(one.name, one.fault) for one in given if one.fault is not None]
    if faults:
        reports.append(StrategyReport("", (), (), tuple(faults), attested=False, record=False))
    return reports


def judge_repository(name: str, history: History, waived: Collection[Waiver] = ()) -> RepositoryReport:
    """What a repository proves by itself."""
    verdicts = verify(REPOSITORY_STEPS, history, name, waived)
    return RepositoryReport(name, history, tuple(timings(history)), tuple(verdicts))


def read_track_record(document: Any) -> TrackRecord:
    """A public track record. Raises Malformed."""
    fields = Fields(document)
    rows = fields.rows(
        "records",
        lambda row: RecordRow(
            row.day("date"),
            row.double("nav"),
            row.nullable("daily_return", row.double),
            row.nullable("cumulative_return", row.double),
            None
            if row.raw("benchmark_return") is MISSING
            else Benchmark(row.nullable("benchmark_return", row.double)),
        ),
    )
    for place, (before, after) in enumerate(pairwise(rows), start=1):
        if after.date <= before.date:
            raise Malformed(f"records[{place}].date", f"a date after {before.date}", str(after.date))
    return TrackRecord(rows, fields.mark("simulated"), fields.mark("synthetic"), fields.word("edition"))


def _judge_strategy(
    slug: str,
    found: Sequence[tuple[str, Package]],
    everything: Sequence[Package],
    accounted: Mapping[date, Collection[str]],
    attestations: Attestations,
    record: TrackRecord | None,
    waived: Collection[Waiver],
) -> StrategyReport:
    verdicts: list[Verdict] = []
    in_force = _in_force(found)
    seen: dict[tuple[date, int], Package] = {}
    salts = salts_of(package for _, package in found)
    for name, package in sorted(found, key=lambda pair: (pair[1].trade_date, pair[1].revision)):
        about = _about(package)
        verdicts.append(Verdict(*FORMAT, about, Outcome.PASSED, (), ()))
        known = accounted.get(package.trade_date, ())
        evidence = DayEvidence(package, attestations.history, attestations.missing, salts, known)
        verdicts += verify(DAY_STEPS, evidence, about, waived)
        if seen.setdefault((package.trade_date, package.revision), package) != package:
            twice = Finding("day_twice", {"found": name, "date": package.trade_date})
            verdicts.append(Verdict(*FORMAT, about, Outcome.FAILED, (twice,), ()))
    days = tuple(in_force.values())
    older = tuple(package for _, package in found if package.revision < in_force[package.trade_date].revision)
    run = RunEvidence(days, everything, older, attestations.history, record, attestations.missing)
    verdicts += verify(RUN_STEPS, run, "", waived)
    attested = attestations.history is not None
    return StrategyReport(
        slug, days, older, tuple(verdicts), attested, record is not None, _editions(found, record)
    )


def _editions(found: Sequence[tuple[str, Package]], record: TrackRecord | None) -> tuple[str, ...]:
    said = {package.edition for _, package in found} | {record.edition if record else None}
    return tuple(sorted(edition for edition in said if edition is not None))


def _in_force(found: Sequence[tuple[str, Package]]) -> dict[date, Package]:
    """The last revision of each day, ascending."""
    ordered = sorted((package for _, package in found), key=lambda one: (one.trade_date, one.revision))
    return {package.trade_date: package for package in ordered}


def _accounted(packages: Iterable[Package]) -> dict[date, set[str]]:
    """Hidden names of each day that a package explains: its strategy is known, and the signal was settled."""
    names: dict[date, set[str]] = defaultdict(set)
    for package in packages:
        if package.signal is not None:
            names[package.trade_date].add(sha256_hex(package.slug + package.signal.nonce))
    return names


def _about(package: Package) -> str:
    revision = f" r{package.revision}" if package.revision else ""
    return f"{package.trade_date}{revision}"


def _fault(name: str, fault: Malformed) -> Verdict:
    facts = {"where": fault.where, "expected": fault.expected, "found": fault.found}
    return Verdict(*FORMAT, name, Outcome.FAILED, (Finding("malformed", facts),), ())


def all_hold(reports: Iterable[StrategyReport | RepositoryReport]) -> bool:
    """Whether everything holds; nothing at all does not."""
    found = [report.holds for report in reports]
    return bool(found) and all(found)
