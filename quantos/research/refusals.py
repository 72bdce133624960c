"""What research refuses, as named facts."""

from __future__ import annotations

from quantos.errors import NotFound, TooManyRequests, Unavailable, WrongState


class UnknownTicker(WrongState):
    """A ticker without bars in the market store."""

    code = "unknown_ticker"


class BacktestFailed(WrongState):
    """Code that the policy let through and that could not be run to its end: its own error, or its limits."""

    code = "backtest_failed"


class BacktestsFull(TooManyRequests):
    """As many backtests run and wait as may."""

    code = "backtests_full"


class BacktestsUnavailable(Unavailable):
    """Strategies cannot be run on this machine, or cannot be confined."""

    code = "backtests_unavailable"


class PromptEmpty(WrongState):
    """A prompt that says nothing."""

    code = "prompt_empty"


class TooManySaved(WrongState):
    """As many saved strategies as a user may have."""

    code = "too_many_saved_strategies"


class SavedStrategyNotFound(NotFound):
    code = "saved_strategy_not_found"


class StudyNotFound(NotFound):
    code = "research_backtest_not_found"


class StudyEnded(WrongState):
    """A research backtest that is over cannot be cancelled."""

    code = "research_backtest_ended"


class TooManyStudies(TooManyRequests):
    """As many research backtests of a user wait or run as may."""

    code = "too_many_research_backtests"


class DeploymentNotFound(NotFound):
    code = "deployment_not_found"


class NoBarsYet(WrongState):
    """Bars that a deployed strategy needs are not there yet."""

    code = "no_bars_yet"
