"""Settling does not depend on company, order, repetition, the machine's threads or anything that comes later."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.settlement.core.day import Carried, MarketDay, Roster, ex_adjust
from quantos.settlement.core.facts import Status
from quantos.settlement.core.ledger import Book, Settled
from tests.support.effort import tries
from tests.support.generated import Case, case_of, cases
from tests.support.worlds import (
    World,
    carry,
    engine_actions,
    engine_instruments,
    market_days,
    settle_many,
    settle_world,
)


def days_of(case: Case, threads: int = 2) -> list[Settled]:
    return [settled for _, _, settled in settle_many(case.world, case.strategies, case.days, threads)]


def ragged(group: Any, s: int) -> dict[str, Any]:
    """What a book, orders or events say of strategy s."""
    first, last = group.start[s], group.start[s + 1]
    named = (f.name for f in fields(group) if f.name not in {"start", "cash"})
    found = {name: getattr(group, name)[first:last].tolist() for name in named}
    if isinstance(group, Book):
        found["cash_held"] = int(group.cash[s])
    elif hasattr(group, "shares_before"):
        found["cash"] = group.cash[first:last].tolist()
    return found


def of_strategy(settled: Settled, s: int) -> dict[str, Any]:
    """All that a settled day says of strategy s."""
    names = ("status", "waits_for", "nav", "turnover", "fees")
    numbers = {name: int(getattr(settled, name)[s]) for name in names}
    groups = {name: ragged(getattr(settled, name), s) for name in ("book", "orders", "events")}
    return {**numbers, **groups}


def same(one: Settled, other: Settled) -> None:
    for field in fields(Settled):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert left.tobytes() == right.tobytes(), field.name
        else:
            for inner in fields(left):
                pair = getattr(left, inner.name), getattr(right, inner.name)
                assert pair[0].tobytes() == pair[1].tobytes(), (field.name, inner.name)


@tries(60)
@given(cases(strategies=5))
def test_settling_together_equals_settling_alone(case: Case) -> None:
    together = days_of(case)
    for s, strategy in enumerate(case.strategies):
        alone = days_of(replace(case, strategies=(strategy,)))
        assert [of_strategy(day, s) for day in together] == [of_strategy(day, 0) for day in alone]


@tries(60)
@given(cases(strategies=5), st.randoms(use_true_random=False))
def test_the_order_of_strategies_does_not_matter(case: Case, rng: random.Random) -> None:
    order = list(range(len(case.strategies)))
    rng.shuffle(order)
    shuffled = replace(case, strategies=tuple(case.strategies[s] for s in order))
    for day, other in zip(days_of(case), days_of(shuffled), strict=True):
        assert [of_strategy(day, s) for s in order] == [of_strategy(other, k) for k in range(len(order))]


@tries(60)
@given(cases(strategies=3), st.randoms(use_true_random=False))
def test_the_numbers_of_instruments_do_not_matter(case: Case, rng: random.Random) -> None:
    names = list(case.world.instruments)
    rng.shuffle(names)
    world = replace(case.world, instruments={name: case.world.instruments[name] for name in names})
    for one, other in zip(days_of(case), days_of(replace(case, world=world)), strict=True):
        same(one, other)


@tries(60)
@given(cases(strategies=3), st.randoms(use_true_random=False))
def test_the_order_of_names_in_a_signal_does_not_matter(case: Case, rng: random.Random) -> None:
    def shuffled(weights: dict[str, Any]) -> dict[str, Any]:
        return dict(rng.sample(list(weights.items()), len(weights)))

    strategies = tuple(
        replace(s, signals={day: shuffled(dict(w)) for day, w in s.signals.items()}) for s in case.strategies
    )
    for one, other in zip(days_of(case), days_of(replace(case, strategies=strategies)), strict=True):
        same(one, other)


@tries(60)
@given(cases(strategies=3))
def test_settling_twice_gives_the_same_bytes(case: Case) -> None:
    for one, other in zip(days_of(case), days_of(case), strict=True):
        same(one, other)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_do_not_matter(threads: int) -> None:
    """300 strategies, more than are settled on one thread; among them some that wait."""
    seen = set()
    for seed in range(6):
        case = case_of(random.Random(seed), strategies=9)
        company = replace(case, strategies=(case.strategies * 300)[:300])
        for one, other in zip(days_of(company, threads=1), days_of(company, threads), strict=True):
            same(one, other)
            seen |= set(one.status.tolist())
    assert seen == {Status.SETTLED, Status.WAITING}


def until(world: World, day: date) -> World:
    """The world as it was known on a day."""
    return World(
        [d for d in world.sessions if d <= day],
        {d: rows for d, rows in world.bars.items() if d <= day},
        world.instruments,
        [a for a in world.actions if a.ex_date <= day],
    )


@tries(100)
@given(cases(), st.integers(0, 14))
def test_the_past_does_not_depend_on_the_future(case: Case, cut: int) -> None:
    """Neither bars nor rows nor signals of later days change a settled day."""
    day = case.days[min(cut, len(case.days) - 1)]
    terms, signals = case.strategies[0].terms, case.strategies[0].signals
    known = {d: weights for d, weights in signals.items() if d <= day}
    whole = settle_world(case.world, signals, terms, case.days)
    part = settle_world(until(case.world, day), known, terms, [d for d in case.days if d <= day])
    assert part == whole[: len(part)]
    assert len(part) == len(whole) or part[-1].trade_date == day


def facts_from(world: World, day: date) -> list[MarketDay]:
    """The days from `day` on, begun again from the last bars before it."""
    roster = Roster.of(engine_instruments(world))
    earlier = [a for a in engine_actions(world) if a.ex_date < day]
    return list(market_days(world, ex_adjust(Carried.of(carry(world, day), roster), roster, earlier), day))


@tries(150)
@given(cases(), st.integers(0, 14))
def test_a_run_taken_up_again_sees_the_same_market(case: Case, cut: int) -> None:
    """Closes carried day by day equal closes read back from the last bars and the rows since."""
    day = case.world.sessions[min(cut, len(case.world.sessions) - 1)]
    without_break = [one for one in market_days(case.world) if one.trade_date >= day]
    for one, again in zip(without_break, facts_from(case.world, day), strict=True):
        assert one.facts.tolist() == again.facts.tolist()
        assert one.after.close.tolist() == again.after.close.tolist()
