"""docs/events.md names the kinds of events that are noted, and the fields that notifications are made of."""

from __future__ import annotations

import re
from pathlib import Path

from quantos.scheduler.watchdog import ENDS
from quantos.support.core.notices import RULES
from tests.docs.documents import DOCS

SOURCES = Path(__file__).parents[2] / "quantos"
NOTED = re.compile(r"events\.note\([^\"]*\"(\w+)\"|, '(\w+)', \? FROM event")
TO_COME = {"portfolio_day_missed"}
"""Of features that are not there yet."""


def documented() -> dict[str, tuple[str, str]]:
    """Store and addressee by kind."""
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| .* \|([^|]*)\|$", (DOCS / "events.md").read_text(), re.MULTILINE
    )
    return {kind: (store, told.strip()) for kind, store, told in rows}


def noted() -> set[str]:
    texts = [file.read_text() for file in SOURCES.rglob("*.py")]
    found = {one or other for text in texts for one, other in NOTED.findall(text)}
    return found | {*ENDS, *ENDS.values()}  # the watchdog notes them by these names


def test_the_kinds_documented_are_those_that_are_noted() -> None:
    assert documented().keys() == noted()


def test_the_kinds_that_are_told_are_those_with_a_rule() -> None:
    assert {kind for kind, (_, told) in documented().items() if told} == RULES.keys()
