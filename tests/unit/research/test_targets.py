"""What a strategy would hold after the next open, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantos.research.core import targets
from quantos.research.core.account import AccountDiffers, Fill, Ran
from quantos.research.core.feed import Feed


def feed(name: str, close: float) -> Feed:
    prices = np.array([close, close])
    return Feed(name, np.array([1, 2], np.int64), prices, prices, prices, prices, prices)


FEEDS = [feed("A", 10.0), feed("B", 20.0)]


def ran(*fills: tuple[str, float], value: float = 100_000.0) -> Ran:
    made = tuple(Fill(name, 1, size, 10.0, 0.0) for name, size in fills)
    return Ran(100_000.0, np.array([1, 2], np.int64), np.array([100_000.0, value]), made, 0)


def test_what_is_held_and_what_waits_for_the_open_are_added() -> None:
    held = targets.positions(ran(("A", 500), ("B", 300)), [["A", 200], ["B", -300]], FEEDS)
    assert held == {"A": 700.0}
    assert targets.weights(held, ran(), FEEDS) == {"A": 0.07}


def test_nothing_held_is_all_cash_and_a_short_position_is_none() -> None:
    assert targets.positions(ran(("A", 500)), [["A", -500]], FEEDS) == {}
    assert targets.positions(ran(), [["A", -500]], FEEDS) == {}
    assert targets.weights({}, ran(), FEEDS) == {}


def test_no_lot_is_lost_to_rounding() -> None:
    """1,000 of B of 99,999.50 CNY are 0.200001000005: a cut weight would buy 900."""
    weight = targets.weights({"B": 1000.0}, ran(value=99_999.5), FEEDS)["B"]
    assert weight == 0.200002
    assert weight * 99_999.5 / 20.0 >= 1000


def test_more_than_there_is_comes_down_to_all_of_it() -> None:
    found = targets.weights({"A": 9000.0, "B": 4500.0}, ran(), FEEDS)
    assert found == {"A": 0.5, "B": 0.5}
    assert targets.weights({"A": 3333.0, "B": 3333.5}, ran(), FEEDS) == {"A": 0.3333, "B": 0.6667}


@pytest.mark.parametrize("waiting", [None, [["C", 100]], [["A"]], [["A", "x"]]])
def test_a_report_that_cannot_be_read_is_none(waiting: Any) -> None:
    with pytest.raises(AccountDiffers):
        targets.positions(ran(), waiting, FEEDS)
