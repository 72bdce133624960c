"""What an operator is told to look at, and what is left to itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from quantos.admin.core.alarms import GIB, RULES, Facts, Missing, alarms

NOW = datetime(2024, 3, 5, 10, tzinfo=UTC)
DAY = date(2024, 3, 4)
RUN: dict[str, Any] = {"id": "r1", "date": DAY, "status": "done", "failed": []}
FAILED_DAY = {
    "slug": "alpha",
    "trade_date": "2024-03-04",
    "reason": "unexplained_reference: 600519.SH",
    "remedy": "quantos market import FILE",
}
WAITING = {
    "trade_date": "2024-03-01",
    "reason": "the whole day is missing",
    "remedy": "quantos market fetch",
}
_STANDING: dict[str, Any] = {"mode": "licensed", "message": "what holds", "ends_soon": False}
SOUND = Facts(
    now=NOW,
    simulated=False,
    calendar_last=date(2024, 12, 31),
    calendar_days_left=301,
    calendar_ends_soon=False,
    last_bar=DAY,
    days_without_bars=0,
    last_run=RUN,
    missing=Missing((), 0),
    overdue=0,
    attestation=(),
    jobs=({"name": "attestation_retry", "state": "done", "last_date": DAY, "detail": {}},),
    disk_free=100 * GIB,
    lived_until=NOW,
    last_backup=NOW - timedelta(days=1),
    backup_age_max=timedelta(days=7),
    license=_STANDING,
)

CAUSES: list[tuple[str, dict[str, Any], str]] = [
    ("license_restricted", {"license": {**_STANDING, "mode": "restricted"}}, "quantos license install FILE"),
    ("license_grace", {"license": {**_STANDING, "mode": "grace"}}, "quantos license install FILE"),
    ("license_ends", {"license": {**_STANDING, "ends_soon": True}}, "before it ends"),
    ("store_damaged", {"damage": "a block"}, "quantos backup restore --latest --force"),
    ("disk_low", {"disk_free": GIB - 1}, "free at least 1 GiB"),
    ("uploads_refused", {"disk_free": GIB - 1, "disk_reserve": GIB}, "free at least 1.00 GiB"),
    ("uploads_refused", {"disk_free": 4 * GIB, "disk_reserve": 5 * GIB}, "free at least 5.00 GiB"),
    ("clock_set_back", {"lived_until": NOW + timedelta(minutes=6)}, "chrony"),
    ("calendar_ends", {"calendar_ends_soon": True, "calendar_days_left": 59}, "quantos calendar import FILE"),
    ("calendar_ends", {"calendar_ends_soon": True, "calendar_days_left": -3}, "quantos calendar import FILE"),
    ("data_missing", {"last_bar": None}, "quantos market import PATH"),
    ("data_missing", {"days_without_bars": 2}, "quantos market fetch"),
    (
        "settlement_waits",
        {"last_run": {**RUN, "status": "waiting_for_data", "waiting": WAITING}},
        "2024-03-01 waits for market data: the whole day is missing; quantos market fetch",
    ),
    ("settlement_failed", {"last_run": {**RUN, "status": "failed"}}, "quantos settle --date 2024-03-04"),
    ("settlement_failed", {"last_run": {**RUN, "status": "interrupted"}}, "quantos settle --date 2024-03-04"),
    (
        "strategies_not_settled",
        {"last_run": {**RUN, "failed": [FAILED_DAY]}},
        "alpha on 2024-03-04: unexplained_reference: 600519.SH; quantos market import FILE",
    ),
    ("nav_missing", {"missing": Missing((("alpha", DAY),), 12)}, "quantos settle"),
    ("signals_unattested", {"overdue": 1}, "quantos attestation retry"),
    (
        "attestation_remote_rewritten",
        {"attestation": ({"code": "remote_rewritten", "message": "not pushed: history was changed"},)},
        "/guides/attestation",
    ),
    (
        "job_failed",
        {
            "jobs": (
                {"name": "daily_evaluation", "state": "failed", "last_date": DAY, "detail": {"reason": "no"}},
            )
        },
        "quantos job run daily_evaluation",
    ),
    (
        "values_missing",
        {"values_missing": ({"name": "Blend", "trade_date": DAY, "factors": ["Value"]},)},
        "Blend of 2024-03-04",
    ),
    ("backup_missing", {"last_backup": None}, "quantos backup create FILE"),
    ("backup_old", {"last_backup": NOW - timedelta(days=8)}, "quantos backup create FILE"),
]
QUIET: list[dict[str, Any]] = [
    {"disk_free": GIB},
    {"lived_until": NOW + timedelta(minutes=5)},
    {"lived_until": None},
    {"last_run": None, "last_backup": None},
    {"last_run": {**RUN, "status": "running"}},
    {"last_run": {**RUN, "status": "refused"}},
    {"last_backup": NOW - timedelta(days=7)},
    {"last_backup": None, "backup_age_max": None},
    {"last_backup": None, "simulated": True},
    {"lived_until": NOW + timedelta(days=9), "simulated": True},
]


def test_a_sound_platform_needs_nobody() -> None:
    assert alarms(SOUND) == []


@pytest.mark.parametrize(("code", "cause", "remedy"), CAUSES)
def test_a_cause_is_told_with_what_to_do(code: str, cause: dict[str, Any], remedy: str) -> None:
    (alarm,) = alarms(replace(SOUND, **cause))
    assert alarm.code == code
    assert remedy in alarm.message
    assert alarm.link.startswith("/api/v1/admin/")


@pytest.mark.parametrize("facts", QUIET)
def test_what_needs_nobody_is_not_told(facts: dict[str, Any]) -> None:
    assert alarms(replace(SOUND, **facts)) == []


def test_every_cause_is_told_beside_the_others() -> None:
    every: dict[str, Any] = {}
    for _, cause, _ in CAUSES:
        every |= cause
    found = [alarm.code for alarm in alarms(replace(SOUND, **every))]
    assert len(found) == len(set(found)) >= len(RULES)


def test_a_long_list_is_told_by_its_first_and_its_number() -> None:
    failed = [{**FAILED_DAY, "slug": f"s{k}"} for k in range(1000)]
    (alarm,) = alarms(replace(SOUND, last_run={**RUN, "failed": failed}))
    assert alarm.message.startswith("1,000 strategy-days")
    assert "s4 on " in alarm.message
    assert "s5 on " not in alarm.message
