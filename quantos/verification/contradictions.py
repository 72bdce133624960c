"""Settled days of which the attestation repository has another digest: an alarm for as long as they have.

They are kept in the data directory, so that a restart forgets none, and held against the repository again whenever
digests are handed over: once the two agree (the right backup was restored) the alarm is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from quantos.settlement.core.unpublished import Unpublished

FILE: Final = "attestation-contradictions.json"
KEPT_MAX: Final = 10_000
NAMED_MAX: Final = 5


class Contradiction(NamedTuple):
    """A settled strategy-day, by the strategy's series key."""

    trade_date: date
    revision: int
    number: int
    slug: str


class Contradictions:
    """Those that are known. Changed by one thread at a time, read from any."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._known: tuple[Contradiction, ...] = self._read()

    def days(self) -> Iterator[Unpublished]:
        """What is to be held against the repository again."""
        for (day, revision), group in groupby(self._known, key=lambda each: each[:2]):
            yield Unpublished(day, revision, [each.number for each in group])

    def replace(self, found: Iterable[Contradiction]) -> None:
        """These, and no others any more."""
        self._keep(found)

    def add(self, found: Iterable[Contradiction]) -> None:
        self._keep({*self._known, *found})

    def alarms(self) -> list[dict[str, str]]:
        """[{code, message}], at most one."""
        known = self._known
        if not known:
            return []
        named = ", ".join(f"{each.slug} on {each.trade_date}" for each in known[:NAMED_MAX])
        what = "settled day is" if len(known) == 1 else "settled days are"
        message = (
            f"{len(known):,} {what} in the repository with another digest ({named}): what was published stays, and these"
            " days do not verify. Restore the backup that was made last, with the data that settled them; or settle them"
            " again in the open (quantos settle --restate) and tell publicly what was lost"
        )
        return [{"code": "digests_contradict", "message": message}]

    def _keep(self, found: Iterable[Contradiction]) -> None:
        known = tuple(sorted(found))[:KEPT_MAX]
        if known == self._known:
            return
        self._known = known
        temporary = self._file.with_name(f".{FILE}.new")
        with suppress(OSError):  # it stands in memory; the next one to be found writes it again
            temporary.write_bytes(orjson.dumps([each._asdict() for each in known]))
            temporary.replace(self._file)

    def _read(self) -> tuple[Contradiction, ...]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            return tuple(_contradiction(each) for each in orjson.loads(self._file.read_bytes()))
        return ()


def _contradiction(found: dict[str, Any]) -> Contradiction:
    day = date.fromisoformat(found["trade_date"])
    return Contradiction(day, int(found["revision"]), int(found["number"]), str(found["slug"]))
