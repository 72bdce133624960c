"""Revision 0020 makes the tables that the models describe, and takes and gives back rows."""

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

from quantos.accounts.tables import User
from quantos.leaderboard.tables import LeaderboardEntry
from quantos.research.tables import SavedStrategy
from quantos.storage.migrate import MIGRATIONS
from quantos.storage.records import Records

AT = "2024-01-02T00:00:00.000000+00:00"
SAVED = f"INSERT INTO saved_strategy (user_id, name, prompt, code, created_at) VALUES ('{{}}', '均线', '', 'x', '{AT}')"
RUN = (
    "INSERT INTO leaderboard_entry (user_id, strategy_number, strategy_name, dataset, ticker, run_at, return_pct,"
    f" max_drawdown, score) VALUES ('u', 1, 's', 'default', '600001.SH', '{AT}', 1.5, -0.5, 0.85)"
)


def step(connection: Connection, revision: str, direction: str) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        runpy.run_path(str(MIGRATIONS / "versions" / revision))[direction]()


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Connection]:
    """A store of before, with a user in it, brought to 0020."""
    records = Records(tmp_path / "records.db")
    with records.engine.begin() as connection:
        step(connection, "0001_accounts.py", "upgrade")
        columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(user)") if row[3]]
        values = ", ".join("'u'" if name == "id" else "1" for name in columns)
        connection.exec_driver_sql(f"INSERT INTO user ({', '.join(columns)}) VALUES ({values})")
        step(connection, "0020_research.py", "upgrade")
        yield connection
    records.close()


def test_models_and_migration_agree(migrated: Connection) -> None:
    described = MetaData()
    for model in (User, SavedStrategy, LeaderboardEntry):
        SQLModel.metadata.tables[model.__tablename__].to_metadata(described)
    context = MigrationContext.configure(
        migrated,
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name in described.tables,
        },
    )
    ours = [each for each in compare_metadata(context, described) if "saved_strategy" in str(each)]
    assert ours == []
    assert [each for each in compare_metadata(context, described) if "leaderboard_entry" in str(each)] == []


def test_rows_go_in_their_numbers_are_never_given_twice_and_a_run_outlives_its_strategy(
    migrated: Connection,
) -> None:
    migrated.exec_driver_sql(SAVED.format("u"))
    migrated.exec_driver_sql(RUN)
    migrated.exec_driver_sql("DELETE FROM saved_strategy")
    migrated.exec_driver_sql(SAVED.format("u"))
    assert migrated.exec_driver_sql("SELECT number, name FROM saved_strategy").all() == [(2, "均线")]
    assert migrated.exec_driver_sql("SELECT strategy_number, sharpe, notes FROM leaderboard_entry").all() == [
        (1, None, None)
    ]


def test_nobody_owns_a_strategy_who_is_not_there(migrated: Connection) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        migrated.exec_driver_sql(SAVED.format("nobody"))


def test_it_is_taken_back_and_made_again(migrated: Connection) -> None:
    migrated.exec_driver_sql(SAVED.format("u"))
    step(migrated, "0020_research.py", "downgrade")
    step(migrated, "0020_research.py", "upgrade")
    assert migrated.exec_driver_sql("SELECT count(*) FROM saved_strategy").scalar() == 0
    assert migrated.exec_driver_sql("SELECT count(*) FROM user").scalar() == 1
