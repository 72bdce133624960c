"""What the platform measures, against pandas on the same closes: members, delay, look-ahead, coverage."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import (
    LAST,
    NAMES,
    SESSIONS,
    closes,
    entries,
    good_values,
    load,
    random_values,
)
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


def test_factor_28_29_31_32_33_35_37_every_figure_and_check_in_plain_python(tmp_path: Path) -> None:
    """Of a factor turned upside down, with ties: it passes by the size of its IC, and nothing else is turned."""

    def values(day: date) -> dict[str, float]:
        return {name: -round(value, 4) for name, value in good_values(day).items()}

    members = NAMES[2:29]
    with stage(tmp_path / "data", parse_instant(f"{LAST}T20:00+08:00")) as opened:
        load(opened.platform.market, members=members)
        owner = new_owner(opened)
        found = owner.submit(owner.ready(DAYS, values)).json()
    prices, ls, turnover = closes(), [], []
    before: tuple[set[str], set[str]] | None = None
    for row, day in enumerate(DAYS):
        ahead = dict(zip(NAMES, prices[row + 2] / prices[row + 1] - 1, strict=True))
        given = values(day)
        order = sorted(members, key=lambda name: (given[name], name))
        legs = set(order[:5]), set(order[-5:])  # of 27 names
        low, high = (fmean(ahead[name] for name in leg) for leg in legs)
        ls.append(high - low)
        if before is not None:
            turnover.append(fmean(len(now - was) / 5 for now, was in zip(legs, before, strict=True)))
        before = legs
    shown, sharpe = found["is"], fmean(ls) / stdev(ls) * 252**0.5
    assert [point["ls_return"] for point in found["ls_cumulative_returns"]] == pytest.approx(ls, abs=1e-12)
    assert shown["turnover"] == pytest.approx(fmean(turnover), abs=1e-12)
    assert shown["sharpe"] == pytest.approx(sharpe, rel=1e-9)
    yearly = abs(252 * fmean(ls))
    assert shown["fitness"] == pytest.approx(sharpe * (yearly / max(fmean(turnover), 0.02)) ** 0.5, rel=1e-9)
    assert shown["ic_mean"] < 0 < shown["turnover"] and shown["sharpe"] < 0
    assert found["status"] == "active"
    assert found["checks"] == [
        {"name": name, "value": shown[figure], "threshold": threshold, "passed": True}
        for name, figure, threshold in (
            ("IC_MEAN", "ic_mean", 0.015),
            ("IC_IR", "ic_ir", 0.15),
            ("HIGH_TURNOVER", "turnover", 0.35),
            ("SELF_CORRELATION", "max_correlation", 0.7),
            ("DATA_COVERAGE", "data_days", 120),
        )
    ]
    assert shown["max_correlation"] == 0.0, "there is no other"


def test_a_share_that_trades_again_counts_also_in_a_platform_that_did_not_know_it_before(
    tmp_path: Path,
) -> None:
    """A share without bars for a while, as of a source that leaves suspended days out, returns nothing meanwhile."""
    silent, gap, prices = NAMES[4], range(134, 146), closes()
    rows = {
        (name, day): (float(prices[row, column]), float(prices[row, column]), None, 1_000)
        for row, day in enumerate(SESSIONS)
        for column, name in enumerate(NAMES)
        if name != silent or row not in gap
    }
    with stage(tmp_path / "data", parse_instant(f"{SESSIONS[141]}T20:00+08:00")) as opened:
        opened.platform.market.import_bars(made_up(rows))
        owner = new_owner(opened)
        owner.submit(owner.ready(DAYS, random_values))
        opened.clock_to(SESSIONS[150], "20:00")
        found = owner.submit(owner.ready(DAYS, random_values)).json()
    carried = prices.copy()
    carried[gap.start : gap.stop, 4] = prices[gap.start - 1, 4]
    ahead = pd.DataFrame(carried, columns=list(NAMES)).pct_change().shift(-6)  # of lag 5
    ics = [pd.Series(random_values(day)).rank().corr(ahead.iloc[t].rank()) for t, day in enumerate(DAYS)]
    assert found["is"]["ic_decay"][4] == pytest.approx(np.mean(ics), abs=1e-12)


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
