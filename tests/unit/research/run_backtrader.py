"""A program: runs strategies in backtrader, one JSON request a line, one JSON answer a line.

Request {"code", "bars": [[open, high, low, close], ...], "vectorised"}; answer {"trades": [[bar, size, price], ...],
"value"} or {"error"}. Market orders fill at the next open, 100,000 in cash, no commission.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

import backtrader as bt

FIRST_DAY = date(2020, 1, 1).toordinal()


class Bars(bt.feed.DataBase):  # type: ignore[misc]
    """Daily bars out of memory."""

    params = (("bars", ()),)

    def start(self) -> None:
        super().start()
        self.rows = iter(enumerate(self.p.bars))

    def _load(self) -> bool:
        try:
            bar, (open_, high, low, close) = next(self.rows)
        except StopIteration:
            return False
        self.lines.datetime[0] = float(FIRST_DAY + bar)
        self.lines.open[0], self.lines.high[0] = open_, high
        self.lines.low[0], self.lines.close[0] = low, close
        self.lines.volume[0] = self.lines.openinterest[0] = 0.0
        return True


class Trades(bt.Analyzer):  # type: ignore[misc]
    """What was bought and sold, by bar counted from 0."""

    def start(self) -> None:
        self.trades: list[tuple[int, float, float]] = []

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            executed = order.executed
            self.trades.append((round(executed.dt) - FIRST_DAY, executed.size, executed.price))


def answer(code: str, bars: list[list[float]], *, vectorised: bool) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "strategy"}
    exec(compile(code, "strategy", "exec"), namespace)
    sys.modules.setdefault("strategy", sys.modules["__main__"])  # backtrader looks its strategy's module up
    cerebro = bt.Cerebro(stdstats=False, runonce=vectorised, preload=vectorised)
    cerebro.adddata(Bars(bars=bars))
    cerebro.addstrategy(namespace["Strategy"])
    cerebro.addanalyzer(Trades, _name="trades")
    cerebro.broker.setcash(100_000.0)
    (strategy,) = cerebro.run()
    return {"trades": strategy.analyzers.trades.trades, "value": cerebro.broker.getvalue()}


for request in sys.stdin:
    asked = json.loads(request)
    try:
        given = answer(asked["code"], asked["bars"], vectorised=asked["vectorised"])
    except Exception as error:  # noqa: BLE001 (it is what the test is told)
        given = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(given) + "\n")
    sys.stdout.flush()
