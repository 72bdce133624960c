"""Every import contract is seen to fail: one forbidden import, and exactly that contract reports it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest

from tests.architecture import boundaries

ROOT = Path(__file__).parents[2]
PACKAGES = ("quantos", "tui", "licensing", "strategy_worker")

CONTRACTS = {
    "Features point one way": ("quantos/storage/intruder.py", "import quantos.market.core.boards"),
    "Inside a feature, the shell wraps the core": (
        "quantos/settlement/core/intruder.py",
        "import quantos.settlement.store",
    ),
    "The core does no I/O": ("quantos/settlement/core/intruder.py", "import duckdb"),
    "The verifier runs on Python alone, by no code that it checks": (
        "quantos/verification/core/intruder.py",
        "import numpy",
    ),
    "licensing stands alone": ("licensing/intruder.py", "import quantos.errors"),
    "The platform knows nothing of its dashboard": ("quantos/errors.py", "import tui"),
    "The program that runs strategies is imported by nothing, nor is backtrader": (
        "tui/intruder.py",
        "import strategy_worker.engine",
    ),
    "The program that runs strategies imports nothing of the platform": (
        "strategy_worker/intruder.py",
        "import quantos.errors",
    ),
}

RULES: list[tuple[Callable[[grimp.ImportGraph], list[str]], str, str]] = [
    (boundaries.past_the_front_door, "quantos.settlement.service", "quantos.market.store"),
    (boundaries.dashboard_beyond_the_client, "tui.app", "quantos.errors"),
    (boundaries.client_beyond_itself, "quantos.client.http", "quantos.errors"),
    (boundaries.client_used_by_the_server, "quantos.settlement.service", "quantos.client.http"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages, with one feature complete enough for every contract to have work."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for layer in ("service.py", "store.py"):
        (tmp_path / "quantos/settlement" / layer).write_text('"""A layer."""\n')
    return tmp_path


def broken_contracts(tree: Path) -> set[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    lines = [line.strip() for line in run.stdout.splitlines()]
    assert any(line.startswith("Contracts:") for line in lines), run.stdout + run.stderr
    return {line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")}


def test_every_contract_has_a_violation_here() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == set(CONTRACTS)


def test_the_copied_tree_breaks_nothing_by_itself(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_one_forbidden_import_breaks_exactly_its_contract(tree: Path, contract: str) -> None:
    path, statement = CONTRACTS[contract]
    with (tree / path).open("a") as module:
        module.write(f"\n{statement}\n")
    assert broken_contracts(tree) == {contract}


def test_a_folder_without_a_layer_breaks_the_order_of_features(tree: Path) -> None:
    (tree / "quantos/helpers").mkdir()
    (tree / "quantos/helpers/__init__.py").write_text('"""Nobody said where this stands."""\n')
    assert broken_contracts(tree) == {"Features point one way"}


@pytest.mark.parametrize(
    ("rule", "module", "target"), RULES, ids=lambda value: getattr(value, "__name__", "")
)
def test_one_forbidden_import_breaks_exactly_its_rule(
    rule: Callable[[grimp.ImportGraph], list[str]], module: str, target: str
) -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    graph.add_import(importer=module, imported=target)
    broken = {check.__name__: check(graph) for check, _, _ in RULES}
    assert {name for name, found in broken.items() if found} == {rule.__name__}
    assert broken[rule.__name__] == [f"{module} must not import {target}"]
