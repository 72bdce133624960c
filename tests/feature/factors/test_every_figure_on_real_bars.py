"""What the platform says of an awkward factor on real bars, figure by figure, against pandas and scipy.

CSI 300, February to September 2025: ex-dates, suspensions, a change of the index in June, a member (601989.SH) whose
bars end in August. The factor has ties, days on which all names are equal, names that it never values, a day of one name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import Owner
from tests.feature.factors.made import owner as new_owner
from tests.feature.factors.test_on_real_bars import members_of
from tests.support.platforms import stage

FIRST, LAST = date(2025, 2, 6), date(2025, 9, 30)
GONE = "601989.SH"
INDEX = "000300.SH"
FLAT, LONELY = (30, 31), 60


@dataclass(frozen=True)
class Case:
    """What went in and what came out: frames of days by symbols."""

    factor: pd.DataFrame
    growth: pd.DataFrame  # ret[t], NaN where the name has no close
    closed: pd.DataFrame
    members: pd.DataFrame
    members_count: NDArray[np.int64]  # of each day, those without bars too
    found: dict[str, Any]
    sections: list[Section]


@dataclass(frozen=True)
class Section:
    """A day with at least five members that have a value and a return."""

    day: pd.Timestamp
    factor: pd.Series[Any]
    ahead: pd.Series[Any]

    def legs(self) -> tuple[set[str], set[str]]:
        order = sorted(self.factor.index, key=lambda name: (self.factor[name], name))
        size = len(order) // 5
        return set(order[:size]), set(order[-size:])

    @property
    def ls(self) -> float:
        low, high = self.legs()
        return float(self.ahead[sorted(high)].mean() - self.ahead[sorted(low)].mean())


def bars_of(folder: Path) -> pd.DataFrame:
    """Of whatever was in the CSI 300 lately, as the files have them."""
    names = (
        f"SELECT DISTINCT symbol FROM '{folder}/index_members_spells.parquet' WHERE index_symbol = '{INDEX}'"
    )
    found: pd.DataFrame = duckdb.sql(
        f"SELECT * FROM (SELECT * FROM '{folder}/bars_stock_2023_2026_all.parquet' UNION ALL BY NAME"
        f" SELECT * FROM '{folder}/bars_stock_delisted.parquet' WHERE symbol = '{GONE}')"
        f" WHERE date BETWEEN '{FIRST}' AND '{LAST}' AND symbol IN ({names} AND end_date >= '{FIRST}')"
    ).df()
    return found


def growth_of(bars: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(ret, whether there is a close), a gap carried, nothing after the last bar."""
    wide = bars.set_index(["date", "symbol"]).unstack("symbol")  # noqa: PD010 - no aggregation
    close = wide["close"]
    before, factor = close.ffill().shift(), wide["adj_factor"].ffill().shift()
    reference = wide["pre_close"].where(wide["pre_close"] > 0)
    reference = reference.fillna(before * factor / wide["adj_factor"]).fillna(before)
    closed = close.notna().cummax() & close[::-1].notna().cummax()[::-1]
    growth = (close / reference - 1).where(close.notna(), 0.0)
    return growth.where(closed & closed.shift(fill_value=False)), closed


def values_of(growth: pd.DataFrame) -> pd.DataFrame:
    """Minus the growth of five days in half per cents: many ties."""
    found = -(growth.rolling(5).sum() * 200).round() / 200
    found.iloc[list(FLAT)] = 1.0
    found.iloc[LONELY, 1:] = np.nan
    found.iloc[LONELY, 0] = 1.0
    found.iloc[:, 3::17] = np.nan
    return found.iloc[5:]


def submitted(owner: Owner, values: pd.DataFrame) -> dict[str, Any]:
    factor = owner.create()
    data = [
        {"date": day.date().isoformat(), "values": row.dropna().to_dict()}
        for day, row in values.iterrows()
        if row.notna().any()
    ]
    assert owner.upload(factor, data).status_code == 200
    found: dict[str, Any] = owner.submit(factor).json()
    return found


@pytest.fixture(scope="module")
def case(shared_market: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("figures")
    bars = bars_of(shared_market)
    bars.drop(columns=["is_st", "amount_source"], errors="ignore").to_parquet(folder / "bars.parquet")
    growth, closed = growth_of(bars)
    values = values_of(growth)
    with stage(folder / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        for file in (folder / "bars.parquet", shared_market / "index_members_spells.parquet"):
            opened.platform.market.import_path(file)
        found = submitted(new_owner(opened), values)
    dates, symbols = values.index.to_numpy("datetime64[D]"), values.columns.to_numpy(str)
    members = pd.DataFrame(members_of(shared_market, dates, symbols, INDEX), values.index, values.columns)
    everything = duckdb.sql(f"SELECT DISTINCT symbol FROM '{shared_market}/index_members_spells.parquet'")
    count = members_of(shared_market, dates, everything.fetchnumpy()["symbol"].astype(str), INDEX).sum(axis=1)
    return Case(values, growth, closed, members, count, found, sections(values, growth, members))


def ahead_of(growth: pd.DataFrame, day: pd.Timestamp, lag: int) -> pd.Series[Any] | None:
    row = growth.index.get_loc(day) + lag + 1
    return growth.iloc[row] if row < len(growth) else None


def ic(values: pd.Series[Any], ahead: pd.Series[Any]) -> float:
    """NaN where a side is constant. The same share of growth is the same return."""
    if (values == values.iloc[0]).all():
        return float("nan")
    return float(spearmanr(values, ahead.round(12)).statistic)


def sections(
    values: pd.DataFrame, growth: pd.DataFrame, members: pd.DataFrame, lag: int = 1
) -> list[Section]:
    found = []
    for day, row in values.iterrows():
        ahead = ahead_of(growth, day, lag)
        if ahead is not None:
            names = row.index[row.notna() & ahead.notna() & members.loc[day]]
            if len(names) >= 5:
                found.append(Section(day, row[names], ahead[names]))
    return found


def test_the_window_has_what_makes_it_awkward(case: Case) -> None:
    assert case.members[GONE].iloc[0] and not case.closed[GONE].iloc[-1]
    assert case.closed[GONE].iloc[60], "it is delisted inside the window"
    assert (case.members.astype(int).diff().abs().sum(axis=1) > 5).any(), "the index changes"
    assert all(row.dropna().duplicated().any() for _, row in case.factor.iloc[:20].iterrows()), "ties"
    assert (case.growth == 0).sum().sum() > 50, "suspensions"
    assert len(case.sections) == len(case.factor) - 3, "the last two days and the lonely one"


def test_factor_24_26_ics_at_each_lag(case: Case) -> None:
    ics = {s.day.date().isoformat(): ic(s.factor, s.ahead) for s in case.sections}
    shown = {point["date"]: point["ic"] for point in case.found["ic_series"]}
    assert shown == pytest.approx({day: one for day, one in ics.items() if np.isfinite(one)}, abs=1e-12)
    assert len(shown) == len(ics) - len(FLAT)
    for lag in range(1, 6):
        lagged = [ic(s.factor, s.ahead) for s in sections(case.factor, case.growth, case.members, lag)]
        assert case.found["is"]["ic_decay"][lag - 1] == pytest.approx(np.nanmean(lagged), abs=1e-12)


def test_factor_25_28_29_31_32_means_turnover_sharpe_and_fitness(case: Case) -> None:
    ics = np.array([ic(s.factor, s.ahead) for s in case.sections])
    ics = ics[np.isfinite(ics)]
    ls = np.array([s.ls for s in case.sections])
    legs = [s.legs() for s in case.sections]
    turnover = np.mean(
        [
            np.mean([len(now - was) / len(now) for now, was in zip(after, before, strict=True)])
            for before, after in pairwise(legs)
        ]
    )
    shown, sharpe = case.found["is"], ls.mean() / ls.std(ddof=1) * np.sqrt(252)
    assert shown["ic_mean"] == pytest.approx(ics.mean(), abs=1e-12)
    assert shown["ic_ir"] == pytest.approx(ics.mean() / ics.std(ddof=1), rel=1e-9)
    assert shown["turnover"] == pytest.approx(turnover, abs=1e-12)
    assert shown["sharpe"] == pytest.approx(sharpe, rel=1e-8)
    assert shown["fitness"] == pytest.approx(
        sharpe * np.sqrt(abs(252 * ls.mean()) / max(turnover, 0.02)), rel=1e-8
    )
    given = [point["ls_return"] for point in case.found["ls_cumulative_returns"]]
    assert given == pytest.approx(ls.tolist(), abs=1e-12), "also on the days that are all ties, by symbol"


def test_factor_27_34_coverage_and_data_days(case: Case) -> None:
    valued = case.factor.notna()
    uploaded = valued.any(axis=1)
    share = (valued & case.members).sum(axis=1) / case.members_count
    assert case.found["is"]["coverage"] == pytest.approx(share[uploaded].mean(), abs=1e-12)
    whole = (valued & case.members & case.closed.loc[case.factor.index]).sum(axis=1)
    assert case.found["is"]["data_days"] == (whole >= 5).sum()


def test_factor_42_the_year(case: Case) -> None:
    (year,) = case.found["yearly_stats"]
    curve = np.cumprod([1.0, *(1 + s.ls for s in case.sections)])
    assert year["year"] == 2025
    assert year["days"] == len(case.found["ic_series"])
    assert year["returns"] == pytest.approx(curve[-1] - 1, abs=1e-12)
    assert year["drawdown"] == pytest.approx((1 - curve / np.maximum.accumulate(curve)).max(), abs=1e-12)
    assert year["turnover"] == pytest.approx(case.found["is"]["turnover"], abs=1e-12)
