"""Settled days of which the attestation repository has another digest: an alarm for as long as they have.

They are kept in the data directory, so that a restart forgets none, and held against the repository again whenever
digests are handed over: once the two agree (the right backup was restored) the alarm is over. Where they never will,
an operator says that these are known; the alarm then tells only of others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from quantos.settlement.core.unpublished import Unpublished

CODE: Final = "digests_contradict"
FILE: Final = "attestation-contradictions.json"
KEPT_MAX: Final = 10_000
NAMED_MAX: Final = 5


class Contradiction(NamedTuple):
    """A settled strategy-day, by the strategy's series key. `is_known`: the operator has said so."""

    trade_date: date
    revision: int
    number: int
    slug: str
    is_known: bool = False

    @property
    def day(self) -> tuple[date, int, int]:
        return self.trade_date, self.revision, self.number


class Contradictions:
    """Those that were found. From any thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = threading.Lock()
        self._found: tuple[Contradiction, ...] = self._read()

    def days(self) -> Iterator[Unpublished]:
        """What is to be held against the repository again."""
        for (day, revision), group in groupby(self._found, key=lambda each: each[:2]):
            yield Unpublished(day, revision, [each.number for each in group])

    def replace(self, found: Iterable[Contradiction]) -> None:
        """These, and no others any more."""
        with self._lock:
            self._keep(found)

    def add(self, found: Iterable[Contradiction]) -> None:
        with self._lock:
            self._keep([*self._found, *found])

    def acknowledge(self) -> int:
        """The operator knows of those that are told; how many they were."""
        with self._lock:
            told = sum(not each.is_known for each in self._found)
            self._write(tuple(each._replace(is_known=True) for each in self._found))
        return told

    def alarms(self) -> list[dict[str, str]]:
        """[{code, message}], at most one."""
        told = [each for each in self._found if not each.is_known]
        if not told:
            return []
        named = ", ".join(f"{each.slug} on {each.trade_date}" for each in told[:NAMED_MAX])
        what = "settled day is" if len(told) == 1 else "settled days are"
        message = (
            f"{len(told):,} {what} in the repository with another digest ({named}): what was published stays, and these"
            " days do not verify. Restore the backup that was made last, with the data that settled them; or settle them"
            " again in the open (quantos settle --restate), tell publicly what was lost, and end the alarm with quantos"
            f" attestation acknowledge {CODE}"
        )
        return [{"code": CODE, "message": message}]

    def _keep(self, found: Iterable[Contradiction]) -> None:
        known = {each.day for each in self._found if each.is_known}
        each_once = {each.day: each._replace(is_known=each.day in known) for each in found}
        self._write(tuple(sorted(each_once.values()))[:KEPT_MAX])

    def _write(self, found: tuple[Contradiction, ...]) -> None:
        if found == self._found:
            return
        self._found = found
        temporary = self._file.with_name(f".{FILE}.new")
        with suppress(OSError):  # it stands in memory; the next one to be found writes it again
            temporary.write_bytes(orjson.dumps([each._asdict() for each in found]))
            temporary.replace(self._file)

    def _read(self) -> tuple[Contradiction, ...]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            return tuple(_contradiction(each) for each in orjson.loads(self._file.read_bytes()))
        return ()


def _contradiction(found: dict[str, Any]) -> Contradiction:
    day = date.fromisoformat(found["trade_date"])
    known = bool(found.get("is_known"))
    return Contradiction(day, int(found["revision"]), int(found["number"]), str(found["slug"]), known)
