"""Examples of settlement.md worked out by hand; the sums stand in the comments.

Unless a test says otherwise: 600000.SH, 100,000 CNY, execution at the open, no commission and no
slippage, so the only costs are the transfer fee (0.001 % from 2022-04-29) and the stamp duty.
"""

from datetime import date
from decimal import Decimal as D

import pytest

from .examples import (
    BSE,
    FUND,
    PER_SHARE,
    STAR,
    A,
    B,
    Bars,
    Signal,
    bar,
    brief,
    holding_1000,
    run,
)
from .ledger import Event, Instrument, Order

# ---------------------------------------------------------------- buying


def test_plain_buy_with_slippage_and_fees() -> None:
    """Buy price 10.00 * 1.001 = 10.01; 50,000 / 10.01 = 4,995.004.. -> 4,900 in lots.

    amount 4,900 * 10.01 = 49,049.00; commission 14.7147 -> 14.71; transfer 0.49049 -> 0.49
    cash 100,000 - 49,049 - 15.20 = 50,935.80; NAV + 4,900 * 10.20 (49,980) = 100,915.80
    """
    (day,) = run(
        [{A: bar("10.00", "10.00", "10.20")}],
        [{A: D("0.5")}],
        commission="0.0003",
        slippage="0.001",
    )
    assert day.orders == [
        Order(A, "BUY", 4900, 4900, "filled", None, D("10.01"), D(49049), D("14.71"), D(0), D("0.49"))
    ]
    assert (day.action, day.cash, day.nav) == ("REBALANCE", D("50935.80"), D("100915.80"))
    assert (day.positions, day.closes) == ({A: 4900}, {A: D("10.20")})


def test_weight_029_at_10_is_2900_shares() -> None:
    """0.29 * 100,000 / 10.00 = 2,900 exactly; in binary floats 0.29 * 100,000 falls below 29,000.

    cash 100,000 - 29,000 - 0.29 = 70,999.71
    """
    (day,) = run([{A: bar("10.00", "10.00")}], [{A: D("0.29")}])
    assert day.positions == {A: 2900}
    assert day.cash == D("70999.71")


def test_close_strategy_executes_at_the_close() -> None:
    """0.5 * 100,000 / 8.00 = 6,250 -> 6,200 at the close; fee 49,600 * 0.00001 = 0.496 -> 0.50."""
    (day,) = run([{A: bar("8.20", "7.00", "8.00")}], [{A: D("0.5")}], execution="close")
    assert day.positions == {A: 6200}
    assert day.orders[0].price == D("8.00")
    assert day.nav == D("99999.50")


def test_buy_is_cut_to_what_the_cash_affords() -> None:
    """1.0 * 10,000 / 10.00 = 1,000, cost 10,000.10 > 10,000 -> 900 for 9,000.09."""
    (day,) = run([{A: bar("10.00", "10.00")}], [{A: D(1)}], capital=10_000)
    assert brief(day.orders[0]) == (A, "BUY", 1000, 900, "cut", "insufficient_cash")
    assert day.cash == D("999.91")


def test_buy_cut_below_its_minimum_is_refused() -> None:
    """100 * 10.00 + 0.01 > 1,000, and there is no smaller lot."""
    (day,) = run([{A: bar("10.00", "10.00")}], [{A: D(1)}], capital=1_000)
    assert brief(day.orders[0]) == (A, "BUY", 100, 0, "refused", "insufficient_cash")
    assert (day.cash, day.positions, day.orders[0].price) == (D(1000), {}, None)


def test_buys_by_descending_weight_then_symbol() -> None:
    """0.5 of C first, then 0.25 of A before 0.25 of B, which is cut.

    100,000 at 10.00: C 5,000 (fee 0.50), A 2,500 (0.25), B 2,500 would cost 25,000.25, left
    are 100,000 - 50,000.50 - 25,000.25 = 24,999.25 -> 2,400.
    """
    c = "600002.SH"
    market = [{one: bar("10.00", "10.00") for one in (A, B, c)}]
    (day,) = run(market, [{B: D("0.25"), A: D("0.25"), c: D("0.5")}])
    assert [(o.symbol, o.filled) for o in day.orders] == [(c, 5000), (A, 2500), (B, 2400)]


def test_difference_under_one_step_makes_no_order() -> None:
    """0.0099 * 100,000 / 10.00 = 99 shares: under the step of 100, no order at all."""
    (day,) = run([{A: bar("10.00", "10.00")}], [{A: D("0.0099")}])
    assert (day.orders, day.action, day.nav) == ([], "REBALANCE", D(100_000))


# ---------------------------------------------------------------- price limits


def test_limit_up_refuses_the_buy() -> None:
    """Upper limit 10.00 * 1.1 = 11.00 = the open. Wanted: 50,000 / 11.00 = 4,545 -> 4,500."""
    (day,) = run([{A: bar("10.00", "11.00")}], [{A: D("0.5")}])
    assert brief(day.orders[0]) == (A, "BUY", 4500, 0, "refused", "limit_up")
    assert day.nav == D(100_000)


def test_fill_is_clamped_to_the_limit() -> None:
    """10.99 * 1.01 = 11.0999 -> 11.10, but not beyond 11.00: 50,000 / 11 = 4,545 -> 4,500."""
    (day,) = run([{A: bar("10.00", "10.99")}], [{A: D("0.5")}], slippage="0.01")
    assert (day.orders[0].filled, day.orders[0].price) == (4500, D("11.00"))


def test_limit_down_refuses_the_sale() -> None:
    """Lower limit 9.00 = the open. NAV 89,999.90 + 1,000 * 9.10 = 99,099.90."""
    day = holding_1000({A: bar("10.00", "9.00", "9.10")}, {})
    assert brief(day.orders[0]) == (A, "SELL", 1000, 0, "refused", "limit_down")
    assert (day.positions, day.nav) == ({A: 1000}, D("99099.90"))


# ---------------------------------------------------------------- new listings


def test_new_listing_trades_far_from_its_issue_price() -> None:
    """Listed on the first day at an issue price of 10.00, open 20.00: 50,000 / 20 = 2,500.

    On its 6th session, reference 20.00, the open of 22.00 is the limit: a buy is refused.
    """
    market = [{A: bar("10.00", "20.00")}, *[{A: bar("20.00", "20.00")}] * 4]
    listed = [Instrument(A, date(2024, 3, 4), None)]
    signals: list[Signal | None] = [{A: D("0.5")}, None, None, None, None, {A: D("0.9")}]
    result = run([*market, {A: bar("20.00", "22.00")}], signals, listed=listed)
    assert result[0].positions == {A: 2500}
    assert result[5].orders[0].reason == "limit_up"


# ---------------------------------------------------------------- corporate actions


def test_small_gap_is_an_inferred_dividend() -> None:
    """10.00 -> 9.50 is 5 %: cash 1,000 * 0.50 = 500; NAV 90,499.90 + 9,600 = 100,099.90."""
    day = holding_1000({A: bar("9.50", "9.50", "9.60")})
    assert day.events == [Event(A, "inferred_dividend", 1000, 1000, D("500.00"))]
    assert (day.action, day.cash, day.nav) == ("HOLD", D("90499.90"), D("100099.90"))


def test_bonus_and_cash_by_row() -> None:
    """k = 0.333333: 333.333 -> 333 shares, 0.333 * 7.35 = 2.44755 -> 2.45; dividend 200.00.

    cash 89,999.90 + 202.45 = 90,202.35; NAV + 1,333 * 7.40 (9,864.20) = 100,066.55
    """
    rows = ((A, 1, 333_333, PER_SHARE // 5, None),)
    day = holding_1000({A: bar("7.35", "7.35", "7.40")}, actions=rows)
    assert day.events == [Event(A, "row", 1000, 1333, D("202.45"))]
    assert (day.cash, day.nav) == (D("90202.35"), D("100066.55"))


def test_gap_of_a_third_is_an_inferred_bonus() -> None:
    """10.00 -> 6.67: 10,000 / 6.67 = 1,499.25.. -> 1,499, rest 10,000 - 9,998.33 = 1.67."""
    day = holding_1000({A: bar("6.67", "6.67")})
    assert day.events == [Event(A, "inferred_bonus", 1000, 1499, D("1.67"))]
    assert day.nav == D("99999.90")  # conserved: as on day 1


@pytest.mark.parametrize(
    ("reference", "kind", "after", "cash"),
    [
        ("8.50", "inferred_dividend", 1000, "1500.00"),  # exactly 15 %
        ("8.49", "inferred_bonus", 1177, "7.27"),  # 10,000 - 1,177 * 8.49 (9,992.73)
        ("3.00", "inferred_bonus", 3333, "1.00"),  # exactly 70 %
    ],
)
def test_bounds_of_the_gaps(reference: str, kind: str, after: int, cash: str) -> None:
    day = holding_1000({A: bar(reference, reference)})
    assert day.events == [Event(A, kind, 1000, after, D(cash))]


@pytest.mark.parametrize("reference", ["10.01", "2.99"])
def test_unexplained_reference_stops_the_holder(reference: str) -> None:
    """Above the last close, or more than 70 % below: the day repeats the books of day 1."""
    day = holding_1000({A: bar(reference, reference)}, {})
    assert day.stuck
    assert (day.cash, day.nav, day.positions) == (D("89999.90"), D("99999.90"), {A: 1000})
    assert (day.orders, day.events) == ([], [])


def test_a_row_explains_the_reference() -> None:
    """k = 3: 4,000 shares at 2.50 after a gap of 75 %."""
    day = holding_1000({A: bar("2.50", "2.50")}, actions=((A, 1, 3_000_000, 0, None),))
    assert not day.stuck
    assert day.events == [Event(A, "row", 1000, 4000, D(0))]


def test_unexplained_reference_refuses_orders_of_others() -> None:
    """Not held: the day settles, the buy is refused. 50,000 / 10.50 = 4,761 -> 4,700."""
    market = [{A: bar("10.00", "10.00")}, {A: bar("10.50", "10.50")}]
    (day,) = run(market, [{A: D("0.5")}], before=1)
    assert brief(day.orders[0]) == (A, "BUY", 4700, 0, "refused", "unexplained_reference")
    assert not day.stuck


def test_reference_from_the_factors() -> None:
    """No pre_close: 10.00 * 1.00 / 1.05 = 9.5238.. -> 9.52; dividend 1,000 * 0.48 = 480."""
    market = [{A: bar("10.00", "10.00", adj="1.00")}, {A: bar(None, "9.52", adj="1.05")}]
    day = run(market, [{A: D("0.1")}, None])[1]
    assert day.events == [Event(A, "inferred_dividend", 1000, 1000, D("480.00"))]


def test_without_pre_close_and_factors_the_last_close_is_the_reference() -> None:
    """No event, and the limit-down price of 9.00 comes from the last close."""
    day = holding_1000({A: bar(None, "9.00")}, {})
    assert (day.events, day.orders[0].reason) == ([], "limit_down")


def test_row_on_a_day_without_a_bar() -> None:
    """Carried close 10.00, k = 1, d = 0.50: (10.00 - 0.50) / 2 = 4.75 for 2,000 shares.

    Day 2: cash 89,999.90 + 500 = 90,499.90, NAV + 2,000 * 4.75 = 99,999.90.
    Day 3: pre_close 4.75 is the carried close: no second event.
    """
    market = [{A: bar("10.00", "10.00")}, {}, {A: bar("4.75", "4.75", "5.00")}]
    rows = [(A, 1, 1_000_000, PER_SHARE // 2, None)]
    _, second, third = run(market, [{A: D("0.1")}, None, None], actions=rows)
    assert second.events == [Event(A, "row", 1000, 2000, D("500.00"))]
    assert (second.nav, second.closes) == (D("99999.90"), {A: D("4.75")})
    assert (third.events, third.nav) == ([], D("100499.90"))


def test_swap_into_another_symbol() -> None:
    """k = 0.1339: 133.9 -> 133 shares of B, 0.9 * 30.00 = 27.00 in cash.

    NAV 89,999.90 + 27.00 + 133 * 30.00 (3,990) = 94,016.90
    """
    rows = ((A, 1, 133_900, 0, B),)
    day = holding_1000({B: bar("30.00", "30.00")}, actions=rows)
    assert day.events == [Event(A, "row", 1000, 0, D("27.00")), Event(B, "row", 0, 133, D(0))]
    assert (day.positions, day.nav) == ({B: 133}, D("94016.90"))


# ---------------------------------------------------------------- suspension, delisting, no data


def test_suspension_of_a_held_name() -> None:
    """Day 2 has no row, day 3 a row without volume; both value 1,000 at 10.00 and sell nothing.

    Day 4: 1,000 sold at 9.50, stamp duty 4.75, transfer 0.095 -> 0.10:
    89,999.90 + 9,500 - 4.85 = 99,495.05
    """
    market: list[Bars] = [
        {A: bar("10.00", "10.00")},
        {},
        {A: bar("10.00", "10.00", volume=0)},
        {A: bar("10.00", "9.50")},
    ]
    result = run(market, [{A: D("0.1")}, {}, {}, {}])
    for day in result[1:3]:
        assert brief(day.orders[0]) == (A, "SELL", 1000, 0, "refused", "suspended")
        assert (day.nav, day.closes) == (D("99999.90"), {A: D("10.00")})
    assert (result[3].nav, result[3].positions) == (D("99495.05"), {})


def test_new_name_without_bar_stays_cash() -> None:
    """B never had a bar: quantity 0, refused; A gets its own half only (5,000, fee 0.50)."""
    (day,) = run([{A: bar("10.00", "10.00")}], [{A: D("0.5"), B: D("0.5")}])
    assert [brief(one) for one in day.orders] == [
        (A, "BUY", 5000, 5000, "filled", None),
        (B, "BUY", 0, 0, "refused", "no_market_data"),
    ]
    assert day.cash == D("49999.50")


def test_delisted_while_held() -> None:
    """Day 2 without a row: suspended. From delist_date (day 3): delisted, still at 10.00.

    Day 4: a row pays 8.00 a share and ends the shares: 89,999.90 + 8,000 = 97,999.90
    """
    delisted = [Instrument(A, None, date(2024, 3, 6))]
    rows = [(A, 3, -1_000_000, 8 * PER_SHARE, None)]
    market: list[Bars] = [{A: bar("10.00", "10.00")}, {}, {}, {}]
    result = run(market, [{A: D("0.1")}, {}, {}, {}], listed=delisted, actions=rows)
    assert [day.orders[0].reason for day in result[1:3]] == ["suspended", "delisted"]
    assert result[2].nav == D("99999.90")
    assert result[3].events == [Event(A, "row", 1000, 0, D(8000))]
    assert (result[3].nav, result[3].positions, result[3].orders) == (D("97999.90"), {}, [])


def test_no_rule_for_an_unknown_board() -> None:
    """A B share: 50,000 / 10.00 = 5,000, refused."""
    (day,) = run([{"900901.SH": bar("10.00", "10.00")}], [{"900901.SH": D("0.5")}])
    assert brief(day.orders[0]) == ("900901.SH", "BUY", 5000, 0, "refused", "no_rule")


# ---------------------------------------------------------------- lots


@pytest.mark.parametrize(
    ("weight", "quantity", "filled", "reason"),
    [
        ("0.199", 199, 0, "below_one_lot"),
        ("0.2", 200, 200, None),
        ("0.201", 201, 201, None),
    ],
)
def test_star_minimum_of_200(weight: str, quantity: int, filled: int, reason: str | None) -> None:
    """At 100.00 the weight of 100,000 gives 199, 200 and 201 shares."""
    (day,) = run([{STAR: bar("100.00", "100.00")}], [{STAR: D(weight)}])
    order = day.orders[0]
    assert (order.quantity, order.filled, order.reason) == (quantity, filled, reason)


def test_star_partial_sale_and_remainder() -> None:
    """Day 1: 250 at 100.00, fee 0.25. Day 2: 0.2 * 99,999.75 / 100 = 199.9995 -> 199; a sale
    of 51 is under 200. Day 3: a row takes 40 % of the shares, 150 are left, under the minimum;
    closing sells them all: 150 * 100, stamp duty 7.50, transfer 0.15.
    cash 74,999.75 + 15,000 - 7.65 = 89,992.10
    """
    market = [{STAR: bar("100.00", "100.00")}] * 3
    signals: list[Signal | None] = [{STAR: D("0.25")}, {STAR: D("0.2")}, {}]
    result = run(market, signals, actions=[(STAR, 2, -400_000, 0, None)])
    assert brief(result[1].orders[0]) == (STAR, "SELL", 51, 0, "refused", "below_one_lot")
    assert brief(result[2].orders[0]) == (STAR, "SELL", 150, 150, "filled", None)
    assert result[2].cash == D("89992.10")


@pytest.mark.parametrize(
    ("weight", "sold"),
    [
        ("0.11618128", [133]),  # 1,200.5 -> 1,200: sale 133, odd part 33 like the holding's
        ("0.12585902", [33]),  # 1,300.5 -> 1,300: sale 33, the odd remainder
        ("0.12102015", []),  # 1,250.5 -> 1,250: sale 83, under a step, no order
        ("0.11134240", [100]),  # 1,150.5 -> 1,150: sale 183, odd part 83, rounded down
    ],
)
def test_odd_lots_of_the_main_board(weight: str, sold: list[int]) -> None:
    """A row makes 1,333 shares at 10.00: E = 89,999.90 + 13,330 = 103,329.90.

    The weights are (target + 0.5) * 10.00 / 103,329.90, cut to 8 places.
    """
    rows = ((A, 1, 333_000, 0, None),)
    day = holding_1000({A: bar("10.00", "10.00")}, {A: D(weight)}, actions=rows)
    assert [order.filled for order in day.orders] == sold


def test_bse_hundred_then_single_shares() -> None:
    """0.0101 * 100,000 / 10.00 = 101 shares; 0.0099 gives 99, under the minimum of 100."""
    market = [{BSE: bar("10.00", "10.00")}]
    assert run(market, [{BSE: D("0.0101")}])[0].positions == {BSE: 101}
    refused = run(market, [{BSE: D("0.0099")}])[0].orders[0]
    assert brief(refused) == (BSE, "BUY", 99, 0, "refused", "below_one_lot")


# ---------------------------------------------------------------- fees and ticks


@pytest.mark.parametrize(
    ("first", "stamp_duty", "transfer_fee"),
    [
        (date(2022, 4, 27), "10.00", "0.20"),  # sale on 2022-04-28: 0.1 %, 0.002 %
        (date(2022, 4, 28), "10.00", "0.10"),  # sale on 2022-04-29: 0.001 %
        (date(2023, 8, 24), "10.00", "0.10"),  # sale on Friday 2023-08-25
        (date(2023, 8, 25), "5.00", "0.10"),  # sale on Monday 2023-08-28: 0.05 %
    ],
)
def test_stamp_duty_and_transfer_fee_by_date(first: date, stamp_duty: str, transfer_fee: str) -> None:
    """1,000 sold at 10.00 on the second day."""
    market = [{A: bar("10.00", "10.00")}] * 2
    order = run(market, [{A: D("0.1")}, {}], first=first)[1].orders[0]
    assert (order.side, order.amount) == ("SELL", D(10_000))
    assert (order.stamp_duty, order.transfer_fee) == (D(stamp_duty), D(transfer_fee))


def test_fund_tick_and_fees() -> None:
    """3.456 * 1.001 = 3.459456 -> 3.459; 50,000 / 3.459 = 14,455.. -> 14,400 = 49,809.600.

    Sale next day at 3.456 * 0.999 = 3.452544 -> 3.453: 14,400 * 3.453 = 49,723.200.
    Commission 14.94288 -> 14.94 and 14.91696 -> 14.92; no stamp duty, no transfer fee.
    cash 100,000 - 49,809.60 - 14.94 + 49,723.20 - 14.92 = 99,883.74
    """
    market = [{FUND: bar("3.456", "3.456")}] * 2
    result = run(market, [{FUND: D("0.5")}, {}], commission="0.0003", slippage="0.001")
    bought, sold = result[0].orders[0], result[1].orders[0]
    assert (bought.filled, bought.price, sold.price) == (14_400, D("3.459"), D("3.453"))
    assert (sold.stamp_duty, sold.transfer_fee) == (D(0), D(0))
    assert result[1].nav == D("99883.74")


def test_sale_whose_fees_exceed_proceeds_and_cash_is_refused() -> None:
    """Capital 9, minimum commission 5: 0.5 * 9 / 0.040 = 112 -> 100 for 4.00 + 5.00, cash 0.

    Next day the sale would bring 4.00 and cost 5.00.
    """
    market = [{FUND: bar("0.040", "0.040")}] * 2
    result = run(market, [{FUND: D("0.5")}, {}], capital=9, minimum="5")
    assert (result[0].cash, result[0].nav) == (D(0), D(4))
    assert brief(result[1].orders[0]) == (FUND, "SELL", 100, 0, "refused", "insufficient_cash")
