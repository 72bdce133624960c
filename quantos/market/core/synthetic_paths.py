"""The synthetic prices, in whole mills.

T sessions, N instruments, every table [T, N]; returns in ppm.

    ret[t,i]   = (beta_i market[t] + growth_i growth[t] + small_i small[t]) / 100 + sector[t, s_i] + own[t,i]
    ref[t,i]   = close[t-1,i], on an ex-date half_up((close[t-1,i] - cash) / (1 + bonus))
    upper      = max(half_up(ref (1 + rate)), ref + tick);  lower likewise, never under one tick
    close[t,i] = half_up(ref (1 + ret)), inside lower..upper; equal to ref when suspended
    adj[t,i]   = adj[t-1,i] close[t-1,i] / ref[t,i]

half_up rounds to the tick. Open, high and low are drawn around ref and close and stay inside the limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.boards import Board
from quantos.market.core.synthetic_cast import SECTORS, Cast
from quantos.market.core.synthetic_draws import Draws
from quantos.market.core.synthetic_events import Events

Ints = NDArray[np.int64]

PPM: Final = 1_000_000
_UNLIMITED_UP: Final = 4
"""A day without a limit still ends below this many times the reference."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Every table is [T, N]; prices in mills, volume in shares, amount in mills."""

    ref: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    amount: Ints
    adj_factor: NDArray[np.float64]
    cash_mills: Ints
    """Per share, on ex-dates."""


def half_up(price_ppm: Ints, tick: Ints) -> Ints:
    """Millionths of a mill to mills, half up to the tick."""
    return (2 * price_ppm + PPM * tick) // (2 * PPM * tick) * tick


def draw_paths(seed: int, cast: Cast, events: Events) -> Paths:
    """Prices and volumes of a seed."""
    count = events.listed.shape[0]
    ret = _returns(Draws(seed, 3), cast, events)
    ref, close, adj, cash = _walk(cast, events, ret)
    upper, lower = _limits(ref, cast.tick, events.rate_ppm)
    upper = np.where(events.free, _UNLIMITED_UP * ref, upper)
    lower = np.where(events.free, np.broadcast_to(cast.tick, ref.shape), lower)
    draws = Draws(seed, 4)
    still = events.suspended | events.one_price

    gap = ret // 3 + draws.bell(4_000, count, len(cast))
    opening = np.clip(half_up(ref * (PPM + gap), cast.tick), lower, upper)
    opening = np.where(still, close, opening)
    spread = (cast.idio_ppm + 4_000) // 2
    up = np.abs(draws.bell(1_000, count, len(cast))) * spread // 1_000
    down = np.abs(draws.bell(1_000, count, len(cast))) * spread // 1_000
    top, bottom = np.maximum(opening, close), np.minimum(opening, close)
    high = np.where(still, close, np.minimum(half_up(top * (PPM + up), cast.tick), upper))
    low = np.where(still, close, np.maximum(half_up(bottom * (PPM - down), cast.tick), lower))

    busy = PPM + 10 * np.abs((close - ref) * PPM // ref)
    volume = cast.daily_volume * busy // PPM * draws.between(50, 180, count, len(cast)) // 100
    volume = np.where(events.one_price, volume // 20, volume)
    volume = np.where(events.suspended, 0, np.maximum(volume, 100))
    amount = (opening + high + low + 2 * close) // 5 * volume
    return Paths(ref, opening, high, low, close, volume, amount, adj, cash)


def _returns(draws: Draws, cast: Cast, events: Events) -> Ints:
    shape = events.listed.shape
    market = 400 + draws.bell(9_500, shape[0])
    growth = draws.bell(6_000, shape[0])
    small = draws.bell(5_000, shape[0])
    sector = draws.bell(5_000, shape[0], SECTORS)
    common = (
        market[:, None] * cast.beta_pct + growth[:, None] * cast.growth_pct + small[:, None] * cast.small_pct
    ) // 100
    own = draws.bell(1_000, *shape) * cast.idio_ppm // 1_000
    # One day in 200 an instrument has news: four times its ordinary move.
    news = (draws.between(0, 199, *shape) == 0) & (cast.board != Board.FUND)
    of_sector = np.where(cast.sector >= 0, sector[:, np.maximum(cast.sector, 0)], 0)
    ret = common + of_sector + np.where(news, 4 * own, own)
    debut = draws.between(300_000, 1_500_000, *shape)
    ret = np.where(events.first_session & events.free, debut, ret)
    return np.where(events.at_limit != 0, events.at_limit.astype(np.int64) * (PPM - 1), ret)


def _walk(cast: Cast, events: Events, ret: Ints) -> tuple[Ints, Ints, NDArray[np.float64], Ints]:
    """Reference prices, closes, factors and cash per share, day after day."""
    shape = events.listed.shape
    ref, close, cash = (np.empty(shape, dtype=np.int64) for _ in range(3))
    adj = np.empty(shape, dtype=np.float64)
    last, factor = cast.first_price.copy(), np.ones(len(cast))
    one = np.ones(len(cast))
    for t in range(shape[0]):
        paid = last * events.cash_ppm[t] // PPM
        given = events.bonus_ppm[t]
        event = (paid > 0) | (given > 0)
        # (last - paid) / (1 + given), half up to the tick
        whole = (PPM + given) * cast.tick
        ex = (2 * (last - paid) * PPM + whole) // (2 * whole) * cast.tick
        reference = np.where(event, np.maximum(ex, cast.tick), last)
        upper, lower = _limits(reference, cast.tick, events.rate_ppm[t])
        free = events.free[t]
        target = half_up(reference * (PPM + ret[t]), cast.tick)
        target = np.clip(
            target,
            np.where(free, cast.tick, lower),
            np.where(free, _UNLIMITED_UP * reference, upper),
        )
        today = np.where(events.suspended[t] | ~events.listed[t], reference, target)
        factor = factor * np.where(event, last / reference, one)
        ref[t], close[t], cash[t], adj[t] = reference, today, paid, factor
        last = today
    return ref, close, adj, cash


def _limits(ref: Ints, tick: Ints, rate_ppm: Ints) -> tuple[Ints, Ints]:
    upper = np.maximum(half_up(ref * (PPM + rate_ppm), tick), ref + tick)
    lower = np.minimum(half_up(ref * (PPM - rate_ppm), tick), ref - tick)
    return upper, np.maximum(lower, tick)
