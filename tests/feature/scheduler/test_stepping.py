"""OPS-06, OPS-07: a simulated clock steps to each job's own time, in order, before the move returns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from quantos.errors import Invalid, Unavailable
from quantos.kit.clock import SimulatedClock, SystemClock, parse_instant
from quantos.scheduler.service import (
    ClockGoesBack,
    ClockIsLive,
    Job,
    JobOutcome,
    Ran,
    Scheduler,
    continued_clock,
)
from quantos.storage.records import Records
from tests.feature.scheduler.conftest import CALENDAR, NAMES, Diary, instant

TIMES = ["09:00", "09:10", "18:15", "18:30", "18:40", "18:45"]
D2, D3 = date(2024, 1, 2), date(2024, 1, 3)


def test_each_job_runs_at_its_own_time_in_order(scheduler: Scheduler, diary: Diary) -> None:
    scheduler.advance_to(instant("03T10:00"))
    day = [(name, D2, instant(f"02T{at}")) for name, at in zip(NAMES, TIMES, strict=True)]
    next_day = [(name, D3, instant(f"03T{at}")) for name, at in zip(NAMES[:2], TIMES[:2], strict=True)]
    assert diary.entries == day + next_day


def test_a_move_ends_where_it_was_told_to(scheduler: Scheduler, clock: SimulatedClock) -> None:
    scheduler.advance_to(instant("02T12:34:56.789"))
    assert clock.now() == instant("02T12:34:56.789")


def test_a_move_says_what_ran(scheduler: Scheduler) -> None:
    assert scheduler.advance_to(instant("02T09:05")) == [Ran(NAMES[0], D2, "done")]


def test_a_move_to_exactly_a_jobs_time_runs_it(scheduler: Scheduler) -> None:
    assert scheduler.advance_to(instant("02T09:00")) == [Ran(NAMES[0], D2, "done")]
    assert scheduler.advance_to(instant("02T09:00")) == []


def test_weekends_run_nothing(scheduler: Scheduler, diary: Diary) -> None:
    scheduler.advance_to(instant("05T20:00"))
    diary.entries.clear()
    scheduler.advance_to(instant("08T08:00"))
    assert diary.entries == []


def test_a_clock_does_not_go_back(scheduler: Scheduler, clock: SimulatedClock) -> None:
    with pytest.raises(ClockGoesBack):
        scheduler.advance_to(instant("02T07:59:59"))
    assert clock.now() == instant("02T08:00")


def test_a_clock_does_not_go_where_dates_end(scheduler: Scheduler) -> None:
    with pytest.raises(Invalid):
        scheduler.advance_to(parse_instant("9999-12-31T23:59:59+00:00"))


def test_beyond_the_calendar_the_clock_moves_and_nothing_runs(scheduler: Scheduler, diary: Diary) -> None:
    scheduler.advance_to(parse_instant("2024-06-01T00:00+08:00"))
    assert len(diary.entries) == 9 * 6


def test_a_live_clock_is_not_moved(records: Records) -> None:
    live = Scheduler(SystemClock(), records, lambda: CALENDAR, {})
    with pytest.raises(ClockIsLive):
        live.advance_to(parse_instant("2100-01-01T00:00+00:00"))


def test_a_failed_job_stops_no_other_and_its_reason_is_kept(
    records: Records, clock: SimulatedClock, diary: Diary
) -> None:
    def broken(_: date) -> JobOutcome:
        raise Unavailable("the index is missing: import it")

    def crashing(_: date) -> JobOutcome:
        raise ZeroDivisionError("SELECT secret")

    jobs = {**diary.all(), NAMES[0]: broken, NAMES[1]: crashing}
    scheduler = Scheduler(clock, records, lambda: CALENDAR, jobs)
    ran = scheduler.advance_to(instant("02T18:20"))
    assert ran[-1] == Ran(NAMES[2], D2, "done")
    assert {run.state for run in ran[:-1]} == {"failed"}
    refused, crashed, *_ = scheduler.jobs()
    assert refused["detail"] == {"reason": "the index is missing: import it"}
    assert "ZeroDivisionError" in crashed["detail"]["reason"]
    assert "SELECT" not in crashed["detail"]["reason"]


def test_a_job_whose_feature_is_not_there_is_passed_over(
    records: Records, clock: SimulatedClock, diary: Diary
) -> None:
    jobs = {name: job for name, job in diary.all().items() if name != "factor_os_tracking"}
    scheduler = Scheduler(clock, records, lambda: CALENDAR, jobs)
    ran = scheduler.advance_to(instant("02T19:00"))
    assert [run.job for run in ran] == [name for name in NAMES if name != "factor_os_tracking"]
    states = {job["name"]: job["state"] for job in scheduler.jobs()}
    assert states["factor_os_tracking"] == "not_available"


def test_a_job_done_for_a_date_is_not_run_again(
    records: Records, scheduler: Scheduler, clock: SimulatedClock, diary: Diary
) -> None:
    scheduler.advance_to(instant("02T19:00"))
    again = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    again.start()
    assert again.advance_to(instant("02T20:00")) == []
    assert len(diary.entries) == 6


def test_what_the_operator_ran_after_its_time_is_not_run_again(
    records: Records, clock: SimulatedClock, diary: Diary
) -> None:
    Scheduler(clock, records, lambda: CALENDAR, {}).start()  # nothing is there to run yet
    late = Scheduler(clock, records, lambda: CALENDAR, diary.all())
    clock.move_to(instant("02T10:00"))
    late.run(NAMES[0])
    assert late.follow() == [Ran(NAMES[1], D2, "done")]


def test_what_waits_still_after_the_operator_ran_it_is_run_at_its_turn(
    records: Records, clock: SimulatedClock, diary: Diary
) -> None:
    Scheduler(clock, records, lambda: CALENDAR, {}).start()
    waits: dict[str, Job] = {NAMES[0]: lambda _: JobOutcome({"for": "data"}, "waiting")}
    late = Scheduler(clock, records, lambda: CALENDAR, diary.all() | waits)
    clock.move_to(instant("02T09:05"))
    assert late.run(NAMES[0])["state"] == "waiting"
    assert late.follow() == [Ran(NAMES[0], D2, "waiting")]


def test_a_run_before_its_time_does_not_spare_the_one_at_its_time(
    scheduler: Scheduler, diary: Diary, clock: SimulatedClock
) -> None:
    scheduler.run("daily_evaluation")
    assert clock.now() == instant("02T08:00")
    scheduler.advance_to(instant("02T19:00"))
    assert [name for name, _, _ in diary.entries].count("daily_evaluation") == 2


def test_a_restarted_platform_goes_on_where_its_clock_stood(scheduler: Scheduler, records: Records) -> None:
    scheduler.advance_to(instant("03T11:00"))
    assert continued_clock(records, instant("02T08:00")).now() == instant("03T11:00")


def test_a_new_platform_starts_where_it_is_told_to(records: Records) -> None:
    assert continued_clock(records, instant("02T08:00")).now() == instant("02T08:00")


def test_a_detail_that_is_no_json_fails_the_job(
    records: Records, clock: SimulatedClock, diary: Diary
) -> None:
    jobs = {**diary.all(), NAMES[0]: lambda _: {"oddity": object()}}
    scheduler = Scheduler(clock, records, lambda: CALENDAR, jobs)
    assert scheduler.advance_to(instant("02T09:00")) == [Ran(NAMES[0], D2, "failed")]


KILLED = """
import os, signal, sys
from pathlib import Path
from quantos.scheduler.service import Scheduler, continued_clock
from quantos.storage.records import Records
from tests.feature.scheduler.conftest import CALENDAR, NAMES, instant

records, log = Records(Path(sys.argv[1])), open(sys.argv[2], "a")
clock = continued_clock(records, instant("02T08:00"))
def job(name):
    def run(day):
        print(name, day, clock.now().isoformat(), file=log, flush=True)
        if name == sys.argv[3] and day.day == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return {}
    return run
scheduler = Scheduler(clock, records, lambda: CALENDAR, {name: job(name) for name in NAMES})
scheduler.start()
scheduler.advance_to(instant("04T08:00"))
"""


def test_killed_in_the_middle_it_continues_with_the_remaining_jobs(records: Records, tmp_path: Path) -> None:
    def run(killed_in: str) -> int:
        command = [sys.executable, "-c", KILLED, str(records.path), str(tmp_path / "log"), killed_in]
        root = Path(__file__).parents[3]
        return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": str(root)}).returncode

    assert run("settle_all_active_strategies") == -signal.SIGKILL
    assert continued_clock(records, instant("02T08:00")).now() == instant("03T18:15")
    assert run("nothing") == 0
    lines = (tmp_path / "log").read_text().splitlines()
    expected = [
        f"{name} 2024-01-{day:02d} {instant(f'{day:02d}T{at}').isoformat()}"
        for day in (2, 3)
        for name, at in zip(NAMES, TIMES, strict=True)
    ]
    killed = expected.index(f"settle_all_active_strategies 2024-01-03 {instant('03T18:15').isoformat()}")
    assert lines == expected[: killed + 1] + expected[killed:]  # the one under way twice, every other once
