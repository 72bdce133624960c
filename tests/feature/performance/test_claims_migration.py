"""The migrations make the table of claims that the model describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from quantos import app
from quantos.performance.tables import ClaimRow
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records


def is_claim(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    return kind != "table" or name == ClaimRow.__tablename__


def test_claim_model_and_migration_agree(tmp_path: Path) -> None:
    assert app, "every table that another one refers to is known"
    records = Records(tmp_path / "records.db")
    upgrade(records)
    with records.engine.begin() as connection:
        options = {"compare_type": True, "include_object": is_claim}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []
        connection.exec_driver_sql("ALTER TABLE claim DROP COLUMN navs")
        assert len(compare_metadata(context, SQLModel.metadata)) == 1
    records.close()
