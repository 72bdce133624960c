"""What the platform leans on is gone, locked or about to end: named, told once, and made up when it is back."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.attested import attested, bare, git, hashes, until
from tests.support.platforms import Stage, made_up, stage
from tests.support.ports import free_port

DAYS: Final = shipped_calendar().between(date(2024, 1, 2), date(2024, 1, 12))
SYMBOL: Final = "600001.SH"
START: Final = parse_instant("2024-01-02T08:00+08:00")


def bars(on: Stage) -> None:
    on.platform.market.import_bars(
        made_up(
            {
                (SYMBOL, day): (10.0 + k, 10.0 + k, None if k == 0 else 9.0 + k, 1_000_000)
                for k, day in enumerate(DAYS)
            }
        )
    )


def codes(on: Stage) -> list[str]:
    return [alarm["code"] for alarm in on.operator.get("/admin/overview")["alarms"]]


# ---------------------------------------------------------------- the records store, locked by another program

HOLDER: Final = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(records: Path) -> Iterator[None]:
    """Another process writes there and does not come to an end."""
    command = [sys.executable, "-c", HOLDER, str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


def test_records_locked_for_long_refuse_what_is_new_by_name_and_lose_nothing(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        bars(on)
        agent = on.agent()
        agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
        on.submit(agent, "alpha", DAYS[0], {SYMBOL: 0.5})
        with held(tmp_path / "data" / "records.db"):
            new = {"trade_date": DAYS[0].isoformat(), "signals": [{"symbol": SYMBOL, "weight": 0.9}]}
            answer = agent.call("POST", "/strategies/alpha/signals", new)
            assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (503, "records_unavailable")
            assert answer.json()["detail"] == (
                "the records store is locked by another program: close it, nothing was stored"
            )
            assert len(agent.get("/strategies/alpha/signals")["signals"]) == 1
            assert on.public().call("GET", "http://platform/readyz").status_code == 200
        assert [each["state"] for each in on.clock_to(DAYS[0], "19:00") if each["job"] == SETTLE] == ["done"]
        (signal,) = agent.get("/strategies/alpha/signals")["signals"]
        assert signal["signals"] == [{"symbol": SYMBOL, "weight": 0.5}]
        assert len(on.navs("alpha")) == 1


SETTLE: Final = "settle_all_active_strategies"


# ---------------------------------------------------------------- the remote, gone for a week of trading days


def test_a_remote_that_is_gone_for_a_week_loses_nothing_is_told_once_and_gets_all_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remote, away, repository = (tmp_path / name for name in ("remote.git", "away.git", "attestation"))
    bare(remote)
    with attested(tmp_path, attestation_remote=str(remote)) as on:
        bars(on)
        agent = on.agent()
        agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
        on.submit(agent, "alpha", DAYS[0], {SYMBOL: 0.5})
        on.clock_to(DAYS[0], "19:00")
        until(lambda: head(remote) == head(repository), "the first push")
        before = head(remote)
        remote.rename(away)
        with caplog.at_level(logging.WARNING):
            for day in DAYS[1:8]:
                on.clock_to(day, "08:30")
                on.submit(agent, "alpha", day, {SYMBOL: 0.5})
                ran = on.clock_to(day, "20:00")
                assert [each["state"] for each in ran if each["job"] == SETTLE] == ["done"]
                on.operator.post("/admin/attestation/retry")
                assert codes(on).count("attestation_remote_unreachable") <= 1
        assert codes(on) == ["attestation_remote_unreachable"]
        assert head(away) == before
        assert len(hashes(repository)) == len(DAYS[:8])
        away.rename(remote)
        on.operator.post("/admin/attestation/retry")
        until(lambda: head(remote) == head(repository), "the push of a week")
        assert hashes(remote) == hashes(repository)
        until(lambda: codes(on) == [], "the end of the alarm")
    told = [line for line in caplog.messages if "remote" in line]
    assert len(told) <= len(DAYS[1:8]), told


def head(repository: Path) -> str:
    return git(repository, "rev-parse", "--verify", "-q", "main", check=False)


# ---------------------------------------------------------------- mail and Redis


@contextmanager
def redis_at(port: int, folder: Path) -> Iterator[None]:
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        yield
        process.terminate()


def test_without_mail_and_redis_only_codes_are_refused_and_they_come_again_with_them(tmp_path: Path) -> None:
    port = free_port()
    with stage(tmp_path / "data", START, redis_url=f"redis://127.0.0.1:{port}/0") as on:
        bars(on)

        def ask() -> int:
            return (
                on.public()
                .call("POST", "http://platform/auth/request-otp", {"email": "a@example.com"})
                .status_code
            )

        with redis_at(port, tmp_path):
            assert ask() == 200
        assert ask() == 503
        agent = on.agent()
        agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
        on.submit(agent, "alpha", DAYS[0], {SYMBOL: 0.5})
        assert {each["state"] for each in on.clock_to(DAYS[0], "19:00")} == {"done"}
        assert len(on.navs("alpha")) == 1
        assert on.public().call("GET", "http://platform/readyz").status_code == 200
        with redis_at(port, tmp_path):
            assert ask() == 200
    with stage(tmp_path / "data", START, smtp_url=f"smtp://127.0.0.1:{free_port()}") as on:
        on.clock_to(DAYS[1], "08:30")
        assert (
            on.public()
            .call("POST", "http://platform/auth/request-otp", {"email": "a@example.com"})
            .status_code
            == 503
        )
        agent.runner, agent.http = on.operator.runner, on.operator.http
        on.submit(agent, "alpha", DAYS[1], {SYMBOL: 0.5})
        assert {each["state"] for each in on.clock_to(DAYS[1], "19:00")} == {"done"}
        assert len(on.navs("alpha")) == 2


# ---------------------------------------------------------------- the calendar


def test_the_end_of_the_calendar_is_told_within_sixty_days_and_until_it_is_extended(tmp_path: Path) -> None:
    last = shipped_calendar().last
    with stage(tmp_path / "data", parse_instant(f"{last - timedelta(days=60)}T08:00+08:00")) as on:
        assert "calendar_ends" not in codes(on)
        on.clock_to(last - timedelta(days=59), "08:00")
        (alarm,) = (a for a in on.operator.get("/admin/overview")["alarms"] if a["code"] == "calendar_ends")
        assert alarm["message"].startswith(f"the trading calendar ends on {last}, in 59 days: import ")
        assert on.operator.get("/admin/market/coverage")["calendar"]["ends_soon"] is True
        days = [last + timedelta(days=k) for k in range(1, 120)]
        listed = [{"date": day.isoformat(), "is_open": day.weekday() < 5} for day in days]
        on.operator.post("/admin/calendar", {"days": listed})
        assert "calendar_ends" not in codes(on)
