"""Revision 0001 makes the tables that the models describe."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from quantos.accounts.tables import ApiKey, Invite, User
from quantos.storage.migrate import MIGRATIONS
from quantos.storage.records import Records

INVITE = "INSERT INTO invite VALUES (1, 'a', 'b', 'c', 2, {uses}, NULL, '2024-01-02T00:00:00.000000+00:00')"


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Connection]:
    revision = runpy.run_path(str(MIGRATIONS / "versions" / "0001_accounts.py"))
    records = Records(tmp_path / "records.db")
    with records.engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            revision["upgrade"]()
        yield connection
    records.close()


def test_models_and_migration_agree(migrated: Connection) -> None:
    described = MetaData()
    for model in (User, Invite, ApiKey):
        SQLModel.metadata.tables[model.__tablename__].to_metadata(described)
    context = MigrationContext.configure(migrated, opts={"compare_type": True})
    assert compare_metadata(context, described) == []


def test_the_store_itself_refuses_a_use_beyond_the_last(migrated: Connection) -> None:
    migrated.exec_driver_sql(INVITE.format(uses=2))
    with pytest.raises(IntegrityError, match="invite_uses"):
        migrated.exec_driver_sql("UPDATE invite SET uses = uses + 1")


def test_numbers_are_never_given_twice(migrated: Connection) -> None:
    migrated.exec_driver_sql(INVITE.format(uses=0))
    migrated.exec_driver_sql("DELETE FROM invite")
    migrated.exec_driver_sql(
        "INSERT INTO invite (id, code_hash, last4, max_uses, uses, created_at) VALUES ('a', 'b', 'c', 1, 0, 'd')"
    )
    assert migrated.exec_driver_sql("SELECT number FROM invite").scalar() == 2
