"""Each number and text of an honest package, changed: the verifier catches it, or nothing of a record rests on it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quantos.verification.core.judgement import Attestations, all_hold, judge_packages, read_given
from quantos.verification.offline.git import Keys, read_history
from tests.support.honest import DAYS
from tests.support.packages import Package

UNBOUND = {
    "verification.signal_attestation.github_committed": "the repository says it",
    "verification.settlement_attestation.committed": "likewise",
    "data_provenance.bars.st_unknown": "says which limit was used; the limits themselves are bound",
    "data_provenance.benchmark.return": "as known today",
    "verification.signal_attestation.submitted_at": "an earlier instant; the commit says what counts",
}
"""What may be changed without a trace, as docs/verification.md says, and why."""

ROUNDED = {
    "verification.corporate_actions.cash_mills_per_million": "a mill for a million shares, rounded to a cent"
}
"""What may be changed by so little that nothing comes of it."""

Place = tuple[Any, ...]


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(child, (*place, key))
    else:
        yield place, value


def others(value: Any) -> list[Any]:
    """Values of the same kind, one near and one far."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value * 2 + 10**9]
    if isinstance(value, float):
        return [float(Decimal(repr(value)) + Decimal("0.01")), value * 2 + 7]
    if isinstance(value, str) and value[:4] == "2024":
        return [value.replace("2024", "2023", 1)]
    return []


def name_of(place: Place) -> str:
    return ".".join(key for key in place if isinstance(key, str))


def changed(document: Package, place: Place, value: Any) -> Package:
    copied = copy.deepcopy(document)
    at: Any = copied
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copied


def exact(document: Any) -> Any:
    """As the verifier reads JSON: no float."""
    if isinstance(document, dict):
        return {key: exact(child) for key, child in document.items()}
    if isinstance(document, list):
        return [exact(child) for child in document]
    return Decimal(repr(document)) if isinstance(document, float) else document


@pytest.mark.parametrize("day", ["2024-01-08", "2024-01-10", "2024-01-11"])
def test_a_number_that_was_changed_is_caught(
    honest_repository: tuple[list[Package], Path], tmp_path: Path, day: str
) -> None:
    """A dividend, an announced bonus, and a day with a refused order."""
    packages, path = honest_repository
    attestations = Attestations(read_history(str(path), tmp_path, Keys(None, None), 60.0))
    whole = [read_given(package["trade_date"], exact(package)) for package in packages]
    assert all_hold(judge_packages(whole, attestations, {}, ()))
    place_of_day = [str(each) for each in DAYS].index(day)
    slipped: dict[bool, set[str]] = {True: set(), False: set()}
    tried = 0
    for place, value in leaves(packages[place_of_day]):
        for number, other in enumerate(others(value)):
            tried += 1
            given = list(whole)
            given[place_of_day] = read_given(day, exact(changed(packages[place_of_day], place, other)))
            if all_hold(judge_packages(given, attestations, {}, ())):
                slipped[number == 0].add(name_of(place))
    assert tried > 100
    assert slipped[True] <= UNBOUND.keys() | ROUNDED.keys()
    assert slipped[False] <= UNBOUND.keys()
