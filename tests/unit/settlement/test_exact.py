"""The exact arithmetic of the ledger against Python's own integers and fractions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from quantos.settlement.core.exact import (
    MONEY_MAX,
    cents_half_up,
    fee,
    odd_part,
    per_million,
    target_shares,
    to_tick,
    weight_affords,
)
from tests.support.effort import tries
from tests.support.worlds import exact

PRICES = st.integers(1, 2_000_000_000)
EQUITIES = st.integers(1, MONEY_MAX)
RATES = st.integers(0, 5_000_000)


def target(mantissa: int, exponent: int, equity: int, price: int) -> int:
    """target_shares, its guess being the double next to the weight."""
    weight = float(Fraction(mantissa, 10**exponent))
    return target_shares(weight, mantissa, exponent, equity, price)


def floor_of(mantissa: int, exponent: int, equity: int, price: int) -> int:
    return int(mantissa * equity // (price * 10**exponent))


# ---------------------------------------------------------------- targets


@tries(1000)
@given(st.integers(1, 10**17), st.integers(17, 40), EQUITIES, PRICES)
def test_a_target_is_the_exact_floor(mantissa: int, exponent: int, equity: int, price: int) -> None:
    assert target(mantissa, exponent, equity, price) == floor_of(mantissa, exponent, equity, price)


@tries(1000)
@given(st.floats(5e-324, 1.0), EQUITIES, PRICES)
def test_a_target_is_the_exact_floor_for_every_double_weight(weight: float, equity: int, price: int) -> None:
    mantissa, exponent = exact(Decimal(repr(weight)))
    expected = math.floor(Fraction(Decimal(repr(weight))) * equity / price)
    assert target_shares(weight, mantissa, exponent, equity, price) == expected


@tries(1000)
@given(
    st.integers(0, 17),
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(1, 10**17),
    st.integers(-2, 2),
)
def test_a_target_is_exact_where_the_share_count_is_nearly_whole(
    exponent: int, shares: int, price: int, mantissa: int, off: int
) -> None:
    """Equity is chosen so that weight * equity / price is `shares`, give or take a few mills of equity."""
    mantissa = mantissa % 10**exponent + 1
    equity = shares * price * 10**exponent // mantissa + off
    assume(0 < equity <= MONEY_MAX)
    assert target(mantissa, exponent, equity, price) == floor_of(mantissa, exponent, equity, price)


@tries(500)
@given(st.integers(0, 16), st.data())
def test_a_target_is_whole_where_weight_times_equity_is_a_multiple_of_the_price(
    exponent: int, data: st.DataObject
) -> None:
    """w = m / 10**e, E = 10**e k p: exactly m k shares, and one mill less of equity buys one share less."""
    mantissa = data.draw(st.integers(1, 10**exponent))
    price = data.draw(st.integers(1, 10**6))
    most = MONEY_MAX // (10**exponent * price)
    assume(most >= 1)
    equity = 10**exponent * data.draw(st.integers(1, most)) * price
    whole = mantissa * (equity // (10**exponent * price))
    assert target(mantissa, exponent, equity, price) == whole
    assert target(mantissa, exponent, equity - 1, price) == whole - 1


def test_weight_029_of_a_million_at_10_is_29000_shares() -> None:
    """In doubles 0.29 * 1,000,000,000 / 10,000 is 28999.999999999996."""
    assert target_shares(0.29, 29, 2, 1_000_000_000, 10_000) == 29_000


def test_a_weight_too_small_to_buy_a_mill_buys_nothing() -> None:
    assert target_shares(5e-324, 5, 324, MONEY_MAX, 1) == 0


def test_no_weight_and_no_equity_buy_nothing() -> None:
    assert target_shares(0.0, 0, 0, MONEY_MAX, 1) == 0
    assert target_shares(1.0, 1, 0, 0, 1) == 0


def test_the_largest_equity_at_one_mill_is_exact() -> None:
    """Doubles near 4e18 are 512 apart."""
    assert target_shares(1.0, 1, 0, MONEY_MAX, 1) == MONEY_MAX
    assert target_shares(1.0, 1, 0, MONEY_MAX - 1, 1) == MONEY_MAX - 1


@tries(1000)
@given(st.integers(0, 2**63 - 1), st.integers(0, 36), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
@example(2**63 - 1, 36, 2**63 - 1, 2**63 - 1)
@example(10**17, 17, 10**18, 10**18)
@example(10**17, 17, 10**18, 10**18 + 1)
def test_affording_compares_exactly(mantissa: int, exponent: int, equity: int, spent: int) -> None:
    expected = spent * 10**exponent <= mantissa * equity
    assert weight_affords(mantissa, exponent, equity, spent) == expected


@tries(500)
@given(st.integers(1, 2**62), st.integers(0, 36), st.integers(-1, 1))
def test_affording_compares_exactly_at_the_boundary(spent: int, exponent: int, off: int) -> None:
    """mantissa * equity = spent * 10**exponent + off wherever both factors stay in 63 bits."""
    power = 10**exponent
    mantissa, equity = (spent * power + off, 1) if power * spent < 2**62 else (spent, power + off)
    assume(mantissa < 2**63 and equity < 2**63)
    assert weight_affords(mantissa, exponent, equity, spent) == (spent * power <= mantissa * equity)


# ---------------------------------------------------------------- rounding


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


@tries(1000)
@given(st.integers(0, MONEY_MAX), RATES)
def test_a_fee_is_rounded_half_up_to_the_cent(notional: int, rate: int) -> None:
    assert fee(notional, rate) == half_up(Fraction(notional * rate, 10**9)) * 10


@pytest.mark.parametrize(
    ("notional", "rate", "mills"),
    [
        (1_000_000, 500, 10),  # 1,000.00 at 0.0005 % is 0.005: up
        (998_000, 500, 0),  # 0.00499
        (10_000_000, 30_000, 3_000),  # 10,000.00 at 0.03 % is 3.00
        (MONEY_MAX, 5_000_000, 200_000_000_000_000_000),
        (0, 5_000_000, 0),
    ],
)
def test_a_fee_by_hand(notional: int, rate: int, mills: int) -> None:
    assert fee(notional, rate) == mills


@tries(500)
@given(st.integers(0, 2_000_000_000), st.integers(-5_000_000, 5_000_000), st.sampled_from([1, 10, 5]))
def test_a_fill_price_is_rounded_half_up_to_the_tick(price: int, slippage: int, tick: int) -> None:
    numerator = price * (10**8 + slippage)
    assert to_tick(numerator, tick) == half_up(Fraction(numerator, 10**8 * tick)) * tick


@tries(500)
@given(st.integers(0, 10**12), st.integers(-1_000_000, 9_000_000))
def test_per_million_floors_and_keeps_the_rest(shares: int, rate: int) -> None:
    whole, rest = per_million(shares, rate)
    assert (whole, rest) == divmod(shares * rate, 10**6)


@pytest.mark.parametrize(
    ("shares", "rate", "whole", "rest"),
    [(1_000, 333_333, 333, 333_000), (3, -500_000, -2, 500_000), (1_000, -1_000_000, -1_000, 0)],
)
def test_per_million_by_hand(shares: int, rate: int, whole: int, rest: int) -> None:
    assert per_million(shares, rate) == (whole, rest)


@tries(500)
@given(st.integers(-(10**15), MONEY_MAX), st.integers(0, 10**6 - 1))
def test_cents_are_rounded_half_up(mills: int, millionths: int) -> None:
    exactly = Fraction(mills) + Fraction(millionths, 10**6)
    assert cents_half_up(mills, millionths) == half_up(exactly / 10) * 10


@pytest.mark.parametrize(("mills", "cents"), [(4, 0), (5, 10), (14, 10), (15, 20), (-5, 0), (-6, -10)])
def test_half_a_cent_goes_up_also_below_zero(mills: int, cents: int) -> None:
    assert cents_half_up(mills, 0) == cents


@tries(300)
@given(st.integers(0, 2**62), st.sampled_from([1, 100, 10, 1_000]))
def test_the_odd_part_is_what_is_left_of_the_step(shares: int, step: int) -> None:
    assert odd_part(shares, step) == shares % step
