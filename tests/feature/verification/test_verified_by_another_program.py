"""The independent verifier, which shares no code with the settlement, on packages and digests of a platform."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.feature.verification import test_package_of_special_days as special
from tests.feature.verification.test_publication import Scene
from tests.support.platforms import Stage, made_up
from tests.support.restated import DAYS, A, play, restate, write_bars


def judged(folder: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-I", "-m", "quantos.verification.offline", str(folder), *options]
    run = subprocess.run(
        [*command, "--allow-simulated", "--json", "--lang", "en"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (report,) = [each for each in json.loads(run.stdout)["reports"] if "slug" in each]
    assert isinstance(report, dict)
    return report


def keep(on: Stage, folder: Path, slug: str, days: list[Any]) -> Path:
    """A folder with the packages of some days, as a stranger saves them."""
    folder.mkdir()
    for day in days:
        answer = on.public().call("GET", f"/public/strategies/{slug}/verify", date=day.isoformat())
        (folder / f"{slug}-{day}.json").write_bytes(answer.content)
    return folder


@pytest.mark.parametrize(
    "weights",
    [{special.A: 0.5}, {special.B: 0.5, special.C: 0.3}, {special.B: 0.5}],
    ids=["row", "swap", "arrival"],
)
def test_announced_corporate_actions_are_settled_again_to_the_mill(
    tmp_path: Path, weights: dict[str, float]
) -> None:
    scene = Scene(tmp_path)
    with scene.open(attested=False) as on:
        on.platform.market.import_bars(made_up(special.bars()))
        on.platform.market.import_table("corporate_actions", "actions.csv", special.actions())
        special.settle(on, on.agent(), "one", weights)
        folder = keep(on, tmp_path / "packages", "one", special.DAYS)
    assert judged(folder, "--allow-unattested")["holds"] is True


def test_restated_days_hold_against_what_was_committed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    corrected = {(A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000), (A, DAYS[2]): (10.2, 10.3, 10.15, 1_000_000)}
    with scene.open() as on:
        play(on, on.agent(), commission_rate=0.0003, slippage_rate=0.001)
        restate(on, DAYS[1], write_bars(tmp_path, corrected))
        folder = keep(on, tmp_path / "packages", "holds-a", DAYS)
    report = judged(folder, "--attestations", str(scene.repo))
    assert (report["holds"], report["days"]) == (True, len(DAYS))
