"""A damaged file of a store: found, named, and put right by one command. Bytes are changed as a failing disk would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from quantos.admin import probes
from quantos.platform import Platform
from quantos.settings import Settings
from quantos.storage.damage import StoreDamaged
from quantos.storage.records import Records
from quantos.storage.restore import BackupDamaged, verify
from quantos.storage.series import Series
from tests.support.backed_up import DAYS, START, back_up, begun, play, rows
from tests.support.platforms import Stage, stage

ROWS: Final = 300_000
LARGE: Final = "INSERT INTO event SELECT i, TIMESTAMP '2024-01-02' + to_seconds(i), 'kind', 'payload ' || hash(i) FROM range(?) t(i)"


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0xFF
    file.write_bytes(content)


def flip_payload(file: Path) -> None:
    """Change a byte in the middle of a block of payloads: the file's three headers stand before its blocks."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "SELECT block_id FROM pragma_storage_info('event')"
            " WHERE column_name = 'payload' AND persistent AND block_id >= 0 LIMIT 1"
        ).fetchone()
    assert found is not None
    flip(file, 3 * 4096 + found[0] * 2**18 + 2**17)


def of_text(file: Path, text: bytes) -> int:
    """Where a text stands in a file."""
    at = file.read_bytes().find(text)
    assert at > 0
    return at


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A series store of some megabytes, closed."""
    file = tmp_path / "series.duckdb"
    series = Series(file)
    with series.write() as cursor:
        cursor.execute(LARGE, [ROWS])
    series.checkpoint()
    series.close()
    return file


def test_a_byte_changed_anywhere_in_the_series_store_is_found_or_lies_where_nothing_is(whole: Path) -> None:
    dice, content = random.Random(5), whole.read_bytes()
    found = 0
    for _ in range(30):
        whole.write_bytes(content)
        flip(whole, dice.randrange(len(content)))
        try:
            series = Series(whole)
        except StoreDamaged:
            found += 1
            continue
        looked = series.look_through()
        if looked.detail is None:  # then every value is as it was written
            with series.read() as cursor:
                stored = cursor.execute("SELECT count(*), count(DISTINCT payload) FROM event").fetchone()
            assert stored == (ROWS, ROWS)
        else:
            assert "checksum" in looked.detail
            found += 1
        series.close()
    assert found >= 15


def test_a_damaged_block_is_a_named_refusal_and_what_needs_others_goes_on(whole: Path) -> None:
    flip_payload(whole)
    series = Series(whole)
    with pytest.raises(StoreDamaged, match=r"^series\.duckdb is damaged \(.*checksum.*--latest --force"):
        with series.read() as cursor:
            cursor.execute("SELECT bit_xor(hash(e)) FROM event e").fetchall()
    assert series.damage is not None
    with series.write() as cursor:
        cursor.execute("INSERT INTO unknown_symbol VALUES (-1, 'afterwards')")
    with series.read() as cursor:
        assert cursor.execute("SELECT count(*) FROM unknown_symbol").fetchall() == [(1,)]
    series.close()


def test_a_value_that_a_refusal_quotes_says_nothing_of_the_file(whole: Path) -> None:
    series = Series(whole)
    with pytest.raises(duckdb.ConversionException, match="corrupt"), series.read() as cursor:
        cursor.execute("SELECT CAST(? AS DATE)", ["corrupt: not a valid date"])
    assert series.damage is None
    series.close()


def test_a_write_that_meets_a_damaged_block_says_so_and_asks_for_no_disk_space(whole: Path) -> None:
    flip_payload(whole)
    series = Series(whole)
    with pytest.raises(StoreDamaged, match="restore --latest"), series.write() as cursor:
        cursor.execute("CREATE TABLE copied AS SELECT * FROM event")
    series.close()


@pytest.fixture
def played(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A platform with settled days and a backup elsewhere, closed; and what it had settled."""
    with stage(tmp_path / "data", START) as on:
        play(on, begun(on), "alpha", 0, 3)
        settled = rows(on, "nav", "position")
        back_up(on, tmp_path / "elsewhere.zip")
        on.platform.series.checkpoint()
    return tmp_path / "data", settled


def opened(folder: Path) -> None:
    Platform.open(Settings(data_dir=folder), simulate=START).close()


def shuffled(file: Path, first: int, last: int) -> None:
    content = bytearray(file.read_bytes())
    content[first:last] = random.Random(7).randbytes(last - first)
    file.write_bytes(content)


def test_a_platform_with_a_damaged_store_does_not_start_and_names_the_file(
    played: tuple[Path, dict[str, Any]],
) -> None:
    folder, _ = played
    records, series = folder / "records.db", folder / "series.duckdb"
    whole = records.read_bytes()
    for first, last in ((0, 16), (40, 4000), (of_text(records, b"CREATE TABLE"), len(whole) // 2)):
        shuffled(records, first, last)
        with pytest.raises(StoreDamaged, match=r"^records\.db is damaged"):
            opened(folder)
        records.write_bytes(whole)
    shuffled(series, 4096, 12 * 1024)
    with pytest.raises(StoreDamaged, match=r"^series\.duckdb is damaged"):
        opened(folder)


def test_records_that_are_damaged_where_a_call_reads_are_503_and_named(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        agent = begun(on)
        for number in range(200):
            agent.post(
                "/tickets", {"title": f"ticket {number}", "category": "other", "description": "x" * 2000}
            )
        records = on.platform.directory.path / "records.db"
        with on.platform.records.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
            root = connection.exec_driver_sql(
                "SELECT rootpage FROM sqlite_master WHERE name = 'ticket'"
            ).scalar_one()
            connection.rollback()
        page = 4096
        on.platform.records.close()  # nothing of it is in memory
        shuffled(records, (root - 1) * page, root * page)
        on.platform.records.__init__(records)  # type: ignore[misc]
        answer = agent.call("GET", "/tickets")
        assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (503, "store_damaged")
        assert answer.json()["detail"].startswith("records.db is damaged (")
        assert agent.get("/strategies")["strategies"][0]["slug"] == "alpha"
        (first, second) = on.operator.get("/admin/stores")["stores"]
        assert (first["file"], first["state"]) == ("records.db", "damaged")
        assert (second["file"], second["state"], second["detail"]) == ("series.duckdb", "whole", None)


def test_damage_that_was_met_is_an_alarm_and_keeps_requests_away(on_damaged: Stage) -> None:
    platform = on_damaged.platform
    stores = on_damaged.operator.get("/admin/stores")["stores"]
    assert [each["state"] for each in stores] == ["whole", "damaged"]
    codes = [alarm["code"] for alarm in on_damaged.operator.get("/admin/overview")["alarms"]]
    assert codes[0] == "store_damaged"
    (reason,) = probes.against(probes.Stores(platform.records, platform.series, platform.directory.path))
    assert reason.startswith("series.duckdb is damaged: ")


@pytest.fixture
def on_damaged(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as on:
        with on.platform.series.write() as cursor:
            cursor.execute(LARGE, [ROWS])
        on.platform.series.checkpoint()
    flip_payload(tmp_path / "data" / "series.duckdb")
    with stage(tmp_path / "data", START) as on:
        yield on


def test_a_backup_of_a_damaged_store_does_not_pass_for_a_whole_one(on_damaged: Stage, tmp_path: Path) -> None:
    back_up(on_damaged, tmp_path / "damaged.zip")
    with pytest.raises(BackupDamaged, match="a store in the backup does not open"):
        verify(tmp_path / "damaged.zip")


def test_a_healthy_platform_is_whole(played: tuple[Path, dict[str, Any]]) -> None:
    folder, settled = played
    with stage(folder, START) as on:
        assert [each["state"] for each in on.operator.get("/admin/stores")["stores"]] == ["whole", "whole"]
        assert rows(on, "nav", "position") == settled
        assert DAYS[2] == settled["nav"][-1][1]
    records = Records(folder / "records.db")
    assert records.look_through().detail is None
    records.close()
