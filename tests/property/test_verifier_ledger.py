"""The verifier's ledger on generated markets: the platform's answer and the slow ledger's, in every field."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given

from quantos.verification.core.documents import read_json
from quantos.verification.core.evidence import DayEvidence
from quantos.verification.core.judgement import DAY_STEPS
from quantos.verification.core.package import Package
from quantos.verification.core.package_reader import read_package
from quantos.verification.core.resettlement import Settled, settle
from quantos.verification.core.steps_settled import day_of
from quantos.verification.core.verdict import verify
from tests.oracle import ledger as slow
from tests.support.effort import tries
from tests.support.generated import Case, cases
from tests.support.packages import packages_of

OF_THE_REPOSITORY = {"attested", "in_time", "digest_committed"}
OF_THE_CALENDAR = {"trading_day"}  # generated markets are open on every weekday

KINDS = {"corporate_action": "row", "inferred_cash": "inferred_dividend", "inferred_shares": "inferred_bonus"}


def read(document: dict[str, Any]) -> Package:
    return read_package(read_json(json.dumps(document)))


@tries(60)
@given(cases(strategies=2))
def test_every_day_that_the_platform_settles_passes_every_step(case: Case) -> None:
    steps = [step for step in DAY_STEPS if step.name not in OF_THE_REPOSITORY | OF_THE_CALENDAR]
    for number, strategy in enumerate(case.strategies):
        for document in packages_of(case.world, strategy, case.days, f"strategy-{number}"):
            verdicts = verify(steps, DayEvidence(read(document)), document["trade_date"])
            assert not [verdict for verdict in verdicts if verdict.fails]


@tries(60)
@given(cases())
def test_the_verifier_settles_what_the_slow_ledger_settles(case: Case) -> None:
    strategy, world = case.strategies[0], case.world
    expected = slow.settle(
        case.days,
        world.bars,
        world.instruments,
        world.sessions,
        strategy.signals,
        strategy.terms,
        world.actions,
    )
    for document, result in zip(packages_of(world, strategy, case.days), expected, strict=False):
        settled = settle(day_of(read(document)))
        compare(settled, result, date.fromisoformat(document["trade_date"]))


def cny(mills: int) -> Decimal:
    return Decimal(mills) / 1000


def compare(settled: Settled, result: slow.DayResult, on: date) -> None:
    assert result.trade_date == on
    assert (cny(settled.cash), cny(settled.nav)) == (result.cash, result.nav)
    assert {s: h for s, h, _ in settled.positions} == result.positions
    assert {s: cny(c) for s, _, c in settled.positions} == result.closes
    assert len(settled.orders) == len(result.orders)
    for order, other in zip(settled.orders, result.orders, strict=True):
        side = "SELL" if order.quantity < 0 else "BUY"
        if order.quantity or not result.positions.get(order.symbol):
            assert (order.symbol, side) == (other.symbol, other.side)
        assert (abs(order.quantity), order.filled) == (other.quantity, other.filled)
        assert cny(order.price) == (other.price or 0)
        paid = (order.commission, order.stamp_duty, order.transfer_fee)
        assert tuple(map(cny, paid)) == (other.commission, other.stamp_duty, other.transfer_fee)
        if order.reason != "no_price":
            assert order.reason == other.reason
    events = sorted(result.events, key=lambda event: event.symbol)
    assert [
        (a.symbol, KINDS[a.kind], a.quantity_before, a.quantity_after, cny(a.cash)) for a in settled.actions
    ] == [(e.symbol, e.kind, e.shares_before, e.shares_after, e.cash) for e in events]
