"""What a buy is cut to, against a search with Python integers."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from hypothesis import example, given
from hypothesis import strategies as st

from quantos.settlement.core.exact import MONEY_MAX
from quantos.settlement.core.orders import affordable
from tests.support.effort import tries

LOTS = st.sampled_from([(100, 100), (1, 200), (1, 100)])
MINIMUM_COMMISSIONS = st.sampled_from([0, 10, 5_000, 1_000_000])


def cents(amount: Fraction) -> int:
    """Half up to 0.01 CNY, in mills."""
    return floor(amount / 10 + Fraction(1, 2)) * 10


def cost(quantity: int, price: int, transfer: int, commission: int, minimum: int) -> int:
    notional = quantity * price
    fees = cents(Fraction(notional * transfer, 10**8))
    return notional + fees + max(cents(Fraction(notional * commission, 10**8)), minimum)


def searched(quantity: int, price: int, cash: int, lot: tuple[int, int], fees: tuple[int, int, int]) -> int:
    """By halving: the cost never falls as the quantity grows."""
    step, least = lot
    low, high = 0, quantity // step
    while low < high:
        middle = (low + high + 1) // 2
        if cost(middle * step, price, *fees) <= cash:
            low = middle
        else:
            high = middle - 1
    return low * step if low * step >= least else 0


@tries(1000)
@given(
    st.integers(1, 10**9),
    st.one_of(st.integers(1, 60), st.integers(1, 2_000_000_000)),
    st.integers(0, 2**40),
    LOTS,
    st.sampled_from([0, 1_000, 2_000, 2_500]),
    st.integers(0, 5_000_000),
    MINIMUM_COMMISSIONS,
)
@example(10**9, 10, 1_000, (1, 1), 0, 5_000_000, 0)
@example(4 * 10**14, 10_000, MONEY_MAX, (1, 1), 2_500, 5_000_000, 0)
def test_a_buy_is_cut_to_the_largest_lot_that_the_cash_pays(
    steps: int, price: int, over: int, lot: tuple[int, int], transfer: int, commission: int, minimum: int
) -> None:
    """Cash is whatever `over` leaves of the cost, so that the cut is deep as often as shallow."""
    quantity = max(min(steps, MONEY_MAX // price // 2) // lot[0] * lot[0], lot[1])
    fees = (transfer, commission, minimum)
    cash = over % (cost(quantity, price, *fees) + 1)
    found = affordable(quantity, price, cash, *lot, transfer, commission, minimum)
    assert found == searched(quantity, price, cash, lot, fees)


@tries(1000)
@given(
    st.integers(1, 5_000),
    st.integers(1, 30),
    st.integers(-60, 60),
    st.integers(1, 4),
    st.sampled_from([0, 1_000, 2_500]),
    st.integers(0, 5_000_000),
)
def test_half_a_cent_of_fees_can_decide_over_a_share_of_a_few_mills(
    shares: int, price: int, off: int, more: int, transfer: int, commission: int
) -> None:
    """Cash is about what so many shares cost; a share costs less than the rounding of its fees."""
    fees = (transfer, commission, 0)
    cash = max(cost(shares, price, *fees) + off, 0)
    wanted = shares + more
    found = affordable(wanted, price, cash, 1, 1, transfer, commission, 0)
    assert found == searched(wanted, price, cash, (1, 1), fees)
