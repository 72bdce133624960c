"""Price limits: the rate that holds, and the price it gives."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from quantos.market.core.boards import Board
from quantos.settlement.core.limits import MAX_REFERENCE_MILLS, NO_LIMIT, limit_rates, price_limits
from quantos.settlement.core.rules import NO_RULE, day_rules, listing_terms

INT64_MAX = 9_223_372_036_854_775_807


def i64(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def band(reference: int, up_ppm: int, down_ppm: int | None = None, tick: int = 10) -> tuple[int, int]:
    """(lower, upper) of one instrument."""
    down = up_ppm if down_ppm is None else down_ppm
    upper, lower = price_limits(i64(reference), i64(up_ppm), i64(down), i64(tick))
    return int(lower[0]), int(upper[0])


def rates(
    on: date,
    board: Board,
    *,
    is_st: int = 0,
    wide_fund: bool = False,
    session: int = 1_000,
    listed: str = "NaT",
) -> tuple[int, int]:
    """(down, up) of one instrument on a trade date."""
    boards = np.array([board], dtype=np.int8)
    up, down = limit_rates(
        day_rules(on),
        boards,
        np.array([is_st], dtype=np.int8),
        np.array([wide_fund]),
        i64(session),
        listing_terms(boards, np.array([listed], dtype="datetime64[D]")),
    )
    return int(down[0]), int(up[0])


# Prices


@pytest.mark.parametrize(
    ("reference", "ppm", "lower", "upper"),
    [
        (1_748_000, 100_000, 1_573_200, 1_922_800),  # 600519.SH after 1748.00: 1573.20 to 1922.80
        (1_685_010, 100_000, 1_516_510, 1_853_510),  # 1853.511 and 1516.509
        (10_050, 100_000, 9_050, 11_060),  # 11.055 and 9.045 lie half way: both up
        (10_040, 100_000, 9_040, 11_040),  # 11.044 and 9.036
        (960, 100_000, 860, 1_060),  # 1.056 and 0.864
        (960, 50_000, 910, 1_010),  # ST: 1.008 and 0.912
        (4_260, 100_000, 3_830, 4_690),  # 4.686 and 3.834
        (251_890, 200_000, 201_510, 302_270),  # ChiNext: 302.268 and 201.512
        (13_330, 300_000, 9_330, 17_330),  # BSE: 17.329 and 9.331
        (12_340, 50_000, 11_720, 12_960),  # ST: 12.957 and 11.723
    ],
)
def test_a_share_limit_is_the_rate_of_the_reference_half_up_to_the_fen(
    reference: int, ppm: int, lower: int, upper: int
) -> None:
    assert band(reference, ppm) == (lower, upper)


@pytest.mark.parametrize(
    ("reference", "ppm", "lower", "upper"),
    [
        (3_875, 100_000, 3_488, 4_263),  # 4.2625 and 3.4875: half way, up
        (1_003, 200_000, 802, 1_204),  # 1.2036 and 0.8024
    ],
)
def test_a_fund_limit_is_rounded_to_the_tenth_of_a_fen(
    reference: int, ppm: int, lower: int, upper: int
) -> None:
    assert band(reference, ppm, tick=1) == (lower, upper)


def test_the_first_day_band_is_44_percent_up_and_36_percent_down() -> None:
    assert band(18_210, 440_000, 360_000) == (11_650, 26_220)  # 26.2224 and 11.6544


@pytest.mark.parametrize(
    ("reference", "ppm", "lower", "upper"),
    [
        (40, 100_000, 30, 50),  # the exchange's own example: 0.04 gives 0.03 and 0.05
        (90, 50_000, 80, 100),  # 0.0945 and 0.0855
        (20, 100_000, 10, 30),
    ],
)
def test_a_limit_is_at_least_one_tick_from_the_reference(
    reference: int, ppm: int, lower: int, upper: int
) -> None:
    assert band(reference, ppm) == (lower, upper)


def test_no_limit_price_is_under_one_tick() -> None:
    assert band(10, 100_000) == (10, 20)


def test_an_instrument_without_limit_may_trade_at_any_price() -> None:
    assert band(10_000, NO_LIMIT) == (0, INT64_MAX)


def test_an_instrument_without_limit_needs_no_reference() -> None:
    assert band(0, NO_LIMIT) == (0, INT64_MAX)


@pytest.mark.parametrize(
    ("reference", "ppm", "tick"),
    [
        (10_000, NO_RULE, 10),
        (0, 100_000, 10),
        (-1, 100_000, 10),
        (10_000, 100_000, -1),
        (10_000, NO_LIMIT, -1),
    ],
)
def test_without_rule_reference_or_tick_no_price_is_allowed(reference: int, ppm: int, tick: int) -> None:
    assert band(reference, ppm, tick=tick) == (INT64_MAX, 0)


def test_a_reference_that_int64_cannot_carry_is_refused() -> None:
    lower, upper = band(MAX_REFERENCE_MILLS, 440_000, 360_000)
    assert (lower, upper) == (640_000_000_000, 1_440_000_000_000)
    with pytest.raises(OverflowError):
        band(MAX_REFERENCE_MILLS + 1, 440_000)


@pytest.mark.parametrize(("up", "down"), [(1_000_001, 1_000_001), (NO_LIMIT, 100_000), (100_000, NO_LIMIT)])
def test_a_rate_above_the_whole_price_and_a_one_sided_limit_are_refused(up: int, down: int) -> None:
    with pytest.raises(ValueError, match="100 %"):
        band(10_000, up, down)


def test_no_instruments_have_no_limits() -> None:
    upper, lower = price_limits(i64(), i64(), i64(), i64())
    assert upper.shape == lower.shape == (0,)


def test_all_share_prices_to_a_hundred_agree_with_decimal_arithmetic() -> None:
    reference = np.arange(100, 100_010, 10, dtype=np.int64)
    tick = np.full_like(reference, 10)
    for percent in (5, 10, 20, 30):
        rate = np.full_like(reference, percent * 10_000)
        upper, lower = price_limits(reference, rate, rate, tick)
        for index in range(0, len(reference), 7):
            price = Decimal(int(reference[index])) / 1000
            fen = Decimal("0.01")
            highest = (price * (100 + percent) / 100).quantize(fen, ROUND_HALF_UP)
            lowest = (price * (100 - percent) / 100).quantize(fen, ROUND_HALF_UP)
            assert Decimal(int(upper[index])) / 1000 == max(highest, price + fen)
            assert Decimal(int(lower[index])) / 1000 == min(lowest, price - fen)


def test_limits_of_many_are_the_limits_of_each() -> None:
    reference, rate = i64(10_050, 1_003, 10_000, 10_000), i64(100_000, 200_000, NO_LIMIT, NO_RULE)
    upper, lower = price_limits(reference, rate, rate, i64(10, 1, 10, -1))
    assert upper.tolist() == [11_060, 1_204, INT64_MAX, 0]
    assert lower.tolist() == [9_050, 802, 0, INT64_MAX]


# Rates


def test_an_ordinary_session_has_the_rate_of_the_board() -> None:
    on = date(2024, 3, 1)
    assert rates(on, Board.MAIN) == (100_000, 100_000)
    assert rates(on, Board.CHINEXT) == (200_000, 200_000)
    assert rates(on, Board.STAR) == (200_000, 200_000)
    assert rates(on, Board.BSE) == (300_000, 300_000)
    assert rates(on, Board.FUND) == (100_000, 100_000)


def test_a_share_under_risk_warning_has_the_narrower_rate_until_2026_07_06() -> None:
    assert rates(date(2026, 7, 3), Board.MAIN, is_st=1) == (50_000, 50_000)
    assert rates(date(2026, 7, 6), Board.MAIN, is_st=1) == (100_000, 100_000)
    assert rates(date(2026, 7, 3), Board.STAR, is_st=1) == (200_000, 200_000)


def test_an_unknown_risk_warning_means_the_ordinary_rate() -> None:
    assert rates(date(2024, 3, 1), Board.MAIN, is_st=-1) == (100_000, 100_000)


def test_a_fund_that_tracks_chinext_has_the_wide_rate_from_2020_08_24() -> None:
    assert rates(date(2020, 8, 21), Board.FUND, wide_fund=True) == (100_000, 100_000)
    assert rates(date(2020, 8, 24), Board.FUND, wide_fund=True) == (200_000, 200_000)


def test_marks_that_do_not_concern_the_board_change_nothing() -> None:
    assert rates(date(2024, 3, 1), Board.MAIN, wide_fund=True) == (100_000, 100_000)
    assert rates(date(2024, 3, 1), Board.FUND, is_st=1) == (100_000, 100_000)


def test_the_first_day_of_an_old_main_board_listing_has_its_own_band_and_the_second_the_ordinary() -> None:
    assert rates(date(2023, 4, 7), Board.MAIN, session=0, listed="2023-04-07") == (360_000, 440_000)
    assert rates(date(2023, 4, 10), Board.MAIN, session=1, listed="2023-04-07") == (100_000, 100_000)


def test_a_listing_keeps_the_regime_of_its_list_date_when_the_rules_change_under_it() -> None:
    assert rates(date(2023, 4, 10), Board.MAIN, session=1, listed="2023-04-07") == (100_000, 100_000)
    assert rates(date(2020, 8, 24), Board.CHINEXT, session=1, listed="2020-08-21") == (200_000, 200_000)


@pytest.mark.parametrize(
    ("board", "listed", "free_sessions", "then"),
    [
        (Board.MAIN, "2023-04-10", 5, 100_000),
        (Board.CHINEXT, "2020-08-24", 5, 200_000),
        (Board.STAR, "2019-07-22", 5, 200_000),
        (Board.BSE, "2021-11-15", 1, 300_000),
    ],
)
def test_a_new_listing_is_free_for_its_first_sessions(
    board: Board, listed: str, free_sessions: int, then: int
) -> None:
    on = date(2024, 3, 1)
    for session in range(free_sessions):
        assert rates(on, board, session=session, listed=listed) == (NO_LIMIT, NO_LIMIT)
    assert rates(on, board, session=free_sessions, listed=listed) == (then, then)


def test_a_fund_has_its_ordinary_limit_on_its_first_day() -> None:
    assert rates(date(2020, 11, 16), Board.FUND, session=0, listed="2020-11-16") == (100_000, 100_000)
    assert rates(date(2020, 11, 16), Board.FUND, wide_fund=True, session=0, listed="2020-11-16") == (
        200_000,
        200_000,
    )


def test_an_unknown_number_of_sessions_or_list_date_is_an_ordinary_session() -> None:
    assert rates(date(2024, 3, 1), Board.MAIN, session=-1, listed="2024-03-01") == (100_000, 100_000)
    assert rates(date(2024, 3, 1), Board.MAIN, session=0) == (100_000, 100_000)


def test_a_company_moved_to_bse_on_its_opening_day_has_the_ordinary_limit_by_its_older_list_date() -> None:
    assert rates(date(2021, 11, 15), Board.BSE, session=0, listed="2020-07-27") == (300_000, 300_000)


def test_a_board_that_is_not_open_has_no_rate_whatever_else_is_said() -> None:
    assert rates(date(2019, 7, 19), Board.STAR, session=0, listed="2019-07-22") == (NO_RULE, NO_RULE)
    assert rates(date(2024, 3, 1), Board.UNKNOWN, is_st=1, wide_fund=True, session=0) == (NO_RULE, NO_RULE)


def test_rates_of_many_are_the_rates_of_each() -> None:
    boards = np.array([Board.MAIN, Board.MAIN, Board.STAR, Board.FUND, Board.UNKNOWN], dtype=np.int8)
    listed = np.array(["2001-08-27", "2024-02-29", "2024-03-01", "2011-12-09", "NaT"], dtype="datetime64[D]")
    up, down = limit_rates(
        day_rules(date(2024, 3, 1)),
        boards,
        np.array([1, 0, 0, -1, -1], dtype=np.int8),
        np.array([False, False, False, True, False]),
        i64(5_000, 1, 0, 3_000, -1),
        listing_terms(boards, listed),
    )
    assert up.tolist() == down.tolist() == [50_000, NO_LIMIT, NO_LIMIT, 200_000, NO_RULE]
