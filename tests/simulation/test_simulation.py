"""Twenty days of the whole platform for each of a dozen seeds, and what the checker says of them.

QUANTOS_SIMULATION_SEEDS=1-50 makes it fifty. `python -m tests.simulation --seeds A-B` plays others, `--seed N --trace`
one of them again. How it is made: docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulation import sabotage
from tests.simulation.plan import FAULTS

ROOT = Path(__file__).parents[2]
SEEDS: Final = os.environ.get("QUANTOS_SIMULATION_SEEDS", "1-12")
AGAIN: Final = 4

FOUND: Final[dict[int, str]] = {
    9: "after one failed fsync of the series store every job failed until the platform was started again",
}
"""Seeds that have found something, and what it was."""

BROKEN: Final = {
    "drop-a-signal": "is gone",
    "take-late-signals": "after its deadline",
    "shift-a-nav": "the slow ledger has",
    "double-an-attestation": "stands 2 times in the repository",
    "leak-a-nonce": "stands in the log",
}

Told = dict[str, Any]


def played(folder: Path, *arguments: str) -> list[Told]:
    """The outcomes of a campaign in a process of its own."""
    file = folder / "outcomes.json"
    ran = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments, "--json", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert file.exists(), ran.stdout + ran.stderr
    found: list[Told] = json.loads(file.read_text())
    return found


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    return played(tmp_path_factory.mktemp("campaign"), "--seeds", SEEDS)


def test_nothing_is_found_in_any_of_the_seeds(campaign: list[Told]) -> None:
    assert {told["seed"]: told["findings"] for told in campaign if told["findings"]} == {}


def test_every_class_of_fault_fell(campaign: list[Told]) -> None:
    fell = {fault["kind"] for told in campaign for fault in told["fell"]}
    assert fell == set(FAULTS)
    hit = {fault["file"] for told in campaign for fault in told["fell"]}
    assert hit == {"records.db", "records.db-wal", "series.duckdb", "series.duckdb.wal", "attestation"}


def test_every_kind_of_act_took_place(campaign: list[Told]) -> None:
    kinds = {kind for told in campaign for kind in told["acts"]}
    assert kinds >= {
        "clock", "clock_back", "create", "delete", "deliver", "misbehave", "probe", "remote_down", "repeat", "restart",
        "restate", "settle", "status", "submit",
    }  # fmt: skip


def test_a_seed_is_played_again_exactly(tmp_path: Path, campaign: list[Told]) -> None:
    first = next(told for told in campaign if told["seed"] == AGAIN)
    (second,) = played(tmp_path, "--seed", str(AGAIN))
    assert second["fell"] == first["fell"]
    assert second["trace"] == first["trace"]


@pytest.mark.parametrize("kind", sorted(sabotage.KINDS))
def test_a_platform_broken_on_purpose_is_found(kind: str, tmp_path: Path) -> None:
    told = played(tmp_path, "--seeds", "1-4", "--stop", "--jobs", "1", "--sabotage", kind)
    assert any(BROKEN[kind] in finding for each in told for finding in each["findings"])


@pytest.mark.parametrize("seed", sorted(FOUND))
def test_a_seed_that_found_something_finds_nothing_any_more(seed: int, tmp_path: Path) -> None:
    (told,) = played(tmp_path, "--seed", str(seed))
    assert told["findings"] == [], FOUND[seed]
