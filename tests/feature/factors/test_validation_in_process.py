"""A validation while it goes on: who is served meanwhile, and what a kill or a damaged file leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from quantos.factors import judging, validating
from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, SESSIONS, Owner, entries, load
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import Caller, Stage, stage

START = parse_instant(f"{LAST}T20:00+08:00")


def test_others_are_served_while_a_factor_is_validated(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor = owner.ready()
    begun, go_on = threading.Event(), threading.Event()

    def slowly(*given: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return judging.judge(*given)

    monkeypatch.setattr(validating, "judge", slowly)
    http, headers = owner.caller.http, {"Authorization": f"Bearer {owner.caller.token}"}

    async def story() -> None:
        path = f"/factors/{factor}"
        submission = asyncio.ensure_future(http.post(f"{path}/submit", headers=headers))
        assert await asyncio.to_thread(begun.wait, 60)
        poll = (await http.get(f"{path}/submit", headers=headers)).json()
        assert (poll["status"], poll["checks"], poll["validated_at"]) == ("validating", None, None)
        assert poll["progress"].keys() == {"stage", "done", "total"}
        assert (await http.get("/health")).status_code == 200
        assert (await http.post(f"{path}/submit", headers=headers)).status_code == 400
        assert (await http.patch(path, json={"name": "x"}, headers=headers)).status_code == 400
        assert (await http.delete(path, headers=headers)).status_code == 400
        body = {"data": entries(SESSIONS[:1])}
        answer = await http.post(f"{path}/values", json=body, headers=headers)
        assert answer.status_code == 400
        assert "validating" in answer.json()["detail"]
        go_on.set()
        assert (await submission).json()["status"] == "active"

    on_stage.operator.runner.run(story())


def test_a_validation_tells_each_step_of_its_way(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The market is read with the first one alone, and that is told in steps."""
    told: list[tuple[str, int, int]] = []
    tell = validating.Validating._tell

    def noted(self: Any, number: int, *step: Any) -> None:
        told.append(step)
        tell(self, number, *step)

    monkeypatch.setattr(validating.Validating, "_tell", noted)
    market = [("market", done, 3) for done in range(4)]
    rest = [("values", 0, 1), ("measures", 0, 1), ("measures", 1, 1), ("storing", 0, 1)]
    owner.active()
    assert told == market + rest
    told.clear()
    other = owner.create(universe="csi500")
    owner.upload(other, entries(SESSIONS[:148]))
    owner.submit(other)
    assert told == [market[0], *market[2:], *rest[:2], ("correlations", 1, 1), *rest[2:]]


def test_whoever_goes_away_finds_the_verdict_later(
    owner: Owner, on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller hangs up at the worst moment: while the status is being written."""
    factor = owner.ready()
    writing, go_on = threading.Event(), threading.Event()
    begin = validating.Validating.begin

    def slowly(*given: Any) -> Any:
        writing.set()
        assert go_on.wait(60)
        return begin(*given)

    monkeypatch.setattr(validating.Validating, "begin", slowly)
    http, headers = owner.caller.http, {"Authorization": f"Bearer {owner.caller.token}"}

    async def hang_up() -> None:
        submission = asyncio.ensure_future(http.post(f"/factors/{factor}/submit", headers=headers))
        assert await asyncio.to_thread(writing.wait, 60)
        submission.cancel()
        await asyncio.gather(submission, return_exceptions=True)
        go_on.set()
        while (await http.get(f"/factors/{factor}", headers=headers)).json()["status"] != "active":
            await asyncio.to_thread(sleep, 0.05)

    on_stage.operator.runner.run(asyncio.wait_for(hang_up(), 60))


def test_a_damaged_file_of_values_is_no_verdict(owner: Owner, on_stage: Stage) -> None:
    factor = owner.ready()
    (file,) = on_stage.platform.factors.spool_folder.glob("*.codes")
    content = bytearray(file.read_bytes())
    content[1000] ^= 255
    file.write_bytes(content)
    answer = owner.submit(factor)
    assert answer.status_code == 503
    assert str(file.parent) not in answer.json()["detail"]
    found = owner.get(factor)
    assert (found["status"], found["checks"], found["validated_at"]) == ("ready", None, None)
    assert owner.upload(factor, entries(SESSIONS[:148])).status_code == 200
    assert owner.submit(factor).json()["status"] == "active", "uploaded again, it is whole again"


HANG = """
import sys, time
from pathlib import Path
import quantos.factors.{module} as module
from quantos.kit.clock import parse_instant
from tests.feature.factors.made import Owner, SESSIONS, entries
from tests.support.platforms import Caller, stage

def hang(*_):
    print("hanging", flush=True)
    time.sleep(600)

with stage(Path(sys.argv[1]), parse_instant(sys.argv[2])) as opened:
    owner = Owner(Caller(opened.operator.runner, opened.operator.http, sys.argv[3]))
    module.{name} = hang
    {call}
"""


def killed_while(folder: Path, token: str, module: str, name: str, call: str) -> None:
    """A platform that is killed at the very moment at which it would go on with `name`."""
    program = HANG.format(module=module, name=name, call=call)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder), START.isoformat(), token],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def settled(owner: Owner, factor: str, until: Callable[[str], bool] = lambda s: s != "validating") -> str:
    deadline = monotonic() + 60
    while monotonic() < deadline:
        status: str = owner.get(factor)["status"]
        if until(status):
            return status
        sleep(0.05)
    raise AssertionError(f"the factor stays at {status}")


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[Path, str, str]:
    """A closed directory with a factor that is ready: (folder, its owner's key, its id)."""
    folder = tmp_path / "data"
    with stage(folder, START) as opened:
        load(opened.platform.market)
        owner = new_owner(opened)
        return folder, owner.caller.token, owner.ready()


def reopened(opened: Stage, token: str) -> Owner:
    return Owner(Caller(opened.operator.runner, opened.operator.http, token))


def test_a_validation_that_was_killed_is_made_at_the_next_start(prepared: tuple[Path, str, str]) -> None:
    folder, token, factor = prepared
    killed_while(folder, token, "validating", "judge", f"owner.submit({factor!r})")
    with stage(folder, START) as opened:
        owner = reopened(opened, token)
        assert settled(owner, factor) == "active"
        assert owner.get(factor)["diagnostics"]["attempts"] == 1
        assert len(owner.caller.get("/notifications")["notifications"]) == 1


def test_a_status_that_a_kill_left_behind_its_values_is_set_right(prepared: tuple[Path, str, str]) -> None:
    folder, token, _ = prepared
    with stage(folder, START) as opened:
        draft = reopened(opened, token).create()
    call = f"owner.upload({draft!r}, entries(SESSIONS[:120]))"
    killed_while(folder, token, "receiving", "_set_by_days", call)
    with stage(folder, START) as opened:
        owner = reopened(opened, token)
        assert settled(owner, draft, lambda status: status == "ready") == "ready"
        assert owner.get(draft, "/values/status")["total_days"] == 120


def test_a_deletion_that_was_killed_is_finished_at_the_next_start(prepared: tuple[Path, str, str]) -> None:
    folder, token, _ = prepared
    with stage(folder, START) as opened:
        owner = reopened(opened, token)
        draft = owner.create()
        owner.upload(draft, entries(SESSIONS[:3]))
    call = f"owner.call('DELETE', '/factors/{draft}')"
    killed_while(folder, token, "receiving", "Receiving.forget", call)
    with stage(folder, START) as opened:
        assert reopened(opened, token).call("GET", f"/factors/{draft}").status_code == 404
        deadline = monotonic() + 60
        while (files := sorted(path.name for path in opened.platform.factors.spool_folder.iterdir())) != [
            "1-1.codes",
            "1-1.values",
        ]:
            assert monotonic() < deadline, files
            sleep(0.05)
        with opened.platform.series.read() as cursor:
            assert cursor.execute("SELECT DISTINCT factor FROM factor_day").fetchall() == [(1,)]


def test_an_upload_that_was_killed_before_its_commit_has_stored_nothing(
    prepared: tuple[Path, str, str],
) -> None:
    folder, token, _ = prepared
    with stage(folder, START) as opened:
        draft = reopened(opened, token).create()
    call = f"owner.upload({draft!r}, entries(SESSIONS[:120]))"
    killed_while(folder, token, "values", "keep_file", call)
    with stage(folder, START) as opened:
        owner = reopened(opened, token)
        assert owner.get(draft, "/values/status")["total_days"] == 0
        assert owner.get(draft)["status"] == "draft"
        assert owner.upload(draft, entries(SESSIONS[:120])).json()["status"] == "ready"
