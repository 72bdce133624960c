"""Adjusted bars: what they are of a dividend worked by hand, and that later bars do not change earlier ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.research.core.feed import Feed, adjusted_feed

DAY = np.datetime64("2024-01-02", "D")


def rows(bars: list[tuple[float, float, float, int]], factors: list[float] | None = None) -> dict[str, Any]:
    """(open, close, pre_close, volume) in CNY and shares; pre_close 0: unknown."""
    opened, closed, before, volume = (np.array(column) for column in zip(*bars, strict=True))
    mills = [np.rint(1000 * column).astype(np.int64) for column in (opened, closed, before)]
    return {
        "trade_date": DAY + np.arange(len(bars)),
        "open": mills[0],
        "high": np.maximum(mills[0], mills[1]),
        "low": np.minimum(mills[0], mills[1]),
        "close": mills[1],
        "pre_close": mills[2],
        "volume": volume,
        "adj_factor": np.array(factors or [np.nan] * len(bars)),
    }


def made(bars: list[tuple[float, float, float, int]], factors: list[float] | None = None) -> Feed:
    return adjusted_feed("A", rows(bars, factors))


def test_a_holder_of_a_share_that_pays_keeps_the_worth() -> None:
    """10.00, then 1.00 is paid and the share stands at 9.00, then rises by a tenth to 9.90."""
    feed = made([(10.0, 10.0, 0.0, 1), (9.0, 9.0, 9.0, 1), (9.0, 9.9, 9.0, 1)])
    assert feed.close.tolist() == pytest.approx([10.0, 10.0, 11.0])
    assert feed.open.tolist() == pytest.approx([10.0, 10.0, 10.0])


def test_where_the_reference_is_unknown_the_factor_carries_the_close_over_the_ex_date() -> None:
    feed = made([(10.0, 10.0, 0.0, 1), (5.0, 5.5, 0.0, 1)], [1.0, 2.0])
    assert feed.close.tolist() == pytest.approx([10.0, 11.0])


def test_a_day_without_trading_has_no_bar_and_its_ex_date_is_not_lost() -> None:
    feed = made([(10.0, 10.0, 0.0, 1), (9.0, 9.0, 9.0, 0), (9.0, 9.9, 9.0, 1)])
    assert feed.day.tolist() == [738887, 738889]
    assert feed.close.tolist() == pytest.approx([10.0, 11.0])


BARS = st.lists(
    st.tuples(
        st.integers(100, 9000), st.integers(100, 9000), st.integers(0, 9000), st.sampled_from([0, 1, 700])
    ).map(lambda bar: (bar[0] / 100, bar[1] / 100, bar[2] / 100, bar[3])),
    min_size=2,
    max_size=40,
)


@given(BARS, st.data())
def test_bars_that_come_later_change_none_before(
    bars: list[tuple[float, float, float, int]], data: st.DataObject
) -> None:
    """A history that grows by a day gives the bars of before to the bit: a signal made then is made so again."""
    whole = made(bars)
    known = data.draw(st.integers(1, len(bars)))
    if not any(volume for *_, volume in bars[:known]):
        return  # a history without any trade is taken as it is until there is one
    part = made(bars[:known])
    for name in ("day", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[: len(part)])
