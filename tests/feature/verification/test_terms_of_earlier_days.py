"""A file of before terms were kept as settled gets them from the corporate actions that it holds."""

from __future__ import annotations

from pathlib import Path

import duckdb

from quantos.storage.series import Series
from quantos.storage.series_schema import STEPS

ROWS = """
INSERT INTO snapshot VALUES (1, '2024-03-01', 'x', 'r', 0, NULL, NULL), (2, '2024-03-04', 'x', 'r', 0, NULL, NULL),
                            (3, '2024-03-04', 'y', 'r', 0, 'operator', 'late');
INSERT INTO snapshot_bar SELECT s, i, 1, 1, 1, 1, 1, 1, 1, 0, e, false FROM (VALUES
    (1, 7, 1), (2, 7, 1), (3, 7, 1), (2, 8, 2), (2, 9, 1)) v(s, i, e);
INSERT INTO corporate_action VALUES
    (7, '2024-02-29', 1, 1, NULL, NULL, 1), (7, '2024-03-01', 10, 20, NULL, NULL, 1),
    (7, '2024-03-02', 100, 200, NULL, NULL, 1), (7, '2024-03-04', 1000, 2000, NULL, NULL, 1),
    (8, '2024-03-04', 5, 5, NULL, NULL, 1), (9, '2024-03-04', 300, 0, 7, NULL, 1);
"""
"""A Friday and a Monday, the Monday settled twice; instrument 8 had no announced event."""


def test_the_terms_of_a_day_are_the_rows_since_the_day_before_summed(tmp_path: Path) -> None:
    file = tmp_path / "series.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        for number, step in enumerate(STEPS[:3], start=1):
            connection.execute(step)
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        connection.execute(ROWS)
    series = Series(file)
    with series.read() as cursor:
        found = cursor.execute("FROM snapshot_action ORDER BY ALL").fetchall()
    series.close()
    assert found == [
        (1, 7, 10, 20, -1),
        (2, 7, 1100, 2200, -1),
        (2, 9, 300, 0, 7),
        (3, 7, 1100, 2200, -1),
    ]
