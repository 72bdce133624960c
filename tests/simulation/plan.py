"""What a seed does: nothing here but dice. The same seed is the same plan, on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from tests.simulation.market import DAYS, NAMES, Market, corrected, market

PLAYED: Final = 20
STEPS: Final = ("08:10", "08:50", "09:14", "09:16", "11:30", "14:58", "15:01", "17:00", "18:05", "19:00")
"""Where the clock stops on an ordinary day."""

FILES: Final = ("records.db-wal", "records.db", "series.duckdb.wal", "series.duckdb", "attestation")
"""Classes of files whose calls may fail, as `inject.class_of` names them."""

FAULTS: Final = ("kill", "torn", "full", "broken", "unsynced")
"""A kill before a call; half of a write and a kill; ENOSPC for a while; EIO once; fsync that fails."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The `at`-th call that fits, counted from the beginning of act `act`; `lasts`: how many more fail with it."""

    act: int
    kind: str
    file: str
    at: int
    lasts: int = 1


@dataclass(frozen=True, slots=True)
class Act:
    kind: str
    about: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(f'{k}={v}' for k, v in self.about.items())}"


@dataclass(frozen=True, slots=True)
class StrategyPlan:
    slug: str
    owner: int
    execution: str
    commission: str
    slippage: str
    capital: int
    is_public: bool


@dataclass
class Plan:
    seed: int
    attested: str  # "", "submission" or "deadline"
    remote: bool
    strategies: list[StrategyPlan]
    market: Market
    acts: list[Act]
    faults: list[Fault]


def plan_of(seed: int) -> Plan:
    draw = random.Random(seed)
    attested = draw.choice(("", "submission", "submission", "deadline"))
    strategies = [
        StrategyPlan(
            f"s{seed % 10000}-{k}",
            k % 2,
            draw.choice(("open", "close")),
            draw.choice(("0", "0.0003", "0.00025")),
            draw.choice(("0", "0.002")),
            draw.choice((100_000, 1_000_000, 5_000_000)),
            draw.random() < 0.75,
        )
        for k in range(draw.randint(2, 4))
    ]
    whole = Plan(seed, attested, bool(attested) and draw.random() < 0.3, strategies, market(draw), [], [])
    _Writer(draw, whole).write()
    for _ in range(draw.choice((0, 2, 3, 4, 6, 8))):
        whole.faults.append(_fault(draw, whole))
    return whole


def _fault(draw: random.Random, plan: Plan) -> Fault:
    files = FILES if plan.attested else FILES[:4]
    file, kind = draw.choice(files), draw.choice(FAULTS)
    act = draw.randrange(len(plan.strategies), len(plan.acts))
    often = file in {"records.db-wal", "attestation"}
    at = 1 + int(draw.expovariate(1 / (12 if often else 3)))
    return Fault(act, kind, file, at, draw.choice((1, 3, 40)) if kind in {"full", "unsynced"} else 1)


class _Writer:
    """Writes the acts, day by day."""

    def __init__(self, draw: random.Random, plan: Plan) -> None:
        self.draw, self.plan = draw, plan
        self.late: dict[int, list[tuple[str, int]]] = {}  # by the number of the day: what comes then
        self.on_time: set[int] = set()
        self.keys = 0

    def write(self) -> None:
        for strategy in self.plan.strategies:
            self._act("create", slug=strategy.slug)
        self._act("deliver", what="before", day=None)
        for number, day in enumerate(DAYS[:PLAYED]):
            self._day(number, day)

    def _act(self, kind: str, **about: Any) -> None:
        self.plan.acts.append(Act(kind, about))

    def _day(self, number: int, day: date) -> None:
        draw = self.draw
        for at in STEPS:
            if draw.random() < 0.25 and at not in {"17:00", "19:00"}:
                continue  # the clock passes by
            if draw.random() < 0.04:
                self._act("clock_back", day=day, at=at)
            self._act("clock", day=day, at=at)
            if at == "17:00":
                self._deliveries(number, day)
            for _ in range(draw.choice((0, 0, 1, 1, 2, 3) if at < "15:30" else (0, 0, 0, 1))):
                self._agent(number)
            if draw.random() < 0.02:
                self._act("restart")
            if draw.random() < 0.04:
                self._act("probe")
            if self.plan.remote and draw.random() < 0.03:
                self._act(draw.choice(("remote_down", "remote_up")))
            if at == "19:00":
                self._corrections(number)
                if draw.random() < 0.1:
                    self._act("settle", day=day)

    def _deliveries(self, number: int, day: date) -> None:
        for what, late in self.late.pop(number, []):
            self._act("deliver", what=what, day=DAYS[late])
        kind = self.draw.random()
        if kind < 0.70:
            self._act("deliver", what="day", day=day)
            self.on_time.add(number)
        elif kind < 0.80:
            self._act("deliver", what="half", day=day)
            self.late.setdefault(number + 1, []).append(("day", number))
        elif kind < 0.88:
            self._act("deliver", what="broken", day=day)
            self._act("deliver", what="day", day=day)
            self.on_time.add(number)
        else:
            self.late.setdefault(number + self.draw.choice((1, 2)), []).append(("day", number))

    def _corrections(self, number: int) -> None:
        first = number - 2
        if first >= 1 and {first, first + 1, number} <= self.on_time and self.draw.random() < 0.08:
            corrections = self.plan.market.corrections
            touched = {day for bars in corrections.values() for day in bars}
            if not touched & {DAYS[first], DAYS[first + 1]}:
                which = len(corrections)
                corrections[which] = corrected(self.plan.market, self.draw, DAYS[first], DAYS[first + 1])
                self._act("restate", number=which, day=DAYS[first], until=number)

    def _agent(self, number: int) -> None:
        draw = self.draw
        strategy = draw.choice(self.plan.strategies)
        day = DAYS[number + draw.choice((0, 0, 0, 1, 1, 2))]
        kind = draw.random()
        if kind < 0.62:
            self.keys += 1
            key = f"key-{self.keys}" if draw.random() < 0.5 else ""
            self._act("submit", slug=strategy.slug, day=day, weights=self._weights(), key=key)
            if key and draw.random() < 0.3:
                self._act("repeat", key=key)
        elif kind < 0.74:
            self._act("delete", slug=strategy.slug, day=day)
        elif kind < 0.84:
            self._act("misbehave", slug=strategy.slug, day=day, how=draw.choice(MISDEEDS))
        elif kind < 0.97:
            self._act("status", slug=strategy.slug, status=draw.choice(("paused", "active")))
        else:
            self._act("status", slug=strategy.slug, status="retired" if number > 8 else "active")

    def _weights(self) -> list[tuple[str, float]]:
        draw = self.draw
        names = draw.sample(list(NAMES), draw.randint(0, 5))
        left, weights = 1000, []
        for name in names:
            share = draw.randint(1, max(1, left * 2 // 3))
            left -= share
            weights.append((name, share / 1000))
            if left <= 0:
                break
        return weights


MISDEEDS: Final = ("too_much", "twice", "zero", "foreign", "nobody", "closed_day", "past", "text", "not_json")
