"""What wakes the scheduler in live time: APScheduler, at the times of the timetable on weekdays, Shanghai time, and
each minute: for jobs that are tried again, and for a clock that was set forward past a job's time.

Holidays are the timetable's business, not the alarm's. A wake-up that comes late (a sleeping machine, a long
job) comes nevertheless, and several that are late come as one. There is one worker thread, so wake-ups queue
behind the job under way and never beside it.

APScheduler is loaded in the starting thread, and a moment later than the server is ready: its first answers need
not share the interpreter with that.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from quantos.kit.clock import SHANGHAI
from quantos.scheduler.core.timetable import TIMETABLE

FIRST_ANSWERS_S: Final = 0.3
LOOK_EVERY_S: Final = 60


class LiveAlarm:
    """Calls `wake` once at start, then at each time of the timetable and each minute, until it is stopped."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._scheduler: Any = None
        self._starter = threading.Thread(target=self._start, name="scheduler-start", daemon=True)
        self._starter.start()

    def stop(self) -> None:
        """No further wake-up; returns when the one under way has ended."""
        with self._lock:
            self._stopped.set()
        self._starter.join()
        if self._scheduler is not None:
            self._scheduler.remove_all_jobs()  # its shutdown trips over a job that is due at that moment
            self._scheduler.shutdown(wait=True)

    def _start(self) -> None:
        if self._stopped.wait(FIRST_ANSWERS_S):
            return
        from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415 - see the module docstring
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        scheduler = BackgroundScheduler(
            timezone=SHANGHAI,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        scheduler.add_job(self._wake, id="catch-up")
        for job in TIMETABLE:
            scheduler.add_job(
                self._wake, "cron", day_of_week="mon-fri", hour=job.at.hour, minute=job.at.minute, id=job.name
            )
        scheduler.add_job(self._wake, "interval", seconds=LOOK_EVERY_S, id="look")
        logging.getLogger("apscheduler").setLevel(
            logging.ERROR
        )  # it warns of each look that a long job delays
        with self._lock:
            if not self._stopped.is_set():
                scheduler.start()
                self._scheduler = scheduler
