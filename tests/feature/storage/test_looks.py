"""Rows of a look are those that a session reads: the same values, of the same types."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, Date, Integer, MetaData, Table, Text, bindparam, select

from quantos.storage.prepared import Look
from quantos.storage.records import Records, RecordsUnavailable
from quantos.storage.types import Instant

KEPT = Table(
    "kept",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("day", Date),
    Column("at", Instant),
    Column("is_public", Boolean),
    Column("text", Text),
)
ROWS: list[dict[str, Any]] = [
    {
        "number": 1,
        "day": date(2024, 2, 29),
        "at": datetime(2024, 2, 29, 1, 15, 0, 1, UTC),
        "is_public": True,
        "text": "é",
    },
    {"number": 2, "day": None, "at": None, "is_public": False, "text": None},
]
LOOK = Look(select(KEPT).where(KEPT.c.number <= bindparam("most")).order_by(KEPT.c.number))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records(tmp_path / "records.db")
    KEPT.create(opened.engine)
    with opened.write() as session:
        session.connection().execute(KEPT.insert(), ROWS)
    yield opened
    opened.close()


def looked(records: Records, most: int) -> list[dict[str, object]]:
    with records.look() as connection:
        return [row._asdict() for row in LOOK.all(connection, {"most": most})]


def test_values_come_as_their_columns_types(records: Records) -> None:
    assert looked(records, 2) == ROWS
    assert [type(value) for value in looked(records, 1)[0].values()] == [int, date, datetime, bool, str]
    with records.read() as session:
        assert [row._asdict() for row in session.connection().execute(select(KEPT))] == looked(records, 2)


def test_one_row_or_none(records: Records) -> None:
    with records.look() as connection:
        assert LOOK.one_or_none(connection, {"most": 0}) is None
        assert LOOK.one_or_none(connection, {"most": 1}).text == "é"


def test_each_look_sees_what_is_committed(records: Records) -> None:
    def seen(connection: Connection) -> int:
        return len(LOOK.all(connection, {"most": 99}))

    with records.look() as connection:
        assert seen(connection) == 2
        with records.write() as session:
            session.connection().execute(KEPT.insert(), {"number": 3, "is_public": False})
        assert seen(connection) == 3


def test_a_store_that_cannot_be_read_is_a_named_refusal(records: Records) -> None:
    with records.write() as session:
        session.connection().exec_driver_sql("DROP TABLE kept")
    with pytest.raises(RecordsUnavailable), records.look() as connection:
        LOOK.all(connection, {"most": 1})


def test_a_look_inside_another_has_a_connection_of_its_own(records: Records) -> None:
    with records.look() as outer, records.look() as inner:
        assert outer is not inner
        assert LOOK.all(outer, {"most": 2}) == LOOK.all(inner, {"most": 2})
    with records.look() as again:
        assert again is inner, "one of them is kept"
    with records.look() as first, records.look() as second:
        assert {first, second} != {outer, inner}, "and only one"


def test_a_connection_with_an_open_transaction_is_not_kept(records: Records) -> None:
    """It would show whoever looks next what was stored then."""
    with records.look() as connection:
        connection.exec_driver_sql("SELECT * FROM kept").close()
    assert connection.closed
    with records.write() as session:
        session.connection().execute(KEPT.insert(), {"number": 3, "is_public": False})
    assert len(looked(records, 99)) == 3


def test_a_connection_whose_look_failed_is_not_kept(records: Records) -> None:
    with pytest.raises(ZeroDivisionError), records.look() as connection:
        LOOK.all(connection, {"most": 1 // 0})
    assert connection.closed


def test_a_closed_store_keeps_no_connection(tmp_path: Path) -> None:
    opened = Records(tmp_path / "other.db")
    with opened.look() as connection:
        pass
    assert not connection.closed
    opened.close()
    assert connection.closed
