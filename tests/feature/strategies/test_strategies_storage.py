"""The store of strategies: its migration, and units of work that share a commit."""

from __future__ import annotations

import asyncio
import runpy
import threading
from typing import Any, get_args

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from quantos.accounts.service import UNIVERSES
from quantos.accounts.tables import User
from quantos.errors import WrongState
from quantos.storage.migrate import MIGRATIONS
from quantos.storage.records import Records
from quantos.strategies.schemas import Universe
from quantos.strategies.tables import SignalRow, StatusChangeRow, Strategy


def test_models_and_migration_agree(tmp_path: Any) -> None:
    versions = MIGRATIONS / "versions"
    names = ("0002_strategies.py", "0008_attestation.py", "0017_strategies_of_portfolios.py")
    revisions = [runpy.run_path(str(versions / name)) for name in names]
    tables = SQLModel.metadata.tables
    described = MetaData()
    for model in (User, Strategy, StatusChangeRow, SignalRow):
        tables[model.__tablename__].to_metadata(described)
    records = Records(tmp_path / "records.db")
    tables["user"].create(records.engine)
    with records.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with Operations.context(context):
            for revision in revisions:
                revision["upgrade"]()
        assert compare_metadata(context, described) == []
        with Operations.context(context):
            for revision in reversed(revisions):
                revision["downgrade"]()
    records.close()


def test_the_universes_of_the_body_are_those_of_the_accounts() -> None:
    assert get_args(Universe) == UNIVERSES


def test_a_refused_unit_of_work_leaves_its_neighbours_in_the_same_commit(site: Any, agent: Any) -> None:
    agent.strategy()

    def rename(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE strategy SET name = 'kept'")

    def fail(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE strategy SET name = 'lost'")
        raise WrongState("no")

    async def together() -> Any:
        units = [site.records.commit_prepared(work) for work in (rename, fail, fail)]
        return await asyncio.gather(*units, return_exceptions=True)

    answers = site.run(together())
    assert [type(answer) for answer in answers] == [type(None), WrongState, WrongState]
    assert agent.get("alpha")["name"] == "kept"


def test_a_number_is_never_given_twice(site: Any, agent: Any) -> None:
    agent.strategy("one")
    agent.strategy("two")
    with site.records.write() as session:
        session.connection().exec_driver_sql("DELETE FROM strategy WHERE slug = 'two'")
    agent.strategy("three")
    with site.records.read() as session:
        assert site.strategies.by_slug(session, "three").number == 3


@pytest.mark.parametrize("slug", ["unknown", "NOT A SLUG"])
def test_by_slug_refuses_what_is_not_there(site: Any, slug: Any) -> None:
    with site.records.read() as session, pytest.raises(Exception, match="no such strategy"):
        site.strategies.by_slug(session, slug)


def test_public_pages_hold_started_public_strategies_only_newest_first(site: Any, agent: Any) -> None:
    agent.active("one")
    agent.active("hidden", is_public=False)
    agent.strategy("silent")
    agent.active("two", universe="csi500")
    agent.active("gone")
    agent.call("DELETE", "/strategies/gone")
    agent.strategy("never")
    agent.call("DELETE", "/strategies/never")
    with site.records.read() as session:
        everything = site.strategies.public_page(session, None, 50, 0)
        assert [each.slug for each in everything] == ["gone", "two", "one"]
        assert [each.slug for each in site.strategies.public_page(session, "csi500", 50, 0)] == ["two"]
        assert [each.slug for each in site.strategies.public_page(session, None, 1, 1)] == ["two"]


def test_the_writer_outlives_a_loop_that_closes_before_its_answer(site: Any, agent: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(connection: Any) -> None:
        begun.set()
        assert go_on.wait(10)

    async def leave() -> None:
        task = asyncio.create_task(site.records.commit_prepared(wait))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    go_on.set()
    agent.strategy("afterwards")
