"""Validations: one at a time, in a thread, while everyone else is served.

A factor stands at `validating` from its submission until its verdict is stored, in one unit of work with the event
that tells its owner. What a kill leaves at `validating` is validated by the next start; what fails for a reason
that is not the factor's goes back to `ready`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import orjson
from sqlmodel import Session

from quantos.errors import Unavailable
from quantos.factors import store
from quantos.factors.axes import Axes
from quantos.factors.comparisons import Comparing
from quantos.factors.judging import Case, Verdict, judge
from quantos.factors.owned import number_of
from quantos.factors.refusals import FactorNotReady
from quantos.factors.schemas import DAYS_MIN
from quantos.factors.tables import Factor, FactorSeries
from quantos.factors.tracking import out_of_sample
from quantos.factors.values import ValueStore
from quantos.kit.clock import Clock
from quantos.storage import events
from quantos.storage.records import Records
from quantos.storage.series import Series

WHY_NOT: Final = {
    "draft": f"it needs {DAYS_MIN} trading days of values first",
    "validating": "its validation is under way: GET the same path shows how it stands",
    "active": "it is validated already, and its sample is closed",
    "rejected": "upload more or better values first",
}
WAITING: Final = ("waiting", 0, 1)

logger = logging.getLogger(__name__)


class ValidationInterrupted(Unavailable):
    """The platform stops before a validation's turn; it is made at the next start."""

    code = "factor_validation_interrupted"


class Validating:
    """Carries validations out."""

    def __init__(
        self,
        records: Records,
        series: Series,
        clock: Clock,
        values: ValueStore,
        axes: Axes,
        comparing: Comparing,
    ) -> None:
        self._records, self._series, self._clock = records, series, clock
        self._values, self._axes, self._comparing = values, axes, comparing
        self._thread = ThreadPoolExecutor(1, "factor-validation")
        self._progress: dict[int, tuple[str, int, int]] = {}

    def start(self, before: Callable[[], None]) -> None:
        """Do `before`, then what a killed process left to validate."""
        self._thread.submit(self._resume, before)

    def stop(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def begin(self, session: Session, factor: Factor) -> int:
        """ready -> validating; its number. Raises FactorNotReady."""
        if factor.status != "ready":
            raise FactorNotReady(f"factor status is {factor.status}: {WHY_NOT[factor.status]}")
        factor.status, factor.submitted_at = "validating", self._clock.now()
        session.add(factor)
        return number_of(factor)

    async def carry_out(self, number: int) -> None:
        """Return once the verdict is stored; it is stored also where the caller goes away.

        Raises ValidationInterrupted, and what kept the platform from finding a verdict.
        """
        self._progress[number] = WAITING
        work: Future[None] = self._thread.submit(self._validate, number)
        try:
            await asyncio.shield(asyncio.wrap_future(work))
        except asyncio.CancelledError:
            if work.cancelled():
                raise ValidationInterrupted(
                    "the platform is being stopped: the validation is made at its next start"
                ) from None
            raise

    def progress(self, number: int) -> dict[str, Any]:
        stage, done, total = self._progress.get(number, WAITING)
        return {"stage": stage, "done": done, "total": total}

    def _resume(self, before: Callable[[], None]) -> None:
        try:
            before()
            with self._records.read() as session:
                left = [number_of(factor) for factor in store.of_status(session, "validating")]
        except Exception:
            logger.exception("factors could not be looked through at the start")
            return
        for number in left:
            try:
                self._validate(number)
            except Exception:
                logger.exception(
                    "factor %d could not be validated: it is ready to be submitted again", number
                )

    def _validate(self, number: int) -> None:
        try:
            with self._records.read() as session:
                factor = store.by_number(session, number)
                if factor is None or factor.status != "validating":
                    return
                attempts = store.sharpes_of_attempts(session, factor.user_id)
            compare = partial(self._comparing.with_active, number, factor.user_id)
            case = Case(number, factor.universe, compare, attempts)
            verdict = judge(case, self._values, self._series, self._axes, partial(self._tell, number))
            self._tell(number, "storing", 0, 1)
            with self._records.write() as session:
                self._store(session, number, verdict)
        except BaseException:
            self._back_to_ready(number)
            raise
        finally:
            self._progress.pop(number, None)

    def _tell(self, number: int, stage: str, done: int, total: int) -> None:
        self._progress[number] = stage, done, total

    def _store(self, session: Session, number: int, verdict: Verdict) -> None:
        factor, now = store.by_number(session, number), self._clock.now()
        assert factor is not None, "nothing deletes a factor that is being validated"
        factor.status = "active" if verdict.active else "rejected"
        factor.validated_at = now
        factor.ic_mean, factor.ic_ir = verdict.measures["ic_mean"], verdict.measures["ic_ir"]
        factor.measures, factor.checks = _text(verdict.measures), _text(verdict.checks)
        factor.reject_reason = "; ".join(verdict.reasons) or None
        factor.yearly, factor.diagnostics = _text(verdict.yearly), _text(verdict.diagnostics)
        if verdict.active:
            with self._series.read() as cursor:
                factor.last_in_sample = self._values.days(cursor, number).dates[-1].astype(object)
            factor.os = _text(out_of_sample([]))
        session.add(factor)
        session.merge(
            FactorSeries(
                factor_number=number,
                ic=_text(verdict.ic),
                long_short=_text(verdict.long_short),
                plots=_text(verdict.plots),
            )
        )
        store.add_attempt(session, factor, now, verdict.measures["sharpe"])
        told = {
            "user_id": factor.user_id,
            "factor_id": factor.id,
            "name": factor.name,
            "status": factor.status,
            "reasons": verdict.reasons,
        }
        events.note(session.connection(), now, "factor_validated", told)

    def _back_to_ready(self, number: int) -> None:
        try:
            with self._records.write() as session:
                factor = store.by_number(session, number)
                if factor is not None and factor.status == "validating":
                    factor.status = "ready"
                    session.add(factor)
        except Exception:
            logger.exception("factor %d stays at validating: the next start validates it", number)


def _text(value: Any) -> str:
    """JSON; what is not defined is null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
