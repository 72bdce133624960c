"""The status machine, slugs, hours, lots, and recipes as they are kept."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.kit.clock import SHANGHAI
from quantos.portfolios.core import hours
from quantos.portfolios.core.lots import lot_costs, too_dear
from quantos.portfolios.core.recipe import Member, Recipe
from quantos.portfolios.core.slugs import slug_of
from quantos.portfolios.core.status import (
    Action,
    PortfolioLocked,
    PortfolioTransitionRefused,
    Status,
    StatusChange,
    TooFewMembers,
    after,
    check_changeable,
    status_at,
)
from quantos.scheduler.core.timetable import JOBS
from tests.support.effort import tries

LEADS_TO = {
    ("activate", "draft"): "active",
    ("pause", "active"): "paused",
    ("resume", "paused"): "active",
    ("delete", "draft"): None,
    ("delete", "paused"): None,
}
"""PORT-04, PORT-09, PORT-12: everything else is refused."""


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("present", list(Status))
def test_port_04_09_12_every_action_in_every_status(action: Action, present: Status) -> None:
    if (action.value, present.value) in LEADS_TO:
        assert after(action, present, 2) == LEADS_TO[action.value, present.value]
    else:
        with pytest.raises(PortfolioTransitionRefused, match=f"status is {present}"):
            after(action, present, 2)


@pytest.mark.parametrize(("action", "present"), [("activate", "draft"), ("resume", "paused")])
def test_port_09_12_what_starts_signals_needs_two_members(action: str, present: str) -> None:
    for members in (0, 1):
        with pytest.raises(TooFewMembers):
            after(Action(action), Status(present), members)
    assert after(Action.DELETE, Status.PAUSED, 0) is None


def test_port_07_an_active_portfolio_alone_is_locked() -> None:
    check_changeable(Status.DRAFT, "its members")
    check_changeable(Status.PAUSED, "its members")
    with pytest.raises(PortfolioLocked, match="pause it before you change its members"):
        check_changeable(Status.ACTIVE, "its members")


def test_a_change_at_the_deadline_comes_too_late_for_it() -> None:
    at = datetime(2024, 1, 2, 9, 15, tzinfo=SHANGHAI)
    log = [StatusChange(Status.ACTIVE, at - timedelta(days=1)), StatusChange(Status.PAUSED, at)]
    assert status_at(log, at) is Status.ACTIVE
    assert status_at(log, at + timedelta(microseconds=1)) is Status.PAUSED
    assert status_at(log, at - timedelta(days=1)) is Status.DRAFT
    assert status_at([], at) is Status.DRAFT


ID = "1a2b3c4d-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("momentum_value", "mf-momentum_value-1a2b3c4d"),
        ("Momentum & Value!", "mf-momentum-value-1a2b3c4d"),
        ("  Élan vital  ", "mf-elan-vital-1a2b3c4d"),
        ("沪深300 增强", "mf-300-1a2b3c4d"),
        ("多因子", "mf-portfolio-1a2b3c4d"),
        ("-_-", "mf-portfolio-1a2b3c4d"),
        ("x" * 100, f"mf-{'x' * 37}-1a2b3c4d"),
        ("a" * 36 + " b", f"mf-{'a' * 36}-1a2b3c4d"),
    ],
)
def test_port_10_slugs_of_names(name: str, slug: str) -> None:
    assert slug_of(name, ID) == slug


@tries(300)
@given(st.text(min_size=1, max_size=100), st.uuids())
def test_port_10_any_name_gives_a_slug_of_the_rule(name: str, of: UUID) -> None:
    found = slug_of(name, str(of))
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{2,48}", found)
    assert re.fullmatch(r"mf-.+-[0-9a-f]{8}", found)
    assert found.endswith(f"-{str(of)[:8]}")


def test_the_hours_are_those_of_the_timetable_and_of_open_strategies() -> None:
    assert JOBS["portfolio_signal_generation"].at == hours.GENERATES_AT
    day = date(2024, 1, 2)
    assert hours.deadline(day) == datetime(2024, 1, 2, 9, 15, tzinfo=SHANGHAI)
    times = {"08:59:59": False, "09:00:00": True, "09:14:59": True, "09:15:00": False}
    for at, expected in times.items():
        now = datetime.fromisoformat(f"2024-01-02T{at}+08:00")
        assert hours.is_generating(day, now) is expected, at


def test_a_lot_is_too_dear_where_it_costs_more_than_the_target() -> None:
    price = np.array([100_000, 99_800, 0, 10_000], np.int64)  # 100.00, 99.80, unknown, 10.00 CNY
    lot = np.array([100, 100, 100, 200], np.int64)
    cost = lot_costs(lot, price, 200_000)  # 0.2 %
    assert cost.tolist() == [10_020_000, 9_999_960, 0, 2_004_000]
    assert too_dear(cost, price, 10_000_000).tolist() == [True, False, False, False]


def test_a_recipe_comes_back_as_it_was_kept() -> None:
    recipe = Recipe(
        date(2024, 1, 2),
        "hs300",
        "ic_weighted",
        50,
        (
            Member(3, "a", "first", 0.03, 0.25),
            Member(7, "b", "第二", -0.02, 0.75),
            Member(9, "c", "x", None, None),
        ),
    )
    assert Recipe.of_dict(orjson.loads(orjson.dumps(recipe.as_dict()))) == recipe
    assert recipe.sign.tolist() == [1.0, -1.0, 1.0]
    assert recipe.weight.tolist() == [0.25, 0.75, 0.0]
