"""Files that cannot be read are refused in one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantos.market.service import Market

HEAD = "symbol,date,open,high,low,close,volume,pre_close"
ROW = "600519.SH,2024-01-02,1700.00,1715.00,1690.00,1710.00,20000,1700.00"
PLAIN = f"{HEAD}\n{ROW}\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bars.txt", PLAIN, "files are read that end in .csv, .parquet or .pq"),
        ("bars.csv", "", "bars.csv is empty"),
        ("bars.csv", f"\n{PLAIN}", "begins with an empty line"),
        ("bars.csv", PLAIN.replace(",", ";"), "separated by semicolons, not by commas"),
        ("bars.csv", PLAIN.replace(",", "\t"), "separated by tabs, not by commas"),
        (
            "bars.csv",
            f"{PLAIN}{ROW[:30]}",
            "line 3 has 4 cells, the first line names 8 columns: it is cut off",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence_that_says_what_to_do(
    market: Market, tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    (report,) = market.import_path(tmp_path / name).files
    refused = report.refused
    assert refused is not None
    assert told in refused
    assert "\n" not in refused
    assert "Arrow" not in refused and "magic" not in refused
