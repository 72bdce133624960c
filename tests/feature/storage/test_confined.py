"""DuckDB reaches no file but its own, no network and no setting, whatever it is told to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from quantos.storage.confined import reader
from quantos.storage.series import Series

REACHING_OUT = [
    "SELECT * FROM read_csv('{other}')",
    "SELECT * FROM read_text('{other}')",
    "SELECT * FROM '{other}'",
    "SELECT * FROM glob('{folder}/*')",
    "COPY (SELECT 1) TO '{folder}/written.csv'",
    "ATTACH '{folder}/another.duckdb'",
    "EXPORT DATABASE '{folder}/exported'",
    "SELECT * FROM read_csv('http://127.0.0.1:9/a.csv')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "other.csv").write_text("secret\n1\n")
    return tmp_path


@pytest.fixture
def series(folder: Path) -> Iterator[Series]:
    store = Series(folder / "series.duckdb")
    yield store
    store.close()


@pytest.mark.parametrize("statement", REACHING_OUT)
def test_the_series_store_reaches_nothing_but_its_file(series: Series, folder: Path, statement: str) -> None:
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(duckdb.Error), series.read() as cursor:
        cursor.execute(statement.format(other=folder / "other.csv", folder=folder)).fetchall()
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("statement", [*REACHING_OUT, "SET threads = 1", "SET memory_limit = '90%'"])
def test_a_reader_of_a_market_file_reaches_nothing_but_this_file(folder: Path, statement: str) -> None:
    named = folder / "bars, of O'Neill [1].csv"
    named.write_text("x\n1\n2\n")
    with reader(named) as connection:
        assert connection.execute("SELECT sum(x) FROM read_csv(?)", [str(named)]).fetchall() == [(3,)]
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(other=folder / "other.csv", folder=folder)).fetchall()


def test_a_query_that_needs_more_memory_than_there_is_still_has_its_own_folder(folder: Path) -> None:
    series = Series(folder / "series.duckdb", memory_limit="60MB")
    with series.read() as cursor:
        ordered = cursor.execute(
            "SELECT count(*) FROM (SELECT hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS v FROM range(1500000) t(i)"
            " ORDER BY v OFFSET 1)"
        )
        assert ordered.fetchall() == [(1_499_999,)]
    series.close()
