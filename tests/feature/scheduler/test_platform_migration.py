"""Revisions 0003 and 0016 make the tables that the models describe."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from quantos.scheduler.tables import JobRun, PlatformState, WatchFinding
from quantos.storage.migrate import MIGRATIONS
from quantos.storage.records import Records


def test_platform_models_and_migration_agree(tmp_path: Path) -> None:
    revisions = [
        runpy.run_path(str(MIGRATIONS / "versions" / name))
        for name in ("0003_platform.py", "0016_unattended_days.py")
    ]
    records = Records(tmp_path / "records.db")
    described = MetaData()
    for model in (JobRun, PlatformState, WatchFinding):
        SQLModel.metadata.tables[model.__tablename__].to_metadata(described)
    with records.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        with Operations.context(context):
            for revision in revisions:
                revision["upgrade"]()
            assert compare_metadata(context, described) == []
            for revision in reversed(revisions):
                revision["downgrade"]()
    records.close()
