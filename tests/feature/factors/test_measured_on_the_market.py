"""What the platform measures, against pandas on the same closes: members, delay, look-ahead, coverage."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, NAMES, SESSIONS, closes, entries, load, random_values
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import made_up, stage

DAYS = SESSIONS[:130]


def ranks_agree(day: date, names: Any, values: Any) -> float:
    row, prices = SESSIONS.index(day), pd.DataFrame(closes(), columns=list(NAMES))
    ahead = (prices.iloc[row + 2] / prices.iloc[row + 1] - 1)[list(names)]
    return float(pd.Series(values(day))[list(names)].rank().corr(ahead.rank()))


def test_factor_23_24_25_26_ics_are_spearman_of_the_delayed_return_over_members_alone(tmp_path: Path) -> None:
    members = NAMES[3:21]
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market, members=members)
        owner = new_owner(opened)
        found = owner.submit(owner.ready(DAYS, random_values)).json()
    expected = [ranks_agree(day, members, random_values) for day in DAYS]
    assert [point["ic"] for point in found["ic_series"]] == pytest.approx(expected, abs=1e-9)
    assert found["is"]["ic_mean"] == pytest.approx(np.mean(expected), abs=1e-12)
    assert found["is"]["ic_ir"] == pytest.approx(np.mean(expected) / np.std(expected, ddof=1), abs=1e-9)
    assert found["is"]["ic_decay"][0] == found["is"]["ic_mean"]
    assert len(found["is"]["ic_decay"]) == 5
    assert found["is"]["coverage"] == 1.0


def test_factor_27_34_coverage_is_the_share_of_members_that_are_valued(tmp_path: Path) -> None:
    members = (*NAMES[:20], "688981.SH", "300750.SZ")  # two of which the market has nothing
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market, members=members)
        owner = new_owner(opened)
        names = [*NAMES[15:], "688981.SH"]  # 6 of the 22
        found = owner.submit(owner.ready(DAYS, random_values, names=names)).json()
        assert found["is"]["coverage"] == pytest.approx(6 / 22)
        assert found["is"]["data_days"] == len(DAYS)
        few = owner.submit(owner.ready(DAYS, random_values, names=NAMES[16:])).json()
        assert few["is"]["data_days"] == 0, "four members have a close"
        assert few["is"]["ic_mean"] is None
        failed = {check["name"] for check in few["checks"] if not check["passed"]}
        assert failed >= {"IC_MEAN", "IC_IR", "HIGH_TURNOVER", "DATA_COVERAGE"}, "a null fails"


def test_factor_24_where_no_members_are_known_all_names_count(tmp_path: Path) -> None:
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market, universe="000905.SH")
        owner = new_owner(opened)
        found = owner.submit(owner.ready(DAYS, random_values, names=NAMES[:12])).json()
    assert found["is"]["coverage"] == pytest.approx(12 / len(NAMES)), "of the names with a close"
    first = found["ic_series"][0]
    assert first["ic"] == pytest.approx(ranks_agree(DAYS[0], NAMES[:12], random_values), abs=1e-9)


def test_factor_47_a_bar_that_the_clock_has_not_reached_is_not_read(tmp_path: Path) -> None:
    """The store of a simulated platform holds the bars of the whole year from the beginning."""
    days = SESSIONS[:120]
    with stage(tmp_path / "data", parse_instant(f"{days[-1]}T14:59+08:00")) as opened:
        load(opened.platform.market)
        owner = new_owner(opened)
        before = owner.submit(owner.ready(days, random_values)).json()["ic_series"]
        assert [point["date"] for point in before] == [day.isoformat() for day in days[:-3]]
        opened.clock_to(days[-1], "15:00")
        after = owner.submit(owner.ready(days, random_values)).json()["ic_series"]
        assert after[:-1] == before
        assert after[-1]["date"] == days[-3].isoformat()


def test_factor_23_an_ex_date_is_no_return(tmp_path: Path) -> None:
    """Every other name splits two for one on one day: nothing of it is seen. All prices are even, so halves are exact."""
    prices = np.round(closes() * 50) / 25 * 10
    halved = prices.copy()
    halved[60:, ::2] /= 2
    reference = np.vstack([halved[:1], halved[:-1]])
    reference[60, ::2] /= 2
    rows = {
        (name, day): (
            float(halved[row, column]),
            float(halved[row, column]),
            float(reference[row, column]),
            1_000,
        )
        for row, day in enumerate(SESSIONS)
        for column, name in enumerate(NAMES)
    }
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        opened.platform.market.import_bars(made_up(rows))
        owner = new_owner(opened)
        found = owner.submit(owner.ready(DAYS, random_values)).json()["ic_series"]
    growth = pd.DataFrame(prices, columns=list(NAMES)).pct_change()
    expected = [
        pd.Series(random_values(day)).rank().corr(growth.iloc[row + 2].rank()) for row, day in enumerate(DAYS)
    ]
    assert [point["ic"] for point in found] == pytest.approx(expected, abs=1e-9)


def test_without_any_market_data_every_check_of_the_market_fails(tmp_path: Path) -> None:
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        owner = new_owner(opened)
        answer = owner.submit(owner.ready(DAYS))
        assert answer.status_code == 200
        found = answer.json()
        assert found["status"] == "rejected"
        passed = [check["name"] for check in found["checks"] if check["passed"]]
        assert passed == ["SELF_CORRELATION"]
        assert found["ic_series"] == []
        assert owner.upload(found["id"], entries(DAYS[:1])).json()["status"] == "ready"
