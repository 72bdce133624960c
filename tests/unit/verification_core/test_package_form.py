"""What is a package and what is none, and where it is wrong."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from quantos.verification.core.documents import read_json
from quantos.verification.core.fields import Malformed
from quantos.verification.core.package import Package
from quantos.verification.core.package_reader import read_package
from tests.support.honest import honest_packages

HONEST = honest_packages()[2]  # a day with sales, buys and a hold before it


def read(document: Any) -> Package:
    return read_package(read_json(json.dumps(document)))


def changed(path: str, value: Any) -> dict[str, Any]:
    """An honest package with one field set, or taken away (`...`)."""
    document = copy.deepcopy(HONEST)
    at: Any = document
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        at = at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return document


def test_an_honest_package_is_read_whole() -> None:
    package = read(HONEST)
    assert package.slug == "alpha"
    assert package.nav.reported_nav == round(HONEST["verification"]["nav"]["reported_nav"] * 1000)
    assert [o.symbol for o in package.orders] == [o["symbol"] for o in HONEST["verification"]["orders"]]
    assert package.settings.commission_e8 == 30_000
    assert package.signal is not None
    assert package.signal.signals[0] == ("000001.SZ", 0.15)


def test_a_name_that_nobody_knows_is_let_be() -> None:
    document = copy.deepcopy(HONEST)
    document["verification"]["nav"]["stale"] = 0.1
    assert read(document) == read(HONEST)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("slug", ..., "slug"),
        ("slug", 7, "slug"),
        ("slug", "\ud800", "slug"),
        ("trade_date", "2024-02-30", "trade_date"),
        ("trade_date", "20240104", "trade_date"),
        ("revision", -1, "revision"),
        ("revision", True, "revision"),
        ("revision", 10_001, "revision"),
        ("simulated", "yes", "simulated"),
        ("verification", [], "verification"),
        ("verification.nav.date", "2024-01-05", "verification.nav.date"),
        ("verification.nav.reported_nav", 1.0005, "verification.nav.reported_nav"),
        ("verification.nav.reported_nav", "1", "verification.nav.reported_nav"),
        ("verification.nav.cash", 1e300, "verification.nav.cash"),
        ("verification.nav.daily_return", 1e400, "verification.nav.daily_return"),
        ("verification.positions", {}, "verification.positions"),
        ("verification.positions.0.symbol", "600519", "verification.positions[0].symbol"),
        ("verification.positions.0.symbol", "999999.SZ", "verification.positions"),
        ("verification.positions.0.quantity", 1.5, "verification.positions[0].quantity"),
        ("verification.trades.0.side", "buy", "verification.trades[0].side"),
        ("verification.trades.0.commission", -1, "verification.trades[0].commission"),
        ("verification.orders.0.result", "done", "verification.orders[0].result"),
        ("verification.orders.0.result", "refused", "verification.orders[0].result"),
        ("verification.orders.0.filled", 10**9, "verification.orders[0].filled"),
        ("verification.orders.0.reason", "limit_up", "verification.orders[0].reason"),
        ("verification.previous.date", "2024-01-04", "verification.previous.date"),
        ("verification.previous.positions.0.symbol", "999999.SH", "verification.previous.positions"),
        (
            "verification.signal_attestation.signal_hash",
            "A" * 64,
            "verification.signal_attestation.signal_hash",
        ),
        (
            "verification.signal_attestation.deadline",
            "2024-01-04",
            "verification.signal_attestation.deadline",
        ),
        (
            "verification.signal_attestation.signals.0.weight",
            None,
            "verification.signal_attestation.signals[0].weight",
        ),
        ("verification.settlement_attestation.salt", "ab", "verification.settlement_attestation.salt"),
        ("data_provenance.settings.commission_rate", 0.000000001, "data_provenance.settings.commission_rate"),
        ("data_provenance.settings.slippage_rate", 1, "data_provenance.settings.slippage_rate"),
        ("data_provenance.settings.execution_price", "vwap", "data_provenance.settings.execution_price"),
        ("data_provenance.bars.0.volume", -1, "data_provenance.bars[0].volume"),
        ("data_provenance.bars.0.block", "lunch", "data_provenance.bars[0].block"),
        ("data_provenance.bars.0.event", 3, "data_provenance.bars[0].event"),
        ("data_provenance.accepted", {"by": "op"}, "data_provenance.accepted.reason"),
        ("restated", {"from": "2024-01-04"}, "restated.reason"),
        ("how_to_verify", ..., "how_to_verify"),
        ("data_provenance.benchmark", ..., "data_provenance.benchmark"),
        ("data_provenance.benchmark.symbol", "", "data_provenance.benchmark.symbol"),
        ("data_provenance.benchmark.return", ..., "data_provenance.benchmark.return"),
        ("verification.settlement_attestation.raw_url", 0, "verification.settlement_attestation.raw_url"),
        (
            "verification.signal_attestation.github_raw_url",
            True,
            "verification.signal_attestation.github_raw_url",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_field_that_is_not_of_its_form_is_named(path: str, value: Any, where: str) -> None:
    document = changed(path, value)
    content = json.dumps(document) if value != 1e400 else json.dumps(document).replace("Infinity", "1e400")
    with pytest.raises(Malformed) as raised:
        read_package(read_json(content.replace("1e+300", "1e300")))
    assert raised.value.where == where


@pytest.mark.parametrize("document", [None, [], "package", 7, {}, {"slug": "alpha"}])
def test_any_other_document_is_no_package(document: Any) -> None:
    with pytest.raises(Malformed):
        read(document)


def action(symbol: str, bonus: int | None = None, cash: int | None = None, **other: Any) -> dict[str, Any]:
    held = {"quantity_before": 1, "quantity_after": 1, "cash": 0, "into_symbol": None}
    terms = {"bonus_per_million": bonus, "cash_mills_per_million": cash}
    return {"symbol": symbol, "kind": "corporate_action", **held, **terms, **other}


@pytest.mark.parametrize(
    "actions",
    [
        [action("600002.SH", 0, 0), action("600001.SH", 0, 0)],
        [action("600001.SH"), action("600001.SH", 0, 0)],  # what arrived stands after its own
        [action("600001.SH", 0, 0), action("600001.SH", 0, 0)],
        [action("600001.SH", 0)],
        [action("600001.SH", into_symbol="600002.SH")],
        [action("600001.SH", 0, 0, kind="inferred_cash")],
    ],
    ids=["order", "arrived first", "twice", "half the terms", "into without terms", "inferred with terms"],
)
def test_corporate_actions_that_contradict_themselves_are_refused(actions: list[dict[str, Any]]) -> None:
    with pytest.raises(Malformed):
        read(changed("verification.corporate_actions", actions))


def test_a_symbols_own_action_and_what_arrived_stand_together() -> None:
    actions = [action("600001.SH", 0, 0), action("600001.SH"), action("600002.SH")]
    found = read(changed("verification.corporate_actions", actions)).corporate_actions
    assert [one.arrived for one in found] == [False, True, True]
