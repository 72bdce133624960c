"""A damaged directory is put right by one command, out of the newest backup that is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.feature.cli.conftest import Run, Said
from tests.support.backed_up import SETTLED, START, back_up, begun, play, rows
from tests.support.platforms import stage

ONE_COMMAND = "quantos backup restore --latest --force"


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Three backups: of the first day in the directory's own folder, of the second elsewhere; the newest is damaged."""
    folder = tmp_path / "data"
    with stage(folder, START) as on:
        agent = begun(on)
        play(on, agent, "alpha", 0, 1)
        on.operator.post("/admin/backups")
        play(on, agent, "alpha", 1, 2)
        back_up(on, tmp_path / "second.zip")
        settled = rows(on, *SETTLED)
        play(on, agent, "alpha", 2, 3)
        back_up(on, tmp_path / "third.zip")
        on.platform.series.checkpoint()
    third = bytearray((tmp_path / "third.zip").read_bytes())
    third[1000] ^= 0xFF
    (tmp_path / "third.zip").write_bytes(third)
    content = bytearray((folder / "series.duckdb").read_bytes())
    content[5000] ^= 0xFF
    content[9000] ^= 0xFF
    (folder / "series.duckdb").write_bytes(content)
    return folder, settled


def test_a_damaged_store_is_named_and_one_command_puts_the_newest_whole_backup_in_its_place(
    run: Run, backed_up: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, settled = backed_up
    examined = run("doctor", "--json", data_dir=folder)
    assert examined.code == 1
    (stores,) = [each for each in examined.json["checks"] if each["check"] == "stores"]
    assert (stores["state"], "series.duckdb is damaged" in stores["detail"]) == ("problem", True)
    assert stores["remedy"].endswith(ONE_COMMAND)
    started = run("serve", "--port", "0", data_dir=folder)
    assert started.code == 1
    assert "series.duckdb is damaged" in started.err
    assert ONE_COMMAND in " ".join(started.err.split())
    ended = run(*ONE_COMMAND.split()[1:], "--json", data_dir=folder)
    assert ended.code == 0, ended.err
    assert ended.json["file"] == str(tmp_path / "second.zip")
    (passed_over,) = ended.json["passed_over"]
    assert passed_over["file"] == str(tmp_path / "third.zip")
    assert "use another" in passed_over["why"]
    assert (Path(ended.json["kept"]) / "series.duckdb").exists()
    with stage(folder, START) as on:
        assert rows(on, *SETTLED) == settled
        assert [each["state"] for each in on.operator.get("/admin/stores")["stores"]] == ["whole", "whole"]


def test_the_newest_of_a_folder_is_taken_where_one_is_named(
    said: Said, backed_up: tuple[Path, dict[str, Any]]
) -> None:
    folder, _ = backed_up
    ended = said("backup", "restore", folder / "backups", "--latest", "--force", "--data-dir", folder)
    assert ended.code == 0, ended.err
    assert "2024-03-01" in ended.out
    assert "third.zip" not in ended.out


def test_what_was_passed_over_is_told(said: Said, backed_up: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = backed_up
    ended = said(*ONE_COMMAND.split()[1:], "--data-dir", folder)
    assert ended.code == 0, ended.err
    assert "third.zip is passed over:" in " ".join(ended.out.split())


def test_a_backup_that_was_cut_off_is_told_too(
    run: Run, backed_up: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = backed_up
    whole = (tmp_path / "second.zip").read_bytes()
    (tmp_path / "second.zip").write_bytes(whole[: len(whole) // 2])
    ended = run(*ONE_COMMAND.split()[1:], "--json", data_dir=folder)
    assert ended.code == 0, ended.err
    assert Path(ended.json["file"]).parent == folder / "backups"
    told = {Path(each["file"]).name: each["why"] for each in ended.json["passed_over"]}
    assert told.keys() == {"second.zip", "third.zip"}
    assert "second.zip is damaged" in told["second.zip"]


def test_without_any_backup_nothing_is_changed(said: Said, tmp_path: Path) -> None:
    with stage(tmp_path / "data", START):
        pass
    before = sorted(path.name for path in (tmp_path / "data").iterdir())
    ended = said("backup", "restore", "--latest", "--force", "--data-dir", tmp_path / "data")
    assert (ended.code, "no backup is known of" in ended.err) == (1, True)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == before


def test_a_backup_of_a_simulation_is_none_of_a_live_directory(
    said: Said, backed_up: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    facts = tmp_path / "data" / "directory.json"
    facts.write_text(facts.read_text().replace('"simulated": true', '"simulated": false'))
    folder, _ = backed_up
    ended = said(*ONE_COMMAND.split()[1:], "--data-dir", folder)
    assert (ended.code, "no backup is known of" in ended.err) == (1, True)


def test_neither_a_file_nor_the_newest_is_a_wrong_usage(said: Said, tmp_path: Path) -> None:
    ended = said("backup", "restore", "--data-dir", tmp_path)
    assert (ended.code, "--latest" in ended.err) == (2, True)
