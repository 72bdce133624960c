"""The platform at a glance: one answer for a screen that asks each second."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from quantos import __version__
from quantos.admin.core.alarms import NAMED_MAX, Facts, Missing, alarms
from quantos.attestation.service import Attestation
from quantos.kit.clock import Clock, rfc3339, today
from quantos.market.core.calendar import CalendarEnds
from quantos.market.service import Market
from quantos.scheduler.service import Scheduler
from quantos.settlement.service import Settlement
from quantos.strategies.core.deadlines import Execution
from quantos.strategies.core.status import Status
from quantos.strategies.service import Strategies

Counts = Callable[[], dict[str, int]]
"""How many there are of something in each status that occurs."""

NO_LICENSE: Final = {"edition": "none", "mode": "evaluation", "message": "", "ends_soon": False}


def _none() -> dict[str, int]:
    return {}


@dataclass(slots=True)
class Overview:
    """Asks the services. `factors`, `portfolios`, `license_standing`, `last_backup` are plugged in."""

    clock: Clock
    data_dir: Path
    scheduler: Scheduler
    market: Market
    strategies: Strategies
    settlement: Settlement
    attestation: Attestation
    backup_age_max: timedelta | None = None
    factors: Counts = _none
    portfolios: Counts = _none
    license_standing: Callable[[], dict[str, Any]] = lambda: dict(NO_LICENSE)
    """At least {edition, mode, message, ends_soon}; what else there is to say of the licence beside them."""
    last_backup: Callable[[], datetime | None] = lambda: None
    values_missing: Callable[[], Sequence[Mapping[str, Any]]] = tuple
    """Portfolios that lack values of a day: {name, trade_date, factors}."""
    disk_reserve: int = 0
    """Free bytes below which uploads are refused."""
    damage: Callable[[], str | None] = lambda: None
    """What was found wrong with the series store."""
    _last_bar: tuple[int, date | None] = field(default=(-1, None))

    def shown(self) -> dict[str, Any]:
        """As in `OverviewOut`."""
        now, trading_day = self.clock.now(), self._trading_day()
        counts = self.strategies.counts(trading_day)
        jobs, daily = self.scheduler.jobs(), self.settlement.last_daily_run()
        usage = shutil.disk_usage(self.data_dir)
        license_ = self.license_standing()
        facts = self._facts(now, jobs, daily, counts["overdue"], usage.free, license_)
        return {
            "now": rfc3339(now),
            "trading_day": trading_day,
            "simulated": self.clock.simulated,
            "version": __version__,
            "edition": license_["edition"],
            "jobs": [{name: job[key] for name, key in _JOB.items()} for job in jobs],
            "deadlines": {each.value: self._deadline(each, now) for each in Execution},
            "signals": {name: counts[name] for name in ("expected", "received", "attested")},
            "settlement": self._settlement(daily),
            "strategies": {each.value: counts["strategies"].get(each.value, 0) for each in Status},
            "factors": self.factors(),
            "portfolios": self.portfolios(),
            "data": {"last_date": facts.last_bar, "missing": facts.days_without_bars},
            "disk": {"free_bytes": usage.free, "total_bytes": usage.total},
            "license": license_,
            "alarms": [alarm._asdict() for alarm in alarms(facts)],
        }

    def _facts(
        self,
        now: datetime,
        jobs: list[dict[str, Any]],
        run: dict[str, Any] | None,
        overdue: int,
        free: int,
        license_: dict[str, Any],
    ) -> Facts:
        calendar, last_bar = self.market.calendar_status(), self._last_bar_date()
        oldest, total = self.settlement.still_missing(NAMED_MAX)
        return Facts(
            now=now,
            simulated=self.clock.simulated,
            calendar_last=calendar["last"],
            calendar_days_left=calendar["days_left"],
            calendar_ends_soon=calendar["ends_soon"],
            last_bar=last_bar,
            days_without_bars=self._days_without_bars(last_bar),
            last_run=run,
            missing=Missing(oldest, total),
            overdue=overdue,
            attestation=self.attestation.alarms(),
            jobs=jobs,
            disk_free=free,
            lived_until=self.scheduler.lived_until(),
            last_backup=self.last_backup(),
            backup_age_max=self.backup_age_max,
            values_missing=self.values_missing(),
            disk_reserve=self.disk_reserve,
            damage=self.damage(),
            license=license_,
        )

    def _trading_day(self) -> date | None:
        """Today, or the next one; None beyond the calendar."""
        day, calendar = today(self.clock), self.market.calendar
        try:
            return day if calendar.is_trading_day(day) else calendar.next_after(day)
        except CalendarEnds:
            return None

    def _deadline(self, execution: Execution, now: datetime) -> dict[str, Any] | None:
        """The next one ahead; None beyond the calendar."""
        day = self._trading_day()
        try:
            while day is not None and execution.deadline(day) <= now:
                day = self.market.calendar.next_after(day)
        except CalendarEnds:
            return None
        return None if day is None else {"trade_date": day, "at": rfc3339(execution.deadline(day))}

    def _settlement(self, daily: dict[str, Any] | None) -> dict[str, Any]:
        """A restatement counts while it runs; one that was refused or is over is no state of the platform."""
        newest = next(iter(self.settlement.runs(1, 0)), None)
        run = newest if newest is not None and newest["status"] == "running" else daily
        if run is None:
            return {"date": None, "state": "never_run", "done": 0, "total": 0}
        progress = self.settlement.progress
        if progress is not None:
            counts = {"done": progress["done"], "total": progress["total"]}
        else:
            done = run["settled"] + run["held"]
            counts = {"done": done, "total": done + len(run["failed"])}
        return {"date": run["date"], "state": run["status"], **counts}

    def _last_bar_date(self) -> date | None:
        """Looked up anew after each import."""
        version = self.market.version
        if self._last_bar[0] != version:
            self._last_bar = version, self.market.last_date()
        return self._last_bar[1]

    def _days_without_bars(self, last_bar: date | None) -> int:
        """Trading days that are over and lie after the last bar; 0 without any bar."""
        if last_bar is None:
            return 0
        try:
            over = self.settlement.last_due()
            return (
                0 if over is None else len(self.market.calendar.between(last_bar + timedelta(days=1), over))
            )
        except CalendarEnds:
            return 0


_JOB: Final = {"name": "name", "due": "next_run", "state": "state", "last_run": "last_run"}
