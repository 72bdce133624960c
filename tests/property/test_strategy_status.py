"""Any order of signals, pauses, resumptions, retirements and passing time, against a model.

The model does not look back into a log: it stands at each deadline as it passes and writes down what counts
then. The service answers the same questions later, from its log.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import SQLModel

from quantos.accounts.service import Accounts, Caller
from quantos.errors import Conflict, NotFound, WrongState
from quantos.kit.canonical import canonical, sha256_hex
from quantos.kit.clock import SimulatedClock, parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.storage.records import Records
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.schemas import StrategyChange, StrategyNew, Submission
from quantos.strategies.service import Strategies

DAYS = shipped_calendar().between(date(2024, 1, 4), date(2024, 1, 9))
DEADLINE = {"open": "09:15", "close": "15:00"}
REQUESTED = {"pending": {"retired"}, "active": {"paused", "retired"}, "paused": {"active", "retired"}}


class StrategyLife(RuleBasedStateMachine):
    @initialize(execution=st.sampled_from(["open", "close"]))
    def begin(self, execution: Literal["open", "close"]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = SimulatedClock(parse_instant("2024-01-04T08:00:00+08:00"))
        self.records = Records(Path(self.folder.name) / "records.db")
        accounts = Accounts(self.records, self.clock, lambda name: name.ljust(48, "x"))
        market: Any = SimpleNamespace(calendar=shipped_calendar())
        self.service = Strategies(self.records, self.clock, market, accounts, self)
        SQLModel.metadata.create_all(self.records.engine)
        joined = self.runner.run(accounts.register(accounts.create_invite(1)))
        self.caller = Caller(joined.user.id, "free")
        new = StrategyNew(name="x", slug="life", execution_price=execution)
        self.runner.run(self.service.create(self.caller, new))
        self.execution = execution
        # the model
        self.status, self.filled = "pending", 0
        self.held: dict[date, tuple[float, str]] = {}
        self.passed: list[date] = []
        self.effective: list[date] = []
        self.active_last: date | None = None
        self.until: date | None = None

    def settled_until(self, number: int) -> date | None:
        return None

    def fill_missed(self, number: int) -> None:
        self.filled += 1

    def teardown(self) -> None:
        if hasattr(self, "records"):
            self.runner.close()
            self.records.close()
            self.folder.cleanup()

    @rule(step=st.sampled_from(["a minute", "to just before the next deadline", "to the next deadline"]))
    def time_passes(self, step: str) -> None:
        then = self.clock.now() + timedelta(minutes=1)
        coming = [day for day in DAYS if day not in self.passed]
        if coming and step != "a minute":
            deadline = parse_instant(f"{coming[0]}T{DEADLINE[self.execution]}:00+08:00")
            just_before = deadline - timedelta(microseconds=1)
            then = deadline if step == "to the next deadline" else max(just_before, self.clock.now())
        for day in DAYS:
            deadline = parse_instant(f"{day}T{DEADLINE[self.execution]}:00+08:00")
            if self.clock.now() < deadline <= then:
                self.passed.append(day)
                if self.status == "active":
                    self.active_last = day
                    if day in self.held:
                        self.effective.append(day)
        self.clock.move_to(then)

    @rule(day=st.sampled_from(DAYS), weight=st.sampled_from([0.25, 1e-7, 1]))
    def submit(self, day: date, weight: float) -> None:
        taken = self.status in {"pending", "active"} and day not in self.passed
        body = Submission(day, [TargetWeight("600519.SH", weight)])
        try:
            receipt = self.runner.run(self.service.submit(self.caller, "life", body, self.clock.now()))
        except (WrongState, Conflict):
            assert not taken
            return
        assert taken
        assert receipt["replaced"] == (day in self.held)
        self.held[day] = (weight, receipt["signal_hash"])
        self.status = "active"

    @rule(day=st.sampled_from(DAYS))
    def withdraw(self, day: date) -> None:
        try:
            self.runner.run(self.service.withdraw(self.caller, "life", day))
        except NotFound:
            assert day not in self.held
        except WrongState:
            assert day in self.passed
        else:
            assert day not in self.passed
            del self.held[day]

    @rule(wanted=st.sampled_from(["pending", "active", "active", "paused", "paused", "retired"]))
    def ask(self, wanted: Any) -> None:
        filled = self.filled
        try:
            self.runner.run(self.service.change(self.caller, "life", StrategyChange(status=wanted)))
        except WrongState:
            assert wanted not in REQUESTED.get(self.status, set())
            assert self.filled == filled
            return
        assert wanted in REQUESTED[self.status]
        assert self.filled - filled == (self.status == "paused")
        self.status = wanted
        if wanted == "retired":
            self.until = self.passed[-1] if self.passed else None

    @invariant()
    def the_history_is_the_models(self) -> None:
        if not hasattr(self, "service"):
            return
        assert self.service.get(self.caller, "life")["status"] == self.status
        shown = self.service.history(self.caller, "life", 200, 0)["signals"]
        assert [each["trade_date"] for each in shown] == sorted(self.held, reverse=True)
        for each in shown:
            weight, signal_hash = self.held[each["trade_date"]]
            assert each["signal_hash"] == signal_hash
            assert (each["nonce"] is not None) == (each["trade_date"] in self.passed)
            if each["nonce"] is not None:
                content = {
                    "slug": "life",
                    "trade_date": each["trade_date"].isoformat(),
                    "signals": [{"symbol": "600519.SH", "weight": weight}],
                    "nonce": each["nonce"],
                }
                assert sha256_hex(canonical(content)) == signal_hash

    @invariant()
    def what_counts_is_what_counted_when_the_deadline_passed(self) -> None:
        if not hasattr(self, "service"):
            return
        today = self.passed[-1] if self.passed else DAYS[0] - timedelta(days=1)
        with self.records.read() as session:
            counted = [day for day in self.passed if self.service.signals_on(session, day, [1])]
            assert counted == self.effective == self.service.effective_dates(session, 1, today)
            due = self.service.due(session, today)
        assert [terms.first_date for terms in due] == self.effective[:1]
        for terms in due:
            expected = {"active": None, "paused": self.active_last, "retired": self.until}[self.status]
            assert terms.settle_until == expected


StrategyLife.TestCase.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
test_strategy_life = StrategyLife.TestCase
