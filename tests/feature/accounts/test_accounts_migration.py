"""Revision 0001 makes the tables that the models describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from quantos.accounts.tables import ApiKey, Invite, User
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records

TABLES = {"user", "invite", "api_key"}


def test_models_and_migration_agree(tmp_path: Path) -> None:
    assert (User.__tablename__, Invite.__tablename__, ApiKey.__tablename__) == ("user", "invite", "api_key")
    records = Records(tmp_path / "records.db")
    upgrade(records)
    described = MetaData()
    for name in TABLES:
        SQLModel.metadata.tables[name].to_metadata(described)
    with records.engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in TABLES,
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), described)
    records.close()
    assert differences == []


def test_the_store_itself_refuses_a_use_beyond_the_last(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.db")
    upgrade(records)
    row = "INSERT INTO invite VALUES (1, 'a', 'b', 'c', 2, 3, NULL, '2024-01-02T00:00:00.000000+00:00')"
    with pytest.raises(IntegrityError, match="invite_uses"), records.engine.begin() as connection:
        connection.exec_driver_sql(row)
    records.close()
