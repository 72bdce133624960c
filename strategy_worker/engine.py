"""One backtest in backtrader: bars and code in, trades and equity out.

Request
    code      Python with a subclass of bt.Strategy; of several the last one runs
    cash      at the start, CNY
    feeds     [{name, day, open, high, low, close, volume, ...}], a list each but the name; `day` counts from
              0001-01-01 as 1, ascending. For `costs`: transfer, stamp, each [[first day, rate], ...] of the notional,
              the latter of sales alone. For `exchange`: no_buy, no_sell, 1 where nobody sells, or buys; lot, [step,
              minimum] in shares
    costs     {commission_rate, commission_min, slippage_rate}, or absent: none
    exchange  true: orders in lots, no short sale, what was bought today is not sold today, an order that does not
              fill on its day is over
    progress  true: how far it is is told meanwhile

Answer
    value     at the end        equity  [[day, value], ...], one for every bar
    trades    [[feed, day, size, price, costs], ...] as they were filled, CNY
    waiting   [[feed, size], ...] of market orders that the next open would fill
    refused   how many orders the broker did not take
or
    error     {kind, type, message, line}: `import`, `no_strategy`, `raised`, `memory`, `arithmetic`

Decisions fall at the close of a bar, market orders fill at the next open. The lines of bars that have not come are not
there (`preload=False, runonce=False`): code that reads ahead gets an error or what has been, never the future.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

import backtrader as bt

MODULE: Final = "strategy"
LOT: Final = 100
MESSAGE_CHARS_MAX: Final = 500
LISTED: Final = ("open", "high", "low", "close", "volume")
TOLD: Final = 50
"""How often a run says how far it is."""

Tell = Callable[[int, int], None]
"""Told of (done, total) days."""


class NoStrategy(Exception):
    """The code has no subclass of bt.Strategy."""


class Bars(bt.feed.DataBase):  # type: ignore[misc]
    """Daily bars out of memory."""

    params = (("feed", None),)

    def start(self) -> None:
        super().start()
        feed = self.p.feed
        self.rows: Iterator[tuple[float, ...]] = zip(
            feed["day"], *(feed[name] for name in LISTED), strict=True
        )

    def _load(self) -> bool:
        row = next(self.rows, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0], lines.volume[0] = row
        lines.openinterest[0] = 0.0
        return True


class Record(bt.Analyzer):  # type: ignore[misc]
    """What was traded and what it was worth, bar by bar."""

    params = (("tell", None), ("days", 0))

    def start(self) -> None:
        self.trades: list[tuple[str, int, float, float, float]] = []
        self.equity: list[tuple[int, float]] = []
        self.refused = 0

    def notify_order(self, order: Any) -> None:
        if order.status in {order.Partial, order.Completed}:
            for bit in order.executed.iterpending():
                costs = bit.openedcomm + bit.closedcomm
                self.trades.append((order.data._name, int(bit.dt), bit.size, bit.price, costs))  # noqa: SLF001 (backtrader's name for it)
        elif order.status in {order.Margin, order.Rejected, order.Canceled, order.Expired}:
            self.refused += 1

    def next(self) -> None:
        day = max(int(data.datetime[0]) for data in self.strategy.datas if len(data))
        self.equity.append((day, self.strategy.broker.getvalue()))
        if self.p.tell is not None and len(self.equity) % max(1, self.p.days // TOLD) == 0:
            self.p.tell(len(self.equity), self.p.days)

    prenext = nextstart = next  # noqa: A003 (backtrader's name for it)


class Costs(bt.CommInfoBase):  # type: ignore[misc]
    """Commission with its minimum, transfer fee on both sides, tax on sales as of its day, each to 0.01 CNY."""

    params = (
        ("commission", 0.0),
        ("stocklike", True),
        ("commtype", bt.CommInfoBase.COMM_PERC),
        ("percabs", True),
        ("costs", None),
        ("feed", None),
        ("data", None),
    )

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:  # noqa: ARG002 (backtrader's signature)
        if not size:
            return 0.0
        notional, costs, feed = abs(size) * price, self.p.costs, self.p.feed
        day = int(self.p.data.datetime[0])
        commission = max(_to_fen(notional * costs["commission_rate"]), costs["commission_min"])
        stamp = _to_fen(notional * _rate(feed["stamp"], day)) if size < 0 else 0.0
        return float(commission + _to_fen(notional * _rate(feed["transfer"], day)) + stamp)


def _to_fen(amount: float) -> float:
    return math.floor(100.0 * amount + 0.5) / 100.0


def _rate(dated: list[list[float]], day: int) -> float:
    return float(next((rate for first, rate in reversed(dated) if first <= day), 0.0))


class Exchange(bt.brokers.BackBroker):  # type: ignore[misc]
    """A broker at an A-share exchange."""

    def __init__(self, feeds: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.locked = {
            name: {side: _days(feed, side) for side in ("no_buy", "no_sell")} for name, feed in feeds.items()
        }
        self.lots = {name: feed["lot"] for name, feed in feeds.items()}
        self.bought: dict[str, tuple[int, float]] = {}

    def _try_exec(self, order: Any) -> None:
        name, day = order.data._name, int(order.data.datetime[0])  # noqa: SLF001
        if self._may_trade(order, name, day):
            before = order.executed.size
            super()._try_exec(order)
            filled = order.executed.size - before
            if filled > 0:
                of_day, size = self.bought.get(name, (day, 0.0))
                self.bought[name] = (day, filled + (size if of_day == day else 0.0))
        if order.alive():
            order.cancel()
            self.notify(order)

    def _may_trade(self, order: Any, name: str, day: int) -> bool:
        """A bar of another day is one of the past: the share does not trade today."""
        if day < max(int(data.datetime[0]) for data in self.cerebro.datas if len(data)):
            return False
        step, minimum = self.lots[name]
        shares = abs(order.executed.remsize)
        in_lots = shares >= minimum and shares % step == 0
        if order.isbuy():
            return in_lots and day not in self.locked[name]["no_buy"]
        of_day, size = self.bought.get(name, (day, 0.0))
        position = self.positions[order.data].size
        held = position - (size if of_day == day else 0.0)
        return shares <= held and (in_lots or shares == position) and day not in self.locked[name]["no_sell"]


def _days(feed: dict[str, Any], side: str) -> frozenset[int]:
    flags = feed.get(side) or ()
    return frozenset(day for day, locked in zip(feed["day"], flags, strict=bool(flags)) if locked)


def backtest(request: dict[str, Any], tell: Tell | None = None) -> dict[str, Any]:
    """Whatever becomes of the code, an answer."""
    try:
        return _run(_strategy(request["code"]), request, tell if request.get("progress") else None)
    except MemoryError:
        return _error("memory", "MemoryError", "the strategy needs more memory than it may have", None)
    except NoStrategy:
        return _error("no_strategy", "", "there is no class that has backtrader's Strategy as its base", None)
    except BaseException as error:  # noqa: BLE001 (SystemExit and what code defines too)
        return _raised(error)


def _strategy(code: str) -> type[bt.Strategy]:
    import sys  # noqa: PLC0415 (kept out of the module that strategies live beside)

    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module  # backtrader looks up the module of its strategies
    exec(compile(code, MODULE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (this is what it is for)
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, bt.Strategy) and each.__module__ == MODULE
    ]
    if not found:
        raise NoStrategy
    return found[-1]


def _run(strategy: type[bt.Strategy], request: dict[str, Any], tell: Tell | None) -> dict[str, Any]:
    cerebro = bt.Cerebro(stdstats=False, runonce=False, preload=False)
    feeds = {feed["name"]: feed for feed in request["feeds"]}
    if request.get("exchange"):
        cerebro.broker = Exchange(feeds)
        cerebro.broker.cerebro = cerebro
    for name, feed in feeds.items():
        cerebro.adddata(Bars(feed=feed), name=name)
    cerebro.broker.setcash(request["cash"])
    if (costs := request.get("costs")) is not None:
        cerebro.broker.set_slippage_perc(costs["slippage_rate"], slip_open=True, slip_match=True)
        for data in cerebro.datas:
            of_feed = Costs(costs=costs, feed=feeds[data._name], data=data)  # noqa: SLF001
            cerebro.broker.addcommissioninfo(of_feed, name=data._name)  # noqa: SLF001
    cerebro.addstrategy(strategy)
    days = len({day for feed in feeds.values() for day in feed["day"]}) if tell else 0
    cerebro.addanalyzer(Record, _name="record", tell=tell, days=days)
    (ran,) = cerebro.run()
    record, value = ran.analyzers.getbyname("record"), cerebro.broker.getvalue()
    if not math.isfinite(value):
        return _error("arithmetic", "", "the strategy's account is no number any more", None)
    return {
        "value": value,
        "equity": record.equity,
        "trades": record.trades,
        "waiting": _waiting(cerebro.broker),
        "refused": record.refused,
    }


def _waiting(broker: Any) -> list[tuple[str, float]]:
    orders = [*broker.submitted, *broker.pending]
    return [
        (order.data._name, order.executed.remsize)  # noqa: SLF001
        for order in orders
        if order is not None and order.alive() and order.exectype == order.Market
    ]


def _raised(error: BaseException) -> dict[str, Any]:
    line, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == MODULE:
            line = step.tb_lineno
        step = step.tb_next
    if line is None and isinstance(error, SyntaxError):
        line = error.lineno
    kind = "import" if isinstance(error, ImportError) else "raised"
    try:
        message = str(error)
    except Exception as second:  # noqa: BLE001 (the strategy's own class may say anything)
        message = f"its message is a {type(second).__name__}"
    return _error(kind, type(error).__name__, message, line)


def _error(kind: str, name: str, message: str, line: int | None) -> dict[str, Any]:
    return {"error": {"kind": kind, "type": name[:100], "message": message[:MESSAGE_CHARS_MAX], "line": line}}
