"""A program that shows nothing but a table of made up strategies: `bench_dashboard.py` scrolls it.

python -m tests.bench.many_rows 10000
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult

from tui.screens.strategies import COLUMNS
from tui.widgets.records import Records


def record(number: int) -> dict[str, Any]:
    share = (number * 7919 % 2000 - 1000) / 10_000
    return {
        "slug": f"s-{number:05}", "name": f"Strategy {number}", "universe": "hs300", "status": "active",
        "nav": 1e6 * (1 + share), "daily_return": share / 10, "total_return": share, "sharpe": share * 8,
        "max_drawdown": abs(share), "excess_return": share / 2, "last_signal": "2025-12-31", "attested": True,
        "latest_date": "2025-12-30", "trading_days": number % 730, "owner": "agent", "is_public": False,
        "execution_price": "open", "created_at": "2023-01-03T00:00:00Z",
    }  # fmt: skip


class Shown(App[None]):
    CSS_PATH = Path(__file__).parents[2] / "tui" / "styles" / "dashboard.tcss"

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield Records(COLUMNS, "slug", "", id="strategies")

    def on_mount(self) -> None:
        self.query_one(Records).show([record(number) for number in range(self._rows)])
        self.query_one(Records).focus_table()


if __name__ == "__main__":
    Shown(int(sys.argv[1])).run()
