"""The series store: one transaction is one commit point."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantos.errors import WrongState
from quantos.storage.series import Series, SeriesUnavailable


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    series = Series(tmp_path / "series.duckdb")
    with pytest.raises(ZeroDivisionError), series.write() as cursor:
        cursor.execute("INSERT INTO calendar_day VALUES ('2030-01-02', true, 'test')")
        raise ZeroDivisionError
    with series.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM calendar_day").fetchone() == (0,)
    series.close()


def test_a_file_of_a_newer_platform_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "series.duckdb"
    Series(file).close()
    with duckdb.connect(str(file)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999)")
    with pytest.raises(WrongState, match="newer version"):
        Series(file)


def test_a_file_that_is_no_database_is_named_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "series.duckdb"
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(SeriesUnavailable, match="quantos doctor"):
        Series(file)
