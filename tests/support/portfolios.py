"""A portfolio that signals, without the market that factors are judged by."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import text as sql

from tests.support.platforms import Caller, Stage


def standing_portfolio(on_stage: Stage, owner: Caller, values_of: date) -> dict[str, Any]:
    """An active portfolio of two factors with values for a day; the answer to its activation."""
    values = {f"60000{k}.SH": float(k) for k in range(1, 7)}
    portfolio: str = owner.post("/portfolios", {"name": "Standing", "universe": "hs300", "top_n": 5})["id"]
    for name in ("one", "two"):
        factor = owner.post("/factors", {"name": name, "universe": "hs300"})["id"]
        data = [{"date": values_of.isoformat(), "values": values}]
        owner.post(f"/factors/{factor}/values", {"data": data})
        with on_stage.platform.records.write() as session:
            session.execute(
                sql(
                    "UPDATE factor SET status = 'active', ic_mean = 0.03, ic_ir = 0.3, last_in_sample = :day"
                    " WHERE id = :id"
                ),
                {"id": factor, "day": values_of.isoformat()},
            )
        owner.post(f"/portfolios/{portfolio}/members", {"factor_id": factor})
    started: dict[str, Any] = owner.post(f"/portfolios/{portfolio}/activate")
    assert started["signal"] is not None, started["no_signal"]
    return started
