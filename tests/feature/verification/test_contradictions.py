"""A settled day of which the repository has another digest is an alarm, for as long as it has."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from tests.support.attested import attested
from tests.support.honest import DAYS, honest_world
from tests.support.platforms import Caller, Stage, made_up

FIRST, SECOND = DAYS[:2]


def load(on: Stage, day: date, more: float = 0.0) -> None:
    bars = {
        (symbol, day): (float(bar.open), float(bar.close) + more, float(bar.pre_close or 0), bar.volume)
        for symbol, bar in honest_world().bars[day].items()
    }
    on.platform.market.import_bars(made_up(bars))


def alarms(on: Stage) -> dict[str, str]:
    return {each["code"]: each["message"] for each in on.operator.get("/admin/attestation")["alarms"]}


def acknowledge(on: Stage) -> int:
    body = {"code": "digests_contradict", "reason": "there is no newer backup"}
    known: int = on.operator.post("/admin/attestation/acknowledge", body)["acknowledged"]
    return known


def test_days_settled_otherwise_after_a_restore_stand_as_an_alarm_until_they_agree(tmp_path: Path) -> None:
    with attested(tmp_path) as on:
        load(on, FIRST)
        agent = on.agent()
        agent.post("/strategies", {"name": "A", "slug": "alpha"})
        on.submit(agent, "alpha", FIRST, {"000001.SZ": 0.5})
        on.clock_to(FIRST, "18:30")
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with attested(tmp_path) as on:
        load(on, SECOND)
        on.clock_to(SECOND, "18:30")
        assert alarms(on) == {}
    (tmp_path / "data").rename(tmp_path / "newer")
    (tmp_path / "backup").rename(tmp_path / "data")
    for note in (tmp_path / "data").glob("attestation-*.json"):
        note.unlink()
    with attested(tmp_path) as on:
        load(on, SECOND, 0.01)
        on.clock_to(SECOND, "18:30")
        assert list(alarms(on)) == ["digests_contradict"]
        assert (
            f"1 settled day is in the repository with another digest (alpha on {SECOND})"
            in (alarms(on)["digests_contradict"])
        )
        shown = on.operator.get("/admin/overview")["alarms"]
        assert "attestation_digests_contradict" in {each["code"] for each in shown}
        on.operator.post("/admin/attestation/retry")
        assert list(alarms(on)) == ["digests_contradict"]
    with attested(tmp_path) as on:
        assert list(alarms(on)) == ["digests_contradict"], "also after a restart"
        lock = tmp_path / "attestation" / ".git" / "refs" / "heads" / "main.lock"
        lock.touch()
        on.operator.post("/admin/attestation/retry")
        assert "digests_contradict" in alarms(on), "also where the repository cannot be asked"
        lock.unlink()
    noted = (tmp_path / "data" / "attestation-contradictions.json").read_bytes()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "newer").rename(tmp_path / "data")
    (tmp_path / "data" / "attestation-contradictions.json").write_bytes(noted)
    with attested(tmp_path) as on:
        assert Caller(on.operator.runner, on.operator.http, agent.token).get("/strategies")["strategies"]
        assert alarms(on) == {}


def test_what_an_operator_knows_is_told_no_more_and_another_day_is(tmp_path: Path) -> None:
    with attested(tmp_path) as on:
        load(on, FIRST)
        agent = on.agent()
        agent.post("/strategies", {"name": "A", "slug": "alpha"})
        on.submit(agent, "alpha", FIRST, {"000001.SZ": 0.5})
        on.clock_to(FIRST, "18:30")
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with attested(tmp_path) as on:
        load(on, SECOND)
        load(on, DAYS[2])
        on.clock_to(DAYS[2], "18:30")
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "backup").rename(tmp_path / "data")
    for note in (tmp_path / "data").glob("attestation-*.json"):
        note.unlink()
    with attested(tmp_path) as on:
        load(on, SECOND, 0.01)
        on.clock_to(SECOND, "18:30")
        assert acknowledge(on) == 1
        assert alarms(on) == {}
        on.operator.post("/admin/attestation/retry")
        assert alarms(on) == {}, "also where they were held against the repository again"
    with attested(tmp_path) as on:
        assert alarms(on) == {}, "also after a restart"
        load(on, DAYS[2], 0.01)
        on.clock_to(DAYS[2], "18:30")
        assert "1 settled day is" in alarms(on)["digests_contradict"]
        assert f"(alpha on {DAYS[2]})" in alarms(on)["digests_contradict"]
        assert acknowledge(on) == 1
