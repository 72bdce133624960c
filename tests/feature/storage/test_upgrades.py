"""Stores of earlier versions: brought up to date with everything in place, and played on; newer ones are refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import duckdb
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table
from sqlalchemy import types as sqltypes
from sqlmodel import SQLModel

import quantos.app  # noqa: F401 - every feature's tables
from quantos.kit.clock import parse_instant
from quantos.storage import series_schema
from quantos.storage.migrate import HEAD, MIGRATIONS, upgrade
from quantos.storage.records import Records
from tests.support.platforms import Caller, stage

RECORDED: Final = sorted((Path(__file__).parents[2] / "vectors" / "stores").glob("*.zip"))
START: Final = parse_instant("2024-01-02T08:00+08:00")
NEXT_DAY: Final = date(2024, 1, 8)
EACH: Final = 3
"""Rows of each table."""


def alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


REVISIONS: Final = sorted(each.revision for each in ScriptDirectory.from_config(alembic()).walk_revisions())


# ---------------------------------------------------------------- directories that earlier versions left


def recorded(archive: Path, folder: Path) -> dict[str, Any]:
    """Unpack a directory; what its version answered."""
    with ZipFile(archive) as packed:
        packed.extractall(folder)
    for secret in (folder / "secrets").iterdir():
        secret.chmod(0o600)
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    (folder / "expected.json").unlink()
    return expected


@pytest.mark.parametrize("archive", RECORDED, ids=lambda archive: f"of_{archive.stem}")
def test_a_directory_of_an_earlier_version_keeps_its_records_and_is_played_on(
    archive: Path, tmp_path: Path
) -> None:
    expected = recorded(archive, tmp_path / "data")
    with stage(tmp_path / "data", START) as on:
        assert on.operator.token == expected["operator"]
        assert {slug: on.navs(slug) for slug in ("alpha", "beta")} == expected["navs"]
        agent = Caller(on.operator.runner, on.operator.http, expected["token"])
        kept = agent.get("/strategies/alpha/signals")["signals"]
        assert [
            {name: new[name] for name in old if name in new}
            for new, old in zip(kept, expected["signals"], strict=True)
        ] == [
            {name: old[name] for name in old if name in new}
            for new, old in zip(kept, expected["signals"], strict=True)
        ]
        assert {"trade_date", "signals", "signal_hash"} <= kept[0].keys() & expected["signals"][0].keys()
        on.clock_to(NEXT_DAY, "08:30")
        on.submit(agent, "alpha", NEXT_DAY, {"600001.SH": 0.5})
        ran = on.clock_to(NEXT_DAY, "19:00")
        assert [each["state"] for each in ran if each["job"] == "settle_all_active_strategies"][-1] == "done"
        assert len(on.navs("alpha")) == len(expected["navs"]["alpha"]) + 1
        assert [each["state"] for each in on.operator.get("/admin/stores")["stores"]] == ["whole", "whole"]


def test_directories_of_several_versions_are_recorded() -> None:
    assert len(RECORDED) >= 7
    assert {archive.stem for archive in RECORDED} <= set(REVISIONS) - {HEAD}


# ---------------------------------------------------------------- every revision of the records store, with rows


def filled(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Some rows in every table that there is; what each holds."""
    described = MetaData()
    described.reflect(connection)
    for table in described.sorted_tables:
        if table.name not in {"alembic_version", "sqlite_sequence"}:
            for number in range(1, EACH + 1):
                connection.execute(table.insert(), {c.name: value(table, c, number) for c in table.columns})
    return held(connection)


def value(table: Table, column: Any, number: int) -> Any:
    """What may stand in a column; of a reference, what stands in the row of the same number there."""
    for key in column.foreign_keys:
        if key.column.table is not table:
            return value(key.column.table, key.column, number)
    kind = column.type
    if isinstance(kind, sqltypes.Date):
        return date(2024, 1, 1 + number)
    if isinstance(kind, sqltypes.DateTime):
        return parse_instant(f"2024-01-0{number}T08:00:00Z").replace(tzinfo=None)
    if isinstance(kind, sqltypes.Boolean):
        return True
    if isinstance(kind, sqltypes.Integer):
        return number
    if isinstance(kind, sqltypes.Numeric | sqltypes.Float):
        return number / 4
    if isinstance(kind, sqltypes.LargeBinary):
        return bytes([number])
    text = f"{number}-{column.name}"
    return text[: getattr(kind, "length", None) or len(text)]


def held(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by column, as SQLite has it."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    return {
        name: [dict(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()]
        for name in names
        if name not in {"alembic_version", "sqlite_sequence"}
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_every_revision_is_brought_up_to_date_with_its_rows(revision: str, tmp_path: Path) -> None:
    records, config = Records(tmp_path / "records.db"), alembic()
    with records.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    with records.engine.begin() as connection:
        before = filled(connection)
    upgrade(records)
    with records.engine.begin() as connection:
        after = held(connection)
        found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert (version, found) == (HEAD, [])
    assert before
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows, table
    assert records.look_through().detail is None
    records.close()


# ---------------------------------------------------------------- every version of the series store, with rows


@pytest.mark.parametrize("version", range(1, len(series_schema.STEPS)))
def test_a_series_store_of_every_version_is_brought_up_to_date_with_its_rows(version: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        for number, step in enumerate(series_schema.STEPS[:version], start=1):
            connection.execute(step)
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        before = {}
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall():
            if table != "schema_version":
                columns = [row[:2] for row in connection.execute(f'DESCRIBE "{table}"').fetchall()]
                made = ", ".join(_of_type(kind) for _, kind in columns)
                connection.execute(f'INSERT INTO "{table}" SELECT {made} FROM range(1, {EACH + 1}) t(i)')
                names = ", ".join(f'"{name}"' for name, _ in columns)
                before[table] = (
                    names,
                    connection.execute(f'SELECT {names} FROM "{table}" ORDER BY ALL').fetchall(),
                )
        series_schema.migrate(connection)
        for table, (names, rows) in before.items():
            found = connection.execute(f'SELECT {names} FROM "{table}" ORDER BY ALL').fetchall()
            assert found == rows, table
            assert len(rows) == EACH
        assert connection.execute("SELECT max(version) FROM schema_version").fetchall() == [
            (len(series_schema.STEPS),)
        ]


def _of_type(kind: str) -> str:
    made = {
        "DATE": "DATE '2024-01-01' + i::INT",
        "TIMESTAMP": "TIMESTAMP '2024-01-01' + to_days(i::INT)",
        "BOOLEAN": "true",
        "VARCHAR": "'text ' || i",
        "DOUBLE": "i / 4",
    }
    return made.get(kind, "i")
