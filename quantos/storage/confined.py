"""DuckDB without the machine: what is read with it reaches no other file, no network and no setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

CONFINED: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": False,  # it cannot be switched on again in a running one
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Of every file that is opened with DuckDB: beside it and its log it reaches nothing."""


def reader(*files: Path) -> duckdb.DuckDBPyConnection:
    """A store in memory that reads these files and no other."""
    connection = duckdb.connect(config={name: CONFINED[name] for name in CONFINED if name.startswith("auto")})
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    if files:
        connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def given(cursor: duckdb.DuckDBPyConnection, **tables: Mapping[str, Any]) -> Iterator[None]:
    """Columns as arrays, read where they are, by the names of tables; a confined store finds no variable by itself."""
    for name, columns in tables.items():
        cursor.register(name, columns)
    try:
        yield
    finally:
        for name in tables:
            cursor.unregister(name)
