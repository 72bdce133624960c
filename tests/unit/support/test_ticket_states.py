"""When a ticket was resolved, through its states."""

from __future__ import annotations

import pytest

from quantos.kit.clock import parse_instant
from quantos.support.core.tickets import NEW, Status, resolved_at

THEN, NOW = parse_instant("2024-01-02T08:00:00Z"), parse_instant("2024-01-03T08:00:00Z")
UNRESOLVED = (Status.OPEN, Status.IN_PROGRESS, Status.CLOSED)


def test_a_new_ticket_is_open() -> None:
    assert NEW is Status.OPEN


@pytest.mark.parametrize("before", UNRESOLVED)
def test_it_is_resolved_when_it_gets_there(before: Status) -> None:
    assert resolved_at(before, Status.RESOLVED, None, NOW) == NOW


def test_resolving_what_is_resolved_keeps_the_instant() -> None:
    assert resolved_at(Status.RESOLVED, Status.RESOLVED, THEN, NOW) == THEN


def test_resolving_again_after_a_close_counts_anew() -> None:
    assert resolved_at(Status.CLOSED, Status.RESOLVED, THEN, NOW) == NOW


@pytest.mark.parametrize("after", [Status.OPEN, Status.IN_PROGRESS])
def test_taking_it_up_again_forgets_the_instant(after: Status) -> None:
    assert resolved_at(Status.RESOLVED, after, THEN, NOW) is None


def test_closing_keeps_what_there_is() -> None:
    assert resolved_at(Status.RESOLVED, Status.CLOSED, THEN, NOW) == THEN
    assert resolved_at(Status.OPEN, Status.CLOSED, None, NOW) is None
