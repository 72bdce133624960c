"""Revisions 0021 and 0022 on a store in which people have worked: nothing of theirs changes, and the platform goes on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from quantos.research.tables import Deployment, DeploymentDay, Study, StudyOutcome
from quantos.storage.migrate import MIGRATIONS, upgrade
from quantos.storage.records import Records
from tests.feature.research.conftest import START, ask
from tests.feature.research.test_backtest import HOLD
from tests.feature.research.test_saved import save
from tests.feature.research.test_studies import DAYS, PRICES, A, begin, ended
from tests.support.platforms import Caller, made_up, stage
from tests.support.studies import deployed, queued_study

OF_0021 = {"research_backtest", "research_backtest_result"}
OF_0022 = {"deployment", "deployment_day"}
Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def worked_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A directory with a saved strategy, a run on the leaderboard and a tracked strategy; and its user's key."""
    folder = tmp_path_factory.mktemp("worked") / "data"
    with stage(folder, START) as on:
        rows = {(A, day): PRICES[A][at] for at, day in enumerate(DAYS)}
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        number = save(agent)
        entry = {"strategy_id": number, "strategy_name": "s", "code": HOLD, "ticker": A}
        assert ask(agent, "POST", "/leaderboard/submit", entry).status_code == 200
        agent.post("/strategies", {"name": "One", "slug": "one"})
    return folder, agent.token


@pytest.fixture
def before(worked_in: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """A copy of it."""
    shutil.copytree(worked_in[0], tmp_path / "data")
    return tmp_path / "data", worked_in[1]


def alembic(connection: Connection, direction: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    getattr(command, direction)(config, revision)


def opened(folder: Path) -> Iterator[Records]:
    records = Records(folder / "records.db")
    try:
        yield records
    finally:
        records.close()


@pytest.fixture
def store(before: tuple[Path, str]) -> Iterator[Records]:
    """Taken back to 0020, as a platform of before left it."""
    for records in opened(before[0]):
        with records.engine.begin() as connection:
            alembic(connection, "downgrade", "0020")
        yield records


def contents(connection: Connection) -> Tables:
    """Every row of every table but the revision itself."""
    names = set(inspect(connection).get_table_names()) - {"alembic_version", "sqlite_sequence"}
    return {
        name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}").all()), key=repr)
        for name in names
    }


def test_what_was_there_before_is_there_after_to_the_row(store: Records) -> None:
    with store.engine.begin() as connection:
        old = contents(connection)
        assert not (OF_0021 | OF_0022) & old.keys()
        assert {len(old[name]) for name in ("saved_strategy", "leaderboard_entry", "strategy")} == {1}
        alembic(connection, "upgrade", "0021")
        assert contents(connection) == {**old, **{name: [] for name in OF_0021}}
        alembic(connection, "upgrade", "0022")
        assert contents(connection) == {**old, **{name: [] for name in OF_0021 | OF_0022}}


def test_backtests_made_before_deployments_stay_as_they_were(store: Records) -> None:
    with store.engine.begin() as connection:
        alembic(connection, "upgrade", "0021")
    with store.read() as session:
        user = session.connection().exec_driver_sql("SELECT user_id FROM saved_strategy").scalar()
    with store.write() as session:
        session.add(queued_study(str(user), "finished"))
        session.flush()
        session.add(StudyOutcome(backtest_number=1, body='{"metrics": null}'))
    with store.engine.begin() as connection:
        old = contents(connection)
        assert (len(old["research_backtest"]), old["research_backtest_result"]) == (
            1,
            [(1, '{"metrics": null}')],
        )
        alembic(connection, "upgrade", "0022")
        assert contents(connection) == {**old, **{name: [] for name in OF_0022}}
        alembic(connection, "downgrade", "0021")
        assert contents(connection) == old


@pytest.mark.parametrize("model", [Study, StudyOutcome, Deployment, DeploymentDay])
def test_models_and_migrations_agree(store: Records, model: type[SQLModel]) -> None:
    name = str(model.__tablename__)
    with store.engine.begin() as connection:
        alembic(connection, "upgrade", "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, SQLModel.metadata)
        assert [each for each in found if re.search(rf"\b{name}\b", str(each))] == []
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar()
    is_numbered = model in (Study, Deployment)
    assert ("AUTOINCREMENT" in str(made)) is is_numbered


def test_nobody_owns_one_who_is_not_there_and_a_strategy_is_deployed_once(store: Records) -> None:
    upgrade(store)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), store.write() as session:
        session.add(queued_study("nobody"))
    with store.read() as session:
        row = session.connection().exec_driver_sql("SELECT number, user_id FROM strategy").one()
    with store.write() as session:
        session.add(deployed(row.user_id, row.number))
    with pytest.raises(IntegrityError, match="UNIQUE"), store.write() as session:
        session.add(deployed(row.user_id, row.number))
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), store.write() as session:
        session.add(deployed(row.user_id, row.number + 1))


def test_the_platform_that_opens_it_knows_what_was_and_does_what_is_new(before: tuple[Path, str]) -> None:
    folder, token = before
    for records in opened(folder):
        with records.engine.begin() as connection:
            alembic(connection, "downgrade", "0020")
    with stage(folder, START) as on:
        agent = Caller(on.operator.runner, on.operator.http, token)
        (saved,) = ask(agent, "GET", "/strategy/list").json()
        top = ask(agent, "GET", "/leaderboard/top").json()["top"]
        assert [each["strategy_id"] for each in top] == [saved["id"]]
        asked = begin(agent, HOLD, strategy_code=None, strategy_id=saved["id"])
        assert ended(agent, asked.json()["id"])["status"] == "finished"
        new = {"strategy_id": saved["id"], "tickers": [A], "slug": "two", "name": "2", "start": "2023-09-01"}
        assert agent.call("POST", "/research/deployments", new).status_code == 201
        assert {each["slug"] for each in agent.get("/strategies")["strategies"]} == {"one", "two"}
