"""Cores and memory up to what the licence grants, and back again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quantos.storage.series import Series
from tests.feature.license.asking import START, TRUSTS, put
from tests.support.platforms import Stage, stage


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START, **TRUSTS) as opened:
        yield opened


def setting(series: Series, name: str) -> Any:
    with series.read() as cursor:
        found = cursor.execute(f"SELECT current_setting('{name}')").fetchone()
    assert found is not None
    return found[0]


def test_the_process_runs_on_as_many_cores_as_the_licence_grants(on: Stage) -> None:
    given = os.sched_getaffinity(0)
    assert len(given) > 1, "the test needs two cores"
    threads = setting(on.platform.series, "threads")
    put(on, max_cores=1)
    used = on.operator.get("/admin/license")["used"]
    assert used == {"cores": 1, "memory_gb": None}
    assert os.sched_getaffinity(0) == {min(given)}
    later: list[set[int]] = []
    thread = threading.Thread(target=lambda: later.append(os.sched_getaffinity(0)))
    thread.start()
    thread.join()
    assert later == [{min(given)}]
    assert setting(on.platform.series, "threads") == 1
    put(on, max_cores=None)
    assert on.operator.get("/admin/license")["used"]["cores"] == len(given)
    assert os.sched_getaffinity(0) == given
    assert setting(on.platform.series, "threads") == threads


def test_a_platform_that_is_closed_leaves_the_process_its_cores(tmp_path: Path) -> None:
    given = os.sched_getaffinity(0)
    with stage(tmp_path / "data", START, **TRUSTS) as on:
        put(on, max_cores=1)
        on.operator.get("/admin/license")
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == given


def test_the_series_store_is_given_half_of_the_licences_memory_and_never_more_than_its_setting(
    on: Stage,
) -> None:
    assert setting(on.platform.series, "memory_limit") == "1.8 GiB"  # the setting's 2 GB
    for granted, expected in ((1, "512.0 MiB"), (2, "1.0 GiB"), (64, "1.8 GiB"), (None, "1.8 GiB")):
        put(on, max_memory_gb=granted, license_id=f"of-{granted}")
        assert on.operator.get("/admin/license")["used"]["memory_gb"] == granted
        assert setting(on.platform.series, "memory_limit") == expected


def test_a_machine_beyond_the_limits_is_noted_and_not_refused(on: Stage) -> None:
    put(on, max_cores=1)
    found = on.operator.get("/admin/license")
    assert found["mode"] == "licensed"
    cores = found["machine"]["cores"]
    assert cores > 1
    assert found["notes"] == [f"the machine has {cores} cores, the licence is for 1: that many are used"]
