"""Damaged stores: how they are told from stores that do not answer now, and how all of one is looked at.

DuckDB keeps a checksum with each block, and looks at it when the block is read. SQLite keeps none: what it finds is a
page or a row that cannot be, or an index that disagrees with its table.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

import duckdb
from sqlalchemy import Connection

from quantos.errors import Unavailable

RESTORE: Final = "quantos backup restore --latest --force"
QUICK_BYTES_MAX: Final = 256 * 2**20
"""Of the records store, up to which it is looked through at each start: a tenth of a second at the most."""

_IN_A_RECORDS_STORE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY: Final = 0xFF
_OF_A_FILE: Final = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)
"""What other refusals quote is of the query or of its values, and says nothing of the file."""


class StoreDamaged(Unavailable):
    """A file of a store is not as it was written; nothing of it is guessed at."""

    code = "store_damaged"

    def __init__(self, message: str, found: str = "") -> None:
        super().__init__(message)
        self.found = found


class Looked(NamedTuple):
    """A store that was read from end to end. `detail`: what is wrong with it; None where it is whole."""

    file: str
    detail: str | None


def damaged(file: str, found: str) -> StoreDamaged:
    """`file`: its name; `found`: what its store said, in a line."""
    return StoreDamaged(
        f"{file} is damaged ({found}): stop the server and put the newest backup in its place with {RESTORE}",
        found,
    )


def in_series(error: duckdb.Error) -> bool:
    """Whether DuckDB says that its file is damaged, and not that it lacks room, memory or rights."""
    if isinstance(error, duckdb.SerializationException):
        return True
    text = str(error).lower()
    return isinstance(error, _OF_A_FILE) and ("corrupt" in text or "not a valid" in text)


def in_records(error: BaseException | None) -> bool:
    """Whether SQLite says so."""
    return _code(error) in _IN_A_RECORDS_STORE or "unsupported file format" in str(error)


def _code(error: BaseException | None) -> int:
    """Of a refusal of SQLite's, without what it adds to it; 0 of any other."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY


def look_at_records(connection: Connection, *, thoroughly: bool) -> str | None:
    """What is wrong with the records store, in a line; None: nothing. `thoroughly`: indexes and references too."""
    check = "integrity_check" if thoroughly else "quick_check"
    found = str(connection.exec_driver_sql(f"PRAGMA {check}(1)").scalar())
    if found != "ok":
        return " ".join(found.split())
    if thoroughly and (row := connection.exec_driver_sql("PRAGMA foreign_key_check").first()) is not None:
        return f"a row of {row[0]} refers to one of {row[2]} that is not there"
    return None


def read_all_series(cursor: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every table: only what is read is checked, and a count reads nothing. Raises duckdb.Error."""
    for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        cursor.execute(f'SELECT bit_xor(hash(stored)) FROM "{table}" AS stored').fetchall()  # noqa: S608 - our own tables
