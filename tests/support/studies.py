"""Rows of research backtests and deployments, for what is no test of their running."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import orjson

from quantos.kit.clock import parse_instant
from quantos.kit.ids import new_id
from quantos.research.tables import Deployment, Study

CODE: Final = "import backtrader as bt\n\n\nclass Kept(bt.Strategy):\n    pass\n"
ASKED: Final[dict[str, Any]] = {
    "strategy_id": None,
    "start": None,
    "end": None,
    "universe": "hs300",
    "initial_capital": 100_000,
    "commission_rate": 0.0,
    "slippage_rate": 0.0,
    "minimum_commission": 0.0,
    "tickers": ["600001.SH"],
}


def queued_study(user: str, status: str = "queued") -> Study:
    """One that no call has handed to the thread that runs them."""
    return Study(
        id=new_id(),
        user_id=user,
        name="",
        status=status,
        asked=orjson.dumps(ASKED).decode(),
        code=CODE,
        created_at=parse_instant("2024-01-02T08:00:00+08:00"),
    )


def deployed(user: str, strategy: int) -> Deployment:
    """Of a tracked strategy that is there."""
    return Deployment(
        id=new_id(),
        user_id=user,
        strategy_number=strategy,
        saved_number=1,
        code=CODE,
        tickers='["600001.SH"]',
        first_day=date(2024, 1, 2),
        created_at=parse_instant("2024-01-02T08:00:00+08:00"),
    )
