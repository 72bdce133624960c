"""Orders of the ledger by hand: which are made, filled, cut or refused, and why.

Unless a test says otherwise: 600000.SH, 1,000,000 CNY, 2024-03-04 (transfer fee 0.001 %, stamp duty 0.05 %),
execution at the open, no commission, no slippage, reference 10.00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal as D

import pytest

from tests.oracle.examples import BSE, FUND, STAR, A, B, bar, weekdays
from tests.oracle.ledger import Bar, CorporateAction, DayResult, Instrument, Order, Terms
from tests.support.worlds import World, settle_world

Signal = Mapping[str, D]
MONDAY = date(2024, 3, 4)


def settle(
    market: Sequence[Mapping[str, Bar]],
    signals: Sequence[Signal | None],
    *,
    capital: int = 1_000_000,
    first: date = MONDAY,
    execution: str = "open",
    commission: str = "0",
    slippage: str = "0",
    minimum: str = "0",
    listed: Sequence[Instrument] = (),
    actions: Sequence[tuple[str, int, int, int]] = (),
    before: int = 0,
) -> list[DayResult]:
    """One entry of `market` and of `signals` a weekday; rows name the day by its index."""
    days = weekdays(first, len(market))
    names = {s for bars in market for s in bars} | {s for signal in signals for s in signal or {}}
    known = {s: Instrument(s, None, None) for s in sorted(names)} | {one.symbol: one for one in listed}
    rows = [CorporateAction(s, days[n], bonus, cash) for s, n, bonus, cash in actions]
    return settle_world(
        World(days, dict(zip(days, market, strict=True)), known, rows),
        {day: s for day, s in zip(days[before:], signals, strict=True) if s is not None},
        Terms(capital, execution, D(commission), D(slippage), D(minimum)),
        days[before:],
    )


def brief(order: Order) -> tuple[str, int, int, str | None]:
    return order.side, order.quantity, order.filled, order.reason


def only(day: DayResult) -> tuple[str, int, int, str | None]:
    (order,) = day.orders
    return brief(order)


TEN = bar("10.00", "10.00")


def bought_1000(second: Mapping[str, Bar], signal: Signal, **more: object) -> DayResult:
    """Day 2 of a strategy that bought 1,000 at 10.00: cash 989,999.90 after 0.10 of transfer fee."""
    first, day = settle([{A: TEN}, second], [{A: D("0.01")}, signal], **more)  # type: ignore[arg-type]
    assert first.positions == {A: 1000}
    return day


# ---------------------------------------------------------------- targets and lots


def test_weight_029_of_a_million_at_10_is_29000_shares() -> None:
    (day,) = settle([{A: TEN}], [{A: D("0.29")}])
    assert only(day) == ("BUY", 29_000, 29_000, None)


def test_weight_029_of_a_million_at_10_is_29000_shares_of_a_fund_free_of_fees() -> None:
    (day,) = settle([{FUND: TEN}], [{FUND: D("0.29")}])
    assert (day.positions, day.cash) == ({FUND: 29_000}, D(710000))


def test_a_buy_is_rounded_down_to_the_lot() -> None:
    """0.0999 * 1,000,000 / 10.00 = 9,990."""
    (day,) = settle([{A: TEN}], [{A: D("0.0999")}])
    assert only(day) == ("BUY", 9_900, 9_900, None)


def test_a_difference_under_a_step_makes_no_order() -> None:
    (day,) = settle([{A: TEN}], [{A: D("0.00099")}])
    assert day.orders == []


@pytest.mark.parametrize(
    ("weight", "outcome"),
    [
        ("0.00199", ("BUY", 199, 0, "below_one_lot")),
        ("0.00200", ("BUY", 200, 200, None)),
        ("0.00201", ("BUY", 201, 201, None)),
    ],
)
def test_star_buys_start_at_200_and_go_by_single_shares(
    weight: str, outcome: tuple[str, int, int, str | None]
) -> None:
    (day,) = settle([{STAR: TEN}], [{STAR: D(weight)}])
    assert only(day) == outcome


def test_a_star_sale_under_200_that_does_not_close_is_refused() -> None:
    """1,000 shares held, E = 999,999.90: 0.009 -> 899.99.. = 899, a sale of 101."""
    _, day = settle([{STAR: TEN}] * 2, [{STAR: D("0.01")}, {STAR: D("0.009")}])
    assert only(day) == ("SELL", 101, 0, "below_one_lot")


def test_a_star_remainder_under_200_is_sold_whole() -> None:
    """250 bought; a row leaves 40 % of them: 100, sold in one order."""
    days = settle([{STAR: TEN}] * 2, [{STAR: D("0.0025")}, {}], actions=[(STAR, 1, -600_000, 0)])
    assert only(days[1]) == ("SELL", 100, 100, None)


@pytest.mark.parametrize(("weight", "quantity", "filled"), [("0.00099", 99, 0), ("0.00101", 101, 101)])
def test_beijing_buys_start_at_100_and_go_by_single_shares(weight: str, quantity: int, filled: int) -> None:
    (day,) = settle([{BSE: TEN}], [{BSE: D(weight)}])
    assert only(day) == ("BUY", quantity, filled, None if filled else "below_one_lot")


@pytest.mark.parametrize(
    ("target", "sold"),
    [
        (1_200, 133),  # the odd part of the sale is that of the holding
        (1_300, 33),  # the odd remainder alone
        (1_250, 0),  # 83 less: under a step
        (1_150, 100),  # 183 less: rounded down
        (0, 1_333),  # everything
    ],
)
def test_odd_lots_leave_with_their_odd_part_or_not_at_all(target: int, sold: int) -> None:
    """A row makes 1,333 of 1,000 shares at 10.00: E = 989,999.90 + 13,330 = 1,003,329.90."""
    weight = D(repr(round((target + 0.5) * 10 / 1_003_329.90, 12))) if target else None
    signal = {} if weight is None else {A: weight}
    day = bought_1000({A: TEN}, signal, actions=[(A, 1, 333_000, 0)])
    assert sum(order.filled for order in day.orders) == sold


def test_a_name_no_longer_in_the_signal_is_sold_whole() -> None:
    assert only(bought_1000({A: TEN}, {})) == ("SELL", 1_000, 1_000, None)


# ---------------------------------------------------------------- cash


def test_a_buy_is_cut_to_what_the_cash_affords_fees_included() -> None:
    """100,000 shares would cost 1,000,010.00; 99,900 cost 999,009.99."""
    (day,) = settle([{A: TEN}], [{A: D(1)}])
    assert only(day) == ("BUY", 100_000, 99_900, "insufficient_cash")
    assert day.cash == D("990.01")


def test_a_buy_that_cash_covers_to_the_mill_is_not_cut() -> None:
    (day,) = settle([{FUND: TEN}], [{FUND: D(1)}])
    assert (only(day), day.cash) == (("BUY", 100_000, 100_000, None), D(0))


def test_a_buy_cut_below_its_minimum_is_refused_for_cash() -> None:
    """2,000.00 buys 200 STAR shares but not the 0.02 of transfer fee; 199 are under the minimum."""
    (day,) = settle([{STAR: TEN}], [{STAR: D(1)}], capital=2_000)
    assert only(day) == ("BUY", 200, 0, "insufficient_cash")


def test_the_minimum_commission_can_cut_a_buy() -> None:
    """10 lots at 10.00 are all the cash; 5.00 of commission leaves 9."""
    (day,) = settle([{FUND: TEN}], [{FUND: D(1)}], capital=10_000, minimum="5")
    assert only(day) == ("BUY", 1_000, 900, "insufficient_cash")
    assert day.cash == D(995)


def test_sales_pay_for_buys_of_the_same_day() -> None:
    """99,900 of A sold bring 999,000 - 499.50 - 9.99; with 990.01 of cash that buys 99,900 of B."""
    days = settle([{A: TEN, B: TEN}] * 2, [{A: D(1)}, {B: D(1)}])
    assert [brief(o) for o in days[1].orders] == [
        ("SELL", 99_900, 99_900, None),
        ("BUY", 99_900, 99_900, None),
    ]
    assert days[1].cash == D("471.53") - D("1.00")


def test_buys_go_by_descending_weight_then_symbol() -> None:
    c = "600002.SH"
    (day,) = settle([{A: TEN, B: TEN, c: TEN}], [{B: D("0.25"), A: D("0.25"), c: D("0.5")}])
    assert [(o.symbol, o.filled) for o in day.orders] == [(c, 50_000), (A, 25_000), (B, 24_900)]


def test_weights_that_differ_in_the_last_digit_of_a_double_still_have_an_order() -> None:
    """24474518055727398 / 10**17 and 244745180557274 / 10**15 are one double when divided in doubles."""
    less, more = D("0.24474518055727398"), D("0.244745180557274")
    (day,) = settle([{A: TEN, B: TEN}], [{A: less, B: more}])
    assert [o.symbol for o in day.orders] == [B, A]


def test_a_sale_whose_fees_exceed_proceeds_and_cash_is_refused() -> None:
    """4.00 of proceeds, 5.00 of commission, nothing in cash."""
    cheap = bar("0.040", "0.040")
    days = settle([{FUND: cheap}] * 2, [{FUND: D("0.5")}, {}], capital=9, minimum="5")
    assert (days[0].cash, only(days[1])) == (D(0), ("SELL", 100, 0, "insufficient_cash"))


def test_a_sale_whose_fees_take_all_of_it_is_filled() -> None:
    """Capital 10: 100 shares for 5.00 and 5.00 of commission. They bring 5.00, which the commission takes."""
    cheap = bar("0.050", "0.050")
    days = settle([{FUND: cheap}] * 2, [{FUND: D("0.5")}, {}], capital=10, minimum="5")
    assert (only(days[1]), days[1].nav) == (("SELL", 100, 100, None), D(0))


# ---------------------------------------------------------------- refusals, and which of two wins


def test_a_name_without_any_bar_has_no_market_data_and_quantity_0() -> None:
    (day,) = settle([{A: TEN}], [{B: D("0.5")}])
    assert only(day) == ("BUY", 0, 0, "no_market_data")


def test_no_market_data_wins_over_delisted() -> None:
    (day,) = settle([{A: TEN}], [{B: D("0.5")}], listed=[Instrument(B, None, MONDAY)])
    assert only(day) == ("BUY", 0, 0, "no_market_data")


def test_delisted_wins_over_suspended() -> None:
    day = bought_1000({}, {}, listed=[Instrument(A, None, date(2024, 3, 5))])
    assert only(day) == ("SELL", 1_000, 0, "delisted")


def test_delisted_wins_also_where_there_is_a_bar() -> None:
    day = bought_1000({A: TEN}, {}, listed=[Instrument(A, None, date(2024, 3, 5))])
    assert only(day) == ("SELL", 1_000, 0, "delisted")


@pytest.mark.parametrize("second", [{}, {A: bar("10.00", "10.00", volume=0)}])
def test_no_row_and_a_row_without_volume_are_suspensions(second: Mapping[str, Bar]) -> None:
    assert only(bought_1000(second, {})) == ("SELL", 1_000, 0, "suspended")


def test_suspended_wins_over_an_unexplained_reference() -> None:
    """Not held, reference 11.00 after a close of 10.00, no volume: 0.5 * 1,000,000 / 11.00 = 45,454."""
    market = [{A: TEN}, {A: bar("11.00", "11.00", volume=0)}]
    (day,) = settle(market, [{A: D("0.5")}], before=1)
    assert only(day) == ("BUY", 45_400, 0, "suspended")


def test_an_unexplained_reference_refuses_and_wins_over_the_limit() -> None:
    """Reference 11.00 after 10.00, open at the upper limit 12.10: 500,000 / 12.10 = 41,322."""
    market = [{A: TEN}, {A: bar("11.00", "12.10")}]
    (day,) = settle(market, [{A: D("0.5")}], before=1)
    assert only(day) == ("BUY", 41_300, 0, "unexplained_reference")


def test_a_board_without_rules_wins_over_the_limit() -> None:
    """STAR opens on 2019-07-22; on the Friday before there is no rule, and no lot: 50,000 shares."""
    (day,) = settle([{STAR: bar("10.00", "10.00")}], [{STAR: D("0.5")}], first=date(2019, 7, 19))
    assert only(day) == ("BUY", 50_000, 0, "no_rule")


def test_limit_up_wins_over_below_one_lot() -> None:
    """STAR: upper limit 12.00; 0.001 * 1,000,000 / 12.00 = 83 shares, under the minimum too."""
    (day,) = settle([{STAR: bar("10.00", "12.00")}], [{STAR: D("0.001")}])
    assert only(day) == ("BUY", 83, 0, "limit_up")


def test_limit_down_wins_over_below_one_lot() -> None:
    """1,000 at 10.00, then 8.00: E = 989,999.90 + 8,000 = 997,999.90; 0.0079 -> 985; a sale of 15."""
    market = [{STAR: TEN}, {STAR: bar("10.00", "8.00")}]
    _, day = settle(market, [{STAR: D("0.01")}, {STAR: D("0.0079")}])
    assert only(day) == ("SELL", 15, 0, "limit_down")


def test_below_one_lot_wins_over_insufficient_cash() -> None:
    """Capital 1,990: 199 STAR shares, and the 0.02 of fee could not be paid either."""
    (day,) = settle([{STAR: TEN}], [{STAR: D(1)}], capital=1_990)
    assert only(day) == ("BUY", 199, 0, "below_one_lot")


def test_a_sale_at_the_upper_limit_fills() -> None:
    assert only(bought_1000({A: bar("10.00", "11.00")}, {})) == ("SELL", 1_000, 1_000, None)


def test_a_buy_at_the_lower_limit_fills_at_it() -> None:
    (day,) = settle([{A: bar("10.00", "9.00")}], [{A: D("0.09")}])
    assert (only(day), day.orders[0].price) == (("BUY", 10_000, 10_000, None), D("9.00"))


def test_slippage_stops_at_the_limits() -> None:
    """10.10 * 1.01 = 10.201 -> 10.20 to buy; a sale at 9.01 less 1 % would be 8.92: the lower limit is 9.00."""
    market = [{A: bar("10.00", "10.10", "10.00")}, {A: bar("10.00", "9.01")}]
    days = settle(market, [{A: D("0.01")}, {}], slippage="0.01")
    assert [day.orders[0].price for day in days] == [D("10.20"), D("9.00")]


def test_the_limit_of_a_reference_of_two_cents_is_one_tick_away() -> None:
    """10 % of 0.02 is no tick; at 0.02 both sides trade, at 0.03 no buy."""
    (quiet,) = settle([{A: bar("0.02", "0.02")}], [{A: D("0.5")}])
    (up,) = settle([{A: bar("0.02", "0.03")}], [{A: D("0.5")}])
    assert (quiet.orders[0].reason, up.orders[0].reason) == (None, "limit_up")
