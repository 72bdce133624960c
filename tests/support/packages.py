"""Honest verification packages, written from what the engine settled, as docs/verification.md has them.

The hashes are made with a library of canonical JSON, so that the verifier's own are checked against another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import rfc8785

from quantos.settlement.core import facts as column
from quantos.settlement.core.day import MarketDay
from quantos.settlement.core.facts import Event, Reason, Status
from quantos.settlement.core.ledger import Book, Settled
from quantos.settlement.core.limits import NO_LIMIT
from tests.support.worlds import Strategy, Weights, World, settle_many

KINDS = {
    Event.ROW: "corporate_action",
    Event.INFERRED_CASH: "inferred_cash",
    Event.INFERRED_SHARES: "inferred_shares",
    Event.UNEXPLAINED: "unexplained",
}
SHANGHAI = timezone(timedelta(hours=8))

Package = dict[str, Any]


def packages_of(
    world: World, strategy: Strategy, days: Sequence[date], slug: str = "alpha"
) -> Iterator[Package]:
    """The packages of one strategy, day after day; they end where it waits."""
    symbols = sorted(world.instruments)
    previous: Package | None = None
    for day, book, settled in settle_many(world, [strategy], days):
        if settled.status[0] != Status.SETTLED:
            return
        weights = strategy.signals.get(day.trade_date)
        writer = _Writer(world, strategy, symbols, day, settled, weights, slug)
        package = writer.package(book, previous)
        yield package
        previous = package


def cny(mills: int) -> float:
    """As JSON shows an amount."""
    return int(mills) / 1000


def mills(amount: float) -> int:
    return int(Decimal(repr(amount)) * 1000)


def seal(package: Package) -> Package:
    """Write the hashes that bind the package as it stands."""
    signal = package["verification"]["signal_attestation"]
    if signal is not None:
        committed = {
            "nonce": signal["nonce"],
            "signals": sorted(signal["signals"], key=lambda target: target["symbol"]),
            "slug": package["slug"],
            "trade_date": package["trade_date"],
        }
        signal["signal_hash"] = sha256(rfc8785.dumps(committed))
        joined = ",".join(sorted(target["symbol"] for target in signal["signals"]))
        signal["symbols_hash"] = sha256(joined.encode())[:16]
    settlement = package["verification"]["settlement_attestation"]
    settlement["nav_sha256"] = sha256(rfc8785.dumps(bound(package)))
    return package


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bound(package: Package) -> dict[str, Any]:
    """The object whose digest is nav_sha256."""
    body, provenance = package["verification"], package["data_provenance"]
    settings, signal = provenance["settings"], body["signal_attestation"]
    trades = iter(body["trades"])
    orders = []
    for order in body["orders"]:
        trade = next(trades, None) if order["filled"] else None
        fees = ("price", "commission", "stamp_duty", "transfer_fee")
        paid = [mills(trade[name]) for name in fees] if trade else [0, 0, 0, 0]
        sign = -1 if order["side"] == "SELL" else 1
        orders.append([order["symbol"], sign * order["quantity"], order["filled"], *paid, order["reason"]])
    prices = ("open", "close", "pre_close", "last_close")
    limits = ("upper_limit", "lower_limit")
    return {
        "accepted": provenance["accepted"] and provenance["accepted"]["reason"],
        "bars": [
            [
                bar["symbol"],
                *(mills(bar[name]) for name in prices),
                bar["volume"],
                *(None if bar[name] is None else mills(bar[name]) for name in limits),
                bar["block"],
                bar["event"],
            ]
            for bar in provenance["bars"]
        ],
        "cash": mills(body["nav"]["cash"]),
        "corporate_actions": [
            [a["symbol"], a["kind"], a["quantity_before"], a["quantity_after"], mills(a["cash"])]
            for a in body["corporate_actions"]
        ],
        "execution_price": settings["execution_price"],
        "commission_e8": round(settings["commission_rate"] * 1e8),
        "slippage_e8": round(settings["slippage_rate"] * 1e8),
        "initial_capital": mills(settings["initial_capital"]),
        "minimum_commission": mills(settings["minimum_commission"]),
        "nav": mills(body["nav"]["reported_nav"]),
        "orders": orders,
        "positions": [[p["symbol"], p["quantity"], mills(p["close"])] for p in body["positions"]],
        "previous": {
            "cash": mills(body["previous"]["cash"]),
            "positions": [[p["symbol"], p["quantity"]] for p in body["previous"]["positions"]],
        },
        "revision": package["revision"],
        "rules_version": provenance["rules_version"],
        "salt": body["settlement_attestation"]["salt"],
        "signal_hash": signal and signal["signal_hash"],
        "slug": package["slug"],
        "snapshot_sha256": provenance["snapshot_sha256"],
        "trade_date": package["trade_date"],
    }


class _Writer:
    """One strategy-day on its way into a package."""

    def __init__(
        self,
        world: World,
        strategy: Strategy,
        symbols: Sequence[str],
        day: MarketDay,
        settled: Settled,
        weights: Weights | None,
        slug: str,
    ) -> None:
        self.world, self.strategy, self.symbols, self.day = world, strategy, symbols, day
        self.settled, self.weights, self.slug = settled, weights, slug
        self.terms = strategy.terms

    def package(self, book: Book, previous: Package | None) -> Package:
        held_before = self.holdings(book)
        orders, trades = self.orders()
        positions = self.positions()
        nav, cash = int(self.settled.nav[0]), int(self.settled.book.cash[0])
        capital = self.terms.initial_capital * 1000
        before = None if previous is None else previous["verification"]["nav"]["reported_nav"]
        base = capital if before is None else mills(before)
        actions = self.actions()
        wanted = {p["symbol"] for p in positions} | {o["symbol"] for o in orders} | set(held_before)
        wanted |= set(self.weights or {}) | {a["symbol"] for a in actions}
        wanted |= {a["into_symbol"] for a in actions if a["into_symbol"]}
        return seal(
            {
                "slug": self.slug,
                "trade_date": self.day.trade_date.isoformat(),
                "revision": 0,
                "verification": {
                    "nav": {
                        "date": self.day.trade_date.isoformat(),
                        "reported_nav": cny(nav),
                        "cash": cny(cash),
                        "positions_value": cny(nav - cash),
                        "daily_return": nav / base - 1 if base else None,
                        "cumulative_return": nav / capital - 1,
                    },
                    "positions": [
                        {**p, "weight": mills(p["market_value"]) / nav if nav else None} for p in positions
                    ],
                    "trades": trades,
                    "orders": orders,
                    "corporate_actions": actions,
                    "previous": {
                        "date": None if previous is None else previous["trade_date"],
                        "nav": before,
                        "cash": cny(int(book.cash[0])),
                        "positions": [{"symbol": s, "quantity": h} for s, h in sorted(held_before.items())],
                    },
                    "signal_attestation": self.signal(),
                    "settlement_attestation": {
                        "nav_sha256": "",
                        "salt": sha256(f"{self.slug} {self.day.trade_date} salt".encode())[:32],
                        "raw_url": None,
                        "committed": False,
                        "commit_sha": None,
                        "committed_at": None,
                    },
                },
                "data_provenance": {
                    "rules_version": self.day.rules_version,
                    "snapshot_sha256": sha256(str(self.day.trade_date).encode()),
                    "settings": {
                        "initial_capital": self.terms.initial_capital,
                        "execution_price": self.terms.execution,
                        "commission_rate": float(self.terms.commission_rate),
                        "slippage_rate": float(self.terms.slippage_rate),
                        "minimum_commission": float(self.terms.minimum_commission),
                    },
                    "bars": [bar for bar in map(self.bar, sorted(wanted)) if bar is not None],
                    "benchmark": {"symbol": "000300.SH", "return": None},
                    "accepted": None,
                },
                "how_to_verify": [],
            }
        )

    def facts(self, symbol: str) -> Any:
        return self.day.facts[self.symbols.index(symbol)]

    def bar(self, symbol: str) -> dict[str, Any] | None:
        facts = self.facts(symbol)
        if facts[column.CLOSE] == 0:
            return None
        unlimited = facts[column.UPPER] == NO_LIMIT
        place = self.symbols.index(symbol)
        block = Reason(int(facts[column.BLOCK]))
        return {
            "symbol": symbol,
            "open": cny(facts[column.OPEN]),
            "close": cny(facts[column.CLOSE]),
            "pre_close": cny(facts[column.REFERENCE]),
            "volume": int(self.day.volume[place]),
            "upper_limit": None if unlimited else cny(facts[column.UPPER]),
            "lower_limit": None if unlimited else cny(facts[column.LOWER]),
            "last_close": cny(facts[column.LAST_CLOSE]),
            "block": block.name.lower() if block else None,
            "event": KINDS.get(Event(int(facts[column.EVENT]))),
            "st_unknown": bool(self.day.st_unknown[place]),
        }

    def holdings(self, book: Book) -> dict[str, int]:
        return {self.symbols[i]: int(h) for i, h in zip(book.instrument, book.shares, strict=True)}

    def positions(self) -> list[dict[str, Any]]:
        found = []
        for symbol, shares in sorted(self.holdings(self.settled.book).items()):
            close = int(self.facts(symbol)[column.CLOSE])
            value = {"close": cny(close), "market_value": cny(shares * close)}
            found.append({"symbol": symbol, "quantity": shares, **value})
        return found

    def orders(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        o, orders, trades = self.settled.orders, [], []
        for k in range(len(o.instrument)):
            quantity, filled, symbol = int(o.quantity[k]), int(o.filled[k]), self.symbols[o.instrument[k]]
            side, reason = "SELL" if quantity < 0 else "BUY", Reason(int(o.reason[k]))
            result = "filled" if reason is Reason.NONE else "cut" if filled else "refused"
            order = {"symbol": symbol, "side": side, "quantity": abs(quantity), "filled": filled}
            order |= {"result": result, "reason": reason.name.lower() if reason else None}
            if self.day.st_unknown[o.instrument[k]] and self.facts(symbol)[column.CLOSE]:
                order["st_unknown"] = True
            orders.append(order)
            if filled:
                price = int(o.price[k])
                amounts = {"price": cny(price), "amount": cny(filled * price)}
                fees = {n: cny(getattr(o, n)[k]) for n in ("commission", "stamp_duty", "transfer_fee")}
                trades.append({"symbol": symbol, "side": side, "quantity": filled, **amounts, **fees})
        return orders, trades

    def actions(self) -> list[dict[str, Any]]:
        e, found, own = self.settled.events, [], set()
        rows = {a.symbol: a for a in self.world.actions if a.ex_date == self.day.trade_date}
        for k in range(len(e.instrument)):
            symbol, kind = self.symbols[e.instrument[k]], KINDS[Event(int(e.kind[k]))]
            row = rows.get(symbol) if kind == "corporate_action" else None
            # The engine lists every holding's own event first, then what swaps brought.
            arrived = kind == "corporate_action" and (row is None or symbol in own or _new_here(e, k))
            if arrived:
                row = None
            own.add(symbol)
            found.append(
                {
                    "symbol": symbol,
                    "kind": kind,
                    "quantity_before": int(e.shares_before[k]),
                    "quantity_after": int(e.shares_after[k]),
                    "cash": cny(e.cash[k]),
                    "bonus_per_million": row.bonus_per_million if row else None,
                    "cash_mills_per_million": row.cash_mills_per_million if row else None,
                    "into_symbol": row.into_symbol if row else None,
                }
            )
        return sorted(
            found,
            key=lambda a: (a["symbol"], a["kind"] == "corporate_action" and a["bonus_per_million"] is None),
        )

    def signal(self) -> dict[str, Any] | None:
        if self.weights is None:
            return None
        at = time(9, 15) if self.terms.execution == "open" else time(15)
        deadline = datetime.combine(self.day.trade_date, at, SHANGHAI)
        return {
            "signal_hash": "",
            "symbols_hash": "",
            "github_raw_url": None,
            "submitted_at": (deadline - timedelta(minutes=30)).isoformat(),
            "deadline": deadline.isoformat(),
            "github_committed": False,
            "commit_sha": None,
            "committed_at": None,
            "in_time": None,
            "nonce": sha256(f"{self.slug} {self.day.trade_date} nonce".encode())[:32],
            "signals": [{"symbol": s, "weight": float(w)} for s, w in self.weights.items()],
        }


def _new_here(events: Any, k: int) -> bool:
    """Whether an event of shares that were not held before: only a swap brings those."""
    return int(events.shares_before[k]) == 0


def by_date(packages: Sequence[Package]) -> Mapping[str, Package]:
    return {package["trade_date"]: package for package in packages}
