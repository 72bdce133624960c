"""The calendar's answers, against dates that the exchange announced."""

from datetime import date, timedelta

import numpy as np
import pytest

from quantos.market.core.calendar import CalendarEnds, CalendarRefused, TradingCalendar, shipped_calendar

CALENDAR = shipped_calendar()


@pytest.mark.parametrize(("year", "sessions"), [(2024, 242), (2025, 243), (2026, 242)])
def test_sessions_of_a_year(year: int, sessions: int) -> None:
    assert len(CALENDAR.between(date(year, 1, 1), date(year, 12, 31))) == sessions


def test_may_2026_has_18_sessions_from_the_6th() -> None:
    days = CALENDAR.month(2026, 5)
    assert (len(days), days[0], days == sorted(days)) == (18, date(2026, 5, 6), True)


def test_december_is_a_month_too() -> None:
    assert CALENDAR.month(2026, 12)[-1] == date(2026, 12, 31)


@pytest.mark.parametrize("day", [date(2024, 2, 4), date(2024, 2, 18), date(2024, 4, 7), date(2024, 10, 12)])
def test_a_make_up_working_day_is_no_trading_day(day: date) -> None:
    assert not CALENDAR.is_trading_day(day)


def test_the_next_trading_day_is_strictly_after() -> None:
    assert CALENDAR.next_after(date(2026, 5, 14)) == date(2026, 5, 15)
    assert CALENDAR.next_after(date(2024, 2, 8)) == date(2024, 2, 19)
    assert CALENDAR.next_after(date(2024, 2, 10)) == date(2024, 2, 19)


def test_the_previous_trading_day_is_strictly_before() -> None:
    assert CALENDAR.previous_before(date(2024, 2, 19)) == date(2024, 2, 8)
    assert CALENDAR.previous_before(date(2024, 2, 20)) == date(2024, 2, 19)
    assert CALENDAR.previous_before(CALENDAR.last + timedelta(days=1)) == date(2026, 12, 31)


def test_between_is_inclusive_on_both_sides() -> None:
    assert CALENDAR.between(date(2024, 2, 8), date(2024, 2, 19)) == [date(2024, 2, 8), date(2024, 2, 19)]
    assert CALENDAR.between(date(2024, 2, 19), date(2024, 2, 8)) == []


def test_beyond_its_end_it_names_the_last_day_and_the_remedy() -> None:
    with pytest.raises(CalendarEnds, match=r"ends on 2026-12-31.*2027-01-04.*quantos calendar import FILE"):
        CALENDAR.is_trading_day(date(2027, 1, 4))


def test_the_next_session_after_the_last_is_not_guessed() -> None:
    with pytest.raises(CalendarEnds):
        CALENDAR.next_after(date(2026, 12, 31))


def test_before_its_beginning_it_refuses() -> None:
    with pytest.raises(CalendarEnds, match="begins on 1990-12-19"):
        CALENDAR.is_trading_day(date(1990, 12, 18))
    with pytest.raises(CalendarEnds):
        CALENDAR.previous_before(date(1990, 12, 19))


def test_a_month_that_is_known_in_part_is_refused() -> None:
    with pytest.raises(CalendarEnds):
        CALENDAR.month(1990, 12)


def test_the_last_month_of_all_is_refused_as_any_other_beyond_the_end() -> None:
    with pytest.raises(CalendarEnds):
        CALENDAR.month(9999, 12)


def test_positions_tell_closed_days_from_unknown_ones() -> None:
    days = np.array(["1990-12-19", "1990-12-22", "1990-12-24", "2027-01-04", "NaT"], dtype="datetime64[D]")
    assert CALENDAR.positions(days).tolist() == [0, -1, 3, -2, -2]


def natural_days(first: date, last: date) -> dict[date, bool]:
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return {day: day.weekday() < 5 for day in days}


def test_an_announced_year_extends_it() -> None:
    extended = CALENDAR.replaced(
        natural_days(date(2027, 1, 1), date(2027, 12, 31)) | {date(2027, 1, 1): False}
    )
    assert extended.next_after(date(2026, 12, 31)) == date(2027, 1, 4)
    assert extended.last == date(2027, 12, 31)
    assert CALENDAR.last == date(2026, 12, 31)


def test_an_extension_with_a_hole_is_refused() -> None:
    with pytest.raises(CalendarRefused, match="2027-01-01"):
        CALENDAR.replaced(natural_days(date(2027, 1, 2), date(2027, 1, 31)))


def test_a_weekend_session_is_refused() -> None:
    with pytest.raises(CalendarRefused, match="2027-01-02"):
        CALENDAR.replaced(natural_days(date(2027, 1, 1), date(2027, 1, 31)) | {date(2027, 1, 2): True})


def test_an_ad_hoc_closure_takes_a_session_out() -> None:
    closed = CALENDAR.replaced({date(2026, 12, 30): False})
    assert closed.next_after(date(2026, 12, 29)) == date(2026, 12, 31)


def test_its_sessions_cannot_be_changed_from_outside() -> None:
    calendar = TradingCalendar(
        np.array(["2024-01-02"], dtype="datetime64[D]"), date(2024, 1, 1), date(2024, 1, 3)
    )
    with pytest.raises(ValueError, match="read-only"):
        calendar.sessions[0] = np.datetime64("2024-01-03")
