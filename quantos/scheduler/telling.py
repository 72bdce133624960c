"""Runs of jobs as the log, the event stream and the operator see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlmodel import Session

from quantos.kit.clock import rfc3339
from quantos.scheduler.tables import JobRun
from quantos.storage import events

DETAIL_MAX: Final = 300
"""Characters of a job's detail in the log; all of it stands in its record."""


def in_short(detail: Mapping[str, Any]) -> str:
    """What a job did, on a line of the log; tables are left to its record."""
    shown = {
        name: " ".join(map(str, value)) or "none" if isinstance(value, list) else value
        for name, value in detail.items()
    }
    told = "".join(f", {name} {value}" for name, value in shown.items() if not isinstance(value, dict))
    return told if len(told) <= DETAIL_MAX else f"{told[:DETAIL_MAX]} ..."


def tell_failure(session: Session, run: JobRun) -> None:
    assert run.finished_at is not None, "it has ended"
    said = {"job": run.job, "trade_date": run.trade_date, "reason": run.detail.get("reason")}
    events.note(session.connection(), run.finished_at, "job_failed", said)


def shown(run: JobRun) -> dict[str, Any]:
    return {
        "job": run.job,
        "date": run.trade_date,
        "state": run.state,
        "started": rfc3339(run.started_at),
        "finished": rfc3339(run.finished_at) if run.finished_at else None,
        "detail": run.detail,
    }
