"""What the packages ask of the features below, where tests put something else in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Protocol

from quantos.attestation.service import Commit, SettlementDigest, SettlementsCommitted
from quantos.market.core.calendar import TradingCalendar
from quantos.settlement.core.audited import AuditedDay
from quantos.settlement.core.books import ExactWeights
from quantos.settlement.core.record import DayRecord, Restated


class SettledRecords(Protocol):
    """Settled days, read back."""

    def read(
        self, trade_date: date, signals: Mapping[int, ExactWeights | None], revision: int | None = None
    ) -> list[DayRecord]: ...

    def span(
        self, number: int, first: date, last: date, signals: Mapping[date, ExactWeights]
    ) -> list[DayRecord]: ...

    def audited(self, number: int, limit: int, offset: int) -> tuple[list[AuditedDay], int]: ...

    def restatements(self, number: int) -> list[Restated]: ...


class DaySource(Protocol):
    """What settlement answers. `version` changes with every NAV row of the strategy that is written."""

    @property
    def days(self) -> SettledRecords: ...

    def settled_until(self, number: int) -> date | None: ...

    def version(self, number: int) -> int: ...


class MarketSource(Protocol):
    """What the market answers. `version` changes with every load, and so with every benchmark."""

    @property
    def version(self) -> int: ...

    @property
    def is_synthetic(self) -> bool: ...

    @property
    def calendar(self) -> TradingCalendar: ...

    def benchmark(self, universe: str, first: date, last: date) -> Mapping[date, float]: ...


class Repository(Protocol):
    """The attestation repository. `publish` is called where everything left is to be committed; `more_alarms` says
    what was found wrong with it here, `acknowledging` takes it as known, by the alarm's code.
    """

    publish: Callable[[], Any] | None
    more_alarms: Callable[[], list[dict[str, str]]]
    acknowledging: dict[str, Callable[[], int]]

    @property
    def configured(self) -> bool: ...

    def commit_settlements(
        self, entries_by_date: Mapping[date, Sequence[SettlementDigest]]
    ) -> SettlementsCommitted: ...

    def settlement_commit(self, trade_date: date, nav_sha256: str) -> Commit | None: ...

    def file(self, kind: Literal["attestations", "settlements"], trade_date: date) -> bytes: ...

    def raw_url(
        self, kind: Literal["attestations", "settlements"], trade_date: date, sha: str
    ) -> str | None: ...


class Commits(Protocol):
    """What is known of published digests. `version` changes with every publication."""

    @property
    def version(self) -> int: ...

    def commit_of(self, record: DayRecord, digest: str) -> Commit | None:
        """The commit of a settled day's digest. Raises Unavailable where nobody can say."""
        ...
