"""Signals of real factor values, day by day, against a computation in pandas that shares nothing with the platform."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from quantos.kit.clock import parse_instant
from quantos.portfolios.core.combining import combine, factor_weights, selected, signs
from tests.feature.factors.test_on_real_bars import members_of
from tests.support.platforms import stage
from tests.support.portfolios import active_factor, portfolio_of, send_values

IC_MEAN = pd.Series({"momentum": -0.03, "shrinking": 0.02, "range": -0.04})
IC_IR = pd.Series({"momentum": -0.4, "shrinking": 0.2, "range": -0.3})
DAYS = 12


def factors_of(file: Path, first: str, last: str) -> dict[str, pd.DataFrame]:
    """Momentum of 20 days, shrinking volume, and the day's range: [date, symbol], with the gaps of real bars."""
    rows = duckdb.sql(
        "SELECT symbol, date, close * adj_factor AS close, volume, (high - low) / close AS range"
        f" FROM '{file}' WHERE date BETWEEN '{first}' AND '{last}' AND trade_status = 1"
    ).df()
    close, volume, spread = (
        rows.pivot_table(index="date", columns="symbol", values=name) for name in ("close", "volume", "range")
    )
    found = {
        "momentum": close / close.shift(20) - 1,
        "shrinking": volume.shift(5) / volume.rolling(5).mean(),
        "range": spread,
    }
    return {name: frame.iloc[25:].dropna(axis=1, how="all") for name, frame in found.items()}


def best(values: dict[str, pd.Series], weighting: str, top_n: int, members: set[str] | None) -> pd.DataFrame:
    """symbol, weight, score of the names selected, best first."""
    frame = pd.concat(values, axis=1, join="inner").dropna()
    if members is not None:
        frame = frame[frame.index.isin(members)]
    z = frame.sub(frame.mean()).div(frame.std(ddof=1))
    names = list(values)
    strength = IC_IR[names].abs()
    weight = strength / strength.sum() if weighting == "ic_weighted" else pd.Series(1 / len(names), names)
    score = (z * weight * IC_MEAN[names].map(lambda mean: -1 if mean < 0 else 1)).sum(axis=1)
    table = pd.DataFrame({"symbol": score.index, "score": score.to_numpy()})
    table = table.sort_values(["score", "symbol"], ascending=[False, True]).head(top_n)
    return table.assign(weight=1 / top_n).reset_index(drop=True)


@pytest.mark.parametrize(("weighting", "top_n"), [("equal", 10), ("ic_weighted", 25)])
def test_the_signals_of_a_platform_are_those_of_pandas_day_by_day(
    shared_market: Path, tmp_path: Path, weighting: str, top_n: int
) -> None:
    sample = shared_market / "sample_32_stocks_2020_2026.parquet"
    values = factors_of(sample, "2023-03-01", "2023-06-30")
    days: list[date] = [day.date() for day in values["momentum"].index[: DAYS + 1]]
    symbols = sorted({symbol for frame in values.values() for symbol in frame.columns})
    members = symbols[:24]

    def of(name: str, day: date) -> dict[str, float]:
        found: dict[str, float] = values[name].loc[pd.Timestamp(day)].dropna().to_dict()
        return found

    with stage(tmp_path / "data", parse_instant(f"{days[0]}T20:00+08:00")) as on:
        starts = pa.array([days[0]] * len(members), pa.date32())
        table = {"index_symbol": ["000300.SH"] * len(members), "start_date": starts, "symbol": members}
        on.platform.market.import_table("constituents", "test", pa.table(table))
        owner = on.agent()
        factors = {
            name: active_factor(
                on, owner, {days[0]: of(name, days[0])}, name=name, ic_mean=IC_MEAN[name], ic_ir=IC_IR[name]
            )
            for name in values
        }
        portfolio = portfolio_of(owner, list(factors.values()), weighting=weighting, top_n=top_n)
        slug = owner.post(f"/portfolios/{portfolio}/activate")["strategy"]["slug"]
        for before, day in pairwise(days):
            on.clock_to(day, "17:00:00")
            for name, factor in factors.items():
                send_values(owner, factor, {day: of(name, day)})
            newest = owner.get(f"/strategies/{slug}/signals", limit=1)["signals"][0]
            here = {name: values[name].loc[pd.Timestamp(before)] for name in values}
            wanted = best(here, weighting, top_n, set(members))
            assert newest["trade_date"] == day.isoformat()
            assert [each["symbol"] for each in newest["signals"]] == wanted["symbol"].tolist(), day
            assert [each["weight"] for each in newest["signals"]] == wanted["weight"].tolist()
        assert len(owner.get(f"/portfolios/{portfolio}/signals")["signals"]) == DAYS


def test_the_csi_500_of_the_whole_market_day_by_day(shared_market: Path) -> None:
    """Half a year with a change of the index, suspensions and listings: scores, order and selection."""
    values = factors_of(shared_market / "bars_stock_2023_2026_all.parquet", "2024-09-02", "2025-02-28")
    dates = values["momentum"].index
    symbols = tuple(sorted({symbol for frame in values.values() for symbol in frame.columns}))
    panels = {name: frame.reindex(columns=list(symbols)) for name, frame in values.items()}
    axis = pd.Index(symbols).to_numpy().astype(str)
    inside = members_of(shared_market, dates.to_numpy().astype("datetime64[D]"), axis)
    sign, weight = signs(IC_MEAN.to_numpy()), factor_weights("ic_weighted", IC_IR.to_numpy())
    compared = 0
    for row, day in enumerate(dates):
        here = {name: panels[name].loc[day] for name in values}
        panel = pd.concat(here, axis=1).to_numpy().T
        found = combine(panel, inside[row], sign, weight)
        members = {symbols[column] for column in inside[row].nonzero()[0]}
        wanted = best(here, "ic_weighted", 50, members)
        chosen = selected(found, symbols, 50)
        assert [symbol for symbol, _ in chosen] == wanted["symbol"].tolist(), day
        assert found.score[found.order[:50]] == pytest.approx(wanted["score"].to_numpy(), abs=1e-12)
        compared += len(wanted)
    assert compared == 50 * len(dates)
    assert len(dates) > 80
    assert (inside[0] != inside[-1]).any(), "the index changed in between"
