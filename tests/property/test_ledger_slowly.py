"""The engine says what the slow ledger says, in every field of every day."""

from __future__ import annotations

from hypothesis import given

from tests.oracle import ledger as slow
from tests.support.effort import tries
from tests.support.generated import Case, cases
from tests.support.worlds import settle_world


@tries(400)
@given(cases())
def test_the_engine_equals_the_slow_ledger(case: Case) -> None:
    world, strategy = case.world, case.strategies[0]
    expected = slow.settle(
        case.days,
        world.bars,
        world.instruments,
        world.sessions,
        strategy.signals,
        strategy.terms,
        world.actions,
    )
    assert settle_world(world, strategy.signals, strategy.terms, case.days) == expected
