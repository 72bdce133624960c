"""API shapes of the operator's routes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from quantos.kit.web import Answer, ApiModel, Date, Timestamp

JobState = Literal["never_run", "running", "done", "waiting", "failed", "skipped", "not_available"]


class JobOut(Answer):
    """A job of the timetable. `state`: how its last run stands."""

    name: str
    time: Annotated[str, Field(description="Asia/Shanghai, on trading days.", examples=["18:15"])]
    state: JobState
    next_run: datetime | None
    last_run: Annotated[datetime | None, Field(description="When the last run began.")]
    last_finished: datetime | None
    last_date: Annotated[date | None, Field(description="The trade date of the last run.")]
    retry_at: Annotated[
        datetime | None, Field(description="When the last run, which failed, is tried again.")
    ]
    detail: Annotated[dict[str, Any] | None, Field(description="What it did, or the reason of its failure.")]


class JobList(Answer):
    """In the order of the day."""

    jobs: list[JobOut]


class JobToRun(ApiModel):
    """`date`: the trade date; default today, on a closed day the last trading day."""

    date: Date | None = None


class JobRunOut(Answer):
    job: str
    date: date
    state: JobState
    started: datetime
    finished: datetime | None
    detail: dict[str, Any]


class ClockOut(Answer):
    now: datetime
    simulated: bool


class ClockToSet(ApiModel):
    """`now`: an RFC 3339 timestamp with an offset."""

    now: Annotated[Timestamp, Field(examples=["2024-01-02T18:15:00+08:00"])]


class RanOut(Answer):
    job: str
    date: date
    state: JobState
    took_s: Annotated[float, Field(description="Seconds, on the world's clock.")]


class ClockMoved(ClockOut):
    """`ran`: the jobs whose time was passed, in order."""

    ran: list[RanOut]


class RunOut(Answer):
    """A settlement run; `settled` and `held` count strategy-days with and without a signal."""

    id: str
    kind: Annotated[
        Literal["daily", "filling", "restatement"],
        Field(
            description="Of every strategy that is due; of one that resumes or retires; settled days again."
        ),
    ]
    date: date
    status: Literal["running", "done", "waiting_for_data", "failed", "interrupted", "refused"]
    started: datetime
    finished: datetime | None
    settled: int
    held: int
    failed: Annotated[
        list[dict[str, Any]],
        Field(
            description="{slug, trade_date, code, symbol, reference, last_close, reason, restate_from, remedy} of each."
        ),
    ]
    waiting: Annotated[
        dict[str, Any] | None,
        Field(
            description="The day that waits for market data: {trade_date, expected, present, missing, quarantined, "
            "reason, remedy}; null where none does."
        ),
    ]


class RunList(Answer):
    settlement_runs: list[RunOut]


class RunDetail(RunOut):
    """With the outcomes of its first 1,000 strategy-days, and what the run waits for or why it failed."""

    detail: dict[str, Any]
    outcomes: list[dict[str, Any]]


class Health(Answer):
    status: Literal["ok"]
