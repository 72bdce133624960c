"""The status machine of a portfolio, and what a status meant at an instant.

    draft --activate--> active --pause--> paused --resume--> active        draft, paused --delete--> gone

Activating and resuming need two members. Members, weighting and top_n change in draft and paused alone, so that
whatever signals stays what it is while it does. A change is written to a log with its instant; a deadline is governed
by the last change before it, as a strategy's is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from quantos.errors import WrongState

MEMBERS_MIN: Final = 2


class Status(StrEnum):
    """Where a portfolio stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"


class Action(StrEnum):
    """What its owner does with a portfolio as a whole."""

    ACTIVATE = "activate"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"


ALLOWED: Final[dict[Action, dict[Status, Status | None]]] = {
    Action.ACTIVATE: {Status.DRAFT: Status.ACTIVE},
    Action.PAUSE: {Status.ACTIVE: Status.PAUSED},
    Action.RESUME: {Status.PAUSED: Status.ACTIVE},
    Action.DELETE: {Status.DRAFT: None, Status.PAUSED: None},
}
"""By action: from which status to which; None: gone."""


class StatusChange(NamedTuple):
    """A line of the log."""

    status: Status
    at: datetime


class PortfolioTransitionRefused(WrongState):
    """An action that the portfolio's status does not allow."""

    code = "portfolio_transition_refused"


class PortfolioLocked(WrongState):
    """A change of what an active portfolio is made of."""

    code = "portfolio_locked"


class TooFewMembers(WrongState):
    """A portfolio of fewer than two factors cannot signal."""

    code = "portfolio_too_few_members"


def after(action: Action, present: Status, members: int) -> Status | None:
    """The status that an action leads to. Raises PortfolioTransitionRefused, TooFewMembers."""
    if present not in ALLOWED[action]:
        states = " or ".join(ALLOWED[action])
        raise PortfolioTransitionRefused(
            f"portfolio status is {present}: {action} is possible in {states} alone"
        )
    reached = ALLOWED[action][present]
    if reached is Status.ACTIVE:
        check_members(members)
    return reached


def check_members(members: int) -> None:
    """Raises TooFewMembers."""
    if members < MEMBERS_MIN:
        raise TooFewMembers(
            f"the portfolio has {members} of the {MEMBERS_MIN} member factors that it needs: add active factors first"
        )


def check_changeable(present: Status, what: str) -> None:
    """Raises PortfolioLocked while the portfolio signals."""
    if present is Status.ACTIVE:
        raise PortfolioLocked(f"portfolio status is active: pause it before you change {what}")


def status_at(log: Sequence[StatusChange], deadline: datetime) -> Status:
    """The status that governs a deadline; draft before the first change."""
    return next((change.status for change in reversed(log) if change.at < deadline), Status.DRAFT)
