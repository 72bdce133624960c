"""The verifier's calendar, deadlines and rules, against the platform's and against the oracle's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.symbols import Board, board_of
from quantos.settlement.core.rules import NO_RULE, RULES, RULES_VERSION, day_rules
from quantos.strategies.core.deadlines import Execution
from quantos.verification.core import trading_days
from quantos.verification.core.dated_rules import KNOWN_VERSIONS, PRESENT, version_of
from quantos.verification.core.earlier_rules import EARLIER, RELEASED
from tests.oracle import rules as slow
from tests.support.effort import tries
from tests.support.generated import STARTS, SYMBOLS

CALENDAR = shipped_calendar()
CHANGES = sorted({day for row in RULES for day in (row.start, row.end) if day is not None})


def test_every_day_trades_as_the_platform_says() -> None:
    expected = CALENDAR.between(CALENDAR.first, CALENDAR.last)
    assert trading_days.trading_days(CALENDAR.first, CALENDAR.last) == expected
    assert (CALENDAR.first, CALENDAR.last) == (trading_days.FIRST, trading_days.LAST)


def test_a_day_beyond_the_calendar_is_not_known() -> None:
    assert not trading_days.is_known(CALENDAR.last + timedelta(days=1))
    assert trading_days.is_known(CALENDAR.last)


@pytest.mark.parametrize("execution", list(Execution))
def test_the_deadline_is_the_platforms(execution: Execution) -> None:
    for day in (date(2010, 1, 4), date(2024, 7, 1), date(2026, 12, 31)):
        assert trading_days.deadline(day, execution.value) == execution.deadline(day)


def test_the_session_before_lies_over_the_holiday() -> None:
    assert trading_days.back_by(date(2024, 2, 19), 1) == date(2024, 2, 8)
    assert trading_days.back_by(date(2024, 2, 19), 2) == date(2024, 2, 7)


def test_the_version_of_the_table_is_the_one_that_packages_name() -> None:
    assert RULES_VERSION in KNOWN_VERSIONS


def test_no_table_of_a_release_is_ever_unknown() -> None:
    """Whoever changes the table after a release keeps the rows of before: `earlier_rules.py` says how."""
    assert frozenset({RULES_VERSION, *EARLIER}) == KNOWN_VERSIONS
    assert set(RELEASED) - KNOWN_VERSIONS == set()
    for version, rows in EARLIER.items():
        assert version.rpartition("-")[2] == version_of(rows).rpartition("-")[2]


@pytest.mark.parametrize("change", CHANGES)
def test_the_rules_of_every_board_around_every_change_are_the_platforms(change: date) -> None:
    for day in (change - timedelta(days=1), change):
        rules = day_rules(day)
        for board in Board:
            found = PRESENT.rules_of(board, day)
            if rules.lot_step[board] == NO_RULE or rules.limit_up[board] == NO_RULE:
                assert found is None
                continue
            assert found is not None
            expected = (rules.lot_step, rules.lot_minimum, rules.stamp_duty_sell, rules.transfer_fee)
            shown = (found.step, found.minimum, found.stamp_duty, found.transfer_fee)
            assert shown == tuple(max(int(value[board]), 0) for value in expected)


@tries(400)
@given(
    st.sampled_from(SYMBOLS),
    st.sampled_from(STARTS),
    st.integers(0, 9),
    st.integers(1, 400_000),
    st.sampled_from([None, True, False]),
    st.booleans(),
    st.one_of(st.none(), st.integers(-3, 12)),
)
def test_the_limits_of_the_slow_ledger_are_among_the_possible_ones(
    symbol: str, start: date, later: int, ticks: int, st_known: bool | None, wide: bool, listed: int | None
) -> None:
    """Whatever the list date, the risk warning and the index that a fund tracks."""
    sessions = trading_days.trading_days(start - timedelta(days=30), start + timedelta(days=60))
    day = [session for session in sessions if session >= start][later]
    board, tick = board_of(symbol), slow.tick_of(symbol)
    list_date = None if listed is None else day - timedelta(days=listed)
    reference = ticks * tick
    limits = slow.price_limits(
        symbol, day, reference, st_known, wide and board == Board.FUND, list_date, sessions
    )
    bounds = (limits.lower, limits.upper)
    lower, upper = (None if bound is None else int(bound * 1000) for bound in bounds)
    possible = PRESENT.possible_limits(board, day, int(reference * 1000), st_possible=st_known is True)
    assert (lower, upper) in possible


def test_twenty_per_cent_are_no_limit_of_the_main_board() -> None:
    possible = PRESENT.possible_limits(Board.MAIN, date(2024, 3, 4), 10_000, st_possible=True)
    assert possible == {(9_000, 11_000), (9_500, 10_500), (None, None)}  # ordinary, ST, a new listing


def test_a_share_of_the_main_board_had_a_limit_on_every_day_before_2023() -> None:
    possible = PRESENT.possible_limits(Board.MAIN, date(2023, 3, 6), 10_000, st_possible=False)
    assert possible == {(9_000, 11_000), (6_400, 14_400)}  # ordinary, the first day of a listing


def test_without_a_risk_warning_the_narrow_limit_is_impossible() -> None:
    possible = PRESENT.possible_limits(Board.MAIN, date(2024, 3, 4), 10_000, st_possible=False)
    assert (9_500, 10_500) not in possible


def test_a_board_that_was_not_open_yet_has_no_limit() -> None:
    assert PRESENT.possible_limits(Board.BSE, date(2021, 11, 12), 10_000, st_possible=True) == {(None, None)}
    assert PRESENT.rules_of(Board.BSE, date(2021, 11, 12)) is None


def test_no_price_is_under_one_tick() -> None:
    possible = PRESENT.possible_limits(Board.FUND, date(2024, 3, 4), 1, st_possible=True)
    assert possible == {(1, 2)}
    assert Decimal(1) / 1000 == slow.tick_of("510300.SH")
