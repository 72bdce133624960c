"""What the steps look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from quantos.verification.core import trading_days
from quantos.verification.core.dated_rules import RuleTable, table_of
from quantos.verification.core.digests import nav_sha256, sha256_hex
from quantos.verification.core.history import History
from quantos.verification.core.package import Benchmark, Package
from quantos.verification.core.verdict import Finding, Waiver

NO_REPOSITORY: Final = Finding("no_repository", waiver=Waiver.UNATTESTED)
NOTHING_COMMITTED: Final = Finding("nothing_committed", waiver=Waiver.UNATTESTED)


@dataclass(frozen=True)
class DayEvidence:
    """A package and the attestation repository; without one, `no_history` says why there is none.

    `salts`: of the strategy's other days that were given, which unhide its name there. `accounted`: names of the
    day's entries that are hidden, and that packages explain.
    """

    package: Package
    history: History | None = None
    no_history: Finding = NO_REPOSITORY
    salts: Mapping[date, str] = field(default_factory=dict)
    accounted: Collection[str] = ()

    @property
    def rules(self) -> RuleTable:
        """The table that settled the day."""
        return table_of(self.package.rules_version)

    @property
    def unattested(self) -> Finding:
        """Why there is no repository: where the package says that nothing of it was committed, none can be given."""
        signal = self.package.signal
        committed = self.package.settlement.committed or (signal is not None and signal.committed)
        return NOTHING_COMMITTED if self.no_history == NO_REPOSITORY and not committed else self.no_history

    @property
    def deadline(self) -> datetime:
        """Until when a signal counts for the day."""
        return trading_days.deadline(self.package.trade_date, self.package.settings.execution_price)

    @cached_property
    def nav_sha256(self) -> str:
        """The digest of the package as it stands."""
        return nav_sha256(self.package)

    @property
    def attested_names(self) -> list[str]:
        """The names under which the strategy's signal may stand: its slug, or the slug hidden by the nonce."""
        slug, signal = self.package.slug, self.package.signal
        return [slug, sha256_hex(slug + signal.nonce)] if signal else [slug]

    def status_names(self, day: date) -> list[str]:
        """The names under which a change of the strategy's status may stand in the file of a day."""
        slug, salt = self.package.slug, self.salts.get(day)
        if day == self.package.trade_date:
            salt = self.package.settlement.salt
        return [slug] if salt is None else [slug, sha256_hex(slug + salt)]

    @property
    def settled_names(self) -> list[str]:
        """The names under which the settlement's digest may stand."""
        slug = self.package.slug
        return [slug, sha256_hex(slug + self.package.settlement.salt)]


def salts_of(packages: Iterable[Package]) -> dict[date, str]:
    """What unhides a strategy's name in the files of its days: those that are given, and those that they name."""
    given = list(packages)
    named = {one.date: one.salt for package in given for one in package.status_salts}
    return named | {package.trade_date: package.settlement.salt for package in given}


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A day of the public track record. `benchmark`: None where the record has no such field."""

    date: date
    nav: float
    daily_return: float | None
    cumulative_return: float | None
    benchmark: Benchmark | None = None


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A strategy's public track record, with the marks of a replay or of made-up prices."""

    rows: tuple[RecordRow, ...]
    simulated: bool = False
    synthetic: bool = False
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """The days of a strategy that are in force, ascending.

    `everything`: the packages of all strategies that were given; `older`: superseded revisions of this one's days;
    `record`: the strategy's public track record, where it was read; `no_history`: why there is no repository.
    """

    packages: Sequence[Package]
    everything: Sequence[Package]
    older: Sequence[Package] = ()
    history: History | None = None
    record: TrackRecord | None = None
    no_history: Finding = NO_REPOSITORY


def differs(what: str, expected: Any, found: Any) -> Finding:
    """Two values that should be one."""
    return Finding("differs", {"what": what, "expected": expected, "found": found})
