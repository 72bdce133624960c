"""Which settlement digests are new, which are there, which contradict."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from quantos.attestation.core.digests import SettlementDigest
from quantos.attestation.core.publishing import DATES_MAX, ENTRIES_MAX, batches, judge, line

DAY = date(2024, 1, 2)
ALPHA = SettlementDigest(DAY, "alpha", 0, "aa" * 32, "55" * 32, "rules-1")


def there(*digests: SettlementDigest) -> Any:
    return [json.loads(line(digest, datetime(2024, 1, 2, 10, 15, 3, tzinfo=UTC))) for digest in digests]


def test_an_entry_is_as_the_documents_show_it() -> None:
    assert there(ALPHA) == [
        {
            "strategy_slug": "alpha",
            "revision": 0,
            "nav_sha256": "aa" * 32,
            "snapshot_sha256": "55" * 32,
            "rules_version": "rules-1",
            "committed_at": "2024-01-02T10:15:03+00:00",
        }
    ]


def test_what_is_there_already_is_not_new() -> None:
    beta = replace(ALPHA, strategy_slug="beta", nav_sha256="bb" * 32)
    judged = judge(there(ALPHA), [ALPHA, beta, beta])
    assert (judged.new, judged.present, judged.conflicting) == ([beta], 2, [])


def test_the_same_digest_under_another_slug_is_the_same_entry() -> None:
    hidden = replace(ALPHA, strategy_slug="ff" * 32)
    assert judge(there(hidden), [ALPHA]).new == []


def test_a_restatement_is_new() -> None:
    restated = replace(ALPHA, revision=1, nav_sha256="cc" * 32)
    assert judge(there(ALPHA), [restated]).new == [restated]


def test_another_digest_of_the_same_strategy_day_and_revision_contradicts() -> None:
    other = replace(ALPHA, nav_sha256="dd" * 32)
    assert judge(there(ALPHA), [other]).conflicting == [other]
    assert judge([], [ALPHA, other]).conflicting == [other]


def test_dates_go_in_order_into_bounded_commits() -> None:
    days = [DAY + timedelta(days=n) for n in range(DATES_MAX + 1)]
    parts = list(batches({day: [ALPHA] for day in reversed(days)}))
    assert [day for part in parts for day in part] == days
    assert [len(part) for part in parts] == [DATES_MAX, 1]


def test_a_commit_takes_no_more_entries_than_it_should_unless_one_date_has_them() -> None:
    many = [ALPHA] * (ENTRIES_MAX // 2 + 1)
    parts = list(batches({DAY: many, DAY + timedelta(days=1): many, DAY + timedelta(days=2): many * 3}))
    assert [list(part) for part in parts] == [[DAY + timedelta(days=n)] for n in range(3)]
