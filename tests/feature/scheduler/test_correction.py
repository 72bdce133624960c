"""A live clock that had run ahead and is right again: the timetable goes back where nothing was decided, else nothing does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from quantos.errors import Invalid
from quantos.scheduler.correction import DECIDING, NOTES, ClockDecided, ClockInStep, take_clock_back
from quantos.scheduler.service import ClockGoesBack, Scheduler, refuse_clock_set_back
from quantos.storage.records import Records
from quantos.storage.types import Instant
from tests.feature.scheduler.conftest import CALENDAR, NAMES, Diary, instant
from tests.feature.scheduler.test_live_alarm import SetClock

RIGHT, AHEAD = instant("03T10:00"), instant("05T19:00")


def opened(clock: SetClock, records: Records) -> tuple[Scheduler, Diary]:
    diary = Diary(clock)
    return Scheduler(clock, records, lambda: CALENDAR, diary.all()), diary


def lived_ahead(records: Records) -> SetClock:
    """It ran on the morning of the 3rd, then with a clock two days and more ahead; now the clock is right."""
    clock = SetClock(instant("03T09:05"))
    scheduler, _ = opened(clock, records)
    scheduler._recover()
    clock.time = instant("03T09:11")
    scheduler.follow()
    clock.time = AHEAD
    scheduler.follow()
    clock.time = RIGHT
    return clock


def write(records: Records, statement: str, **values: Any) -> None:
    with records.write() as session:
        session.connection().execute(text(statement), values)


def read(records: Records, statement: str) -> list[tuple[Any, ...]]:
    with records.read() as session:
        return [tuple(row) for row in session.connection().execute(text(statement))]


def test_the_jobs_of_the_time_that_never_was_run_at_their_own(records: Records) -> None:
    clock = lived_ahead(records)
    with pytest.raises(ClockGoesBack, match="quantos clock correct --reason TEXT"):
        refuse_clock_set_back(records, clock)
    done = take_clock_back(records, clock, " the battery of the board ")
    assert done == {
        "now": "2024-01-03T02:00:00Z",
        "lived_until": "2024-01-05T11:00:00Z",
        "jobs_forgotten": 16,  # four of the 3rd, six of the 4th, six of the 5th
    }
    refuse_clock_set_back(records, clock)
    scheduler, diary = opened(clock, records)
    scheduler._recover()
    scheduler.follow()
    assert diary.entries == []
    clock.time = instant("04T09:05")
    scheduler.follow()
    expected = [(name, date(2024, 1, 3)) for name in NAMES[2:]] + [(NAMES[0], date(2024, 1, 4))]
    assert [(name, day) for name, day, _ in diary.entries] == expected
    ((action, said),) = read(records, "SELECT action, after FROM audit")
    assert action == "clock_corrected"
    assert '"the battery of the board"' in said


def test_a_job_that_was_due_already_and_ran_in_that_time_is_run_again(records: Records) -> None:
    clock = SetClock(instant("03T09:05"))
    opened(clock, records)[0]._recover()
    clock.time = AHEAD
    opened(clock, records)[0].follow()
    clock.time = RIGHT
    take_clock_back(records, clock, "ahead")
    scheduler, diary = opened(clock, records)
    scheduler.follow()
    assert [(name, day) for name, day, _ in diary.entries] == [(NAMES[1], date(2024, 1, 3))]


def test_what_was_noted_of_days_that_have_not_come_is_forgotten(records: Records) -> None:
    clock = lived_ahead(records)
    insert = "INSERT INTO watch_finding VALUES ('bars', '', :day, '{}', :at, NULL)"
    write(records, insert, day="2024-01-02", at=_kept(RIGHT - timedelta(days=1)))
    write(records, insert, day="2024-01-05", at=_kept(AHEAD))
    take_clock_back(records, clock, "ahead")
    assert read(records, "SELECT trade_date FROM watch_finding") == [("2024-01-02",)]


def _kept(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def a_strategy(records: Records) -> None:
    at = _kept(instant("02T09:00"))
    write(
        records,
        "INSERT INTO user (id, number, nickname, email, email_key, tier, disabled, nickname_set, email_set, created_at)"
        " VALUES ('u', 1, 'n', 'n@x', 'n@x', 'free', 0, 0, 0, :at)",
        at=at,
    )
    write(
        records,
        "INSERT INTO strategy (number, id, user_id, slug, name, universe, execution_price, holding_period,"
        " initial_capital, commission_e8, slippage_e8, status, is_public, created_at)"
        " VALUES (1, 's', 'u', 'slug', 'N', 'hs300', 'open', 10, 1000000, 0, 0, 'active', 1, :at)",
        at=at,
    )


def a_status(records: Records) -> None:
    a_strategy(records)
    write(
        records,
        "INSERT INTO status_change (strategy_number, status, at) VALUES (1, 'paused', :at)",
        at=_kept(AHEAD),
    )


def a_settlement(records: Records) -> None:
    _run(records, settled=1)


def a_restatement(records: Records) -> None:
    _run(records, settled=0, detail='{"restatement": 1}')


def _run(records: Records, settled: int, detail: str = "{}") -> None:
    write(
        records,
        "INSERT INTO settlement_run (id, trade_date, status, started_at, settled, held, failed, detail)"
        " VALUES (:detail, '2024-01-05', 'done', :at, :settled, 0, '[]', :detail)",
        at=_kept(AHEAD),
        settled=settled,
        detail=detail,
    )


@pytest.mark.parametrize(
    ("decide", "named"),
    [(a_status, "status_change"), (a_settlement, "settlement_run"), (a_restatement, "settlement_run")],
)
def test_where_something_was_decided_nothing_is_taken_back(
    records: Records, decide: Callable[[Records], None], named: str
) -> None:
    clock = lived_ahead(records)
    decide(records)
    before = read(records, "SELECT number, started_at FROM job_run")
    with pytest.raises(ClockDecided, match=f"1 in {named}.: restore a backup"):
        take_clock_back(records, clock, "ahead")
    assert read(records, "SELECT number, started_at FROM job_run") == before
    assert read(records, "SELECT * FROM audit") == []
    with pytest.raises(ClockGoesBack):
        refuse_clock_set_back(records, clock)


def test_what_was_decided_before_and_a_run_that_came_to_nothing_stand_in_no_way(records: Records) -> None:
    clock = lived_ahead(records)
    a_strategy(records)
    _run(records, settled=0)
    take_clock_back(records, clock, "ahead")
    refuse_clock_set_back(records, clock)


def test_every_instant_of_the_records_decides_something_or_is_known_not_to() -> None:
    import quantos.platform  # noqa: F401, PLC0415 - every table

    beside = {
        "signal": {"deadline"},
        "settlement_run": {"started_at", "finished_at"},  # told by what it came to
        "job_run": {"due_at", "started_at", "finished_at", "retry_at"},  # forgotten
        **{name: {"noted_at", "mended_at"} for name in NOTES if name != "portfolio_day"},
        "portfolio_day": {"noted_at"},
        **{key: {"at"} for key in ("audit", "event")},  # logs
        "notification": {"created_at"},
        "ticket": {"created_at", "resolved_at"},
        "kept_answer": {"begun_at"},
        "one_time_code": {"expires_at"},
        "saved_strategy": {"created_at"},
        "research_backtest": {"created_at", "started_at", "finished_at"},
        "deployment_day": {"noted_at"},
        "user": {"created_at"},
        "invite": {"created_at", "expires_at"},
        "api_key": {"created_at", "last_used_at", "revoked_at"},
        "license_request": {"created_at", "decided_at"},
        "issued_license": {"created_at"},
    }
    for name, table in SQLModel.metadata.tables.items():
        instants = {each.name for each in table.columns if isinstance(each.type, Instant)}
        assert instants == {*DECIDING.get(name, ()), *beside.get(name, ())}, name


def test_a_clock_in_step_is_not_corrected_and_a_reason_is_needed(records: Records) -> None:
    clock = lived_ahead(records)
    for reason in (" ", "x" * 501):
        with pytest.raises(Invalid):
            take_clock_back(records, clock, reason)
    clock.time = AHEAD - timedelta(minutes=4)
    with pytest.raises(ClockInStep):
        take_clock_back(records, clock, "ahead")
