"""`quantos backup`: made beside a running server, checked, and put back; the attestation repository with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantos.attestation.service import RepositoryInTheWay, is_to_be_restored
from quantos.cli.doctor import _backups
from quantos.kit.clock import parse_instant
from tests.feature.cli.conftest import Run, Said, Serving
from tests.support.attested import attested, git, strategy
from tests.support.backed_up import DAYS, START, SYMBOLS, back_up, begun
from tests.support.platforms import stage


def test_made_beside_a_server_checked_and_put_back(run: Run, server: Serving, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = run("backup", "create", file, "--json", data_dir=server.directory)
    assert made.code == 0, made.err
    assert made.json["path"] == str(file)
    assert run("backup", "create", file, data_dir=server.directory).code == 1
    checked = run("backup", "verify", file, "--json")
    assert checked.code == 0, checked.err
    assert (checked.json["ok"], checked.json["made_at"]) == (True, made.json["made_at"])
    assert run("backup", "restore", file, "--force", data_dir=server.directory).code == 1
    put = run("backup", "restore", file, "--json", data_dir=tmp_path / "again")
    assert put.code == 0, put.err
    assert (put.json["kept"], put.json["attestation"]) == (None, "none")
    tokens = [run("operator", "token", data_dir=each).out for each in (server.directory, tmp_path / "again")]
    assert tokens[0] == tokens[1]
    again = run("backup", "restore", file, data_dir=tmp_path / "again")
    assert again.code == 1
    assert "--force" in again.err
    assert run("backup", "restore", file, "--force", data_dir=tmp_path / "again").code == 0


def test_a_damaged_file_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "backup.zip").write_bytes(b"PK no backup")
    ended = run("backup", "verify", tmp_path / "backup.zip")
    assert ended.code == 1
    assert "damaged" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "there", [[], ["data"], ["data", "data/lock"]], ids=["absent", "empty", "locked_once"]
)
def test_a_refused_restore_leaves_what_was_there_and_nothing_else(
    said: Said, tmp_path: Path, there: list[str]
) -> None:
    (tmp_path / "backup.zip").write_bytes(b"PK no backup")
    home = tmp_path / "home"
    home.mkdir()
    for name in there:
        (home / name).touch() if name.endswith("lock") else (home / name).mkdir()
    data = home / "data" if there else home / "deep" / "data"
    ended = said("backup", "restore", tmp_path / "backup.zip", "--data-dir", data)
    assert (ended.code, "damaged" in ended.err) == (1, True)
    assert sorted(str(path.relative_to(home)) for path in home.rglob("*")) == there


def test_a_relative_name_is_that_of_the_working_directory(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage(tmp_path / "data", START) as on:
        begun(on)
    monkeypatch.chdir(tmp_path)
    assert said("backup", "create", "here.zip", "--data-dir", tmp_path / "data").code == 0
    assert said("backup", "verify", "here.zip").code == 0


@pytest.fixture
def attested_backup(tmp_path: Path) -> Path:
    """Of a platform that attested a signal; its repository is `attestation` beside."""
    with attested(tmp_path) as on:
        agent = on.agent()
        on.submit(agent, strategy(agent), DAYS[0], {SYMBOLS[0]: 0.5})
        back_up(on, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def restored(run: Run, backup: Path, repository: Path, directory: Path) -> tuple[int, str]:
    variables = {"QUANTOS_ATTESTATION_REPO": str(repository)}
    ended = run("backup", "restore", backup, "--json", data_dir=directory, **variables)
    return ended.code, ended.json["attestation"] if ended.code == 0 else ended.err


def test_the_repository_comes_back_with_it(run: Run, attested_backup: Path, tmp_path: Path) -> None:
    head = git(tmp_path / "attestation", "rev-parse", "main")
    code, became = restored(run, attested_backup, tmp_path / "moved" / "repository", tmp_path / "again")
    assert (code, became) == (0, "restored")
    assert git(tmp_path / "moved" / "repository", "rev-parse", "main") == head
    assert git(tmp_path / "moved" / "repository", "remote") == ""
    assert git(tmp_path / "moved" / "repository", "status", "--porcelain") == ""
    assert not (tmp_path / "again" / "attestation.bundle").exists()
    given = {"attestation_repo": str(tmp_path / "moved" / "repository")}
    with stage(tmp_path / "again", START, **given) as on:
        on.operator.post("/admin/attestation/retry")
        assert on.operator.get("/admin/attestation")["alarms"] == []


def test_a_repository_that_has_gone_on_stays_as_it_is(
    run: Run, attested_backup: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "attestation"
    git(
        repository,
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "later",
    )
    head = git(repository, "rev-parse", "main")
    assert restored(run, attested_backup, repository, tmp_path / "again") == (0, "kept_as_it_is")
    assert git(repository, "rev-parse", "main") == head


def test_another_repository_is_in_the_way_and_nothing_is_changed(
    run: Run, attested_backup: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    git(other, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "other")
    code, said = restored(run, attested_backup, other, tmp_path / "again")
    assert code == 1
    assert "move it away" in said
    assert not (tmp_path / "again" / "directory.json").exists()
    assert restored(run, attested_backup, tmp_path / "free", tmp_path / "again")[0] == 0


def test_without_a_repository_set_the_bundle_stays_in_the_directory(
    run: Run, attested_backup: Path, tmp_path: Path
) -> None:
    ended = run("backup", "restore", attested_backup, "--json", data_dir=tmp_path / "again")
    assert ended.json["attestation"] == "left_as_bundle"
    git(tmp_path, "clone", "-q", str(tmp_path / "again" / "attestation.bundle"), str(tmp_path / "cloned"))
    assert (tmp_path / "cloned" / "attestations" / "2024-03-01.json").exists()


def test_a_folder_with_something_in_it_is_no_place_for_a_repository(
    tmp_path: Path, attested_backup: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    bundle = tmp_path / "b.bundle"
    git(tmp_path / "attestation", "bundle", "create", "-q", str(bundle), "main")
    with pytest.raises(RepositoryInTheWay):
        is_to_be_restored(tmp_path / "full", bundle)
    (tmp_path / "no.bundle").write_text("no bundle")
    with pytest.raises(RepositoryInTheWay):
        is_to_be_restored(tmp_path / "free", tmp_path / "no.bundle")
    assert attested_backup.exists()


NOW = parse_instant("2024-03-11T00:00:00Z")


@pytest.mark.parametrize(
    ("made_at", "live", "days_max", "state"),
    [
        (None, True, 7, "note"),
        (None, False, 7, "note"),
        ("2024-03-04T00:00:00Z", True, 7, "ok"),
        ("2024-03-02T00:00:00Z", True, 7, "problem"),
        ("2024-03-02T00:00:00Z", True, 0, "ok"),
        ("2024-03-02T00:00:00Z", False, 7, "ok"),
    ],
)
@pytest.mark.usefixtures("english")
def test_the_doctor_knows_of_backups(made_at: str | None, live: bool, days_max: int, state: str) -> None:
    made = [] if made_at is None else [{"made_at": made_at, "path": "/srv/backup.zip"}]
    found = _backups(made, NOW, live=live, days_max=days_max)
    assert (found.check, found.state) == ("backups", state)
    assert ("backup create" in found.remedy) == (state == "problem" or (live and not made))
