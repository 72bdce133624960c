"""A JSON document read as a verification package, its form as docs/verification.md has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from quantos.verification.core.fields import MISSING, Fields, Malformed
from quantos.verification.core.package import (
    Accepted,
    Action,
    Bar,
    Benchmark,
    Nav,
    Order,
    Package,
    Position,
    Previous,
    Restated,
    Settings,
    SettlementAttestation,
    Side,
    SignalAttestation,
    StatusSalt,
    Trade,
)

SIDES: Final = frozenset({"BUY", "SELL"})
RESULTS: Final = frozenset({"filled", "cut", "refused"})
BLOCKS: Final = frozenset({"no_market_data", "delisted", "suspended", "unexplained_reference", "no_rule"})
REASONS: Final = BLOCKS | {"limit_up", "limit_down", "below_one_lot", "insufficient_cash", "t_plus_1"}
ACTIONS: Final = frozenset({"corporate_action", "inferred_cash", "inferred_shares"})
EVENTS: Final = ACTIONS | {"unexplained"}


def looks_like_a_package(document: Any) -> bool:
    """Whether whoever wrote this meant a package: to tell it from other JSON files of a folder."""
    return isinstance(document, dict) and bool({"verification", "data_provenance"} & document.keys())


def read_package(document: Any) -> Package:
    """The package. Raises Malformed with the first thing that is not of its form."""
    top = Fields(document)
    body, provenance = top.inner("verification"), top.inner("data_provenance")
    package = Package(
        slug=top.text("slug"),
        trade_date=top.day("trade_date"),
        revision=top.revision("revision"),
        simulated=top.mark("simulated"),
        synthetic=top.mark("synthetic"),
        edition=top.word("edition"),
        benchmark=_benchmark(provenance.inner("benchmark")),
        nav=_nav(body.inner("nav")),
        positions=body.rows("positions", _position),
        trades=body.rows("trades", _trade),
        orders=body.rows("orders", _order),
        corporate_actions=body.rows("corporate_actions", _action),
        previous=_previous(body.inner("previous")),
        signal=body.nullable("signal_attestation", lambda name: _signal(body.inner(name))),
        settlement=_settlement(body.inner("settlement_attestation")),
        status_salts=()
        if body.raw("status_salts") is MISSING
        else body.rows("status_salts", lambda one: StatusSalt(one.day("date"), one.hex("salt", 32))),
        rules_version=provenance.text("rules_version"),
        snapshot_sha256=provenance.hex("snapshot_sha256", 64),
        settings=_settings(provenance.inner("settings")),
        bars=provenance.rows("bars", _bar),
        accepted=provenance.nullable("accepted", lambda name: _accepted(provenance.inner(name))),
        restated=None if top.raw("restated") is MISSING else _restated(top.inner("restated")),
    )
    _check_beside(top, body)
    _check_order(package)
    return package


_BENCHMARKS: Final = ("000300.SH", "000905.SH", "000852.SH", "932000.CSI", "etf_all")
"""What the five universes are held against; the last is computed from the funds themselves."""


def _benchmark(benchmark: Fields) -> Benchmark:
    if benchmark.raw("symbol") not in _BENCHMARKS:
        raise Malformed(benchmark.at("symbol"), f"one of {', '.join(_BENCHMARKS)}", benchmark.raw("symbol"))
    return Benchmark(benchmark.nullable("return", benchmark.double))


def _check_beside(top: Fields, body: Fields) -> None:
    """What no step looks at is there all the same, and of its form."""
    if not isinstance(top.raw("how_to_verify"), list):
        raise Malformed("how_to_verify", "a list of texts", top.raw("how_to_verify"))
    attested = body.inner("settlement_attestation")
    attested.nullable("raw_url", attested.text)
    if body.raw("signal_attestation") is not None:
        signal = body.inner("signal_attestation")
        signal.nullable("github_raw_url", signal.text)


def _check_order(package: Package) -> None:
    """The dates agree; lists ascend by symbol, without doubles."""
    if package.nav.date != package.trade_date:
        raise Malformed(
            "verification.nav.date", f"{package.trade_date}, the trade date", str(package.nav.date)
        )
    before = package.previous.date
    if before is not None and before >= package.trade_date:
        raise Malformed("verification.previous.date", f"a date before {package.trade_date}", str(before))
    _ascends("verification.positions", (held.symbol for held in package.positions))
    _ascends("verification.previous.positions", (symbol for symbol, _ in package.previous.positions))
    _ascends("data_provenance.bars", (bar.symbol for bar in package.bars))
    # Of one symbol, its own action stands before what a swap brought.
    places = (f"{action.symbol}{' arrived' * action.arrived}" for action in package.corporate_actions)
    _ascends("verification.corporate_actions", places)
    for place, order in enumerate(package.orders):
        _check_order_result(f"verification.orders[{place}]", order)


def _check_order_result(where: str, order: Order) -> None:
    if order.filled > order.quantity:
        raise Malformed(f"{where}.filled", f"at most {order.quantity}", order.filled)
    whole = order.filled == order.quantity and order.filled > 0
    result = "filled" if whole else "cut" if order.filled else "refused"
    if order.result != result:
        raise Malformed(f"{where}.result", result, order.result)
    if (order.reason is None) != whole:
        raise Malformed(f"{where}.reason", "null" if whole else "a reason", order.reason)


def _ascends(where: str, keys: Iterable[str]) -> None:
    last = ""
    for key in keys:
        if key <= last:
            raise Malformed(where, f"symbols that ascend, one after {last}", key)
        last = key


def _nav(nav: Fields) -> Nav:
    return Nav(
        nav.day("date"),
        nav.money("reported_nav"),
        nav.money("cash"),
        nav.money("positions_value"),
        nav.nullable("daily_return", nav.double),
        nav.nullable("cumulative_return", nav.double),
    )


def _position(held: Fields) -> Position:
    return Position(
        held.symbol("symbol"),
        held.count("quantity"),
        held.price("close"),
        held.price("market_value"),
        held.nullable("weight", held.double),
    )


def _trade(trade: Fields) -> Trade:
    return Trade(
        trade.symbol("symbol"),
        cast("Side", trade.one_of("side", SIDES)),
        trade.count("quantity"),
        trade.price("price"),
        trade.price("amount"),
        trade.price("commission"),
        trade.price("stamp_duty"),
        trade.price("transfer_fee"),
    )


def _order(order: Fields) -> Order:
    return Order(
        order.symbol("symbol"),
        cast("Side", order.one_of("side", SIDES)),
        order.count("quantity"),
        order.count("filled"),
        order.one_of("result", RESULTS),
        order.nullable("reason", lambda name: order.one_of(name, REASONS)),
        order.mark("st_unknown"),
    )


def _action(action: Fields) -> Action:
    """Terms stand with announced actions alone; what a swap brought has none."""
    kind = action.one_of("kind", ACTIONS)
    bonus = action.nullable("bonus_per_million", action.integer)
    cash = action.nullable("cash_mills_per_million", action.integer)
    into = action.nullable("into_symbol", action.symbol)
    if (bonus is None) != (cash is None):
        raise Malformed(action.at("cash_mills_per_million"), "both terms or neither", cash)
    if into is not None and bonus is None:
        raise Malformed(action.at("into_symbol"), "null without terms", into)
    if kind != "corporate_action" and bonus is not None:
        raise Malformed(action.at("bonus_per_million"), "null: nobody announced it", bonus)
    before, after = action.count("quantity_before"), action.count("quantity_after")
    return Action(action.symbol("symbol"), kind, before, after, action.money("cash"), bonus, cash, into)


def _previous(previous: Fields) -> Previous:
    return Previous(
        previous.nullable("date", previous.day),
        previous.nullable("nav", previous.price),
        previous.price("cash"),
        previous.rows("positions", lambda held: (held.symbol("symbol"), held.count("quantity"))),
    )


def _signal(signal: Fields) -> SignalAttestation:
    return SignalAttestation(
        signal.hex("signal_hash", 64),
        signal.hex("symbols_hash", 16),
        signal.instant("submitted_at"),
        signal.instant("deadline"),
        signal.flag("github_committed"),
        signal.nullable("commit_sha", lambda name: signal.hex(name, 40)),
        signal.nullable("committed_at", signal.instant),
        signal.nullable("in_time", signal.flag),
        signal.text("nonce"),
        signal.rows("signals", lambda target: (target.symbol("symbol"), target.double("weight"))),
    )


def _settlement(settlement: Fields) -> SettlementAttestation:
    return SettlementAttestation(
        settlement.hex("nav_sha256", 64),
        settlement.hex("salt", 32),
        settlement.flag("committed"),
        settlement.nullable("commit_sha", lambda name: settlement.hex(name, 40)),
        settlement.nullable("committed_at", settlement.instant),
    )


def _settings(settings: Fields) -> Settings:
    execution_price = settings.one_of("execution_price", ("open", "close"))
    return Settings(
        settings.price("initial_capital"),
        "open" if execution_price == "open" else "close",
        settings.rate("commission_rate"),
        settings.rate("slippage_rate"),
        settings.price("minimum_commission"),
    )


def _bar(bar: Fields) -> Bar:
    return Bar(
        bar.symbol("symbol"),
        bar.price("open"),
        bar.price("close"),
        bar.price("pre_close"),
        bar.count("volume"),
        bar.nullable("upper_limit", bar.price),
        bar.nullable("lower_limit", bar.price),
        bar.price("last_close"),
        bar.nullable("block", lambda name: bar.one_of(name, BLOCKS)),
        bar.nullable("event", lambda name: bar.one_of(name, EVENTS)),
        bar.flag("st_unknown"),
    )


def _accepted(accepted: Fields) -> Accepted:
    return Accepted(accepted.text("by"), accepted.text("reason"))


def _restated(restated: Fields) -> Restated:
    return Restated(
        restated.day("from"),
        restated.text("reason"),
        restated.rows("revisions", lambda one: (one.revision("revision"), one.price("reported_nav"))),
    )
