"""What starting costs: modules that must not be loaded."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pydantic",
    "fastapi",
    "sqlmodel",
    "sqlalchemy",
    "duckdb",
    "numpy",
    "pyarrow",
    "rich",
    "plotext",
    "httpx",
)


def test_showing_the_commands_loads_nothing_heavy() -> None:
    code = "import sys, quantos.cli.app; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert [name for name in HEAVY if name in loaded] == []


def test_the_server_is_composed_without_what_only_some_work_needs() -> None:
    code = "import sys, quantos.app, quantos.cli.serve; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    unwanted = (
        "pandas",
        "scipy",
        "numba",
        "pyarrow",
        "exchange_calendars",
        "alembic",
        "rich",
        "plotext",
        "httpx",
        "quantos.research.core.prompting",  # patterns for every indicator, in two languages
        "sqlalchemy.dialects.postgresql",  # an index names its rows for SQLite alone; migrations make it on both
    )
    assert [name for name in unwanted if name in loaded] == []
