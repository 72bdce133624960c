"""A change of status that only the repository knows: the records were put back to a backup of before it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.feature.verifier.conftest import Answer, ask
from tests.support.attested import attested
from tests.support.honest import DAYS, honest_world
from tests.support.platforms import Caller, Stage, made_up

FIRST, SECOND = DAYS[:2]


def settled(on: Stage, token: str, folder: Path, *statuses: str) -> Answer:
    """What the verifier says of the second day, settled after these changes of status."""
    agent = Caller(on.operator.runner, on.operator.http, token)
    assert agent.get("/strategies/alpha")["status"] == "active"
    for status in statuses:
        assert agent.call("PATCH", "/strategies/alpha", {"status": status}).status_code == 200
    on.submit(agent, "alpha", SECOND, {"000001.SZ": 0.4})
    on.clock_to(SECOND, "18:30")
    shown = on.public().call("GET", "/public/strategies/alpha/verify", date=SECOND.isoformat())
    (folder / "package.json").write_bytes(shown.content)
    return ask(folder / "package.json", "--attestations", folder / "attestation", "--allow-simulated")


def restored(folder: Path, *statuses: str) -> Answer:
    """Paused on the first evening, and put back to a backup of before."""
    rows = {
        (symbol, day): (float(bar.open), float(bar.close), float(bar.pre_close or 0), bar.volume)
        for day in (FIRST, SECOND)
        for symbol, bar in honest_world().bars[day].items()
    }
    with attested(folder) as on:
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        agent.post("/strategies", {"name": "A", "slug": "alpha"})
        on.submit(agent, "alpha", FIRST, {"000001.SZ": 0.5})
        on.clock_to(FIRST, "18:30")
    shutil.copytree(folder / "data", folder / "backup")
    with attested(folder) as on:
        paused = Caller(on.operator.runner, on.operator.http, agent.token)
        assert paused.call("PATCH", "/strategies/alpha", {"status": "paused"}).status_code == 200
    shutil.rmtree(folder / "data")
    (folder / "backup").rename(folder / "data")
    for note in (folder / "data").glob("attestation-*.json"):
        note.unlink()
    with attested(folder) as on:
        on.clock_to(FIRST, "19:00")
        return settled(on, agent.token, folder, *statuses)


def test_what_was_told_of_it_stands_until_another_change_is(tmp_path: Path) -> None:
    assert restored(tmp_path).codes == {"attested": ["settled_though_void"]}


def test_paused_and_resumed_once_more_the_strategy_verifies(tmp_path: Path) -> None:
    answer = restored(tmp_path, "paused", "active")
    assert (answer.code, answer.failed) == (0, {})
