"""The data directory: one owner, one mode for ever, private secrets."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quantos.errors import NotFound, WrongState
from quantos.storage.directory import (
    DataDirectory,
    DirectoryLocked,
    DirectoryUnusable,
    WrongMode,
    holder,
    running_server,
)

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, time
from pathlib import Path
from quantos.storage.directory import DataDirectory
directory = DataDirectory.open(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(DirectoryLocked, match=f"process {holder.pid}"):
            DataDirectory.open(tmp_path)
    finally:
        holder.kill()
        holder.communicate()
    DataDirectory.open(tmp_path).close()  # a killed holder leaves nothing to clean up


@pytest.mark.parametrize("simulated", [True, False])
def test_a_directory_keeps_its_mode_for_ever(tmp_path: Path, simulated: bool) -> None:
    DataDirectory.open(tmp_path, simulated=simulated).close()
    with pytest.raises(WrongMode, match="stays one"):
        DataDirectory.open(tmp_path, simulated=not simulated)
    reopened = DataDirectory.open(tmp_path)
    assert reopened.simulated is simulated
    reopened.close()


def test_a_refused_opening_releases_the_lock(tmp_path: Path) -> None:
    DataDirectory.open(tmp_path, simulated=True).close()
    with pytest.raises(WrongMode):
        DataDirectory.open(tmp_path, simulated=False)
    DataDirectory.open(tmp_path).close()


def test_a_directory_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "directory.json").write_text(json.dumps({"format": 99, "simulated": False}))
    with pytest.raises(WrongState, match="newer version"):
        DataDirectory.open(tmp_path)


def test_a_missing_directory_is_not_made_where_one_is_needed(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data-dir"):
        DataDirectory.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_secrets_are_generated_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path / "data")
    first = directory.secret("operator-token")
    assert len(first) >= 43
    assert directory.secret("operator-token") == first
    assert directory.secret("jwt-key") != first
    file = directory.path / "secrets" / "operator-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    directory.close()


def test_a_secret_that_is_there_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path)
    first = directory.secret("jwt-key")
    folder = directory.path / "secrets"
    before = folder.stat().st_mtime_ns
    assert directory.secret("jwt-key") == first
    assert folder.stat().st_mtime_ns == before
    directory.close()


def test_a_folder_that_was_there_already_is_its_owners_alone_from_then_on(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    DataDirectory.open(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "holding", ["notes.txt", "server.json", "series.duckdb", "photos/", ".git/", ".bashrc"]
)
def test_a_folder_with_anything_in_it_is_left_as_it_is(tmp_path: Path, holding: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    thing = folder / holding
    thing.mkdir() if holding.endswith("/") else thing.write_text("mine")
    with pytest.raises(DirectoryUnusable, match=rf"{thing.name}.*absent or empty with --data-dir"):
        DataDirectory.open(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert [file.name for file in folder.iterdir()] == [thing.name]


def test_a_folder_without_directory_json_is_not_changed_because_of_its_stores(tmp_path: Path) -> None:
    folder = tmp_path / "lost"
    folder.mkdir(mode=0o755)
    (folder / "records.db").touch()
    with pytest.raises(DirectoryUnusable, match=r"lost its directory\.json"):
        DataDirectory.open(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert [file.name for file in folder.iterdir()] == ["records.db"]


@pytest.mark.parametrize(
    "holding",
    [
        ".snapshot/",
        "lost+found/",
        ".DS_Store",
        ".env",
        ".directory.json.7",
        "lock",
        "secrets/",
        "demo.unfinished",
    ],
)
def test_what_a_system_or_an_interrupted_start_leaves_is_in_nobodys_way(tmp_path: Path, holding: str) -> None:
    folder = tmp_path / "mount"
    folder.mkdir()
    thing = folder / holding
    thing.mkdir() if holding.endswith("/") else thing.touch()
    DataDirectory.open(folder).close()
    assert (folder / "directory.json").exists()


def test_a_data_directory_opens_whatever_else_lies_in_it(tmp_path: Path) -> None:
    DataDirectory.open(tmp_path / "data", simulated=True).close()
    (tmp_path / "data" / "notes.txt").touch()
    DataDirectory.open(tmp_path / "data", simulated=True).close()


def test_a_damaged_description_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "directory.json").write_text("{")
    with pytest.raises(DirectoryUnusable, match="is damaged"):
        DataDirectory.open(tmp_path)


def test_a_path_that_cannot_be_a_directory_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryUnusable, match="name another"):
        DataDirectory.open(tmp_path / "file" / "data")


def test_commands_find_a_running_server_and_no_dead_one(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path)
    directory.announce("http://127.0.0.1:8000", datetime(2024, 1, 2, tzinfo=UTC))
    assert running_server(tmp_path) == "http://127.0.0.1:8000"
    directory.close()  # as after a kill: the file stays, the lock is free
    assert running_server(tmp_path) is None


def test_what_a_killed_server_announced_is_not_taken_for_who_holds_the_directory_now(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path)
    directory.announce("http://127.0.0.1:8000", datetime(2024, 1, 2, tzinfo=UTC))
    announced = json.loads((tmp_path / "server.json").read_text())
    (tmp_path / "server.json").write_text(json.dumps({**announced, "pid": announced["pid"] + 1}))
    assert running_server(tmp_path) is None
    assert str(holder(tmp_path)).startswith(f"process {announced['pid']} on ")
    directory.close()
    assert holder(tmp_path) is None


def test_stores_without_the_file_that_says_whether_they_are_simulated_stay_closed(tmp_path: Path) -> None:
    DataDirectory.open(tmp_path, simulated=True).close()
    (tmp_path / "records.db").touch()
    (tmp_path / "directory.json").unlink()
    with pytest.raises(DirectoryUnusable, match=r"lost its directory\.json"):
        DataDirectory.open(tmp_path)
    assert not (tmp_path / "directory.json").exists()
