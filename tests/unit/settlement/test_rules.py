"""The dated rule table: complete, and each change on its day."""

import itertools
from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest

from quantos.market.core.boards import Board, tick_mills
from quantos.settlement.core.rules import (
    COVERED_FROM,
    NO_RULE,
    RULES,
    RULES_VERSION,
    DayRules,
    Rule,
    day_rules,
    listing_regime,
    listing_terms,
    rules_version,
)

OPENED = {
    Board.MAIN: date(1990, 12, 19),
    Board.CHINEXT: date(2009, 10, 30),
    Board.STAR: date(2019, 7, 22),
    Board.BSE: date(2021, 11, 15),
    Board.FUND: date(1991, 1, 1),
}
EVERY_BOARD = [
    "lot_step",
    "lot_minimum",
    "tick",
    "limit_up",
    "limit_down",
    "listing_free_sessions",
    "stamp_duty_sell",
    "transfer_fee",
    "t_plus_1",
]
SHARES_ONLY = ("limit_up_st", "limit_down_st")
FUNDS_ONLY = ("limit_wide_fund",)
FIRST_DAY = ("listing_first_day_up", "listing_first_day_down")


def expected_rows(on: date) -> Counter[tuple[str, Board]]:
    """One row of each rule that concerns a board, for each board open on the day."""
    return Counter(
        (rule, board)
        for board, opened in OPENED.items()
        if opened <= on
        for rule in (*EVERY_BOARD, *(FUNDS_ONLY if board is Board.FUND else SHARES_ONLY))
    )


def at(rule: str, board: Board, year: int, month: int, day: int) -> int:
    return int(getattr(day_rules(date(year, month, day)), rule)[board])


def test_every_board_has_exactly_one_row_of_each_rule_on_every_day_it_was_open() -> None:
    on = date(2010, 1, 1)
    while on <= date(2026, 12, 31):
        in_force = [row for row in RULES if row.holds(on)]
        found = Counter((row.rule, row.board) for row in in_force if row.rule not in FIRST_DAY)
        assert found == expected_rows(on), on

        first_days = Counter((row.rule, row.board) for row in in_force if row.rule in FIRST_DAY)
        free = {row.board: row.value for row in in_force if row.rule == "listing_free_sessions"}
        banded = {board for board, sessions in free.items() if sessions == 0 and board is not Board.FUND}
        assert first_days == Counter((rule, board) for rule in FIRST_DAY for board in banded), on
        on += timedelta(days=1)


def test_rows_of_one_rule_and_board_follow_each_other_without_gap_or_overlap() -> None:
    for key in {(row.rule, row.board) for row in RULES}:
        rows = sorted((row for row in RULES if (row.rule, row.board) == key), key=lambda row: row.start)
        for earlier, later in itertools.pairwise(rows):
            assert earlier.end == later.start, key


def test_day_rules_say_what_the_rows_say() -> None:
    for on in (date(2010, 1, 4), date(2016, 3, 1), date(2021, 11, 15), date(2026, 7, 6)):
        rules = day_rules(on)
        for field in fields(DayRules):
            rule = "limit_wide_fund" if field.name == "limit_wide" else field.name
            column = getattr(rules, field.name)
            assert column.dtype == np.int64
            for board in Board:
                values = [
                    row.value for row in RULES if (row.rule, row.board) == (rule, board) and row.holds(on)
                ]
                assert [int(column[board])] == (values or [NO_RULE]), (rule, board, on)


def test_the_table_reaches_back_to_2010() -> None:
    assert date(2010, 1, 1) == COVERED_FROM


def test_every_row_names_a_source_and_an_unconfirmed_one_says_what_is_missing() -> None:
    for row in RULES:
        assert row.source
        assert row.confirmed or row.note, row


def test_a_row_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="tick on MAIN"):
        Rule("tick", Board.MAIN, date(2020, 1, 2), date(2020, 1, 2), 10, "mills", "a text", confirmed=True)


def test_unknown_instruments_have_no_rule_at_all() -> None:
    rules = day_rules(date(2026, 11, 2))
    assert all(getattr(rules, field.name)[Board.UNKNOWN] == NO_RULE for field in fields(DayRules))


def test_a_day_cannot_be_edited() -> None:
    rules = day_rules(date(2024, 1, 2))
    with pytest.raises(ValueError, match="read-only"):
        rules.limit_up[Board.MAIN] = 0
    assert day_rules(date(2024, 1, 2)) is rules


def test_the_rules_version_is_the_content_of_the_table() -> None:
    assert RULES_VERSION == "rules-2026.1-a869ee8a4ac2"
    assert rules_version(RULES) == RULES_VERSION


def test_any_changed_value_source_or_date_changes_the_rules_version() -> None:
    first, *rest = RULES
    for changed in (
        replace(first, value=first.value + 1),
        replace(first, source=first.source + "."),
        replace(first, start=first.start + timedelta(days=1)),
        replace(first, confirmed=not first.confirmed),
    ):
        assert rules_version((changed, *rest)) != RULES_VERSION


# Lots and ticks


def test_main_chinext_and_funds_trade_in_hundreds() -> None:
    for board in (Board.MAIN, Board.CHINEXT, Board.FUND):
        assert at("lot_step", board, 2010, 1, 4) == at("lot_step", board, 2026, 11, 2) == 100
        assert at("lot_minimum", board, 2010, 1, 4) == at("lot_minimum", board, 2026, 11, 2) == 100


def test_star_trades_single_shares_from_two_hundred_on() -> None:
    assert (at("lot_step", Board.STAR, 2019, 7, 22), at("lot_minimum", Board.STAR, 2019, 7, 22)) == (1, 200)


def test_bse_trades_single_shares_from_one_hundred_on() -> None:
    assert (at("lot_step", Board.BSE, 2021, 11, 15), at("lot_minimum", Board.BSE, 2021, 11, 15)) == (1, 100)


def test_the_tick_of_the_table_is_the_tick_of_the_board() -> None:
    rules = day_rules(date(2022, 1, 4))
    for board in Board:
        if board is not Board.UNKNOWN:
            assert rules.tick[board] == tick_mills(board)


# Price limits


def test_a_main_board_share_moves_ten_percent() -> None:
    assert at("limit_up", Board.MAIN, 2010, 1, 4) == at("limit_down", Board.MAIN, 2026, 11, 2) == 100_000


def test_chinext_moves_ten_percent_to_2020_08_21_and_twenty_from_2020_08_24() -> None:
    for rule in ("limit_up", "limit_down"):
        assert at(rule, Board.CHINEXT, 2020, 8, 21) == 100_000
        assert at(rule, Board.CHINEXT, 2020, 8, 24) == 200_000


def test_star_has_no_rule_before_2019_07_22_and_moves_twenty_percent_from_then_on() -> None:
    assert at("limit_up", Board.STAR, 2019, 7, 19) == NO_RULE
    assert at("limit_up", Board.STAR, 2019, 7, 22) == at("limit_down", Board.STAR, 2019, 7, 22) == 200_000


def test_bse_has_no_rule_before_2021_11_15_and_moves_thirty_percent_from_then_on() -> None:
    assert at("limit_up", Board.BSE, 2021, 11, 12) == NO_RULE
    assert at("limit_up", Board.BSE, 2021, 11, 15) == at("limit_down", Board.BSE, 2021, 11, 15) == 300_000


def test_a_main_board_st_share_moves_five_percent_to_2026_07_03_and_ten_from_2026_07_06() -> None:
    for rule in ("limit_up_st", "limit_down_st"):
        assert at(rule, Board.MAIN, 2026, 7, 3) == 50_000
        assert at(rule, Board.MAIN, 2026, 7, 6) == 100_000


def test_a_chinext_st_share_moves_as_the_board() -> None:
    assert at("limit_up_st", Board.CHINEXT, 2020, 8, 21) == 100_000
    assert at("limit_up_st", Board.CHINEXT, 2020, 8, 24) == 200_000


def test_star_and_bse_know_no_narrower_limit_for_st() -> None:
    assert at("limit_up_st", Board.STAR, 2024, 11, 4) == 200_000
    assert at("limit_down_st", Board.BSE, 2024, 11, 4) == 300_000


def test_a_fund_moves_ten_percent_and_a_wide_one_twenty_from_2020_08_24() -> None:
    assert at("limit_up", Board.FUND, 2026, 11, 2) == 100_000
    assert at("limit_wide", Board.FUND, 2020, 8, 21) == 100_000
    assert at("limit_wide", Board.FUND, 2020, 8, 24) == 200_000


# New listings, by list date


def test_a_main_board_listing_of_2023_04_07_has_a_first_day_band_and_one_of_2023_04_10_five_free_days() -> (
    None
):
    before, after = listing_regime(date(2023, 4, 7)), listing_regime(date(2023, 4, 10))
    assert before.listing_first_day_up[Board.MAIN] == 440_000
    assert before.listing_first_day_down[Board.MAIN] == 360_000
    assert before.listing_free_sessions[Board.MAIN] == 0
    assert after.listing_first_day_up[Board.MAIN] == NO_RULE
    assert after.listing_first_day_down[Board.MAIN] == NO_RULE
    assert after.listing_free_sessions[Board.MAIN] == 5


def test_a_main_board_listing_of_2010_has_the_first_day_band_of_the_specification() -> None:
    regime = listing_regime(date(2010, 1, 4))
    assert regime.listing_first_day_up[Board.MAIN] == 440_000
    assert regime.listing_first_day_down[Board.MAIN] == 360_000


def test_a_chinext_listing_was_free_for_a_day_then_banded_from_2014_06_13_then_free_for_five() -> None:
    columns = ("listing_free_sessions", "listing_first_day_up", "listing_first_day_down")
    answers = {
        on: [int(getattr(listing_regime(on), column)[Board.CHINEXT]) for column in columns]
        for on in (date(2014, 6, 12), date(2014, 6, 13), date(2020, 8, 21), date(2020, 8, 24))
    }
    assert answers == {
        date(2014, 6, 12): [1, -1, -1],
        date(2014, 6, 13): [0, 440_000, 360_000],
        date(2020, 8, 21): [0, 440_000, 360_000],
        date(2020, 8, 24): [5, -1, -1],
    }


def test_star_lists_five_sessions_free_and_bse_one() -> None:
    assert at("listing_free_sessions", Board.STAR, 2019, 7, 22) == 5
    assert at("listing_free_sessions", Board.BSE, 2021, 11, 15) == 1


def test_listing_terms_follow_each_instruments_own_list_date() -> None:
    terms = listing_terms(
        np.array(
            [Board.MAIN, Board.MAIN, Board.CHINEXT, Board.STAR, Board.FUND, Board.UNKNOWN], dtype=np.int8
        ),
        np.array(
            ["2023-04-07", "2023-04-10", "2020-08-24", "2019-07-22", "2011-12-09", "2024-01-02"],
            dtype="datetime64[D]",
        ),
    )
    assert terms.free_sessions.tolist() == [0, 5, 5, 5, 0, -1]
    assert terms.first_day_up.tolist() == [440_000, -1, -1, -1, -1, -1]
    assert terms.first_day_down.tolist() == [360_000, -1, -1, -1, -1, -1]


def test_listing_terms_agree_with_the_regime_of_every_list_date() -> None:
    days = np.arange("1990-12-01", "2027-01-01", dtype="datetime64[D]")[::7]
    for board in Board:
        terms = listing_terms(np.full(len(days), board, dtype=np.int8), days)
        regimes = [listing_regime(day) for day in days.tolist()]
        assert terms.free_sessions.tolist() == [int(r.listing_free_sessions[board]) for r in regimes]
        assert terms.first_day_up.tolist() == [int(r.listing_first_day_up[board]) for r in regimes]
        assert terms.first_day_down.tolist() == [int(r.listing_first_day_down[board]) for r in regimes]


def test_an_unknown_list_date_and_one_before_the_board_have_no_listing_terms() -> None:
    terms = listing_terms(
        np.array([Board.MAIN, Board.BSE], dtype=np.int8),
        np.array(["NaT", "2020-07-27"], dtype="datetime64[D]"),
    )
    assert terms.free_sessions.tolist() == [-1, -1]
    assert terms.first_day_up.tolist() == [-1, -1]


# Fees


@pytest.mark.parametrize("board", [Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE])
def test_a_share_sale_pays_half_the_stamp_duty_from_2023_08_28(board: Board) -> None:
    assert at("stamp_duty_sell", board, 2023, 8, 27) == 100_000  # 0.1 %
    assert at("stamp_duty_sell", board, 2023, 8, 28) == 50_000  # 0.05 %


def test_a_fund_sale_pays_no_stamp_duty_and_no_transfer_fee() -> None:
    for year in (2010, 2026):
        assert at("stamp_duty_sell", Board.FUND, year, 9, 1) == 0
        assert at("transfer_fee", Board.FUND, year, 9, 1) == 0


@pytest.mark.parametrize("board", [Board.MAIN, Board.CHINEXT, Board.STAR])
def test_the_transfer_fee_of_shares_halves_on_2022_04_29(board: Board) -> None:
    assert at("transfer_fee", board, 2022, 4, 28) == 2_000  # 0.002 %
    assert at("transfer_fee", board, 2022, 4, 29) == 1_000  # 0.001 %


def test_the_transfer_fee_of_bse_shares_falls_to_that_of_the_others_on_2022_04_29() -> None:
    assert at("transfer_fee", Board.BSE, 2022, 4, 28) == 2_500  # 0.0025 %
    assert at("transfer_fee", Board.BSE, 2022, 4, 29) == 1_000  # 0.001 %


def test_the_transfer_fee_of_the_early_years_is_the_specifications() -> None:
    assert at("transfer_fee", Board.MAIN, 2010, 1, 4) == at("transfer_fee", Board.MAIN, 2015, 7, 31) == 2_000
