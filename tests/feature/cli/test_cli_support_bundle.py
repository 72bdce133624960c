"""`quantos support-bundle`: what a helper is sent, from a platform that is well and from one that is not."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.cli.conftest import Run
from tests.support.platforms import stage

HEALTHY = {
    "README.txt",
    "system.json",
    "packages.json",
    "settings.json",
    "data-directory.json",
    "doctor.json",
    "overview.json",
    "jobs.json",
    "settlement-runs.json",
    "coverage.json",
    "attestation.json",
    "license.json",
    "log.json",
}


def contents(bundle: Path) -> dict[str, Any]:
    with ZipFile(bundle) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode() for name in packed.namelist()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A simulated directory, on which nothing runs."""
    with stage(tmp_path / "data", parse_instant("2024-01-02T08:00:00+08:00")):
        return tmp_path / "data"


def test_without_a_server_it_has_every_part(run: Run, data: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "for a helper.zip"
    ended = run("support-bundle", bundle, data_dir=data)
    assert ended.code == 0, ended.err
    assert "Look through it before you send it" in ended.out
    assert "left out" not in ended.out
    found = contents(bundle)
    assert found.keys() == HEALTHY
    assert json.loads(found["system.json"])["version"]
    assert "duckdb" in json.loads(found["packages.json"])
    files = {row["path"]: row for row in json.loads(found["data-directory.json"])}
    assert files["directory.json"]["mode"] == "-rw-------"
    assert files["records.db"]["bytes"] > 0
    assert files["secrets/"]["files"] > 0
    assert not any(path.startswith("secrets/") and path != "secrets/" for path in files)


def test_only_its_owner_can_read_it(run: Run, data: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    run("support-bundle", bundle, data_dir=data)
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600


def test_nothing_is_overwritten(run: Run, data: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    bundle.write_text("mine")
    ended = run("support-bundle", bundle, data_dir=data)
    assert (ended.code, bundle.read_text()) == (1, "mine")
    assert "is there already" in ended.err


def test_stores_that_do_not_open_are_left_out_with_the_reason(run: Run, data: Path, tmp_path: Path) -> None:
    (data / "series.duckdb").write_bytes(b"no store at all" * 1000)
    bundle = tmp_path / "bundle.zip"
    ended = run("support-bundle", bundle, "--json", data_dir=data)
    assert ended.code == 0, ended.err
    assert ended.json["left_out"].keys() == {
        "overview",
        "jobs",
        "settlement-runs",
        "coverage",
        "attestation",
        "license",
        "log",
    }
    found = contents(bundle)
    assert "series.duckdb" in found["README.txt"]
    stores = next(row for row in json.loads(found["doctor.json"]) if row["check"] == "stores")
    assert stores["state"] == "problem"


def test_a_directory_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    ended = run("support-bundle", tmp_path / "bundle.zip", data_dir=tmp_path / "none")
    assert ended.code == 1
    assert "none" in ended.err
    assert not (tmp_path / "bundle.zip").exists()
