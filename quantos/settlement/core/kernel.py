"""The ledger, compiled: one strategy-day after another, in the order of the specification.

Symbols as in `ledger`: h shares held, n target, q order, E equity at execution. Loops run over one
strategy's names, in scratch arrays that are used again; nothing is allocated inside. A strategy's holdings
stand in symbol order, its signal by descending weight, then symbol.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from quantos.settlement.core.exact import (
    MONEY_MAX,
    cents_half_up,
    fee,
    odd_part,
    per_million,
    target_shares,
)
from quantos.settlement.core.facts import (
    BLOCK,
    BONUS,
    CLOSE,
    EVENT,
    EVENT_CASH,
    INTO,
    LAST_CLOSE,
    LOWER,
    MINIMUM,
    OPEN,
    REFERENCE,
    STAMP,
    STEP,
    TICK,
    TRANSFER,
    UPPER,
    Event,
    Reason,
    Status,
)
from quantos.settlement.core.orders import (
    affordable,
    buy_price,
    commission_of,
    row_out_of_range,
    sale_order,
    sell_price,
)

# Plain integers: an enum member costs a look-up in compiled code.
_ROW, _INFERRED_CASH, _INFERRED_SHARES, _UNEXPLAINED = (
    int(Event.ROW),
    int(Event.INFERRED_CASH),
    int(Event.INFERRED_SHARES),
    int(Event.UNEXPLAINED),
)
_LIMIT_UP, _LIMIT_DOWN = int(Reason.LIMIT_UP), int(Reason.LIMIT_DOWN)
_BELOW_ONE_LOT, _INSUFFICIENT_CASH = int(Reason.BELOW_ONE_LOT), int(Reason.INSUFFICIENT_CASH)
_SETTLED, _WAITING, _OVERFLOW = int(Status.SETTLED), int(Status.WAITING), int(Status.OVERFLOW)


@njit(cache=True, nogil=True, error_model="numpy")
def settle_strategies(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one pass over one strategy, step by step
    first: int,
    last: int,
    facts: Any,
    at_close: Any,
    commission_e8: Any,
    slippage_e8: Any,
    minimum_commission: int,
    cash_before: Any,
    held_start: Any,
    held_instrument: Any,
    held_shares: Any,
    signal_start: Any,
    signal_instrument: Any,
    signal_weight: Any,
    signal_mantissa: Any,
    signal_exponent: Any,
    has_signal: Any,
    status: Any,
    cash_after: Any,
    nav: Any,
    turnover: Any,
    fees: Any,
    waits_for: Any,
    position_count: Any,
    position_instrument: Any,
    position_shares: Any,
    order_count: Any,
    order_instrument: Any,
    order_numbers: Any,
    order_reason: Any,
    event_count: Any,
    event_instrument: Any,
    event_numbers: Any,
) -> tuple[int, int, int]:
    """Settle strategies first..last-1; returns how many positions, orders and events were written.

    order_numbers, [6, room]: quantity (buys positive, sales negative), filled, price, commission, stamp
    duty, transfer fee. event_numbers, [4, room]: shares before, shares after, cash, Event.
    """
    most = 1
    for s in range(first, last):
        most = max(most, 2 * (held_start[s + 1] - held_start[s]) + signal_start[s + 1] - signal_start[s])
    instrument = np.empty(most, np.int64)
    shares = np.empty(most, np.int64)
    target = np.empty(most, np.int64)
    bid = np.empty(most, np.int64)
    place = np.zeros(len(facts), np.int32)  # 1 + place of an instrument in the scratch arrays, 0: not there
    positions = orders = events = 0

    for s in range(first, last):
        orders_before, events_before, positions_before = orders, events, positions
        cash = cash_before[s]
        price_column = CLOSE if at_close[s] else OPEN
        commission_rate, slippage = commission_e8[s], slippage_e8[s]
        status[s] = _SETTLED
        waits_for[s] = -1
        traded = paid = 0
        names = 0
        swapped = False

        # 1. Corporate actions. Every later step sees the quantities after them.
        for j in range(held_start[s], held_start[s + 1]):
            i = held_instrument[j]
            h = held_shares[j]
            event = facts[i, EVENT]
            if event != 0:
                if event == _UNEXPLAINED:
                    status[s] = _WAITING
                    waits_for[s] = i
                    break
                after, received, into = h, 0, -1
                if event == _INFERRED_CASH:
                    received = h * (facts[i, LAST_CLOSE] - facts[i, REFERENCE])
                elif event == _INFERRED_SHARES:
                    after = h * facts[i, LAST_CLOSE] // facts[i, REFERENCE]
                    received = h * facts[i, LAST_CLOSE] - after * facts[i, REFERENCE]
                elif event == _ROW:
                    into = facts[i, INTO]
                    if row_out_of_range(h, facts[i, BONUS], facts[i, EVENT_CASH], into >= 0):
                        status[s] = _OVERFLOW
                        waits_for[s] = i
                        break
                    if into >= 0 and facts[i, BONUS] > 0 and facts[into, CLOSE] == 0:
                        status[s] = _WAITING  # shares of a name without any price cannot be valued
                        waits_for[s] = into
                        break
                    bonus, fraction = per_million(h, facts[i, BONUS])
                    fraction_price = facts[i, REFERENCE] if into < 0 else facts[into, REFERENCE]
                    whole, rest = per_million(h, facts[i, EVENT_CASH])
                    received = cents_half_up(whole, rest)
                    fraction_value = fraction * fraction_price
                    received += cents_half_up(fraction_value // 1_000_000, fraction_value % 1_000_000)
                    after = h + bonus if into < 0 else 0
                    if into >= 0 and bonus > 0:
                        swapped = True
                        if place[into] == 0:
                            instrument[names], shares[names] = into, 0
                            names += 1
                            place[into] = names
                        shares[place[into] - 1] += bonus
                cash += received
                event_instrument[events] = i
                event_numbers[0, events], event_numbers[1, events] = h, after
                event_numbers[2, events], event_numbers[3, events] = received, event
                events += 1
                h = after
            if h > 0:
                if place[i] == 0:
                    instrument[names], shares[names] = i, 0
                    names += 1
                    place[i] = names
                shares[place[i] - 1] += h
        if swapped and status[s] == _SETTLED:
            _sort_by_instrument(instrument, shares, 0, names)
            for k in range(names):
                place[instrument[k]] = k + 1
            own_events = events
            for j in range(held_start[s], held_start[s + 1]):
                i = held_instrument[j]
                into = facts[i, INTO]
                if facts[i, EVENT] != _ROW or into < 0:
                    continue
                arrived, _ = per_million(held_shares[j], facts[i, BONUS])
                if arrived > 0:
                    events = _note_arrival(
                        event_instrument,
                        event_numbers,
                        own_events,
                        events,
                        into,
                        arrived,
                        shares[place[into] - 1],
                    )

        if cash < 0:  # rows may take cash, but not more than there is
            status[s] = _OVERFLOW

        # 2. and 3. Without a signal the day is a hold; with one, what is it all worth at execution?
        rebalance = status[s] == _SETTLED and has_signal[s]
        if rebalance:
            equity = cash
            shadow = float(cash)
            for k in range(names):
                value = shares[k] * facts[instrument[k], price_column]
                shadow += float(shares[k]) * float(facts[instrument[k], price_column])
                equity += value
            if shadow > MONEY_MAX:
                status[s] = _OVERFLOW
                rebalance = False

        if rebalance:
            # 4. Targets. Who is held and not named has target 0.
            held_names = names
            for k in range(names):
                target[k] = 0
            for j in range(signal_start[s], signal_start[s + 1]):
                i = signal_instrument[j]
                price = facts[i, price_column]
                k = place[i] - 1
                if k < 0:
                    k = names
                    instrument[k], shares[k] = i, 0
                    names += 1
                    place[i] = names
                if price == 0:
                    target[k], bid[k] = 0, 0
                    continue
                bid[k] = buy_price(price, facts[i, TICK], facts[i, LOWER], facts[i, UPPER], slippage)
                target[k] = target_shares(
                    signal_weight[j], signal_mantissa[j], signal_exponent[j], equity, bid[k]
                )

            # 5. Orders. Sells first, in symbol order.
            for k in range(held_names):
                h, n = shares[k], target[k]
                if n >= h:
                    continue
                i = instrument[k]
                reason = facts[i, BLOCK]
                step, minimum = facts[i, STEP], facts[i, MINIMUM]
                quantity, large_enough = h - n, True
                if step > 0:
                    quantity, large_enough = sale_order(h, n, step, minimum)
                    if quantity == 0:
                        continue
                price = facts[i, price_column]
                if reason == 0 and price <= facts[i, LOWER]:
                    reason = _LIMIT_DOWN
                if reason == 0 and not large_enough:
                    reason = _BELOW_ONE_LOT
                filled = fill = commission = stamp = transfer = 0
                if reason == 0:
                    fill = sell_price(price, facts[i, TICK], facts[i, LOWER], facts[i, UPPER], slippage)
                    notional = quantity * fill
                    commission = commission_of(notional, commission_rate, minimum_commission)
                    stamp = fee(notional, facts[i, STAMP])
                    transfer = fee(notional, facts[i, TRANSFER])
                    proceeds = notional - commission - stamp - transfer
                    if cash + proceeds < 0:
                        reason = _INSUFFICIENT_CASH
                        fill = commission = stamp = transfer = 0
                    else:
                        filled = quantity
                        cash += proceeds
                        shares[k] = h - quantity
                        traded += notional
                        paid += commission + stamp + transfer
                order_instrument[orders] = i
                _write_order(order_numbers, orders, -quantity, filled, fill, commission, stamp, transfer)
                order_reason[orders] = reason
                orders += 1

            # Then buys, by descending weight, then symbol.
            for j in range(signal_start[s], signal_start[s + 1]):
                i = signal_instrument[j]
                k = place[i] - 1
                if bid[k] == 0:  # no price: nothing can be aimed at; a holding has its order among the sells
                    if shares[k] == 0:
                        order_instrument[orders] = i
                        _write_order(order_numbers, orders, 0, 0, 0, 0, 0, 0)
                        order_reason[orders] = facts[i, BLOCK]
                        orders += 1
                    continue
                h, n = shares[k], target[k]
                # A sale of this day, filled or not, leaves no buy behind.
                quantity = n - h
                if quantity <= 0:
                    continue
                reason = facts[i, BLOCK]
                step = facts[i, STEP]
                if step > 0:
                    if quantity < step:
                        continue
                    quantity -= odd_part(quantity, step)
                price = facts[i, price_column]
                if reason == 0 and price >= facts[i, UPPER]:
                    reason = _LIMIT_UP
                if reason == 0 and quantity < facts[i, MINIMUM]:
                    reason = _BELOW_ONE_LOT
                filled = fill = commission = transfer = 0
                if reason == 0:
                    filled = affordable(
                        quantity,
                        bid[k],
                        cash,
                        step,
                        facts[i, MINIMUM],
                        facts[i, TRANSFER],
                        commission_rate,
                        minimum_commission,
                    )
                    if filled < quantity:
                        reason = _INSUFFICIENT_CASH
                    if filled > 0:
                        fill = bid[k]
                        notional = filled * fill
                        commission = commission_of(notional, commission_rate, minimum_commission)
                        transfer = fee(notional, facts[i, TRANSFER])
                        cash -= notional + commission + transfer
                        shares[k] = h + filled
                        traded += notional
                        paid += commission + transfer
                order_instrument[orders] = i
                _write_order(order_numbers, orders, quantity, filled, fill, commission, 0, transfer)
                order_reason[orders] = reason
                orders += 1

        # 6. The close.
        value = 0
        shadow = float(cash)
        for k in range(names):
            i = instrument[k]
            place[i] = 0
            if shares[k] > 0:
                value += shares[k] * facts[i, CLOSE]
                shadow += float(shares[k]) * float(facts[i, CLOSE])
                position_instrument[positions] = i
                position_shares[positions] = shares[k]
                positions += 1
        if shadow > MONEY_MAX:
            status[s] = _OVERFLOW
        _sort_by_instrument(position_instrument, position_shares, positions_before, positions)

        if status[s] != _SETTLED:  # as if the day had not been looked at
            orders, events, positions = orders_before, events_before, positions_before
            cash, value, traded, paid = cash_before[s], 0, 0, 0
            for j in range(held_start[s], held_start[s + 1]):
                position_instrument[positions] = held_instrument[j]
                position_shares[positions] = held_shares[j]
                positions += 1
        cash_after[s], nav[s], turnover[s], fees[s] = cash, cash + value, traded, paid
        position_count[s] = positions - positions_before
        order_count[s] = orders - orders_before
        event_count[s] = events - events_before
    return positions, orders, events


@njit(cache=True, inline="always")
def _write_order(
    numbers: Any, row: int, quantity: int, filled: int, price: int, commission: int, stamp: int, transfer: int
) -> None:
    numbers[0, row] = quantity
    numbers[1, row] = filled
    numbers[2, row] = price
    numbers[3, row] = commission
    numbers[4, row] = stamp
    numbers[5, row] = transfer


@njit(cache=True)
def _note_arrival(
    instrument: Any, numbers: Any, first: int, events: int, into: int, arrived: int, after: int
) -> int:
    """Shares that a swap brought: one event for each receiving instrument, in symbol order."""
    row = events
    while row > first and instrument[row - 1] >= into:
        row -= 1
    if row < events and instrument[row] == into:
        numbers[0, row] -= arrived
        return events
    for k in range(events, row, -1):
        instrument[k] = instrument[k - 1]
        numbers[:, k] = numbers[:, k - 1]
    instrument[row] = into
    numbers[0, row], numbers[1, row], numbers[2, row], numbers[3, row] = after - arrived, after, 0, _ROW
    return events + 1


@njit(cache=True)
def _sort_by_instrument(instrument: Any, shares: Any, start: int, end: int) -> None:
    """Insertion sort: holdings are nearly in order already."""
    for k in range(start + 1, end):
        i, h = instrument[k], shares[k]
        j = k - 1
        while j >= start and instrument[j] > i:
            instrument[j + 1] = instrument[j]
            shares[j + 1] = shares[j]
            j -= 1
        instrument[j + 1] = i
        shares[j + 1] = h
