"""Two requests at once: whatever their order, the outcome is that of one after the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from time import sleep
from typing import Any

import pytest

from quantos.factors.pairs import correlations
from quantos.factors.receiving import Receiving
from quantos.factors.uploads.json_body import read_json
from tests.feature.factors.made import SESSIONS, Owner, entries, random_values
from tests.support.platforms import Stage

DAYS = SESSIONS[:148]
Post = Callable[[str, Any], Coroutine[Any, Any, Any]]


def story_of(owner: Owner, on_stage: Stage, story: Callable[[Post], Coroutine[Any, Any, None]]) -> None:
    http, headers = owner.caller.http, {"Authorization": f"Bearer {owner.caller.token}"}

    async def call(path: str, body: Any) -> Any:
        method, path = path.split(" ")
        return await http.request(method, path, json=body, headers=headers)

    on_stage.operator.runner.run(asyncio.wait_for(story(call), 120))


class Held:
    """A step of an upload that waits until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        put = Receiving._put

        def slowly(*given: Any) -> Any:
            self.begun.set()
            assert self.go_on.wait(60)
            return put(*given)

        monkeypatch.setattr(Receiving, "_put", slowly)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 60)


def test_a_submission_during_an_upload_judges_the_values_that_arrive(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor = owner.ready(values=random_values)
    held = Held(monkeypatch)

    async def story(call: Post) -> None:
        upload = asyncio.ensure_future(call(f"POST /factors/{factor}/values", {"data": entries(DAYS)}))
        await held.reached()
        submission = asyncio.ensure_future(call(f"POST /factors/{factor}/submit", None))
        await asyncio.sleep(0.2)
        held.go_on.set()
        assert (await upload).json()["status"] == "ready"
        found = (await submission).json()
        assert found["status"] == "active", "the values before were random"
        assert len(found["ic_series"]) == len(DAYS)

    story_of(owner, on_stage, story)


def test_a_deletion_during_an_upload_leaves_nothing_of_it(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor = owner.create()
    held = Held(monkeypatch)

    async def story(call: Post) -> None:
        path, body = f"/factors/{factor}", {"data": entries(DAYS[:3])}
        first = asyncio.ensure_future(call(f"POST {path}/values", body))
        await held.reached()
        deletion = asyncio.ensure_future(call(f"DELETE {path}", None))
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(call(f"POST {path}/values", body))
        await asyncio.sleep(0.1)
        held.go_on.set()
        assert (await first).status_code == 200
        assert (await deletion).status_code == 200
        assert (await second).status_code == 404

    story_of(owner, on_stage, story)
    with on_stage.platform.series.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM factor_day").fetchall() == [(0,)]


def test_two_uploads_are_read_at_once_and_the_others_wait(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors = [owner.create(name=str(number)) for number in range(5)]
    within, most, guard = 0, 0, threading.Lock()

    def counted(body: bytes) -> Any:
        nonlocal within, most
        with guard:
            within += 1
            most = max(most, within)
        sleep(0.05)
        try:
            return read_json(body)
        finally:
            with guard:
                within -= 1

    monkeypatch.setattr("quantos.factors.uploads.receive.read_json", counted)

    async def story(call: Post) -> None:
        body = {"data": entries(DAYS[:2])}
        found = await asyncio.gather(*(call(f"POST /factors/{each}/values", body) for each in factors))
        assert [each.json()["uploaded"] for each in found] == [2] * 5

    story_of(owner, on_stage, story)
    assert most == 2


def test_pairs_that_are_forgotten_meanwhile_are_still_told(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a validation compares so many that those of a table go, while the table waits for its last one."""
    first = owner.active(name="first")
    factor = owner.ready(name="mine")
    (before,) = owner.get(factor, "/correlations")["correlations"]
    second = owner.ready(name="second", values=random_values)
    with on_stage.platform.records.write() as session:
        session.connection().exec_driver_sql("UPDATE factor SET status = 'active' WHERE id = ?", (second,))

    def forgetting(*given: Any) -> Any:
        on_stage.platform.factors._comparing._known.clear()
        return correlations(*given)

    monkeypatch.setattr("quantos.factors.comparisons.correlations", forgetting)
    found = owner.get(factor, "/correlations")["correlations"]
    assert len(found) == 2
    assert next(each for each in found if each["factor_id"] == first) == before


def test_of_two_twins_that_are_submitted_at_once_one_becomes_active(owner: Owner, on_stage: Stage) -> None:
    twins = [owner.ready(name=name, seed=seed) for seed, name in enumerate(("one", "other"))]

    async def story(call: Post) -> None:
        await asyncio.gather(*(call(f"POST /factors/{twin}/submit", None) for twin in twins))

    story_of(owner, on_stage, story)
    found = [owner.get(twin) for twin in twins]
    assert sorted(each["status"] for each in found) == ["active", "rejected"]
    (rejected,) = [each for each in found if each["status"] == "rejected"]
    assert rejected["reject_reason"].startswith("SELF_CORRELATION")


def test_of_two_submissions_at_once_one_is_refused(owner: Owner, on_stage: Stage) -> None:
    factor = owner.ready()

    async def story(call: Post) -> None:
        both = await asyncio.gather(*(call(f"POST /factors/{factor}/submit", None) for _ in range(2)))
        assert sorted(each.status_code for each in both) == [200, 400]

    story_of(owner, on_stage, story)
    assert owner.get(factor)["diagnostics"]["attempts"] == 1


def test_of_two_values_of_a_day_out_of_sample_at_once_one_stands(owner: Owner, on_stage: Stage) -> None:
    factor = owner.active()
    bodies = [{"data": entries(SESSIONS[148:149], seed=seed)} for seed in (1, 2)]

    async def story(call: Post) -> None:
        both = await asyncio.gather(*(call(f"POST /factors/{factor}/values", body) for body in bodies))
        assert sorted(each.status_code for each in both) == [200, 409]

    story_of(owner, on_stage, story)
    assert owner.get(factor, "/values/status")["total_days"] == 149
