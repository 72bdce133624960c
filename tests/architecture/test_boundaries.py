"""Who may import whom: the contracts of pyproject.toml and the rules of boundaries.py, on the real packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

from tests.architecture import boundaries

ROOT = Path(__file__).parents[2]
RULES = [
    boundaries.past_the_front_door,
    boundaries.dashboard_beyond_the_client,
    boundaries.client_beyond_itself,
    boundaries.client_used_by_the_server,
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("quantos", "tui", "licensing", cache_dir=None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_import_breaks_the_rule(
    graph: grimp.ImportGraph, rule: Callable[[grimp.ImportGraph], list[str]]
) -> None:
    assert rule(graph) == []


def test_every_import_contract_is_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
