"""An owner of active factors on the small market, who puts them together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from tests.feature.factors.made import DRIFT, NAMES, SESSIONS, Owner, Values, entries, good_values
from tests.support.platforms import Caller, Stage

DAY = SESSIONS[150]
"""The first trading day after the evening on which the tests begin."""

AFTER = SESSIONS[151:]


def _skewed(seed: int) -> Values:
    """The drift as someone else sees it: off by an error that stays, so that little is turned over."""
    off = np.random.default_rng(seed).normal(0, 0.0035, len(NAMES)).tolist()
    return {name: DRIFT[name] + each for name, each in zip(NAMES, off, strict=True)}


OTHER, INVERSE = _skewed(8), _skewed(44)


def other_values(day: date) -> Values:
    """Another good factor, alike the first by less than 0.7."""
    noise = np.random.default_rng(day.toordinal() * 77).normal(0, 0.0001, len(NAMES)).tolist()
    return {name: OTHER[name] + each for name, each in zip(NAMES, noise, strict=True)}


def inverse_values(day: date) -> Values:
    """A third, which is low where it is good: its IC is negative."""
    noise = np.random.default_rng(day.toordinal() * 78).normal(0, 0.0001, len(NAMES)).tolist()
    return {name: -INVERSE[name] + each for name, each in zip(NAMES, noise, strict=True)}


class Manager(Owner):
    """A user with factors and portfolios."""

    def post(self, path: str, body: Any = None) -> Any:
        return self.caller.post(path, body)

    def portfolio(self, **fields: Any) -> str:
        body = {"name": "momentum_value", "universe": "hs300", "top_n": 5, **fields}
        found: str = self.caller.post("/portfolios", body)["id"]
        return found

    def pair(self, last: date = SESSIONS[149]) -> tuple[str, str]:
        """Two active factors with values up to a day."""
        known = [day for day in SESSIONS if day <= last]
        first = self.active(days=known, name="drift")
        second = self.active(days=known, values=other_values, name="other")
        return first, second

    def ready_portfolio(self, factors: Sequence[str] = (), **fields: Any) -> str:
        """A draft with members: of the factors, or of two new ones."""
        portfolio = self.portfolio(**fields)
        for factor in factors or self.pair():
            self.caller.post(f"/portfolios/{portfolio}/members", {"factor_id": factor})
        return portfolio

    def started(self, factors: Sequence[str] = (), **fields: Any) -> str:
        """An active portfolio."""
        portfolio = self.ready_portfolio(factors, **fields)
        self.caller.post(f"/portfolios/{portfolio}/activate")
        return portfolio

    def of(self, portfolio: str, part: str = "", **params: Any) -> Any:
        return self.caller.get(f"/portfolios/{portfolio}{part}", **params)

    def slug(self, portfolio: str) -> str:
        found: str = self.of(portfolio)["strategy"]["slug"]
        return found

    def signals(self, portfolio: str) -> list[dict[str, Any]]:
        """With their weights, as the strategy's history shows them."""
        found: list[dict[str, Any]] = self.caller.get(f"/strategies/{self.slug(portfolio)}/signals")[
            "signals"
        ]
        return found

    def send_values(self, factors: Sequence[str], day: date) -> None:
        for factor, values in zip(factors, (good_values, other_values), strict=True):
            assert self.upload(factor, entries([day], values)).status_code == 200


def manager(on_stage: Stage) -> Manager:
    return Manager(on_stage.agent())


def any_caller(on_stage: Stage) -> Caller:
    return on_stage.agent()
