"""What one order is: its price, its lots, its cost; compiled. Symbols as in `ledger`."""

from __future__ import annotations

from typing import Final

from numba import njit

from quantos.settlement.core.exact import MILLION, MONEY_MAX, RATE_UNIT, fee, odd_part, to_tick

_ROW_MAX: Final = 9_000_000_000_000  # per million shares: what is left of a million times this stays in int64


@njit(cache=True, inline="always", error_model="numpy")
def buy_price(price: int, tick: int, lower: int, upper: int, slippage_e8: int) -> int:
    """price * (1 + slippage) to the tick, inside the day's limits."""
    return int(min(max(to_tick(price * (RATE_UNIT + slippage_e8), tick), lower), upper))


@njit(cache=True, inline="always", error_model="numpy")
def sell_price(price: int, tick: int, lower: int, upper: int, slippage_e8: int) -> int:
    """price * (1 - slippage) to the tick, inside the day's limits."""
    return int(min(max(to_tick(price * (RATE_UNIT - slippage_e8), tick), lower), upper))


@njit(cache=True, inline="always", error_model="numpy")
def commission_of(notional: int, rate_e8: int, minimum: int) -> int:
    """Commission of an order that trades, in mills."""
    return max(fee(notional, rate_e8), minimum)


@njit(cache=True, inline="always", error_model="numpy")
def buy_cost(quantity: int, price: int, transfer_e8: int, commission_e8: int, minimum_commission: int) -> int:
    """What a buy takes from cash, fees included."""
    notional = quantity * price
    return notional + commission_of(notional, commission_e8, minimum_commission) + fee(notional, transfer_e8)


@njit(cache=True, inline="always", error_model="numpy")
def sale_order(held: int, target: int, step: int, minimum: int) -> tuple[int, bool]:
    """(quantity, large enough) of a sale; quantity 0: no order.

    A closing sale, or one that carries exactly the holding's odd part, goes as it is; any other is rounded
    down to the step and obeys the minimum.
    """
    quantity = held - target
    if target == 0:
        return quantity, True
    odd = odd_part(held, step)
    rest = odd_part(quantity, step)
    if odd > 0 and rest == odd:
        return quantity, True
    quantity -= rest
    return quantity, quantity >= minimum


@njit(cache=True, error_model="numpy")
def row_out_of_range(held: int, bonus: int, cash: int, swap: bool) -> bool:
    """Whether a corporate-action row would leave negative shares, or amounts that int64 does not hold."""
    largest = max(abs(bonus), abs(cash))
    if bonus < (0 if swap else -MILLION) or largest > _ROW_MAX:
        return True
    return float(held) * float(largest) > float(MILLION) * float(MONEY_MAX)


@njit(cache=True, error_model="numpy")
def affordable(
    quantity: int,
    price: int,
    cash: int,
    step: int,
    minimum: int,
    transfer_e8: int,
    commission_e8: int,
    minimum_commission: int,
) -> int:
    """The largest lot up to `quantity` that the cash pays for, fees included; 0 where none."""
    if buy_cost(quantity, price, transfer_e8, commission_e8, minimum_commission) <= cash:
        return quantity
    rate = 1.0 + (commission_e8 + transfer_e8) / RATE_UNIT
    guess = min(int(cash / (price * rate)), quantity)
    guess -= odd_part(guess, step)
    while guess > 0 and buy_cost(guess, price, transfer_e8, commission_e8, minimum_commission) > cash:
        guess -= step
    while (
        guess + step < quantity
        and buy_cost(guess + step, price, transfer_e8, commission_e8, minimum_commission) <= cash
    ):
        guess += step
    return guess if guess >= minimum else 0
