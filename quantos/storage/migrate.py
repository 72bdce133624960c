"""Bring the records store to this platform's schema, at start.

Alembic is imported only where there is something to do: it costs a third of the start-up time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from quantos.errors import WrongState
from quantos.storage import damage
from quantos.storage.records import Records, RecordsUnavailable

HEAD: Final = "0022"
"""The newest revision in `migrations/versions`; a test compares it with Alembic's own word."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(records: Records) -> None:
    """Apply what is missing. Raises WrongState on a store of a newer platform."""
    current = _revision(records)
    if current == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - see the module docstring
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    if current is not None and current not in {
        s.revision for s in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise WrongState(
            "the records store was written by a newer version of QuantOS: upgrade before opening it"
        )
    with records.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(records: Records) -> str | None:
    try:
        with records.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError as error:
        if damage.in_records(error.orig):
            raise damage.damaged(records.path.name, str(error.orig)) from error
        raise RecordsUnavailable(
            f"the records store {records.path.name} cannot be opened ({error.orig}): run quantos doctor"
        ) from error
