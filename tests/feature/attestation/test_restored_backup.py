"""Records put back to an earlier backup beside a repository that has gone on: what it has stays, and is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.cli.doctor import _attestation
from tests.support.attested import (
    DAY,
    WULIANGYE,
    attested,
    body,
    entries,
    hashes,
    history,
    post,
    receipt,
    strategy,
    until,
)
from tests.support.platforms import Caller, Stage

NEXT = date(2024, 1, 3)


def again(on: Stage, agent: Caller) -> Caller:
    """The same user on a platform that was opened again."""
    return Caller(on.operator.runner, on.operator.http, agent.token)


class Site:
    """A platform's folder, with a copy of its records."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.settings = folder, settings
        self.repository = folder / "attestation"

    @contextmanager
    def open(self) -> Iterator[Stage]:
        with attested(self.folder, **self.settings) as on:
            yield on

    def keep(self) -> None:
        shutil.copytree(self.folder / "data", self.folder / "backup")

    def put_back(self) -> None:
        """As `quantos backup restore --force` does: stores and facts of the backup, and nothing else."""
        shutil.rmtree(self.folder / "data")
        (self.folder / "backup").rename(self.folder / "data")
        for note in (self.folder / "data").glob("attestation-*.json"):
            note.unlink()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def begun(site: Site) -> Caller:
    with site.open() as on:
        agent = on.agent()
        strategy(agent)
        return agent


def test_att_08_a_signal_that_only_the_repository_knows_cannot_be_replaced(site: Site) -> None:
    agent = begun(site)
    site.keep()
    with site.open() as on:
        first = receipt(again(on, agent))["signal_hash"]
    site.put_back()
    with site.open() as on:
        agent = again(on, agent)
        refused = post(agent, weights=WULIANGYE)
        assert (refused.status_code, refused.headers["QuantOS-Error-Code"]) == (409, "signal_irreplaceable")
        assert "attested" in refused.json()["detail"]
        asked = agent.call("POST", "/strategies/alpha/signals", body(DAY, WULIANGYE), validate_only="true")
        assert (asked.status_code, asked.json()) == (409, refused.json())
        assert history(agent) == []
        assert agent.get("/strategies/alpha")["status"] == "pending"
        assert agent.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 404
        assert receipt(agent, day=NEXT)["github_committed"] is True
    assert [entry["signal_hash"] for entry in entries(site.repository)] == [first]


def test_att_08_nor_can_one_that_the_records_know_otherwise(tmp_path: Path) -> None:
    """In deadline mode: replaced after the backup was made, and committed so."""
    site = Site(tmp_path, attestation_when="deadline")
    with site.open() as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
    site.keep()
    with site.open() as on:
        last = receipt(again(on, agent), weights=WULIANGYE)["signal_hash"]
        on.clock_to(DAY, "09:14:30")
    site.put_back()
    with site.open() as on:
        agent = again(on, agent)
        assert post(agent, weights={"600519.SH": 0.01}).status_code == 409
        deleted = agent.call("DELETE", f"/strategies/alpha/signals/{DAY}")
        assert (deleted.status_code, deleted.headers["QuantOS-Error-Code"]) == (400, "signal_locked")
        on.clock_to(DAY, "09:14:30")
        assert hashes(site.repository) == [last]
        assert told(on) == {"attested_otherwise": "alpha for 2024-01-02"}
        assert on.operator.get("/admin/attestation")["signals"] == {"waiting": 0, "in_commit": 0}
    with site.open() as on:
        until(lambda: on.operator.get("/admin/attestation")["alarms"], "the alarm of before the restart")
        assert told(on) == {"attested_otherwise": "alpha for 2024-01-02"}, "also after a restart"
        path, said = "/admin/attestation/acknowledge", {"reason": "there is no newer backup"}
        done = on.operator.post(path, {"code": "attested_otherwise", **said})
        assert done == {"code": "attested_otherwise", "acknowledged": 1}
        assert told(on) == {}
        again_asked = on.operator.call("POST", path, {"code": "attested_otherwise", **said})
        assert (again_asked.status_code, again_asked.headers["QuantOS-Error-Code"]) == (
            400,
            "nothing_to_acknowledge",
        )
        assert on.operator.call("POST", path, {"code": "remote_rewritten", **said}).status_code == 422
        (kept,) = on.operator.get("/admin/audit", action="alarm_acknowledged")["audit"]
        assert (kept["target"], kept["after"]) == ("attested_otherwise", {"acknowledged": 1, **said})
    with site.open() as on:
        assert told(on) == {}, "also after a restart"


def told(on: Stage) -> dict[str, str]:
    """The alarms that name something, with what they name; the overview has the same ones, and what to do."""
    alarms = on.operator.get("/admin/attestation")["alarms"]
    shown = {alarm["code"]: alarm["message"] for alarm in on.operator.get("/admin/overview")["alarms"]}
    found = _attestation(on.operator.get("/admin/attestation"))
    for alarm in alarms:
        assert alarm["message"] in shown[f"attestation_{alarm['code']}"]
        assert alarm["message"] in found.detail
        assert "Restore the backup" in alarm["message"]
    assert (found.state == "problem") == bool(alarms)
    return {alarm["code"]: alarm["message"].partition("(")[2].partition(")")[0] for alarm in alarms}
