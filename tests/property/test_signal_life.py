"""Any order of submissions, retries, checks, deletions, changes of status and passing time, over HTTP, against a model.

With a repository every signal is attested as it is stored, without one none is. A retry carries the Idempotency-Key
of the request that it repeats; a check (`validate_only`) must say what the submission itself would be answered.
"""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from quantos.kit.clock import parse_instant
from tests.feature.strategies.conftest import Site
from tests.support.effort import THOROUGH

DAYS: Final = (date(2024, 1, 4), date(2024, 1, 5), date(2024, 1, 8))
CLOSED: Final = date(2024, 1, 6)
KEYS: Final = ("one-request", "another-request", "a-third-request")
WEIGHTS: Final = (0.25, 1e-7, 1)
POST: Final = "/strategies/life/signals"


class Answered(NamedTuple):
    """A request with a key, and what it was answered."""

    at: datetime
    body: Any
    status: int
    content: bytes


def body_of(day: date, weight: float) -> Any:
    return {"trade_date": day.isoformat(), "signals": [{"symbol": "600519.SH", "weight": weight}]}


class SignalLife(RuleBasedStateMachine):
    @initialize(execution=st.sampled_from(["open", "close"]), attested=st.booleans())
    def begin(self, execution: str, attested: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.site = Site(Path(self.folder.name) / "data", attested=attested)
        self.site.app.state.once = self.site.accounts.idempotency.once
        self.site.at("2024-01-04T08:00:00")
        self.agent: Any = self.site.agent()
        self.agent.strategy("life", execution_price=execution)
        self.attested = attested
        self.deadlines = {
            day: parse_instant(f"{day}T{'09:15' if execution == 'open' else '15:00'}:00+08:00")
            for day in DAYS
        }
        # the model
        self.status = "pending"
        self.held: dict[date, float] = {}
        self.effective: set[date] = set()
        self.settled_until = DAYS[0] - timedelta(days=1)
        self.answered: dict[str, Answered] = {}

    def teardown(self) -> None:
        if hasattr(self, "site"):
            self.site.close()
            self.folder.cleanup()

    # what the model expects

    @property
    def now(self) -> datetime:
        return self.site.clock.now()

    def is_open(self, day: date) -> bool:
        return day in self.deadlines and self.now < self.deadlines[day]

    def expected(self, day: date) -> int:
        if self.status not in {"pending", "active"} or not self.is_open(day):
            return 400
        return 409 if self.attested and day in self.held else 201

    # what happens

    def post(self, body: Any, key: str | None = None, query: str = "") -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer: httpx.Response = self.agent.call("POST", f"{POST}{query}", body, headers=headers)
        return answer

    @rule(
        day=st.sampled_from([*DAYS, *DAYS, CLOSED]),
        weight=st.sampled_from(WEIGHTS),
        key=st.sampled_from([None, None, *KEYS]),
    )
    def submit(self, day: date, weight: float, key: str | None) -> None:
        if key is not None and self.is_remembered(key):
            return
        expected, body, replaced = self.expected(day), body_of(day, weight), day in self.held
        answer = self.post(body, key)
        assert answer.status_code == expected, answer.text
        assert "idempotency-replayed" not in answer.headers
        if expected == 201:
            receipt = answer.json()
            assert (receipt["replaced"], receipt["github_committed"]) == (replaced, self.attested)
            self.held[day], self.status = weight, "active"
        if key is not None:
            self.answered[key] = Answered(self.now, body, answer.status_code, answer.content)

    def is_remembered(self, key: str) -> bool:
        known = self.answered.get(key)
        return known is not None and self.now < known.at + timedelta(hours=24)

    @precondition(lambda self: bool(getattr(self, "answered", None)))
    @rule(data=st.data())
    def retry(self, data: Any) -> None:
        key = data.draw(st.sampled_from(sorted(self.answered)))
        if not self.is_remembered(key):
            return
        first = self.answered[key]
        again = self.post(first.body, key)
        assert (again.status_code, again.content) == (first.status, first.content)
        assert again.headers["idempotency-replayed"] == "true"

    @precondition(lambda self: bool(getattr(self, "answered", None)))
    @rule(data=st.data(), day=st.sampled_from(DAYS))
    def use_a_key_for_something_else(self, data: Any, day: date) -> None:
        key = data.draw(st.sampled_from(sorted(self.answered)))
        body = body_of(day, 0.125)  # a weight that nothing else has
        if self.is_remembered(key):
            assert self.post(body, key).status_code == 422

    @rule(day=st.sampled_from([*DAYS, CLOSED]), weight=st.sampled_from(WEIGHTS))
    def check(self, day: date, weight: float) -> None:
        expected = self.expected(day)
        answer = self.post(body_of(day, weight), query="?validate_only=true")
        assert answer.status_code == (200 if expected == 201 else expected), answer.text
        if answer.status_code == 200:
            found = answer.json()
            assert found["would_replace"] == (day in self.held)
            assert found["would_activate"] == (self.status == "pending")
            assert found["would_attest"] == ("at_submission" if self.attested else None)

    @rule(day=st.sampled_from([*DAYS, CLOSED]))
    def withdraw(self, day: date) -> None:
        answer = self.agent.call("DELETE", f"{POST}/{day}")
        taken_back = 200 if self.is_open(day) and not self.attested else 400
        expected = taken_back if day in self.held else 404
        assert answer.status_code == expected, answer.text
        if expected == 200:
            del self.held[day]

    @rule(wanted=st.sampled_from(["paused", "paused", "active", "retired", "pending"]))
    def ask(self, wanted: str) -> None:
        reachable = {"pending": {"retired"}, "active": {"paused", "retired"}, "paused": {"active", "retired"}}
        answer = self.agent.call("PATCH", "/strategies/life", {"status": wanted})
        if wanted in reachable.get(self.status, set()):
            assert (answer.status_code, answer.json()["status"]) == (200, wanted)
            self.status = wanted
        else:
            assert answer.status_code == 400

    @rule(minutes=st.sampled_from([1, 75, 420, 1440]))
    def time_passes(self, minutes: int) -> None:
        then = self.now + timedelta(minutes=minutes)
        for day, deadline in self.deadlines.items():
            if self.now < deadline <= then and self.status == "active" and day in self.held:
                self.effective.add(day)
        self.site.clock.move_to(then)

    @rule()
    def settlement_catches_up(self) -> None:
        passed = [day for day in DAYS if not self.is_open(day)]
        if passed:
            self.settled_until = passed[-1]
            self.site.settlement.until[1] = passed[-1]

    @invariant()
    def what_is_stored_is_the_models(self) -> None:
        if not hasattr(self, "agent"):
            return
        assert self.agent.get("life")["status"] == self.status
        shown = self.agent.history("life")
        assert [date.fromisoformat(each["trade_date"]) for each in shown] == sorted(self.held, reverse=True)
        for each in shown:
            day = date.fromisoformat(each["trade_date"])
            assert each["signals"] == [{"symbol": "600519.SH", "weight": self.held[day]}]
            assert each["github_committed"] == self.attested
            assert (each["nonce"] is None) == self.is_open(day)
            assert each["is_settled"] == (day in self.effective and day <= self.settled_until)


SignalLife.TestCase.settings = settings(
    max_examples=500 if THOROUGH else 25,
    stateful_step_count=25,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_signal_life = SignalLife.TestCase
