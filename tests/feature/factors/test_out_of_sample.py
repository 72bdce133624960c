"""Out-of-sample tracking: what counts when, and what is timely. The expected ICs are pandas', on the closes as made."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import NAMES, SESSIONS, Owner, closes, entries, good_values, load
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import Caller, Stage, stage

SAMPLE = SESSIONS[:148]
FIRST, SECOND = SESSIONS[148], SESSIONS[149]
NULLS = {"ic_mean_30d": None, "ic_mean_60d": None, "ic_mean_120d": None}


def expected_ic(day: date, values: Any = good_values) -> float:
    row, prices = SESSIONS.index(day), closes()
    ahead = pd.Series(prices[row + 2] / prices[row + 1] - 1, NAMES)
    return float(pd.Series(values(day)).rank().corr(ahead.rank()))


def test_os_01_an_ic_is_found_on_the_evening_of_t_plus_2(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    assert owner.get(factor)["os"] == {**NULLS, "start_date": None, "timely": NULLS, "late_days": 0}
    assert owner.upload(factor, entries([FIRST])).json() == {
        "uploaded": 1,
        "total_days": 149,
        "status": "active",
    }
    on_stage.clock_to(SESSIONS[150], "18:39")
    assert owner.get(factor)["os"]["start_date"] is None, "T+2 has not closed, or the job has not run"
    ran = on_stage.clock_to(SESSIONS[150], "18:41")
    assert [each["state"] for each in ran if each["job"] == "factor_os_tracking"] == ["done"]
    found = owner.get(factor)["os"]
    assert found["start_date"] == FIRST.isoformat()
    assert found["ic_mean_30d"] == pytest.approx(expected_ic(FIRST), rel=1e-9)


def test_os_02_03_means_are_over_the_last_30_60_and_120_days_or_as_many_as_there_are(
    owner: Owner, on_stage: Stage
) -> None:
    factor = owner.active()
    days = SESSIONS[148:216]
    on_stage.clock_to(SESSIONS[217], "17:00")
    owner.upload(factor, entries(days))
    on_stage.clock_to(SESSIONS[217], "18:41")
    ics = [expected_ic(day) for day in days]
    found = owner.get(factor)["os"]
    assert found["start_date"] == days[0].isoformat()
    for name, count in (("ic_mean_30d", 30), ("ic_mean_60d", 60), ("ic_mean_120d", 68)):
        assert found[name] == pytest.approx(sum(ics[-count:]) / count, rel=1e-9), name


def test_os_04_what_is_in_sample_stays_as_it_was_validated(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    before = owner.get(factor)
    owner.upload(factor, entries([FIRST, SECOND]))
    on_stage.clock_to(SESSIONS[152], "20:00")
    after = owner.get(factor)
    assert after["os"] != before["os"]
    assert {**after, "os": None} == {**before, "os": None}


def test_a_value_is_timely_if_it_was_there_before_the_next_mornings_auction(
    owner: Owner, on_stage: Stage
) -> None:
    factor = owner.active()
    owner.upload(factor, entries([FIRST]))  # on the evening of the day after it: late
    on_stage.clock_to(SESSIONS[150], "09:14")
    owner.upload(factor, entries([SECOND]))  # a minute before the next day's prices begin to form
    on_stage.clock_to(SESSIONS[151], "09:15")
    owner.upload(factor, entries([SESSIONS[150]]))  # at that very instant: late
    on_stage.clock_to(SESSIONS[153], "20:00")
    found = owner.get(factor)["os"]
    assert found["timely"]["ic_mean_30d"] == pytest.approx(expected_ic(SECOND), rel=1e-9)
    assert found["late_days"] == 2
    three = [expected_ic(day) for day in (FIRST, SECOND, SESSIONS[150])]
    assert found["ic_mean_30d"] == pytest.approx(sum(three) / 3, rel=1e-9)


def test_the_receipt_of_a_day_is_the_first_one_also_where_it_is_sent_again(
    owner: Owner, on_stage: Stage
) -> None:
    factor = owner.active()
    owner.upload(factor, entries([SECOND]))  # on its own evening: timely
    on_stage.clock_to(SESSIONS[151], "12:00")
    assert owner.upload(factor, entries([SECOND])).status_code == 200
    on_stage.clock_to(SESSIONS[152], "20:00")
    assert owner.get(factor)["os"]["late_days"] == 0


def test_factor_19_a_day_in_the_sample_is_refused_and_nothing_is_stored(owner: Owner) -> None:
    factor = owner.active()
    for day in (SAMPLE[-1], SAMPLE[0]):
        answer = owner.upload(factor, entries([day, FIRST]))
        assert answer.status_code == 400
        assert day.isoformat() in answer.json()["detail"]
    assert owner.get(factor, "/values/status")["total_days"] == 148


def test_factor_19_a_day_out_of_sample_is_written_once(owner: Owner) -> None:
    factor = owner.active()
    (entry,) = entries([FIRST])
    assert owner.upload(factor, [entry]).status_code == 200
    assert owner.upload(factor, [entry]).json() == {"uploaded": 1, "total_days": 149, "status": "active"}
    name = NAMES[0]
    other = {**entry, "values": {**entry["values"], name: entry["values"][name] + 1e-9}}
    fewer = {**entry, "values": {n: v for n, v in entry["values"].items() if n != name}}
    more = {**entry, "values": {**entry["values"], "000001.SZ": 1.0}}
    for changed in (other, fewer, more):
        answer = owner.upload(factor, [*entries([SECOND]), changed])
        assert answer.status_code == 409
        assert FIRST.isoformat() in answer.json()["detail"]
    assert owner.get(factor, "/values/status")["total_days"] == 149, "the other day was not stored either"
    assert owner.upload(factor, entries([FIRST, SECOND])).json()["total_days"] == 150


def test_a_day_may_be_added_behind_later_ones(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    owner.upload(factor, entries([SECOND]))
    on_stage.clock_to(SESSIONS[151], "20:00")
    owner.upload(factor, entries([FIRST]))
    on_stage.clock_to(SESSIONS[152], "20:00")
    found = owner.get(factor)["os"]
    assert found["start_date"] == FIRST.isoformat()
    both = [expected_ic(day) for day in (FIRST, SECOND)]
    assert found["ic_mean_30d"] == pytest.approx(sum(both) / 2, rel=1e-9)


def test_the_job_may_run_twice_and_by_hand(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    owner.upload(factor, entries([FIRST]))
    on_stage.clock_to(SESSIONS[150], "20:00")
    before = owner.get(factor)["os"]
    again = on_stage.operator.post("/admin/jobs/factor_os_tracking/run", {})
    assert again["detail"] == {"factors": 1, "days": 0}
    assert owner.get(factor)["os"] == before


def test_a_day_whose_t_plus_2_has_too_few_bars_waits(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    owner.upload(factor, entries([FIRST]))
    with on_stage.platform.series.write() as cursor:
        cursor.execute("DELETE FROM bar WHERE trade_date = ? AND instrument > 19", [SESSIONS[150]])
    on_stage.platform.market.refresh()
    on_stage.clock_to(SESSIONS[150], "20:00")
    assert owner.get(factor)["os"]["start_date"] is None


def test_factors_are_tracked_together_as_each_would_be_alone(owner: Owner, on_stage: Stage) -> None:
    """Of two users, with samples and days out of sample of their own."""
    other = new_owner(on_stage)
    whose = {owner.active(days=SESSIONS[:140]): owner, other.active(seed=2): other}
    first, second = whose
    owner.upload(first, entries([*SESSIONS[140:144], *SESSIONS[146:150]]))
    other.upload(second, entries([FIRST, SECOND], seed=2))
    ran = on_stage.clock_to(SESSIONS[152], "20:00")
    assert sum(each["state"] == "done" for each in ran if each["job"] == "factor_os_tracking") == 3
    expected = {
        first: [expected_ic(day) for day in (*SESSIONS[140:144], *SESSIONS[146:150])],
        second: [expected_ic(day, partial(good_values, seed=2)) for day in (FIRST, SECOND)],
    }
    for factor, ics in expected.items():
        found = whose[factor].get(factor)["os"]
        assert found["ic_mean_30d"] == pytest.approx(sum(ics) / len(ics), rel=1e-9)
    assert first != second
    assert owner.get(first)["os"]["late_days"] == 7, "all but the one of the last evening"
    assert other.get(second)["os"]["late_days"] == 1


def test_a_factor_whose_values_are_damaged_keeps_no_other_from_its_ics(owner: Owner, on_stage: Stage) -> None:
    damaged, whole = owner.active(), new_owner(on_stage)
    sound = whole.active(seed=2)
    for one, factor, seed in ((owner, damaged, 1), (whole, sound, 2)):
        one.upload(factor, entries([FIRST], seed=seed))
    folder = on_stage.platform.directory.path / "factors"
    codes = sorted(folder.glob("*.codes"), key=lambda path: int(path.name.partition("-")[0]))
    content = bytearray(codes[0].read_bytes())
    content[-8] ^= 1
    codes[0].write_bytes(content)
    ran = on_stage.clock_to(SESSIONS[150], "18:41")
    assert {each["state"] for each in ran if each["job"] == "factor_os_tracking"} == {"failed"}
    assert whole.get(sound)["os"]["start_date"] == FIRST.isoformat()
    assert owner.get(damaged)["os"]["start_date"] is None


def test_evenings_that_were_missed_are_made_up(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with stage(folder, parse_instant(f"{SESSIONS[149]}T20:00+08:00")) as opened:
        load(opened.platform.market)
        owner = new_owner(opened)
        token, factor = owner.caller.token, owner.active()
        owner.upload(factor, entries([FIRST, SECOND]))
    with stage(folder, parse_instant(f"{SESSIONS[153]}T12:00+08:00")) as opened:
        owner = Owner(Caller(opened.operator.runner, opened.operator.http, token))
        opened.clock_to(SESSIONS[153], "18:41")
        found = owner.get(factor)["os"]
    assert found["start_date"] == FIRST.isoformat()
    both = [expected_ic(day) for day in (FIRST, SECOND)]
    assert found["ic_mean_30d"] == pytest.approx(sum(both) / 2, rel=1e-9)
    assert found["late_days"] == 1, (
        "the second day's values were there on its evening, whenever it is measured"
    )


def test_an_ic_that_was_found_stays_also_where_its_bars_are_restated(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    owner.upload(factor, entries([FIRST]))
    on_stage.clock_to(SESSIONS[150], "20:00")
    before = owner.get(factor)["os"]
    with on_stage.platform.series.write() as cursor:
        cursor.execute(
            "UPDATE bar SET close = close + 1000 * (instrument % 7) WHERE trade_date = ?", [SESSIONS[150]]
        )
    on_stage.platform.market.refresh()
    owner.upload(factor, entries([SESSIONS[150]]))
    on_stage.clock_to(SESSIONS[152], "20:00")
    after = owner.get(factor)["os"]
    assert before["ic_mean_30d"] == pytest.approx(expected_ic(FIRST), rel=1e-9)
    both = [expected_ic(day) for day in (FIRST, SESSIONS[150])]
    assert after["ic_mean_30d"] == pytest.approx(sum(both) / 2, rel=1e-9)
