"""Factors as the rest of the platform sees them.

    draft, ready     a draft is ready exactly when it has 120 days of values
    validating       the platform measures it; the values stand still
    active           all five checks passed: its sample is closed, later days are written once and tracked
    rejected         a check failed; new values make it a draft again

Values lie in the series store, everything else in the records store. Whatever changes a factor holds its lock, so
no values arrive between the look at its status and what follows from it. A kill between the two stores leaves a
status that the values contradict; `start` sets it right, and validates again what was being validated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

import orjson
from sqlmodel import Session

from quantos.accounts.service import Accounts, Caller
from quantos.factors import store
from quantos.factors.axes import Axes
from quantos.factors.comparisons import Comparing
from quantos.factors.owned import number_of, own
from quantos.factors.receiving import Receiving
from quantos.factors.refusals import FactorLocked, FactorNotFound
from quantos.factors.schemas import (
    DAYS_MIN,
    FactorChange,
    FactorNew,
    factor_out,
)
from quantos.factors.tables import Factor, FactorSeries
from quantos.factors.tracking import Tracking
from quantos.factors.uploads.panel import Panel, Values
from quantos.factors.validating import Validating
from quantos.factors.values import ValueStore
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.market.service import Market
from quantos.storage.records import Records
from quantos.storage.series import Series

__all__ = ["Factors"]

T = TypeVar("T")
CHANGEABLE: Final = ("draft", "rejected")

UPLOADS_AT_ONCE: Final = 2
"""Read and stored; others wait their turn. One may take half a gibibyte while it is read."""


class Factors:
    """Factors of all users: what they say of them, what the platform finds, how they do out of sample."""

    def __init__(
        self,
        records: Records,
        series: Series,
        clock: Clock,
        market: Market,
        accounts: Accounts,
        folder: Path,
    ) -> None:
        """`folder`: of the values' files; uploads lie there while they arrive. What can be made again lies beside."""
        self._records, self._series, self.clock, self._accounts = records, series, clock, accounts
        self._values = ValueStore(folder)
        axes = Axes(market, clock, folder.with_name("cache") / "market.panel")
        self._comparing = Comparing(records, series, self._values)
        self._receiving = Receiving(records, series, clock, market, self._values)
        self._validating = Validating(records, series, clock, self._values, axes, self._comparing)
        self._tracking = Tracking(records, series, self._values, axes)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._uploading = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self.after_upload: Callable[[str], Coroutine[Any, Any, None]] = _nobody_waits
        """Called with a factor's id once its values are stored; never raises. Plugged in."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.spool_folder = folder

    def start(self) -> None:
        """Set right what a kill left behind, in a thread: the server is ready meanwhile."""
        self._validating.start(self._receiving.mend)

    def stop(self) -> None:
        """Wait for the validation under way; those that wait for their turn are made at the next start."""
        self._validating.stop()
        self._comparing.stop()

    # the owner's factors

    async def create(self, caller: Caller, new: FactorNew) -> dict[str, Any]:
        factor = Factor(
            id=new_id(),
            user_id=caller.user_id,
            status="draft",
            created_at=self.clock.now(),
            **new.model_dump(),
        )

        def work(session: Session) -> dict[str, Any]:
            session.add(factor)
            session.flush()
            return factor_out(factor)

        return await self._records.commit(work)

    def list(
        self,
        caller: Caller,
        status: str | None,
        universe: str | None,
        order: str,
        *,
        limit: int,
        offset: int,
    ) -> dict[str, Any]:
        """The caller's, without their series."""
        with self._records.read() as session:
            found, total = store.page_of(
                session,
                user_id=caller.user_id,
                status=status,
                universe=universe,
                order=order,
                limit=limit,
                offset=offset,
            )
            return {"factors": [factor_out(factor) for factor in found], "total": total}

    def detail(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """Raises FactorNotFound, for a foreign one too."""
        with self._records.read() as session:
            return _detail(session, own(session, caller, factor_id))

    async def change(self, caller: Caller, factor_id: str, change: FactorChange) -> dict[str, Any]:
        """Raises FactorNotFound, FactorLocked."""
        changes = change.model_dump(exclude_unset=True)

        def work(session: Session) -> dict[str, Any]:
            factor = own(session, caller, factor_id)
            _check_changeable(factor)
            for field, value in changes.items():
                setattr(factor, field, value)
            session.add(factor)
            session.flush()
            return factor_out(factor)

        async with self._lock(factor_id):
            return await self._records.commit(work)

    async def delete(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """Raises FactorNotFound, FactorLocked."""

        def work(session: Session) -> int:
            factor = own(session, caller, factor_id)
            _check_changeable(factor)
            number = number_of(factor)
            store.delete_factor(session, factor)
            return number

        async def delete() -> None:
            async with self._lock(factor_id):
                number = await self._records.commit(work)
                await asyncio.to_thread(self._receiving.forget, number)

        await _whole(delete())
        return {"deleted": True}

    def check_own(self, caller: Caller, factor_id: str) -> None:
        """Raises FactorNotFound."""
        with self._records.read() as session:
            own(session, caller, factor_id)

    # values

    async def upload(
        self, caller: Caller, factor_id: str, read: Callable[[], Panel], received_at: datetime
    ) -> dict[str, Any]:
        """Store the days of a panel, all or none; `read` makes it of the body, in a thread.

        Raises FactorNotFound, FactorDateInFuture, FactorTakesNoValues, FactorDayWritten, and what `read` raises.
        """

        async def store_it(panel: Panel) -> dict[str, Any]:
            async with self._lock(factor_id):
                answer = await self._receiving.upload(caller, factor_id, panel, received_at)
            await self.after_upload(factor_id)
            return answer

        async with self._uploading:
            return await _whole(store_it(await asyncio.to_thread(read)))

    def values_status(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        with self._records.read() as session:
            number = number_of(own(session, caller, factor_id))
        with self._series.read() as cursor:
            dates = self._values.days(cursor, number).dates
        return {
            "total_days": len(dates),
            "min_required": DAYS_MIN,
            "ready": len(dates) >= DAYS_MIN,
            "start_date": dates[0].astype(object) if len(dates) else None,
            "end_date": dates[-1].astype(object) if len(dates) else None,
        }

    # validation

    async def submit(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """Validate a factor that is ready; the factor with its series. Raises FactorNotFound, FactorNotReady."""

        async def validate() -> None:
            async with self._lock(factor_id):
                number = await self._records.commit(
                    lambda session: self._validating.begin(session, own(session, caller, factor_id))
                )
            await self._validating.carry_out(number)

        await _whole(validate())
        return self.detail(caller, factor_id)

    def validation(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """{status, checks, validated_at}, and while it goes on how far it is."""
        with self._records.read() as session:
            factor = own(session, caller, factor_id)
            shown = factor_out(factor)
            number = number_of(factor)
        answer = {name: shown[name] for name in ("status", "checks", "validated_at")}
        progress = self._validating.progress(number) if factor.status == "validating" else None
        return answer if progress is None else {**answer, "progress": progress}

    async def correlations(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """With the caller's other active factors, the strongest first; undefined ones last."""
        with self._records.read() as session:
            number = number_of(own(session, caller, factor_id))
        return {"correlations": await self._comparing.table(number, caller.user_id)}

    def ic_series(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        return {"records": self._series_of(caller, factor_id)["ic_series"]}

    def chart_data(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """The series of the last validation; empty before it."""
        return self._series_of(caller, factor_id)

    def diagnostics(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        """{diagnostics, plots} of the last validation; null before it."""
        with self._records.read() as session:
            return _diagnostics(session, own(session, caller, factor_id))

    def _series_of(self, caller: Caller, factor_id: str) -> dict[str, Any]:
        with self._records.read() as session:
            factor = own(session, caller, factor_id)
            row = store.series_of(session, number_of(factor))
            yearly = orjson.Fragment(factor.yearly) if factor.yearly else []
            return {**(_shown(row) or {"ic_series": [], "ls_cumulative_returns": []}), "yearly_stats": yearly}

    # the daily job

    def track(self, trade_date: date) -> dict[str, int]:
        """Add what has become known up to a day to the out-of-sample records of active factors."""
        return self._tracking.track(trade_date)

    # the operator

    def list_all(
        self, status: str | None, universe: str | None, order: str, *, limit: int, offset: int
    ) -> dict[str, Any]:
        """Everyone's with the owner's nickname."""
        with self._records.read() as session:
            found, total = store.page_of(
                session,
                user_id=None,
                status=status,
                universe=universe,
                order=order,
                limit=limit,
                offset=offset,
            )
            owners = self._accounts.nicknames(session, {factor.user_id for factor in found})
            shown = [{**factor_out(factor), "owner": owners[factor.user_id]} for factor in found]
            return {"factors": shown, "total": total}

    def any_detail(self, factor_id: str) -> dict[str, Any]:
        """Anyone's with its series, diagnostics and owner. Raises FactorNotFound."""
        with self._records.read() as session:
            factor = store.by_id(session, factor_id)
            if factor is None:
                raise FactorNotFound("there is no such factor")
            owner = self._accounts.nicknames(session, {factor.user_id})[factor.user_id]
            return {**_detail(session, factor), **_diagnostics(session, factor), "owner": owner}

    async def any_correlations(self, factor_id: str) -> dict[str, Any]:
        """As `correlations`, with its owner's other active factors. Raises FactorNotFound."""
        with self._records.read() as session:
            factor = store.by_id(session, factor_id)
        if factor is None:
            raise FactorNotFound("there is no such factor")
        return {"correlations": await self._comparing.table(number_of(factor), factor.user_id)}

    def counts(self) -> dict[str, int]:
        """How many factors there are in each status that any is in."""
        with self._records.read() as session:
            return store.count_by_status(session)

    # for the features above

    def active(self, session: Session, user_id: str) -> Sequence[Factor]:
        """A user's active factors, in the order of their creation."""
        return store.of_status(session, "active", user_id=user_id)

    def owned(self, session: Session, caller: Caller, factor_id: str) -> Factor:
        """The caller's factor. Raises FactorNotFound."""
        return own(session, caller, factor_id)

    def number(self, session: Session, factor_id: str) -> int:
        """A factor's key in the series store. Raises FactorNotFound."""
        factor = store.by_id(session, factor_id)
        if factor is None:
            raise FactorNotFound("there is no such factor")
        return number_of(factor)

    def by_numbers(self, session: Session, numbers: Collection[int]) -> dict[int, Factor]:
        """Factors by their key in the series store."""
        return {number_of(each): each for each in store.by_numbers(session, numbers)}

    def panel_on(self, numbers: Sequence[int], day: date) -> tuple[tuple[str, ...], Values]:
        """The values of several factors on a day: symbols ascending, [factor, symbol], NaN where there is none."""
        return self._receiving.panel_on(numbers, day)

    def valued_on(self, numbers: Sequence[int], day: date) -> set[int]:
        """Those of the factors that have a value on a day."""
        return self._receiving.valued_on(numbers, day)

    def values_on(self, number: int, day: date) -> dict[str, float]:
        """The values of a day, by symbol; empty where there are none."""
        return self._receiving.values_on(number, day)

    def _lock(self, factor_id: str) -> asyncio.Lock:
        lock = self._locks.get(factor_id)
        if lock is None:
            lock = self._locks[factor_id] = asyncio.Lock()
        return lock


async def _nobody_waits(_: str) -> None:
    """What is to be done after an upload where nothing is."""


async def _whole(work: Coroutine[Any, Any, T]) -> T:
    """Do all of it, also where the caller goes away in the middle."""
    return await asyncio.shield(asyncio.ensure_future(work))


def _check_changeable(factor: Factor) -> None:
    if factor.status not in CHANGEABLE:
        raise FactorLocked(
            f"factor status is {factor.status}: only a draft or a rejected factor can be changed or deleted"
        )


def _detail(session: Session, factor: Factor) -> dict[str, Any]:
    series = _shown(store.series_of(session, number_of(factor)))
    shown = {**factor_out(factor), **(series or {"ic_series": None, "ls_cumulative_returns": None})}
    if factor.diagnostics is not None:
        shown["diagnostics"] = orjson.Fragment(factor.diagnostics)
    return shown


def _shown(row: FactorSeries | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"ic_series": orjson.Fragment(row.ic), "ls_cumulative_returns": orjson.Fragment(row.long_short)}


def _diagnostics(session: Session, factor: Factor) -> dict[str, Any]:
    row = store.series_of(session, number_of(factor))
    return {
        "diagnostics": orjson.Fragment(factor.diagnostics) if factor.diagnostics else None,
        "plots": orjson.Fragment(row.plots) if row else None,
    }
