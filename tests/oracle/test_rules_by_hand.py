"""The dated rules against limits and dates worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from . import rules
from .examples import BSE, FUND, STAR, A, weekdays


@pytest.mark.parametrize(
    ("st", "day", "lower", "upper"),
    [
        (False, date(2026, 7, 3), "4.50", "5.50"),  # 5.00 * 0.9, 5.00 * 1.1
        (True, date(2026, 7, 3), "4.75", "5.25"),  # ST 5 % to 2026-07-05
        (True, date(2026, 7, 6), "4.50", "5.50"),  # ST 10 % from 2026-07-06
        (None, date(2026, 7, 3), "4.50", "5.50"),  # unknown: the ordinary limit
    ],
)
def test_st_limits(st: bool | None, day: date, lower: str, upper: str) -> None:
    found = rules.price_limits(A, day, D("5.00"), st, False, None, [day])
    assert found == rules.Limits(D(lower), D(upper))


def test_limit_prices_round_half_up() -> None:
    """9.95 * 1.1 = 10.945 -> 10.95, 9.95 * 0.9 = 8.955 -> 8.96."""
    found = rules.price_limits(A, date(2024, 3, 4), D("9.95"), None, False, None, [])
    assert found == rules.Limits(D("8.96"), D("10.95"))


@pytest.mark.parametrize(
    ("symbol", "listed", "nth", "expected"),
    [
        (A, date(2023, 4, 7), 1, ("6.40", "14.40")),  # +44 % / -36 %
        (A, date(2023, 4, 7), 2, ("9.00", "11.00")),  # although day 2 is 2023-04-10
        (A, date(2023, 4, 10), 5, None),
        (A, date(2023, 4, 10), 6, ("9.00", "11.00")),
        ("300001.SZ", date(2020, 8, 21), 1, ("6.40", "14.40")),
        ("300001.SZ", date(2020, 8, 21), 2, ("8.00", "12.00")),  # 2020-08-24: 20 %
        ("300001.SZ", date(2020, 8, 24), 5, None),
        ("300001.SZ", date(2020, 8, 24), 6, ("8.00", "12.00")),
        (STAR, date(2019, 7, 22), 5, None),
        (STAR, date(2019, 7, 22), 6, ("8.00", "12.00")),
        (BSE, date(2021, 11, 15), 1, None),
        (BSE, date(2021, 11, 15), 2, ("7.00", "13.00")),
    ],
)
def test_listing_regimes(symbol: str, listed: date, nth: int, expected: tuple[str, str] | None) -> None:
    """Reference 10.00; the list date selects the rule, sessions are counted from it."""
    sessions = [listed - timedelta(days=10), *weekdays(listed, 10)]
    found = rules.price_limits(symbol, sessions[nth], D("10.00"), None, False, listed, sessions)
    assert found == (rules.NO_LIMITS if expected is None else rules.Limits(D(expected[0]), D(expected[1])))


@pytest.mark.parametrize(
    ("wide", "lower", "upper"),
    [(False, "3.110", "3.802"), (True, "2.765", "4.147")],  # 3.1104 3.8016; 2.7648 4.1472
)
def test_fund_limits(wide: bool, lower: str, upper: str) -> None:
    found = rules.price_limits(FUND, date(2024, 3, 4), D("3.456"), None, wide, None, [])
    assert found == rules.Limits(D(lower), D(upper))


def test_every_board_has_rules_from_its_start() -> None:
    for symbol, start in (
        (A, rules.START),
        ("000001.SZ", rules.START),
        ("300001.SZ", rules.START),
        (FUND, rules.START),
        ("159915.SZ", rules.START),
        (STAR, rules.STAR_START),
        (BSE, rules.BSE_START),
    ):
        assert rules.day_rules(symbol, start - timedelta(days=1)) is None
        day = start
        while day < date(2027, 1, 1):
            assert rules.day_rules(symbol, day) is not None, (symbol, day)
            day += timedelta(days=13)
