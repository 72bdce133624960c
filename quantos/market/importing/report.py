"""What an import did, for the screen, the API and the load record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quantos.errors import WrongState
from quantos.market.core.reasons import SENTENCES, Finding, Refusal

EXAMPLES_MAX: Final = 5
NAMED_MAX: Final = 200


class FileRefused(WrongState):
    """The file as a whole cannot be taken; nothing of it was stored."""

    code = "market_file_refused"


class WrongMarket(WrongState):
    """Real data into a synthetic market, or the other way round."""

    code = "wrong_market"


class PathNotFound(WrongState):
    code = "market_path_not_found"


@dataclass(frozen=True, slots=True)
class Found:
    """Rows with the same finding. Arrays are [n]; a NaT date or NaN value says nothing."""

    kind: Finding
    symbols: NDArray[np.object_]
    dates: NDArray[np.datetime64]
    values: NDArray[np.float64]
    expected: NDArray[np.float64]
    note: str = ""

    def __len__(self) -> int:
        return len(self.symbols)

    def examples(self) -> list[str]:
        return [self._example(row) for row in range(min(len(self), EXAMPLES_MAX))]

    def _example(self, row: int) -> str:
        parts = [str(self.symbols[row])]
        if not np.isnat(self.dates[row]):
            parts.append(str(self.dates[row]))
        if not np.isnan(self.values[row]):
            parts.append(f"{self.values[row]:.10g}")
        if not np.isnan(self.expected[row]):
            parts.append(f"against {self.expected[row]:.10g}")
        return " ".join(parts)


@dataclass(slots=True)
class FindingCount:
    """How often a finding occurred, with examples."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, count: int, examples: list[str]) -> None:
        self.count += count
        self.examples = [*self.examples, *examples][:EXAMPLES_MAX]


@dataclass(slots=True)
class SettledRows:
    """Rows that contradict or add to settled days: reported, not applied."""

    rows: int = 0
    days: list[str] = field(default_factory=list)  # the first NAMED_MAX
    day_count: int = 0
    symbols: list[str] = field(default_factory=list)
    symbol_count: int = 0

    def add(self, symbols: NDArray[np.object_], dates: NDArray[np.datetime64]) -> None:
        days, names = np.unique(dates).astype(str).tolist(), sorted(set(symbols.tolist()))
        self.rows += len(symbols)
        self.day_count, self.symbol_count = len(days), len(names)
        self.days, self.symbols = days[:NAMED_MAX], names[:NAMED_MAX]


@dataclass(slots=True)
class FileReport:
    """One file, or one folder of files with the same columns."""

    source: str
    kind: str = "unknown"
    rows: int = 0
    stored: int = 0
    unchanged: int = 0
    changed: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    refused_rows: dict[str, list[str]] = field(default_factory=dict)  # examples by reason
    findings: dict[str, FindingCount] = field(default_factory=dict)
    settled: SettledRows = field(default_factory=SettledRows)
    refused: str | None = None
    ignored: str | None = None
    load: int | None = None
    elapsed_s: float = 0.0

    def note(self, found: Found) -> None:
        self.count(found.kind, len(found), found.examples())

    def count(self, kind: Finding, count: int, examples: list[str]) -> None:
        if count:
            self.findings.setdefault(kind.value, FindingCount()).add(count, examples)

    def refuse(self, reason: Refusal, count: int, examples: list[str] | None = None) -> None:
        if count:
            self.quarantined[reason.value] = self.quarantined.get(reason.value, 0) + count
            told = [*self.refused_rows.get(reason.value, []), *(examples or [])]
            self.refused_rows[reason.value] = told[:EXAMPLES_MAX]

    @property
    def quarantined_rows(self) -> int:
        return sum(self.quarantined.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "kind": self.kind,
            "load": self.load,
            "rows": self.rows,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "changed": self.changed,
            "quarantined": self.quarantined,
            "refused_rows": self.refused_rows,
            "findings": {
                kind: {"count": found.count, "meaning": SENTENCES[Finding(kind)], "examples": found.examples}
                for kind, found in self.findings.items()
            },
            "settled": None
            if not self.settled.rows
            else {
                "rows": self.settled.rows,
                "days": self.settled.days,
                "day_count": self.settled.day_count,
                "symbols": self.settled.symbols,
                "symbol_count": self.settled.symbol_count,
            },
            "refused": self.refused,
            "ignored": self.ignored,
            "elapsed_s": round(self.elapsed_s, 3),
        }


@dataclass(slots=True)
class ImportReport:
    """Everything one call imported."""

    files: list[FileReport] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def stored(self) -> int:
        return sum(file.stored for file in self.files)

    @property
    def unchanged(self) -> int:
        return sum(file.unchanged for file in self.files)

    @property
    def changed(self) -> int:
        return sum(file.changed for file in self.files)

    @property
    def quarantined(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for file in self.files:
            for reason, count in file.quarantined.items():
                total[reason] = total.get(reason, 0) + count
        return total

    @property
    def findings(self) -> dict[str, FindingCount]:
        total: dict[str, FindingCount] = {}
        for file in self.files:
            for kind, found in file.findings.items():
                total.setdefault(kind, FindingCount()).add(found.count, found.examples)
        return total

    @property
    def refused(self) -> list[FileReport]:
        return [file for file in self.files if file.refused is not None]

    def counts(self) -> dict[str, Any]:
        """The sums over all files."""
        return {
            "rows": self.rows,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "changed": self.changed,
            "quarantined": self.quarantined,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.counts(),
            "findings": {kind: found.count for kind, found in self.findings.items()},
            "elapsed_s": round(self.elapsed_s, 3),
            "files": [file.as_dict() for file in self.files],
        }

    def lines(self) -> list[str]:
        """The report for a terminal."""
        result = []
        for file in self.files:
            if file.refused is not None:
                result.append(f"{file.source}: refused: {file.refused}")
                continue
            if file.ignored is not None:
                result.append(f"{file.source}: ignored: {file.ignored}")
                continue
            result.append(
                f"{file.source}: {file.kind}, {file.rows} rows: {file.stored} stored, {file.unchanged} unchanged, "
                f"{file.changed} changed, {file.quarantined_rows} in quarantine ({file.elapsed_s:.1f} s)"
            )
            result += [
                f"  refused {count}: {SENTENCES[Refusal(reason)]}"
                + (f" ({'; '.join(examples[:3])})" if (examples := file.refused_rows.get(reason)) else "")
                for reason, count in file.quarantined.items()
            ]
            result += [
                f"  found {found.count}: {SENTENCES[Finding(kind)]}"
                + (f" ({'; '.join(found.examples[:3])})" if found.examples else "")
                for kind, found in file.findings.items()
            ]
            if file.settled.rows:
                result.append(
                    f"  {file.settled.rows} rows touch {file.settled.day_count} settled days and were not applied: "
                    f"{', '.join(file.settled.days[:5])} ... {', '.join(file.settled.symbols[:5])} ..."
                )
        return result
