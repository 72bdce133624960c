"""What must stand, by a model of its own: strategies, signals and answers, and nothing of the platform's code.

The model turns acts into requests, says which answers are right, and remembers what was acknowledged. What was under
way when the platform was killed, or was answered with an error of the server, *may* have been done: the next look at
the platform settles it, and it must be one or the other, whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from tests.simulation.market import DAYS
from tests.simulation.plan import Act, Plan, StrategyPlan

DEADLINE: Final = {"open": time(9, 15), "close": time(15)}
LEAD: Final = timedelta(seconds=60)
SUNDAY, PAST = "2024-01-07", "2023-12-29"
MOVES: Final = {
    "pending": {"retired"}, "active": {"paused", "retired"}, "paused": {"active", "retired"}, "retired": set(),
}  # fmt: skip

Weights = tuple[tuple[str, float], ...]
Order = dict[str, Any]
Findings = list[str]


@dataclass(slots=True)
class Standing:
    """A signal that is stored. `is_attested`: None where it is not known."""

    weights: Weights
    hash: str | None
    is_attested: bool | None = False
    was_committed_in_time: bool = False  # and this was acknowledged


@dataclass(slots=True)
class Strategy:
    """`unsure`: by date, what may stand there instead of what is known; `statuses`: what may stand as its status."""

    plan: StrategyPlan
    status: str = "absent"
    changes: list[tuple[datetime, str]] = field(default_factory=list)
    signals: dict[date, Standing] = field(default_factory=dict)
    unsure: dict[date, list[Weights | None]] = field(default_factory=dict)
    statuses: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def is_unsure(self) -> bool:
        return bool(self.unsure or self.statuses)

    def deadline(self, day: date) -> datetime:
        return datetime.combine(day, DEADLINE[self.plan.execution])

    def move(self, at: datetime, status: str) -> None:
        self.status = status
        self.changes.append((at, status))

    def status_at(self, instant: datetime) -> str:
        standing = "pending"
        for at, status in self.changes:
            if at < instant:
                standing = status
        return standing

    def effective(self, until: datetime) -> dict[date, Standing]:
        """Signals whose deadline has passed while the strategy was active."""
        return {
            day: standing
            for day, standing in sorted(self.signals.items())
            if self.deadline(day) <= until and self.status_at(self.deadline(day)) == "active"
        }


class Model:
    """`now`: where the platform's clock stands, in Shanghai."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self._folder = plan, folder
        self.now = datetime(2024, 1, 2, 8)  # noqa: DTZ001 - the wall clock of Shanghai, in which all is said here
        self.strategies = {each.slug: Strategy(each) for each in plan.strategies}
        self.delivered: set[str] = set()
        self.owed: list[tuple[str, date | None]] = []  # deliveries that are to be made again
        self.restated: dict[int, bool | None] = {}
        self._asked: dict[str, tuple[Order, dict[str, Any] | None]] = {}

    # ---------------------------------------------------------------- acts as requests

    def order(self, act: Act) -> Order | None:
        """None where it makes no sense any more."""
        about = act.about
        made: Order | None = getattr(self, f"_order_{act.kind}")(**about)
        return made

    def _order_create(self, slug: str) -> Order:
        plan = self.strategies[slug].plan
        body = {
            "name": slug, "slug": slug, "execution_price": plan.execution, "initial_capital": plan.capital,
            "commission_rate": float(plan.commission), "slippage_rate": float(plan.slippage),
            "is_public": plan.is_public,
        }  # fmt: skip
        return _call(f"agent{plan.owner}", "POST", "/strategies", body)

    def _order_deliver(self, what: str, day: date | None) -> Order:
        name = what if day is None else f"{what}-{day}"
        return _call("operator", "POST", "/admin/market/import", {"path": str(self._folder / "files" / name)})

    def _order_clock(self, day: date, at: str) -> Order | None:
        instant = datetime.combine(day, time.fromisoformat(at))
        return None if instant < self.now else _clock(instant)

    def _order_clock_back(self, day: date, at: str) -> Order:
        return _clock(self.now - timedelta(hours=2))

    def _order_submit(self, slug: str, day: date, weights: list[tuple[str, float]], key: str) -> Order:
        order = _submission(f"agent{self.strategies[slug].plan.owner}", slug, str(day), weights)
        order["headers"] = {"Idempotency-Key": key} if key else {}
        return order

    def _order_repeat(self, key: str) -> Order | None:
        return self._asked[key][0] if key in self._asked else None

    def _order_delete(self, slug: str, day: date) -> Order:
        return _call(
            f"agent{self.strategies[slug].plan.owner}", "DELETE", f"/strategies/{slug}/signals/{day}"
        )

    def _order_misbehave(self, slug: str, day: date, how: str) -> Order:
        owner = self.strategies[slug].plan.owner
        who = {"foreign": f"agent{1 - owner}", "nobody": "nobody"}.get(how, f"agent{owner}")
        cases: dict[str, list[tuple[str, Any]]] = {
            "too_much": [("600000.SH", 0.7), ("600519.SH", 0.301)],
            "twice": [("600000.SH", 0.1), ("600000.SH", 0.1)],
            "zero": [("600000.SH", 0)],
            "text": [("600000.SH", "0.1")],
        }
        weights = cases.get(how, [("600000.SH", 0.1)])
        order = _submission(who, slug, {"closed_day": SUNDAY, "past": PAST}.get(how, str(day)), weights)
        if how == "not_json":
            order["text"] = '{"trade_date": "' + str(day)
        return order

    def _order_status(self, slug: str, status: str) -> Order:
        owner = self.strategies[slug].plan.owner
        return _call(f"agent{owner}", "PATCH", f"/strategies/{slug}", {"status": status})

    def _order_restart(self) -> Order:
        return {"do": "close"}

    def _order_probe(self) -> Order:
        return {"do": "probe"}

    def _order_remote_down(self) -> Order:
        return {"do": "remote", "down": True}

    def _order_remote_up(self) -> Order:
        return {"do": "remote", "down": False}

    def _order_restate(self, number: int, day: date, until: int) -> Order | None:
        if not {str(each) for each in DAYS[: until + 1]} <= self.delivered:
            return None
        file = str(self._folder / "files" / f"correction-{number}")
        body = {"from": str(day), "reason": f"correction {number}", "data": file}
        return _call("operator", "POST", "/admin/settlement-runs/restate", body)

    def _order_settle(self, day: date) -> Order:
        return _call("operator", "POST", "/admin/jobs/settle_all_active_strategies/run", {"date": str(day)})

    # ---------------------------------------------------------------- answers

    def judge(self, act: Act, order: Order, answer: Mapping[str, Any], *, disturbed: bool) -> Findings:
        """What is wrong about an answer; what it acknowledges is remembered."""
        code = answer["code"]
        if code >= 500:
            self.lost(act, order)
            said = f"{act} was answered {code}: {answer['body']} {answer['log']}"
            return [] if disturbed else [said]
        found: Findings = getattr(self, f"_judge_{act.kind}")(order, answer, disturbed, **act.about)
        return [f"{act}, at {self.now}: {each}" for each in found]

    def _judge_create(self, _: Order, answer: Mapping[str, Any], __: bool, slug: str) -> Findings:
        self.strategies[slug].status = "pending"
        return _must(answer, {201})

    def _judge_deliver(
        self, _: Order, answer: Mapping[str, Any], __: bool, what: str, day: date | None
    ) -> Findings:
        if what in {"day", "before"} and answer["code"] == 200:
            self.delivered.add(str(day or what))
        return _must(answer, {400} if what == "broken" else {200})

    def _judge_clock(self, _: Order, answer: Mapping[str, Any], __: bool, day: date, at: str) -> Findings:
        if answer["code"] == 200:
            self.now = datetime.combine(day, time.fromisoformat(at))
        return _must(answer, {200})

    def _judge_clock_back(
        self, _: Order, answer: Mapping[str, Any], __: bool, day: date, at: str
    ) -> Findings:
        return _must(answer, {400})

    def _judge_submit(
        self,
        order: Order,
        answer: Mapping[str, Any],
        disturbed: bool,
        slug: str,
        day: date,
        weights: list[tuple[str, float]],
        key: str,
    ) -> Findings:
        strategy, code = self.strategies[slug], answer["code"]
        before = strategy.signals.get(day)
        found = [] if strategy.is_unsure else _must(answer, self._of_submission(strategy, day))
        if key:
            self._asked[key] = (order, dict(answer))
        if code != 201:
            return found
        if self.now >= strategy.deadline(day):
            found.append("a signal was taken after its deadline")
        body = answer["body"]
        if not strategy.is_unsure and body["replaced"] != (before is not None):
            found.append(f"replaced is {body['replaced']}, but there was {before}")
        is_committed = bool(body["github_committed"])
        if self.plan.attested == "submission" and not is_committed and not disturbed:
            found.append(f"it is not attested: {body['attestation']}")
        is_attested = True if is_committed else None if self.plan.attested == "submission" else False
        strategy.signals[day] = Standing(
            tuple((symbol, weight) for symbol, weight in weights),
            body["signal_hash"],
            is_attested,
            is_committed,
        )
        strategy.unsure.pop(day, None)
        if strategy.status == "pending":
            strategy.move(self.now, "active")
        return found

    def _of_submission(self, strategy: Strategy, day: date) -> set[int]:
        """The right codes."""
        late = self.now >= strategy.deadline(day)
        closed = strategy.status in {"paused", "retired"}
        attested = self._is_attested(strategy, day)
        if late or closed:
            return {400} if attested is False else {400, 409}
        return {True: {409}, False: {201}, None: {201, 409}}[attested]

    def _is_attested(self, strategy: Strategy, day: date) -> bool | None:
        standing = strategy.signals.get(day)
        if standing is None or not self.plan.attested:
            return False
        if self.plan.attested == "deadline" and self.now >= strategy.deadline(day) - LEAD:
            return standing.is_attested or None
        return standing.is_attested

    def _judge_repeat(self, order: Order, answer: Mapping[str, Any], disturbed: bool, key: str) -> Findings:
        first = self._asked[key][1]
        if first is None:  # it was lost: the next look says what became of it
            self._maybe_submitted(order)
            return []
        if first["code"] >= 500:
            return []
        if answer["code"] != first["code"] or (first["code"] == 201 and answer["body"] != first["body"]):
            return [f"answered {answer['code']} {answer['body']}, at first {first['code']} {first['body']}"]
        if first["code"] == 201 and not answer["replayed"]:
            return ["it was done a second time"]
        return []

    def _judge_delete(self, _: Order, answer: Mapping[str, Any], __: bool, slug: str, day: date) -> Findings:
        strategy, code = self.strategies[slug], answer["code"]
        found = [] if strategy.is_unsure else _must(answer, self._of_deletion(strategy, day))
        if code == 200:
            strategy.signals.pop(day, None)
            strategy.unsure.pop(day, None)
        return found

    def _of_deletion(self, strategy: Strategy, day: date) -> set[int]:
        late = self.now >= strategy.deadline(day)
        if day not in strategy.signals:
            return {404, 400} if late else {404}
        attested = self._is_attested(strategy, day)
        return {400} if late or attested else {200} if attested is False else {200, 400}

    def _judge_misbehave(
        self, _: Order, answer: Mapping[str, Any], __: bool, slug: str, day: date, how: str
    ) -> Findings:
        right = {"foreign": 404, "nobody": 401, "closed_day": 400, "past": 400}.get(how, 422)
        return _must(answer, {right})

    def _judge_status(
        self, _: Order, answer: Mapping[str, Any], __: bool, slug: str, status: str
    ) -> Findings:
        strategy = self.strategies[slug]
        right = {200} if status in MOVES[strategy.status] else {400}
        found = [] if strategy.is_unsure else _must(answer, right)
        if answer["code"] == 200:
            strategy.move(self.now, status)
            strategy.statuses.clear()
        return found

    def _judge_restate(
        self, _: Order, answer: Mapping[str, Any], __: bool, number: int, day: date, until: int
    ) -> Findings:
        self.restated[number] = answer["code"] == 200
        return _must(answer, {200, 400})

    def _judge_settle(self, _: Order, answer: Mapping[str, Any], __: bool, day: date) -> Findings:
        return _must(answer, {200, 201, 400})

    def _judge_remote_down(self, _: Order, __: Mapping[str, Any], ___: bool) -> Findings:
        return []

    _judge_remote_up = _judge_remote_down

    # ---------------------------------------------------------------- what was lost

    def lost(self, act: Act, order: Order) -> None:
        """It has no answer, or one that says nothing: it may have been done, or not."""
        about = act.about
        if act.kind == "submit":
            if about["key"]:
                self._asked[about["key"]] = (order, None)
            self._maybe_submitted(order)
        elif act.kind == "repeat":
            self._maybe_submitted(order)
        elif act.kind == "delete":
            self.strategies[about["slug"]].unsure.setdefault(about["day"], []).append(None)
        elif act.kind == "status":
            self.strategies[about["slug"]].statuses.append((self.now, about["status"]))
        elif act.kind == "deliver" and about["what"] in {"day", "before"}:
            self.owed.append((about["what"], about["day"]))
        elif act.kind == "restate":
            self.restated[about["number"]] = None

    def _maybe_submitted(self, order: Order) -> None:
        body = order["body"]
        strategy = self.strategies[order["path"].split("/")[2]]
        weights = tuple((each["symbol"], each["weight"]) for each in body["signals"])
        day = date.fromisoformat(body["trade_date"])
        if self.now < strategy.deadline(day):
            strategy.unsure.setdefault(day, []).append(weights)
            if strategy.status == "pending":
                strategy.statuses.append((self.now, "active"))

    # ---------------------------------------------------------------- looks

    def looks(self) -> list[Order]:
        """What settles whatever is unsure: the clock, and of each strategy itself and its signals."""
        orders = [_call("operator", "GET", "/admin/clock")]
        for slug, strategy in self._created():
            who = f"agent{strategy.plan.owner}"
            orders.append(_call(who, "GET", f"/strategies/{slug}"))
            orders.append(_call(who, "GET", f"/strategies/{slug}/signals?limit=100"))
        return orders

    def _created(self) -> list[tuple[str, Strategy]]:
        return [(slug, strategy) for slug, strategy in self.strategies.items() if strategy.status != "absent"]

    def judge_looks(self, answers: list[dict[str, Any]], *, disturbed: bool) -> Findings:
        wrong = next((answer for answer in answers if answer["code"] != 200), None)
        if wrong is not None:
            return [] if disturbed and wrong["code"] >= 500 else [f"a look was answered {wrong}"]
        self.now = wall_clock(answers[0]["body"]["now"])
        found: Findings = []
        for place, strategy in enumerate(each for _, each in self._created()):
            shown, signals = answers[2 * place + 1]["body"], answers[2 * place + 2]["body"]["signals"]
            found += self._look_at(strategy, shown["status"], signals)
        return [f"a look at {self.now}: {each}" for each in found]

    def _look_at(self, strategy: Strategy, status: str, signals: list[dict[str, Any]]) -> Findings:
        found: Findings = []
        slug = strategy.plan.slug
        if status != strategy.status:
            at = next((at for at, maybe in strategy.statuses if maybe == status), None)
            if at is None:
                found.append(f"{slug} is {status}, not {strategy.status}")
            strategy.move(at or self.now, status)
        strategy.statuses.clear()
        shown = {date.fromisoformat(each["trade_date"]): each for each in signals}
        if len(shown) != len(signals):
            found.append(f"{slug} has two signals of one date")
        for day in sorted({*shown, *strategy.signals, *strategy.unsure}):
            found += self._look_at_signal(strategy, day, shown.get(day))
        strategy.unsure.clear()
        return found

    def _look_at_signal(self, strategy: Strategy, day: date, shown: dict[str, Any] | None) -> Findings:
        slug, known, maybe = strategy.plan.slug, strategy.signals.get(day), strategy.unsure.get(day, [])
        if shown is None:
            strategy.signals.pop(day, None)
            return [f"{slug}'s acknowledged signal for {day} is gone"] if known and None not in maybe else []
        weights = tuple((each["symbol"], each["weight"]) for each in shown["signals"])
        found: Findings = []
        if (shown["nonce"] is not None) != (self.now >= strategy.deadline(day)):
            found.append(f"the nonce of {slug} for {day} is {shown['nonce']} at {self.now}")
        is_known = (
            known is not None and known.weights == weights and known.hash in {None, shown["signal_hash"]}
        )
        if not is_known:
            if weights not in maybe:
                found.append(f"{slug} for {day} shows {weights}, acknowledged was {known}, maybe {maybe}")
            known = strategy.signals[day] = Standing(weights, None, None if self.plan.attested else False)
        assert known is not None
        known.hash = shown["signal_hash"]
        if known.is_attested and not shown["github_committed"]:
            found.append(f"{slug}'s signal for {day} is not attested any more")
        if shown["github_committed"]:
            known.is_attested = True
        return found


# ---------------------------------------------------------------- requests


def _call(who: str, method: str, path: str, body: Any = None) -> Order:
    return {"do": "call", "who": who, "method": method, "path": path, "body": body}


def _clock(instant: datetime) -> Order:
    return _call("operator", "POST", "/admin/clock", {"now": f"{instant.isoformat()}+08:00"})


def _submission(who: str, slug: str, day: str, weights: list[tuple[str, Any]]) -> Order:
    signals = [{"symbol": symbol, "weight": weight} for symbol, weight in weights]
    return _call(who, "POST", f"/strategies/{slug}/signals", {"trade_date": day, "signals": signals})


def _must(answer: Mapping[str, Any], right: set[int]) -> Findings:
    if answer["code"] in right:
        return []
    return [f"answered {answer['code']}, right is {sorted(right)}: {answer['body']}"]


def wall_clock(text: str) -> datetime:
    """In Shanghai."""
    return (datetime.fromisoformat(text) + timedelta(hours=8)).replace(tzinfo=None)
