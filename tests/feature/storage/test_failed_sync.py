"""A disk that fails one sync of the series store: DuckDB gives the file up, and the platform opens it anew."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_series_store_whose_sync_failed_is_opened_anew_by_its_next_use(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.failed_sync", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(ran.stdout)
    assert said.pop("failed").startswith(
        "refused: the disk failed the series store (FATAL Error: fsync failed!)"
    )
    assert said == {"read": [1], "limit": "512.0 MiB", "again": "stored", "in the end": [1, 3]}
