"""Out of sample: the ICs of the days after a factor's sample, as their returns become known.

A day is timely if its values were there before the next trading day's prices began to form. An IC is found once,
by the first run that knows the return; what is shown is made of all of them, and of the timely ones apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlmodel import Session

from quantos.factors import store
from quantos.factors.axes import Axes
from quantos.factors.core import validation
from quantos.factors.core.measured import measure
from quantos.factors.store import OsDay, Sample
from quantos.factors.value_files import ValuesDamaged
from quantos.factors.values import ValueStore
from quantos.storage.records import Records
from quantos.storage.series import Series


class _Due(NamedTuple):
    """Days of one factor whose return is known, and whose IC is not yet."""

    sample: Sample
    dates: NDArray[np.datetime64]
    received_at: NDArray[np.datetime64]


class Tracking:
    """The daily job. One unit of work for all factors; one that cannot be read keeps no other from its ICs."""

    def __init__(self, records: Records, series: Series, values: ValueStore, axes: Axes) -> None:
        self._records, self._series, self._values, self._axes = records, series, values, axes

    def track(self, trade_date: date) -> dict[str, int]:
        """Find every IC that is known by the end of a day and was not found; how many, of how many factors.

        Raises ValuesDamaged at its end where a factor's values are.
        """
        with self._records.read() as session:
            samples = store.samples(session)
            known = store.all_os_days(session) if samples else {}
        last = self._axes.last_complete() if samples else None
        if last is None:
            return {"factors": len(samples), "days": 0}
        due = self._due(samples, known, min(last, trade_date))
        ics, damaged = self._ics(due)
        with self._records.write() as session:
            for each in due:
                if each.sample.number in ics:
                    self._keep(session, each, ics[each.sample.number], known.get(each.sample.number, []))
        if damaged is not None:
            raise damaged
        return {"factors": len(samples), "days": sum(len(found) for found in ics.values())}

    def _due(self, samples: Sequence[Sample], known: Mapping[int, list[OsDay]], last: date) -> list[_Due]:
        with self._series.read() as cursor:
            received = self._values.received_after(cursor, {each.number: each.last for each in samples})
        complete = self._axes.sessions_before(received.dates, last)
        found = []
        for sample in samples:
            rows = slice(*np.searchsorted(received.factor, [sample.number, sample.number + 1]))
            done = np.array([day for day, _, _ in known.get(sample.number, [])], "datetime64[D]")
            dates = received.dates[rows]
            wanted = complete[rows] & ~np.isin(dates, done)
            if wanted.any():
                found.append(_Due(sample, dates[wanted], received.received_at[rows][wanted]))
        return found

    def _ics(self, due: Sequence[_Due]) -> tuple[dict[int, list[float]], ValuesDamaged | None]:
        """By factor, NaN where undefined; those whose values are damaged are left out."""
        found: dict[int, list[float]] = {}
        damaged: ValuesDamaged | None = None
        alike: dict[tuple[str, date, date], list[_Due]] = {}
        for each in due:
            span = each.sample.universe, each.dates[0].astype(object), each.dates[-1].astype(object)
            alike.setdefault(span, []).append(each)
        for span, group in alike.items():
            window = self._axes.window(*span)
            assert window is not None, "the returns of these days are known"
            window = window.on(slice(int(np.searchsorted(window.dates, group[0].dates[0])), None))
            with self._series.snapshot() as cursor:
                numbers = [each.sample.number for each in group]
                at_hand = self._values.codes_at_hand(cursor, numbers, window.dates)
                for each in group:
                    number = each.sample.number
                    try:
                        codes = self._values.codes_at(
                            cursor, number, at_hand.get(number), window.dates, window.symbols
                        )
                    except ValuesDamaged as error:
                        damaged = error
                        continue
                    wanted = np.isin(window.dates, each.dates)
                    codes[~wanted] = 0
                    found[number] = measure(codes, window.market, window.members).ic[wanted].tolist()
        return found, damaged

    def _keep(self, session: Session, due: _Due, ics: Sequence[float], known: Sequence[OsDay]) -> None:
        instants = [one.replace(tzinfo=UTC) for one in due.received_at.astype(object)]
        fresh: list[OsDay] = [
            (day, ic if ic == ic else None, at < self._axes.opens_after(day))  # noqa: PLR0124
            for day, ic, at in zip(due.dates.astype(object), ics, instants, strict=True)
        ]
        number = due.sample.number
        shown = orjson.dumps(out_of_sample(sorted([*known, *fresh], key=itemgetter(0)))).decode()
        store.add_os_days(session, number, fresh, shown)


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
