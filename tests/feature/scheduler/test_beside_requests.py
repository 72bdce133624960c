"""A job is held in the middle of its work, in a served platform: requests are answered meanwhile, writes too.

One move of the clock runs the six jobs of a day. Each is held at a gate inside its work until everything that is asked
of the platform meanwhile is answered; a platform that kept its callers waiting for a job would answer nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.app import Platform
from quantos.cli.demo.stage import served
from quantos.factors.values import ValueStore
from quantos.kit.clock import shanghai
from quantos.performance.service import Evaluation
from quantos.portfolios.generating import Generating
from quantos.scheduler.service import Scheduler
from quantos.settings import Settings
from quantos.settlement.service import Settlement
from quantos.strategies.service import Strategies
from quantos.verification.service import Publication
from tests.support.faults import DAYS, EVENING, START, SYMBOLS, prepare, upload, values

GATES: dict[str, tuple[Any, str]] = {
    "portfolio_signal_generation": (Generating, "_work_out"),
    "attestation_retry": (Publication, "_publish"),
    "settle_all_active_strategies": (Settlement, "_settle_one_day"),
    "daily_evaluation": (Evaluation, "_evaluate"),
    "factor_os_tracking": (ValueStore, "codes_at"),
    "settlement_watchdog": (Strategies, "overdue_signals"),
}
"""By job, what of its work it is held before."""

WAIT_S = 120
"""For what must come; without it a failure would hang."""


@dataclass
class Gate:
    """Where a job stands still."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.opened.wait(WAIT_S)


Asked = list[tuple[str, int]]
"""(what was asked, the status of the answer)."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Asked]]:
    """What was answered while each job was held; nothing of a job whose move had ended by then."""
    folder = tmp_path_factory.mktemp("beside")
    prepare(folder, 4)
    settings = Settings(data_dir=folder / "data", attestation_repo=str(folder / "proofs"))
    platform = Platform.open(settings, simulate=START)
    with pytest.MonkeyPatch.context() as patched:
        try:
            with served(platform, "127.0.0.1", 0) as url:
                platform.start()
                lived = ((DAYS[0], 1), (DAYS[1], 2))
                for day, number in lived:
                    platform.scheduler.advance_to(shanghai(day, EVENING))
                    upload(platform, folder, day, number)
                yield dict(_held(platform, folder, url, _gates(patched), DAYS[2]))
        finally:
            platform.close()


def _gates(patched: pytest.MonkeyPatch) -> dict[str, Gate]:
    gates, under_way = {job: Gate() for job in GATES}, [""]
    real = Scheduler._do

    def doing(scheduler: Scheduler, turn: Any, number: int) -> Any:
        under_way[0] = turn.due.job
        return real(scheduler, turn, number)

    def held(job: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def holding(*arguments: Any, **named: Any) -> Any:
            if under_way[0] == job:
                gates[job].hold()
            return work(*arguments, **named)

        return holding

    patched.setattr(Scheduler, "_do", doing)
    for job, (owner, name) in GATES.items():
        patched.setattr(owner, name, held(job, getattr(owner, name)))
    return gates


def _held(
    platform: Platform, folder: Path, url: str, gates: dict[str, Gate], day: date
) -> Iterator[tuple[str, Asked]]:
    with (
        ThreadPoolExecutor(1) as aside,
        httpx.Client(base_url=f"{url}/api/v1", trust_env=False, timeout=WAIT_S) as http,
    ):
        operator = {"Authorization": f"Bearer {platform.accounts.operator_token()}"}
        now = shanghai(day, EVENING).isoformat()
        move = aside.submit(http.post, "/admin/clock", json={"now": now}, headers=operator)
        try:
            for number, (job, gate) in enumerate(gates.items()):
                assert gate.reached.wait(WAIT_S), f"{job} has not come to its gate"
                found = list(_ask(http, folder, operator, DAYS[5 + number]))
                yield job, found if not move.done() else []
                gate.opened.set()
        finally:
            for gate in gates.values():
                gate.opened.set()
        assert move.result().status_code == 200


def _ask(http: httpx.Client, folder: Path, operator: dict[str, str], ahead: date) -> Asked:
    agent = {"Authorization": f"Bearer {(folder / 'key').read_text()}"}
    factor = (folder / "factors").read_text().split()[0]
    again = {"data": [{"date": DAYS[0].isoformat(), "values": values(1, 0)}]}
    signal = {"trade_date": ahead.isoformat(), "signals": [{"symbol": SYMBOLS[0], "weight": 0.5}]}
    asked = [
        ("health", http.get("/health")),
        ("strategies", http.get("/strategies", headers=agent)),
        ("track record", http.get("/public/strategies/plain/track-record")),
        ("overview", http.get("/admin/overview", headers=operator)),
        ("jobs", http.get("/admin/jobs", headers=operator)),
        ("a signal", http.post("/strategies/plain/signals", json=signal, headers=agent)),
        ("values", http.post(f"/factors/{factor}/values", json=again, headers=agent)),
        (
            "a portfolio",
            http.post("/portfolios", json={"name": "other", "universe": "hs300"}, headers=agent),
        ),
    ]
    return [(what, answer.status_code) for what, answer in asked]


@pytest.mark.parametrize("job", GATES)
def test_requests_are_answered_while_a_job_is_under_way(answers: dict[str, Asked], job: str) -> None:
    assert [what for what, _ in answers[job]], "the job was still held when all was answered"
    refused = {what: status for what, status in answers[job] if status not in {200, 201}}
    assert refused == {}
