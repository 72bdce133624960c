"""A factor of real bars against scipy, day by day: suspensions, listings and changes of the index as they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from quantos.factors.core.correlation import Sorted, daily_correlation
from quantos.factors.core.measured import measure
from quantos.factors.core.panel import Dates, Members
from quantos.factors.core.ranks import rank_codes
from quantos.market.core.constituents import MemberList, Spell, constituents_on, member_lists
from tests.support.plain_panels import carried, forward_return, market_panel

FIRST, LAST = "2024-05-06", "2024-12-31"
CSI500 = "000905.SH"


def test_momentum_and_turnover_of_the_csi_500(shared_market: Path) -> None:
    bars = shared_market / "bars_stock_2023_2026_all.parquet"
    rows = duckdb.sql(
        f"SELECT symbol, date, close * adj_factor AS close, volume FROM '{bars}'"
        f" WHERE date BETWEEN '{FIRST}' AND '{LAST}'"
    ).fetchnumpy()
    symbols, column = np.unique(rows["symbol"].astype(str), return_inverse=True)
    dates, row = np.unique(rows["date"].astype("datetime64[D]"), return_inverse=True)
    close, volume = np.full((2, len(dates), len(symbols)), np.nan)
    close[row, column] = np.ma.filled(rows["close"], np.nan)
    volume[row, column] = rows["volume"]
    momentum, shrinking = np.full((2, *close.shape), np.nan)
    price = carried(close)
    momentum[20:] = price[20:] / price[:-20] - 1
    shrinking[5:] = volume[:-5] / np.where(volume[5:] > 0, volume[5:], np.nan)
    members = members_of(shared_market, dates, symbols)
    assert members.sum(axis=1).min() > 400
    assert (np.diff(members.astype(np.int8), axis=0) != 0).any(), "the index changed in December"

    found = measure(rank_codes(momentum), market_panel(dates, close), members)
    alike = daily_correlation(Sorted.of(rank_codes(momentum)), rank_codes(shrinking))
    ret, known = np.round(forward_return(price), 12), 0  # the same share of growth is the same return
    for t in range(len(dates)):
        both = np.isfinite(momentum[t]) & np.isfinite(ret[t]) & members[t]
        if both.sum() >= 5:
            known += 1
            want = spearmanr(momentum[t, both], ret[t, both]).statistic
            assert found.ic[t] == pytest.approx(want, abs=1e-12)
        common = np.isfinite(momentum[t]) & np.isfinite(shrinking[t])
        if t % 5 == 0 and common.sum() >= 2:  # scipy is slow on the whole market
            want = spearmanr(momentum[t, common], shrinking[t, common]).statistic
            assert alike[t] == pytest.approx(want, abs=1e-12)
    assert known == len(dates) - 22


def members_of(shared_market: Path, dates: Dates, symbols: NDArray[np.str_], index: str = CSI500) -> Members:
    """[t, i] of an index, of one source per date."""
    spells: dict[str, list[Spell]] = {}
    file = shared_market / "index_members_spells.parquet"
    for source, *spell in duckdb.sql(
        f"SELECT source, start_date, end_date, symbol FROM '{file}' WHERE index_symbol = '{index}'"
    ).fetchall():
        spells.setdefault(source, []).append((spell[0], spell[1], spell[2]))
    lists: dict[str, Sequence[MemberList]] = {
        source: member_lists(index, source, rows) for source, rows in spells.items()
    }
    found = np.zeros((len(dates), len(symbols)), np.bool_)
    for t, day in enumerate(dates.astype(object)):
        known = constituents_on(lists, day)
        found[t] = np.isin(symbols, sorted(known.chosen.members)) if known else False
    return found
