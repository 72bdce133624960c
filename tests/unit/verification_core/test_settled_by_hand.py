"""Days settled again, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quantos.verification.core.package import Bar
from quantos.verification.core.resettlement import Day, Order, Terms, Unsettleable, settle

A, B, STAR = "600001.SH", "600002.SH", "688001.SH"
DAY = date(2024, 3, 4)


def bar(symbol: str, price: float, close: float | None = None, **other: Any) -> Bar:
    opened, reference = round(price * 1000), round(other.pop("pre_close", price) * 1000)
    closed = opened if close is None else round(close * 1000)
    limits = (reference * 11 // 10, reference * 9 // 10)
    fields: dict[str, Any] = {
        **dict(zip(("upper_limit", "lower_limit"), limits, strict=True)),
        "last_close": reference,
        "block": None,
        "event": None,
        "st_unknown": False,
        "volume": 1,
    }
    fields |= other
    return Bar(symbol=symbol, open=opened, close=closed, pre_close=reference, **fields)


def day(
    bars: list[Bar], signal: list[tuple[str, float]] | None, cash: int = 1_000_000_000, **other: Any
) -> Day:
    fields: dict[str, Any] = {"holdings": {}, "terms": {}, "commission_e8": 30_000, "slippage_e8": 200_000}
    fields |= other
    return Day(
        trade_date=DAY,
        at_close=False,
        minimum_commission=0,
        cash=cash,
        signal=signal,
        bars={bar.symbol: bar for bar in bars},
        **fields,
    )


def test_the_example_of_the_module() -> None:
    """17.00 bought at 17.03: 2,935 shares are aimed at, 2,900 bought for 49,387.00 and fees of 15.31."""
    settled = settle(day([bar(A, 17.0)], [(A, 0.05)]))
    assert settled.orders == (Order(A, 2_900, 2_900, 17_030, 14_820, 0, 490),)
    assert settled.cash == 1_000_000_000 - 49_387_000 - 15_310
    assert settled.nav == settled.cash + 2_900 * 17_000


def test_under_one_lot_there_is_no_order() -> None:
    """0.05 of a million at 1,703.40 is 29 shares."""
    assert settle(day([bar(A, 1_700.0)], [(A, 0.05)])).orders == ()


def test_a_star_share_moves_by_single_shares_from_200_on() -> None:
    settled = settle(day([bar(STAR, 100.0)], [(STAR, 0.0255)], slippage_e8=0))
    assert [(o.quantity, o.filled) for o in settled.orders] == [(255, 255)]
    settled = settle(day([bar(STAR, 100.0)], [(STAR, 0.0199)], slippage_e8=0))
    assert [(o.quantity, o.reason) for o in settled.orders] == [(199, "below_one_lot")]


def test_a_limit_refuses_and_a_sale_pays_stamp_duty() -> None:
    """A is held and sold at 9.98, B opens at its upper limit."""
    up = bar(B, 22.0, pre_close=20.0)
    settled = settle(day([bar(A, 10.0), up], [(B, 0.5)], cash=0, holdings={A: 1_000}))
    sale, buy = settled.orders
    assert sale == Order(A, -1_000, 1_000, 9_980, 2_990, 4_990, 100)
    assert (buy.filled, buy.reason) == (0, "limit_up")
    assert settled.cash == 9_980_000 - 2_990 - 4_990 - 100


def test_a_buy_is_cut_to_what_the_cash_affords() -> None:
    """10,000 CNY buy 900 shares at 10.02 and their fees, not 1,000."""
    settled = settle(day([bar(A, 10.0)], [(A, 1.0)], cash=10_000_000))
    (order,) = settled.orders
    assert (order.quantity, order.filled, order.reason) == (900, 900, None)
    settled = settle(day([bar(A, 10.0), bar(B, 10.0)], [(A, 0.51), (B, 0.49)], cash=10_050_000))
    assert [(o.symbol, o.quantity, o.filled, o.reason) for o in settled.orders] == [
        (A, 500, 500, None),
        (B, 400, 400, None),
    ]
    settled = settle(day([bar(A, 10.0), bar(B, 10.0)], [(A, 0.5), (B, 0.5)], cash=20_040_000))
    assert [(o.filled, o.reason) for o in settled.orders] == [(1_000, None), (900, "insufficient_cash")]


def test_equal_weights_are_bought_by_symbol_and_neighbouring_doubles_by_the_last_digit() -> None:
    bars = [bar(A, 10.0), bar(B, 10.0)]
    assert [o.symbol for o in settle(day(bars, [(B, 0.3), (A, 0.3)])).orders] == [A, B]
    signal = [(A, 0.3), (B, 0.30000000000000004)]
    assert [o.symbol for o in settle(day(bars, signal)).orders] == [B, A]


def test_an_empty_signal_sells_everything_and_none_holds() -> None:
    bars = [bar(A, 10.0)]
    sold = settle(day(bars, [], holdings={A: 1_050}))
    assert [(o.quantity, o.filled) for o in sold.orders] == [(-1_050, 1_050)]
    assert sold.positions == ()
    held = settle(day(bars, None, holdings={A: 1_050}))
    assert (held.orders, held.positions) == ((), ((A, 1_050, 10_000),))


def test_an_announced_bonus_and_dividend() -> None:
    """1,001 shares, 3 for 10 and 0.25 CNY: 300 shares, 250.25 in cash, 0.3 of a share at 7.50 is 2.25."""
    ex = bar(A, 7.5, event="corporate_action", last_close=10_000)
    settled = settle(
        day([ex], None, cash=0, holdings={A: 1_001}, terms={A: Terms(300_000, 250_000_000, None)})
    )
    (action,) = settled.actions
    assert (action.quantity_before, action.quantity_after, action.cash) == (1_001, 1_301, 252_500)


def test_a_gap_that_nobody_announced() -> None:
    cash = settle(day([bar(A, 9.5, event="inferred_cash", last_close=10_000)], None, 0, holdings={A: 100}))
    assert (cash.actions[0].cash, cash.positions[0][1]) == (50_000, 100)
    shares = settle(
        day([bar(A, 7.0, event="inferred_shares", last_close=10_000)], None, 0, holdings={A: 100})
    )
    assert (shares.actions[0].quantity_after, shares.actions[0].cash) == (142, 1_000_000 - 142 * 7_000)


def test_a_swap_brings_shares_of_another_name() -> None:
    """100 of A become 0.5 of B each and 1 CNY of cash each; the odd half share of 3 comes in cash."""
    gone, into = bar(A, 10.0, event="corporate_action", block="suspended"), bar(B, 20.0)
    terms = {A: Terms(500_000, 1_000_000_000, B)}
    settled = settle(day([gone, into], None, cash=0, holdings={A: 3, B: 5}, terms=terms))
    own, arrived = settled.actions
    assert (own.symbol, own.quantity_after, own.cash) == (A, 0, 3_000 + 10_000)
    assert (arrived.symbol, arrived.quantity_before, arrived.quantity_after) == (B, 5, 6)
    assert arrived.arrived


@pytest.mark.parametrize(
    ("market", "terms", "code"),
    [
        ([bar(A, 10.0, event="unexplained")], {}, "unexplained_reference_held"),
        ([bar(A, 10.0, event="corporate_action")], {}, "terms_missing"),
        ([bar(A, 10.0, event="corporate_action")], {A: Terms(500_000, 0, B)}, "swap_without_price"),
        ([bar(A, 10.0, event="corporate_action")], {A: Terms(-2_000_000, 0, None)}, "shares_below_zero"),
        ([bar(A, 10.0, event="corporate_action")], {A: Terms(0, -(10**12), None)}, "cash_below_zero"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_day_that_could_not_be_settled_is_not(
    market: list[Bar], terms: dict[str, Terms], code: str
) -> None:
    with pytest.raises(Unsettleable) as raised:
        settle(day(market, None, cash=0, holdings={A: 100}, terms=terms))
    assert raised.value.code == code


def test_a_symbol_without_a_bar_is_refused_and_worth_nothing() -> None:
    settled = settle(day([], [(B, 0.5)], holdings={A: 100}))
    assert [(o.symbol, o.quantity, o.reason) for o in settled.orders] == [
        (A, -100, "no_price"),
        (B, 0, "no_price"),
    ]
    assert settled.nav == settled.cash


def test_a_blocked_name_is_neither_bought_nor_sold() -> None:
    bars = [bar(A, 10.0, block="suspended"), bar(B, 10.0, block="delisted")]
    settled = settle(day(bars, [(B, 0.1)], holdings={A: 100}))
    assert [(o.symbol, o.filled, o.reason) for o in settled.orders] == [
        (A, 0, "suspended"),
        (B, 0, "delisted"),
    ]


def test_the_minimum_commission_is_paid_by_every_order_that_fills() -> None:
    cheap = replace(day([bar(A, 10.0)], [(A, 0.01)]), minimum_commission=5_000)
    assert settle(cheap).orders[0].commission == 5_000


def test_a_sale_whose_fees_exceed_proceeds_and_cash_is_refused() -> None:
    poor = replace(day([bar(A, 1.0)], [], cash=0, holdings={A: 1}), minimum_commission=5_000)
    (order,) = settle(poor).orders
    assert (order.filled, order.reason) == (0, "insufficient_cash")
