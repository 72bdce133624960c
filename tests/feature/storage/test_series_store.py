"""The series store: one transaction is one commit point."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantos.errors import WrongState
from quantos.storage.damage import StoreDamaged
from quantos.storage.series import Joined, Series


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
    with pytest.raises(StoreDamaged, match=r"^series\.duckdb is damaged .* --latest --force$"):
        Series(file)


def test_a_snapshot_sees_one_state_whatever_is_committed_meanwhile(tmp_path: Path) -> None:
    series = Series(tmp_path / "series.duckdb")
    days = "SELECT count(*) FROM calendar_day"
    with series.snapshot() as before:
        assert before.execute(days).fetchone() == (0,)
        with series.write() as cursor:
            cursor.execute("INSERT INTO calendar_day VALUES ('2030-01-02', true, 'test')")
        assert before.execute(days).fetchone() == (0,)
    with series.snapshot() as after:
        assert after.execute(days).fetchone() == (1,)
    series.close()


def test_what_is_joined_to_a_transaction_stands_and_falls_with_it(tmp_path: Path) -> None:
    series = Series(tmp_path / "series.duckdb")
    with pytest.raises(ZeroDivisionError), series.write() as cursor:
        joined = Joined(cursor)
        with joined.write() as within:
            within.execute("INSERT INTO calendar_day VALUES ('2030-01-02', true, 'test')")
        with joined.read() as within, series.read() as outside:
            assert within.execute("SELECT count(*) FROM calendar_day").fetchone() == (1,)
            assert outside.execute("SELECT count(*) FROM calendar_day").fetchone() == (0,)
        raise ZeroDivisionError
    with series.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM calendar_day").fetchone() == (0,)
    series.close()
