"""A platform that cannot be opened leaves nothing open behind it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from quantos.app import Platform
from quantos.errors import WrongState
from quantos.settings import Settings


def test_stores_are_closed_where_one_of_them_is_refused(tmp_path: Path) -> None:
    Platform.open(Settings(data_dir=tmp_path)).close()
    records = sqlite3.connect(tmp_path / "records.db")
    with records:
        records.execute("UPDATE alembic_version SET version_num = '9999'")
    records.close()
    with pytest.raises(WrongState, match="newer version") as refusal:  # keeps what the start held
        Platform.open(Settings(data_dir=tmp_path))
    duckdb.connect(tmp_path / "series.duckdb", read_only=True).close()  # refused where it is open otherwise
    assert refusal.tb is not None


def test_both_stores_refused_is_the_refusal_of_the_records(tmp_path: Path) -> None:
    Platform.open(Settings(data_dir=tmp_path)).close()
    (tmp_path / "series.duckdb").write_bytes(b"nothing that DuckDB wrote")
    (tmp_path / "records.db").write_bytes(b"nothing that SQLite wrote" * 100)
    with pytest.raises(Exception, match=r"^records\.db is damaged"):
        Platform.open(Settings(data_dir=tmp_path))
