"""Every requirement of the Copilot's guide, COP-01 to COP-35, with the tests that hold it.

The table names functions; a test below finds each of them in its file, so that none is lost when one is renamed.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
OTP: Final = "tests/feature/accounts/test_otp.py"
RUN: Final = "tests/feature/research/test_backtest.py"
SAVED: Final = "tests/feature/research/test_saved.py"
GUIDE: Final = "tests/feature/research/test_guide.py"
MODEL: Final = "tests/feature/research/test_language_model.py"
QUEUE: Final = "tests/feature/research/test_queue.py"
BLUEPRINT: Final = "tests/unit/research/test_blueprint.py"
COMPILED: Final = "tests/property/test_compiled_blueprints.py"
PROMPTS: Final = "tests/unit/research/test_prompting.py"
POLICY: Final = "tests/unit/research/test_policy.py"
EXPLAIN: Final = "tests/unit/research/test_explain.py"
HOUSE: Final = "tests/feature/house"

HELD_BY: Final[dict[int, tuple[str, ...]]] = {
    1: (
        f"{OTP}::test_cop_01_a_code_is_asked_for_by_e_mail",
        f"{OTP}::test_cop_01_a_malformed_e_mail_is_400_in_the_guides_shape",
    ),
    2: (
        f"{OTP}::test_codes_have_six_digits_zeros_in_front_included",
        f"{OTP}::test_cop_02_a_code_is_void_after_ten_minutes_of_the_platforms_clock",
        f"{OTP}::test_cop_02_a_new_code_takes_the_place_of_the_one_before",
        f"{OTP}::test_cop_04_the_code_gives_a_token_once",
    ),
    3: (
        f"{OTP}::test_cop_03_without_a_mail_server_the_message_waits_in_the_outbox",
        "tests/feature/accounts/test_mail.py::test_cop_03_the_code_is_sent_by_the_mail_server_and_nothing_is_left_in_the_outbox",
    ),
    4: (
        f"{OTP}::test_cop_04_the_code_gives_a_token_once",
        f"{OTP}::test_cop_04_what_is_no_code_is_401",
    ),
    5: (f"{OTP}::test_cop_05_four_wrong_attempts_leave_the_code_and_the_fifth_voids_it",),
    6: (f"{OTP}::test_cop_06_the_token_is_valid_for_fifteen_days",),
    7: (
        f"{OTP}::test_cop_07_a_new_e_mail_gets_an_account_and_the_next_code_leads_back_to_it",
        f"{OTP}::test_cop_07_the_e_mail_of_an_account_leads_into_that_account",
        f"{GUIDE}::test_cop_07_a_code_an_access_token_and_a_key_open_the_same_routes",
    ),
    8: (
        f"{RUN}::test_cop_08_what_a_prompt_names_is_in_code_that_runs",
        f"{RUN}::test_cop_08_an_empty_prompt_is_400",
        f"{PROMPTS}::test_a_prompt_gives_its_blueprint_and_nothing_of_it_is_lost",
    ),
    9: (
        f"{MODEL}::test_its_code_is_taken_with_and_without_a_fence",
        f"{MODEL}::test_cop_09_where_it_fails_the_code_is_written_by_keywords_and_says_so",
        f"{GUIDE}::test_cop_09_and_25_without_a_model_the_same_words_give_the_same_answer",
    ),
    10: (f"{GUIDE}::test_cop_10_and_11_the_prompt_begins_with_asset_and_timeframe",),
    11: (
        f"{GUIDE}::test_cop_10_and_11_the_prompt_begins_with_asset_and_timeframe",
        f"{GUIDE}::test_cop_11_to_13_a_blueprint_that_is_none_is_400",
        f"{BLUEPRINT}::test_what_is_optional_may_be_absent_or_null",
    ),
    12: (
        f"{GUIDE}::test_cop_12_and_14_each_indicator_with_each_operator_is_taken_and_runs",
        f"{GUIDE}::test_cop_11_to_13_a_blueprint_that_is_none_is_400",
    ),
    13: (
        f"{GUIDE}::test_cop_11_to_13_a_blueprint_that_is_none_is_400",
        f"{BLUEPRINT}::test_a_blueprint_that_is_no_strategy_is_refused_by_its_field",
        f"{BLUEPRINT}::test_a_stop_loss_is_a_percentage_or_a_multiple_of_the_atr",
    ),
    14: (
        f"{RUN}::test_cop_14_the_code_of_the_guides_blueprint_runs",
        f"{COMPILED}::test_backtrader_trades_what_the_arrays_say",
    ),
    15: (
        f"{SAVED}::test_cop_34_what_is_saved_comes_back_unchanged",
        f"{SAVED}::test_without_a_token_what_is_someones_is_401",
        f"{SAVED}::test_cop_15_dangerous_or_invalid_code_is_not_saved",
    ),
    16: (f"{SAVED}::test_cop_34_what_is_saved_comes_back_unchanged",),
    17: (
        f"{SAVED}::test_cop_34_what_is_saved_comes_back_unchanged",
        f"{SAVED}::test_cop_18_a_deleted_strategy_is_gone_and_its_id_is_not_given_again",
    ),
    18: (f"{SAVED}::test_cop_18_a_deleted_strategy_is_gone_and_its_id_is_not_given_again",),
    19: (
        f"{SAVED}::test_cop_19_anothers_strategy_is_not_found",
        f"{SAVED}::test_without_a_token_what_is_someones_is_401",
    ),
    20: (
        f"{RUN}::test_cop_20_a_hundred_shares_held_from_the_second_open",
        f"{RUN}::test_cop_20_beyond_loopback_a_token_is_needed",
        f"{RUN}::test_cop_20_unless_the_operator_opens_it",
    ),
    21: (
        f"{RUN}::test_cop_21_an_unknown_ticker_is_400",
        f"{RUN}::test_every_bar_of_the_market_store_is_run_on",
        f"{RUN}::test_cop_20_a_hundred_shares_held_from_the_second_open",
    ),
    22: (
        f"{GUIDE}::test_cop_22_and_23_what_is_refused_is_refused_by_each_call_that_takes_code",
        f"{POLICY}::test_code_that_reaches_out_is_refused",
        f"{POLICY}::test_ordinary_code_is_let_through",
    ),
    23: (
        f"{RUN}::test_cop_22_and_23_refusals_are_400_and_say_what_is_wrong",
        f"{QUEUE}::test_a_full_queue_is_429_with_retry_after_and_others_are_answered",
        "tests/feature/research/test_escapes.py::test_what_does_not_end_well_is_ended",
        "tests/feature/research/test_escapes.py::test_a_memory_bomb_is_told_or_ended",
    ),
    24: (f"{SAVED}::test_cop_24_the_figure_ends_where_the_backtest_does",),
    25: (
        f"{RUN}::test_cop_25_an_explanation_names_the_indicators",
        f"{GUIDE}::test_cop_22_and_23_what_is_refused_is_refused_by_each_call_that_takes_code",
        f"{GUIDE}::test_cop_09_and_25_without_a_model_the_same_words_give_the_same_answer",
        f"{EXPLAIN}::test_a_compiled_strategy_is_told_in_full",
    ),
    26: (f"{SAVED}::test_cop_26_code_is_exported_as_a_file",),
    27: (f"{SAVED}::test_cop_27_runs_are_exported_one_a_row",),
    28: (
        f"{SAVED}::test_cop_28_and_29_metrics_and_score_of_shares_held_worked_by_hand",
        f"{SAVED}::test_cop_19_anothers_strategy_is_not_found",
    ),
    29: (
        f"{SAVED}::test_cop_28_and_29_metrics_and_score_of_shares_held_worked_by_hand",
        "tests/unit/leaderboard/test_score.py::test_a_score_is_worked_in_percent",
        "tests/unit/leaderboard/test_score.py::test_no_sharpe_counts_as_zero",
    ),
    30: (f"{SAVED}::test_cop_30_the_best_stand_first_and_a_dataset_by_itself",),
    31: (
        f"{SAVED}::test_the_days_of_a_period_are_counted_back_from_now",
        f"{SAVED}::test_cop_31_and_32_other_periods_and_limits_are_400",
    ),
    32: (
        f"{GUIDE}::test_cop_32_fifty_are_shown_where_nobody_says_how_many",
        f"{SAVED}::test_cop_31_and_32_other_periods_and_limits_are_400",
        f"{SAVED}::test_cop_30_the_best_stand_first_and_a_dataset_by_itself",
    ),
    33: (
        f"{OTP}::test_cop_33_an_unknown_path_of_the_guide_and_a_large_body_have_its_shape",
        f"{RUN}::test_cop_33_a_malformed_body_is_400",
        f"{HOUSE}/test_every_route.py::test_err_03_no_odd_path_gives_500",
    ),
    34: (f"{SAVED}::test_cop_34_what_is_saved_comes_back_unchanged",),
    35: (f"{RUN}::test_cop_35_the_same_backtest_twice_is_the_same_to_the_bit",),
}


@cache
def functions_of(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.exists():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    )


def test_every_requirement_of_the_guide_has_its_tests() -> None:
    assert sorted(HELD_BY) == list(range(1, 36))
    assert all(HELD_BY.values())


@pytest.mark.parametrize("test", sorted({test for held in HELD_BY.values() for test in held}))
def test_each_of_them_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in functions_of(file)
