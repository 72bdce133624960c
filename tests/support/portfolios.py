"""Portfolios that signal, of factors that are active without having been judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text as sql

from tests.support.platforms import Caller, Stage

Values = Mapping[str, float]


def active_factor(
    on_stage: Stage,
    owner: Caller,
    values: Mapping[date, Values],
    *,
    name: str = "factor",
    ic_mean: float = 0.03,
    ic_ir: float = 0.3,
    universe: str = "hs300",
) -> str:
    """A factor whose sample is these days."""
    factor: str = owner.post("/factors", {"name": name, "universe": universe})["id"]
    send_values(owner, factor, values)
    with on_stage.platform.records.write() as session:
        session.execute(
            sql(
                "UPDATE factor SET status = 'active', ic_mean = :mean, ic_ir = :ir, last_in_sample = :day"
                " WHERE id = :id"
            ),
            {"id": factor, "mean": ic_mean, "ir": ic_ir, "day": max(values).isoformat()},
        )
    return factor


def send_values(owner: Caller, factor: str, values: Mapping[date, Values]) -> None:
    data = [{"date": day.isoformat(), "values": dict(of_day)} for day, of_day in values.items()]
    owner.post(f"/factors/{factor}/values", {"data": data})


def portfolio_of(owner: Caller, factors: Sequence[str], **fields: Any) -> str:
    """A draft with these members."""
    body = {"name": "Standing", "universe": "hs300", "top_n": 5, **fields}
    portfolio: str = owner.post("/portfolios", body)["id"]
    for factor in factors:
        owner.post(f"/portfolios/{portfolio}/members", {"factor_id": factor})
    return portfolio


def standing_portfolio(on_stage: Stage, owner: Caller, values_of: date) -> dict[str, Any]:
    """An active portfolio of two factors with values for a day; the answer to its activation, a signal with it."""
    values = {values_of: {f"60000{k}.SH": float(k) for k in range(1, 7)}}
    pair = [active_factor(on_stage, owner, values, name=name) for name in ("one", "two")]
    started: dict[str, Any] = owner.post(f"/portfolios/{portfolio_of(owner, pair)}/activate")
    assert started["signal"] is not None, started["no_signal"]
    return started
