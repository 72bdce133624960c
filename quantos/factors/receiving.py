"""Values on their way into the store, and what they make of their factor's status."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.factors import store
from quantos.factors.owned import number_of, own
from quantos.factors.refusals import FactorDateInFuture, FactorDayWritten, FactorTakesNoValues
from quantos.factors.schemas import DAYS_MIN
from quantos.factors.tables import Factor
from quantos.factors.uploads.panel import Panel, Values
from quantos.factors.values import Batch, ValueStore
from quantos.kit.clock import Clock, today
from quantos.market.service import Market
from quantos.storage.records import Records
from quantos.storage.series import Series


class Receiving:
    """Uploads. The caller holds the factor's lock."""

    def __init__(
        self, records: Records, series: Series, clock: Clock, market: Market, values: ValueStore
    ) -> None:
        self._records, self._series, self._clock = records, series, clock
        self._market, self._values = market, values

    async def upload(
        self, caller: Caller, factor_id: str, panel: Panel, received_at: datetime
    ) -> dict[str, Any]:
        """{uploaded, total_days, status}. Raises FactorNotFound, FactorDateInFuture, FactorTakesNoValues,
        FactorDayWritten; then nothing is stored.
        """
        with self._records.read() as session:
            factor = own(session, caller, factor_id)
        number = number_of(factor)
        if factor.status == "validating":
            raise FactorTakesNoValues(
                "factor status is validating: its values stand still until the validation has ended"
            )
        self._check_past(panel)
        trading = panel.on(self._market.calendar.positions(panel.days) >= 0)
        if factor.status == "active":
            stored = await asyncio.to_thread(self._put_out_of_sample, factor, trading, received_at)
            return {"uploaded": len(trading.days), "total_days": stored, "status": "active"}
        if not len(trading.days):
            total, status = await asyncio.to_thread(self._total, number), factor.status
            return {"uploaded": 0, "total_days": total, "status": status}
        total = await asyncio.to_thread(self._put, number, trading, received_at)
        status = await self._records.commit(lambda session: _set_by_days(session, number, total))
        return {"uploaded": len(trading.days), "total_days": total, "status": status}

    def values_on(self, number: int, day: date) -> dict[str, float]:
        with self._series.snapshot() as cursor:
            symbols = self._values.symbols(cursor, number)
            row = self._values.values(cursor, number, np.array([day], "datetime64[D]"), symbols)[0]
        return {
            symbol: value
            for symbol, value in zip(symbols, row.tolist(), strict=True)
            if value == value  # noqa: PLR0124 - NaN: no value
        }

    def panel_on(self, numbers: Sequence[int], day: date) -> tuple[tuple[str, ...], Values]:
        """The values of several factors on a day: symbols ascending, [factor, symbol], NaN where there is none."""
        with self._series.snapshot() as cursor:
            return self._values.values_of_day(cursor, numbers, np.datetime64(day, "D"))

    def valued_on(self, numbers: Sequence[int], day: date) -> set[int]:
        """Those of the factors that have a value on a day."""
        if not numbers:
            return set()
        with self._series.read() as cursor:
            rows = cursor.execute(
                "SELECT factor FROM factor_day WHERE factor = ANY(?) AND trade_date = ? AND covered > 0",
                [list(numbers), day],
            ).fetchall()
        return {number for (number,) in rows}

    def forget(self, number: int) -> None:
        """Delete all values of a factor."""
        with self._series.write() as cursor:
            self._values.remove(cursor, number)

    def mend(self) -> None:
        """What a kill left: values of deleted factors, files that nothing refers to, statuses behind their values."""
        with self._series.write() as cursor:
            stored = self._values.stored(cursor)
            with self._records.read() as session:  # after the other: a factor is there before its values
                there = {number_of(factor) for factor in store.by_numbers(session, stored)}
            for number in set(stored) - there:
                self._values.remove(cursor, number)
        with self._series.write() as cursor:
            self._values.sweep(cursor)
        with self._records.read() as session:
            waiting = store.of_status(session, "draft", "ready", "rejected")
        for factor in waiting:
            number = number_of(factor)
            with self._series.read() as cursor:
                days = self._values.days(cursor, number)
            if self._is_behind(factor, len(days.dates), days.received_at):
                with self._records.write() as session:
                    present = store.by_number(session, number)
                    if present is not None and present.status == factor.status:
                        _set_by_days(session, number, len(days.dates))

    def _is_behind(self, factor: Factor, count: int, received_at: Any) -> bool:
        if factor.status != "rejected":
            return factor.status != _status(count)
        newest = received_at.max().astype(object).replace(tzinfo=UTC) if count else None
        return newest is not None and factor.validated_at is not None and newest > factor.validated_at

    def _check_past(self, panel: Panel) -> None:
        here = today(self._clock)
        if panel.days[-1] > np.datetime64(here, "D"):
            raise FactorDateInFuture(
                f"values are of days up to today: {panel.days[-1]} is after {here}; nothing was stored"
            )

    def _put(self, number: int, panel: Panel, received_at: datetime) -> int:
        with self._series.write() as cursor:
            self._values.put(cursor, number, Batch(panel.days, panel.symbols, panel.values), received_at)
            return len(self._values.days(cursor, number).dates)

    def _total(self, number: int) -> int:
        with self._series.read() as cursor:
            return len(self._values.days(cursor, number).dates)

    def _put_out_of_sample(self, factor: Factor, panel: Panel, received_at: datetime) -> int:
        """Days that stand are compared, the others written; how many days there are then."""
        number, last = number_of(factor), factor.last_in_sample
        assert last is not None, "an active factor has a sample"
        early = panel.days[panel.days <= np.datetime64(last, "D")]
        if len(early):
            raise FactorTakesNoValues(
                f"factor status is active: its sample ends with {last} and is closed, {early[0]} is in it;"
                " nothing was stored"
            )
        with self._series.write() as cursor:
            count, there = self._values.stored_among(cursor, number, panel.days)
            again = np.isin(panel.days, there)
            if again.any():
                known = self._values.symbols(cursor, number)
                axis = tuple(sorted({*known, *panel.symbols}))
                here = self._values.values(cursor, number, panel.days[again], axis)
                same = _spread(panel.on(again), axis)
                other = np.flatnonzero(~((here == same) | (np.isnan(here) & np.isnan(same))).all(axis=1))
                if len(other):
                    raise FactorDayWritten(
                        f"{panel.days[again][other[0]]} has values already, and others: a day out of sample is"
                        " written once; nothing was stored"
                    )
            fresh = panel.on(~again)
            if len(fresh.days):
                batch = Batch(fresh.days, fresh.symbols, fresh.values)
                self._values.put(cursor, number, batch, received_at, fresh=True)
            return count + len(fresh.days)


def _spread(panel: Panel, axis: tuple[str, ...]) -> Any:
    """The values of a panel on a larger axis."""
    values = np.full((len(panel.days), len(axis)), np.nan)
    place = {symbol: column for column, symbol in enumerate(axis)}
    values[:, [place[symbol] for symbol in panel.symbols]] = panel.values
    return values


def _status(days: int) -> str:
    return "ready" if days >= DAYS_MIN else "draft"


def _set_by_days(session: Session, number: int, days: int) -> str:
    """The status that values give a factor that is neither active nor being validated."""
    factor = store.by_number(session, number)
    assert factor is not None, "its lock is held"
    if factor.status == "rejected":
        factor.checks = factor.reject_reason = None
    factor.status = _status(days)
    session.add(factor)
    session.flush()
    return factor.status
