"""Revision 0018 makes the tables that the models describe."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from quantos.accounts.tables import User
from quantos.factors.tables import Factor
from quantos.portfolios.tables import (
    Portfolio,
    PortfolioChange,
    PortfolioDay,
    PortfolioMember,
    PortfolioUniverse,
)
from quantos.storage.migrate import MIGRATIONS
from quantos.storage.records import Records
from quantos.strategies.tables import Strategy

THERE = (User, Strategy, Factor)
MADE = (Portfolio, PortfolioMember, PortfolioChange, PortfolioDay, PortfolioUniverse)


def test_portfolio_models_and_migration_agree(tmp_path: Path) -> None:
    revision = runpy.run_path(str(MIGRATIONS / "versions" / "0018_portfolios.py"))
    tables, described = SQLModel.metadata.tables, MetaData()
    for model in (*THERE, *MADE):
        tables[model.__tablename__].to_metadata(described)
    records = Records(tmp_path / "records.db")
    for model in THERE:
        tables[model.__tablename__].create(records.engine)
    with records.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with Operations.context(context):
            revision["upgrade"]()
        assert compare_metadata(context, described) == []
        with Operations.context(context):
            revision["downgrade"]()
    records.close()
