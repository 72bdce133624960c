"""The records store: group commit, durability settings, migrations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel

import quantos.app  # noqa: F401 - every feature's tables
from quantos.errors import Conflict, WrongState
from quantos.storage.migrate import HEAD, MIGRATIONS, upgrade
from quantos.storage.prepared import Prepared
from quantos.storage.records import Records, RecordsUnavailable


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store = Records(tmp_path / "records.db")
    upgrade(store)
    yield store
    store.close()


def put(session: Session, key: str) -> str:
    session.execute(text("INSERT INTO platform_state VALUES (:key, 'x')"), {"key": key})
    return key


def keys(records: Records) -> set[str]:
    with records.read() as session:
        return set(session.scalars(text("SELECT key FROM platform_state")))


def test_every_commit_reaches_the_disk_and_foreign_keys_hold(records: Records) -> None:
    with records.write() as session:
        pragmas = {
            p: session.execute(text(f"PRAGMA {p}")).scalar()
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_failed_unit_of_work_leaves_nothing(records: Records) -> None:
    with pytest.raises(Conflict), records.write() as session:
        put(session, "half")
        raise Conflict("no")
    assert keys(records) == set()


def test_units_that_arrive_together_succeed_and_fail_each_alone(records: Records) -> None:
    def unit(number: int) -> object:
        def work(session: Session) -> str:
            put(session, f"unit-{number}")
            if number % 3 == 0:
                raise Conflict(f"unit {number}")
            return f"unit-{number}"

        return records.commit(work)

    async def together() -> list[object]:
        return await asyncio.gather(*(unit(n) for n in range(60)), return_exceptions=True)  # type: ignore[call-overload,no-any-return]

    results = asyncio.run(together())
    stored = {f"unit-{n}" for n in range(60) if n % 3}
    assert {r for r in results if isinstance(r, str)} == stored
    assert sum(isinstance(r, Conflict) for r in results) == 20
    assert keys(records) == stored


def test_a_reader_cannot_write(records: Records) -> None:
    with records.read() as session, pytest.raises(Exception, match="readonly"):
        put(session, "no")


def test_the_head_is_alembics_own() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_build_what_the_tables_say(records: Records) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415

    with records.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_an_upgrade_of_an_up_to_date_store_does_nothing(records: Records) -> None:
    with records.write() as session:
        put(session, "kept")
    upgrade(records)
    assert keys(records) == {"kept"}


def test_a_store_of_a_newer_platform_is_refused(records: Records) -> None:
    with records.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongState, match="newer version"):
        upgrade(records)


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_store_without_room_is_a_named_refusal_for_prepared_statements_too(
    records: Records, is_prepared: bool
) -> None:
    insert = text("INSERT INTO platform_state VALUES (:key, :value)")
    values = {"key": "large", "value": "x" * 2**20}
    with records.write() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(RecordsUnavailable, match="full"), records.write() as session:
        if is_prepared:
            Prepared(insert).run(session.connection(), values)
        else:
            session.execute(insert, values)
    assert "large" not in keys(records)


def test_what_a_statement_was_given_is_not_told_when_it_fails(records: Records) -> None:
    with pytest.raises(RecordsUnavailable) as refused, records.write() as session:
        session.connection().execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "qgpt_hidden"})
    assert isinstance(refused.value.__cause__, SQLAlchemyError)
    assert "qgpt_hidden" not in str(refused.value.__cause__)
