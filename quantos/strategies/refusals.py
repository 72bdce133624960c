"""What strategies and signals refuse, as named facts."""

from __future__ import annotations

from quantos.errors import Conflict, Forbidden, NotFound, WrongState


class StrategyNotFound(NotFound):
    code = "strategy_not_found"


class SignalNotFound(NotFound):
    code = "signal_not_found"


class SlugTaken(Conflict):
    code = "slug_taken"


class TooManyStrategies(Forbidden):
    code = "too_many_strategies"


class StrategyRetired(WrongState):
    code = "strategy_retired"


class TakesNoSignals(WrongState):
    code = "takes_no_signals"


class SignalByHand(WrongState):
    """A signal for a strategy whose portfolio makes its signals."""

    code = "signal_by_hand"


class SignalIrreplaceable(Conflict):
    code = "signal_irreplaceable"


class SignalLocked(WrongState):
    code = "signal_locked"
