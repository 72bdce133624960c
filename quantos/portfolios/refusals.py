"""What portfolios refuse, as named facts; `core.status` has those of the state machine."""

from __future__ import annotations

from quantos.errors import Conflict, NotFound, Unavailable, WrongState


class PortfolioNotFound(NotFound):
    code = "portfolio_not_found"


class NotAMember(NotFound):
    code = "portfolio_not_a_member"


class AlreadyAMember(Conflict):
    code = "portfolio_already_a_member"


class MemberUnsuitable(WrongState):
    """A factor that is not active, or of another universe."""

    code = "portfolio_member_unsuitable"


class PortfolioDayWithoutSignal(NotFound):
    """An explanation of a signal that there is not."""

    code = "portfolio_day_without_signal"


class PortfoliosFailed(Unavailable):
    """Signals that could not be made for reasons of the platform's own."""

    code = "portfolio_signals_failed"
