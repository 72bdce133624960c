"""Price limits of a day.

Symbols: i instrument; ref[i] reference price in mills; r rate in ppm; tick[i] in mills; s[i] sessions since
listing (0 on the list date, -1 unknown).

    half_up(x)  = floor(x / tick + 1/2) * tick
    upper[i]    = max(half_up(ref (1 + r_up)),   half_up(ref) + tick)
    lower[i]    = max(min(half_up(ref (1 - r_down)), half_up(ref) - tick), tick)

The limit is at least one tick from the reference and no price is under one tick. The exchanges wrote the
one-tick rule down in 2011 (SZSE) and 2023 (SSE); it is applied to every date, and reaches only references of
a few ticks (under 0.05 CNY at 10 %).

Which rate holds, the last that applies:

    1. the board's ordinary rate;
    2. the rate of shares under risk warning, where is_st = 1 (unknown, -1: the ordinary rate);
    3. the wide rate, for funds on the list of those tracking ChiNext or STAR;
    4. on the list date (s = 0) the first-day rates of the listing's regime, if it has any;
    5. NO_LIMIT while 0 <= s < free sessions of the listing's regime;
    6. NO_RULE where the board has no rule on the trade date, whatever else applies.

The regime of 4 and 5 is selected by the list date (`rules.listing_terms`), everything else by the trade date.
An unknown list date or s = -1 means an ordinary session.

Everything is an exact integer; a reference above MAX_REFERENCE_MILLS is refused, as int64 would not hold it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from quantos.settlement.core.rules import NO_RULE, DayRules, ListingTerms

NO_LIMIT: Final = int(np.iinfo(np.int64).max)
"""A rate that limits nothing, and the upper price of an instrument without limit (its lower one is 0)."""

PPM: Final = 1_000_000

MAX_REFERENCE_MILLS: Final = 10**12
"""One thousand million CNY a share."""


def limit_rates(
    rules: DayRules,
    board: NDArray[np.int8],
    is_st: NDArray[np.int8],
    wide_fund: NDArray[np.bool_],
    sessions_since_listing: NDArray[np.int64],
    listing: ListingTerms,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rates of the upper and the lower limit, ppm of the reference, int64[N] each.

    rules: of the trade date; board, is_st (1 yes, 0 no, -1 unknown), wide_fund, sessions_since_listing: [N];
    listing: the terms of each instrument's own list date, [N]. NO_LIMIT and NO_RULE as in the module's list;
    either stands on both sides at once.
    """
    st = (is_st == 1) & (rules.limit_up_st[board] != NO_RULE)
    wide = wide_fund & (rules.limit_wide[board] != NO_RULE)
    first_day = (sessions_since_listing == 0) & (listing.first_day_up != NO_RULE)
    free = (sessions_since_listing >= 0) & (sessions_since_listing < listing.free_sessions)
    closed = rules.limit_up[board] == NO_RULE

    def chosen(
        ordinary: NDArray[np.int64], warned: NDArray[np.int64], of_first_day: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        rate = np.where(st, warned[board], ordinary[board])
        rate = np.where(wide, rules.limit_wide[board], rate)
        rate = np.where(first_day, of_first_day, rate)
        rate = np.where(free, NO_LIMIT, rate)
        return np.where(closed, NO_RULE, rate)

    return (
        chosen(rules.limit_up, rules.limit_up_st, listing.first_day_up),
        chosen(rules.limit_down, rules.limit_down_st, listing.first_day_down),
    )


def price_limits(
    reference: NDArray[np.int64],
    up_ppm: NDArray[np.int64],
    down_ppm: NDArray[np.int64],
    tick: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Highest and lowest price of the day in mills, int64[N] each; all arguments int64[N].

    No limit (NO_LIMIT): upper = NO_LIMIT, lower = 0. No rule, no tick or no reference (below 1): the empty
    band upper = 0, lower = NO_LIMIT, in which no price lies, so that a caller who forgets the refusal cannot
    trade. Raises OverflowError above MAX_REFERENCE_MILLS, ValueError for a rate above 100 %.
    """
    if reference.size and reference.max() > MAX_REFERENCE_MILLS:
        raise OverflowError(f"reference of {reference.max()} mills, at most {MAX_REFERENCE_MILLS}")
    unlimited = (up_ppm == NO_LIMIT) & (down_ppm == NO_LIMIT)
    if bool(np.any(~unlimited & ((up_ppm > PPM) | (down_ppm > PPM)))):
        raise ValueError("a price limit above 100 %")
    ruled = (up_ppm >= 0) & (down_ppm >= 0) & (tick > 0)
    banded = ruled & ~unlimited & (reference > 0)

    ref = np.where(banded, reference, 1)
    step = np.where(banded, tick, 1)
    nearest = _half_up(ref * PPM, step)
    upper = np.maximum(_half_up(ref * (PPM + np.where(banded, up_ppm, 0)), step), nearest + step)
    lower = np.minimum(_half_up(ref * (PPM - np.where(banded, down_ppm, 0)), step), nearest - step)

    free = ruled & unlimited
    return (
        np.where(banded, upper, np.where(free, NO_LIMIT, 0)),
        np.where(banded, np.maximum(lower, step), np.where(free, 0, NO_LIMIT)),
    )


def _half_up(price_ppm: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.int64]:
    """Price in millionths of a mill to mills, half up to the step (mills)."""
    return (2 * price_ppm + PPM * step) // (2 * PPM * step) * step
