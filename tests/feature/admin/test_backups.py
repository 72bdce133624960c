"""Backups: whole or not there, as of one instant, and what is restored goes on as the platform itself does."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
import orjson
import pytest

from quantos.kit.clock import parse_instant
from quantos.storage import backup as backups
from quantos.storage.directory import DataDirectory, DirectoryLocked
from quantos.storage.restore import (
    BackupDamaged,
    BackupMissing,
    BackupTooNew,
    DirectoryNotEmpty,
    restore,
    verify,
)
from tests.support.backed_up import SETTLED, START, back_up, begun, play, rows
from tests.support.platforms import Caller, Stage, stage

AT = parse_instant("2026-01-02T03:04:05Z")
ROOT = Path(__file__).parents[3]
KILLS = 12
BACK_UP_ON = """
import sys
from pathlib import Path
from tests.support.backed_up import START, back_up
from tests.support.platforms import stage
with stage(Path(sys.argv[1]), START) as on:
    for number in range(1000):
        back_up(on, Path(sys.argv[2]) / f"{sys.argv[3]}-{number}.zip")
        print("made", flush=True)
"""


def as_agent(on: Stage, agent: Caller) -> Caller:
    """The same agent, at another platform."""
    return Caller(on.operator.runner, on.operator.http, agent.token)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


@pytest.fixture(scope="module")
def a_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a platform with two settled days."""
    folder = tmp_path_factory.mktemp("backup")
    with stage(folder / "data", START) as on:
        play(on, begun(on), "alpha", 0, 2)
        back_up(on, folder / "backup.zip")
    return folder / "backup.zip"


def test_what_is_restored_goes_on_to_the_same_bytes(on: Stage, tmp_path: Path) -> None:
    agent = begun(on)
    play(on, agent, "alpha", 0, 3)
    back_up(on, tmp_path / "backup.zip")
    settled = rows(on, *SETTLED)
    restore(tmp_path / "backup.zip", tmp_path / "again", force=False, at=AT)
    with stage(tmp_path / "again", START) as again:
        assert rows(again, *SETTLED) == settled
        assert again.platform.clock.now() == on.platform.clock.now()
        assert again.operator.token == on.operator.token
        play(again, as_agent(again, agent), "alpha", 3, 6)
        play(on, agent, "alpha", 3, 6)
        assert len(rows(on, "nav")["nav"]) == 6
        assert rows(again, *SETTLED) == rows(on, *SETTLED)


def test_the_answer_names_the_file_and_its_digest(on: Stage, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = back_up(on, file)
    assert made == {
        "path": str(file),
        "made_at": "2024-03-01T00:00:00Z",
        "bytes": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "files": len(orjson.loads(ZipFile(file).read("manifest.json"))["files"]),
        "present": True,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert on.operator.get("/admin/backups") == {"backups": [made], "total": 1}
    file.unlink()
    assert on.operator.get("/admin/backups")["backups"] == [{**made, "present": False}]


def test_the_manifest_names_every_file_with_its_digest(a_backup: Path) -> None:
    with ZipFile(a_backup) as archive:
        manifest = orjson.loads(archive.read("manifest.json"))
        names = [each["name"] for each in manifest["files"]]
        assert {"directory.json", "records.db", "series.duckdb", "secrets/jwt-key"} <= set(names)
        assert sorted([*names, "manifest.json"]) == sorted(archive.namelist())
        for each in manifest["files"]:
            content = archive.read(each["name"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (each["bytes"], each["sha256"])
    assert (manifest["kind"], manifest["simulated"], manifest["attestation"]) == (
        "quantos-backup",
        True,
        False,
    )
    assert not {"lock", "server.json"} & set(names)


def test_without_a_name_it_goes_into_the_directorys_own_folder(on: Stage) -> None:
    names = [Path(on.operator.post("/admin/backups")["path"]).name for _ in range(3)]
    assert names == [
        "quantos-20240301T000000Z.zip",
        "quantos-20240301T000000Z-2.zip",
        "quantos-20240301T000000Z-3.zip",
    ]
    with ZipFile(on.platform.directory.path / "backups" / names[2]) as archive:
        assert not [name for name in archive.namelist() if name.startswith("backups/")]


@pytest.mark.parametrize(
    ("path", "status"),
    [("there.zip", 409), ("no/folder.zip", 400), ("folder", 409), ("link", 409)],
)
def test_a_place_that_cannot_take_it_is_refused(on: Stage, tmp_path: Path, path: str, status: int) -> None:
    (tmp_path / "there.zip").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = {entry.name for entry in tmp_path.iterdir()}
    answer = on.operator.call("POST", "/admin/backups", {"path": str(tmp_path / path)})
    assert answer.status_code == status
    assert str(tmp_path) not in answer.text
    assert (tmp_path / "there.zip").read_text() == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} == before
    assert on.operator.get("/admin/audit", action="backup_made")["total"] == 0


def test_a_name_that_is_no_whole_path_is_refused(on: Stage) -> None:
    assert on.operator.call("POST", "/admin/backups", {"path": "backup.zip"}).status_code == 400


def test_without_room_there_is_no_backup(on: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "ROOM", 1e12)
    answer = on.operator.call("POST", "/admin/backups", {"path": str(tmp_path / "backup.zip")})
    assert answer.status_code == 503
    assert "GiB" in answer.json()["detail"]
    assert not (tmp_path / "backup.zip").exists()


def test_backups_made_while_it_settles_are_each_of_one_instant(on: Stage, tmp_path: Path) -> None:
    agent = begun(on)
    play(on, agent, "alpha", 0, 1)
    done, files = threading.Event(), []

    def make() -> None:
        number = 0
        while not done.is_set():
            file = tmp_path / f"{number}.zip"
            on.platform.operations.backups.make(str(file))
            files.append(file)
            number += 1

    maker = threading.Thread(target=make)
    maker.start()
    try:
        play(on, agent, "alpha", 1, 12)
    finally:
        done.set()
        maker.join()
    final = rows(on, "nav")["nav"]
    assert len(files) >= 2
    for number, file in enumerate(files):
        folder = tmp_path / f"restored-{number}"
        restore(file, folder, force=False, at=AT)
        navs = (
            duckdb.connect(str(folder / "series.duckdb"), read_only=True)
            .execute("SELECT * FROM nav ORDER BY ALL")
            .fetchall()
        )
        records = sqlite3.connect(folder / "records.db")
        submitted = {day for (day,) in records.execute("SELECT trade_date FROM signal")}
        runs = {number for (number,) in records.execute("SELECT number FROM settlement_run")}
        records.close()
        assert navs == final[: len(navs)]
        assert {str(nav[1]) for nav in navs} <= submitted
        assert {nav[-1] for nav in navs} <= runs


def damaged(a_backup: Path, folder: Path, change: Any) -> Path:
    """A copy of the backup whose members were changed: `change(names and contents)`."""
    with ZipFile(a_backup) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    file = folder / "damaged.zip"
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def with_manifest(**changes: Any) -> Any:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = orjson.dumps({**orjson.loads(members["manifest.json"]), **changes})

    return change


def flipped(name: str) -> Any:
    def change(members: dict[str, bytes]) -> None:
        middle = len(members[name]) // 2
        content = bytearray(members[name])
        content[middle] ^= 1
        members[name] = bytes(content)

    return change


def resigned(name: str, content: bytes) -> Any:
    """Another content, with the digest of it in the manifest: whoever made the file lied."""

    def change(members: dict[str, bytes]) -> None:
        members[name] = content
        manifest = orjson.loads(members["manifest.json"])
        for each in manifest["files"]:
            if each["name"] == name:
                each |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        members["manifest.json"] = orjson.dumps(manifest)

    return change


DAMAGES = {
    "records_flipped": flipped("records.db"),
    "series_flipped": flipped("series.duckdb"),
    "facts_flipped": flipped("directory.json"),
    "secret_flipped": flipped("secrets/jwt-key"),
    "member_missing": lambda members: members.pop("records.db"),
    "member_added": lambda members: members.update({"more": b"1"}),
    "member_outside": lambda members: members.update({"../outside": b"1"}),
    "manifest_missing": lambda members: members.pop("manifest.json"),
    "manifest_no_json": lambda members: members.update({"manifest.json": b"{"}),
    "manifest_empty": lambda members: members.update({"manifest.json": b"{}"}),
    "other_kind": with_manifest(kind="other"),
    "other_mode": with_manifest(simulated=False),
    "files_no_list": with_manifest(files=7),
    "records_no_store": resigned("records.db", b"this is no database" * 1000),
    "series_no_store": resigned("series.duckdb", b"this is no database" * 1000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_was_changed_in_it_is_found(a_backup: Path, tmp_path: Path, damage: str) -> None:
    file = damaged(a_backup, tmp_path, DAMAGES[damage])
    with pytest.raises(BackupDamaged):
        verify(file)
    with pytest.raises(BackupDamaged):
        restore(file, tmp_path / "again", force=False, at=AT)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "again").exists()


def test_a_file_cut_off_anywhere_is_found(a_backup: Path, tmp_path: Path) -> None:
    whole = a_backup.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9, 0.999):
        (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BackupDamaged):
            verify(tmp_path / "cut.zip")
    with pytest.raises(BackupMissing):
        verify(tmp_path / "none.zip")


def test_a_backup_of_a_newer_platform_is_left_alone(a_backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupTooNew, match="upgrade"):
        verify(damaged(a_backup, tmp_path, with_manifest(format=2)))


def test_a_whole_one_is_told_by_what_it_holds(a_backup: Path) -> None:
    found = verify(a_backup)
    assert (found.users, found.strategies, found.navs, found.last_settled) == (1, 1, 2, "2024-03-04")
    assert [entry.name for entry in a_backup.parent.iterdir() if "verify" in entry.name] == []


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "lock"
    }


def test_a_directory_that_is_there_gives_way_only_when_asked_to(a_backup: Path, tmp_path: Path) -> None:
    here = tmp_path / "data"
    with stage(here, START) as on:
        begun(on, "other")
    before = contents(here)
    with pytest.raises(DirectoryNotEmpty, match="--force"):
        restore(a_backup, here, force=False, at=AT)
    assert contents(here) == before
    _, kept = restore(a_backup, here, force=True, at=AT)
    assert kept == here / "before-restore-20260102T030405Z"
    assert contents(kept) == before
    with stage(here, START) as on:
        assert [each["slug"] for each in on.operator.get("/admin/strategies")["strategies"]] == ["alpha"]


def test_a_restored_directory_is_backed_up_and_restored_again(a_backup: Path, tmp_path: Path) -> None:
    """What the first restore has kept, and images that are served, are in no backup and in no restore's way."""
    here = tmp_path / "data"
    with stage(here, START) as on:
        begun(on, "other")
    restore(a_backup, here, force=True, at=AT)
    (here / "images").mkdir()
    (here / "images" / "quantos-amd64.tar.gz").write_bytes(b"an image")
    again = tmp_path / "again.zip"
    with stage(here, START) as on:
        back_up(on, again)
    with ZipFile(again) as archive:
        assert [name for name in archive.namelist() if name.startswith(("before-restore-", "images"))] == []
    first = here / "before-restore-20260102T030405Z"
    before = contents(first)
    _, kept = restore(again, here, force=True, at=AT + timedelta(hours=1))
    assert kept == here / "before-restore-20260102T040405Z"
    assert contents(first) == before
    assert (here / "images" / "quantos-amd64.tar.gz").read_bytes() == b"an image"
    with stage(here, START) as on:
        assert [each["slug"] for each in on.operator.get("/admin/strategies")["strategies"]] == ["alpha"]


def test_a_directory_in_use_is_not_touched(a_backup: Path, tmp_path: Path) -> None:
    here = tmp_path / "data"
    with stage(here, START) as on:
        begun(on, "other")
        with pytest.raises(DirectoryLocked):
            restore(a_backup, here, force=True, at=AT)
        assert on.operator.get("/admin/strategies")["strategies"][0]["slug"] == "other"
    assert not [entry for entry in here.iterdir() if "restor" in entry.name]


def test_a_restore_killed_anywhere_leaves_a_directory_that_opens_or_refuses_and_is_run_again(
    a_backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each rename in turn: as a failure there, which undoes nothing."""
    rename = Path.rename
    for count in range(1, 40):
        here = tmp_path / f"data-{count}"
        with stage(here, START) as on:
            begun(on, "other")
        left = count

        def failing(self: Path, to: Path) -> Path:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return rename(self, to)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            try:
                restore(a_backup, here, force=True, at=AT)
                break
            except KeyboardInterrupt:
                is_whole = (here / "directory.json").exists()
        if is_whole:
            DataDirectory.open(here, create=False).close()
        restore(a_backup, here, force=True, at=AT.replace(hour=4))
        assert duckdb.connect(str(here / "series.duckdb"), read_only=True).execute(
            "SELECT count(*) FROM nav"
        ).fetchone() == (2,)
        assert (here / "directory.json").exists()
    assert 5 < count < 39


def test_a_kill_during_a_backup_leaves_no_half_file(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "backups"
    folder.mkdir()
    with stage(data, START) as on:
        play(on, begun(on), "alpha", 0, 2)
    for number in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", BACK_UP_ON, str(data), str(folder), str(number)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()  # the first one is made, the second under way
        threading.Event().wait(number * 0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    files = sorted(folder.glob("*.zip"))
    assert len(files) >= KILLS
    for file in files:
        assert verify(file).navs == 2
    (folder / f"{backups.PART}left.part").write_bytes(b"half")
    with stage(data, START) as on:
        back_up(on, folder / "last.zip")
    assert [entry.name for entry in folder.iterdir() if entry.suffix != ".zip"] == []
    assert not (data / "backups" / backups.STAGING).exists()


def test_one_backup_at_a_time(on: Stage, tmp_path: Path) -> None:
    making = on.platform.operations.backups._backup._making
    with making:
        answer = on.operator.call("POST", "/admin/backups", {"path": str(tmp_path / "backup.zip")})
    assert answer.status_code == 409
    back_up(on, tmp_path / "backup.zip")


def test_an_import_and_a_reader_go_on_beside_it(on: Stage, tmp_path: Path) -> None:
    agent = begun(on)
    play(on, agent, "alpha", 0, 1)
    with on.platform.series.snapshot() as cursor:
        before = cursor.execute("SELECT count(*) FROM nav").fetchone()
        back_up(on, tmp_path / "backup.zip")
        assert cursor.execute("SELECT count(*) FROM nav").fetchone() == before
    assert verify(tmp_path / "backup.zip").navs == 1


def test_no_secret_is_in_the_name_or_the_manifest(a_backup: Path) -> None:
    with ZipFile(a_backup) as archive:
        shown = archive.read("manifest.json").decode() + "".join(archive.namelist()) + a_backup.name
        secrets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("secrets/")]
    assert len(secrets) >= 3
    assert [secret for secret in secrets if secret in shown] == []


def test_a_backup_is_known_by_its_audit_row(on: Stage, tmp_path: Path) -> None:
    made = back_up(on, tmp_path / "backup.zip")
    (row,) = on.operator.get("/admin/audit", action="backup_made")["audit"]
    assert (row["by"], row["target"], row["state"]) == ("operator", made["path"], "done")
    assert row["after"]["sha256"] == made["sha256"]
