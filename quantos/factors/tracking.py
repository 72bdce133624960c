"""Out of sample: the ICs of the days after a factor's sample, as their returns become known.

A day is timely if its values were there before the next trading day's prices began to form. An IC is found once,
by the first run that knows the return; what is shown is made of all of them, and of the timely ones apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from quantos.factors import store
from quantos.factors.axes import Axes
from quantos.factors.core import validation
from quantos.factors.core.measured import measure
from quantos.factors.owned import number_of
from quantos.factors.tables import Factor
from quantos.factors.values import Days, ValueStore
from quantos.storage.records import Records
from quantos.storage.series import Series

OsDay = tuple[date, float | None, bool]
"""(day, IC, timely)."""


class Tracking:
    """The daily job."""

    def __init__(self, records: Records, series: Series, values: ValueStore, axes: Axes) -> None:
        self._records, self._series, self._values, self._axes = records, series, values, axes

    def track(self, trade_date: date) -> dict[str, int]:
        """Find every IC that is known by the end of a day and was not found; how many, of how many factors."""
        last = self._axes.last_complete()
        with self._records.read() as session:
            active = store.of_status(session, "active")
        if last is None:
            return {"factors": len(active), "days": 0}
        found = sum(self._track(factor, min(last, trade_date)) for factor in active)
        return {"factors": len(active), "days": found}

    def _track(self, factor: Factor, last: date) -> int:
        number = number_of(factor)
        with self._series.read() as cursor:
            days = self._values.days(cursor, number)
        with self._records.read() as session:
            done = [day for day, _, _ in store.os_days(session, number)]
        assert factor.last_in_sample is not None, "an active factor has a sample"
        wanted = days.dates > np.datetime64(factor.last_in_sample, "D")
        wanted &= ~np.isin(days.dates, np.array(done, "datetime64[D]"))
        wanted &= self._axes.sessions_before(days.dates, last)
        if not wanted.any():
            return 0
        ics = self._ics(factor, days.dates[wanted])
        timely = self._timely(days, wanted)
        with self._records.write() as session:
            for day, ic, in_time in zip(days.dates[wanted].astype(object), ics, timely, strict=True):
                store.add_os_day(session, number, day, ic if ic == ic else None, timely=in_time)  # noqa: PLR0124
            session.flush()
            present = store.by_number(session, number)
            assert present is not None, "an active factor is never deleted"
            present.os = orjson.dumps(out_of_sample(store.os_days(session, number))).decode()
            session.add(present)
        return len(ics)

    def _ics(self, factor: Factor, dates: NDArray[np.datetime64]) -> list[float]:
        """NaN where undefined."""
        window = self._axes.window(factor.universe, dates[0].astype(object), dates[-1].astype(object))
        assert window is not None, "the returns of these days are known"
        with self._series.snapshot() as cursor:
            codes = self._values.codes(cursor, number_of(factor), window.dates, window.symbols)
        rows = np.isin(window.dates, dates)
        codes[~rows] = 0
        found: list[float] = measure(codes, window.market, window.members).ic[rows].tolist()
        return found

    def _timely(self, days: Days, wanted: NDArray[np.bool_]) -> list[bool]:
        instants = [one.replace(tzinfo=UTC) for one in days.received_at[wanted].astype(object)]
        dates = days.dates[wanted].astype(object)
        return [at < self._axes.opens_after(day) for day, at in zip(dates, instants, strict=True)]


def out_of_sample(days: Sequence[OsDay]) -> dict[str, Any]:
    """The `os` of an active factor, of its days in date order."""
    known = [(day, ic, timely) for day, ic, timely in days if ic is not None]
    return {
        **_means([ic for _, ic, _ in known]),
        "start_date": known[0][0].isoformat() if known else None,
        "timely": _means([ic for _, ic, timely in known if timely]),
        "late_days": sum(not timely for _, _, timely in days),
    }


def _means(ics: Sequence[float]) -> dict[str, float | None]:
    found = asdict(validation.out_of_sample(np.array(ics, np.float64)))
    return {name: value for name, value in found.items() if name.startswith("ic_mean")}
