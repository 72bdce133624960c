"""A small market whose names keep their drift, a factor that knows it, and a platform on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from quantos.market.core.calendar import shipped_calendar
from quantos.market.service import Market
from tests.support.platforms import Caller, Stage, made_up

NAMES = tuple(f"{600000 + 7 * k}.SH" for k in range(30))
SESSIONS = shipped_calendar().between(date(2024, 1, 2), date(2024, 12, 31))
LAST = SESSIONS[149]
"""The day on whose evening the tests begin."""

DRIFT = dict(zip(NAMES, np.linspace(-0.004, 0.004, len(NAMES)).tolist(), strict=True))

Values = Mapping[str, float]


def closes() -> np.ndarray[Any, Any]:
    """[session, name] in CNY, with two decimals."""
    noise = np.random.default_rng(5).normal(0, 0.01, (len(SESSIONS), len(NAMES)))
    growth = 1 + np.array(list(DRIFT.values())) + noise
    found: np.ndarray[Any, Any] = np.round(40 * np.cumprod(growth, axis=0), 2)
    return found


def load(market: Market, *, members: Sequence[str] = NAMES, universe: str = "000300.SH") -> None:
    """Bars of all sessions, and the members of an index on the first day and half a year later."""
    prices = closes()
    rows = {
        (name, day): (float(close), float(close), float(prices[row - 1, column]) if row else None, 1_000_000)
        for row, day in enumerate(SESSIONS)
        for column, (name, close) in enumerate(zip(NAMES, prices[row], strict=True))
    }
    market.import_bars(made_up(rows))
    starts = [SESSIONS[0], SESSIONS[100], SESSIONS[200]]
    table = pa.table(
        {
            "index_symbol": [universe] * (len(starts) * len(members)),
            "start_date": pa.array([day for day in starts for _ in members], pa.date32()),
            "symbol": list(members) * len(starts),
        }
    )
    market.import_table("constituents", "test", table)


def good_values(day: date, names: Sequence[str] = NAMES, seed: int = 1) -> Values:
    """What a good factor says on a day: the drift, and a little noise."""
    noise = np.random.default_rng(day.toordinal() * 1000 + seed).normal(0, 0.0001, len(names))
    return {name: DRIFT[name] + float(each) for name, each in zip(names, noise, strict=True)}


def random_values(day: date, names: Sequence[str] = NAMES, seed: int = 1) -> Values:
    """What a useless factor says: each day something else."""
    drawn = np.random.default_rng(day.toordinal() * 1000 + seed).normal(0, 1, len(names))
    return dict(zip(names, drawn.tolist(), strict=True))


def entries(days: Sequence[date], values: Any = good_values, **more: Any) -> list[dict[str, Any]]:
    return [{"date": day.isoformat(), "values": dict(values(day, **more))} for day in days]


class Owner:
    """A user with factors."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        return self.caller.call(method, path, body, **params)

    def create(self, **fields: Any) -> str:
        answer = self.call("POST", "/factors", {"name": "drift", "universe": "hs300", **fields})
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["id"]
        return found

    def get(self, factor: str, part: str = "") -> Any:
        return self.caller.get(f"/factors/{factor}{part}")

    def upload(self, factor: str, data: list[dict[str, Any]]) -> Any:
        return self.call("POST", f"/factors/{factor}/values", {"data": data})

    def send(self, factor: str, content: bytes, kind: str) -> Any:
        headers = {"Authorization": f"Bearer {self.caller.token}", "Content-Type": kind}
        request = self.caller.http.post(f"/factors/{factor}/values", content=content, headers=headers)
        return self.caller.runner.run(request)

    def submit(self, factor: str) -> Any:
        return self.call("POST", f"/factors/{factor}/submit")

    def ready(self, days: Sequence[date] = SESSIONS[:148], values: Any = good_values, **more: Any) -> str:
        """A factor that may be submitted."""
        fields = {name: more.pop(name) for name in ("name", "universe") if name in more}
        factor = self.create(**fields)
        answer = self.upload(factor, entries(days, values, **more))
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "ready"
        return factor

    def active(self, **more: Any) -> str:
        factor = self.ready(**more)
        answer = self.submit(factor)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "active", answer.json()["reject_reason"]
        return factor


def owner(on_stage: Stage) -> Owner:
    return Owner(on_stage.agent())
