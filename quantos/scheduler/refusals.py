"""What the scheduler refuses."""

from __future__ import annotations

from quantos.errors import NotFound, WrongState


class JobNotFound(NotFound):
    code = "job_not_found"


class JobNotAvailable(WrongState):
    code = "job_not_available"


class JobDateRefused(WrongState):
    code = "job_date_refused"


class ClockIsLive(WrongState):
    code = "clock_is_live"


class ClockGoesBack(WrongState):
    code = "clock_goes_back"
