"""A live platform whose clock had run ahead, and stands right again.

It does not start before an instant that it has lived (`clocks`), which would be until that instant has come. Where
nothing was decided in the time that never was, the operator's word is enough: the timetable is taken back to the
present, and the jobs of that time, which came to nothing, are forgotten and run at their own. Where a signal, a
status, a settlement or any other thing that decides a record stands there, nothing is taken back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import column, delete, func, or_, select, table, text
from sqlmodel import Session, SQLModel

from quantos.errors import Invalid, WrongState
from quantos.kit.clock import Clock, rfc3339
from quantos.scheduler import store
from quantos.scheduler.clocks import FOLLOWED_UNTIL, is_behind, lived_until
from quantos.scheduler.tables import JobRun
from quantos.storage import audit
from quantos.storage.records import Records
from quantos.storage.types import instant_text

ACTION: Final = "clock_corrected"
REASON_CHARS_MAX: Final = 500

DECIDING: Final[dict[str, tuple[str, ...]]] = {
    "signal": ("submitted_at", "committed_at"),
    "status_change": ("at",),
    "strategy": ("created_at", "activated_at", "retired_at"),
    "claim": ("uploaded_at",),
    "factor": ("submitted_at", "validated_at", "created_at"),
    "factor_attempt": ("at",),
    "portfolio": ("created_at", "deleted_at"),
    "portfolio_change": ("at",),
    "leaderboard_entry": ("run_at",),
    "deployment": ("created_at",),
}
"""Tables, and which of their instants say when something was decided. Notes, notices and logs decide nothing."""
NOTES: Final = ("missing_nav", "portfolio_day", "watch_finding")
"""What the jobs of that time found lacking of days that have not come; `noted_at` of each."""


class ClockInStep(WrongState):
    """The clock has not gone back behind what the platform has lived: it starts as it is."""

    code = "clock_in_step"


class ClockDecided(WrongState):
    """Something was decided at instants that have not come: they cannot be taken back."""

    code = "clock_decided"


def take_clock_back(records: Records, clock: Clock, reason: str) -> dict[str, Any]:
    """Take the timetable back to the present instant: {now, lived_until, jobs_forgotten}.

    Raises ClockInStep, ClockDecided, or Invalid without a reason; then nothing is changed.
    """
    said = reason.strip()
    if not said or len(said) > REASON_CHARS_MAX:
        raise Invalid(("reason",), f"say in 1 to {REASON_CHARS_MAX} characters why the clock was wrong")
    now, lived = clock.now(), lived_until(records)
    if lived is None or not is_behind(now, lived):
        raise ClockInStep("the clock is in step with what this platform has lived: start it")
    with records.write() as session:
        decided = _decided(session, now)
        if decided:
            named = ", ".join(f"{count:,} in {name}" for name, count in decided.items())
            raise ClockDecided(
                f"something was decided at instants that have not come ({named}): restore a backup of before, or start"
                f" again once {rfc3339(lived)} has come; nothing was changed"
            )
        forgotten = _forget(session, now)
        done = {"now": rfc3339(now), "lived_until": rfc3339(lived), "jobs_forgotten": forgotten}
        audit.note(session.connection(), now, ACTION, None, None, {**done, "reason": said})
    return done


def _decided(session: Session, now: datetime) -> dict[str, int]:
    """How many rows of which tables are of instants after `now`."""
    wanted = {
        name: or_(*(column(instant) > instant_text(now) for instant in instants))
        for name, instants in DECIDING.items()
    }
    came_to_something = "(settled > 0 OR held > 0 OR CAST(detail AS TEXT) LIKE '%\"restatement\"%')"
    wanted["settlement_run"] = (column("started_at") > instant_text(now)) & text(came_to_something)
    connection = session.connection()
    counted = {
        name: connection.execute(select(func.count()).select_from(table(name)).where(condition)).scalar_one()
        for name, condition in wanted.items()
    }
    return {name: count for name, count in counted.items() if count}


def _forget(session: Session, now: datetime) -> int:
    """The runs that started after `now`, and what they noted; the timetable goes on before the first of them."""
    connection, run = session.connection(), SQLModel.metadata.tables[JobRun.__tablename__]
    began_later = run.c.started_at > now
    first = connection.execute(select(func.min(run.c.due_at)).where(began_later)).scalar_one()
    followed = now if first is None else min(now, first - timedelta(microseconds=1))
    store.set_fact(session, FOLLOWED_UNTIL, rfc3339(followed))
    for name in NOTES:
        connection.execute(delete(table(name)).where(column("noted_at") > instant_text(now)))
    return connection.execute(delete(run).where(began_later)).rowcount
