"""Claims: uploaded, replaced whole, shown beside the platform's record, deleted.

A claim stands in the records store, in one row: it is what a person said, the check of the strategy's status
and the curve commit together, and no kill leaves half of one. What is shown is computed when it is read, so
tracking is never older than the last settlement or upload.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.kit.clock import SHANGHAI, Clock, rfc3339
from quantos.kit.money import MILLS_PER_CNY
from quantos.performance import store
from quantos.performance.core import claims, metrics, tracking
from quantos.performance.core.claims import Curve
from quantos.performance.core.metrics import Series
from quantos.performance.ports import BenchmarkSource, Dates, Measured, NavSource, number_of
from quantos.performance.refusals import (
    ClaimLocked,
    ClaimNotBeforeActivation,
    ClaimNotFound,
    ClaimTooEarly,
)
from quantos.performance.tables import ClaimRow
from quantos.storage.records import Records
from quantos.strategies.service import own


class Claims:
    """Claimed curves of strategies."""

    def __init__(
        self, records: Records, clock: Clock, market: BenchmarkSource, settlement: NavSource
    ) -> None:
        self._records, self._clock = records, clock
        self._market, self._settlement = market, settlement

    # the owner's

    async def upload(self, caller: Caller, slug: str, curve: Curve) -> tuple[dict[str, Any], bool]:
        """Store the curve in the place of the one before; what it says in short, and whether there was one.

        Raises StrategyNotFound, ClaimTooEarly, ClaimLocked, ClaimNotBeforeActivation; then nothing changes.
        """
        now = self._clock.now()

        def work(session: Session) -> bool:
            strategy = own(session, caller, slug)
            _check_open(strategy.status)
            assert strategy.activated_at is not None, "an active strategy has been activated"
            _check_before(curve, strategy.activated_at)
            return store.replace(session, store.claim_row(number_of(strategy), curve, now))

        replaced = await self._records.commit(work)
        return {"strategy_slug": slug, **self._meta(curve, now)}, replaced

    def of_owner(self, caller: Caller, slug: str) -> dict[str, Any]:
        """{meta, records}. Raises StrategyNotFound, ClaimNotFound."""
        with self._records.read() as session:
            row = store.claim_of(session, number_of(own(session, caller, slug)))
        return self._shown(_present(row))

    async def delete(self, caller: Caller, slug: str) -> dict[str, Any]:
        """Raises StrategyNotFound, ClaimLocked, ClaimNotFound."""

        def work(session: Session) -> int:
            strategy = own(session, caller, slug)
            if strategy.status == "retired":
                raise _locked()
            removed = store.remove(session, number_of(strategy))
            if removed is None:
                raise _absent()
            return removed

        return {"deleted": True, "data_points_removed": await self._records.commit(work)}

    def check_own(self, caller: Caller, slug: str) -> None:
        """Raises StrategyNotFound."""
        with self._records.read() as session:
            own(session, caller, slug)

    # anyone's; of strategies that are known to be public

    def public(self, strategy: Measured) -> dict[str, Any]:
        """{meta, records, tracking?}. Raises ClaimNotFound."""
        row = _present(self._row(strategy))
        return {**self._shown(row), **self._tracked(strategy, store.curve_of(row))}

    def beside_record(self, strategy: Measured) -> dict[str, Any] | None:
        """As the track record shows it: {meta, records with the benchmark, tracking?}; None without a claim."""
        row = self._row(strategy)
        if row is None:
            return None
        curve = store.curve_of(row)
        records = [
            {"date": day, "nav": nav, "cumulative_return": cumulative, "benchmark_return": beside}
            for day, nav, cumulative, beside in zip(
                np.datetime_as_string(curve.dates).tolist(),
                claims.level(curve.nav).tolist(),
                claims.cumulative(curve.nav).tolist(),
                self._benchmark(strategy.universe, curve.dates).tolist(),
                strict=True,
            )
        ]
        meta = self._meta(curve, row.uploaded_at)
        return {"meta": meta, "records": records, **self._tracked(strategy, curve)}

    def claimants(self, session: Session, numbers: Collection[int]) -> set[int]:
        """Those of the strategies that have a claim."""
        return store.claimants(session, numbers)

    def claim_number(self, session: Session, number: int) -> int | None:
        """What names a strategy's present claim: another one has another number."""
        return store.claim_number(session, number)

    def _row(self, strategy: Measured) -> ClaimRow | None:
        with self._records.read() as session:
            return store.claim_of(session, number_of(strategy))

    def _shown(self, row: ClaimRow) -> dict[str, Any]:
        curve = store.curve_of(row)
        records = [
            {"date": day, "nav": nav, "daily_return": daily, "cumulative_return": cumulative}
            for day, nav, daily, cumulative in zip(
                np.datetime_as_string(curve.dates).tolist(),
                claims.level(curve.nav).tolist(),
                claims.change(curve.nav).tolist(),
                claims.cumulative(curve.nav).tolist(),
                strict=True,
            )
        ]
        return {"meta": self._meta(curve, row.uploaded_at), "records": records}

    def _meta(self, curve: Curve, uploaded_at: datetime) -> dict[str, Any]:
        return {
            "start_date": curve.dates[0].item(),
            "end_date": curve.dates[-1].item(),
            "data_points": len(curve.nav),
            **asdict(claims.summary(curve, self._market.calendar.sessions)),
            "uploaded_at": rfc3339(uploaded_at),
        }

    def _tracked(self, strategy: Measured, curve: Curve) -> dict[str, Any]:
        """{tracking}, where enough days are common; else nothing."""
        number = number_of(strategy)
        days, daily = zip(
            *(
                _daily(navs.trade_dates, navs.nav_mills, strategy.initial_capital)
                for navs in (self._settlement.backfilled(number), self._settlement.nav_series(number))
            ),
            strict=True,
        )
        platform = np.concatenate(days)  # ascending: backfilled days come before the activation
        mine, theirs = tracking.common_days(curve.dates, platform, self._market.calendar.sessions)
        found = tracking.track(np.concatenate(daily)[theirs], claims.change(curve.nav)[mine])
        return {} if found is None else {"tracking": asdict(found)}

    def _benchmark(self, universe: str, dates: Dates) -> Series:
        """[n] over the interval of each record, NaN where it is unknown."""
        sessions = self._market.calendar.sessions
        last = claims.last_session(dates, sessions)
        if last[-1] < 0:
            return claims.interval_return(np.full(len(dates), np.nan))
        first = sessions[max(int(last[0]), 0)].item()
        known = self._market.benchmark(universe, first, sessions[last[-1]].item())
        close = [known.get(sessions[k].item(), np.nan) if k >= 0 else np.nan for k in last]
        return claims.interval_return(np.array(close))


def _daily(days: Dates, nav_mills: NDArray[np.int64], initial_capital: int) -> tuple[Dates, Series]:
    equity = metrics.equity_curve(nav_mills, initial_capital * MILLS_PER_CNY)
    return days, metrics.daily_return(equity)


def _check_open(status: str) -> None:
    if status == "pending":
        raise ClaimTooEarly("strategy status is pending: submit at least one signal first to activate it")
    if status == "retired":
        raise _locked()


def _check_before(curve: Curve, activated_at: datetime) -> None:
    """A date before the activation lies in no future: that is the rule's other half."""
    day, last = activated_at.astimezone(SHANGHAI).date(), curve.dates[-1].item()
    if last >= day:
        raise ClaimNotBeforeActivation(
            f"a claim ends before the day of the strategy's activation: {last} is not before {day}"
        )


def _present(row: ClaimRow | None) -> ClaimRow:
    if row is None:
        raise _absent()
    return row


def _absent() -> ClaimNotFound:
    return ClaimNotFound("there is no claimed performance of this strategy")


def _locked() -> ClaimLocked:
    return ClaimLocked("strategy status is retired: its claimed performance is immutable")
